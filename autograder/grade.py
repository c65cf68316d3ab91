"""A class: submissions in, verdicts, gradebook and a report line each out.

Judging runs in parallel, and `verdicts.py` keeps what was decided. One writer fills nbgrader's gradebook as the
verdicts come (`gradebook.py`); `nbgrader autograde` writes the same.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import submission
from autograder.lesson import Lesson, folder
from autograder.verdict import Verdict
from autograder.verdicts import Verdicts, alone, private

__all__ = ["Change", "Mark", "changes", "feedback", "grade", "gradebook_of", "misplaced", "submitted"]

OURS = "our fault"
OUR_FAULT = f"{OURS}: nbgrader could not process this submission"
ROOT = Path(__file__).parent.parent


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


@dataclass(frozen=True)
class Change:
    """What the judge's points of a student were, and would be; None where there are none."""

    student: str
    before: float | None
    after: float | None
    note: str


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

    files = dict(submitted(lesson, classroom))
    api, notes = _nbgrader(classroom, isolation), {}
    with _judges(classroom, isolation, jobs, scheduler) as verdicts:
        verdicts.prepare(lesson)  # where there are no walls, nothing is touched
        with alone(classroom), one_at_a_time(api.coursedir.db_url):
            _release(api, lesson)

        def written(students: list[str]) -> None:
            verdicts.log("written", lesson, students=students)

        with Writer(api.coursedir, lesson, written, parent=api) as writer:
            for student, (note, notebook) in _all_judged(lesson, verdicts, files, outputs):
                notes[student] = note
                if notebook:
                    writer.add(student, notebook)
                progress(student)
    failed = writer.failed | {student for student, note in notes.items() if note.startswith(OURS)}
    with api.gradebook as gradebook:
        return [_mark(gradebook, lesson, student, notes[student], student in failed) for student in files]


def changes(
    lesson: Lesson,
    classroom: Path,
    jobs: int = 1,
    isolation: str = "safe",
    progress: Callable = lambda student: None,
    scheduler: str | None = None,
) -> list[Change]:
    """What `grade` would change, for each student: judged as `grade` does, and nothing is written to the gradebook.
    Raises NoSandbox as `grade` does."""
    from autograder.gradebook import judged_points

    files = dict(submitted(lesson, classroom))
    before, found = _judged_before(lesson, classroom), []
    with _judges(classroom, isolation, jobs, scheduler) as verdicts:
        verdicts.prepare(lesson)
        for student, (note, notebook) in _all_judged(lesson, verdicts, files):
            after = judged_points(notebook) if notebook else None
            found.append(Change(student, before.get(student), after, note))
            progress(student)
    return sorted(found, key=lambda change: change.student)


def _judged_before(lesson: Lesson, classroom: Path) -> dict[str, float]:
    """By student, the points of the judge that stand in the gradebook."""
    api = _nbgrader(classroom)
    _, is_file, file = api.coursedir.db_url.partition("sqlite:///")
    if is_file and not Path(file).exists():
        return {}
    with api.gradebook as gradebook:
        known = [each for each in gradebook.assignments if each.name == lesson.name]
        return {each.student.id: _by_the_judge(each) for assignment in known for each in assignment.submissions}


def _judges(classroom: Path, isolation: str, jobs: int, scheduler: str | None) -> Verdicts:
    """Who judges: this machine, or the workers of a cluster."""
    if not scheduler:
        return Verdicts(classroom, isolation, jobs)
    try:
        from autograder.scale import VerdictsFromAfar
    except ModuleNotFoundError as error:
        raise ConnectionError(f"{error.name} is missing: pip install 'backprop-course[scale]'") from None
    return VerdictsFromAfar(classroom, isolation, scheduler)


def _all_judged(
    lesson: Lesson, verdicts: Verdicts, files: dict[str, Path], outputs: bool = False
) -> Iterator[tuple[str, tuple[str, Any]]]:
    """Each student with what `_judged` says, as soon as that is done. No more are begun than will soon be needed:
    a class may be large, and whoever takes them slow."""
    released, students, running = submission.released(lesson), iter(files), {}
    with ThreadPoolExecutor(verdicts.jobs) as pool:
        while True:
            for student in itertools.islice(students, 2 * verdicts.jobs - len(running)):
                task = pool.submit(_judged, lesson, verdicts, student, files[student], released, outputs)
                running[task] = student
            if not running:
                return
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(done), done.result()


def _judged(
    lesson: Lesson, verdicts: Verdicts, student: str, file: Path, released: dict, outputs: bool
) -> tuple[str, Any]:
    """What there is to say of a submission in one line, and its notebook with the outputs of its test cells; no
    notebook, where we failed."""
    from autograder.gradebook import marked
    from autograder.nbgrader import is_test

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
    for place in sorted((classroom / "submitted").glob(f"*/{lesson.name}")):
        if not (place / f"{lesson.name}.ipynb").exists():
            found = ", ".join(sorted(path.name for path in place.iterdir())) if place.is_dir() else "a file"
            yield place.parent.name, found or "nothing"


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
    config.CourseDirectory.root = str(folder("lessons").parent)
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
    return Mark(student, handed_in.score, handed_in.max_score, _by_the_judge(handed_in), waiting, note)


def _by_the_judge(handed_in) -> float:
    return sum(grade.auto_score or 0.0 for notebook in handed_in.notebooks for grade in notebook.grades)
