"""The one writer: judged notebooks into nbgrader's gradebook, many in one transaction.

What is written is what `nbgrader autograde` writes, because nbgrader's own code writes it: students,
timestamps, lateness, penalties, points, comments, copied files and permissions. Two things differ. The
notebook comes from the judge, hardened and with its outputs, so it is not converted twice; and one
session stays open, so that a class costs one commit for each batch and not some thirty for each student.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import nbformat
from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.converters import autograde as converting
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades
from nbgrader.preprocessors import latesubmissions as penalising
from nbgrader.preprocessors import saveautogrades as saving
from nbgrader.utils import determine_grade
from sqlalchemy import create_engine, func, select
from sqlalchemy.pool import NullPool

from autograder.box import Shown
from autograder.lesson import Lesson
from autograder.nbgrader import is_test, write_outputs
from autograder.verdict import Verdict, printable

__all__ = ["Writer", "judged_points", "marked", "one_at_a_time"]

BATCH = 100
LOCK = 0x6261636B  # of PostgreSQL's advisory locks, the number that is ours


def marked(
    notebook: dict[str, Any], verdicts: dict[str, Verdict], shown: Sequence[Shown | None] = ()
) -> nbformat.NotebookNode:
    """A hardened submission with the outputs of its test cells, and of the others where they were run to be shown."""
    made = nbformat.from_dict(notebook)
    for cell, shows in itertools.zip_longest(made.cells, shown):
        if is_test(cell):
            write_outputs(cell, verdicts)
        elif shows:
            cell.outputs = list(_outputs(shows))
    return made


def judged_points(notebook: nbformat.NotebookNode) -> float:
    """What the test cells of a marked notebook are worth, as nbgrader reads it."""
    return sum(determine_grade(cell)[0] or 0.0 for cell in notebook.cells if is_test(cell))


def _outputs(shows: Shown) -> Iterator[nbformat.NotebookNode]:
    """What a student's cell shows, in forms that can do nothing on anybody's page: text, and PNG."""
    if text := printable(shows.text):
        yield new_output("stream", name="stdout", text=text)
    for figure in shows.figures:
        yield new_output("display_data", data={"image/png": base64.b64encode(figure).decode()})
    if shows.result is not None:
        yield new_output("execute_result", data={"text/plain": printable(shows.result)}, execution_count=None)
    if shows.raised:
        yield new_output("stream", name="stdout", text=printable(shows.raised) + "\n")


class Writer:
    """Takes one judged notebook after the other; tells `written` whose marks stand in the gradebook from now on.
    `failed` names the students that nbgrader could not take."""

    def __init__(
        self, coursedir: CourseDirectory, lesson: Lesson, written: Callable[[list[str]], None], **converter: Any
    ):
        self.failed: set[str] = set()
        self._coursedir, self._waiting, self._written = coursedir, {}, written
        coursedir.assignment_id = lesson.name
        self._converter = _Convert(coursedir=coursedir, force=True, **converter)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            self.flush()

    def add(self, student: str, notebook: nbformat.NotebookNode) -> None:
        self._waiting[student] = notebook
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what waits, in one transaction; where that fails, each by itself, and note who failed."""
        waiting, self._waiting = dict(sorted(self._waiting.items())), {}  # they come as they are done
        if not self._write(waiting):
            self.failed |= {name for name, notebook in waiting.items() if not self._write({name: notebook})}

    def _write(self, notebooks: dict[str, nbformat.NotebookNode]) -> bool:
        with one_at_a_time(self._coursedir.db_url), _one_session(self._coursedir) as session:
            try:
                for student, notebook in notebooks.items():
                    self._coursedir.student_id = student
                    self._converter.write(notebook)
                session.flush()
            except Exception as error:
                session.rollback()
                self._converter.log.error("%s: %s", student, error)
                return False
        self._written(list(notebooks))
        return True


class _Convert(Autograde):
    """nbgrader's conversion of one submission, with a notebook that is finished already."""

    def write(self, notebook: nbformat.NotebookNode) -> None:
        self._notebook = notebook
        self.init_notebooks()
        self.convert_notebooks()

    def convert_single_notebook(self, notebook_filename: str) -> None:
        resources = self.init_single_notebook_resources(notebook_filename)
        ours = resources["nbgrader"]
        for preprocessor in (SaveAutoGrades(parent=self), AssignLatePenalties(parent=self)):
            preprocessor.preprocess(self._notebook, resources)
        folder = Path(self._format_dest(ours["assignment"], ours["student"]))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{ours['notebook']}.ipynb").write_text(nbformat.writes(self._notebook) + "\n", encoding="utf-8")


@contextlib.contextmanager
def one_at_a_time(db_url: str) -> Iterator[None]:
    """Of several graders on one PostgreSQL, only one is inside at a time: nbgrader looks before it writes, also at
    whether there are tables, and two would both see nothing. SQLite has its own lock, on its file."""
    if not db_url.startswith("postgresql"):
        yield
        return
    engine = create_engine(db_url, poolclass=NullPool)
    with engine.connect() as connection:  # the lock ends with it, however that comes about
        connection.execute(select(func.pg_advisory_lock(LOCK)))
        yield


@contextlib.contextmanager
def _one_session(coursedir: CourseDirectory) -> Iterator[Any]:
    """Whoever in nbgrader opens the gradebook gets this one; what they commit is committed at the end."""
    gradebook = Gradebook(coursedir.db_url, coursedir.course_id)
    with contextlib.ExitStack() as stack:
        stack.callback(Gradebook.close, gradebook)
        for module in (converting, saving, penalising):
            stack.enter_context(mock.patch.object(module, "Gradebook", lambda *_, **__: gradebook))
        stack.enter_context(mock.patch.object(gradebook, "close", lambda: None))
        with mock.patch.object(gradebook.db, "commit", gradebook.db.flush):
            yield gradebook.db
        gradebook.db.commit()
