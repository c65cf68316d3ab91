"""The affine layer by hand, and the sentences that say what does not fit."""

import numpy as np
import pytest

from backprop import layers

RNG = np.random.default_rng(0)
ONES = np.ones


def test_affine_forward_by_hand():
    out, cache = layers.affine_forward([[1.0, 2.0]], [[3.0, 0.0], [4.0, 1.0]], [10.0, 20.0])
    assert out.tolist() == [[21.0, 22.0]]
    assert len(cache) == 3


def test_affine_backward_by_hand():
    _, cache = layers.affine_forward([[1.0, 2.0]], [[3.0], [4.0]], [0.0])
    dx, dw, db = layers.affine_backward(np.array([[10.0]]), cache)
    assert dx.tolist() == [[30.0, 40.0]] and dw.tolist() == [[10.0], [20.0]] and db.tolist() == [10.0]


def test_affine_flattens_examples():
    x, w, b = RNG.normal(size=(3, 2, 4)), RNG.normal(size=(8, 5)), RNG.normal(size=5)
    out, cache = layers.affine_forward(x, w, b)
    np.testing.assert_allclose(out, np.einsum("nij,ijm->nm", x, w.reshape(2, 4, 5)) + b)
    assert layers.affine_backward(out, cache)[0].shape == x.shape


@pytest.mark.parametrize(
    "x, w, b, says",
    [
        (ONES((4, 5)), ONES((4, 3)), ONES(3), r"w has shape \(4, 3\); x of shape \(4, 5\) needs w \(5, M\)"),
        (ONES((4, 5)), ONES((5, 3)), ONES(5), r"b has shape \(5,\); w of shape \(5, 3\) needs b \(3,\)"),
        (ONES(5), ONES((5, 3)), ONES(3), r"x has shape \(5,\); expected \(N, D\.\.\.\), 2 or more axes"),
        (ONES((4, 5)), ONES(5), ONES(3), r"w has shape \(5,\); x of shape \(4, 5\) needs w \(5, M\)"),
        (ONES((4, 2, 3)), ONES((5, 3)), ONES(3), r"w has shape \(5, 3\); x of shape \(4, 2, 3\) needs w \(6, M\)"),
    ],
)
def test_affine_names_the_argument_that_does_not_fit(x, w, b, says):
    with pytest.raises(ValueError, match=says):
        layers.affine_forward(x, w, b)
