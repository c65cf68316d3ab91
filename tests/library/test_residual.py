"""Residual blocks by hand, and what remains when the branch says nothing."""

import numpy as np
import pytest

from backprop import residual
from tests.library.table import PAIRS, SIZES, backward, forward

RNG = np.random.default_rng(0)


def test_residual_by_hand():
    out, cache = residual.residual_forward([[1.0]], [[2.0, -1.0]], [3.0, 0.0], [[10.0], [1.0]], [0.5])
    assert out.tolist() == [[51.5]]  # hidden 5 and max(0, -1); branch 50.5
    dx, dw1, db1, dw2, db2 = residual.residual_backward(np.array([[7.0]]), cache)
    assert dx.tolist() == [[7 + 7 * 10 * 2]]
    assert dw1.tolist() == [[70, 0]] and db1.tolist() == [70, 0]
    assert dw2.tolist() == [[35], [0]] and db2.tolist() == [7]


@pytest.mark.parametrize("name", ["residual", "scaled_residual", "preact"])
def test_with_a_silent_branch_the_block_is_the_identity(name):
    """Zero in the last matrix: out = x, and dx = dout to the last bit."""
    inputs = PAIRS[name].draw(RNG, *SIZES[0])
    inputs |= {"w2": 0 * inputs["w2"], "b2": 0 * inputs["b2"]}
    (out,), cache = forward(PAIRS[name], inputs)
    dout = RNG.normal(size=out.shape)
    assert (out == inputs["x"]).all() and (backward(PAIRS[name], [dout], cache)[0] == dout).all()


def test_a_scale_of_zero_still_learns():
    x, w1, b1, w2, b2, _ = PAIRS["scaled_residual"].draw(RNG, *SIZES[0]).values()
    out, cache = residual.scaled_residual_forward(x, w1, b1, w2, b2, 0.0)
    dx, dw1, *_, dscale = residual.scaled_residual_backward(np.ones_like(out), cache)
    assert (out == x).all() and not dw1.any() and dscale != 0


def test_a_projection_changes_the_width():
    inputs = PAIRS["projection"].draw(RNG, *SIZES[0])
    assert residual.projection_residual_forward(**inputs)[0].shape == (4, 2)
    with pytest.raises(
        ValueError, match=r"wp has shape \(5, 5\); x of shape \(4, 5\) and w2 of shape \(3, 2\) need wp"
    ):
        residual.projection_residual_forward(**inputs | {"wp": np.ones((5, 5))})
    with pytest.raises(
        ValueError, match=r"w2 has shape \(3, 2\); w1 of shape \(5, 3\) and x of shape \(4, 5\) need w2 \(3, 5\)"
    ):
        residual.residual_forward(**{k: inputs[k] for k in ("x", "w1", "b1", "w2")}, b2=np.ones(2))


def test_preact_keeps_running_statistics_of_both_norms():
    inputs = PAIRS["preact"].draw(RNG, *SIZES[0])
    residual.preact_forward(**inputs)
    np.testing.assert_allclose(inputs["bn_param1"]["running_mean"], 0.1 * inputs["x"].mean(axis=0))
    assert inputs["bn_param2"]["running_var"].shape == (3,)
