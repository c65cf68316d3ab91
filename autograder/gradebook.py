"""Judged notebooks into nbgrader's gradebook, many in one transaction. One process does it: see `books.py`.

What is written is what `nbgrader autograde` writes, because nbgrader's own code writes it: students,
timestamps, lateness, penalties, points, comments, copied files and permissions. Three things differ. The
notebook comes from the judge, hardened and with its outputs, so it is not converted twice; one session stays
open, so that a class costs one commit for each batch and not some thirty for each student; and a student's
grades and comments are looked up together, not one by one.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import nbformat
from alembic.script import ScriptDirectory
from nbgrader import api as models
from nbgrader.api import Comment, Grade, Gradebook, SubmittedNotebook
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.converters import autograde as converting
from nbgrader.coursedir import CourseDirectory
from nbgrader.dbutil import ALEMBIC_DIR
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades
from nbgrader.preprocessors import latesubmissions as penalising
from nbgrader.preprocessors import saveautogrades as saving
from nbgrader.utils import determine_grade, temp_attrs
from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import joinedload
from sqlalchemy.pool import NullPool

from autograder.books import Judged, Mark, configuration
from autograder.box import Shown
from autograder.lesson import Lesson, folder
from autograder.nbgrader import output, write_outputs
from autograder.standing import Standing, standing
from autograder.submission import is_test
from autograder.verdict import OURS, Verdict, printable
from autograder.verdicts import alone, log, private

__all__ = ["Writer", "judged_before", "judged_points", "keep", "marked", "one_at_a_time", "opened"]

OUR_FAULT = f"{OURS}: nbgrader could not process this submission"
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
        yield output("stream", name="stdout", text=text)
    for figure in shows.figures:
        yield output("display_data", data={"image/png": base64.b64encode(figure).decode()})
    if shows.result is not None:
        yield output("execute_result", data={"text/plain": printable(shows.result)}, execution_count=None)
    if shows.raised:
        yield output("stream", name="stdout", text=printable(shows.raised) + "\n")


def opened(classroom: Path, isolation: str = "safe") -> NbGraderAPI:
    """nbgrader's own API on a classroom, with the course's configuration, from the course's root."""
    # nbgrader looks at a submission before its session knows of it, and SQLAlchemy says so each time.
    warnings.filterwarnings("ignore", "Object of type <Submitted", SAWarning)
    private(classroom)
    here = str(Path(sys.executable).parent)  # nbgrader calls `alembic` by name
    os.environ["PATH"] = os.pathsep.join([here, os.environ.get("PATH", "")])
    config = configuration(classroom)
    config.CourseDirectory.root = str(folder("lessons").parent)
    config.TrustedExecute.isolation = isolation
    config.NbGraderAPI.log_level = "ERROR"
    return NbGraderAPI(CourseDirectory(config=config), config=config)


def keep(
    lesson: Lesson, classroom: Path, isolation: str, batches: Iterator[list[Judged] | dict[str, str]]
) -> list[Mark]:
    """Write batch after batch into the gradebook, and the audit log; then a line for each student, with the note that
    comes last."""
    api = opened(classroom, isolation)
    with alone(classroom), one_at_a_time(api.coursedir.db_url), mock.patch.object(models, "get_alembic_version", _head):
        _release(api, lesson)
    writer = Writer(api.coursedir, lesson, lambda names: log(classroom, "written", lesson, students=names), parent=api)
    for batch in batches:
        if isinstance(batch, dict):
            break
        writer.write({each.student: marked(each.notebook, each.verdicts, each.shown) for each in batch})
    failed = writer.failed | {student for student, note in batch.items() if note.startswith(OURS)}
    with api.gradebook as gradebook:
        stands = {who: its for who, its in standing(gradebook, lesson.name).items() if who not in failed}
    return [_mark(student, note, stands.get(student)) for student, note in batch.items()]


def judged_before(lesson: Lesson, classroom: Path) -> dict[str, float]:
    """By student, the points of the judge that stand in the gradebook."""
    api = opened(classroom)
    _, is_file, file = api.coursedir.db_url.partition("sqlite:///")
    if is_file and not Path(file).exists():
        return {}
    with api.gradebook as gradebook:
        return {student: its.judged for student, its in standing(gradebook, lesson.name).items()}


