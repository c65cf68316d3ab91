"""The examiner: puts the cases of one exercise to a student's functions, and says what does not hold.

Marks are decided on draws that nobody outside knows. What is *said* comes from a second, public draw of the same
cases, so no hidden number can reach a student, not even through the text of an exception that their own code raises.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from autograder.box.values import Failure
from autograder.diagnose import stages
from autograder.diagnose.stages import Stage
from autograder.exercise import Case, Exercise
from autograder.kinds import KINDS, Venue, Way
from autograder.rules import Answer, Draw, Rule

__all__ = [
    "Examined",
    "Seed",
    "ask_again",
    "complained",
    "draws",
    "examine",
    "explained",
    "fresh_seed",
    "known_seed",
    "more_draws",
    "public_seed",
    "secret_seed",
    "seeds",
    "worth",
]

COURSE = "backprop"
PATIENCE = 3.0  # seconds that this may take
AGAIN = 15  # times that each small case is drawn anew before a mistake gets a name
Seed = Callable[[Exercise, Case], int]


# ----- seeds: identical code, identical mark -----


def secret_seed(secret: bytes) -> Seed:
    """Seeds that nobody can know without the secret, and that are the same at every regrade."""

    def seed(exercise: Exercise, case: Case) -> int:
        text = "\n".join([COURSE, exercise.lesson, exercise.id, case.name])
        return int.from_bytes(hmac.new(secret, text.encode(), hashlib.sha256).digest()[:16], "big")

    return seed


def seeds(secret: bytes, exercises: Sequence[Exercise]) -> dict[str, int]:
    """What a judge elsewhere needs in the place of the secret: the seed of every case, by name. Layers that are
    drawn for students have cases of the same names."""
    seed = secret_seed(secret)
    return {f"{exercise.id}/{case.name}": seed(exercise, case) for exercise in exercises for case in exercise.cases}


def known_seed(seeds: Mapping[str, int]) -> Seed:
    return lambda exercise, case: seeds[f"{exercise.id}/{case.name}"]


public_seed = secret_seed(b"public")


def fresh_seed(exercise: Exercise, case: Case) -> int:
    return secrets.randbits(64)


# ----- one exercise -----


@dataclass(frozen=True)
class Examined:
    """Answers by value's name, and the first complaint about each value that does not hold. `again` holds the
    answers on more draws, where some were asked for: nothing is decided on them."""

    answers: dict[str, list[Answer]]
    complaints: dict[str, str]
    rules: dict[str, Rule]
    ways: dict[str, Way]
    again: dict[str, list[Answer]] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)

    @property
    def too_slow(self) -> bool:
        return any(failure.kind == "too slow" for failure in self.failures)

    @property
    def failures(self) -> list[Failure]:
        return [a.failure for name in self.complaints for a in self.answers[name] if a.failure]


def draws(exercise: Exercise, seed: Seed, for_marks: bool) -> list[Draw]:
    """Every case with its numbers; cases for marks only are left out of `check`."""
    cases = [case for case in exercise.cases if for_marks or not case.for_marks_only]
    return [_drawn(exercise, case, seed(exercise, case)) for case in cases]


def more_draws(exercise: Exercise, seed: Seed, times: int = AGAIN) -> list[Draw]:
    """The small cases again and again, with other numbers: a name for a mistake must hold on all of them."""
    cases = [case for case in exercise.cases if not (case.for_marks_only or case.once)]
    return [_drawn(exercise, case, seed(exercise, case) + 1 + n) for n in range(times) for case in cases]


def _drawn(exercise: Exercise, case: Case, seed: int) -> Draw:
    """A case's numbers; for a class they are drawn once, but what is one student's own is not kept."""
    return (_draw if exercise.personal is None else _draw.__wrapped__)(exercise, case, seed)


@functools.lru_cache(512)
def _draw(exercise: Exercise, case: Case, seed: int) -> Draw:
    return KINDS[exercise.kind].draw(exercise, case, np.random.default_rng(seed))


def examine(
    exercise: Exercise,
    venue: Venue,
    drawn: Sequence[Draw],
    wanted: Callable[[Way], bool] = lambda way: True,
    first: Examined | None = None,
) -> Examined:
    """Try an answer in every way that its kind knows and that is wanted; of ways to the same values the
    best counts. What came of the `first` way may be known already."""
    tried: dict[tuple[str, ...], Examined] = {}
    for way in filter(wanted, KINDS[exercise.kind].ways(exercise)):
        brings, best = tuple(way.brings), tried.get(tuple(way.brings))
        if best and (not best.complaints or best.too_slow):
            continue
        if way.unless and any(_holds(part, way.unless) for part in tried.values()):
            continue
        found, first = first or _try(exercise, venue, drawn, way), None
        if not best or worth(exercise, found) > worth(exercise, best):
            tried[brings] = found
    parts = tried.values()
    return Examined(
        *(
            {k: v for part in parts for k, v in getattr(part, each).items()}
            for each in ("answers", "complaints", "rules", "ways")
        )
    )


def ask_again(exercise: Exercise, venue: Venue, found: Examined, seed: Seed) -> Examined:
    """The same with answers on many more draws, if something is wrong, and comes out of a function that can be asked."""
    if not found.complaints or any(failure.kind != "raised" for failure in found.failures):
        return found
    found = replace(found, stages=_stages(exercise, venue, found, seed))
    if all(answer.failure for name in found.complaints for answer in found.answers[name]):
        return found
    again: dict[str, list[Answer]] = {}
    for way in {way.name: way for name, way in found.ways.items() if name in found.complaints}.values():
        again |= dict.fromkeys(way.brings, _patiently(exercise, venue, way, more_draws(exercise, seed)))
    return replace(found, again=again)


def explained(exercise: Exercise, venue: Venue, seed: Seed, wrong: Collection[str]) -> Examined:
    """What there is to say of the values that are wrong: on the cases of `check`, which are small, unless these do not
    show it."""
    for for_marks in (False, True):
        found = examine(exercise, venue, draws(exercise, seed, for_marks))
        if wrong <= found.complaints.keys():
            break
    return ask_again(exercise, venue, found, public_seed)


def _patiently(exercise: Exercise, venue: Venue, way: Way, drawn: Sequence[Draw]) -> list[Answer]:
    """Answers to all of the draws; of a slow function to the first few alone."""
    few, start = len(drawn) // AGAIN, time.monotonic()
    answers = KINDS[exercise.kind].answers(exercise, venue, way, drawn[:few])
    if AGAIN * (time.monotonic() - start) > PATIENCE:
        return answers
    return answers + KINDS[exercise.kind].answers(exercise, venue, way, drawn[few:])


def _stages(exercise: Exercise, venue: Venue, found: Examined, seed: Seed) -> list[Stage]:
    """The values on the way, where they can be known."""
    drawn = more_draws(exercise, seed, 1)[:3] if exercise.parts else []
    try:
        values = stages.of_values(exercise, found.answers)
        return values or stages.of_calls(exercise, drawn, stages.calls(exercise, venue, drawn))
    except Exception:  # what a student's values make of it is never worth a mark
        return []


def _try(exercise: Exercise, venue: Venue, drawn: Sequence[Draw], way: Way) -> Examined:
    return complained(exercise, way, drawn, KINDS[exercise.kind].answers(exercise, venue, way, drawn))


def complained(exercise: Exercise, way: Way, drawn: Sequence[Draw], answers: list[Answer]) -> Examined:
    """What there is to complain about in answers to all draws."""
    kind, complaints, caught = KINDS[exercise.kind], {}, {}
    for name in way.brings:
        for answer in answers:
            complaint, rule = _first_complaint(kind.rules, name, answer)
            if rule and name not in complaints:  # be it without a word
                complaints[name], caught[name] = f"{complaint}{_on(answer.draw, drawn)}", rule
    return Examined({name: answers for name in way.brings}, complaints, caught, dict.fromkeys(way.brings, way))


def _first_complaint(in_order: Sequence[Rule], name: str, answer: Answer) -> tuple[str | None, Rule | None]:
    for rule in in_order:
        if (complaint := rule(name, answer)) is not None:
            return complaint, rule
    return None, None


def _on(draw: Draw, drawn: Sequence[Draw]) -> str:
    """Which case it was, unless it was the first, which is the ordinary one."""
    return "" if draw.case == drawn[0].case else f" (case: {draw.in_words})"


def _holds(found: Examined, name: str) -> bool:
    return name in found.answers and name not in found.complaints


def worth(exercise: Exercise, found: Examined) -> float:
    return sum(exercise.points[name] for name in found.answers if name not in found.complaints)
