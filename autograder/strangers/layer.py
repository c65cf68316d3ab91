"""A layer as a graph of primitives: its code, its way back, and its truth.

The way back follows from the graph. The truth follows from the code alone: by complex step, which knows none
of our rules (Squire and Trapp 1998, Using complex variables to estimate derivatives of real functions, SIAM
Review 40).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from autograder.strangers.primitives import ALL, JOINS, compiled

__all__ = ["Arrays", "Layer", "Line", "Shape", "axis_of_copies", "generic", "shown"]

Shape = tuple[str, ...]
Arrays = dict[str, np.ndarray]
Random = np.random.Generator | np.random.RandomState
STEP = 1e-30
SMALL = 100  # entries of x, beyond which sums are of another size


@dataclass(frozen=True)
class Line:
    """One line of the forward: `target = op(operands)`, with the letters of its shape."""

    target: str
    op: str
    operands: tuple[str, ...]
    shape: Shape
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Layer:
    """A layer: its level, its inputs' shapes by name, and its lines, the last of which is `out`."""

    level: int
    inputs: dict[str, Shape]
    lines: tuple[Line, ...]

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        return self.inputs | {line.target: line.shape for line in self.lines}

    @property
    def wanted(self) -> list[str]:
        """The inputs that have a gradient; labels have none."""
        return [name for name in self.inputs if name != "y"]

    @property
    def cached(self) -> list[str]:
        """What the forward keeps for the way back: its inputs, then every line."""
        return [*self.inputs, *(line.target for line in self.lines)]

    @property
    def mark(self) -> str:
        """Four letters and digits that tell one layer from another."""
        return hashlib.sha256(repr((self.inputs, self.lines)).encode()).hexdigest()[:4].upper()

    def uses(self, name: str) -> list[str]:
        """Where a value is used: the targets of the lines that read it."""
        return [line.target for line in self.lines for operand in line.operands if operand == name]

    # ----- forward, and the truth -----

    def run(self, inputs: Mapping[str, np.ndarray]) -> Arrays:
        """Every value of the layer, by name."""
        values = dict(inputs)
        for line, forward in zip(self.lines, self._forwards):
            a, b, c = operands(line, values)
            values[line.target] = forward(a, b, c, None, None)
        return values

    @cached_property
    def _forwards(self) -> list[Callable]:
        return [compiled(generic(line, ALL[line.op].code)) for line in self.lines]

    def truth(self, inputs: Mapping[str, np.ndarray], dout: np.ndarray) -> Arrays:
        """The gradients by complex step alone, input by input: for small arrays."""
        gradients = {}
        for name in self.wanted:
            nudged = inputs | {name: np.array(inputs[name], complex)}
            gradients[name] = np.empty(inputs[name].shape)
            for i in np.ndindex(inputs[name].shape):
                nudged[name][i] += STEP * 1j
                gradients[name][i] = np.sum(self.run(nudged)["out"].imag * dout) / STEP
                nudged[name][i] = inputs[name][i]
        return gradients

    def rate(self, inputs: Mapping[str, np.ndarray], dout: np.ndarray, directions: Arrays) -> float:
        """How fast sum(out * dout) moves when all inputs move along `directions`, by complex step, in one call."""
        nudged = {k: v + STEP * 1j * directions[k] if k in directions else v for k, v in inputs.items()}
        return float(np.sum(self.run(nudged)["out"].imag * dout) / STEP)

    # ----- the way back -----

    def gradients(self, inputs: Mapping[str, np.ndarray], dout: np.ndarray) -> Arrays:
        """What is right: by the graph, with complex step along a random direction as its witness, each time."""
        found, rng = self.back(self.run(inputs), dout), np.random.default_rng(0)
        along = {name: rng.standard_normal(gradient.shape) for name, gradient in found.items()}
        rate = sum(float(np.sum(found[name] * along[name])) for name in found)
        if not abs(self.rate(inputs, dout, along) - rate) < 1e-9 * sum(map(np.linalg.norm, found.values())):
            raise ArithmeticError(f"the graph of stranger {self.mark} and complex step disagree")
        return found

    def back(self, values: Arrays, dout: np.ndarray, turns: Mapping = {}) -> Arrays:
        """The gradients of the inputs by the graph. `turns` puts something else on its edges: see `edge`."""
        found = self.sweep(values, dout, turns)
        return {name: found[name] for name in self.wanted}

    def sweep(self, values: Arrays, dout: np.ndarray, turns: Mapping = {}) -> Arrays:
        """The gradients of all values."""
        found: Arrays = {"out": np.ones_like(dout) if "dout" in turns else dout}
        for number in reversed(range(len(self.lines))):
            line = self.lines[number]
            a, b, c = operands(line, values)
            for slot, operand in enumerate(line.operands):
                if text := self.edge(number, slot, turns):
                    gradient = compiled(text)(a, b, c, found[line.target], values[line.target])
                    found[operand] = found[operand] + gradient if operand in found else gradient
                elif operand not in found:
                    found[operand] = np.zeros_like(values[operand])
        return found

    def edge(self, number: int, slot: int, turns: Mapping = {}) -> str:
        """What goes back along one edge, with letters for names; "" where nothing does."""
        return turns.get((number, slot), self._edges[number, slot])

    @cached_property
    def _edges(self) -> dict[tuple[int, int], str]:
        """What is right on every edge."""
        return {
            (number, slot): self.summed(number, slot, generic(line, ALL[line.op].back[slot])) if operand != "y" else ""
            for number, line in enumerate(self.lines)
            for slot, operand in enumerate(line.operands)
        }

    def summed(self, number: int, slot: int, text: str, by: str = "sum") -> str:
        """Of an operand that was copied to a larger shape, what comes back is summed."""
        line = self.lines[number]
        small = self.shapes[line.operands[slot]]
        if not self.copied(number, slot):
            return text
        kept = ", keepdims=True" if len(small) == len(line.shape) else ""
        return f"{text if text == 'd' else f'({text})'}.{by}(axis={axis_of_copies(small)}{kept})"

    def copied(self, number: int, slot: int) -> bool:
        """Whether an operand is smaller than the line that reads it, entry by entry."""
        line = self.lines[number]
        entrywise = line.op in JOINS or (line.op == "affine" and slot == 2)
        return entrywise and self.shapes[line.operands[slot]] != line.shape

    # ----- numbers -----

    def numbers(self, rng: Random, sizes: tuple[int, ...], tries: int = 100) -> Arrays:
        """Inputs of a size: of ordinary magnitude, away from every kink, with gradients that are not nothing."""
        size = dict(zip("NDMK", sizes))
        for _ in range(tries):
            made = {name: _drawn(rng, name, shape, size) for name, shape in self.inputs.items()}
            with np.errstate(all="ignore"):
                if self.sane(made, rng):
                    return made
        raise ValueError("no inputs suit this layer")

    def sane(self, inputs: Arrays, rng: Random) -> bool:
        """Whether numbers suit the layer: finite, not huge, clear of kinks, every gradient there to be seen."""
        values = self.run(inputs)
        huge = 100 if inputs["x"].size < SMALL else 1e4
        if not all(np.isfinite(v).all() and np.abs(v).max() < huge for v in values.values()):
            return False
        for line in self.lines:
            if kink := ALL[line.op].kink:
                a, b, c = operands(line, values)
                gap = np.abs(compiled(generic(line, kink))(a, b, c, None, values[line.target]))
                if gap.size and gap.min() < 0.1 / gap.size:
                    return False
        found = self.back(values, rng.standard_normal(values["out"].shape))
        least = 1e-2 if inputs["x"].size < SMALL else 1e-8
        return all(least < np.abs(gradient).max() < huge for gradient in found.values())

    # ----- as text -----

    def code(self, name: str) -> str:
        """The forward, as the learner reads it and as it runs."""
        signature = ", ".join(f"{name} {shown(shape)}" for name, shape in self.inputs.items())
        signature += " row numbers" if "y" in self.inputs else ""
        lines = [(f"    {line.target} = {self.written(line)}", shown(line.shape)) for line in self.lines]
        wide = max(len(text) for text, _ in lines)
        body = "\n".join(f"{text:{wide}}  # {shape}" for text, shape in lines)
        head = f'def {name}({", ".join(self.inputs)}):\n    """{signature}  ->  out {shown(self.shapes["out"])}."""'
        return f"{head}\n{body}\n    return out, ({', '.join(self.cached)})\n"

    def written(self, line: Line) -> str:
        return ALL[line.op].code.format(**dict(zip("abc", line.operands)), **line.details)

    def way_back(self, name: str, contract: str, turns: Mapping = {}) -> str:
        """A backward as code: the right one, or with something else on some edges."""
        lines, met = [f"    {', '.join(self.cached)} = cache"], set()
        lines += ["    dout = np.ones_like(dout)"] if "dout" in turns else []
        for number in reversed(range(len(self.lines))):
            line = self.lines[number]
            letters = dict(zip("abc", line.operands)) | {"d": f"d{line.target}", "o": line.target}
            for slot, operand in enumerate(line.operands):
                text = self.edge(number, slot, turns)
                if not text and (operand in met or operand == "y"):
                    continue
                text = re.sub(r"\b[abcdo]\b", lambda found: letters[found[0]], text) or f"np.zeros_like({operand})"
                if operand in met:
                    text = f"d{operand} - {text[1:]}" if text[0] == "-" else f"d{operand} + {text}"
                lines.append(f"    d{operand} = {text}")
                met.add(operand)
        lines.append(f"    return {', '.join(f'd{each}' for each in self.wanted)}")
        return f'def {name}(dout, cache):\n    """{contract}"""\n' + "\n".join(lines) + "\n"


def operands(line: Line, values: Mapping[str, np.ndarray]) -> list:
    """The values of a line's operands, and None for those it has not."""
    found = [values[name] for name in line.operands]
    return found + [None] * (3 - len(found))


def generic(line: Line, text: str) -> str:
    """A primitive's text with letters for names, and its details filled in."""
    return text.format(a="a", b="b", c="c", d="d", o="o", **line.details)


def axis_of_copies(small: Shape) -> int:
    """The axis along which something of a smaller shape was copied."""
    return 1 if small[-1] == "1" else 0


def shown(shape: Shape) -> str:
    return f"({', '.join(shape)}{',' * (len(shape) == 1)})"


def _drawn(rng: Random, name: str, shape: Shape, size: Mapping[str, int]) -> np.ndarray:
    numbers = [size[letter] for letter in shape]
    if name == "y":
        return (rng.random(numbers) * size["K"]).astype(int)
    scale = size["D"] ** -0.5 if name == "w" else 1.0  # a sum over all inputs is of the size of one of them
    return scale * rng.standard_normal(numbers)
