"""First weights: their spread, and what it keeps."""

import numpy as np
import pytest

from backprop import init
from backprop.activations import relu_forward


@pytest.mark.parametrize("f, variance", [(init.xavier_init, 2 / (300 + 200)), (init.he_init, 2 / 300)])
def test_the_spread_is_the_one_stated(f, variance):
    w = f(300, 200, np.random.default_rng(0))
    assert w.shape == (300, 200) and abs(w.mean()) < 4 * np.sqrt(variance / w.size)
    assert abs(w.var() / variance - 1) < 4 * np.sqrt(2 / w.size)
    np.testing.assert_array_equal(w, f(300, 200, np.random.default_rng(0)))
    assert (w != f(300, 200, np.random.default_rng(1))).any()


def test_he_keeps_the_variance_of_pre_activations_through_thirty_layers():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(50, 400))
    for _ in range(30):
        a = relu_forward(a)[0] @ init.he_init(400, 400, rng)
    assert 0.4 < a.var() < 2.5


@pytest.mark.parametrize("f", [init.xavier_init, init.he_init])
def test_there_is_at_least_one_of_each(f):
    with pytest.raises(ValueError, match="^fan_in is 0; expected at least 1"):
        f(0, 3, np.random.default_rng(0))
    with pytest.raises(ValueError, match="^fan_out is -2"):
        f(3, -2, np.random.default_rng(0))
