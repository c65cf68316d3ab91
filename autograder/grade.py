"""A class: submissions in, verdicts, gradebook and a report line each out.

Judging runs in parallel, and `verdicts.py` keeps what was decided. A process of its own fills nbgrader's gradebook as
the verdicts come (`gradebook/`); `nbgrader autograde` writes the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from autograder import submission
from autograder.box import Shown
from autograder.gradebook.books import Books, CannotWrite, Judged, Mark, configuration, gradebook
from autograder.lesson import Lesson
from autograder.verdict import OURS, Verdict
from autograder.verdicts import Verdicts

__all__ = ["CannotWrite", "Change", "Mark", "changes", "feedback", "grade", "gradebook_of", "misplaced", "submitted"]


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

    Raises NoSandbox where student code could not be walled in as `isolation` asks, ConnectionError without a cluster,
    CannotWrite where there can be no gradebook.
    """
    files, notes = dict(submitted(lesson, classroom)), {}
    with Books(lesson, classroom, isolation) as books, _judges(classroom, isolation, jobs, scheduler) as verdicts:
        verdicts.prepare(lesson)  # where there are no walls, nothing is touched
        books.open()
        for student, (note, judged) in _all_judged(lesson, verdicts, files, outputs):
            notes[student] = note
            if judged:
                books.add(judged)
            progress(student)
        return books.close({student: notes[student] for student in files})


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
    files, writing = dict(submitted(lesson, classroom)), gradebook()
    before, found = writing.judged_before(lesson, classroom), []
    with _judges(classroom, isolation, jobs, scheduler) as verdicts:
        verdicts.prepare(lesson)
        for student, (note, judged) in _all_judged(lesson, verdicts, files):
            after = writing.judged_points(writing.marked(judged.notebook, judged.verdicts)) if judged else None
            found.append(Change(student, before.get(student), after, note))
            progress(student)
    return sorted(found, key=lambda change: change.student)


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
) -> Iterator[tuple[str, tuple[str, Judged | None]]]:
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
) -> tuple[str, Judged | None]:
    """What there is to say of a submission in one line, and what is to be written of it; nothing, where we failed."""
    shown: list[Shown | None] = []
    try:
        note, notebook = "", submission.harden(submission.read(file, released), released)
    except submission.Unreadable as reason:
        note, notebook = f"could not be read: {reason}", submission.unreadable(str(reason), released)
    try:
        found = _once_more(lambda: verdicts.of(lesson, submission.steps(notebook, released), student))
        if outputs:
            shown = verdicts.show(lesson, submission.to_be_shown(notebook), student)
    except Exception as error:
        return f"{OURS}: {type(error).__name__}: {error}", None
    return note or _reasons(lesson, found), Judged(student, notebook, found, shown)


def feedback(lesson: Lesson, classroom: Path) -> tuple[list[Path], dict[str, str]]:
    """Write the feedback pages of everybody who was graded; return them, and by student what went wrong."""
    api, failed = gradebook().opened(classroom), {}
    for student in sorted(api.get_autograded_students(lesson.name)):
        result = api.generate_feedback(lesson.name, student, force=True)
        if not result["success"]:
            failed[student] = (result.get("log") or result["error"]).strip().splitlines()[-1]
    return sorted((classroom / "feedback").glob(f"*/{lesson.name}/*.html")), failed


def gradebook_of(classroom: Path) -> str:
    """Where nbgrader keeps the classroom's marks: a file, or an address without its password."""
    url = urlsplit(configuration(classroom).CourseDirectory.db_url)
    if url.scheme == "sqlite":
        return url.path.removeprefix("/")
    who, at, where = url.netloc.rpartition("@")
    name, secret, _ = who.partition(":")
    return urlunsplit(url._replace(netloc=f"{name}{':***' if secret else ''}{at}{where}"))


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
