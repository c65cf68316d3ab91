"""What lesson 01 says in words, captions and staged help agrees with the code beside it."""

import math
import re
from fractions import Fraction

import numpy as np
import pytest

from autograder import examiner
from autograder.lesson import find_exercise, find_lesson
from backprop import chain, numeric
from tests.lessons.reading import names_of, words_of


def test_draws_its_curves_as_measured():
    """Two letters V: where each is lowest, by how much, and with which slopes."""
    words, steps = words_of(find_lesson("01")), [float(f"1e-{k}") for k in range(17)]
    one = [abs(((1.3 + h) * (1.3 + h) * (1.3 + h) - 1.3 * 1.3 * 1.3) / h - 3 * 1.3**2) for h in steps]
    two = [abs(chain.central_difference(lambda x: x * x * x, 1.3, h) - 3 * 1.3**2) for h in steps]
    svg = (find_lesson("01").released.parent / "figures" / "steps.svg").read_text()
    for drawn, errors in zip(re.findall(r'points="(.*?)"', svg), (one, two), strict=True):
        places = [[float(v) for v in place.split(",")] for place in drawn.split()]
        expected = [[750 + 40 * np.log10(h), 75 - 20 * np.log10(error)] for h, error in zip(steps, errors)]
        np.testing.assert_allclose(places, expected, atol=0.51)
    assert int(np.argmin(one)) == 8 and int(np.argmin(two)) == 5
    assert 50 < one[8] / two[5] < 200 and "where its error is a hundredth of that" in words
    np.testing.assert_allclose(one[:5], [3.9 * h + h * h for h in steps[:5]], rtol=1e-3)
    np.testing.assert_allclose(two[:4], [h * h for h in steps[:4]], rtol=1e-3)
    assert all(1e-17 / h < error < 3e-15 / h for h, error in zip(steps[9:16], one[9:16]))
    assert 1.3 + 1e-16 == 1.3 and one[16] == pytest.approx(3 * 1.3**2) and "`1.3 + 1e-16` *is* 1.3" in words
    assert "the neighbour of 1.3 is 2.2e−16 away" in words and "about five times as far as its input: 5.07" in words
    assert (2**-53 * 1.3**3 / (3 * 1.3)) ** 0.5 == pytest.approx(1e-8, rel=0.5) and "near $h = 10^{-8}$" in words


def test_multiplies_along_its_chain():
    names, words = names_of(find_lesson("01"), until="def chain_of_three"), words_of(find_lesson("01"))
    assert (names["a"], names["b"], names["c"]) == (2, 4, 2)
    assert "becomes 0.02 in `a`, 0.08 in `b`, and −0.04 in `c`" in words
    assert "= −0.5 \\cdot 4 \\cdot 2 = −4 ." in words
    assert 8 / (2 * 1.51 - 1) ** 2 - 2 == pytest.approx(-0.04, rel=0.02)
    svg = (find_lesson("01").released.parent / "figures" / "chain.svg").read_text()
    for said in (">slope 2<", ">slope 4<", ">slope −0.5<", ">+0.02<", ">+0.08<", ">−0.04<", "2 · 4 · −0.5 = −4"):
        assert said in svg


def test_adds_over_its_paths():
    words = words_of(find_lesson("01"))
    edges = [("x", "out", 4 * 0.7), ("x", "v", -1.0), ("v", "out", 4 * 0.3)]
    assert chain.sum_over_paths(edges, "x", "out") == pytest.approx(1.6) and "2.8 − 1.2 = 1.6" in words
    svg = (find_lesson("01").released.parent / "figures" / "paths.svg").read_text()
    for said in (">0.3<", ">0.7<", ">0.84<", "4v = 2.8", "4x = 1.2", "together 1.6"):
        assert said in svg
    cube = [("x", "xxx", 1.7**2)] * 3
    assert chain.sum_over_paths(cube, "x", "xxx") == pytest.approx(chain.cube_slope(1.7))


