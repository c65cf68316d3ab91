"""The chain rule on numbers: by hand, against each other, and at depth."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop import chain

DIAMOND = [("a", "b", 2.0), ("a", "c", 3.0), ("b", "d", 4.0), ("c", "d", 5.0), ("d", "e", 10.0), ("a", "side", 7.0)]


def test_central_difference_of_what_is_known():
    assert chain.central_difference(lambda x: x**2, 3.0) == pytest.approx(6, rel=1e-9)
    assert chain.central_difference(math.sin, 1.0, h=1e-4) == pytest.approx(math.cos(1), rel=1e-8)
    assert chain.central_difference(lambda x: x**3, 0.0, h=0.1) == pytest.approx(0.01)  # h² f'''/6
    with pytest.raises(ValueError, match="^h is 0"):
        chain.central_difference(math.sin, 1.0, h=0)


@pytest.mark.parametrize("x", [-0.4, 0.0, 1 / 3, 0.9])
def test_chain_of_three(x):
    value, slope = chain.chain_of_three(x)
    assert value == pytest.approx(math.exp(-((3 * x - 1) ** 2)))
    assert slope == pytest.approx(chain.central_difference(lambda x: chain.chain_of_three(x)[0], x), abs=1e-9)


def test_sums_over_paths_by_hand():
    assert chain.sum_over_paths(DIAMOND, "a", "d") == 2 * 4 + 3 * 5
    assert chain.sum_over_paths(DIAMOND, "a", "e") == 230
    assert chain.sum_over_paths(DIAMOND, "d", "a") == 0 and chain.sum_over_paths(DIAMOND, "c", "c") == 1
    assert chain.sum_over_paths([("x", "y", 1.0), ("x", "y", 1.0)], "x", "y") == 2  # x + x


def test_one_sweep_by_hand():
    totals = {"a": 23, "b": 4, "c": 5, "d": 1, "e": 0, "side": 0}
    assert chain.reverse_accumulate(DIAMOND, "d") == totals
    assert chain.reverse_accumulate([], "alone") == {"alone": 1}


@settings(max_examples=25, deadline=None, database=None)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(-3, 3)), max_size=14))
def test_one_sweep_finds_the_sums_over_all_paths(edges):
    edges = [(min(a, b), max(a, b), slope) for a, b, slope in edges if a != b]
    totals = chain.reverse_accumulate(edges, 6)
    assert totals == {node: chain.sum_over_paths(edges, node, 6) for node in totals}
    assert set(totals) == {node for a, b, _ in edges for node in (a, b)} | {6}


def test_a_node_stands_behind_its_parents():
    links = {"d": [("b", 1), ("c", 1), ("b", 2)], "c": [("a", 1), ("b", 1)], "b": [("a", 1)], "other": [("d", 1)]}
    assert chain.topological_order(links, "d") == ["a", "b", "c", "d"]
    assert chain.topological_order({}, "d") == ["d"]


@pytest.mark.parametrize("links", [{1: [(1, 0)]}, {1: [(2, 0)], 2: [(3, 0)], 3: [(2, 0)]}])
def test_a_circle_is_named(links):
    with pytest.raises(ValueError, match="the links run in a circle through"):
        chain.topological_order(links, 1)
    edges = [(parent, child, 1.0) for child, parents in links.items() for parent, _ in parents]
    with pytest.raises(ValueError, match="circle"):
        chain.reverse_accumulate(edges, 1)


def test_depth_is_no_limit():
    edges = [(i, i + 1, 1.0) for i in range(20_000)] + [(i, i + 1, 0.5) for i in range(20)]
    assert chain.reverse_accumulate(edges, 20_000)[0] == pytest.approx(1.5**20)


def test_a_check_tells_right_gradients_from_wrong_ones():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 2))
    f, df = lambda x: np.sum(np.sin(x) * x), np.cos(x) * x + np.sin(x)
    before = x.copy()
    assert max(chain.check_gradient(f, x, df, rng) for _ in range(20)) < 1e-7
    wrong = df.copy()
    wrong[1, 1] *= 1.01
    assert max(chain.check_gradient(f, x, wrong, rng) for _ in range(20)) > 1e-4
    assert chain.check_gradient(f, x, -df, rng) == pytest.approx(1)
    assert (x == before).all()
    with pytest.raises(ValueError, match=r"^df has shape \(3,\); x of shape \(3, 2\) needs df \(3, 2\)"):
        chain.check_gradient(f, x, df[:, 0], rng)
