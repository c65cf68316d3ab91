"""Layers that nobody has seen, as a learner meets them: `stranger`, which is marked, and `practice`, which never ends."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.exercise import Exercise
from autograder.formula import latex, plain
from autograder.layer import Layer, shown
from autograder.stranger import LEVELS, SIZES, draw
from autograder.stranger_exercise import exercise_of, level_says

__all__ = ["Practice", "Shown", "practice", "stranger"]


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
        asks = f"{_wanted(layer, 'practice')} Try it: `layer.check(practice_backward)`. Stuck: `layer.help()`."
        super().__init__(layer, "practice", head, f'{asks} To meet it again: `practice({level}, seed="{seed}")`.')
        self.level, self.seed, self._opened, self._solved = level, seed, 0, False
        points = {f"d{name}": 1.0 for name in layer.wanted}
        self._exercise: Exercise = exercise_of(layer, "practice", points, 10, "the layer that `practice` drew")

    def check(self, backward: Callable) -> None:
        """Try a backward on fresh numbers; show what holds, and which mistake it is. Never marked."""
        from autograder import progress
        from autograder.check import show_verdict, tried

        with _called(backward, self._exercise.id) as namespace:
            verdict, printed, picture = tried(self._exercise, namespace)
        right = verdict.points == verdict.max_points
        if not verdict.empty:
            progress.practised(self.level, "checks", *(["solved"] if right and not self._solved else []))
        self._solved |= right
        show_verdict(verdict, printed, picture, f"Another one: `practice({self.level})`." if right else "")

    def help(self) -> None:
        """Show the next hint: the graph; where an edge is easily missed; a smaller example with its numbers."""
        from autograder.check import show

        hints = self._exercise.help
        show(f"Help {self._opened + 1} of {len(hints)}. {hints[self._opened]}")
        self._opened = (self._opened + 1) % len(hints)


def practice(level: int = 1, seed: str | None = None) -> Practice:
    """A fresh layer to practise on: each time another one, and the same one for the same seed.

    Level 1 is a chain; in 2 two paths meet; in 3 something is shared; in 4 every entry pays for every other; in 5
    there is all of it, and picks.

    layer = practice(2)
    layer
    """
    from autograder import progress

    if level not in LEVELS:
        raise ValueError(f"there is no level {level!r}; there are: {', '.join(map(str, LEVELS))}")
    if seed is None:
        progress.practised(level, "drawn")
    seed = secrets.token_hex(3) if seed is None else str(seed)
    return Practice(draw(level, f"practice\n{seed}"), level, seed)


def stranger(lesson: str, student: str | None = None) -> Shown | None:
    """The stranger that closes a lesson, drawn for you. Who you are is said once, and remembered.

    stranger("04")
    stranger("04", student="anna")
    """
    from autograder import progress
    from autograder.check import show
    from autograder.lesson import Unknown, find_exercise

    lesson = str(lesson)[:2].zfill(2)
    try:
        learner = progress.learner(student)
        exercise = find_exercise(f"stranger_{lesson}_backward").drawn_for(learner)
    except Unknown:
        return show(f"No stranger waits in lesson {lesson}.")
    layer = exercise.reference.layer
    head = f"Drawn for `{learner}`, {layer.mark}: a layer of level {layer.level}."
    asks = f"{_wanted(layer, f'stranger_{lesson}')} "
    if progress.made_up(learner):
        asks += "You are a guest here. In a class, "
    else:
        asks += f"If `{learner}` is not the name under which you hand in, "
    return Shown(layer, f"stranger_{lesson}", head, f'{asks}say who you are: `stranger("{lesson}", student="…")`.')


def _wanted(layer: Layer, name: str) -> str:
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
