"""Convolution and pooling by hand, against seven loops, and at the edges."""

from itertools import product

import numpy as np
import pytest

from backprop import conv

RNG = np.random.default_rng(0)


def test_conv_by_hand():
    x = np.arange(1.0, 10).reshape(1, 1, 3, 3)
    w = np.array([[[[1.0, 0.0], [0.0, -1.0]]]])
    out, cache = conv.conv_forward_naive(x, w, [10.0], {"stride": 1, "pad": 0})
    assert out.tolist() == [[[[6.0, 6.0], [6.0, 6.0]]]]
    dx, dw, db = conv.conv_backward_naive(np.array([[[[1.0, 0.0], [0.0, 2.0]]]]), cache)
    assert dx.tolist() == [[[[1, 0, 0], [0, 1, 0], [0, 0, -2]]]]  # the middle pays for two windows: 2 - 1
    assert dw.tolist() == [[[[11, 14], [20, 23]]]] and db.tolist() == [3]


@pytest.mark.parametrize("stride, pad, K, L", [(1, 1, 3, 3), (1, 0, 2, 3), (2, 2, 3, 2), (3, 1, 1, 4)])
def test_conv_is_the_sum_that_its_definition_says(stride, pad, K, L):
    (N, C, H, W), F = (2, 3, 5, 7), 4
    x, w, b = RNG.normal(size=(N, C, H, W)), RNG.normal(size=(F, C, K, L)), RNG.normal(size=F)
    out, _ = conv.conv_forward_naive(x, w, b, {"stride": stride, "pad": pad})
    assert out.shape == (N, F, 1 + (H + 2 * pad - K) // stride, 1 + (W + 2 * pad - L) // stride)
    for n, f, i, j in product(*map(range, out.shape)):
        total = b[f]
        for c, k, m in product(range(C), range(K), range(L)):
            row, column = i * stride + k - pad, j * stride + m - pad
            if 0 <= row < H and 0 <= column < W:
                total += x[n, c, row, column] * w[f, c, k, m]
        assert out[n, f, i, j] == pytest.approx(total)


def test_settings_may_be_left_out_and_are_not_kept():
    x, w, b = RNG.normal(size=(1, 2, 4, 5)), RNG.normal(size=(3, 2, 2, 2)), np.zeros(3)
    conv_param = {"stride": 1, "pad": 0}
    out, cache = conv.conv_forward_naive(x, w, b, conv_param)
    np.testing.assert_array_equal(conv.conv_forward_naive(x, w, b, {})[0], out)
    before = conv.conv_backward_naive(out, cache)
    conv_param["pad"] = 3
    np.testing.assert_equal(conv.conv_backward_naive(out, cache), before)


def test_pool_by_hand_where_windows_overlap():
    x = np.array([[[[1.0, 5.0, 2.0], [4.0, 3.0, 0.0]]]])
    out, cache = conv.max_pool_forward_naive(x, {"pool_height": 2, "pool_width": 2, "stride": 1})
    assert out.tolist() == [[[[5.0, 5.0]]]]
    assert conv.max_pool_backward_naive(np.array([[[[1.0, 10.0]]]]), cache).tolist() == [[[[0, 11, 0], [0, 0, 0]]]]


def test_of_equal_entries_the_first_is_the_largest():
    _, cache = conv.max_pool_forward_naive(np.ones((1, 1, 2, 3)), {"pool_height": 2, "pool_width": 3, "stride": 1})
    assert conv.max_pool_backward_naive(np.array([[[[7.0]]]]), cache).tolist() == [[[[7, 0, 0], [0, 0, 0]]]]


def test_what_is_left_over_at_the_edge_gets_no_gradient():
    x = RNG.normal(size=(1, 1, 5, 5))
    out, cache = conv.max_pool_forward_naive(x, {"pool_height": 2, "pool_width": 2, "stride": 2})
    dx = conv.max_pool_backward_naive(np.ones_like(out), cache)
    assert out.shape == (1, 1, 2, 2) and not dx[..., 4].any() and not dx[:, :, 4].any() and dx.sum() == 4


@pytest.mark.parametrize("changed, says", [
    (dict(x=np.ones((3, 4, 5))), r"^x has shape \(3, 4, 5\); expected \(N, C, H, W\), 4 axes"),
    (dict(w=np.ones((3, 1, 2, 2))), r"^w has shape \(3, 1, 2, 2\); x of shape \(1, 2, 4, 5\) needs w \(F, 2, K, L\)"),
    (dict(w=np.ones((3, 2, 5, 2))), r"^w has windows of 5 by 2; x with its frame is 4 by 5, too small for them"),
])  # fmt: skip
def test_what_does_not_fit_is_named(changed, says):
    right = dict(x=np.ones((1, 2, 4, 5)), w=np.ones((3, 2, 2, 2)), b=np.ones(3), conv_param={})
    with pytest.raises(ValueError, match=says):
        conv.conv_forward_naive(**right | changed)


def test_a_picture_smaller_than_the_window_is_named():
    with pytest.raises(ValueError, match=r"^x has shape \(1, 1, 2, 5\); a window of 3 by 2 needs pictures as large"):
        conv.max_pool_forward_naive(np.ones((1, 1, 2, 5)), {"pool_height": 3, "pool_width": 2, "stride": 1})
