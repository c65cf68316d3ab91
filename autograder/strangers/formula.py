"""A layer as a formula: for one entry of each of its lines, in LaTeX and for a terminal."""

from __future__ import annotations

import re

from autograder.strangers.layer import Layer, Line, Shape
from autograder.strangers.primitives import ALL

__all__ = ["latex", "plain"]


def latex(layer: Layer) -> str:
    rows = [f"{_entry(line.target, line.shape)} &= {_right(layer, line)}" for line in layer.lines]
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def plain(layer: Layer) -> str:
    rows = [(_entry(line.target, line.shape), _right(layer, line)) for line in layer.lines]
    return "\n".join(f"{_without_latex(left)} = {_without_latex(right)}" for left, right in rows)


def _right(layer: Layer, line: Line) -> str:
    """What stands to the right of the equals sign."""
    shapes = [layer.shapes[operand] for operand in line.operands]
    entries = [_entry(operand, shape) for operand, shape in zip(line.operands, shapes)]
    summed = ""
    if line.op in ("matmul", "affine"):
        summed = "d"
    elif "axis" in line.details:
        summed = shapes[0][line.details["axis"]].lower()
    elif line.op == "first":
        entries[0] = f"{line.operands[0]}_{{n0}}"
    elif line.op == "rows":
        entries[0] = f"{line.operands[0]}_{{y_n m}}"
    return ALL[line.op].formula.format(**dict(zip("abc", entries)), i=summed, **line.details)


def _entry(name: str, shape: Shape) -> str:
    indices = "".join(letter.lower() for letter in shape if letter != "1")
    return f"{name}_{{{indices}}}" if len(name) == 1 else f"\\text{{{name}}}_{{{indices}}}"


def _without_latex(text: str) -> str:
    """The few forms that occur here, readable without LaTeX."""
    text = re.sub(r"\\text\{(\w+)\}", r"\1", text)
    text = re.sub(r"\\frac\{1\}\{(\w)\}", r"1/\1", text)
    text = re.sub(r"_\{y_n m\}", "[y[n],m]", text)
    text = re.sub(r"_\{(\w+)\}", lambda found: f"[{','.join(found[1])}]", text)
    text = re.sub(r"\\sqrt\{(.*)\}$", r"√(\1)", text)
    text = re.sub(r"e\^\{(.*?)\}(?!\})", r"exp(\1)", text)
    text = re.sub(r"\\max_(\w) ", r"max over \1 of ", text)
    text = re.sub(r"\\sum_(\w) ", r"Σ\1 ", text).replace(r"\,", " · ")
    return re.sub(r"\\(\w+)", r"\1", text).replace("^2", "²").replace("  ", " ")
