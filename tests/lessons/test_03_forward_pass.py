"""What lesson 03 says in words, captions and staged help agrees with the code beside it."""

import math
import re
from functools import cache

import numpy as np
import pytest

from autograder import examiner
from autograder.choices import find_quiz
from autograder.lesson import find_exercise, find_lesson
from backprop import activations, data, layers, losses, network
from tests.lessons.reading import names_of, words_of


@cache
def names():
    return names_of(find_lesson("03"))


@cache
def words():
    return words_of(find_lesson("03"))


def picture(name):
    return (find_lesson("03").released.parent / "figures" / name).read_text().replace("−", "-")


def test_shows_a_picture_on_its_way():
    """The pixels, the bars and the loss of the first picture, against the library."""
    svg, (pixels, labels, _, _) = picture("forward.svg"), data.digits()
    opacities = re.findall(r'width="14" height="14" opacity="([\d.]+)"', svg)
    np.testing.assert_allclose(np.array(opacities, float), pixels[0], atol=0.006)
    assert re.findall(r'x="([\d]+)" y="([\d]+)" width="14"', svg)[9] == ("54", "98"), "row by row"
    small = names()["small"]
    p = losses.softmax(network.two_layer_scores(pixels[:1], small))[0]
    bars = re.findall(r'width="([\d.]+)" height="12" rx="2"', svg)
    np.testing.assert_allclose(np.array(bars, float) / 600, p, atol=1e-3)
    assert (np.abs(p - 0.1) < 0.03).all() and "every class gets about a tenth" in words()
    loss = losses.cross_entropy(network.two_layer_scores(pixels[:1], small), labels[:1])
    assert f">{loss:.2f}<" in svg and abs(loss - 2.30) < 0.02 and "the loss is near 2.30" in words()
    for name, shape in {key: np.shape(value) for key, value in small.items()}.items():
        assert f">{name} {shape}<" in svg


def test_fills_its_network():
    """The numbers of the worked network are those that lesson 04 sends its gradients back through."""
    svg, here, later = picture("network.svg"), names(), names_of(find_lesson("04"), until="def affine_backward")
    for name in ("x", "y", "w1", "b1", "w2", "b2", "a", "h", "s"):
        np.testing.assert_array_equal(here[name], later[name])
    shown = re.findall(r'class="value".*?>([-\d.]+)<', svg)
    assert [float(v) for v in shown] == [1, 2, 3, -1, 1, 3, 0, 1, 2, 2, 0.6931]
    matrices = re.findall(r">([-\d.]+)<", svg.partition('class="value matrix"')[2])
    assert [float(v) for v in matrices] == [v for n in ("w1", "b1", "w2", "b2") for v in np.ravel(here[n])]
    params = {name: here[name] for name in ("w1", "b1", "w2", "b2")}
    scores = network.two_layer_scores(here["x"][None], params)
    assert scores.tolist() == [[2, 2]] and round(losses.cross_entropy(scores, [here["y"]]), 4) == 0.6931
    assert here["a"][1] == -1 and here["h"][1] == 0 and "each class gets 0.5, and the loss is 0.6931" in words()
    assert "Two equal scores, 2 and 2, get 0.5 each" in words()


def test_folds_the_plane_as_drawn():
    """Points, bends and cut of the picture, from the coordinates that it is drawn with."""
    here, unit = names(), 140
    switches, light = here["switches"], here["light"]
    a = layers.affine_forward(switches, here["turn"], np.array([-1.0, -1.0]))[0]
    h = activations.relu_forward(a)[0]
    assert h[0].tolist() == h[3].tolist() == [0, 0] and h[1:3].tolist() == [[0, 1], [1, 0]]
    assert ((h.sum(axis=1) > 0.5) == light).all() and "$h_0 + h_1 = \\frac12$" in words()
    svg = picture("plane.svg")
    circles = re.findall(r'class="(value|hollow)" cx="([\d.]+)" cy="([\d.]+)"', svg)
    drawn = [(kind == "value", float(x), float(y)) for kind, x, y in circles]
    left = {(x, y): on for on, x, y in drawn if x < 400}
    right = {(x, y): on for on, x, y in drawn if x > 400}
    assert left == {(60 + unit * (p + 0.5), 350 - unit * (q + 0.5)): on for (p, q), on in zip(switches, light == 1)}
    assert right == {(480 + unit * (p + 0.5), 350 - unit * (q + 0.5)): on for (p, q), on in zip(h, light == 1)}
    lines = [[float(v) for v in re.split("[ ML]+", d)[1:]] for d in re.findall(r'd="(M[\d.]+ [\d.]+L[\d. ]+)"', svg)]
    for unit_number, (x1, y1, x2, y2) in enumerate(lines[:2]):
        for x, y in ((x1, y1), (x2, y2)):
            place = np.array([(x - 60) / unit - 0.5, (350 - y) / unit - 0.5])
            assert abs((place @ here["turn"] - 1)[unit_number]) < 0.02
    x1, y1, x2, y2 = lines[2]
    assert all(abs((x - 480) / unit - 0.5 + (350 - y) / unit - 0.5 - 0.5) < 0.02 for x, y in ((x1, y1), (x2, y2)))
    scores = network.two_layer_scores(
        switches, dict(w1=here["turn"], b1=[-1.0, -1.0], w2=[[-2.0, 2.0], [-2.0, 2.0]], b2=[1.0, -1.0])
    )
    assert losses.accuracy(scores, light) == 1 and "It is right in all four cases" in words()