def test_counts_what_explodes():
    """As many paths as places in the formula; and the one sweep that replaces them, against two witnesses."""
    names, words = names_of(find_lesson("01"), until="def relative_error"), words_of(find_lesson("01"))
    for stages in (1, 2, 3, 10):
        assert names["written_out"](stages).count("x") == 2**stages
        assert chain.sum_over_paths(names["stages_in_a_row"](stages), 0, stages) == 2**stages
    assert "its formula has 1,048,576 places" in words and "Twenty factors in place of 1,048,576 products" in words
    assert "would take 40 million million years, three thousand times" in words
    assert 2**100 / 1e9 / 3.156e7 == pytest.approx(3000 * 1.38e10, rel=0.1)
    angle = np.arcsin(np.sqrt(0.3))  # after n stages the value is sin²(2ⁿ angle)
    closed = 2**20 * np.sin(2 * 2**20 * angle) / np.sin(2 * angle)
    assert names["slope"] == pytest.approx(closed, rel=1e-8) and "moves 535,778 times as fast" in words
    assert names["witness"] * names["slope"] < 0 and "Even the sign is wrong" in words
    exact, place = Fraction(1), Fraction(0.3)
    for _ in range(20):
        place, exact = (4 * place * (1 - place)).limit_denominator(10**60), exact * 4 * (1 - 2 * place)
    assert 1e-11 < abs(names["slope"] / float(exact) - 1) < 1e-9 and "stretch it into the tenth digit" in words
    assert abs(names["program"](0.3 + 1e-30j, 20).imag / 1e-30 / names["slope"] - 1) < 1e-13
    nudged = [chain.central_difference(lambda x: names["program"](x, 20), 0.3, 10.0**-k) for k in range(5, 14)]
    assert 1e-8 < min(abs(each / names["slope"] - 1) for each in nudged) < 1e-6 and "kept seven" in words


def test_draws_the_line_of_its_checker():
    """Right claims below 1e-8, claims wrong in one of ten thousand entries above 1e-5, in a hundred directions."""
    names = names_of(find_lesson("01"), until="# Take away the #. Which gradients")
    assert names["errors"][0] < 1e-9 and names["errors"][1] == pytest.approx(7e-4, rel=0.1)
    for claim, holds in ((names["right"], lambda e: e < 1e-8), (names["wrong"], lambda e: e > 1e-5)):
        for seed in range(100):
            rng, x = np.random.default_rng(seed), names["x"]
            assert holds(chain.check_gradient(lambda x: np.sin(x).sum(), x, claim, rng))
    assert "near $10^{-11}$; the wrong one by 7e−04" in words_of(find_lesson("01"))


def test_is_witnessed():
    """Every reference of the lesson against something that is computed in another way."""
    for draw in examiner.draws(find_exercise("sum_over_paths"), examiner.public_seed, for_marks=True):
        nodes = sorted({str(node) for here, there, _ in draw.inputs["edges"] for node in (here, there)})
        slopes = np.zeros((len(nodes), len(nodes)))
        for here, there, slope in draw.inputs["edges"]:
            slopes[nodes.index(str(here)), nodes.index(str(there))] += slope
        walks = np.linalg.inv(np.eye(len(nodes)) - slopes)  # 1 + A + A² + …: paths of every length
        total = walks[nodes.index(str(draw.inputs["start"])), nodes.index(str(draw.inputs["end"]))]
        np.testing.assert_allclose(draw.expected["total"], total, atol=1e-9)
    for draw in examiner.draws(find_exercise("chain_of_three"), examiner.public_seed, for_marks=True):
        slope = numeric.complex_step(lambda x: np.exp(-((3 * x - 1) ** 2)), np.array(draw.inputs["x"], ndmin=1))
        np.testing.assert_allclose(np.ravel(draw.expected["slope"]), slope.ravel(), rtol=1e-7)
    for draw in examiner.draws(find_exercise("relative_error"), examiner.public_seed, for_marks=True):
        a, b = (np.ravel(draw.inputs[name]).tolist() for name in "ab")
        size = math.hypot(*a) + math.hypot(*b)
        apart = math.hypot(*(p - q for p, q in zip(a, b)))
        assert float(draw.expected["error"]) == pytest.approx(apart / size if size else 0)


@pytest.mark.parametrize(
    "exercise, computes, says",
    [
        ("central_difference", lambda: chain.central_difference(lambda x: x * x, 3, 0.5) == 6, "so the slope is 6"),
        ("chain_of_three", lambda: 2 * (2 * 2) * (1 / 5) == 1.6, "The slope of the whole is 2 · 4 · 1/5 = 1.6"),
        (
            "sum_over_paths",
            lambda: chain.sum_over_paths([("p", "q", 2), ("p", "r", 5), ("q", "s", 3), ("r", "s", -1)], "p", "s") == 1,
            "2 · 3 + 5 · -1 = 1",
        ),
        (
            "relative_error",
            lambda: math.isclose(numeric.relative_error([3, 4], [0, 4]), 1 / 3),
            "The error is 3/9 = 1/3",
        ),
        ("check_gradient", lambda: math.isclose(numeric.relative_error(2, 4), 1 / 3), "|2 - 4| / (2 + 4) = 1/3"),
        (
            "numeric_gradient",
            lambda: np.allclose(chain.numeric_gradient(np.prod, np.array([2.0, 5.0])), [5, 2]),
            "the gradient is [5, 2]",
        ),
    ],
)
def test_staged_help_is_right(exercise, computes, says):
    assert says in find_exercise(exercise).help[-1] and computes()
