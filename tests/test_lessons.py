"""Numbers in a lesson's text agree with the code beside it."""

import json

import numpy as np

from autograder import build
from autograder.lesson import find_lesson
from backprop import activations, layers, losses


def test_04_counts_what_nudging_costs():
    weights = 784 * 256 + 256 + 256 * 10 + 10
    assert f"{2 * weights:,} forward passes" in find_lesson("04").text


def names_of(lesson):
    """The names that stand after every code cell of a lesson's solution has run."""
    namespace = {}
    for cell in json.loads(build.render(lesson))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), namespace)
    return namespace


def test_04_works_its_example_by_hand():
    lesson = find_lesson("04")
    x, w, b, dout = (names_of(lesson)[name] for name in ("x", "w", "b", "dout"))
    dx, dw, db = layers.affine_backward(dout, layers.affine_forward(x, w, b)[1])
    assert "The first column of `dout` is 1, 2, 0" in lesson.text and dout[:, 0].tolist() == [1, 2, 0]
    assert "\nThree: the bias was copied to every row" in lesson.text and db[0] == 3
    assert r"`dw[0, 0]` is $1 \cdot 1 + 3 \cdot 2 + 5 \cdot 0 = 7$" in lesson.text and dw[0, 0] == 7
    assert x[:, 0].tolist() == [1, 3, 5]


def test_04_says_what_the_relu_does():
    text = find_lesson("04").text
    assert "The input is −3 and `dout` is 7" in text and "np.array([-3.0, 5.0])" in text
    dx = activations.relu_backward(np.array([7.0, -2.0]), np.array([-3.0, 5.0]))
    assert dx.tolist() == [0.0, -2.0]
    assert "Three times ten" in text and "x, w, b, dout = 3.0, -2.0, 0.5, 10.0" in text


def test_04_staged_help_is_right():
    (exercise,) = [e for e in find_lesson("04").exercises if e.id == "affine_backward"]
    dx, dw, db = layers.affine_backward(
        np.array([[10.0]]), layers.affine_forward([[1.0, 2.0]], [[3.0], [4.0]], np.zeros(1))[1]
    )
    assert (dx[0, 0], dw[1, 0], db[0]) == (30, 20, 10)
    assert "dx[0, 0] = 30; w[1, 0] is multiplied by 2, so dw[1, 0] = 20; db[0] = 10" in exercise.help[-1]


def test_04_says_where_the_way_back_starts():
    text = find_lesson("04").text
    loss, dx = losses.softmax_loss(np.zeros((1, 2)), np.array([0]))
    assert "the rate is −0.5. The other score has the rate +0.5" in text and dx.tolist() == [[-0.5, 0.5]]
    (exercise,) = [e for e in find_lesson("04").exercises if e.id == "softmax_loss"]
    assert "the loss is log 2 = 0.693, and dx = [-0.5, 0.5]" in exercise.help[-1] and round(loss, 3) == 0.693
