"""A class: submissions in, verdicts, gradebook and a report line each out.

Judging runs in parallel and keeps each verdict under a hash of everything that decides it, so a
second run is quick and two equal submissions are judged once. One writer fills nbgrader's gradebook
as the verdicts come (`gradebook.py`); `nbgrader autograde` writes the same.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import secrets
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import backprop
from autograder import judge, submission
from autograder.box import Limits, Sandbox, Shown
from autograder.exercise import Exercise
from autograder.lesson import Lesson
from autograder.submission import Step
from autograder.verdict import Verdict

__all__ = ["Mark", "Verdicts", "grade", "gradebook_of", "feedback", "submitted"]

OURS = "our fault"
OUR_FAULT = f"{OURS}: nbgrader could not process this submission"
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
        self._walls: dict[str | None, Sandbox] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Verdicts:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def of(self, lesson: Lesson, steps: Sequence[Step], student: str) -> dict[str, Verdict]:
        """Verdicts by exercise, from the store or from the judge. Equal submissions share them, but for what is
        drawn for each student: that is kept under the student's id too."""
        found, files = self.kept(lesson, steps, student), self._files(lesson, steps, student)
        wanting = [(file, exercises) for file, exercises in files if exercises and not file.exists()]
        asked = [exercise for _, exercises in wanting for exercise in exercises]
        made = self.judge(lesson, steps, asked, student) if asked else []
        for file, exercises in wanting:
            names = {exercise.id for exercise in exercises}
            part = [each.to_json() for each in made if each.exercise in names]
            _write(file, json.dumps(part, indent=1, ensure_ascii=False))
        return found | {each.exercise: each for each in made}

    def kept(self, lesson: Lesson, steps: Sequence[Step], student: str) -> dict[str, Verdict]:
        """Verdicts by exercise, from the store; those that were not judged yet are not among them."""
        files = [file for file, _ in self._files(lesson, steps, student) if file.exists()]
        kept = [each for file in files for each in json.loads(file.read_text(encoding="utf-8"))]
        return {each["exercise"]: Verdict(**each) for each in kept}

    def _files(self, lesson: Lesson, steps: Sequence[Step], student: str) -> Iterator[tuple[Path, list[Exercise]]]:
        """Where verdicts are kept: on what is the same for all, and on what is drawn for each student."""
        for key, personal in (("", False), (student, True)):
            exercises = [exercise for exercise in lesson.exercises if bool(exercise.personal) == personal]
            yield self.classroom / "verdicts" / lesson.name / f"{self._key(lesson, steps, key)}.json", exercises

    def prepare(self, lesson: Lesson) -> None:
        """Make what threads would race for; raises NoSandbox where `walls` does."""
        self.secret, self.walls(lesson)

    def judge(
        self, lesson: Lesson, steps: Sequence[Step], exercises: Sequence[Exercise], student: str
    ) -> list[Verdict]:
        """Mark a submission, without the store."""
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

    def _key(self, lesson: Lesson, steps: Sequence[Step], student: str) -> str:
        """A hash of all that decides; `student` is empty for what is the same for everybody."""
        parts = [[asdict(step) for step in steps], asdict(self.limits), _versions(lesson), self.secret.hex(), student]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def grade(
    lesson: Lesson,
    classroom: Path,
    jobs: int = 1,
    isolation: str = "safe",
    outputs: bool = False,
    progress: Callable = lambda student: None,
    scheduler: str | None = None,
) -> list[Mark]:
    """Judge all submissions of `lesson`, fill the gradebook, and return a line for each student. With `outputs`,
    notebooks are also run to be shown: what they print and draw stands on the pages, and decides nothing. With the
    address of a `scheduler`, a cluster judges (`scale.py`).

    Raises NoSandbox where student code could not be walled in as `isolation` asks, ConnectionError without a cluster.
    """
    from autograder.gradebook import Writer, one_at_a_time

    files, released = dict(submitted(lesson, classroom)), submission.released(lesson)
    api, notes = _nbgrader(classroom, isolation), {}
    with _judges(classroom, isolation, jobs, scheduler) as verdicts, ThreadPoolExecutor(verdicts.jobs) as pool:
        verdicts.prepare(lesson)
        with one_at_a_time(api.coursedir.db_url):
            _release(api, lesson)

        def one(student: str) -> tuple[str, Any]:
            return _judged(lesson, verdicts, student, files[student], released, outputs)

        with Writer(api.coursedir, lesson, parent=api) as writer:
            for student, (note, notebook) in _as_they_come(pool, one, files, ahead=2 * verdicts.jobs):
                notes[student] = note
                if notebook:
                    writer.add(student, notebook)
                progress(student)
    failed = writer.failed | {student for student, note in notes.items() if note.startswith(OURS)}
    with api.gradebook as gradebook:
        return [_mark(gradebook, lesson, student, notes[student], student in failed) for student in files]


