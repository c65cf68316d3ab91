"""What each value of a layer is a sum of: its paths, by name.

One function for each function of `lib`, called with the same arguments; the terms of a value add up to it, and are
named so that "what comes … is missing" is a sentence. A value that is not here is taken as one term. An exercise on
something that is not in `lib` gives a function of this form itself, as its `paths`.
"""

from __future__ import annotations

import numpy as np

from backprop import residual
from backprop.activations import relu_backward, sigmoid_forward
from backprop.layers import affine_backward
from backprop.losses import softmax

__all__ = ["TERMS"]

Terms = dict[str, dict[str, np.ndarray]]


# ----- losses -----


def softmax_loss(x, y) -> Terms:
    return {"dx": _blame_of_scores(x, y)}


def every_gradient(x, y, params) -> Terms:
    scores = np.maximum(0, x @ params["w1"] + params["b1"]) @ params["w2"] + params["b2"]
    return {"dscores": _blame_of_scores(scores, y)}


def _blame_of_scores(scores, y):
    right = np.eye(scores.shape[1])[y]
    return {"from the probabilities": softmax(scores) / len(y), "from the right class": -right / len(y)}


def svm_loss(x, y) -> Terms:
    rows = np.arange(len(x))
    positive = (x - x[rows, y][:, None] + 1 > 0) * 1.0
    positive[rows, y] = 0
    right = np.zeros_like(x)
    right[rows, y] = -positive.sum(axis=1)
    return {"dx": {"from the wrong classes": positive / len(x), "from the right class": right / len(x)}}


def mse_loss(x, y) -> Terms:
    return {"dx": {"from `x`": 2 * x / x.size, "from `y`": -2 * y / x.size}}


def bce_loss(x, y) -> Terms:
    return {"dx": {"from the probabilities": sigmoid_forward(x)[0] / x.size, "from `y`": -y / x.size}}


# ----- layers -----


def affine_forward(x, w, b) -> Terms:
    product = x.reshape(len(x), -1) @ w
    return {"out": {"from `x` and `w`": product, "from the bias": np.broadcast_to(b, product.shape)}}


def batchnorm_backward(dout, cache) -> Terms:
    xhat, sigma, gamma, mode = cache
    return {"dx": _through_statistics(dout, xhat, sigma, gamma, axis=0, given=mode == "test")}


def layernorm_backward(dout, cache) -> Terms:
    xhat, sigma, gamma = cache
    return {"dx": _through_statistics(dout, xhat, sigma, gamma, axis=1)}


def _through_statistics(dout, xhat, sigma, gamma, axis, given=False):
    direct = dout * gamma / sigma
    if given:  # the mean and the variance come from outside, and nothing returns through them
        return {"directly": direct}
    mean = -direct.mean(axis=axis, keepdims=True) * np.ones_like(direct)
    variance = -xhat * (direct * xhat).mean(axis=axis, keepdims=True)
    return {"directly": direct, "through the mean": mean, "through the variance": variance}


def residual_backward(dout, cache) -> Terms:
    return {"dx": {"around the branch": dout, "through the branch": _through_branch(dout, cache)}}


def scaled_residual_backward(dout, cache) -> Terms:
    scale, _, *branch = cache
    return {"dx": {"around the branch": dout, "through the branch": _through_branch(scale * dout, branch)}}


def projection_residual_backward(dout, cache) -> Terms:
    _, wp, *branch = cache
    return {"dx": {"around the branch": dout @ wp.T, "through the branch": _through_branch(dout, branch)}}


def preact_backward(dout, cache) -> Terms:
    return {"dx": {"around the branch": dout, "through the branch": residual.preact_backward(dout, cache)[0] - dout}}


def _through_branch(dout, caches):
    first, middle, last = caches
    return affine_backward(relu_backward(affine_backward(dout, last)[0], middle), first)[0]


def silu_backward(dout, cache) -> Terms:
    x, s = cache
    return {"dx": {"directly": dout * s, "through the sigmoid": dout * x * s * (1 - s)}}


# ----- optimisers -----


def sgd(w, dw, config=None) -> Terms:
    rate = (config or {}).get("learning_rate", 1e-2)
    return {"next_w": {"from `w`": w, "from the gradient": -rate * dw}}


def sgd_momentum(w, dw, config=None) -> Terms:
    config = {"momentum": 0.9, "velocity": np.zeros_like(w)} | (config or {})
    return {"next_w": sgd(w, dw, config)["next_w"] | {"from the velocity": config["momentum"] * config["velocity"]}}


# fmt: off
TERMS = {function.__name__: function for function in (
    affine_forward, batchnorm_backward, bce_loss, every_gradient, layernorm_backward, mse_loss, preact_backward,
    projection_residual_backward, residual_backward, scaled_residual_backward, sgd, sgd_momentum, silu_backward,
    softmax_loss, svm_loss,
)} | {"batchnorm_backward_alt": batchnorm_backward}
# fmt: on
