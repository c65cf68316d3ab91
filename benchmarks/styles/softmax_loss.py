"""Softmax and cross-entropy, as others write them, and the catalogue's mistakes in their hands."""

import numpy as np


def loops(x, y):
    N, C = x.shape
    loss, dx = 0.0, np.zeros(x.shape)
    for n in range(N):
        top = np.max(x[n])
        total = 0.0
        for c in range(C):
            total += np.exp(x[n, c] - top)
        loss += np.log(total) - (x[n, y[n]] - top)
        for c in range(C):
            dx[n, c] = np.exp(x[n, c] - top) / total
        dx[n, y[n]] -= 1.0
    return loss / N, dx / N


def einsum(x, y):
    target = np.eye(x.shape[1])[y]
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    p = np.einsum("nc,n->nc", e, 1.0 / np.einsum("nc->n", e))
    loss = np.einsum("nc,nc->", target, -np.log(np.where(target, p, 1.0))) / len(x)
    return loss, (p - target) / len(x)


def staged(x, y):
    N = x.shape[0]
    high = np.max(x, axis=1, keepdims=True)
    z = x - high
    e = np.exp(z)
    total = np.sum(e, axis=1, keepdims=True)
    inverse = 1.0 / total
    p = e * inverse
    losses = -(z[np.arange(N), y] - np.log(total[:, 0]))
    loss = np.sum(losses) / N
    dp = np.zeros_like(p)
    dp[np.arange(N), y] = -1.0 / (N * p[np.arange(N), y])
    de = dp * inverse
    dinverse = np.sum(dp * e, axis=1, keepdims=True)
    dtotal = -dinverse * inverse**2
    de += dtotal
    return loss, de * e


def compact(x, y):
    n = np.arange(len(y))
    z = x - x.max(1)[:, None]
    p = np.exp(z) / np.exp(z).sum(1)[:, None]
    loss = (np.log(np.exp(z).sum(1)) - z[n, y]).sum() / len(y)
    p[n, y] -= 1
    p /= len(y)
    return loss, p


def labels(x, y):
    N = len(y)
    right = y[:, None] == np.arange(x.shape[1])[None, :]
    lowered = x - np.amax(x, axis=-1, keepdims=True)
    log_sum = np.log(np.sum(np.exp(lowered), axis=-1, keepdims=True))
    q = np.exp(lowered - log_sum)
    return np.sum((log_sum - lowered) * right) / N, (q - right) / N


REWRITTEN = [
    ("forgets_the_mean_in_dx", "loops", "dx / N", "dx"),
    ("sums_the_loss", "loops", "loss / N", "loss"),
    ("forgets_the_right_class", "loops", "        dx[n, y[n]] -= 1.0\n", ""),
    ("turns_the_sign", "einsum", "(p - target)", "(target - p)"),
    ("differentiates_the_right_probability_alone", "einsum", "(p - target)", "(p - target) * target"),
    (
        "takes_the_diagonal_of_the_softmax",
        "staged",
        "    de += dtotal\n",
        "    dz = np.where(dp < 0, p - 1, p * (1 - p)) / N\n",
        "return loss, de * e",
        "return loss, dz",
    ),
    (
        "does_not_shift",
        "loops",
        "top = np.max(x[n])",
        "top = 0.0",
        "np.log(total) - (x[n, y[n]] - top)",
        "-np.log(np.exp(x[n, y[n]]) / total)",
    ),
    (
        "normalises_over_the_batch",
        "einsum",
        "axis=1, keepdims=True",
        "axis=0",
        "nc,n->nc",
        "nc,c->nc",
        "nc->n",
        "nc->c",
    ),
    ("returns_the_loss_alone", "loops", "return loss / N, dx / N", "return loss / N"),
    (
        "normalises_over_everything",
        "einsum",
        "np.max(x, axis=1, keepdims=True)",
        "np.max(x)",
        '"nc,n->nc", e, 1.0 / np.einsum("nc->n", e)',
        '"nc,->nc", e, 1.0 / np.einsum("nc->", e)',
    ),
    (
        "picks_whole_columns",
        "compact",
        "p[n, y] -= 1",
        "p[:, y] -= 1",
        "(np.log(np.exp(z).sum(1)) - z[n, y]).sum() / len(y)",
        "(np.log(np.exp(z).sum(1))[:, None] - z[:, y]).mean()",
    ),
    ("stops_at_the_probability", "staged", "return loss, de * e", "return loss, dp"),
    ("shifts_by_the_largest_of_all", "einsum", "np.max(x, axis=1, keepdims=True)", "np.max(x)"),
    (
        "loses_the_axis_of_the_sum",
        "staged",
        "np.sum(e, axis=1, keepdims=True)",
        "np.sum(e, axis=1)",
        "total[:, 0]",
        "total",
    ),
]
