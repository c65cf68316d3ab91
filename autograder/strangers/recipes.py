"""Strangers: small layers that nobody has seen, drawn from a seed and a level.

    layer = draw(level=3, seed="anna")
    print(layer.code("forward"))

What makes a level harder than the one before stands in its recipe's docstring. All layers of a level have
the same inputs and the same number of lines, so that nobody in a class draws a harder one.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator

import numpy as np

from autograder.strangers.layer import Layer, Line, Shape
from autograder.strangers.primitives import ALL, BENDS
from autograder.strangers.wrong_turns import wrong_turns

__all__ = ["LEVELS", "SIZES", "TRIED", "draw"]

INPUTS = {"x": ("N", "D"), "w": ("D", "M"), "b": ("M",), "t": ("K", "M"), "y": ("N",)}
NAMES = "h a c e f g p q r u v z".split()
# N, D, M, K of what is tried: three shapes that are not square, from which sizes can be read, and one that is. In the
# last one D is so large that differencing the forward, be it row by row, takes more computing time than there is;
# right code takes well under a second, with loops or without.
# fmt: off
SIZES = {
    "ordinary":     (4, 5, 3, 2),
    "batch_of_one": (1, 3, 4, 2),
    "square":       (4, 4, 4, 4),
    "two_rows":     (2, 6, 5, 3),
    "large":        (3, 40_000, 2, 7),
}
# fmt: on
TRIED = [name for name in SIZES if name != "large"]
SUITED = ("ordinary", "batch_of_one", "square")  # a layer is drawn that numbers of these sizes suit


class Sketch:
    """A layer in the making. Each method adds a line or two and returns the name of what it made."""

    def __init__(self, rng: np.random.RandomState, inputs: str):
        self.rng, self.lines, self.free = rng, [], list(NAMES)
        self.shapes = {name: INPUTS[name] for name in inputs.split()}
        self.calm = dict.fromkeys(self.shapes, True)

    def add(self, op: str, *operands: str, shape: Shape | None = None, calm: bool | None = None, **details) -> str:
        target, shape = self.free.pop(0), shape or self.shapes[operands[0]]
        self.lines.append(Line(target, op, operands, shape, details))
        self.shapes[target] = shape
        self.calm[target] = ALL[op].calm and all(self.calm[each] for each in operands) if calm is None else calm
        return target

    def one_of(self, *choices):
        return choices[int(self.rng.random() * len(choices))]

    def perhaps(self, chance: float = 0.5) -> bool:
        return self.rng.random() < chance

    def bend(self, name: str, *but: str) -> str:
        """A function entry by entry that is new here, other than those named."""
        ops = [op for op in BENDS if self.calm[name] or op == "root"]
        ops = [op for op in ops if op not in but and op not in {line.op for line in self.lines}]
        return self.add(self.one_of(*ops), name) if ops else self.scale(name)

    def gentle(self, name: str) -> str:
        """A function that leaves ordinary numbers ordinary."""
        return self.bend(name, "exp", "square")

    def until(self, count: int, name: str) -> str:
        """So many lines: what is missing bends or scales what is there."""
        while len(self.lines) < count:
            name = self.scale(name) if self.lines[-1].op != "scale" and self.perhaps(0.3) else self.bend(name)
        return name

    def scale(self, name: str) -> str:
        return self.add("scale", name, k=self.one_of(2, 3, 0.5))

    def weigh(self, name: str, bias: bool = False) -> str:
        shape = ("N", "M")
        return self.add("affine", name, "w", "b", shape=shape) if bias else self.add("matmul", name, "w", shape=shape)

    def join(self, a: str, b: str, *ops: str) -> str:
        return self.add(self.one_of(*(ops or ("add", "sub", "mul"))), a, b)

    def statistic(self, name: str, *choices: tuple[str, int]) -> str:
        """A number for each row (axis 1) or for each column (axis 0)."""
        op, axis = self.one_of(*choices)
        n, m = self.shapes[name]
        details = dict(axis=axis) if op == "max" or op == "first" else dict(axis=axis, size=(n, m)[axis])
        return self.add(op, name, shape=("1", m) if axis == 0 else (n, "1"), **({} if op == "first" else details))

    def normalise(self, name: str) -> str:
        """What a row's own statistic has been taken out of."""
        way = self.one_of("centre", "rms", "softmax") if self.calm[name] else self.one_of("centre", "rms")
        if way == "centre":
            return self.add("sub", name, self.statistic(name, ("mean", 1)))
        if way == "rms":
            return self.add("div", name, self.statistic(name, ("rms", 1), ("rms", 0)), calm=True)
        up = self.add("exp", name)
        return self.add("div", up, self.statistic(up, ("sum", 1)), calm=True)

    def layer(self, level: int, inputs: str) -> Layer:
        *lines, last = self.lines
        lines.append(Line("out", last.op, last.operands, last.shape, last.details))
        return Layer(level, {name: INPUTS[name] for name in inputs.split()}, tuple(lines))


