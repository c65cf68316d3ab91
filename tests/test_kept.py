"""What a learner's own disk keeps: functions for `mine`, and how far they are."""

import linecache
import textwrap

import numpy as np
import pytest

from autograder import check, kept, mine, progress
from autograder.lesson import find_exercise, find_lesson, lessons
from backprop import activations, layers

LESSON = find_lesson("04")
AFFINE = """
import numpy as np

def affine_backward(dout, cache):
    x, w, b = cache
    return (dout @ w.T).reshape(x.shape), flat(x).T @ dout, np.sum(dout, axis=AXIS)

def flat(x):
    return x.reshape(len(x), -1)

AXIS = 0
"""
RELU = """
def relu_backward(dout, cache):
    return dout * (cache > 0)
"""


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """A notebook's namespace: cells run in it and can be read back, as in Jupyter; a home of its own."""
    monkeypatch.setenv("BACKPROP_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(mine, "_SAID", set())
    namespace, count = {"__name__": "__main__", "check": check}, 0

    def run(source):
        nonlocal count
        count += 1
        name, text = f"<cell {tmp_path.name} {count}>", textwrap.dedent(source)
        linecache.cache[name] = len(text), None, text.splitlines(True), name
        exec(compile(text, name, "exec"), namespace)

    return run


def files(tmp_path):
    return sorted(path.name.partition("-")[0] for path in (tmp_path / "home" / "mine").glob("*.py"))


def test_until_it_passes_it_is_the_librarys_and_says_so_once(notebook, capsys):
    assert mine.affine_backward is layers.affine_backward
    assert mine.affine_backward is layers.affine_backward
    said = "mine.affine_backward is the library's; yours has not passed its check yet.\n"
    assert capsys.readouterr().out == said


def test_what_passes_is_kept_with_what_it_calls(notebook, tmp_path, capsys):
    notebook(AFFINE)
    notebook('check("affine_backward")')
    assert "6 of 6 points" in capsys.readouterr().out and files(tmp_path) == ["affine_backward"]
    x, w, b, dout = np.ones((2, 3)), np.ones((3, 4)), np.ones(4), np.ones((2, 4))
    assert mine.affine_backward is not layers.affine_backward
    assert [a.tolist() for a in mine.affine_backward(dout, (x, w, b))] == [
        a.tolist() for a in layers.affine_backward(dout, (x, w, b))
    ]
    assert capsys.readouterr().out == ""


def test_parameters_and_variables_are_no_names_of_the_notebook(notebook, tmp_path, capsys):
    """The notebook has values of the same names, which cannot be written down, and are not needed."""
    notebook("from backprop.graph import Value\nend = out = cache = Value(2.0)\nscale = 1.0")
    notebook(
        """
        def relu_backward(dout, cache):
            def masked(out=dout):
                return [scale * end for end in out * (cache > 0)]
            return np.array(masked())
        """
    )
    notebook("import numpy as np")
    notebook('check("relu_backward")')
    assert "not kept" not in capsys.readouterr().out and files(tmp_path) == ["relu_backward"]
    (kept_,) = (tmp_path / "home" / "mine").glob("*.py")
    assert "scale = 1.0" in kept_.read_text() and "Value" not in kept_.read_text()


def test_a_later_wrong_answer_leaves_it_and_a_later_right_one_replaces_it(notebook, tmp_path):
    notebook(RELU)
    notebook('check("relu_backward")')
    first = mine.relu_backward
    notebook("def relu_backward(dout, cache):\n    return dout")
    notebook('check("relu_backward")')
    assert mine.relu_backward is first
    notebook("def relu_backward(dout, cache):\n    return np.where(cache > 0, dout, 0)")
    notebook("import numpy as np")
    notebook('check("relu_backward")')
    assert mine.relu_backward is not first and mine.relu_backward(np.ones(2), np.array([-1.0, 1])).tolist() == [0, 1]
    assert files(tmp_path) == ["relu_backward"]


def test_a_composite_is_kept_with_the_learners_parts(notebook, capsys):
    notebook(AFFINE + RELU)
    notebook("from backprop.layers import affine_forward\nfrom backprop.activations import relu_forward as bend")
    notebook("import numpy as np")
    notebook(
        """
        def softmax_loss(x, y):
            p = np.exp(x - x.max(1, keepdims=True))
            p /= p.sum(1, keepdims=True)
            dx = p.copy()
            dx[range(len(x)), y] -= 1
            return -np.log(p[range(len(x)), y]).mean(), dx / len(x)

        def two_layer_loss(x, y, params):
            out, a = affine_forward(x, params["w1"], params["b1"])
            out, r = bend(out)
            out, c = affine_forward(out, params["w2"], params["b2"])
            loss, dout = softmax_loss(out, y)
            dout, dw2, db2 = affine_backward(dout, c)
            _, dw1, db1 = affine_backward(relu_backward(dout, r), a)
            return loss, {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}
        """
    )
    notebook('check("two_layer_loss")')
    assert "6 of 6 points" in capsys.readouterr().out
    text = kept._file(find_exercise("two_layer_loss")).read_text()
    assert "from backprop.activations import relu_forward as bend" in text and "def flat(x)" in text
    assert mine.two_layer_loss.__globals__["affine_backward"] is not layers.affine_backward


@pytest.mark.parametrize(
    "needs, why",
    [
        ("TABLE = np.zeros((2, 3))", "it uses `TABLE`, which is a ndarray; make it part of the function"),
        ("class TABLE: pass", "it uses `TABLE`, which is a type"),
        ("TABLE = [1, 2]\nTABLE.append(TABLE)", "it uses `TABLE`, which is a list"),
    ],
)
def test_what_cannot_be_written_down_is_said_and_costs_nothing(notebook, tmp_path, capsys, needs, why):
    notebook("import numpy as np\n" + needs)
    notebook("def relu_backward(dout, cache):\n    TABLE\n    return dout * (cache > 0)")
    notebook('check("relu_backward")')
    said = capsys.readouterr().out
    assert "2 of 2 points" in said and f"Right, but not kept as `mine.relu_backward`: {why}" in said
    assert not (tmp_path / "home" / "mine").exists()


def test_a_function_that_is_right_only_here_is_not_kept(notebook, capsys):
    notebook("seen = []")
    notebook("def relu_backward(dout, cache):\n    return dout * (cache > 0) * bool(globals().get('check'))")
    notebook('check("relu_backward")')
    assert "not kept as `mine.relu_backward`: by itself it does not hold" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_stops_nobody(notebook, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BACKPROP_HOME", str(tmp_path / "file" / "home"))
    notebook(RELU)
    notebook('check("relu_backward")')
    said = capsys.readouterr().out
    assert "2 of 2 points" in said and "the file could not be written" in said


def test_a_changed_exercise_asks_again(notebook, monkeypatch, capsys):
    notebook(RELU)
    notebook('check("relu_backward")')
    exercise = find_exercise("relu_backward")
    assert progress.of(exercise).points == 2
    monkeypatch.setattr(exercise, "points", dict(dx=2, more=1))
    assert progress.of(exercise).points == 0 and mine.relu_backward is activations.relu_backward


def test_a_spoiled_file_is_the_librarys_again(notebook, capsys):
    notebook(RELU)
    notebook('check("relu_backward")')
    kept._file(find_exercise("relu_backward")).write_text("retrun")
    capsys.readouterr()
    assert mine.relu_backward is activations.relu_backward
    assert "the file kept of yours raised NameError" in capsys.readouterr().out


def test_mine_knows_the_library_and_says_what_it_does_not_know():
    assert mine.affine_forward is layers.affine_forward
    with pytest.raises(
        AttributeError, match="neither an exercise nor the library has 'affin'; exercises ask for: .*affine_"
    ):
        mine.affin
    assert "two_layer_loss" in dir(mine) and "name_the_bug" not in dir(mine)


def test_the_state_of_a_lesson(notebook, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / f"{LESSON.name}.ipynb"))
    total = sum(e.counts for e in LESSON.exercises)
    notebook("check()")
    said = capsys.readouterr().out
    assert f"{LESSON.name}: 0 of {total:g} points" in said and "Next: affine_backward" in said
    notebook(AFFINE.replace("AXIS = 0", "AXIS = 1"))
    notebook('check("affine_backward")')
    notebook(AFFINE)
    notebook('check("affine_backward")\ncheck("affine_backward")')
    capsys.readouterr()
    notebook("check()")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{LESSON.name}: 6 of {total:g} points"
    assert lines[1].split() == [
        "✓",
        "affine_backward",
        "6",
        "of",
        "6",
        "points,",
        "2",
        "checks,",
        "1",
        "with",
        "its",
        "reason",
    ]
    assert lines[-1] == "Next: relu_backward"
    course = dict(zip([lesson.name for lesson in lessons()], progress.course(), strict=True))
    assert course[LESSON.name] == f"{LESSON.name}  6 of {total:g} points; next: relu_backward"


def test_an_unwritten_exercise_is_no_check_that_counts(notebook):
    notebook("def relu_backward(dout, cache):\n    raise NotImplementedError")
    notebook('check("relu_backward")')
    assert progress.of(find_exercise("relu_backward")).checks == 0


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"version": 1}', '{"version": "x", "points": "many"}', "\0"])
def test_a_spoiled_state_counts_as_none(notebook, tmp_path, content):
    path = tmp_path / "home" / "progress" / "relu_backward.json"
    path.parent.mkdir(parents=True)
    path.write_text(content)
    assert progress.of(find_exercise("relu_backward")).points == 0
    notebook(RELU)
    notebook('check("relu_backward")')
    assert progress.of(find_exercise("relu_backward")).points == 2


def test_the_lesson_is_found_by_the_notebook_or_by_the_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.chdir(tmp_path)
    assert progress.lesson_here({}) is None
    assert progress.lesson_here({"__vsc_ipynb_file__": f"/a/{LESSON.name}.ipynb"}) == LESSON
    monkeypatch.setenv("JPY_SESSION_NAME", f"{LESSON.name}/renamed.ipynb")
    assert progress.lesson_here({}) == LESSON
    (tmp_path / LESSON.name).mkdir()
    monkeypatch.chdir(tmp_path / LESSON.name)
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert progress.lesson_here({}) == LESSON
