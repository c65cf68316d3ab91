"""A class: submissions in, verdicts, gradebook and a report line each out.

Two stages. Judging runs in parallel and keeps each verdict under a hash of everything that
decides it, so a second run is quick and two equal submissions are judged once. Then one writer,
nbgrader's own `autograde`, finds the verdicts there and fills the gradebook.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import backprop
from autograder import judge, submission
from autograder.box import Limits, Sandbox
from autograder.lesson import Lesson
from autograder.submission import Step
from autograder.verdict import Verdict

__all__ = ["Mark", "Verdicts", "grade", "feedback", "submitted"]

OUR_FAULT = "our fault: nbgrader could not process this submission"
HERE = Path(__file__).parent
ROOT = HERE.parent


@dataclass(frozen=True)
class Mark:
    """A report line: what a student has (None: no mark yet), how much of it the judge gave, how much
    waits for a person, and why something is missing."""

    student: str
    points: float | None
    max_points: float
    judged: float
    waiting: float
    note: str


class Verdicts:
    """The verdicts of a classroom, each under a hash of what decided it."""

    def __init__(self, classroom: Path, isolation: str = "safe", jobs: int = 1, limits: Limits = Limits()):
        self.classroom, self.isolation, self.jobs, self.limits = classroom, isolation, jobs, limits
        self._walls: dict[str, Sandbox] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Verdicts:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def of(self, lesson: Lesson, steps: Sequence[Step]) -> dict[str, Verdict]:
        """Verdicts by exercise, from the store or from the judge."""
        if kept := self.kept(lesson, steps):
            return kept
        found = judge.mark_cells(steps, lesson.exercises, self.secret, self.walls(lesson))
        _write(self._file(lesson, steps), json.dumps([each.to_json() for each in found], indent=1, ensure_ascii=False))
        return {each.exercise: each for each in found}

    def kept(self, lesson: Lesson, steps: Sequence[Step]) -> dict[str, Verdict]:
        """Verdicts by exercise, from the store; {} where this was not judged yet."""
        file = self._file(lesson, steps)
        kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
        return {each["exercise"]: Verdict(**each) for each in kept}

    def _file(self, lesson: Lesson, steps: Sequence[Step]) -> Path:
        return self.classroom / "verdicts" / lesson.name / f"{self._key(lesson, steps)}.json"

    def walls(self, lesson: Lesson) -> Sandbox:
        """Where the lesson's submissions run; raises NoSandbox where that would not be safe enough."""
        with self._lock:
            if lesson.name not in self._walls:
                self._walls[lesson.name] = judge.sandbox(lesson.exercises, self.isolation, self.jobs, self.limits)
            return self._walls[lesson.name]

    def close(self) -> None:
        for sandbox in self._walls.values():
            sandbox.close()
        self._walls = {}

    @property
    def secret(self) -> bytes:
        """What makes the draws unknown to students; made once for each classroom."""
        path = self.classroom / "secret"
        if not path.exists():
            private(self.classroom)
            try:
                with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                    file.write(secrets.token_hex(32))
            except FileExistsError:  # another thread or process was first
                pass
        return bytes.fromhex(path.read_text())

    def _key(self, lesson: Lesson, steps: Sequence[Step]) -> str:
        parts = [[asdict(step) for step in steps], asdict(self.limits), _versions(lesson), self.secret.hex()]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def grade(
    lesson: Lesson, classroom: Path, jobs: int = 1, isolation: str = "safe", progress: Callable = lambda student: None
) -> list[Mark]:
    """Judge all submissions of `lesson`, fill the gradebook, and return a line for each student.

    Raises NoSandbox where student code could not be walled in as `isolation` asks.
    """
    files = dict(submitted(lesson, classroom))
    released = submission.released(lesson)

    def one(student: str) -> str:
        try:
            notebook = submission.harden(submission.read(files[student], released), released)
            steps = submission.steps(notebook, released)
            return _reasons(lesson, _once_more(lambda: verdicts.of(lesson, steps)))
        except submission.Unreadable as reason:
            return f"could not be read: {reason}"
        except Exception as error:
            return f"our fault: {type(error).__name__}: {error}"

    with Verdicts(classroom, isolation, jobs) as verdicts, ThreadPoolExecutor(jobs) as pool:
        verdicts.secret, verdicts.walls(lesson)  # made before the threads would race for them
        notes = {}
        for student, note in zip(files, pool.map(one, files), strict=True):
            notes[student] = note
            progress(student)
    api = _nbgrader(classroom, isolation)
    _release(api, lesson)
    failed = {student for student in files if not api.autograde(lesson.name, student, force=True)["success"]}
    return [_mark(api, lesson, student, notes[student], student in failed) for student in files]


