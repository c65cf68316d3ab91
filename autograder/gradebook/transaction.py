"""Many submissions, or a lesson with all its cells, in one transaction of nbgrader's gradebook.

nbgrader opens a gradebook some ten times for each submission, asks for one row after the other, and commits after
each cell. Here all of it meets one gradebook that stays open. What nbgrader is going to ask for is fetched for a
whole batch, in a few queries, and held; what it commits is committed together, at the end. What is added, changed
and computed is nbgrader's.

Nobody else writes meanwhile, so what is held stays true: nbgrader looks before it writes, and two graders would
both see nothing.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any
from unittest import mock

from nbgrader.api import (
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.converters import autograde as converting
from nbgrader.preprocessors import latesubmissions as penalising
from nbgrader.preprocessors import saveautogrades as saving
from nbgrader.preprocessors import savecells as releasing
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.pool import NullPool

__all__ = ["Transactions", "one_at_a_time"]

LOCK = 0x6261636B  # of PostgreSQL's advisory locks, the number that is ours
OPENS = converting, saving, penalising, releasing  # what of nbgrader opens a gradebook while it writes
ALONE = {  # what lets one in at a time, by database; without the first, SQLite gives up after 5 s
    "sqlite": ["PRAGMA busy_timeout = 60000", "BEGIN IMMEDIATE"],
    "postgresql": [f"SELECT pg_advisory_xact_lock({LOCK})"],
}


@contextlib.contextmanager
def one_at_a_time(db_url: str) -> Iterator[None]:
    """Of several graders on one PostgreSQL, only one is inside at a time, whatever nbgrader opens and commits in there."""
    if not db_url.startswith("postgresql"):
        yield
        return
    engine = create_engine(db_url, poolclass=NullPool)
    with engine.connect() as connection:  # the lock ends with it, however that comes about
        connection.execute(select(func.pg_advisory_lock(LOCK)))
        yield


class Transactions(Gradebook):
    """nbgrader's gradebook, open until `close`."""

    def __init__(self, *address: Any):
        super().__init__(*address)
        self._commit = self.db.commit
        self.db.commit = lambda: None  # what is asked next is asked of what was written: the session sees to that
        self._held: dict[tuple[str, ...], Any] = {}

    def __exit__(self, *_: Any) -> None:
        """Whoever in nbgrader opened it goes on without it."""

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What nbgrader writes in here is committed at the end, or none of it."""
        try:
            for statement in ALONE.get(self.engine.dialect.name, []):
                self.db.connection().exec_driver_sql(statement)
            with contextlib.ExitStack() as stack:
                for module in OPENS:
                    stack.enter_context(mock.patch.object(module, "Gradebook", lambda *_, **__: self))
                yield
            self._commit()
        finally:
            self._held = {}
            self.db.remove()

    # ----- what nbgrader is going to ask for -----

    def fetch(self, name: str, students: Sequence[str]) -> None:
        """All that is there of what these students handed in for an assignment, to be held until the transaction ends."""
        assignment = super().find_assignment(name)
        self._held = {("assignment", name): assignment}
        self._held |= {("notebook", each.name, name): each for each in assignment.notebooks}
        self._held |= {("student", student): None for student in students}
        self._held |= {("submission", name, student): None for student in students}
        for student in self.db.scalars(select(Student).where(Student.id.in_(students))):
            self._held["student", student.id] = student
        of_these = SubmittedAssignment.assignment_id == assignment.id, SubmittedAssignment.student_id.in_(students)
        found = self.db.scalars(select(SubmittedAssignment).where(*of_these)).all()
        # nbgrader has indexes of pairs: a part of an assignment, and what was handed in
        parts = [notebook.id for notebook in assignment.notebooks]
        notebooks = self._fill(
            found, "notebooks", SubmittedNotebook.assignment_id, SubmittedNotebook.notebook_id, parts
        )
        cells = [cell.id for notebook in assignment.notebooks for cell in notebook._base_cells]
        self._fill(notebooks, "grades", Grade.notebook_id, Grade.cell_id, cells)
        self._fill(notebooks, "comments", Comment.notebook_id, Comment.cell_id, cells)
        for submission in found:
            self._hold(submission)

    def _fill(self, owners: Collection[Any], what: str, owner: Any, part: Any, parts: list[str]) -> list[Any]:
        """Fetch what belongs to all the owners, and give it to each."""
        if not owners:
            return []
        rows = self.db.scalars(
            select(owner.class_).where(owner.in_([each.id for each in owners]), part.in_(parts))
        ).all()
        whose = defaultdict(list)
        for row in rows:
            whose[getattr(row, owner.key)].append(row)
        for each in owners:
            set_committed_value(each, what, whose[each.id])
        return rows

    def _hold(self, submission: SubmittedAssignment) -> None:
        names = submission.assignment.name, submission.student.id
        self._held["submission", *names] = submission
        for notebook in submission.notebooks:
            whose = notebook.notebook.name, *names
            cells = {cell.id: cell.name for cell in notebook.notebook._base_cells}
            self._held["submitted notebook", *whose] = notebook
            self._held |= {("grade", cells[grade.cell_id], *whose): grade for grade in notebook.grades}
            self._held |= {("comment", cells[comment.cell_id], *whose): comment for comment in notebook.comments}

    def _find(self, find: Callable, *what: str) -> Any:
        """What is held; for what nobody has fetched, nbgrader's way to find it."""
        if what not in self._held:
            return find(*what[1:])
        if self._held[what] is None:
            raise MissingEntry(f"No such {', '.join(what)}")
        return self._held[what]

    # ----- what nbgrader asks for -----

    def find_assignment(self, *name: str):
        return self._find(super().find_assignment, "assignment", *name)

    def find_notebook(self, *names: str):
        return self._find(super().find_notebook, "notebook", *names)

    def find_student(self, *student: str):
        return self._find(super().find_student, "student", *student)

    def find_submission(self, *whose: str):
        return self._find(super().find_submission, "submission", *whose)

    def find_submission_notebook(self, *whose: str):
        notebook = self._find(super().find_submission_notebook, "submitted notebook", *whose)
        if notebook.assignment.total_seconds_late:  # the penalty depends on the score, and that the database adds up
            self.db.flush()
        return notebook

    def find_grade(self, *whose: str):
        return self._find(super().find_grade, "grade", *whose)

    def find_comment(self, *whose: str):
        return self._find(super().find_comment, "comment", *whose)

    def add_student(self, student: str, **fields: Any):
        self._held["student", student] = super().add_student(student, **fields)
        return self._held["student", student]

    def add_submission(self, *whose: str, **fields: Any):
        submission = super().add_submission(*whose, **fields)
        self._hold(submission)
        return submission
