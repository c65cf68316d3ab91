"""The verdicts of a classroom: each is kept under a hash of all that decides it, and nothing is judged twice.

    classroom/verdicts/LESSON/HASH.json   of one text of a submission: by exercise what decided, and the verdict
    classroom/audit.jsonl                 a line for everything that was judged or written; none is ever changed

A verdict holds as long as what decided it is the same: the code, the exercise's file, what the box lets a lesson
use, the limits, the secret, and our own code. So a second run is quick and equal to the last bit; what a changed
exercise touches is judged again, and nothing else; and whoever is killed goes on where they were.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import backprop
from autograder import judge
from autograder.box import Limits, Sandbox, Shown
from autograder.exercise import Exercise
from autograder.lesson import Lesson
from autograder.progress import write
from autograder.submission import Step
from autograder.verdict import Verdict

__all__ = ["Verdicts", "alone", "log", "private", "version"]

HERE = Path(__file__).parent


class Verdicts:
    """The verdicts of a classroom, from the store or from the judge."""

    def __init__(self, classroom: Path, isolation: str = "safe", jobs: int = 1, limits: Limits = Limits()):
        self.classroom, self.isolation, self.jobs, self.limits = classroom, isolation, jobs, limits
        self._walls: dict[str | None, Sandbox] = {}
        self._lock = threading.Lock()
        self._decided_by: dict[tuple[str, str], str] = {}

    def __enter__(self) -> Verdicts:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def of(self, lesson: Lesson, steps: Sequence[Step], student: str) -> dict[str, Verdict]:
        """Verdicts by exercise, from the store or from the judge. Equal submissions share them, but for what is
        drawn for each student: that is kept under the student's id too."""
        found, asked = self.kept(lesson, steps, student), {step.exercise for step in steps}
        wanting = [exercise for exercise in lesson.exercises if exercise.id in asked - found.keys()]
        if wanting:
            made = self.judge(lesson, steps, wanting, student)
            self.keep(lesson, steps, student, made)
            found |= {each.exercise: each for each in made}
        points = {name: [each.points, each.max_points] for name, each in found.items()}
        anew = [exercise.id for exercise in wanting]
        log(self.classroom, "judged", lesson, student=student, code=_code(steps), points=points, anew=anew)
        return found

    def kept(self, lesson: Lesson, steps: Sequence[Step], student: str) -> dict[str, Verdict]:
        """Verdicts by exercise, from the store; those that were not judged yet, or not as things are now, are not
        among them."""
        found = {}
        for file, exercises in self._files(lesson, steps, student):
            entries = _read(file)
            for exercise in exercises:
                kept = entries.get(exercise.id, {})
                if kept.get("decided by") == self._decides(lesson, exercise):
                    found[exercise.id] = Verdict(**kept["verdict"])
        return found

    def keep(self, lesson: Lesson, steps: Sequence[Step], student: str, verdicts: Sequence[Verdict]) -> None:
        """Put verdicts into the store."""
        by_name = {verdict.exercise: verdict for verdict in verdicts}
        for file, exercises in self._files(lesson, steps, student):
            made = {
                each.id: {"decided by": self._decides(lesson, each), "verdict": by_name[each.id].to_json()}
                for each in exercises
                if each.id in by_name
            }
            if made:
                write(file, json.dumps(_read(file) | made, indent=1, ensure_ascii=False))

    def _files(self, lesson: Lesson, steps: Sequence[Step], student: str) -> Iterator[tuple[Path, list[Exercise]]]:
        """Where verdicts are kept: on what is the same for all, and on what is drawn for each student."""
        for whose, personal in (("", False), (student, True)):
            exercises = [exercise for exercise in lesson.exercises if bool(exercise.personal) == personal]
            if exercises:
                yield self.classroom / "verdicts" / lesson.name / f"{_code(steps, whose)}.json", exercises

    def _decides(self, lesson: Lesson, exercise: Exercise) -> str:
        """A hash of all that decides, but for the code that was handed in; worked out once for a class."""
        key = lesson.name, exercise.id
        if key not in self._decided_by:
            uses = sorted({name for each in lesson.exercises for name in each.uses})
            file, secret = exercise.path.read_text(encoding="utf-8"), hashlib.sha256(self.secret).hexdigest()
            self._decided_by[key] = _hash([file, uses, asdict(self.limits), secret, _ours()])
        return self._decided_by[key]

    def prepare(self, lesson: Lesson) -> None:
        """Make what threads would race for; raises NoSandbox where `walls` does."""
        self.secret, self.walls(lesson)

    def judge(
        self, lesson: Lesson, steps: Sequence[Step], exercises: Sequence[Exercise], student: str
    ) -> list[Verdict]:
        """Mark a submission, past the store."""
        return judge.mark_cells(steps, exercises, self.secret, self.walls(lesson), student)

    def show(self, lesson: Lesson, cells: Sequence[str | None], student: str) -> list[Shown | None]:
        """Run a notebook's cells to be shown."""
        return judge.outputs(cells, self.walls(None))

    def walls(self, lesson: Lesson | None) -> Sandbox:
        """Where the lesson's submissions are judged, or where any are run to be shown (None), beside the whole
        library; raises NoSandbox where that would not be safe enough."""
        name, exercises = (lesson.name, lesson.exercises) if lesson else (None, None)
        with self._lock:
            if name not in self._walls:
                self._walls[name] = judge.sandbox(exercises, self.isolation, self.jobs, self.limits)
            return self._walls[name]

    def close(self) -> None:
        for sandbox in self._walls.values():
            sandbox.close()
        self._walls = {}

    @cached_property
    def secret(self) -> bytes:
        """What makes the draws unknown to students; made once for each classroom."""
        path = private(self.classroom) / "secret"
        if not path.exists():
            draft = path.with_name(f"secret.{secrets.token_hex(4)}")
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(32))
            with contextlib.suppress(FileExistsError):  # another process was first, and its secret stands
                os.link(draft, path)
            draft.unlink()
        return bytes.fromhex(path.read_text())


