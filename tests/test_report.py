"""A class on one page: what it says, what it keeps to itself, and what students cannot do to it."""

import csv
import io
import json
import re

import pytest
from click.testing import CliRunner

from autograder import grade, judge, report, report_page, sample, submission
from autograder.cli import cli
from autograder.copies import LIBRARY, copies, fingerprint
from autograder.exercise import source
from autograder.lesson import find_exercise, find_lesson
from autograder.report import Row
from autograder.verdict import Verdict
from autograder.verdicts import Verdicts
from backprop import losses

LESSON = find_lesson("04")
SOFTMAX = find_exercise("softmax_loss")


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    """A sample class with the verdicts that grading would have kept, made without a box."""
    folder = tmp_path_factory.mktemp("class")
    sample.write(LESSON, folder, 14)
    released = submission.released(LESSON)
    with Verdicts(folder) as verdicts:
        for student, path in grade.submitted(LESSON, folder):
            try:
                notebook = submission.harden(submission.read(path, released), released)
            except submission.Unreadable:
                continue
            found = [_verdict(e, _code(notebook, e)) for e in LESSON.exercises]
            steps = submission.steps(notebook, released)
            verdicts.keep(LESSON, steps, student, found)
    return folder


def _code(notebook, exercise):
    for cell in notebook["cells"]:
        if cell["metadata"].get("backprop", {}).get("role") == "answer":
            if cell["metadata"]["backprop"]["exercise"] == exercise.id:
                return cell["source"]
    return ""


def _verdict(exercise, text):
    """What the judge would say, from the text: right, empty, or a mistake of the catalogue."""
    names = dict.fromkeys(exercise.points, True)
    if "NotImplementedError" in text:
        wrong = dict.fromkeys(exercise.points, False)
        says = [f"{exercise.id} is not written yet"]
        return Verdict(exercise.id, 0, exercise.max_points, wrong, says, status="raised")
    if text == sample.answer(exercise):
        return Verdict(exercise.id, exercise.max_points, exercise.max_points, names)
    for mistake in exercise.mistakes:
        if exercise.kind == "pair" and text == sample.answer(exercise, mistake):
            wrong = names | {list(names)[-1]: False}
            points, hint = exercise.max_points - 1, mistake.hint
            return Verdict(
                exercise.id, points, exercise.max_points, wrong, ["wrong"], hint, [mistake.name], status="wrong"
            )
    return Verdict(exercise.id, 0, exercise.max_points, dict.fromkeys(names, False), ["<b>no"], status="wrong")


@pytest.fixture(scope="module")
def made(classroom):
    return report.of(LESSON, classroom)


def test_every_student_has_a_row_and_no_name(made, classroom):
    assert [row.student for row in made.rows] == [f"student {n:02}" for n in range(1, 15)]
    page, table = report_page.html(made), report_page.table(made)
    for student, _ in grade.submitted(LESSON, classroom):
        assert student not in page + table
    named = report.of(LESSON, classroom, names=True)
    assert "sample-01-right" in report_page.html(named)
    assert report.of(LESSON, classroom).rows == made.rows, "the numbers are the same every time"


def test_mistakes_are_counted_and_what_is_not_known_comes_last(made):
    top = made.mistakes[0]
    assert top.name and len(top.students) >= 1 and top.says
    unnamed = [bool(seen.name) for seen in made.mistakes]
    assert unnamed == sorted(unnamed, reverse=True)
    counts = [len(seen.students) for seen in made.mistakes if seen.name]
    assert counts == sorted(counts, reverse=True)
    assert not any("empty" in seen.name for seen in made.mistakes)


def test_items_are_easy_or_hard_and_tell_or_do_not(made):
    items = {item.exercise.id: item for item in made.items}
    assert 0 < items["affine_backward"].easy < items["relu_backward"].easy < 1
    assert items["relu_backward"].empty == 1 and -1 <= items["relu_backward"].tells <= 1
    few = [Row("a", {}), Row("b", {})]
    assert report._item(SOFTMAX, few, LESSON.exercises).tells is None
    assert report._item(SOFTMAX, few, LESSON.exercises).easy is None


def test_the_first_core_exercise_without_all_points_is_where_somebody_is_stuck(made):
    stuck = [row.stuck(LESSON.exercises) for row in made.rows]
    assert "" in stuck and "affine_backward" in stuck
    more = {"mse_loss": Verdict("mse_loss", 0, 3, {"loss": False})}
    assert Row("x", more).stuck(LESSON.exercises) == "", "what is there for more keeps nobody"


HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e\"'&"