def _head() -> str:
    """The version of a new gradebook's tables, which nbgrader has a command look up, for two seconds."""
    return ScriptDirectory(ALEMBIC_DIR).get_current_head()


def _release(api: NbGraderAPI, lesson: Lesson) -> None:
    """Make the lesson known to the gradebook, unless it is; `course/` is left as it stands."""
    with api.gradebook as gradebook:
        if any(each.name == lesson.name and each.notebooks for each in gradebook.assignments):
            return
    with tempfile.TemporaryDirectory() as folder, temp_attrs(api.coursedir, release_directory=folder):
        result = api.generate_assignment(lesson.name, force=True, create=True)
    if not result["success"]:
        raise RuntimeError(f"nbgrader could not release {lesson.name}:\n{result.get('log') or result['error']}")


def _mark(student: str, note: str, stands: Standing | None) -> Mark:
    if not stands:
        note = f"no mark yet; {note if note.startswith(OURS) else OUR_FAULT}"
        return Mark(student, None, 0.0, 0.0, 0.0, 0.0, note)
    return Mark(student, stands.mark, stands.max_score, stands.judged, stands.waiting, stands.penalty, note)


class Writer:
    """Writes judged notebooks, by student; tells `written` whose marks stand in the gradebook from now on.
    `failed` names the students that nbgrader could not take."""

    def __init__(
        self, coursedir: CourseDirectory, lesson: Lesson, written: Callable[[list[str]], None], **converter: Any
    ):
        self.failed: set[str] = set()
        self._coursedir, self._written = coursedir, written
        coursedir.assignment_id = lesson.name
        self._converter = _Convert(coursedir=coursedir, force=True, **converter)

    def write(self, notebooks: dict[str, nbformat.NotebookNode]) -> None:
        """In one transaction; where that fails, each by itself, and note who failed."""
        notebooks = dict(sorted(notebooks.items()))  # they come as they are done
        if not self._write(notebooks):
            self.failed |= {name for name, notebook in notebooks.items() if not self._write({name: notebook})}

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
        (folder / f"{ours['notebook']}.ipynb").write_text(json.dumps(self._notebook), encoding="utf-8")


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


class _Session(Gradebook):
    """A gradebook that stays open, and whose changes are committed together at the end. A student's grades and
    comments are asked for one cell after the other, so they are fetched together, and held."""

    def __init__(self, *address: Any):
        super().__init__(*address)
        self._commit = self.db.commit
        self.db.commit = lambda: None  # what is asked next is asked of what was written: the session sees to that
        self._held: tuple[Any, dict[str, Any], dict[str, Any]] = None, {}, {}

    def close(self) -> None:
        """Not yet."""

    def close_at_last(self) -> None:
        super().close()

    def commit(self) -> None:
        self._commit()

    def find_grade(self, cell: str, *whose: str) -> Grade:
        return self._of(whose)[1].get(cell) or super().find_grade(cell, *whose)

    def find_comment(self, cell: str, *whose: str) -> Comment:
        return self._of(whose)[2].get(cell) or super().find_comment(cell, *whose)

    def _of(self, whose: tuple[str, ...]) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        if self._held[0] != whose:
            notebook = self.find_submission_notebook(*whose)
            self._held = whose, self._by_cell(Grade, notebook), self._by_cell(Comment, notebook)
        return self._held

    def _by_cell(self, kind: type, notebook: SubmittedNotebook) -> dict[str, Any]:
        rows = self.db.query(kind).options(joinedload(kind.cell)).filter(kind.notebook_id == notebook.id)
        return {row.cell.name: row for row in rows}


@contextlib.contextmanager
def _one_session(coursedir: CourseDirectory) -> Iterator[Any]:
    """Whoever in nbgrader opens the gradebook gets this one; what they commit is committed at the end."""
    gradebook = _Session(coursedir.db_url, coursedir.course_id)
    with contextlib.ExitStack() as stack:
        stack.callback(gradebook.close_at_last)
        for module in (converting, saving, penalising):
            stack.enter_context(mock.patch.object(module, "Gradebook", lambda *_, **__: gradebook))
        yield gradebook.db
        gradebook.commit()
