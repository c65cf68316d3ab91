"""A picture of where a gradient is wrong: an entry of it is a square, the farther off the darker."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np

from autograder.diagnose.place import OFF, errors, has_names
from autograder.rules import Answer

__all__ = ["heat_map", "picture"]

LARGEST = 16  # rows or columns that can still be told apart
SQUARE, EDGE = 18, 22  # pixels
OFF_COLOUR, RIGHT_COLOUR = "#d55e00", "#f4f4f4"


def picture(answers: Mapping[str, Sequence[Answer]], wrong: Sequence[str]) -> str:
    """The first wrong value of two axes of which some entries are right, as a drawing; "" where there is none."""
    for name in wrong:
        for answer in answers.get(name, ()):
            error = errors(name, answer)
            if error is None or has_names(answer) or error.ndim != 2 or max(error.shape) > LARGEST:
                continue
            scale = np.abs(answer.draw.expected[name]).max(initial=0.0)
            off = np.abs(error) > OFF * scale
            if off.any() and not off.all():
                return heat_map(name, error, off)
    return ""


def heat_map(name: str, error: np.ndarray, off: np.ndarray) -> str:
    """An SVG with a sentence for whoever does not see it; `off` says which entries count as wrong."""
    rows, columns = error.shape
    strongest = np.abs(error[off]).max()
    squares = []
    for i, j in np.ndindex(rows, columns):
        opacity = 0.25 + 0.75 * abs(error[i, j]) / strongest if off[i, j] else 1
        fill = OFF_COLOUR if off[i, j] else RIGHT_COLOUR
        squares.append(
            f'<rect x="{EDGE + j * SQUARE}" y="{EDGE + i * SQUARE}" width="{SQUARE - 1}" height="{SQUARE - 1}"'
            f' fill="{fill}" fill-opacity="{opacity:.2f}" stroke="#999" stroke-width=".5"/>'
        )
    numbers = [_number(EDGE + (j + 0.5) * SQUARE, EDGE - 6, j) for j in range(columns)]
    numbers += [_number(EDGE - 8, EDGE + (i + 0.7) * SQUARE, i) for i in range(rows)]
    width, height, said = EDGE + columns * SQUARE, EDGE + rows * SQUARE, html.escape(_described(name, off), quote=True)
    return (
        f'<div style="margin-top:.4em"><svg role="img" aria-label="{said}" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}"><title>{said}</title>{"".join(squares + numbers)}</svg></div>'
    )


def _number(x: float, y: float, number: int) -> str:
    return f'<text x="{x:g}" y="{y:g}" font-size="9" text-anchor="middle" fill="currentColor">{number}</text>'


def _described(name: str, off: np.ndarray) -> str:
    """Row by row which entries are off, in words."""
    rows = [f"row {i}: {_columns(line)}" for i, line in enumerate(off) if line.any()]
    share = f"{int(off.sum())} of {off.size} entries of {name} ({off.shape[0]} by {off.shape[1]}) are off"
    return f"{share}. {'; '.join(rows)}."


def _columns(line: np.ndarray) -> str:
    return "all columns" if line.all() else "columns " + ", ".join(str(int(j)) for j in np.flatnonzero(line))
