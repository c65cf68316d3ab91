"""A class through stock nbgrader and through `backprop grade`: every mark as deserved, and the same.

One copy of the course is graded twice, once by each command, and looked at from all sides.
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from click.testing import CliRunner

from autograder import examiner, sample
from autograder.cli import cli
from autograder.lesson import find_exercise, find_lesson

LESSON = find_lesson("04")
STUDENTS = 10  # the eight of every sort, and two more mistakes
JUDGED = sum(exercise.counts for exercise in LESSON.exercises)
WRITTEN = 4  # points of the question that a person marks


def nbgrader(*arguments, cwd, **environment):
    command = [sys.executable, "-m", "nbgrader", *arguments]
    return subprocess.run(command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True)


def marks(classroom):
    """Every grade of every student: cell, points by the judge, whether a person is waited for."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{classroom / 'gradebook.db'}", "backprop") as gradebook:
        return {
            submission.student.id: {
                grade.name: (grade.auto_score, grade.max_score, grade.needs_manual_grade)
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
            for submission in gradebook.find_assignment(LESSON.name).submissions
        }


def everything(course):
    """All else that the gradebook keeps of a submission, and the files beside the notebook, by student."""
    from nbgrader.api import Gradebook

    classroom = course / "classroom" if (course / "classroom").exists() else course
    with Gradebook(f"sqlite:///{classroom / 'gradebook.db'}", "backprop") as gradebook:
        return {
            each.student.id: (
                each.timestamp,
                each.total_seconds_late,
                [notebook.late_submission_penalty for notebook in each.notebooks],
                sorted((c.name, c.auto_comment, c.manual_comment) for n in each.notebooks for c in n.comments),
                sorted(str(f.relative_to(classroom)) for f in (classroom / "autograded" / each.student.id).rglob("*")),
            )
            for each in gradebook.find_assignment(LESSON.name).submissions
        }


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """The class, graded by `backprop grade`; the classroom and what was printed."""
    classroom = tmp_path_factory.mktemp("ours") / "classroom"
    deserved = sample.write(LESSON, classroom, STUDENTS)
    (classroom / "secret").touch(0o600)
    (classroom / "secret").write_text("5e" * 32)  # one of which no number is on the pages by chance
    first = classroom / "submitted" / "sample-01-right" / LESSON.name
    (first / "timestamp.txt").write_text("2026-03-01 12:00:00 UTC")
    (first / "notes.txt").write_text("beside the notebook")
    run = CliRunner().invoke(cli, ["grade", "04", "--isolation", "any", "--classroom", str(classroom)])
    return classroom, deserved, run


@pytest.fixture(scope="module")
def stock(ours, root, tmp_path_factory):
    """The same submissions, graded by `nbgrader autograde` with the project's configuration."""
    course = tmp_path_factory.mktemp("stock")
    for name in ("solutions", "course", "lessons"):
        shutil.copytree(root / name, course / name)
    shutil.copy(root / "nbgrader_config.py", course)
    shutil.copytree(ours[0] / "submitted", course / "classroom" / "submitted")
    for arguments in (["generate_assignment", LESSON.name, "--force"], ["autograde", LESSON.name]):
        run = nbgrader(*arguments, cwd=course, BACKPROP_ISOLATION="any")
        assert run.returncode == 0, run.stderr
    return course


def test_backprop_grade_gives_every_deserved_mark(ours):
    classroom, deserved, run = ours
    assert run.exit_code == 0, run.output
    assert f"{STUDENTS} of {STUDENTS} as deserved" in run.output
    found = {s: sum(auto or 0 for auto, _, _ in grades.values()) for s, grades in marks(classroom).items()}
    assert found == deserved and len(found) == STUDENTS


def test_a_report_line_says_why(ours):
    lines = {line.split()[0]: line for line in ours[2].output.splitlines() if line.startswith("sample-")}
    assert len(lines) == STUDENTS
    assert "4 wait for a person" in lines["sample-01-right"]
    assert "affine_backward db: wrong" in lines["sample-02-mistaken-keeps-the-batch-in-db"]
    assert "could not be read: the file is no whole notebook" in lines["sample-05-broken-file"]
    assert "affine_backward dx, dw, db: crashed" in lines["sample-07-hostile-exit"]


def test_nbgrader_autograde_writes_the_same(ours, stock):
    assert marks(stock / "classroom") == marks(ours[0])
    kept = everything(ours[0])
    assert kept == everything(stock) and len(kept) == STUDENTS
    timestamp, _, _, comments, files = kept["sample-01-right"]
    assert timestamp.year == 2026 and any(name.endswith("notes.txt") for name in files)
    assert ("how_backpropagation_helps", None, None) in comments
    assert ("how_backpropagation_helps", "No response.", None) in kept["sample-03-empty"][3]
    path = f"autograded/sample-01-right/{LESSON.name}/{LESSON.name}.ipynb"
    mine, theirs = (nbformat.read(home / path, as_version=4) for home in (ours[0], stock / "classroom"))
    for a, b in zip(mine.cells, theirs.cells, strict=True):
        assert (a.source, a.cell_type, a.get("outputs")) == (b.source, b.cell_type, b.get("outputs"))


def test_whom_nbgrader_cannot_take_stops_nobody_else(tmp_path, monkeypatch):
    """One batch, one transaction: what fails in it is found, and the others are written."""
    from autograder import grade
    from autograder.gradebook import writing

    sample.write(LESSON, tmp_path, 3)
    taken = writing._Convert.convert_single_notebook

    def refuse(self, filename):
        if "sample-02" in filename:
            raise ValueError("a notebook that nbgrader cannot take")
        taken(self, filename)

    monkeypatch.setattr(writing._Convert, "convert_single_notebook", refuse)
    found = {mark.student: mark for mark in grade.grade(LESSON, tmp_path, isolation="any")}
    assert [mark.points for mark in found.values()] == [JUDGED, None, 0]
    assert found["sample-02-mistaken-keeps-the-batch-in-db"].note.startswith("no mark yet; our fault")
    assert set(marks(tmp_path)) == {"sample-01-right", "sample-03-empty"}


def test_what_cells_show_is_on_the_page_where_that_is_asked_for(tmp_path):
    sample.write(LESSON, tmp_path, 1)
    arguments = ["04", "--isolation", "any", "--classroom", str(tmp_path)]
    assert CliRunner().invoke(cli, ["grade", *arguments, "--outputs"]).exit_code == 0
    assert marks(tmp_path)["sample-01-right"]["check_affine_backward"] == (6.0, 6.0, False)
    path = tmp_path / "autograded" / "sample-01-right" / LESSON.name / f"{LESSON.name}.ipynb"
    shown = [out for cell in nbformat.read(path, as_version=4).cells for out in cell.get("outputs", [])]
    assert "203530" in [out.data.get("text/plain") for out in shown if "data" in out]
    assert {mime for out in shown for mime in out.get("data", {})} <= {"text/plain", "image/png"}


def test_only_the_written_answer_waits_for_a_person(ours):
    found = marks(ours[0])
    assert found["sample-01-right"]["how_backpropagation_helps"] == (None, 4.0, True)
    assert found["sample-03-empty"]["how_backpropagation_helps"] == (0.0, 4.0, False)
    assert {s for s, grades in found.items() if any(waits for _, _, waits in grades.values())} == {"sample-01-right"}


def test_a_test_cell_gets_one_number_and_never_an_error(ours):
    for path in ours[0].glob(f"autograded/*/{LESSON.name}/*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.metadata.get("nbgrader", {}).get("grade") and cell.cell_type == "code":
                stream, result = cell.outputs
                assert (stream.output_type, stream.name, result.output_type) == ("stream", "stdout", "execute_result")
                assert 0 <= float(result.data["text/plain"]) <= cell.metadata.nbgrader.points
                exercise = find_exercise(cell.metadata.backprop.exercise)
                assert f"{exercise.max_points:g} points" in stream.text
                assert cell.metadata.nbgrader.points == exercise.counts
                assert ("no part of the mark" in stream.text) == (exercise.tier == "more")


def test_feedback_shows_score_and_reasons_and_no_hidden_number(ours):
    classroom, deserved, _ = ours
    run = CliRunner().invoke(cli, ["feedback", "04", "--classroom", str(classroom)])
    assert run.exit_code == 0 and f"{STUDENTS} pages" in run.output, run.output
    page = (
        classroom / "feedback" / "sample-02-mistaken-keeps-the-batch-in-db" / LESSON.name / f"{LESSON.name}.html"
    ).read_text()
    assert "db has shape (4, 3) but b has shape (3,)" in page and "Score: 5.0 / 6.0" in page
    assert "you return the summands" in page
    hidden = hidden_numbers(bytes.fromhex((classroom / "secret").read_text()))
    for html in classroom.glob("feedback/*/*/*.html"):
        assert not hidden & set(re.findall(r"\d\.\d{4,}", html.read_text())), html


def hidden_numbers(secret):
    """The numbers drawn for marks, as a page might show them."""
    numbers = set()
    for exercise in LESSON.exercises:
        for draw in examiner.draws(exercise, examiner.secret_seed(secret), for_marks=True)[:-1]:
            for array in map(np.asarray, (*draw.inputs.values(), *draw.expected.values())):
                if array.dtype.kind != "f":
                    continue
                numbers |= {f"{abs(x):.{d}f}" for x in array.ravel() for d in (5, 8)}
    return numbers


def test_regrading_changes_nothing_and_a_manual_score_survives(ours):
    from nbgrader.api import Gradebook

    classroom = ours[0]
    before = marks(classroom)
    with Gradebook(f"sqlite:///{classroom / 'gradebook.db'}", "backprop") as gradebook:
        grade = gradebook.find_grade("how_backpropagation_helps", LESSON.name, LESSON.name, "sample-01-right")
        grade.manual_score, grade.needs_manual_grade = 3.0, False
        gradebook.db.commit()
    shutil.rmtree(classroom / "verdicts")  # judged afresh, not read back
    run = CliRunner().invoke(cli, ["grade", "04", "--isolation", "any", "--classroom", str(classroom)])
    assert "sample-01-right" in run.output and f"{JUDGED + 3:g} of {JUDGED + WRITTEN:g}" in run.output
    after = marks(classroom)
    for student in before:
        assert {k: v[:2] for k, v in after[student].items()} == {k: v[:2] for k, v in before[student].items()}


def test_whoever_is_late_has_what_nbgrader_leaves_them(tmp_path, monkeypatch):
    from nbgrader.api import Gradebook
    from nbgrader.plugins import LateSubmissionPlugin

    from autograder.gradebook.writing import keep

    monkeypatch.setattr(LateSubmissionPlugin, "late_submission_penalty", lambda self, student, score, late: score / 4)
    sample.write(LESSON, tmp_path, 2)
    (tmp_path / "submitted" / "sample-01-right" / LESSON.name / "timestamp.txt").write_text("2026-03-01 12:00:00 UTC")
    assert keep(LESSON, tmp_path, "any", iter([{}])) == []  # the lesson is known, and nobody yet
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}", "backprop") as gradebook:
        gradebook.update_or_create_assignment(LESSON.name, duedate="2026-02-28 12:00:00 UTC")
    for _ in range(2):
        run = CliRunner().invoke(cli, ["grade", "04", "--isolation", "any", "--classroom", str(tmp_path)])
        right, mistaken = (line for line in run.output.splitlines() if line.startswith("sample-"))
        assert f" {JUDGED * 3 / 4:g} of {JUDGED + WRITTEN:g}, " in right and run.output.count("off for being late") == 1
        assert f", {JUDGED / 4:g} off for being late" in right and "2 of 2 as deserved" in run.output


def test_export_writes_the_marks(stock):
    run = nbgrader("export", cwd=stock)
    assert run.returncode == 0, run.stderr
    rows = list(csv.DictReader((stock / "grades.csv").read_text().splitlines()))
    scores = {row["student_id"]: float(row["score"]) for row in rows if row["assignment"] == LESSON.name}
    assert scores["sample-01-right"] == JUDGED and scores["sample-03-empty"] == 0.0 and len(scores) == STUDENTS


def test_the_classroom_is_private(ours):
    assert (ours[0].stat().st_mode & 0o777, (ours[0] / "secret").stat().st_mode & 0o777) == (0o700, 0o600)


# ----- without our plug-in it fails closed -----


MISTAKEN = "sample-02-mistaken-keeps-the-batch-in-db"


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    """A course for stock nbgrader alone, and in it a notebook whose affine layer is wrong."""
    course = tmp_path_factory.mktemp("plain")
    notebook = json.loads((LESSON.released).read_text())
    answers = next(s for s in sample.samples(LESSON, 2) if s.student == MISTAKEN).answers
    for cell in notebook["cells"]:
        ours = cell["metadata"].get("backprop", {})
        if ours.get("role") == "answer":
            cell["source"] = answers[ours["exercise"]]
    path = course / "submitted" / "somebody" / LESSON.name / f"{LESSON.name}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(notebook))
    return course


def test_stock_autograde_without_our_judge_gives_wrong_code_no_full_mark(wrong, root):
    shutil.copytree(root / "solutions", wrong / "source")
    (wrong / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "backprop"\n')
    for arguments in (["generate_assignment", LESSON.name], ["autograde", LESSON.name]):
        run = nbgrader(*arguments, cwd=wrong, BACKPROP_STUDENT=MISTAKEN, BACKPROP_HOME=str(wrong / "home"))
        assert run.returncode == 0, run.stderr
    found = marks(wrong)["somebody"]
    assert found["check_affine_backward"][:2] == (0.0, 6.0), "wrong code was paid"
    assert found["check_stranger_04_backward"][:2] == (0.0, 6.0), "somebody else's stranger was paid"
    assert found["check_relu_backward"][:2] == (2.0, 2.0)


def test_validate_says_that_a_wrong_notebook_fails(wrong):
    path = next(wrong.glob("submitted/*/*/*.ipynb"))
    run = nbgrader("validate", str(path), cwd=wrong, BACKPROP_STUDENT=MISTAKEN, BACKPROP_HOME=str(wrong / "home"))
    assert "VALIDATION FAILED ON 2 CELL(S)" in run.stdout  # the other one is the unanswered question
    assert "5 of 6 points" in run.stdout


# ----- one bad file stops nobody -----


BROKEN = {
    "empty": "",
    "truncated": "{",
    "list": "[]",
    "old": '{"nbformat": 3, "worksheets": []}',
    "binary": "\x00\x01",
    "no-cells": '{"cells": 1, "nbformat": 4}',
    "odd-cells": '{"cells": [1, {"cell_type": 7}], "nbformat": 4}',
    "another": '{"cells": [{"cell_type": "code", "source": "1"}], "nbformat": 4}',
}


def test_a_file_that_is_no_notebook_gets_its_mark_and_its_reason_and_stops_nobody(tmp_path):
    sample.write(LESSON, tmp_path, 1)
    for student, content in BROKEN.items():
        path = tmp_path / "submitted" / student / LESSON.name / f"{LESSON.name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(content)
    run = CliRunner().invoke(cli, ["grade", "04", "--isolation", "any", "--classroom", str(tmp_path)])
    lines = {line.split()[0]: line for line in run.output.splitlines() if line.strip()}
    for student in BROKEN:
        assert "could not be read" in lines[student] and f"0 of {JUDGED + WRITTEN:g}" in lines[student]
    assert f"{JUDGED:g} of {JUDGED + WRITTEN:g}" in lines["sample-01-right"]


def test_nobody_handed_in(tmp_path):
    run = CliRunner().invoke(cli, ["grade", "04", "--isolation", "any", "--classroom", str(tmp_path)])
    assert run.exit_code == 1 and "nobody has handed in 04_backward_pass: put submissions at" in run.output
    run = CliRunner().invoke(cli, ["feedback", "04", "--classroom", str(tmp_path)])
    assert run.exit_code == 1 and "backprop grade 04" in run.output
