"""Judged notebooks into nbgrader's gradebook, many in one transaction. One process does it: see `books.py`.

What is written is what `nbgrader autograde` writes, because nbgrader's own code writes it: students,
timestamps, lateness, penalties, points, comments, copied files and permissions. Two things differ. The
notebook comes from the judge, hardened and with its outputs, so it is not converted twice; and a batch is one
transaction, so that it costs one commit and not some thirty for each student (`transaction.py`).
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import nbformat
from nbgrader import api as models
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.dbutil import ALEMBIC_DIR
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades, SaveCells
from nbgrader.utils import determine_grade
from sqlalchemy.exc import SAWarning

from autograder.box import Shown
from autograder.gradebook.books import Judged, Mark, configuration
from autograder.gradebook.standing import Standing, standing
from autograder.gradebook.transaction import Transactions, one_at_a_time
from autograder.lesson import Lesson, folder
from autograder.nbgrader import output, write_outputs
from autograder.submission import is_test, released
from autograder.verdict import OURS, Verdict, printable
from autograder.verdicts import alone, log, private

__all__ = ["Writer", "judged_before", "judged_points", "keep", "marked", "opened"]

OUR_FAULT = f"{OURS}: nbgrader could not process this submission"


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
        books = Transactions(api.coursedir.db_url, api.coursedir.course_id)
    with contextlib.closing(books):
        _release(api, books, lesson)
        writer = Writer(api, books, lesson, lambda names: log(classroom, "written", lesson, students=names))
        for batch in batches:
            if isinstance(batch, dict):
                break
            writer.write({each.student: marked(each.notebook, each.verdicts, each.shown) for each in batch})
        failed = writer.failed | {student for student, note in batch.items() if note.startswith(OURS)}
        stands = {who: its for who, its in standing(books, lesson.name).items() if who not in failed}
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
    """The version of a new gradebook's tables, which nbgrader has a command look up, for two seconds: of all versions,
    the one that none comes after."""
    texts = [path.read_text(encoding="utf-8") for path in Path(ALEMBIC_DIR, "versions").glob("*.py")]
    versions, before = (
        {found for text in texts for found in re.findall(rf"^{name} = '(\w+)'$", text, re.MULTILINE)}
        for name in ("revision", "down_revision")
    )
    (head,) = versions - before
    return head


def _release(api: NbGraderAPI, books: Transactions, lesson: Lesson) -> None:
    """Make the lesson known to the gradebook, unless it is: its cells, as they were given to students. That is what
    `nbgrader generate_assignment` does last; the rest of it was done when the lesson was built."""
    with books.together():
        if any(each.name == lesson.name and each.notebooks for each in books.assignments):
            return
        books.update_or_create_assignment(lesson.name)
        names = dict(assignment=lesson.name, notebook=lesson.name, db_url=api.coursedir.db_url)
        SaveCells(parent=api).preprocess(nbformat.from_dict(released(lesson)), {"nbgrader": names})


def _mark(student: str, note: str, stands: Standing | None) -> Mark:
    if not stands:
        note = f"no mark yet; {note if note.startswith(OURS) else OUR_FAULT}"
        return Mark(student, None, 0.0, 0.0, 0.0, 0.0, note)
    return Mark(student, stands.mark, stands.max_score, stands.judged, stands.waiting, stands.penalty, note)


class Writer:
    """Writes judged notebooks, by student; tells `written` whose marks stand in the gradebook from now on.
    `failed` names the students that nbgrader could not take."""

    def __init__(self, api: NbGraderAPI, books: Transactions, lesson: Lesson, written: Callable[[list[str]], None]):
        self.failed: set[str] = set()
        self._coursedir, self._books, self._lesson, self._written = api.coursedir, books, lesson, written
        self._coursedir.assignment_id = lesson.name
        self._converter = _Convert(coursedir=self._coursedir, force=True, parent=api)

    def write(self, notebooks: dict[str, nbformat.NotebookNode]) -> None:
        """In one transaction; where that fails, each by itself, and note who failed."""
        notebooks = dict(sorted(notebooks.items()))  # they come as they are done
        if not self._write(notebooks):
            self.failed |= {name for name, notebook in notebooks.items() if not self._write({name: notebook})}

    def _write(self, notebooks: dict[str, nbformat.NotebookNode]) -> bool:
        try:
            with self._books.together():
                self._books.fetch(self._lesson.name, list(notebooks))
                for student, notebook in notebooks.items():
                    self._coursedir.student_id = student
                    self._converter.write(notebook)
        except Exception as error:
            self._converter.log.error("%s: %s", ", ".join(notebooks), error)
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
