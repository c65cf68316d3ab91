"""From a wrong array to the name of the mistake.

A cause is named only where the wrong function reproduces what the student's function returned,
on every case that was drawn: several shapes, fresh numbers. Otherwise nothing is said: a wrong
name is worse than none. A diagnosis never changes a mark.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.box import inside
from autograder.box.values import Failure, pack, unpack
from autograder.exercise import Exercise, Mistake
from autograder.kinds import KINDS
from autograder.rules import Answer, Draw, close

__all__ = ["Here", "diagnose"]

SAME = 1e-7  # relative to the largest entry; float32 answers are compared at 3e-5
SAME_IN_FLOAT32 = 3e-5
LARGEST = 100_000  # entries of an answer that is still worth comparing
LONGEST = 10_000  # entries of a list or a program that is worth trying again for each mistake


class Here:
    """Functions of this process, called in this process: for trusted code, and for `check`."""

    isolation = None

    def __init__(self, namespace: Mapping[str, Any]):
        self.namespace = namespace

    def ask(
        self, probe: str, name: str, needs: Sequence[str], questions: Sequence[dict], parts: Mapping[str, Any]
    ) -> list[Any]:
        function, replies = inside.load(probe, name), []
        undo = inside.replace(self.namespace, needs, parts)
        try:
            for question in questions:
                kind, value = inside.attempt(function, self.namespace, needs, copy.deepcopy(question))
                replies.append(unpack(*pack(value)) if kind == inside.VALUE else Failure(kind, value))
        finally:
            undo()
        return replies


def diagnose(exercise: Exercise, answers: Mapping[str, list[Answer]], wrong: Mapping[str, Any]) -> str | None:
    """The hints of the mistakes that explain the values which do not hold, or None."""
    small = {name: [a for a in each if _small(a.draw)] for name, each in answers.items()}
    outcomes = {mistake.name: _outcomes(exercise, mistake, small) for mistake in exercise.mistakes}

    def agrees(mistake: Mistake, name: str) -> bool:
        made = outcomes[mistake.name].get(name)
        return made is not None and all(_same(a, b, name) for a, b in zip(small[name], made, strict=True))

    def breaks(mistake: Mistake) -> set[str]:
        made = outcomes[mistake.name]
        return {name for name in made if not all(_holds(a, name) for a in made[name])}

    whole = [m for m in exercise.mistakes if breaks(m) == set(wrong) and all(agrees(m, name) for name in wrong)]
    if whole:
        return whole[0].hint
    parts = [next((m for m in exercise.mistakes if breaks(m) == {n} and agrees(m, n)), None) for n in wrong]
    return "\n".join(m.hint for m in parts) if parts and all(parts) else None


def attempt(exercise: Exercise, mistake: Mistake) -> dict[str, Any]:
    """The names that a student with this mistake would have written, and nothing else wrong."""
    right = {name: getattr(exercise.reference, name) for name in exercise.writes}
    return right | {mistake.stands_for: mistake.function}


def _outcomes(exercise: Exercise, mistake: Mistake, answers: Mapping[str, list[Answer]]) -> dict[str, list[Answer]]:
    """What the mistake makes of the same draws, in the first way that brings each value."""
    kind, made = KINDS[exercise.kind], {}
    venue = Here(attempt(exercise, mistake))
    for way in kind.ways(exercise):
        names = [name for name in way.brings if name in answers and name not in made]
        if names:
            read = kind.answers(exercise, venue, way, [answer.draw for answer in answers[names[0]]])
            made |= dict.fromkeys(names, read)
    return made


def _small(draw: Draw) -> bool:
    long = any(isinstance(value, (list, dict)) and len(value) > LONGEST for value in draw.inputs.values())
    return not long and sum(array.size for array in draw.expected.values()) <= LARGEST


def _holds(answer: Answer, name: str) -> bool:
    return name in answer.values and _same_values(answer.values[name], answer.draw.expected[name])


def _same(a: Answer, b: Answer, name: str) -> bool:
    if a.failure or b.failure:
        return bool(a.failure and b.failure) and _message(a.failure) == _message(b.failure)
    if name in a.values and name in b.values:
        return _same_values(a.values[name], b.values[name])
    return name not in a.values and name not in b.values and a.missing == b.missing


def _message(failure: Failure) -> str:
    return failure.text.rpartition(", at line ")[0] or failure.text


def _same_values(a: Any, b: Any) -> bool:
    """Whether two answers are the same array up to rounding, with what is not a number in the same places."""
    try:
        a, b = np.asarray(a), np.asarray(b)
    except ValueError:
        return False
    if a.shape != b.shape or a.dtype.kind not in "biuf" or b.dtype.kind not in "biuf":
        return False
    finite = np.isfinite(a)
    if not np.array_equal(np.where(finite, 0, a), np.where(np.isfinite(b), 0, b), equal_nan=True):
        return False
    return close(a[finite], b[finite].astype(float), SAME_IN_FLOAT32 if a.dtype == np.float32 else SAME)
