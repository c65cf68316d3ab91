"""From a wrong array to the name of the mistake, or to the place where it is.

In this order, and silence where nothing fits:

    mistakes   somebody's wrong answers, written down with the exercise, each with its hint       suspects.py
    paths      the true sum with a path missing, doubled, flipped, scaled, transposed             paths.py, terms.py
    edits      every single edit of the right derivations                                         edits.py, dictionary.py
    place      which entries, on which cases, and by how much: no cause is named                  place.py

A cause is named only where the wrong function that it stands for returned what the student's did, on every case that
was drawn: several shapes, fresh numbers. A wrong name is worse than none. A diagnosis never changes a mark.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from autograder.diagnose.place import place
from autograder.diagnose.search import Cause, causes
from autograder.diagnose.suspects import Here, attempt
from autograder.exercise import Exercise
from autograder.rules import Answer

__all__ = ["Cause", "Finding", "Here", "attempt", "diagnose"]

LARGEST = 100_000  # entries of an answer that is still worth comparing
LONGEST = 10_000  # entries of a list or a program that is worth trying again for each mistake
REMEMBERED = 500  # findings: in a class many get the same numbers wrong in the same way
_known: dict[str, Finding] = {}


@dataclass(frozen=True)
class Finding:
    """Causes, and for the values that have none the place where they are off."""

    causes: tuple[Cause, ...] = ()
    place: str = ""
    tried: int = 0

    @property
    def text(self) -> str | None:
        """What to say of the causes, a line for each; None where there are none."""
        return "\n".join(cause.sentence for cause in self.causes) or None

    @property
    def evidence(self) -> str:
        """What speaks for the causes."""
        return f"reproduces your numbers on {self.tried} draws" if self.causes and self.tried > 1 else ""


def diagnose(exercise: Exercise, answers: Mapping[str, list[Answer]], wrong: Collection[str]) -> Finding:
    """What explains the values that do not hold."""
    small = {name: [a for a in each if _small(a)] for name, each in answers.items()}
    if not all(small.values()):
        return Finding()
    key = _key(exercise, small, wrong)
    if key not in _known:
        while len(_known) >= REMEMBERED:
            del _known[next(iter(_known))]
        _known[key] = _find(exercise, small, list(wrong))
    return _known[key]


def _small(answer: Answer) -> bool:
    """Whether both what is right and what was returned are worth comparing."""
    if any(isinstance(value, (list, dict)) and len(value) > LONGEST for value in answer.draw.inputs.values()):
        return False
    returned = (value.size for value in answer.values.values() if isinstance(value, np.ndarray))
    return max(sum(array.size for array in answer.draw.expected.values()), *returned, 0) <= LARGEST


def _key(exercise: Exercise, answers: Mapping[str, list[Answer]], wrong: Collection[str]) -> str:
    """The same for two students whose functions were asked the same and returned the same."""
    mistakes = exercise.layer or [id(mistake.function) for mistake in exercise.mistakes]
    digest = hashlib.sha256(repr([exercise.id, exercise.lesson, mistakes, sorted(wrong)]).encode())
    for name, each in answers.items():
        for answer in each:
            digest.update(repr([name, answer.failure, answer.missing, answer.draw.case]).encode())
            for value in (answer.draw.expected[name], answer.values.get(name)):
                array = value if isinstance(value, np.ndarray) else np.zeros(0)
                digest.update(repr([array.shape, array.dtype.str, None if array.size else value]).encode())
                digest.update(array.tobytes())
    return digest.hexdigest()


def _find(exercise: Exercise, answers: Mapping[str, list[Answer]], wrong: list[str]) -> Finding:
    found = causes(exercise, answers, wrong)
    explained = {name for cause in found for name in cause.values}
    places = [place(name, answers[name]) for name in wrong if name not in explained]
    return Finding(tuple(found), "\n".join(filter(None, places)), max(map(len, answers.values())))
