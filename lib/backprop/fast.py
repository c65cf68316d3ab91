"""The speed, in one room: functions that equal the clear ones in EQUALS, for training.

They trust their arguments: nothing is checked. Backward functions of layers with weights can be given room for the
weights' gradients, `out`, and be spared dx, which the first layer of a network needs not. An optimiser writes into w.
What pays, with what it took off a training step of the network in brackets, as measured:

    no dx for the first layer                                        (784-256-128-10: a quarter)
    weight gradients into room that is there already                 (the same in float64: a third)
    convolution as one matrix product                                (8 by 8 pictures: from 0.37 s to 0.7 ms)
    examples last in memory, so that whole rows move at once         (8 by 8: another half)
    memory that stays with the process, see below                    (28 by 28: a half)
    scale (x - mean) + shift in batch norm, two passes less          (50 blocks: a tenth)
    column sums as products with a vector of ones; a mask to multiply with, where `where` and `maximum` are slower;
    all parameters in one vector, stepped in blocks that fit the cache
"""

import ctypes
from functools import lru_cache

import numpy as np

from backprop.conv import max_pool_backward_naive, max_pool_forward_naive

__all__ = [
    "EQUALS",
    "affine_backward",
    "affine_forward",
    "batchnorm_backward",
    "batchnorm_forward",
    "conv_backward_fast",
    "conv_forward_fast",
    "max_pool_backward_fast",
    "max_pool_forward_fast",
    "preact_backward",
    "preact_forward",
    "relu_backward",
    "relu_forward",
    "residual_backward",
    "residual_forward",
    "rnn_backward",
    "rnn_forward",
    "sgd_momentum",
    "softmax_loss",
]

# fmt: off
EQUALS = {  # the function here: the clear one that it equals
    "affine_forward":        "layers.affine_forward",
    "affine_backward":       "layers.affine_backward",
    "relu_forward":          "activations.relu_forward",
    "relu_backward":         "activations.relu_backward",
    "batchnorm_forward":     "norm.batchnorm_forward",
    "batchnorm_backward":    "norm.batchnorm_backward",
    "residual_forward":      "residual.residual_forward",
    "residual_backward":     "residual.residual_backward",
    "preact_forward":        "residual.preact_forward",
    "preact_backward":       "residual.preact_backward",
    "softmax_loss":          "losses.softmax_loss",
    "conv_forward_fast":     "conv.conv_forward_naive",
    "conv_backward_fast":    "conv.conv_backward_naive",
    "max_pool_forward_fast": "conv.max_pool_forward_naive",
    "max_pool_backward_fast": "conv.max_pool_backward_naive",
    "rnn_forward":           "recurrent.rnn_forward",
    "rnn_backward":          "recurrent.rnn_backward",
    "sgd_momentum":          "optim.sgd_momentum",
}
# fmt: on

# Arrays of megabytes that come and go at every step would be taken from the system and given back each time, page by
# page, which can take longer than computing them. The C library of Linux, asked to, keeps up to 256 MB instead, and
# takes arrays of up to 32 MB, the most it allows, from what it keeps.
try:
    M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
    ctypes.CDLL(None).mallopt(M_TRIM_THRESHOLD, 1 << 28)
    ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, 1 << 25)
except (AttributeError, OSError, TypeError):
    pass  # another C library: nothing is lost but time

BLOCK = 1 << 18  # bytes: as much of w, dw and velocity, and of a product of them, fits the second-level cache together


@lru_cache(maxsize=64)
def _full(n, value, dtype):
    """n times the same number. A product with it is a sum over rows, and for 1/n a mean."""
    vector = np.full(n, value, dtype)
    vector.flags.writeable = False
    return vector


def _column_sums(a, out=None):
    return np.dot(_full(len(a), 1, a.dtype), a, out=out)


def affine_forward(x, w, b):
    """`layers.affine_forward`: x (N, D...), w (D, M), b (M,)  ->  out (N, M), cache."""
    rows = x.reshape(len(x), -1)
    out = rows @ w
    out += b
    return out, (rows, w, x.shape)


def affine_backward(dout, cache, out=(None, None), need_dx=True):
    """`layers.affine_backward`: dout (N, M)  ->  dx (N, D...) or None, dw (D, M), db (M,)."""
    rows, w, shape = cache
    dw = np.dot(rows.T, dout, out=out[0])
    db = _column_sums(dout, out=out[1])
    if not need_dx:
        return None, dw, db
    dx = dout @ w.T if rows.flags.c_contiguous else (w @ dout.T).T  # in memory like x
    return dx.reshape(shape), dw, db


