"""From text to notebooks: reproducible, equal to nbgrader's own release, and no answer in the student's half."""

import json
import re
import shutil
import subprocess
import sys

import nbformat
import pytest

from autograder import build, judge, submission
from autograder.choices import find_quiz, read_quiz
from autograder.lesson import Directive, Lesson, Unknown, directives, find_exercise, find_lesson, folder, lessons
from tests.lessons.reading import rendered

LESSONS = [pytest.param(lesson, id=lesson.name) for lesson in lessons()]


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_is_committed_is_what_the_text_makes(lesson):
    assert build.build(lesson, check=True) == []


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_same_text_gives_the_same_bytes(lesson):
    """What is committed was made once more above, and here again."""
    committed = (folder("solutions") / lesson.name / f"{lesson.name}.ipynb").read_text()
    assert rendered(lesson) == committed and build.strip(committed) == lesson.released.read_text()


def test_nbgrader_writes_the_same_release(root, tmp_path):
    """`nbgrader generate_assignment --force` of every lesson, on a copy of the course, leaves it as it was."""
    for name in ("solutions", "course"):
        shutil.copytree(root / name, tmp_path / name, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copy(root / "nbgrader_config.py", tmp_path)
    (tmp_path / "classroom").mkdir()
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "--assignment=[0-9]*", "--force"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    for lesson in lessons():
        assert f"/{lesson.name}/{lesson.name}.ipynb" in run.stderr, "it was not made"
    kept, made = everything_in(root / "course"), everything_in(tmp_path / "course")
    assert kept.keys() == made.keys()
    assert [path for path in kept if kept[path] != made[path]] == []


def everything_in(home):
    """The files below a folder, with what they hold."""
    files = (path for path in home.rglob("*") if path.is_file() and ".ipynb_checkpoints" not in path.parts)
    return {str(path.relative_to(home)): path.read_bytes() for path in files}


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_answer_is_in_the_students_notebook(lesson):
    student = lesson.released.read_text()
    for line in re.findall(r"### BEGIN SOLUTION.*?### END SOLUTION", rendered(lesson), re.S):
        steps = [s.strip('", \\n') for s in line.split("\\n")[1:-1]]
        assert steps and not [s for s in steps if len(s) > 12 and s in student]
    for directive in directives(lesson.text):
        if directive.kind == "rubric":
            assert directive.body.rsplit("---", 1)[1].strip()[:40] not in student
        if directive.kind == "quiz":
            assert "hint:" not in student and not [h for h in read_quiz(directive).hints.values() if h and h in student]
    stubs = [
        c["source"] for c in json.loads(student)["cells"] if c["metadata"].get("backprop", {}).get("role") == "answer"
    ]
    assert len(stubs) == len(lesson.exercises) and all("raise NotImplementedError" in "".join(s) for s in stubs)


@pytest.mark.parametrize("lesson", LESSONS)
def test_notebooks_hold_no_outputs_and_stable_ids(lesson):
    for text in (rendered(lesson), lesson.released.read_text()):
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
        assert not any(cell.get("outputs") for cell in notebook.cells)
        assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
        assert all(cell.metadata.backprop.role for cell in notebook.cells if cell.cell_type == "code")


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_untouched_notebook_earns_nothing_and_the_solution_everything(lesson):
    released = submission.released(lesson)
    total = sum(e.max_points for e in lesson.exercises)
    with judge.sandbox(lesson.exercises, "any") as walls:
        for text, points in ((lesson.released.read_text(), 0.0), (rendered(lesson), total)):
            steps = submission.steps(submission.harden(nbformat.reads(text, as_version=4), released), released)
            marked = judge.mark_cells(steps, lesson.exercises, b"any", walls)
            assert sum(v.points for v in marked) == points


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_solution_runs_from_top_to_bottom(lesson, root):
    """Every cell of the instructor's notebook, demonstrations too, in one namespace."""
    namespace = {"__name__": "__main__"}
    for number, cell in enumerate(json.loads(rendered(lesson))["cells"]):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{lesson.name}, cell {number}", "exec"), namespace)


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_fits_into_its_minutes(lesson):
    reading, writing = build.minutes(lesson)
    assert 0 < reading + writing <= build.MOST_MINUTES


# ----- the ways in which a text can be wrong -----

HEAD = "---\nkernelspec: {name: python3, display_name: Python 3}\n---\n\n# A lesson\n\n"


@pytest.fixture
def lesson(tmp_path):
    def write(body):
        folder = tmp_path / "04_made_up"
        folder.mkdir(exist_ok=True)
        (folder / "lesson.md").write_text(HEAD + body)
        return Lesson(folder)

    return write


def test_directives_split_the_cells_around_them(lesson):
    text = "Before.\n\n```{guess} a_name\nSay a number.\n```\n\nAfter.\n\n```{code-cell}\n1 + 1\n```\n"
    cells = json.loads(build.render(lesson(text)))["cells"]
    assert ["".join(c["source"]) for c in cells] == [
        "# A lesson\n\nBefore.",
        "Say a number.",
        'guess("a_name", ..., because="")',
        "After.",
        "1 + 1",
    ]
    assert [c["metadata"].get("backprop", {}).get("role") for c in cells] == [None, None, "guess", None, "demo"]


@pytest.mark.parametrize(
    "body, says",
    [
        ("```{exercise} nothing_here\n```\n", "there is no nothing_here.py"),
        ("```{quiz} q\n:answer: c\nWhich?\n\na) this\nb) that\n```\n", "the answer 'c' is not one of its letters"),
        ("```{quiz} q\n:answer: a\nWhich?\n\na) this\nb) that\n```\n", r"the wrong answer b\) has no hint"),
        ("```{rubric} r\n:points: 2\nWhy?\n```\n", "a model answer"),
    ],
)
def test_a_directive_that_cannot_work_is_refused(lesson, body, says):
    with pytest.raises(ValueError, match=says):
        build.render(lesson(body))


def test_a_lesson_that_is_too_long_is_refused(lesson):
    with pytest.raises(build.TooLong, match="takes 100 minutes; the most is 90"):
        build.build(lesson("word " * 200 * 100), check=True)


def test_a_lesson_has_many_names():
    assert find_lesson("4") == find_lesson("04") == find_lesson("04_backward_pass")
    with pytest.raises(Unknown, match="there are: .*04_backward_pass"):
        find_lesson("77")


def test_an_exercise_is_found_by_name_and_knows_where_it_is():
    exercise = find_exercise("affine_backward")
    assert exercise.lesson == "04_backward_pass" and exercise.title == "Send the gradient back through the affine layer"


def test_a_quiz_knows_its_hints():
    quiz = find_quiz("what_dx_sums")
    assert quiz.answer == "b" and set(quiz.choices) == set("abcd") and quiz.hints["b"] is None
    assert read_quiz(Directive("quiz", "q", {"answer": "a"}, "Q?\n\na) yes\nb) no\nhint: because\nof this")).hints[
        "b"
    ] == ("because of this")
