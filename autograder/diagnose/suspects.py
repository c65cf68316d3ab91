"""Wrong functions that may be the student's, and what they make of the same draws.

A suspect is tried as a student's function would be, lazily: draw by draw, until it returns something else than the
student's did. Nearly all of them differ on the first.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.box import inside
from autograder.box.values import Failure, pack, unpack
from autograder.exercise import Exercise, Mistake
from autograder.kinds import KINDS, PAIRS, Way
from autograder.kinds.kind import what_is_kept
from autograder.rules import Answer, Draw

__all__ = ["Here", "Suspect", "Trial", "attempt", "first_ways", "outcome", "returned", "same_values"]

PROBED = ("engine", "sweep", "table", "statistics")  # kinds whose probe does more than call a function
DRIVEN = ("takes a function", "optimiser", "training", "batches")  # and those whose probe does all there is to do
SAME = 1e-7  # relative to the largest entry; float32 answers are compared at 3e-5
SAME_IN_FLOAT32 = 3e-5


class Here:
    """Functions of this process, called in this process: for trusted code, and for `check`."""

    isolation = None

    def __init__(self, namespace: Mapping[str, Any]):
        self.namespace = namespace

    def ask(
        self, probe: str, name: str, needs: Sequence[str], questions: Sequence[dict], parts: Mapping[str, Any]
    ) -> list[Any]:
        function, replies = _loaded(probe, name), []
        undo = inside.replace(self.namespace, needs, parts)
        try:
            for question in questions:
                kind, value = inside.attempt(function, self.namespace, needs, copy.deepcopy(question))
                replies.append(unpack(*pack(value)) if kind == inside.VALUE else Failure(kind, value))
        finally:
            undo()
        return replies


@functools.cache
def _loaded(probe: str, name: str) -> Callable:
    """A probe, compiled once: hundreds of suspects are asked, draw by draw."""
    return inside.load(probe, name)


def attempt(exercise: Exercise, mistake: Mistake) -> dict[str, Any]:
    """The names that a student with this mistake would have written, and nothing else wrong."""
    return _names(exercise, mistake.stands_for, mistake.function)


def _names(exercise: Exercise, stands_for: str, function: Callable) -> dict[str, Any]:
    right = {name: getattr(exercise.reference, name) for name in exercise.writes}
    return right | {stands_for: function}


@dataclass(frozen=True)
class Suspect:
    """A wrong function: a mistake of the catalogue, or an edit of a right derivation.

    says   the hint of a mistake; of an edit, half a sentence
    kind   "mistake", or the kind of the edit
    """

    name: str
    function: Callable
    stands_for: str
    kind: str
    says: str


class Trial:
    """A suspect beside a student's answers: on which values do the two agree?"""

    def __init__(self, exercise: Exercise, suspect: Suspect, answers: Mapping[str, Sequence[Answer]]):
        self.exercise, self.suspect, self.answers = exercise, suspect, answers
        self._ways, self._made, self._agrees = first_ways(exercise), {}, {}
        self._alike = KINDS[exercise.kind].same or same_values

    def agrees(self, name: str) -> bool:
        """Whether this value is the same on every draw."""
        if name not in self._agrees:
            self._agrees[name] = self._compared(name)
        return self._agrees[name]

    def _compared(self, name: str) -> bool:
        """Of exceptions, the type must be the same on every draw; the words too, unless on some draw there are values."""
        values, words = False, True
        for i, answer in enumerate(self.answers[name]):
            made = self._answer(name, i)
            if answer.failure and made.failure:
                if _kind(answer.failure) != _kind(made.failure):
                    return False
                words = words and _message(answer.failure) == _message(made.failure)
            elif self._same(answer, made, name):
                values = True
            else:
                return False
        return values or words

    def holds(self, name: str) -> bool:
        """Whether this value of the suspect's is right on every draw."""
        made = [self._answer(name, i) for i in range(len(self.answers[name]))]
        return all(
            name in a.values and not a.spoiled and self._alike(a.values[name], a.draw.expected[name]) for a in made
        )

    def _same(self, a: Answer, b: Answer, name: str) -> bool:
        if a.failure or b.failure or a.spoiled != b.spoiled:
            return False
        if name in a.values and name in b.values:
            return self._alike(a.values[name], b.values[name])
        return name not in a.values and name not in b.values and a.missing == b.missing

    def _answer(self, name: str, i: int) -> Answer:
        way = self._ways[name]
        if (way.name, i) not in self._made:
            self._made[way.name, i] = self._try(way, self.answers[name][i].draw)
        return self._made[way.name, i]

    def _try(self, way: Way, draw: Draw) -> Answer:
        if self._is_spared(way):
            return Answer(draw, {name: draw.expected[name] for name in way.brings})
        if self.exercise.kind not in PROBED:
            made = outcome(self.exercise, self.suspect, way, draw)
            if self.suspect.kind != "mistake" or not made.failure and all(name in made.values for name in way.brings):
                return made
        # What it raised must be said in the words in which it is said of a student.
        venue = Here(_names(self.exercise, self.suspect.stands_for, self.suspect.function))
        return KINDS[self.exercise.kind].answers(self.exercise, venue, way, [draw])[0]

    def _is_spared(self, way: Way) -> bool:
        """Whether the documented cache stands in for what a wrong forward keeps, as it does for a student."""
        forward = self.exercise.kind in PAIRS and self.suspect.stands_for != self.exercise.id
        return forward and "out" not in way.brings and not self.holds("out")