def test_nothing_of_a_students_is_markup_or_a_formula(made):
    verdict = Verdict(
        "relu_backward", 0, 2, {"dx": False}, [HOSTILE], HOSTILE, ["=cmd()"], place=HOSTILE, status="wrong"
    )
    rows = [Row(f"=1+1{HOSTILE}", {"relu_backward": verdict}), Row("-x", note=HOSTILE)]
    worse = report.Report(LESSON, rows, made.items, report._mistakes(rows), made.copies)
    page, table = report_page.html(worse), report_page.table(worse)
    assert "<script" not in page and "\x1b" not in page + table and "\u202e" not in page + table
    assert "&lt;script&gt;" in page
    for line in csv.reader(io.StringIO(table)):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line), line


def test_the_page_needs_no_network_and_no_script(made):
    page = report_page.html(made)
    assert not re.search(r"<script|<link|<img|<iframe|url\(|https?:|@import|\son\w+=", page)
    assert "default-src 'none'" in page and page.count("<h2>") == 4


def test_the_table_has_a_line_for_each_student_and_exercise(made):
    lines = list(csv.DictReader(io.StringIO(report_page.table(made))))
    judged = [row for row in made.rows if row.verdicts]
    assert len(lines) == len(judged) * len(LESSON.exercises) + len(made.rows) - len(judged)
    mistaken = next(line for line in lines if line["mistakes"] == "keeps_the_batch_in_db")
    assert mistaken["exercise"] == "affine_backward" and mistaken["counts"] == "yes" and mistaken["wrong"] == "db"
    assert any("could not be read" in line["note"] for line in lines)


def test_the_command_writes_both_and_says_where(classroom, tmp_path):
    run = CliRunner().invoke(cli, ["report", "04", "--classroom", str(classroom)])
    assert run.exit_code == 0 and "04_backward_pass.html" in run.output and "04_backward_pass.csv" in run.output
    assert (classroom / "report").stat().st_mode & 0o777 == 0o700
    run = CliRunner().invoke(cli, ["report", "04", "--classroom", str(tmp_path)])
    assert run.exit_code == 1 and "was graded yet: backprop grade 04" in run.output
    assert not (tmp_path / "secret").exists(), "a look changes nothing"


def test_what_was_handed_in_since_is_told(classroom, tmp_path):
    released = submission.released(LESSON)
    new = classroom / "submitted" / "late" / LESSON.name / f"{LESSON.name}.ipynb"
    new.parent.mkdir(parents=True)
    notebook = json.loads(json.dumps(released))
    notebook["cells"].append({"cell_type": "code", "id": "x", "metadata": {}, "outputs": [], "source": "a = 1"})
    new.write_text(json.dumps(notebook))
    try:
        rows = report.of(LESSON, classroom, names=True).rows
        assert [row.note for row in rows if row.student == "late"] == ["handed in since, and not graded yet"]
    finally:
        new.unlink()


# ----- near-copies -----

OURS = source(losses.softmax_loss.__wrapped__)
RENAMED = re.sub(r"\bshifted\b", "z", re.sub(r"\blog_p\b", "q", OURS)).replace("# p[n, c]", "# my own work:")
OTHER = """
def softmax_loss(x, y):
    losses, grads = [], []
    for row, label in zip(x, y):
        powers = np.exp(row - max(row))
        share = powers / sum(powers)
        losses.append(-np.log(share[label]))
        share[label] = share[label] - 1
        grads.append(share / len(x))
    return sum(losses) / len(losses), np.array(grads)
"""


def test_code_that_is_the_librarys_but_for_names_is_found_and_other_code_is_not():
    found = list(copies(SOFTMAX, {"a": RENAMED, "b": OTHER, "c": OTHER.replace("share", "p"), "d": ""}))
    assert [(each.student, each.like) for each in found] == [("a", LIBRARY), ("c", "b")]
    assert all(each.alike > 0.95 for each in found)


@pytest.mark.parametrize(
    "text",
    ["", "def softmax_loss(", "x = 1", "(" * 5000, "def softmax_loss(x, y):\n    return 1", "\0", "def other(): pass",
     "def softmax_loss(x, y):\n" + "".join("  " * i + " if x:\n" for i in range(1, 90))],
    ids=range(8),
)  # fmt: skip
def test_what_is_short_or_no_code_is_like_nothing(text):
    assert fingerprint(text, "softmax_loss") == frozenset()


def test_short_functions_are_alike_by_themselves_and_not_told():
    relu = find_exercise("relu_backward")
    assert not list(
        copies(relu, {"a": source(relu.reference.relu_backward), "b": source(relu.reference.relu_backward)})
    )


def test_a_report_runs_nothing(monkeypatch, classroom):
    monkeypatch.setattr(judge, "mark_cells", lambda *arguments: pytest.fail("student code was run"))
    report.of(LESSON, classroom)