def log(classroom: Path, event: str, lesson: Lesson, **details: Any) -> None:
    """Append a line to the audit log."""
    line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "event": event, "lesson": lesson.name} | details
    file = os.open(private(classroom) / "audit.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, (json.dumps(line, ensure_ascii=False) + "\n").encode("utf-8", "replace"))
    finally:
        os.close(file)


@contextlib.contextmanager
def alone(classroom: Path) -> Iterator[None]:
    """Whoever else asks for this waits: two graders must not make the gradebook at once."""
    import fcntl

    with open(private(classroom) / "lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # until the file is closed, or its process is gone
        yield


def private(folder: Path) -> Path:
    """The folder, readable by its owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def version(lesson: Lesson) -> str:
    """A hash of all that decides a lesson's marks on a machine, whoever's they are."""
    return _hash([_ours(), *(exercise.path.read_text(encoding="utf-8") for exercise in lesson.exercises)])


def _code(steps: Sequence[Step], whose: str = "") -> str:
    """A name for what was handed in, and for whom it is judged, if that matters."""
    return _hash([*map(vars, steps), whose])


def _read(file: Path) -> dict[str, Any]:
    """What a file of the store says; nothing, where it was never written or was spoiled."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return kept if isinstance(kept, dict) else {}
    except (OSError, ValueError):
        return {}


def _hash(parts: list) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@cache
def _ours() -> str:
    """A hash of all code of ours that can change a verdict, and of the versions that it runs on."""
    import numpy

    digest = hashlib.sha256(f"{sys.version} {numpy.__version__}".encode())
    library = Path(backprop.__file__).parent
    ours = [path for folder in (".", "box", "diagnose", "kinds", "strangers") for path in (HERE / folder).glob("*.py")]
    for path in sorted([*ours, *library.rglob("*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()
