"""What stands in the gradebook, of a whole class at once: the same as nbgrader says of each student."""

import csv
import itertools
import random

import pytest
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from sqlalchemy import event

from autograder.gradebook.standing import Standing, standing

# nbgrader looks at a submission before its session knows of it, and SQLAlchemy says so.
pytestmark = pytest.mark.filterwarnings("ignore:Object of type <Submitted")

LESSON = "a lesson"
POINTS = [None, 0.0, 0.25, 1.5, 2.0]  # which add up exactly, in any order


def write(url, students):
    """A class in which every kind of grade is had by somebody: given by the judge, by a person, by both or nobody,
    with something extra, too late by a little or by more than all; in two notebooks, beside another lesson."""
    rng = random.Random(3)
    with Gradebook(url, "backprop") as gradebook:
        for assignment in (LESSON, "another lesson"):
            gradebook.add_assignment(assignment)
            for notebook in ("first", "second"):
                gradebook.add_notebook(notebook, assignment)
                for number in range(4):
                    kind = "code" if number else "markdown"
                    gradebook.add_grade_cell(
                        f"g{number}", notebook, assignment, max_score=2.5 - number / 4, cell_type=kind
                    )
                gradebook.add_solution_cell("s", notebook, assignment)
                gradebook.add_task_cell("t", notebook, assignment, max_score=3.5, cell_type="markdown")
        for number, assignment in itertools.product(range(students), (LESSON, "another lesson")):
            student = f"student-{number}"
            gradebook.update_or_create_student(student)
            for notebook in gradebook.add_submission(assignment, student).notebooks:
                notebook.late_submission_penalty = rng.choice([None, 0.0, 0.5, 1.25, 100.0])
                for grade in notebook.grades:
                    grade.auto_score, grade.manual_score = rng.choice(POINTS), rng.choice(POINTS)
                    grade.extra_credit, grade.needs_manual_grade = rng.choice(POINTS), rng.random() < 0.5
        gradebook.add_student("handed nothing in")
        gradebook.add_student("was never graded")
        untouched = gradebook.add_submission(LESSON, "was never graded")
        for grade in [grade for notebook in untouched.notebooks for grade in notebook.grades]:
            gradebook.db.delete(grade)
        gradebook.db.commit()


def one_by_one(url):
    """What nbgrader says of each."""
    with Gradebook(url, "backprop") as gradebook:
        found = {}
        for each in gradebook.assignment_submissions(LESSON):
            grades = [grade for notebook in each.notebooks for grade in notebook.grades]
            found[each.student.id] = Standing(
                score=each.score,
                max_score=each.max_score,
                penalty=each.late_submission_penalty,
                judged=sum(grade.auto_score or 0.0 for grade in grades),
                waiting=sum(grade.max_score for grade in grades if grade.needs_manual_grade),
            )
        return found


def at_once(url):
    with Gradebook(url, "backprop") as gradebook:
        return standing(gradebook, LESSON)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'gradebook.db'}"


def test_it_is_what_nbgrader_says_of_each_student(url):
    write(url, 20)
    found = at_once(url)
    assert found == one_by_one(url) and len(found) == 21
    assert found["was never graded"] == Standing(0.0, 24.0, 0.0, 0.0, 0.0)
    for number in ("score", "penalty", "judged", "waiting"):
        assert len({getattr(each, number) for each in found.values()}) > 5, number


def test_a_mark_is_what_nbgrader_exports(url, tmp_path):
    write(url, 20)
    with Gradebook(url, "backprop") as gradebook:
        CsvExportPlugin(to=str(tmp_path / "marks.csv"), assignment=[LESSON]).export(gradebook)
    rows = list(csv.DictReader((tmp_path / "marks.csv").read_text().splitlines()))
    exported = {row["student_id"]: float(row["score"]) for row in rows}
    assert exported.pop("handed nothing in") == 0.0
    found = at_once(url)
    assert {student: its.mark for student, its in found.items()} == exported
    assert any(its.mark == 0.0 < its.score for its in found.values())
    assert any(0.0 < its.mark < its.score for its in found.values())


def test_of_what_nobody_knows_nothing_stands(url):
    assert at_once(url) == {}


def test_more_students_take_no_more_queries(url, tmp_path):
    def asked(address, students):
        write(address, students)
        with Gradebook(address, "backprop") as gradebook:
            statements = []
            event.listen(gradebook.engine, "before_cursor_execute", lambda *what: statements.append(what[2:4]))
            standing(gradebook, LESSON)
            return statements

    assert asked(url, 12) == asked(f"sqlite:///{tmp_path / 'few.db'}", 2)