def relu_forward(x):
    """`activations.relu_forward`: x (any shape)  ->  out (same shape), cache: 1 where x is positive, else 0."""
    # As numbers rather than booleans, because a product of two types is computed in two steps.
    positive = (x > 0).astype(x.dtype)
    return x * positive, positive


def relu_backward(dout, cache):
    """`activations.relu_backward`: dout (any shape)  ->  dx (same shape)."""
    return dout * cache


def batchnorm_forward(x, gamma, beta, bn_param):
    """`norm.batchnorm_forward`: x (N, D), gamma (D,), beta (D,), bn_param  ->  out (N, D), cache."""
    # xhat is never computed: out = scale (x - mu) + beta, with scale = gamma/sigma
    train, mean = bn_param["mode"] == "train", _full(len(x), 1 / len(x), x.dtype)
    mu = np.dot(mean, x) if train else bn_param["running_mean"]
    centred = x - mu
    var = np.dot(mean, centred * centred) if train else bn_param["running_var"]
    inverse = 1 / np.sqrt(var + bn_param.get("eps", 1e-5))
    scale = gamma * inverse
    out = centred * scale
    out += beta
    if train:
        _keep(bn_param, mu, var)
    return out, (centred, inverse, scale, train)


def _keep(bn_param, mu, var):
    """running = momentum running + (1 - momentum) batch, for both in one array."""
    if "running" not in bn_param:
        old = [bn_param.get(name, np.zeros_like(mu)) for name in ("running_mean", "running_var")]
        bn_param["running"] = np.array(old)
        bn_param["running_mean"], bn_param["running_var"] = bn_param["running"]
    running = bn_param["running"]
    running += (1 - bn_param.get("momentum", 0.9)) * (np.array((mu, var)) - running)


def batchnorm_backward(dout, cache, out=(None, None)):
    """`norm.batchnorm_backward`: dout (N, D)  ->  dx (N, D), dgamma (D,), dbeta (D,)."""
    # dx = scale (dout - dbeta/N - xhat dgamma/N), built up in one array
    centred, inverse, scale, train = cache
    dx = dout * centred
    dgamma, dbeta = _column_sums(dx, out=out[0]), _column_sums(dout, out=out[1])
    dgamma *= inverse
    if not train:
        return dout * scale, dgamma, dbeta
    np.multiply(centred, dgamma * inverse / len(dout), out=dx)
    dx += dbeta / len(dout)
    np.subtract(dout, dx, out=dx)
    dx *= scale
    return dx, dgamma, dbeta


def residual_forward(x, w1, b1, w2, b2):
    """`residual.residual_forward`: x (N, D), w1 (D, H), b1 (H,), w2 (H, D), b2 (D,)  ->  out (N, D), cache."""
    a, first = affine_forward(x, w1, b1)
    h, middle = relu_forward(a)
    out, last = affine_forward(h, w2, b2)
    out += x
    return out, (first, middle, last)


def residual_backward(dout, cache, out=(None, None, None, None)):
    """`residual.residual_backward`: dout (N, D)  ->  dx (N, D), dw1 (D, H), db1 (H,), dw2 (H, D), db2 (D,)."""
    first, middle, last = cache
    dh, dw2, db2 = affine_backward(dout, last, out=out[2:])
    dx, dw1, db1 = affine_backward(relu_backward(dh, middle), first, out=out[:2])
    dx += dout
    return dx, dw1, db1, dw2, db2


def preact_forward(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2):
    """`residual.preact_forward`: x (N, D), parameters, two bn_params  ->  out (N, D), cache."""
    a1, bn1 = batchnorm_forward(x, gamma1, beta1, bn_param1)
    h1, relu1 = relu_forward(a1)
    a2, bn2 = batchnorm_forward(h1 @ w1, gamma2, beta2, bn_param2)
    h2, relu2 = relu_forward(a2)
    out, last = affine_forward(h2, w2, b2)
    out += x
    return out, (bn1, relu1, h1, w1, bn2, relu2, last)


