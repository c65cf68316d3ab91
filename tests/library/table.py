"""Every pair of the library with inputs to try it on, and the witnesses that know no formula.

`draw(rng, N, D, H, M)` returns the arguments of a forward by name. Floating-point arrays among them are
what a backward answers for, in their order.
"""

import copy
from typing import Callable, NamedTuple

import numpy as np

from backprop import activations, attention, conv, layers, losses, norm, recurrent, residual

SIZES = [(4, 5, 3, 2), (1, 3, 4, 6), (6, 2, 5, 3)]  # never square; a batch of one


class Pair(NamedTuple):
    forward: Callable
    backward: Callable
    draw: Callable


class Loss(NamedTuple):
    loss: Callable
    draw: Callable


def normal(rng, **shapes):
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def one(rng, N, D, H, M):
    return normal(rng, x=(N, D, M))


def affine(rng, N, D, H, M):
    return normal(rng, x=(N, D, H), w=(D * H, M), b=(M,))


def batchnorm(rng, N, D, H, M):
    N = N + (N == 1)  # of one example batch norm makes zeros
    return normal(rng, x=(N, D), gamma=(D,), beta=(D,)) | {"bn_param": {"mode": "train", "eps": 0.1}}


def batchnorm_test(rng, N, D, H, M):
    running = {"running_mean": rng.normal(size=D), "running_var": rng.uniform(1, 2, size=D)}
    return normal(rng, x=(N, D), gamma=(D,), beta=(D,)) | {"bn_param": {"mode": "test", **running}}


def spatial_batchnorm(rng, N, D, H, M):
    return normal(rng, x=(N, D, H, M), gamma=(D,), beta=(D,)) | {"bn_param": {"mode": "train", "eps": 0.1}}


def layernorm(rng, N, D, H, M):
    return normal(rng, x=(N, D), gamma=(D,), beta=(D,)) | {"ln_param": {"eps": 0.1}}


def groupnorm(rng, N, D, H, M):
    return normal(rng, x=(N, 3 * D), gamma=(3 * D,), beta=(3 * D,)) | {"G": 3, "gn_param": {"eps": 0.1}}


def spatial_groupnorm(rng, N, D, H, M):
    C = (1, 2 * D, 1, 1)
    return normal(rng, x=(N, 2 * D, H, M), gamma=C, beta=C) | {"G": 2, "gn_param": {"eps": 0.1}}


def dropout(rng, N, D, H, M):
    return normal(rng, x=(N, D, M)) | {"dropout_param": {"mode": "train", "p": 0.6, "seed": 3}}


def dropout_test(rng, N, D, H, M):
    return normal(rng, x=(N, D)) | {"dropout_param": {"mode": "test", "p": 0.6}}


def block(rng, N, D, H, M):
    return normal(rng, x=(N, D), w1=(D, H), b1=(H,), w2=(H, D), b2=(D,))


def scaled(rng, N, D, H, M):
    return block(rng, N, D, H, M) | {"scale": np.array(0.7)}


def projection(rng, N, D, H, M):
    return normal(rng, x=(N, D), w1=(D, H), b1=(H,), w2=(H, M), b2=(M,), wp=(D, M))


def preact(rng, N, D, H, M):
    N = N + (N == 1)
    shapes = dict(x=(N, D), gamma1=(D,), beta1=(D,), w1=(D, H), gamma2=(H,), beta2=(H,), w2=(H, D), b2=(D,))
    return normal(rng, **shapes) | {f"bn_param{i}": {"mode": "train", "eps": 0.1} for i in (1, 2)}


def convolution(stride, pad, K, L):
    def draw(rng, N, D, H, M):
        F, C, height, width = M + 1, 2, H + 3, D + 4
        conv_param = {"stride": stride, "pad": pad}
        return normal(rng, x=(N, C, height, width), w=(F, C, K, L), b=(F,)) | {"conv_param": conv_param}

    return draw


def pooling(stride, K, L):
    def draw(rng, N, D, H, M):
        pool_param = {"pool_height": K, "pool_width": L, "stride": stride}
        return normal(rng, x=(N, 2, H + 2, D + 3)) | {"pool_param": pool_param}

    return draw