def _judges(classroom: Path, isolation: str, jobs: int, scheduler: str | None) -> Verdicts:
    if not scheduler:
        return Verdicts(classroom, isolation, jobs)
    try:
        from autograder.scale import VerdictsFromAfar
    except ModuleNotFoundError as error:
        raise ConnectionError(f"{error.name} is missing: pip install 'backprop-course[scale]'") from None
    return VerdictsFromAfar(classroom, isolation, scheduler)


def _as_they_come(
    pool: ThreadPoolExecutor, function: Callable, names: Iterable[str], ahead: int
) -> Iterator[tuple[str, Any]]:
    """Each name with what `function` makes of it, as soon as that is done; at most so many are begun and not taken."""
    names, running = iter(names), {}
    while True:
        running |= {pool.submit(function, name): name for name in itertools.islice(names, ahead - len(running))}
        if not running:
            return
        for done in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(done), done.result()


def _judged(
    lesson: Lesson, verdicts: Verdicts, student: str, file: Path, released: dict, outputs: bool
) -> tuple[str, Any]:
    """What there is to say of a submission in one line, and its notebook with the outputs of its test cells; no
    notebook, where we failed."""
    from autograder.gradebook import is_test, marked

    shown = []
    try:
        note, notebook = "", submission.harden(submission.read(file, released), released)
    except submission.Unreadable as reason:
        note, notebook = f"could not be read: {reason}", submission.unreadable(str(reason), released)
    try:
        found = _once_more(lambda: verdicts.of(lesson, submission.steps(notebook, released), student))
        if outputs:
            runs = [None if is_test(c) or c["cell_type"] != "code" else c["source"] for c in notebook["cells"]]
            shown = verdicts.show(lesson, runs, student)
    except Exception as error:
        return f"{OURS}: {type(error).__name__}: {error}", None
    return note or _reasons(lesson, found), marked(notebook, found, shown)


def feedback(lesson: Lesson, classroom: Path) -> tuple[list[Path], dict[str, str]]:
    """Write the feedback pages of everybody who was graded; return them, and by student what went wrong."""
    api, failed = _nbgrader(classroom), {}
    for student in sorted(api.get_autograded_students(lesson.name)):
        result = api.generate_feedback(lesson.name, student, force=True)
        if not result["success"]:
            failed[student] = (result.get("log") or result["error"]).strip().splitlines()[-1]
    return sorted((classroom / "feedback").glob(f"*/{lesson.name}/*.html")), failed


def gradebook_of(classroom: Path) -> str:
    """Where nbgrader keeps the classroom's marks: a file, or an address without its password."""
    from sqlalchemy import make_url

    url = make_url(_nbgrader(classroom).coursedir.db_url)
    return url.database if url.drivername == "sqlite" else url.render_as_string(hide_password=True)


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


def _mark(gradebook, lesson: Lesson, student: str, note: str, failed: bool) -> Mark:
    if failed:
        return Mark(student, None, 0.0, 0.0, 0.0, f"no mark yet; {note if note.startswith(OURS) else OUR_FAULT}")
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