def preact_backward(dout, cache, out=(None,) * 7):
    """`residual.preact_backward`: dout (N, D)  ->  dx (N, D) and the gradients of the seven parameters."""
    bn1, relu1, h1, w1, bn2, relu2, last = cache
    dh2, dw2, db2 = affine_backward(dout, last, out=out[5:])
    dproduct, dgamma2, dbeta2 = batchnorm_backward(relu_backward(dh2, relu2), bn2, out=out[3:5])
    dw1 = np.dot(h1.T, dproduct, out=out[2])
    dx, dgamma1, dbeta1 = batchnorm_backward(relu_backward(dproduct @ w1.T, relu1), bn1, out=out[:2])
    dx += dout
    return dx, dgamma1, dbeta1, dw1, dgamma2, dbeta2, dw2, db2


def softmax_loss(x, y):
    """`losses.softmax_loss`: x (N, C), y (N,) integers below C  ->  loss (a number), dx (N, C)."""
    # Classes come first in memory: a maximum over ten classes is then one of ten long rows.
    right = y, np.arange(len(y))
    p = x.T.copy()
    p -= p.max(axis=0)
    of_right = p[right]
    np.exp(p, out=p)
    total = p.sum(axis=0)
    p /= total * len(y)
    p[right] -= 1 / len(y)
    return (np.log(total) - of_right).sum() / len(y), p.T


def conv_forward_fast(x, w, b, conv_param):
    """`conv.conv_forward_naive`: x (N, C, H, W), w (F, C, K, L), b (F,), conv_param  ->  out (N, F, H', W'), cache."""
    # All windows side by side, as columns of C K L entries and a 1, make it one product with w and b: out (F, H' W' N).
    # Examples come last in memory and are only called first: whole rows of pixels are then copied and added at once,
    # and the next layer turns the axes back, which costs nothing.
    places, cols = _columns(x, w.shape, conv_param.get("stride", 1), conv_param.get("pad", 0))
    out = np.column_stack([w.reshape(len(w), -1), b]) @ cols
    return _examples_first(out.reshape(len(w), *places)), (x.shape, cols, w, conv_param)


def conv_backward_fast(dout, cache, out=(None, None), need_dx=True):
    """`conv.conv_backward_naive`: dout (N, F, H', W')  ->  dx (N, C, H, W) or None, dw (F, C, K, L), db (F,)."""
    shape, cols, w, conv_param = cache
    dw, db = (np.empty(n, dout.dtype) if room is None else room for n, room in zip((w.shape, len(w)), out))
    rows = _examples_last(dout).reshape(len(w), -1)
    both = (cols @ rows.T).T  # in this order a fifth faster
    dw[...], db[...] = both[:, :-1].reshape(w.shape), both[:, -1]
    if not need_dx:
        return None, dw, db
    dwindows = (w.reshape(len(w), -1).T @ rows).reshape(*w.shape[1:], *dout.shape[2:], len(dout))
    return _add_windows(dwindows, shape, conv_param.get("stride", 1), conv_param.get("pad", 0)), dw, db


def _examples_last(x):
    return x.transpose(1, 2, 3, 0)


def _examples_first(x):
    return x.transpose(3, 0, 1, 2)


def _columns(x, window, stride, pad):
    """What the window shows at each place, and a 1: x (N, C, H, W)  ->  cols (C K L + 1, H' W' N)."""
    # K L copies of whole pictures, each shifted otherwise, instead of one copy for each place
    (N, C, H, W), (K, L) = x.shape, window[-2:]
    padded = np.zeros((C, H + 2 * pad, W + 2 * pad, N), x.dtype)
    padded[:, pad : pad + H, pad : pad + W] = _examples_last(x)
    down, across = 1 + (H + 2 * pad - K) // stride, 1 + (W + 2 * pad - L) // stride
    cols = np.empty((C * K * L + 1, down * across * N), x.dtype)
    cols[-1] = 1
    windows = cols[:-1].reshape(C, K, L, down, across, N)
    for i, j in np.ndindex(K, L):
        windows[:, i, j] = padded[:, i : i + stride * down : stride, j : j + stride * across : stride]
    return (down, across, N), cols


def _add_windows(dwindows, shape, stride, pad):
    """The way back of `_columns`: an entry collects from all windows that show it, by K L sums of shifted pictures."""
    (N, C, H, W), (_, K, L, down, across, _) = shape, dwindows.shape
    padded = np.zeros((C, H + 2 * pad, W + 2 * pad, N), dwindows.dtype)
    for i, j in np.ndindex(K, L):
        padded[:, i : i + stride * down : stride, j : j + stride * across : stride] += dwindows[:, i, j]
    return _examples_first(padded[:, pad : pad + H, pad : pad + W])