def words(rng, N, D, H, M):
    return {"x": rng.integers(H, size=(N, D)), "W": rng.normal(size=(H, M))}


def rnn_step(rng, N, D, H, M):
    return normal(rng, x=(N, D), prev_h=(N, H), Wx=(D, H), Wh=(H, H), b=(H,))


def rnn(rng, N, D, H, M):
    return normal(rng, x=(N, M, D), h0=(N, H), Wx=(D, H), Wh=(H, H), b=(H,))


def lstm_step(rng, N, D, H, M):
    return normal(rng, x=(N, D), prev_h=(N, H), prev_c=(N, H), Wx=(D, 4 * H), Wh=(H, 4 * H), b=(4 * H,))


def lstm(rng, N, D, H, M):
    return normal(rng, x=(N, M, D), h0=(N, H), Wx=(D, 4 * H), Wh=(H, 4 * H), b=(4 * H,))


def temporal(rng, N, D, H, M):
    return normal(rng, x=(N, D, H), w=(H, M), b=(M,))


def looks(rng, N, D, H, M):
    return normal(rng, q=(N, M, D), k=(N, H, D), v=(N, H, M + 1)) | {"mask": None}


def looks_back(rng, N, D, H, M):
    return normal(rng, q=(N, M, D), k=(N, H, D), v=(N, H, 2)) | {"mask": np.tri(M, H, dtype=bool)}


def heads(rng, N, D, H, M):
    mask = rng.random((N, 1, M, H)) < 0.6
    return normal(rng, q=(N, 2, M, D), k=(N, 2, H, D), v=(N, 2, H, 3)) | {"mask": mask}


a, n, r = activations, norm, recurrent

# fmt: off
PAIRS = {
    "affine":             Pair(layers.affine_forward, layers.affine_backward, affine),
    "relu":               Pair(a.relu_forward, a.relu_backward, one),
    "leaky_relu":         Pair(a.leaky_relu_forward, a.leaky_relu_backward, one),
    "sigmoid":            Pair(a.sigmoid_forward, a.sigmoid_backward, one),
    "tanh":               Pair(a.tanh_forward, a.tanh_backward, one),
    "elu":                Pair(a.elu_forward, a.elu_backward, one),
    "softplus":           Pair(a.softplus_forward, a.softplus_backward, one),
    "silu":               Pair(a.silu_forward, a.silu_backward, one),
    "gelu":               Pair(a.gelu_forward, a.gelu_backward, one),
    "batchnorm":          Pair(n.batchnorm_forward, n.batchnorm_backward, batchnorm),
    "batchnorm_alt":      Pair(n.batchnorm_forward, n.batchnorm_backward_alt, batchnorm),
    "batchnorm, test":    Pair(n.batchnorm_forward, n.batchnorm_backward, batchnorm_test),
    "batchnorm_alt, test": Pair(n.batchnorm_forward, n.batchnorm_backward_alt, batchnorm_test),
    "layernorm":          Pair(n.layernorm_forward, n.layernorm_backward, layernorm),
    "groupnorm":          Pair(n.groupnorm_forward, n.groupnorm_backward, groupnorm),
    "spatial_batchnorm":  Pair(n.spatial_batchnorm_forward, n.spatial_batchnorm_backward, spatial_batchnorm),
    "spatial_groupnorm":  Pair(n.spatial_groupnorm_forward, n.spatial_groupnorm_backward, spatial_groupnorm),
    "dropout":            Pair(n.dropout_forward, n.dropout_backward, dropout),
    "dropout, test":      Pair(n.dropout_forward, n.dropout_backward, dropout_test),
    "residual":           Pair(residual.residual_forward, residual.residual_backward, block),
    "scaled_residual":    Pair(residual.scaled_residual_forward, residual.scaled_residual_backward, scaled),
    "projection":         Pair(residual.projection_residual_forward, residual.projection_residual_backward, projection),
    "preact":             Pair(residual.preact_forward, residual.preact_backward, preact),
    "conv":               Pair(conv.conv_forward_naive, conv.conv_backward_naive, convolution(1, 1, 3, 3)),
    "conv, no frame":     Pair(conv.conv_forward_naive, conv.conv_backward_naive, convolution(1, 0, 3, 2)),
    "conv, stride 2":     Pair(conv.conv_forward_naive, conv.conv_backward_naive, convolution(2, 2, 3, 4)),
    "max_pool":           Pair(conv.max_pool_forward_naive, conv.max_pool_backward_naive, pooling(2, 2, 2)),
    "max_pool, overlap":  Pair(conv.max_pool_forward_naive, conv.max_pool_backward_naive, pooling(1, 3, 2)),
    "max_pool, stride 2": Pair(conv.max_pool_forward_naive, conv.max_pool_backward_naive, pooling(2, 3, 3)),
    "word_embedding":     Pair(r.word_embedding_forward, r.word_embedding_backward, words),
    "rnn_step":           Pair(r.rnn_step_forward, r.rnn_step_backward, rnn_step),
    "rnn":                Pair(r.rnn_forward, r.rnn_backward, rnn),
    "lstm_step":          Pair(r.lstm_step_forward, r.lstm_step_backward, lstm_step),
    "lstm":               Pair(r.lstm_forward, r.lstm_backward, lstm),
    "temporal_affine":    Pair(r.temporal_affine_forward, r.temporal_affine_backward, temporal),
    "attention":          Pair(attention.attention_forward, attention.attention_backward, looks),
    "attention, back":    Pair(attention.attention_forward, attention.attention_backward, looks_back),
    "attention, heads":   Pair(attention.attention_forward, attention.attention_backward, heads),
}
# fmt: on