def first_ways(exercise: Exercise) -> dict[str, Way]:
    """By value's name, the first way in which a kind brings it."""
    return {name: way for way in reversed(KINDS[exercise.kind].ways(exercise)) for name in way.brings}


def returned(exercise: Exercise, suspect: Suspect, draw: Draw, name: str) -> Any:
    """What a suspect returns for a draw, by the value's name; None where it returns nothing of that name."""
    return outcome(exercise, suspect, first_ways(exercise)[name], draw).values.get(name)


def outcome(exercise: Exercise, suspect: Suspect, way: Way, draw: Draw) -> Answer:
    """What a suspect makes of a draw: called as it is, since it is ours and there are hundreds of them."""
    pair = exercise.kind in PAIRS
    forward = pair and "out" in way.brings
    if suspect.stands_for not in way.needs:
        return Answer(draw, {name: draw.expected[name] for name in way.brings})
    given = _copied([draw.dout, draw.cache] if pair and not forward else list(draw.inputs.values()))
    try:
        with np.errstate(all="ignore"):
            if exercise.kind in DRIVEN:
                question = _copied(way.question(draw))
                made = KINDS[exercise.kind].probe({exercise.id: suspect.function}, **question)
            elif pair and not forward and suspect.stands_for != exercise.id:
                made = _through_own_cache(exercise, suspect, draw)
            else:
                made = suspect.function(*given)
    except Exception as error:
        return Answer(draw, failure=Failure("raised", f"{way.needs[-1]} raised {type(error).__name__}: {error}"))
    if exercise.kind in DRIVEN:
        return KINDS[exercise.kind].read(exercise, way, draw, made)
    kept = [] if pair and not forward else [given[place] for place in what_is_kept(exercise, draw).get("keeps", ())]
    if forward:
        alone = not isinstance(made, tuple) or len(made) < 2
        made = {"out": made if alone else made[0], "alone": alone, "kept": kept}
        return KINDS[exercise.kind].read(exercise, way, draw, made)
    if pair:
        return KINDS[exercise.kind].read(exercise, way, draw, {"gradients": made})
    if exercise.kind == "stages" and isinstance(made, dict):  # what follows from what is not asked of suspects
        return Answer(draw, {name: made[name] for name in way.brings if name in made})
    return KINDS[exercise.kind].read(exercise, way, draw, {"returned": made, "kept": kept})


def _through_own_cache(exercise: Exercise, suspect: Suspect, draw: Draw) -> Any:
    """What the right backward makes of what a wrong forward keeps."""
    returned = suspect.function(*_copied(list(draw.inputs.values())))
    _, cache, *_ = returned if isinstance(returned, tuple) and len(returned) > 1 else (returned, None)
    return getattr(exercise.reference, exercise.id)(draw.dout.copy(), cache)


def _copied(value: Any) -> Any:
    """A copy that may be written into; quicker than `deepcopy` of the same."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_copied, value))
    return value


def _message(failure: Failure) -> str:
    return failure.text.rpartition(", at line ")[0] or failure.text


def _kind(failure: Failure) -> str:
    """What was raised, without its words."""
    return _message(failure).partition(": ")[0]


def same_values(a: Any, b: Any) -> bool:
    """Whether two answers are the same array up to rounding, with what is not a number in the same places.

    The lesser of the two precisions counts.
    """
    try:
        a, b = np.asarray(a), np.asarray(b)
    except ValueError:
        return False
    if a.shape != b.shape or a.dtype.kind not in "biuf" or b.dtype.kind not in "biuf":
        return False
    tolerance = SAME_IN_FLOAT32 if np.float32 in (a.dtype, b.dtype) else SAME
    a, b = a.astype(float), b.astype(float)
    with np.errstate(all="ignore"):
        scale = np.abs(b).max(initial=0.0)
        if np.isfinite(scale):
            return bool(np.abs(a - b).max(initial=0.0) <= tolerance * scale)
        finite = np.isfinite(a)
        if not np.array_equal(np.where(finite, 0, a), np.where(np.isfinite(b), 0, b), equal_nan=True):
            return False
        return bool((np.abs(a - b)[finite] <= tolerance * np.abs(b[finite]).max(initial=0.0)).all())
