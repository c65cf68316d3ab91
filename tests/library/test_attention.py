"""Attention by hand, and what a mask forbids."""

import numpy as np
import pytest

from backprop.attention import attention_backward, attention_forward
from tests.library.table import PAIRS, SIZES, complex_gradient, inner

RNG = np.random.default_rng(0)


def drawn():
    return PAIRS["attention"].draw(RNG, *SIZES[0])  # q (4, 2, 5), k (4, 3, 5), v (4, 3, 3)


def test_by_hand():
    q, k, v = [[[2.0, 0, 0, 0]]], [[[np.log(3), 0, 0, 0], [0, 9, 9, 9]]], [[[8.0], [4.0]]]
    out, (*_, a) = attention_forward(q, k, v)
    np.testing.assert_allclose(a, [[[0.75, 0.25]]])
    np.testing.assert_allclose(out, [[[7.0]]])


def test_weights_are_shares_of_what_is_allowed():
    mask = np.array([[True, False, True], [False, True, True]])
    _, (*_, a) = attention_forward(**drawn() | {"mask": mask})
    np.testing.assert_allclose(a.sum(axis=-1), 1)
    assert (a[:, ~mask] == 0).all() and (a[:, mask] > 0).all()


def test_what_is_forbidden_has_no_say_and_gets_no_gradient():
    inputs = drawn() | {"mask": np.array([[1.0, 1.0, 0.0]] * 2)}
    out, cache = attention_forward(**inputs)
    dq, dk, dv = attention_backward(np.ones_like(out), cache)
    assert not dk[:, 2].any() and not dv[:, 2].any()
    changed = inputs | {"k": inputs["k"] + [[0], [0], [1e4]], "v": inputs["v"] + [[0], [0], [1e4]]}
    np.testing.assert_array_equal(attention_forward(**changed)[0], out)


def test_a_query_that_may_look_nowhere_gets_zeros():
    inputs = drawn() | {"mask": np.array([[False] * 3, [True] * 3])}
    out, cache = attention_forward(**inputs)
    assert not out[:, 0].any() and out[:, 1].all()
    dout = RNG.normal(size=out.shape)
    for grad, name in zip(attention_backward(dout, cache), "qkv"):
        truth = complex_gradient(lambda inputs: inner([dout], [attention_forward(**inputs)[0]]), inputs, name)
        np.testing.assert_allclose(grad, truth, atol=1e-12)


def test_scores_of_any_size():
    inputs = drawn()
    out, cache = attention_forward(**inputs | {"q": 1e4 * inputs["q"]})
    assert np.isfinite(out).all() and all(np.isfinite(grad).all() for grad in attention_backward(out, cache))


def test_the_order_of_what_is_looked_at_does_not_matter():
    inputs, order = drawn(), [2, 0, 1]
    moved = inputs | {name: inputs[name][:, order] for name in "kv"}
    np.testing.assert_allclose(attention_forward(**moved)[0], attention_forward(**inputs)[0])


def test_what_does_not_fit_is_named():
    for changed, error, says in [
        (dict(mask=np.full((2, 3), -1e9)), TypeError, "^mask has type float64 and not only 0 and 1; expected booleans"),
        (dict(mask=np.ones((3, 2), bool)), ValueError, r"^mask has shape \(3, 2\); q of .* and k of .* need mask \(\.\.\., 2, 3\)"),
        (dict(k=np.ones((4, 3, 2))), ValueError, r"^k has shape \(4, 3, 2\); q of shape \(4, 2, 5\) needs k \(N\.\.\., S, 5\)"),
        (dict(v=np.ones((4, 2, 3))), ValueError, r"^v has shape .* k of shape \(4, 3, 5\) need"),
        (dict(q=np.ones((2, 5))), ValueError, r"^q has shape \(2, 5\); expected \(N\.\.\., T, D\), 3 or more axes"),
    ]:  # fmt: skip
        with pytest.raises(error, match=says):
            attention_forward(**drawn() | changed)
