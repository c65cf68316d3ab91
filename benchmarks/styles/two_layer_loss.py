"""The gradient of a small network, as others write it, and the catalogue's mistakes in their hands."""

import numpy as np

from backprop.activations import relu_backward, relu_forward
from backprop.layers import affine_backward, affine_forward
from backprop.losses import softmax_loss


def loops(x, y, params):
    w1, b1, w2, b2 = params["w1"], params["b1"], params["w2"], params["b2"]
    rows = x.reshape(len(x), -1)
    grads = {name: np.zeros(p.shape) for name, p in params.items()}
    loss = 0.0
    for n in range(len(rows)):
        a = rows[n] @ w1 + b1
        h = np.maximum(a, 0)
        s = h @ w2 + b2
        p = np.exp(s - s.max())
        p = p / p.sum()
        loss += -np.log(p[y[n]]) / len(rows)
        p[y[n]] -= 1
        ds = p / len(rows)
        grads["w2"] += np.outer(h, ds)
        grads["b2"] += ds
        da = (w2 @ ds) * (a > 0)
        grads["w1"] += np.outer(rows[n], da)
        grads["b1"] += da
    return loss, grads


def einsum(x, y, params):
    rows = x.reshape(len(x), -1)
    a = np.einsum("nd,dh->nh", rows, params["w1"]) + params["b1"]
    h = np.where(a > 0, a, 0)
    s = np.einsum("nh,hc->nc", h, params["w2"]) + params["b2"]
    e = np.exp(s - np.max(s, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    target = np.eye(s.shape[1])[y]
    loss = -np.sum(target * np.log(p)) / len(x)
    ds = (p - target) / len(x)
    da = np.einsum("nc,hc->nh", ds, params["w2"]) * (a > 0)
    w1, w2 = np.einsum("nd,nh->dh", rows, da), np.einsum("nh,nc->hc", h, ds)
    return loss, {"w1": w1, "b1": np.einsum("nh->h", da), "w2": w2, "b2": np.einsum("nc->c", ds)}


def staged(x, y, params):
    grads = {}
    a1, cache1 = affine_forward(x, params["w1"], params["b1"])
    r1, cache2 = relu_forward(a1)
    a2, cache3 = affine_forward(r1, params["w2"], params["b2"])
    loss, dscores = softmax_loss(a2, y)
    dr1, grads["w2"], grads["b2"] = affine_backward(dscores, cache3)
    da1 = relu_backward(dr1, cache2)
    dx, grads["w1"], grads["b1"] = affine_backward(da1, cache1)
    return loss, grads


def compact(x, y, params):
    w1, b1, w2, b2 = (params[name] for name in ("w1", "b1", "w2", "b2"))
    x = x.reshape(len(x), -1)
    h = np.maximum(0, x @ w1 + b1)
    p = np.exp(h @ w2 + b2 - (h @ w2 + b2).max(1)[:, None])
    p = p / p.sum(1)[:, None]
    loss = -np.log(p[np.arange(len(y)), y]).mean()
    p[np.arange(len(y)), y] -= 1
    p /= len(y)
    back = p @ w2.T * (h > 0)
    return loss, dict(w1=x.T @ back, b1=back.sum(0), w2=h.T @ p, b2=p.sum(0))


REWRITTEN = [
    ("goes_around_the_relu", "compact", "p @ w2.T * (h > 0)", "p @ w2.T"),
    (
        "bends_the_scores",
        "staged",
        "loss, dscores = softmax_loss(a2, y)",
        "a2, last = relu_forward(a2)\n    loss, dscores = softmax_loss(a2, y)\n    dscores = dscores * (last > 0)",
    ),
    ("averages_again", "loops", "ds = p / len(rows)", "ds = p / len(rows) ** 2"),
    ("forgets_the_biases", "compact", "b1=back.sum(0), ", "", ", b2=p.sum(0)", ""),
    (
        "exchanges_the_layers",
        "compact",
        "dict(w1=x.T @ back, b1=back.sum(0), w2=h.T @ p, b2=p.sum(0))",
        "dict(w2=x.T @ back, b2=back.sum(0), w1=h.T @ p, b1=p.sum(0))",
    ),
    ("descends_already", "einsum", "ds = (p - target)", "ds = (target - p)"),
    (
        "exchanges_the_caches",
        "staged",
        "affine_backward(dscores, cache3)",
        "affine_backward(dscores, cache1)",
        "affine_backward(da1, cache1)",
        "affine_backward(da1, cache3)",
    ),
    ("sends_the_loss_back", "staged", "affine_backward(dscores, cache3)", "affine_backward(loss, cache3)"),
    (
        "returns_the_gradients_in_a_row",
        "compact",
        "return loss, dict(w1=x.T @ back, b1=back.sum(0), w2=h.T @ p, b2=p.sum(0))",
        "return loss, x.T @ back, back.sum(0), h.T @ p, p.sum(0)",
    ),
]