def test_asks_its_questions():
    here = names()
    assert here["both"].sum() == 293 and "There are 293 zeros and ones" in words()
    assert (here["says_zero"] != (here["labels"][here["both"]] == 0)).sum() == 6 and "All but 6." in words()
    assert "1 · 2 + 2 · −2 + 1 = −1. Asked of the second: 3 · 2 + −1 · −2 + 1 = 9" in words()
    out = layers.affine_forward(here["rows"], here["w1"], here["b1"])[0]
    assert out[:, 1].tolist() == [-1, 9]
    assert layers.affine_forward(np.ones((100, 8, 8)), np.ones((64, 10)), np.ones(10))[0].shape == (100, 10)
    assert find_quiz("shape_of_the_answers").choices["c"] == "(100, 10)"


def test_no_neuron_says_when_the_light_is_on():
    """Three of four at best; and why: the middle two answers have the same sum as the others."""
    here = names()
    assert here["right"].max() == 3 and "Three, and no search will find four" in words()
    rng = np.random.default_rng(1)
    answers = here["switches"] @ rng.normal(size=(2, 50)) + rng.normal(size=50)
    np.testing.assert_allclose(answers[0] + answers[3], answers[1] + answers[2])


def test_its_explorer_parts_the_classes_with_the_learners_relu():
    from backprop import explore

    scene = explore.plane(activations.relu_forward, seed=7)._scene
    last = scene.counts["training"] - 1
    assert "leaves 100% of the points" in scene.say(scene.knobs | dict(training=last))


def test_overflows_where_it_says_so():
    with np.errstate(all="ignore"):
        for kind, limit in ((np.float64, 709.78), (np.float32, 88.72)):
            assert f"{np.log(np.finfo(kind).max):.2f}" == str(limit)
            assert np.isfinite(np.exp(kind(limit))) and np.isinf(np.exp(kind(limit + 0.01)))
        e = np.exp(np.array([1001.0, 1000.0]))
        assert np.isnan(e / e.sum()).all()
    assert "On paper it is $e/(e + 1)$ = 0.731" in words() and math.e / (math.e + 1) == pytest.approx(0.731, abs=5e-4)
    assert "exponentials 1 and 0.368, and 1/1.368 = 0.731" in words()
    assert "a lead of 1 makes a class 2.72 times as probable" in words()
    eighths = np.random.default_rng(0).integers(-40, 40, size=(5, 4)) / 8
    np.testing.assert_array_equal(losses.softmax(eighths + 1000), losses.softmax(eighths))


@pytest.mark.parametrize(
    "letter, scores, shift",
    [
        ("a", [[5000.0, 4999]], lambda s: 1000),
        ("a", [[-5000.0, -4999]], lambda s: 1000),
        ("b", [[0.0, 3000]], lambda s: s.mean(axis=1, keepdims=True)),
        ("c", [[0.0, 1.0], [1001, 1002]], lambda s: s.max()),
    ],
)
def test_a_wrong_shift_ends_as_its_hint_says(letter, scores, shift):
    scores = np.array(scores)
    with np.errstate(all="ignore"):
        e = np.exp(scores - shift(scores))
        assert np.isnan(e / e.sum(axis=1, keepdims=True)).any() and find_quiz("which_shift").hints[letter]
    assert np.isfinite(losses.softmax(scores)).all() and find_quiz("which_shift").answer == "d"


