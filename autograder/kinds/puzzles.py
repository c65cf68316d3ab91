"""Puzzles: what the student writes is data, and all functions that are run on it are ours."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograder import rules
from autograder.exercise import Case, Exercise
from autograder.kinds.kind import Way, asked_by_name, describe, what_returned
from autograder.rules import Answer, Draw

__all__ = ["draw_choice", "draw_marks", "read_choice", "read_hunt"]


# ----- hunt: inputs, on which wrong functions differ from right ones; all functions run here, on data -----

MOST_NUMBERS = 20


def draw_marks(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """Nothing is drawn: what comes back is compared with a key."""
    return Draw(case.name, {}, None, None, dict.fromkeys(exercise.points, np.ones(())))


def read_hunt(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    """Which suspects return something else than the right function on the student's inputs."""
    returned = what_returned(value)
    if exercise.tries:
        return _read_tries(exercise, draw, returned)
    names = list(inspect.signature(exercise.innocents[0]).parameters)
    if not isinstance(returned, dict) or set(returned) != set(names):
        return Answer(draw, missing=f"{asked_by_name(names)}; yours returned {describe(returned)}")
    try:
        inputs = {name: np.array(returned[name], float) for name in names}
        if (count := sum(array.size for array in inputs.values())) > MOST_NUMBERS:
            return Answer(draw, missing=f"your inputs hold {count} numbers; at most {MOST_NUMBERS} can be read by eye")
        if not all(array.size and np.isfinite(array).all() for array in inputs.values()):
            return Answer(draw, missing="your inputs must be finite numbers, and none of them empty")
        return _accused(exercise, draw, lambda function: _outcome(function, inputs))
    except (ValueError, TypeError, IndexError) as error:
        return Answer(draw, missing=f"the right function cannot take your inputs: {error}")


def _read_tries(exercise: Exercise, draw: Draw, returned: Any) -> Answer:
    """The same, where the exercise says how a function is tried on what came back."""
    try:
        return _accused(exercise, draw, lambda function: [exercise.tries(function, returned)])
    except (ValueError, ArithmeticError) as error:
        return Answer(draw, missing=str(error))


def _accused(exercise: Exercise, draw: Draw, outcome: Callable[[Callable], list[np.ndarray]]) -> Answer:
    """1.0 for each suspect that differs from the right functions, if these agree."""
    right, *others = [outcome(innocent) for innocent in exercise.innocents]
    if not all(_alike(right, other) for other in others):
        return Answer(draw, missing="on your inputs two right functions differ, so nobody could be accused")
    return Answer(draw, {name: _exposed(exercise.suspects[name], outcome, right) for name in exercise.points})


def _outcome(function: Callable, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    with np.errstate(all="ignore"):
        returned = function(**copy.deepcopy(dict(inputs)))
    return [np.asarray(each) for each in (returned if isinstance(returned, tuple) else (returned,))]


def _alike(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    return len(a) == len(b) and all(rules.close(x, y) and x.shape == y.shape for x, y in zip(a, b))


def _exposed(suspect: Callable, outcome: Callable, right: list[np.ndarray]) -> float:
    """1.0 where the suspect differs from what is right, or breaks down; else 0.0."""
    try:
        return float(not _alike(outcome(suspect), right))
    except Exception:
        return 1.0


# ----- choice: one letter for each question -----


def draw_choice(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    key = getattr(exercise.reference, exercise.id)()
    return Draw(case.name, {}, None, None, {name: np.asarray(float(ord(key[name]))) for name in exercise.points})


def read_choice(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    returned = what_returned(value)
    if not isinstance(returned, dict):
        return Answer(draw, missing=f"{asked_by_name(exercise.points)}; yours returned {describe(returned)}")
    letters = {name: str(returned.get(name, "")).strip().lower() for name in exercise.points}
    values = {name: float(ord(letter)) for name, letter in letters.items() if re.fullmatch("[a-z]", letter)}
    return Answer(draw, values, missing="choose a letter for each: " + ", ".join(exercise.points))
