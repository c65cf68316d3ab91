"""The dictionary: what every single edit of the right derivations of an exercise returns.

It is made once in a process for each exercise, in a tenth of a second, from the sources of the reference and of the
derivations that the exercise knows beside it. What breaks down, and what is right on every case, is no entry; of
entries that return the same, the first is kept.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import CodeType

import numpy as np

from autograder.diagnose import edits
from autograder.diagnose.suspects import Suspect, outcome, same_values
from autograder.exercise import Exercise, source
from autograder.kinds import KINDS
from autograder.rules import Answer

__all__ = ["entries"]

FIRST = ("adds up", "axis", "sum or mean", "transpose", "comparison", "call", "term", "operator", "constant")
COMPUTED = ("pair", "function", "stages")
_made: dict[tuple, list[Suspect]] = {}


def entries(exercise: Exercise) -> list[Suspect]:
    """The wrong functions that are one edit away from a right derivation, the plainest slips first."""
    if exercise.kind not in COMPUTED:
        return []
    references = [getattr(exercise.reference, name) for name in exercise.writes]
    key = (exercise.id, *references, *exercise.derivations, *(case.make for case in exercise.cases))
    if key not in _made:
        _made[key] = _distinct(exercise, sorted(_suspects(exercise), key=_rank))
    return _made[key]


def _rank(suspect: Suspect) -> int:
    return FIRST.index(suspect.kind) if suspect.kind in FIRST else len(FIRST)


def _suspects(exercise: Exercise) -> Iterator[Suspect]:
    references = [(name, getattr(exercise.reference, name)) for name in exercise.writes]
    for stands_for, function in [*references, *((exercise.id, each) for each in exercise.derivations)]:
        function = inspect.unwrap(function)
        for number, edit in enumerate(edits.of(source(function), across_styles=True)):
            name = f"{function.__name__}, {edit.kind} {number}"
            yield Suspect(name, made(edit.code, function), stands_for, edit.kind, edit.says)


def made(code: CodeType, like: Callable) -> Callable:
    """The function that compiled source defines, among the names that `like` sees."""
    names = dict(like.__globals__)
    exec(code, names)
    return names[like.__name__]


def _distinct(exercise: Exercise, suspects: list[Suspect]) -> list[Suspect]:
    """Those that return something else than is right, and something else than those before them."""
    kind, seen, kept = KINDS[exercise.kind], set(), []
    cases = [case for case in exercise.cases if not case.for_marks_only]
    drawn = [kind.draw(exercise, case, np.random.default_rng(number)) for number, case in enumerate(cases)]
    ways = kind.ways(exercise)
    for suspect in suspects:
        way = next(way for way in ways if suspect.stands_for in way.needs)
        answers = [outcome(exercise, suspect, way, draw) for draw in drawn]
        print_ = _print(answers, way.brings)
        if print_ and print_ not in seen:
            seen.add(print_)
            kept.append(suspect)
    return kept


def _print(answers: list[Answer], names: list[str]) -> tuple | None:
    """A few digits that tell one outcome from another; None for what breaks down or is right."""
    if any(answer.failure or name not in answer.values for answer in answers for name in names):
        return None
    if all(same_values(a.values[name], a.draw.expected[name]) for a in answers for name in names):
        return None
    try:
        arrays = [np.asarray(answer.values[name], float) for answer in answers for name in names]
    except (TypeError, ValueError):
        return None
    with np.errstate(all="ignore"):
        return tuple((a.shape, f"{(a * np.cos(np.arange(a.size)).reshape(a.shape)).sum():.9g}") for a in arrays)