def max_pool_forward_fast(x, pool_param):
    """`conv.max_pool_forward_naive`: x (N, C, H, W), pool_param  ->  out (N, C, H', W'), cache.

    Fast for windows of 2 by 2 side by side on pictures of even size; all others are left to the clear function. Of
    equal entries in a window another one may count as the largest.
    """
    # The larger of each two rows, then of each two columns; which one it was is kept as a mask.
    size = [pool_param["pool_height"], pool_param["pool_width"], pool_param.get("stride", 1)]
    if size != [2, 2, 2] or x.shape[2] % 2 or x.shape[3] % 2:
        return max_pool_forward_naive(x, pool_param)
    top, bottom = x[:, :, 0::2], x[:, :, 1::2]
    rows = np.maximum(top, bottom)
    left, right = rows[..., 0::2], rows[..., 1::2]
    return np.maximum(left, right), (top >= bottom, left >= right)


def max_pool_backward_fast(dout, cache):
    """`conv.max_pool_backward_naive`: dout (N, C, H', W')  ->  dx (N, C, H, W)."""
    # What one of two does not get, the other gets: a product and a difference each time.
    if isinstance(cache[1], dict):
        return max_pool_backward_naive(dout, cache)
    top, left = cache
    drows = np.empty_like(top, dtype=dout.dtype)
    np.multiply(dout, left, out=drows[..., 0::2])
    np.subtract(dout, drows[..., 0::2], out=drows[..., 1::2])
    N, C, H, W = drows.shape
    dx = _examples_first(np.empty((C, 2 * H, W, N), dout.dtype))
    np.multiply(drows, top, out=dx[:, :, 0::2])
    np.subtract(drows, dx[:, :, 0::2], out=dx[:, :, 1::2])
    return dx


def rnn_forward(x, h0, Wx, Wh, b):
    """`recurrent.rnn_forward`: x (N, T, D), h0 (N, H), Wx (D, H), Wh (H, H), b (H,)  ->  h (N, T, H), cache."""
    # What does not wait for the state before is one product for all times: x Wx + b. Time comes first in memory.
    x = np.ascontiguousarray(x.swapaxes(0, 1))
    states = np.concatenate([h0[None], x @ Wx + b])
    for before, state in zip(states, states[1:]):
        state += before @ Wh
        np.tanh(state, out=state)
    return states[1:].swapaxes(0, 1), (x, states, Wx, Wh)


def rnn_backward(dh, cache, out=(None, None, None)):
    """`recurrent.rnn_backward`: dh (N, T, H)  ->  dx (N, T, D), dh0 (N, H), dWx (D, H), dWh (H, H), db (H,)."""
    x, states, Wx, Wh = cache
    da = 1 - states[1:] ** 2
    dstate = np.zeros_like(states[0])
    for t in reversed(range(len(da))):
        dstate += dh[:, t]
        da[t] *= dstate
        dstate = da[t] @ Wh.T
    rows = da.reshape(-1, da.shape[2])
    dWx = np.dot(x.reshape(-1, x.shape[2]).T, rows, out=out[0])
    dWh = np.dot(states[:-1].reshape(-1, states.shape[2]).T, rows, out=out[1])
    return (da @ Wx.T).swapaxes(0, 1), dstate, dWx, dWh, _column_sums(rows, out=out[2])


def sgd_momentum(w, dw, config):
    """`optim.sgd_momentum`: w (any shape), dw (shape of w), config  ->  w, config. Writes into w and the velocity."""
    keep, rate = config.setdefault("momentum", 0.9), config.setdefault("learning_rate", 1e-2)
    size = BLOCK // w.itemsize
    if "velocity" not in config:
        config["velocity"] = np.zeros_like(w)
    if "room" not in config:
        config["room"] = np.empty(min(size, w.size), w.dtype)
    room, flat = config["room"], [a.reshape(-1) for a in (w, dw, config["velocity"])]
    for i in range(0, w.size, size):
        at, push, v = (a[i : i + size] for a in flat)
        v *= keep
        v -= np.multiply(push, rate, out=room[: len(v)])
        at += v
    return w, config
