"""What lesson 04 says in words, captions and staged help agrees with the code beside it."""

import json
import re

import numpy as np
import pytest

from autograder.lesson import find_exercise, find_lesson
from backprop import activations, data, layers, losses, network
from tests.lessons.reading import names_of, rendered, words_of


def test_fills_its_picture():
    """Values, gradients and caption of the worked network, against the reference and against nudging."""
    lesson = find_lesson("04")
    names = names_of(lesson, until="def affine_backward")
    params = {name: names[name] for name in ("w1", "b1", "w2", "b2")}
    loss, grads = network.two_layer_loss(names["x"][None], np.array([names["y"]]), params)
    svg = (lesson.released.parent / "figures" / "network.svg").read_text().replace("−", "-")
    shown = {kind: re.findall(rf'class="{kind}".*?>([-\d.]+)<', svg) for kind in ("value", "gradient")}
    _, values, gradients = svg.partition('class="gradient matrix"')[0].partition('class="value matrix"')
    matrices = {"value": gradients, "gradient": svg.partition('class="gradient matrix"')[2]}
    numbers = {kind: [float(v) for v in re.findall(r">([-\d.]+)<", text)] for kind, text in matrices.items()}
    order = ("w1", "b1", "w2", "b2")
    assert numbers["value"] == [float(v) for name in order for v in params[name].ravel()]
    np.testing.assert_allclose(numbers["gradient"], [v for name in order for v in grads[name].ravel()], atol=1e-9)
    assert [float(v) for v in shown["value"]] == [1, 2, 3, -1, 1, 3, 0, 1, 2, 2, 0.6931] and round(loss, 4) == 0.6931
    assert [float(v) for v in shown["gradient"]] == [-2, 1, -0.5, 0, 1.5, -0.5, -1.5, 1.5, -0.5, 0.5, 1]
    assert names["h"][1] == 0 and not grads["w1"][:, 1].any() and not grads["w2"][1].any()


def test_says_what_its_cells_show():
    words, names = words_of(find_lesson("04")), names_of(find_lesson("04"), until="x_train, y_train")
    assert "The second gets −1, which is negative" in words and "each class gets 0.5" in words
    assert "So `dw2[0, 1]` = 3 · 0.5 = 1.5" in words and "`dx[0]` = 1 · −0.5 + 2 · 0 + −1 · 1.5 = −2" in words
    assert "one gradient costs 407,060 forward passes" in words
    assert "is −1 · 1.5 = −1.5 instead of −2" in words.replace("left: −1", "is −1")
    assert "At rate 3: the bias was copied to every row" in words
    assert "`dw[0, 0]` is 1 · 1 + 3 · 2 + 5 · 0 = 7" in words
    dx = activations.relu_backward(np.array([7.0, -2.0]), np.array([-3.0, 5.0]))
    assert "The input is −3 and `dout` is 7" in words and dx.tolist() == [0.0, -2.0]
    assert "The right class has a third, and two thirds are missing: the rate is −0.6667" in words
    np.testing.assert_allclose(losses.softmax_loss(np.zeros((1, 3)), np.array([0]))[1], [[-2 / 3, 1 / 3, 1 / 3]])
    assert names["w2"].max() == names["w2"][1, 0] == 2 and "none is larger" in words
    assert "1,797 handwritten digits" in words and "360 of them kept aside" in words


def test_lets_all_suspects_pass_a_test_of_ones():
    names = names_of(find_lesson("04"), until="def telling_inputs")
    assert names["passed"] == [True] * 6 and "All of them. Where every entry is the same" in words_of(find_lesson("04"))


def test_reads_the_digits():
    """At least 95 in a hundred, with the cells of the lesson, of digits that were kept aside."""
    names = {"np": np, "data": data, "mine": network, "guess": lambda *_, **__: None}
    for cell in json.loads(rendered(find_lesson("04")))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and ("x_train, y_train" in source or "share =" in source):
            exec(source, names)
    assert names["share"] >= 0.95 and "About 97 in a hundred" in words_of(find_lesson("04"))


@pytest.mark.parametrize(
    "exercise, function, says",
    [
        ("affine_backward", None, "dx[0, 0] = 30; w[1, 0] is multiplied by 2, so dw[1, 0] = 20; db[0] = 10"),
        ("softmax_loss", lambda: losses.softmax_loss(np.zeros((1, 2)), [0]), "0.693, and dx = [-0.5, 0.5]"),
        ("mse_loss", lambda: losses.mse_loss(np.array([3.0, 0]), np.array([1.0, 1])), "2.5, and dx = [2, -1]"),
        ("svm_loss", lambda: losses.svm_loss([[1.0, 3, -2]], [0]), "the loss is 3, and dx = [-1, 1, 0]"),
    ],
)
def test_staged_help_is_right(exercise, function, says):
    assert says in find_exercise(exercise).help[-1]
    if function:
        loss, dx = function()
        assert f"{loss:.3g}" in says and json.dumps([float(f"{v:g}") for v in np.ravel(dx)]).replace(".0", "") in says
    else:
        cache = layers.affine_forward([[1.0, 2.0]], [[3.0], [4.0]], np.zeros(1))[1]
        dx, dw, db = layers.affine_backward(np.array([[10.0]]), cache)
        assert (dx[0, 0], dw[1, 0], db[0]) == (30, 20, 10)
