"""Gradients by nudging, against what is known."""

import numpy as np
import pytest

from backprop import numeric

RNG = np.random.default_rng(0)


def test_numeric_gradient_of_what_is_known():
    x = RNG.normal(size=(2, 3))
    np.testing.assert_allclose(numeric.gradient(lambda x: np.sum(x**3), x), 3 * x**2, rtol=1e-8)
    np.testing.assert_allclose(numeric.gradient(np.sin, x, df=2.0), 2 * np.cos(x), rtol=1e-8)
    direction = RNG.normal(size=(2, 3))
    np.testing.assert_allclose(numeric.slope(np.sin, x, direction), np.sum(np.cos(x) * direction), rtol=1e-8)


def test_x_is_not_modified():
    x = RNG.normal(size=(2, 3))
    before = x.copy()
    numeric.gradient(lambda x: x**2, x)
    assert np.array_equal(x, before)


def test_integers_cannot_be_nudged():
    with pytest.raises(TypeError, match="x has type int64.*use float64"):
        numeric.gradient(lambda x: x, np.arange(3))


def test_relative_error():
    assert numeric.relative_error([3.0, 4.0], [3.0, 4.0]) == 0.0
    assert numeric.relative_error([0.0], [0.0]) == 0.0
    assert numeric.relative_error([1.0], [-1.0]) == 1.0
    with pytest.raises(ValueError, match=r"a has shape \(1,\) but b has shape \(2,\)"):
        numeric.relative_error([1.0], [1.0, 2.0])
