"""The judge: sends cases in, gets values back, decides.

Everything here runs where the truth lives. `mark` and `mark_source` mark functions or a text
without a notebook; `mark_cells` marks a submission; `examine` is what all of them, and `check`
in a notebook, have in common.

Marks are decided on draws that nobody outside knows. What is *said* comes from a second,
public draw of the same cases, so no hidden number can reach a student, not even through the
text of an exception that their own code raises.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autograder import rules
from autograder.box import Box, Forked, Limits, world
from autograder.box.values import Failure
from autograder.diagnose import diagnose
from autograder.exercise import Case, Exercise
from autograder.kinds import KINDS, Venue, Way
from autograder.lesson import find_exercise
from autograder.rules import Answer, Draw, Rule
from autograder.submission import Step
from autograder.verdict import Verdict

__all__ = [
    "draws",
    "examine",
    "fresh_seed",
    "judge",
    "mark",
    "mark_cells",
    "mark_source",
    "public_seed",
    "secret_seed",
    "verdict",
]

COURSE = "backprop"
Seed = Callable[[Exercise, Case], int]


# ----- seeds: identical code, identical mark -----


def secret_seed(secret: bytes) -> Seed:
    """Seeds that nobody can know without the secret, and that are the same at every regrade."""

    def seed(exercise: Exercise, case: Case) -> int:
        text = "\n".join([COURSE, exercise.lesson, exercise.id, case.name])
        return int.from_bytes(hmac.new(secret, text.encode(), hashlib.sha256).digest()[:16], "big")

    return seed


public_seed = secret_seed(b"public")


def fresh_seed(exercise: Exercise, case: Case) -> int:
    return secrets.randbits(64)


# ----- one exercise -----


@dataclass(frozen=True)
class Examined:
    """Answers by value's name, and the first complaint about each value that does not hold."""

    answers: dict[str, list[Answer]]
    complaints: dict[str, str]
    rules: dict[str, Rule]

    @property
    def too_slow(self) -> bool:
        return any(failure.kind == "too slow" for failure in self.failures)

    @property
    def failures(self) -> list[Failure]:
        return [a.failure for name in self.complaints for a in self.answers[name] if a.failure]


def draws(exercise: Exercise, seed: Seed, for_marks: bool) -> list[Draw]:
    """Every case with its numbers; cases for marks only are left out of `check`."""
    kind = KINDS[exercise.kind]
    cases = [case for case in exercise.cases if for_marks or not case.for_marks_only]
    return [kind.draw(exercise, case, np.random.default_rng(seed(exercise, case))) for case in cases]


def examine(exercise: Exercise, venue: Venue, drawn: Sequence[Draw]) -> Examined:
    """Try an answer in every way that its kind knows; of ways to the same values the best counts."""
    tried: dict[tuple[str, ...], Examined] = {}
    for way in KINDS[exercise.kind].ways(exercise):
        brings, best = tuple(way.brings), tried.get(tuple(way.brings))
        if best and (not best.complaints or best.too_slow):
            continue
        found = _try(exercise, venue, drawn, way)
        if not best or _worth(exercise, found) > _worth(exercise, best):
            tried[brings] = found
    parts = tried.values()
    return Examined(
        *(
            {k: v for part in parts for k, v in getattr(part, field).items()}
            for field in ("answers", "complaints", "rules")
        )
    )


def _try(exercise: Exercise, venue: Venue, drawn: Sequence[Draw], way: Way) -> Examined:
    kind = KINDS[exercise.kind]
    answers = kind.answers(exercise, venue, way, drawn)
    complaints, caught = {}, {}
    for name in way.brings:
        for answer in answers:
            complaint, rule = _first_complaint(kind.rules, name, answer)
            if complaint and name not in complaints:
                complaints[name], caught[name] = f"{complaint}{_on(answer.draw, drawn)}", rule
    return Examined({name: answers for name in way.brings}, complaints, caught)


def _first_complaint(in_order: Sequence[Rule], name: str, answer: Answer) -> tuple[str | None, Rule | None]:
    for rule in in_order:
        if complaint := rule(name, answer):
            return complaint, rule
    return None, None


def _on(draw: Draw, drawn: Sequence[Draw]) -> str:
    """Which case it was, unless it was the first, which is the ordinary one."""
    return "" if draw is drawn[0] else f" (case: {draw.case.replace('_', ' ')})"


def _worth(exercise: Exercise, found: Examined) -> float:
    return sum(exercise.points[name] for name in found.answers if name not in found.complaints)


