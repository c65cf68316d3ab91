"""The true value of a draw as a sum: its paths by name, and the sizes and settings that may multiply one of them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import cache

import numpy as np

from autograder.diagnose.suspects import same_values
from autograder.diagnose.terms import TERMS
from autograder.exercise import Exercise
from autograder.kinds import PAIRS, pair_names
from autograder.rules import Draw

__all__ = ["Sums"]

SIZED = re.compile(r"(\w+) \(((?:[A-Z]\w*(?:\.\.\.)?, ?)*(?:[A-Z]\w*(?:\.\.\.)?)?)\)")
SETTINGS_THAT_ARE_NONE = ("seed",)


class Sums:
    """The sums of an exercise; what was worked out for a draw is kept."""

    def __init__(self, exercise: Exercise):
        self.exercise = exercise
        self._terms: dict[tuple[int, bool], dict] = {}
        self._sizes: dict[int, dict[str, float]] = {}
        self._draws: dict[int, Draw] = {}  # so that no other gets the number of one of them

    def paths(self, name: str, draw: Draw) -> dict[str, np.ndarray]:
        """The paths of a value, by name; the value itself, where they are not known."""
        whole, forward = draw.expected[name], self.exercise.kind not in PAIRS or name == "out"
        key = id(draw), forward
        if key not in self._terms:
            self._draws[id(draw)] = draw
            self._terms[key] = self._all(draw, forward)
        found = self._terms[key].get(name, {})
        sound = found and same_values(sum(found.values()), whole)
        return {path: np.broadcast_to(term, whole.shape) for path, term in found.items()} if sound else {"": whole}

    def _all(self, draw: Draw, forward: bool) -> dict[str, dict[str, np.ndarray]]:
        paths = self.exercise.paths or TERMS.get(self.exercise.id)
        if self.exercise.kind in PAIRS and forward:
            paths = TERMS.get(pair_names(self.exercise)[0])
        given = draw.inputs.values() if forward else (draw.dout, draw.cache)
        return paths(*given) if paths else {}

    def sizes(self, name: str, draw: Draw) -> dict[str, float]:
        """The sizes by the letters of the shape line, N, D, M; and the settings that are numbers, such as `p`."""
        if id(draw) not in self._sizes:
            self._draws[id(draw)] = draw
            self._sizes[id(draw)] = self._measured(draw)
        return self._sizes[id(draw)] | {"entries": draw.expected[name].size}

    def _measured(self, draw: Draw) -> dict[str, float]:
        values = dict(draw.inputs)
        for value in draw.inputs.values():
            values |= value if isinstance(value, dict) else {}
        numbers = {key: value for key, value in values.items() if type(value) in (int, float) and value}
        sizes = {f"`{key}`": value for key, value in numbers.items() if key not in SETTINGS_THAT_ARE_NONE}
        sizes["N"] = len(next(iter(draw.inputs.values())))
        name = pair_names(self.exercise)[0] if self.exercise.kind in PAIRS else self.exercise.id
        for argument, letters in _letters(getattr(self.exercise.reference, name, None)):
            shape = np.shape(values.get(argument))  # that of what is not there is (), and no size
            sizes |= dict(zip(letters, shape)) if len(shape) == len(letters) else {}
        return sizes


@cache
def _letters(function: Callable) -> list[tuple[str, list[str]]]:
    """The letters of each argument's axes, for those that have a fixed number of axes."""
    found = SIZED.findall(inspect.getdoc(function) or "")
    return [(argument, re.findall(r"[A-Z]\w*", axes)) for argument, axes in found if "..." not in axes]
