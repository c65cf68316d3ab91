"""Activations by hand and at the extremes."""

import math

import numpy as np
import pytest

from backprop import activations
from tests.library.table import PAIRS

NAMES = ["relu", "leaky_relu", "sigmoid", "tanh", "elu", "softplus", "silu", "gelu"]
FAR = np.array([-1000.0, -40.0, 40.0, 1000.0])

# fmt: off
BY_HAND = {  # out and slope at -1 and 2, from the definitions
    "relu":       ([0, 2], [0, 1]),
    "leaky_relu": ([-0.01, 2], [0.01, 1]),
    "sigmoid":    ([1 / (1 + math.e), 1 / (1 + math.e**-2)], [0.196611933241, 0.104993585404]),
    "tanh":       ([-0.761594155956, 0.964027580076], [0.419974341614, 0.070650824853]),
    "elu":        ([1 / math.e - 1, 2], [1 / math.e, 1]),
    "softplus":   ([math.log(1 + 1 / math.e), math.log(1 + math.e**2)], [1 / (1 + math.e), 1 / (1 + math.e**-2)]),
    "silu":       ([-1 / (1 + math.e), 2 / (1 + math.e**-2)], [0.072329488060, 1.090784248786]),
    "gelu":       ([-0.158808009, 1.954597694], [-0.082964084, 1.086099339]),
}
FAR_AWAY = {  # out and slope at FAR
    "relu":       ([0, 0, 40, 1000], [0, 0, 1, 1]),
    "leaky_relu": ([-10, -0.4, 40, 1000], [0.01, 0.01, 1, 1]),
    "sigmoid":    ([0, math.exp(-40), 1, 1], [0, math.exp(-40), 0, 0]),
    "tanh":       ([-1, -1, 1, 1], [0, 0, 0, 0]),
    "elu":        ([-1, -1, 40, 1000], [0, math.exp(-40), 1, 1]),
    "softplus":   ([0, math.exp(-40), 40, 1000], [0, math.exp(-40), 1, 1]),
    "silu":       ([0, -40 * math.exp(-40), 40, 1000], [0, -39 * math.exp(-40), 1, 1]),
    "gelu":       ([0, 0, 40, 1000], [0, 0, 1, 1]),
}
# fmt: on


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NAMES)
def test_far_from_zero_they_are_exact_and_warn_of_nothing(name, dtype):
    """Warnings are errors here. Where exp(-40) is lost beside 1, 1e-15 is allowed; beside 0 it is not."""
    out, cache = PAIRS[name].forward(FAR.astype(dtype))
    dx = PAIRS[name].backward(np.ones(4, dtype), cache)
    for seen, known in zip((out, dx), FAR_AWAY[name]):
        assert seen.dtype == dtype
        np.testing.assert_allclose(seen, known, rtol=1e-14 if dtype == np.float64 else 3e-6, atol=1e-30)


@pytest.mark.parametrize("name", NAMES)
def test_by_hand(name):
    out, cache = PAIRS[name].forward([-1, 2])
    np.testing.assert_allclose(out, BY_HAND[name][0], rtol=1e-8)
    np.testing.assert_allclose(PAIRS[name].backward(np.ones(2), cache), BY_HAND[name][1], rtol=1e-6)


@pytest.mark.parametrize("name, slope", [("relu", 0), ("leaky_relu", 0.01), ("elu", 1)])
def test_at_zero_the_slope_is_the_one_stated(name, slope):
    assert PAIRS[name].backward(np.ones(1), PAIRS[name].forward(np.zeros(1))[1]) == slope


def test_relu_by_hand():
    out, cache = activations.relu_forward([-3.0, 5.0, 0.0])
    assert out.tolist() == [0.0, 5.0, 0.0]
    assert activations.relu_backward(np.array([7.0, -2.0, 1.0]), cache).tolist() == [0.0, -2.0, 0.0]


def test_slopes_can_be_chosen():
    assert activations.leaky_relu_forward([-4.0, 1.0], slope=0.25)[0].tolist() == [-1.0, 1.0]
    assert activations.elu_forward([-1000.0, 1.0], alpha=2.0)[0].tolist() == [-2.0, 1.0]


def test_numbers_without_axes():
    for name in NAMES:
        out, cache = PAIRS[name].forward(0.5)
        assert np.ndim(out) == 0 and np.ndim(PAIRS[name].backward(1.0, cache)) == 0


def test_saturated_fraction_by_hand():
    assert activations.saturated_fraction([[0.25, 0.05], [-0.01, 0.1]]) == 0.5
    assert activations.saturated_fraction([0.25, 0.05], below=0.3) == 1.0


def test_dead_units_by_hand():
    assert activations.dead_units([[0.0, 1.0, 0.0], [0.0, 0.0, 2.0]]).tolist() == [True, False, False]
    with pytest.raises(ValueError, match=r"h has shape \(3,\); expected \(N, H\), 2 axes"):
        activations.dead_units(np.ones(3))
