"""What a drawn layer is to a learner: it shows itself as code and as a formula, runs, and checks an answer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder import progress
from autograder.check import show, show_verdict, tried
from autograder.exercise import Exercise
from autograder.strangers.exercise import exercise_of, level_says
from autograder.strangers.formula import latex, plain
from autograder.strangers.layer import Layer, shown
from autograder.strangers.recipes import SIZES

__all__ = ["Practice", "Shown", "wanted"]


class Shown:
    """A layer that shows itself, as code and as a formula, and can be run."""

    def __init__(self, layer: Layer, name: str, head: str, asks: str):
        self._layer, self._name, self._head, self._asks = layer, name, head, asks

    def forward(self, *inputs: Any) -> tuple[np.ndarray, tuple]:
        """What the layer makes of its inputs, and its cache."""
        values = self._layer.run(dict(zip(self._layer.inputs, inputs, strict=True)))
        return values["out"], tuple(values[name] for name in self._layer.cached)

    def inputs(self, seed: int | None = None) -> tuple[np.ndarray, ...]:
        """Numbers to try the layer on, in the order of its inputs."""
        return tuple(self._layer.numbers(np.random.default_rng(seed), SIZES["ordinary"]).values())

    def __repr__(self) -> str:
        code, formula = self._layer.code(f"{self._name}_forward"), plain(self._layer)
        return f"{self._head}\n\n{code}\nEntry by entry:\n{_indented(formula)}\n\n{self._asks}"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        code, formula = self._layer.code(f"{self._name}_forward"), latex(self._layer)
        rich = f"{self._head}\n\n```python\n{code}```\n\nEntry by entry:\n\n$$\n{formula}\n$$\n\n{self._asks}"
        return {"text/plain": repr(self), "text/markdown": rich}


class Practice(Shown):
    """A layer to practise on, with its own check and its own help."""

    def __init__(self, layer: Layer, level: int, seed: str):
        head = f"Level {level}: {level_says(level)}"
        asks = f"{wanted(layer, 'practice')} Try it: `layer.check(practice_backward)`. Stuck: `layer.help()`."
        super().__init__(layer, "practice", head, f'{asks} To meet it again: `practice({level}, seed="{seed}")`.')
        self.level, self.seed, self._opened, self._solved = level, seed, 0, False
        points = {f"d{name}": 1.0 for name in layer.wanted}
        self._exercise: Exercise = exercise_of(layer, "practice", points, 10, "the layer that `practice` drew")

    def check(self, backward: Callable) -> None:
        """Try a backward on fresh numbers; show what holds, and which mistake it is. Never marked."""
        with _called(backward, self._exercise.id) as namespace:
            verdict, printed, picture = tried(self._exercise, namespace)
        right = verdict.points == verdict.max_points
        if not verdict.empty:
            progress.practised(self.level, "checks", *(["solved"] if right and not self._solved else []))
        self._solved |= right
        show_verdict(verdict, printed, picture, f"Another one: `practice({self.level})`." if right else "")

    def help(self) -> None:
        """Show the next hint: the graph; where an edge is easily missed; a smaller example with its numbers."""
        hints = self._exercise.help
        show(f"Help {self._opened + 1} of {len(hints)}. {hints[self._opened]}")
        self._opened = (self._opened + 1) % len(hints)


def wanted(layer: Layer, name: str) -> str:
    """What is asked of whoever meets a layer."""
    gradients = ", ".join(f"d{each} {shown(layer.shapes[each])}" for each in layer.wanted)
    return f"Write `{name}_backward(dout, cache)`; it returns {gradients}."


@contextlib.contextmanager
def _called(function: Any, name: str) -> Iterator[dict[str, Any]]:
    """The names around a function, where for a while it is called so: errors are told by their line there."""
    namespace = getattr(function, "__globals__", {})
    before = namespace.get(name, namespace)
    namespace[name] = function
    try:
        yield namespace
    finally:
        if before is namespace:
            del namespace[name]
        else:
            namespace[name] = before


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
