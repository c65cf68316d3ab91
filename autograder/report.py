"""What a class made of a lesson: from the verdicts that are kept, without running anything.

Which mistakes were made and by how many, who is stuck where, how hard each exercise was and how well it tells those
who know from those who do not, and whose code is nearly the library's or somebody else's.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from autograder import submission
from autograder.copies import Copy, copies
from autograder.exercise import Exercise
from autograder.grade import submitted
from autograder.lesson import Lesson
from autograder.verdict import Verdict
from autograder.verdicts import Verdicts

__all__ = ["Item", "NotGraded", "Report", "Row", "Seen", "of"]

FEWEST = 5  # students below which a correlation says nothing


class NotGraded(LookupError):
    """There is nothing to report on."""


@dataclass(frozen=True)
class Row:
    """A student: the name to show, the verdicts by exercise, or why there are none."""

    student: str
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    note: str = ""

    def stuck(self, exercises: Sequence[Exercise]) -> str:
        """The first core exercise without all of its points."""
        ours = (self.verdicts.get(exercise.id) for exercise in exercises if exercise.counts)
        return next((v.exercise for v in ours if v and v.points < v.max_points), "")


@dataclass(frozen=True)
class Item:
    """An exercise in numbers. `easy` is the mean share of its points; `tells` is how that share goes with the share
    of all other points (-1 to 1), None where too few or all alike."""

    exercise: Exercise
    right: int
    wrong: int
    empty: int
    easy: float | None
    tells: float | None


@dataclass(frozen=True)
class Seen:
    """A mistake that somebody made: what it is called, what is said of it, and who made it."""

    exercise: str
    name: str
    says: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    lesson: Lesson
    rows: list[Row]
    items: list[Item]
    mistakes: list[Seen]
    copies: list[Copy]


def of(lesson: Lesson, classroom: Path, names: bool = False) -> Report:
    """The report on a class; students go by numbers unless their `names` are asked for. Raises NotGraded."""
    if not (classroom / "secret").exists():
        raise NotGraded(f"nobody's {lesson.name} was graded yet")
    rows, answers = _read(lesson, classroom, names)
    if not any(row.verdicts for row in rows):
        raise NotGraded(f"nobody's {lesson.name} was graded yet, or the course has changed since")
    exercises = lesson.exercises
    near = [copy for exercise in exercises for copy in copies(exercise, answers[exercise.id])]
    return Report(lesson, rows, [_item(e, rows, exercises) for e in exercises], _mistakes(rows), near)


def _read(lesson: Lesson, classroom: Path, names: bool) -> tuple[list[Row], dict[str, dict[str, str]]]:
    """A row for each student, and by exercise and student the text of the answer."""
    released, rows = submission.released(lesson), []
    answers: dict[str, dict[str, str]] = {exercise.id: {} for exercise in lesson.exercises}
    with Verdicts(classroom) as verdicts:
        files = dict(submitted(lesson, classroom))
        for student, called in _called(list(files), verdicts.secret, names).items():
            try:
                notebook = submission.harden(submission.read(files[student], released), released)
            except submission.Unreadable as reason:
                rows.append(Row(called, note=f"could not be read: {reason}"))
                continue
            kept = verdicts.kept(lesson, submission.steps(notebook, released), student)
            rows.append(Row(called, kept, "" if kept else "handed in since, and not graded yet"))
            for cell in notebook["cells"]:
                ours = cell["metadata"].get("backprop", {})
                if ours.get("role") == "answer" and ours["exercise"] in answers:
                    answers[ours["exercise"]][called] = cell["source"]
    return sorted(rows, key=lambda row: row.student), answers


def _called(students: Sequence[str], secret: bytes, names: bool) -> dict[str, str]:
    """What each student goes by. Numbers are in an order that nobody can know without the secret."""
    if names:
        return {student: student for student in students}
    shuffled = sorted(students, key=lambda s: hmac.new(secret, s.encode(), hashlib.sha256).digest())
    width = max(2, len(str(len(students))))
    return {student: f"student {number:0{width}}" for number, student in enumerate(shuffled, 1)}


def _item(exercise: Exercise, rows: Sequence[Row], exercises: Sequence[Exercise]) -> Item:
    judged = [row.verdicts[exercise.id] for row in rows if exercise.id in row.verdicts]
    right = sum(v.points >= v.max_points for v in judged)
    empty = sum(v.empty for v in judged)
    shares = [v.points / v.max_points for v in judged]
    easy = float(np.mean(shares)) if shares else None
    return Item(exercise, right, len(judged) - right - empty, empty, easy, _tells(exercise, rows, exercises))


def _tells(exercise: Exercise, rows: Sequence[Row], exercises: Sequence[Exercise]) -> float | None:
    """The correlation of the share of this exercise with the share of the points of all others that count."""
    others = [e.id for e in exercises if e.counts and e.id != exercise.id]
    pairs = []
    for row in rows:
        rest = [row.verdicts[name] for name in others if name in row.verdicts]
        if exercise.id in row.verdicts and rest:
            own = row.verdicts[exercise.id]
            pairs.append((own.points / own.max_points, sum(v.points for v in rest) / sum(v.max_points for v in rest)))
    if len(pairs) < FEWEST or not np.std(pairs, axis=0).all():
        return None
    return float(np.corrcoef(np.transpose(pairs))[0, 1])


def _mistakes(rows: Sequence[Row]) -> list[Seen]:
    """What was explained, the most frequent first; then what was not."""
    who: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        for verdict in row.verdicts.values():
            for name, says in _explained(verdict):
                who.setdefault((verdict.exercise, name, says), []).append(row.student)
    seen = [Seen(*key, tuple(students)) for key, students in who.items()]
    return sorted(seen, key=lambda each: (not each.name, -len(each.students), each.exercise))


def _explained(verdict: Verdict) -> list[tuple[str, str]]:
    if verdict.points >= verdict.max_points or verdict.empty:
        return []
    causes = list(zip(verdict.causes, (verdict.diagnosis or "").splitlines()))
    return list(Counter(causes)) or [("", f"no cause is known ({verdict.status})")]