def scores(rng, N, D, H, M):
    return {"x": rng.normal(size=(N, D)), "y": rng.integers(D, size=N)}


def targets(rng, N, D, H, M):
    return normal(rng, x=(N, D, M), y=(N, D, M))


def chances(rng, N, D, H, M):
    return {"x": rng.normal(size=(N, D)), "y": rng.random((N, D))}


def texts(rng, N, D, H, M):
    mask = rng.random((N, D)) < 0.7
    return {"x": rng.normal(size=(N, D, H)), "y": rng.integers(H, size=(N, D)), "mask": mask}


LOSSES = {
    "softmax_loss": Loss(losses.softmax_loss, scores),
    "svm_loss": Loss(losses.svm_loss, scores),
    "mse_loss": Loss(losses.mse_loss, targets),
    "bce_loss": Loss(losses.bce_loss, chances),
    "temporal_softmax_loss": Loss(recurrent.temporal_softmax_loss, texts),
}


def forward(pair, inputs):
    """The outputs as a list, and the cache. The forward gets copies of settings, which it may write to."""
    *outs, cache = pair.forward(**settings_copied(inputs))
    return outs, cache


def backward(pair, douts, cache):
    """The gradients as a list."""
    grads = pair.backward(*douts, cache)
    return list(grads) if isinstance(grads, tuple) else [grads]


def settings_copied(inputs):
    return {name: copy.deepcopy(value) if isinstance(value, dict) else value for name, value in inputs.items()}


def differentiable(inputs):
    """The names of what a backward answers for."""
    return [name for name, value in inputs.items() if getattr(value, "dtype", None) == np.float64]


def upstream(rng, outs):
    return [rng.normal(size=out.shape) for out in outs]


def inner(douts, outs):
    return sum((dout * out).sum() for dout, out in zip(douts, outs))


def moved(inputs, steps):
    """The inputs, some of them moved."""
    return inputs | {name: inputs[name] + step for name, step in steps.items()}


def complex_slope(f, inputs, steps, h=1e-30):
    """How fast the number f(inputs) moves along `steps`, by a complex step: exact to rounding."""
    return f(moved(inputs, {name: 1j * h * step for name, step in steps.items()})).imag / h


def complex_gradient(f, inputs, name):
    """The gradient of the number f(inputs) with respect to one input, an entry at a time."""
    grad = np.empty(inputs[name].shape)
    for i in np.ndindex(grad.shape):
        step = np.zeros(grad.shape)
        step[i] = 1
        grad[i] = complex_slope(f, inputs, {name: step})
    return grad