def judge(exercise: Exercise, venue: Venue, secret: bytes) -> Verdict:
    """A verdict for marks: decided on hidden draws, explained on public ones."""
    hidden = examine(exercise, venue, draws(exercise, secret_seed(secret), for_marks=True))
    if not hidden.complaints or hidden.too_slow:  # of slowness only we speak, and once is enough
        return verdict(exercise, hidden, hidden)
    return verdict(exercise, hidden, examine(exercise, venue, draws(exercise, public_seed, for_marks=True)))


def verdict(exercise: Exercise, decides: Examined, explains: Examined) -> Verdict:
    """Put into words what was found."""
    names = {name: name not in decides.complaints for name in exercise.points}
    unexplained = "{} holds on public values, but not on those drawn for marks"
    complaints = [explains.complaints.get(name, unexplained.format(name)) for name in decides.complaints]
    failures = decides.failures
    return Verdict(
        exercise=exercise.id,
        points=_worth(exercise, decides),
        max_points=exercise.max_points,
        names=names,
        complaints=list(dict.fromkeys(complaints)),
        diagnosis=diagnose(exercise, explains.answers, explains.complaints) if decides.complaints else None,
        status="right" if not decides.complaints else failures[0].kind if failures else "wrong",
        remarks=_remarks(decides),
        help=list(exercise.help),
    )


def _remarks(found: Examined) -> list[str]:
    said = (
        rules.remark(name, answer)
        for name, answers in found.answers.items()
        if name not in found.complaints
        for answer in answers
    )
    return list(dict.fromkeys(text for text in said if text))[:1]


# ----- without a notebook -----


def mark(
    exercise: str, functions: dict[str, Callable], secret: bytes | None = None, limits: Limits = Limits()
) -> Verdict:
    """Mark functions of this process, in a forked child with a deadline.

    Any implementation in the genre's call form can be marked as it is. Hangs, exits and whatever
    the functions return are survived.

        mark("relu_backward", {"relu_backward": lambda dout, cache: dout * (cache > 0)}).points   # 2.0
    """
    return judge(find_exercise(exercise), Forked(functions, limits), secret or secrets.token_bytes(32))


def mark_source(exercise: str, source: str, secret: bytes | None = None, limits: Limits = Limits()) -> Verdict:
    """The same from source text, which runs in the box."""
    found = find_exercise(exercise)
    return mark_cells(
        [Step(source=source), Step(exercise=exercise)], [found], secret or secrets.token_bytes(32), limits
    )[0]


def mark_cells(
    steps: Iterable[Step], exercises: Sequence[Exercise], secret: bytes, limits: Limits = Limits()
) -> list[Verdict]:
    """Mark a submission: run its cells in the box, and judge each exercise where its test cell stands.

    An exercise that does not hold there is tried once more at the end of the notebook; if that is
    better it counts, with a remark.
    """
    by_name, verdicts, raised = {e.id: e for e in exercises}, {}, []
    later = dict.fromkeys(by_name, False)  # whether cells ran after the test cell
    with tempfile.TemporaryDirectory(prefix="backprop-") as folder, Box(_world(folder, exercises), limits) as box:
        for step in steps:
            if step.exercise:
                verdicts[step.exercise] = judge(by_name[step.exercise], box, secret)
                continue
            later |= dict.fromkeys(verdicts, True)
            if says := box.run(step.source, step.name):
                raised.append(f"{step.name}: {says}")
        for name, first in verdicts.items():
            if later[name] and first.points < first.max_points:
                verdicts[name] = _better(first, judge(by_name[name], box, secret))
    return [_finish(verdicts[e.id], raised, box.isolation) for e in exercises if e.id in verdicts]


def _better(first: Verdict, last: Verdict) -> Verdict:
    if last.points <= first.points:
        return first
    return _with(
        last, remarks=[*last.remarks, "this holds at the end of the notebook, not yet at its test cell; that counts"]
    )


def _finish(found: Verdict, raised: list[str], isolation: str) -> Verdict:
    """Add what a reader of the mark should know: cells that raised, and how the code was kept in."""
    shown = raised[:3] if found.points < found.max_points else []
    return _with(found, remarks=[*found.remarks, *shown], isolation=isolation)


def _with(found: Verdict, **changes) -> Verdict:
    return Verdict(**found.to_json() | changes)


def _world(folder: str, exercises: Sequence[Exercise]) -> Path:
    return world.build(Path(folder), keep={name for exercise in exercises for name in exercise.uses})