def test_loses_as_it_says():
    here = names()
    assert "Each time the probability halves, 0.6931 is added" in words() and round(math.log(2), 4) == 0.6931
    small, loud = (network.two_layer_scores(here["pictures"], here[kind]) for kind in ("small", "loud"))
    assert losses.cross_entropy(small, here["labels"]) == pytest.approx(math.log(10), abs=0.02)
    assert "costs $-\\log \\frac1{10}$ = 2.3026" in words()
    np.testing.assert_allclose(loud, 64 * small, rtol=1e-9)
    assert (small.argmax(axis=1) == loud.argmax(axis=1)).all()
    assert f"{losses.cross_entropy(loud, here['labels']):.1f}" == "13.2"
    assert "a loss of 13.2 in place of 2.3." in words() and "the scores are 64 times as large" in words()
    p = losses.softmax([[0.0, 1000.0]])
    assert p.tolist() == [[0, 1]] and losses.cross_entropy([[0.0, 1000.0]], [0]) == 1000
    assert "and $1000 - 0 = 1000$ is the loss" in words()


def test_what_is_added_to_p_is_paid_at_most():
    """The hints of cross_entropy say how much; somebody who is sure and wrong says the same."""
    scores, y = np.array([[0.0, 5000.0]]), np.array([0])
    mistakes = [m for m in find_exercise("cross_entropy").mistakes if m.name.startswith("adds_")]
    assert len(mistakes) == 6
    for mistake in mistakes:
        assert f"pays {mistake.function(scores, y):.1f} at most" in mistake.hint


def test_the_share_is_flat_and_the_loss_is_not():
    here = names()
    assert len(here["shares"]) == 320 and len(set(here["shares"])) == 1 and "None. The share is flat" in words()
    assert "It answers 300 of the nudges" in words() and here["moved"].min() < 0 < here["moved"].max()
    hidden = np.maximum(0, here["pictures"] @ here["small"]["w1"])
    silent = here["moved"].reshape(32, 10) == 0
    assert (silent.all(axis=1) == (hidden.max(axis=0) == 0)).all() and silent.sum() == 20
    assert "The other 20 weights lead out of 2 hidden units that are off for every picture" in words()
    assert "hangs on all 2,410 weights and biases" in words() and sum(map(np.size, here["small"].values())) == 2410


def test_is_witnessed():
    """The references of the losses against loops in Python's own numbers."""
    for draw in examiner.draws(find_exercise("cross_entropy"), examiner.public_seed, for_marks=True):
        each = []
        for row, right in zip(draw.inputs["scores"].tolist(), draw.inputs["y"].tolist()):
            each.append(max(row) + math.log(math.fsum(math.exp(s - max(row)) for s in row)) - row[right])
        assert float(draw.expected["loss"]) == pytest.approx(sum(each) / len(each), rel=1e-6)
    for draw in examiner.draws(find_exercise("softmax"), examiner.public_seed, for_marks=True):
        for row, shares in zip(draw.inputs["scores"].tolist(), draw.expected["p"]):
            with np.errstate(over="ignore"):
                witness = [1 / math.fsum(float(np.exp(other - s)) for other in row) for s in row]
            np.testing.assert_allclose(shares, witness, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize(
    "exercise, computes, says",
    [
        (
            "affine_forward",
            lambda: layers.affine_forward([[1, 2], [0, 3]], [[4], [5]], [6])[0].tolist() == [[20], [21]],
            "so out = [[20], [21]]",
        ),
        (
            "relu_forward",
            lambda: activations.relu_forward([[-2, 5], [0.5, -0.1]])[0].tolist() == [[0, 5], [0.5, 0]],
            "x = [[-2, 5], [0.5, -0.1]] gives out = [[0, 5], [0.5, 0]]",
        ),
        (
            "softmax",
            lambda: np.allclose(losses.softmax([[2000, 2000 + math.log(3)]]), [[0.25, 0.75]]),
            "So p = [0.25, 0.75]",
        ),
        (
            "cross_entropy",
            lambda: [losses.cross_entropy([[3000, 0]], [y]) for y in (1, 0)] == [3000, 0],
            "0 - (-3000) = 3000 is the loss. With class 0 right it would be 0 - 0 = 0",
        ),
        (
            "two_layer_scores",
            lambda: (
                network.two_layer_scores(
                    [[1, 2]], dict(w1=[[1, -1], [1, -1]], b1=[0, 0], w2=[[2], [5]], b2=[1])
                ).tolist()
                == [[7]]
            ),
            "so scores = [[7]]",
        ),
        (
            "mean_squared_error",
            lambda: losses.mean_squared_error([[5, 0], [1, 1]], [[2, 0], [1, 2]]) == 2.5,
            "the loss is 10 / 4 = 2.5",
        ),
        (
            "accuracy",
            lambda: round(losses.accuracy([[1, 4], [3, 2], [0, 5]], [1, 1, 1]), 3) == 0.667,
            "so two of three are right: 0.667",
        ),
    ],
)
def test_staged_help_is_right(exercise, computes, says):
    assert says in find_exercise(exercise).help[-1] and computes()