def feedback(lesson: Lesson, classroom: Path) -> tuple[list[Path], dict[str, str]]:
    """Write the feedback pages of everybody who was graded; return them, and by student what went wrong."""
    api, failed = _nbgrader(classroom), {}
    for student in sorted(api.get_autograded_students(lesson.name)):
        result = api.generate_feedback(lesson.name, student, force=True)
        if not result["success"]:
            failed[student] = (result.get("log") or result["error"]).strip().splitlines()[-1]
    return sorted((classroom / "feedback").glob(f"*/{lesson.name}/*.html")), failed


def submitted(lesson: Lesson, classroom: Path) -> Iterator[tuple[str, Path]]:
    """The students who handed in `lesson`, with their notebooks."""
    for path in sorted((classroom / "submitted").glob(f"*/{lesson.name}/{lesson.name}.ipynb")):
        yield path.parent.parent.name, path


def misplaced(lesson: Lesson, classroom: Path) -> Iterator[tuple[str, str]]:
    """The students who handed in something for `lesson`, but no notebook of its name; and what it is."""
    for folder in sorted((classroom / "submitted").glob(f"*/{lesson.name}")):
        if not (folder / f"{lesson.name}.ipynb").exists():
            found = ", ".join(sorted(path.name for path in folder.iterdir())) if folder.is_dir() else "a file"
            yield folder.parent.name, found or "nothing"


def private(folder: Path) -> Path:
    """The folder, readable by its owner alone."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def _nbgrader(classroom: Path, isolation: str = "safe"):
    """nbgrader's own API on a classroom, with the course's configuration, from the course's root."""
    from nbgrader.apps import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.utils import setenv
    from sqlalchemy.exc import SAWarning
    from traitlets.config import PyFileConfigLoader

    # nbgrader looks at a submission before its session knows of it, and SQLAlchemy says so each time.
    warnings.filterwarnings("ignore", "Object of type <Submitted", SAWarning)
    private(classroom)
    here = str(Path(sys.executable).parent)  # nbgrader calls `alembic` by name
    os.environ["PATH"] = os.pathsep.join([here, os.environ.get("PATH", "")])
    with setenv(BACKPROP_CLASSROOM=str(classroom)):
        config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    config.CourseDirectory.root = str(ROOT)
    config.TrustedExecute.isolation = isolation
    config.NbGraderAPI.log_level = "ERROR"
    return NbGraderAPI(CourseDirectory(config=config), config=config)


def _release(api, lesson: Lesson) -> None:
    """Make the lesson known to the gradebook, unless it is; `course/` is left as it stands."""
    from nbgrader.utils import temp_attrs

    with api.gradebook as gradebook:
        if any(each.name == lesson.name and each.notebooks for each in gradebook.assignments):
            return
    with tempfile.TemporaryDirectory() as folder, temp_attrs(api.coursedir, release_directory=folder):
        result = api.generate_assignment(lesson.name, force=True, create=True)
    if not result["success"]:
        raise RuntimeError(f"nbgrader could not release {lesson.name}:\n{result.get('log') or result['error']}")


def _once_more(judging: Callable) -> dict[str, Verdict]:
    """What our own fault spoiled is tried again; only then is it reported, and costs nobody a point."""
    try:
        return judging()
    except Exception:
        return judging()


def _reasons(lesson: Lesson, verdicts: dict[str, Verdict]) -> str:
    """Which values that count do not hold, and how that came out, in one line."""
    counting = {exercise.id for exercise in lesson.exercises if exercise.counts}
    lost = [v for v in verdicts.values() if v.points < v.max_points and v.exercise in counting]
    return "; ".join(
        f"{v.exercise}: not written" if v.empty else f"{v.exercise} {', '.join(v.wrong)}: {v.status}" for v in lost
    )


def _mark(api, lesson: Lesson, student: str, note: str, failed: bool) -> Mark:
    if failed:
        return Mark(student, None, 0.0, 0.0, 0.0, f"no mark yet; {note if 'our fault' in note else OUR_FAULT}")
    with api.gradebook as gradebook:
        handed_in = gradebook.find_submission(lesson.name, student)
        grades = [grade for notebook in handed_in.notebooks for grade in notebook.grades]
        waiting = sum(grade.max_score for grade in grades if grade.needs_manual_grade)
        judged = sum(grade.auto_score or 0.0 for grade in grades)
        return Mark(student, handed_in.score, handed_in.max_score, judged, waiting, note)


def _versions(lesson: Lesson) -> str:
    """A hash of all code of ours that can change a verdict."""
    import numpy

    ours = [
        *HERE.glob("*.py"),
        *(HERE / "box").glob("*.py"),
        *(HERE / "diagnose").glob("*.py"),
        *Path(backprop.__file__).parent.rglob("*.py"),
    ]
    digest = hashlib.sha256(f"{sys.version} {numpy.__version__}".encode())
    for path in sorted([*ours, *lesson.folder.glob("*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
