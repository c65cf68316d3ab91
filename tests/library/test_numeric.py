"""Gradient checks: how accurate they are, how much they cost, what they miss and what they never blame."""

import numpy as np
import pytest

from backprop import numeric

RNG = np.random.default_rng(0)
X, W = RNG.normal(size=(6, 5)), RNG.normal(size=(5, 4))
DF = RNG.normal(size=(6, 4))


def smooth(x):
    """Batch norm, affine, tanh: entries that depend on each other. Takes complex numbers."""
    centred = x - x.mean(axis=0)
    return np.tanh(centred / np.sqrt((centred * centred).mean(axis=0) + 0.01) @ W)


TRUE = numeric.complex_step(smooth, X, DF)


def test_numeric_gradient_of_what_is_known():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3))
    np.testing.assert_allclose(numeric.gradient(lambda x: np.sum(x**3), x), 3 * x**2, rtol=1e-8)
    np.testing.assert_allclose(numeric.gradient(np.sin, x, df=2.0), 2 * np.cos(x), rtol=1e-8)
    direction = rng.normal(size=(2, 3))
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


def test_complex_step_is_exact():
    x = RNG.normal(size=(2, 3))
    np.testing.assert_allclose(numeric.complex_step(np.exp, x, df=x), x * np.exp(x), rtol=4e-16)
    np.testing.assert_allclose(numeric.complex_step(lambda x: np.sum(x**3), x), 3 * x**2, rtol=4e-16)
    np.testing.assert_array_equal(numeric.complex_step(lambda x: np.maximum(x, 0), x), x > 0)
    np.testing.assert_array_equal(numeric.complex_step(lambda x: x * x, [1, 2, 3]), [2.0, 4.0, 6.0])


def test_complex_step_notices_that_the_imaginary_part_is_dropped():
    with pytest.raises(TypeError, match="f returned float64 for complex x"):
        numeric.complex_step(np.abs, X)


@pytest.mark.parametrize("h, accuracy", [(1e-4, 1e-6), (1e-5, 1e-8), (1e-6, 1e-7)])
def test_central_differences_are_as_accurate_as_documented(h, accuracy):
    assert numeric.relative_error(numeric.gradient(smooth, X, DF, h=h), TRUE) < accuracy


def test_jacobian():
    x = RNG.normal(size=5)
    np.testing.assert_allclose(numeric.numeric_jacobian(lambda x: W.T @ x, x), W.T, rtol=1e-8)
    np.testing.assert_allclose(numeric.numeric_jacobian(lambda x: x @ x, x), 2 * x, rtol=1e-8)
    jacobian = numeric.numeric_jacobian(smooth, X)
    assert jacobian.shape == (6, 4, 6, 5)
    np.testing.assert_allclose(np.tensordot(DF, jacobian, 2), TRUE, rtol=1e-6, atol=1e-8)
    with pytest.raises(TypeError, match="use float64"):
        numeric.numeric_jacobian(lambda x: x, np.arange(3))


def test_a_right_gradient_is_called_right():
    errors = [numeric.directional_error(smooth, X, TRUE, np.random.default_rng(seed), DF) for seed in range(300)]
    assert max(errors) < 1e-8


def test_an_error_is_measured_in_units_of_the_norm():
    """e . u is Gaussian with standard deviation ||e||: the root mean square over directions is ||e|| / ||dx||."""
    wrong = TRUE + 1e-4 * np.linalg.norm(TRUE) * np.eye(6, 5) / np.sqrt(5)
    rng = np.random.default_rng(1)
    errors = [numeric.directional_error(smooth, X, wrong, rng, DF, directions=1) for _ in range(2000)]
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(1e-4, rel=0.05)


@pytest.mark.parametrize("where", ["one entry", "two equal entries", "all entries"])
def test_the_chance_to_miss_is_what_the_docstring_says(where):
    """Per direction erf(line / (sqrt 2 error)); the third power of that at 1e-4 and 1e-7 is 5.1e-10.

    Nobody can draw 1e10 times, so the law is tested where it can be seen, at lines 100 to 3000 times higher.
    """
    error = {"one entry": np.eye(1, 30), "two equal entries": np.eye(1, 30) + np.eye(1, 30, 7)}.get(
        where, RNG.normal(size=30)
    )
    wrong = TRUE + 1e-4 * np.linalg.norm(TRUE) * (error / np.linalg.norm(error)).reshape(6, 5)
    rng = np.random.default_rng(2)
    seen = np.array([numeric.directional_error(smooth, X, wrong, rng, DF, directions=1) for _ in range(3000)])
    for line in (1e-5, 3e-5, 1e-4, 3e-4):
        z = line / 1e-4
        expected = np.mean(np.abs(np.random.default_rng(3).standard_normal(200_000)) < z)
        spread = np.sqrt(expected * (1 - expected) / len(seen))
        assert abs(np.mean(seen < line) - expected) < 4 * spread + 0.003
    assert (2e-3 / np.sqrt(2 * np.pi)) ** 3 < 1e-9


def test_a_check_costs_thirteen_calls():
    calls = []
    numeric.directional_error(lambda x: calls.append(1) or smooth(x), X, TRUE, np.random.default_rng(0), DF)
    assert len(calls) == 13


@pytest.mark.parametrize("width", [20, 200])
def test_right_code_is_never_blamed_for_its_kinks(width):
    rng = np.random.default_rng(3)
    for _ in range(100):
        x, w, df = rng.normal(size=(8, 10)), rng.normal(size=(10, width)), rng.normal(size=(8, width))
        dx = (df * (x @ w > 0)) @ w.T
        assert numeric.directional_error(lambda x: np.maximum(x @ w, 0), x, dx, rng, df, h=1e-3 / width) < 1e-7


def test_a_point_on_a_kink_is_told():
    x = X.copy()
    x[2, 3] = 0.0
    with pytest.raises(ValueError, match="f has a kink at x"):
        numeric.directional_error(lambda x: np.maximum(x, 0), x, (x > 0) * 1.0, np.random.default_rng(0))


def test_zeros():
    rng = np.random.default_rng(0)
    assert numeric.directional_error(smooth, X, 0 * X, rng, DF) > 0.01
    assert numeric.directional_error(smooth, X, np.nan * X, rng, DF) == np.inf
    assert numeric.directional_error(lambda x: 0 * x, X, 0 * X, rng) == 0.0
    assert numeric.directional_error(lambda x: x - x.mean(axis=0), X, 1e-17 * X, rng) < 1e-7  # the true one is 0
    with pytest.raises(ValueError, match=r"dx has shape \(6, 4\) but x has shape \(6, 5\)"):
        numeric.directional_error(smooth, X, DF, rng)
    with pytest.raises(TypeError, match="use float64"):
        numeric.directional_error(smooth, np.arange(3), np.arange(3), rng)