def _chain(s: Sketch) -> None:
    """Every value is used once: slopes multiply, the last one first."""
    h = s.weigh(s.gentle("x") if s.perhaps() else "x")
    s.until(5, s.bend(h))


def _fork(s: Sketch) -> None:
    """One value is used twice: two paths meet, and what comes back adds up."""
    if s.perhaps(0.3):
        e = s.weigh(s.join(s.gentle("x"), "x"))
    else:
        h = s.weigh(s.gentle("x") if s.perhaps() else "x")
        e = s.join(s.bend(h), h if s.perhaps() else s.bend(h))
    s.until(5, e)


def _shared(s: Sketch) -> None:
    """Something small serves many entries, copied forward and summed backward; a sum or a mean does the reverse."""
    early = s.perhaps()
    h = s.weigh(s.gentle("x") if s.perhaps() else "x", bias=early)
    a = s.bend(h)
    by_row = s.statistic("x", ("sum", 1), ("mean", 1)) if s.perhaps(0.3) else ""
    n = by_row or s.statistic(s.one_of(h, a), ("sum", 0), ("mean", 0), ("sum", 1), ("mean", 1))
    e = s.join(a, n, "add", "mul", "sub")
    if not early:
        e = s.join(e, "b", "add", "mul")
    s.until(6, e)


def _everybody(s: Sketch) -> None:
    """A row's own statistic is taken out of it: every entry pays for every other. And a path goes around it."""
    early = s.perhaps()
    h = s.weigh(s.gentle("x") if s.perhaps() else "x", bias=early)
    e = s.normalise(s.gentle(h) if s.perhaps(0.7) else h)
    if not early:
        e = s.join(e, "b", "mul", "add")
    s.join(s.until(7, e), h, "add", "mul", "sub")


def _everything(s: Sketch) -> None:
    """Picks, whose way back is scattered; a statistic; a normalisation; a path around them: in twelve lines."""
    h = s.weigh("x", bias=True)
    g = s.add("rows", "t", "y", shape=("N", "M"))
    a = s.join(s.gentle(h), g, "add", "mul")
    top = s.statistic(s.one_of(a, h), ("max", 1), ("first", 1))
    e = s.normalise(s.join(a, top, "mul"))  # what is added to a whole row, a normalisation takes out again
    f = s.join(e, s.statistic(s.one_of(h, a), ("mean", 0), ("sum", 0)), "add", "mul")
    s.join(s.until(11, f), s.one_of(h, a, g), "mul", "sub")


LEVELS: dict[int, tuple[str, Callable[[Sketch], None]]] = {
    1: ("x w", _chain),
    2: ("x w", _fork),
    3: ("x w b", _shared),
    4: ("x w b", _everybody),
    5: ("x w b t y", _everything),
}


def draw(level: int, seed: str) -> Layer:
    """The layer of that seed: the same one everywhere, and another for every other seed."""
    return next(candidates(level, seed))


def candidates(level: int, seed: str) -> Iterator[Layer]:
    """Layers that numbers suit and of which at least three wrong turns can be told apart, in the order of drawing."""
    digest = hashlib.sha256(f"stranger\n{level}\n{seed}".encode()).digest()
    # The old generator, whose numbers are promised to be the same in every version of NumPy: what a student is shown
    # on one machine is marked on another.
    rng, (inputs, recipe) = np.random.RandomState(list(digest)), LEVELS[level]
    while True:
        sketch = Sketch(rng, inputs)
        recipe(sketch)
        layer = sketch.layer(level, inputs)
        try:  # twice, at the first go: a layer that few numbers suit would have none when it counts
            tried = [layer.numbers(rng, SIZES[name], tries=1) for _ in range(2) for name in SUITED]
        except ValueError:
            continue
        if len(list(itertools.islice(wrong_turns(layer, tried[: len(SUITED)]), 3))) == 3:
            yield layer
