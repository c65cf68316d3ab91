"""What stands in nbgrader's gradebook, of a whole class at once.

nbgrader computes a score when somebody asks for one student's: a query or two for each, which look through the
grades of everybody, because no index of nbgrader's begins with the notebook. Here the database adds up the same
columns, by nbgrader's own expressions, once for all who handed in.
"""

from __future__ import annotations

from dataclasses import dataclass

from nbgrader.api import Assignment, Grade, Gradebook, Notebook, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import Select, and_, case, func, select

__all__ = ["Standing", "standing"]


@dataclass(frozen=True)
class Standing:
    """Points of a submission, as nbgrader has them: `score` and `max_score`; `penalty`, for being late, not yet taken
    off the score; `judged`, what the judge gave; `waiting`, what is for a person to give."""

    score: float
    max_score: float
    penalty: float
    judged: float
    waiting: float

    @property
    def mark(self) -> float:
        """What is left of the score when the penalty is off: `score` in what `nbgrader export` writes."""
        return max(0.0, self.score - self.penalty)


def standing(gradebook: Gradebook, assignment: str) -> dict[str, Standing]:
    """By student, what stands of an assignment; nothing, where the gradebook does not know it."""
    waiting = case((Grade.needs_manual_grade, Grade.max_score), else_=0.0)
    grades = _sums(assignment, Grade.score, Grade.auto_score, waiting).outerjoin(
        Grade, Grade.notebook_id == SubmittedNotebook.id
    )
    found = gradebook.db.execute(grades).all()
    penalties = dict(gradebook.db.execute(_sums(assignment, SubmittedNotebook.late_submission_penalty)).all())
    most = gradebook.db.scalar(select(Assignment.max_score).where(Assignment.name == assignment))
    return {
        student: Standing(score, most, penalties[student], judged, waits) for student, score, judged, waits in found
    }


def _sums(assignment: str, *columns) -> Select:
    """The sums of columns of the notebooks that were handed in, by student."""
    # A notebook that was handed in is looked up by what it is of and who handed it in: that pair has an index.
    handed_in = and_(
        SubmittedNotebook.notebook_id == Notebook.id, SubmittedNotebook.assignment_id == SubmittedAssignment.id
    )
    return (
        select(SubmittedAssignment.student_id, *(func.coalesce(func.sum(column), 0.0) for column in columns))
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .outerjoin(Notebook, Notebook.assignment_id == Assignment.id)
        .outerjoin(SubmittedNotebook, handed_in)
        .where(Assignment.name == assignment)
        .group_by(SubmittedAssignment.student_id)
    )
