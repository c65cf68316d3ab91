"""The hinge loss, as others write it, and the catalogue's mistakes in their hands."""

import numpy as np


def loops(x, y):
    N, C = x.shape
    loss, dx = 0.0, np.zeros(x.shape)
    for n in range(N):
        for c in range(C):
            if c == y[n]:
                continue
            margin = x[n, c] - x[n, y[n]] + 1.0
            if margin > 0:
                loss += margin
                dx[n, c] += 1.0
                dx[n, y[n]] -= 1.0
    return loss / N, dx / N


def einsum(x, y):
    right = np.eye(x.shape[1])[y]
    others = 1.0 - right
    margins = (x - np.einsum("nc,nc->n", x, right)[:, None] + 1.0) * others
    positive = np.where(margins > 0, 1.0, 0.0)
    loss = np.einsum("nc,nc->", positive, margins) / len(x)
    return loss, (positive - right * np.einsum("nc->n", positive)[:, None]) / len(x)


def staged(x, y):
    N = x.shape[0]
    correct = x[np.arange(N), y].reshape(N, 1)
    gap = x - correct
    wanting = gap + 1
    wanting[np.arange(N), y] = 0
    paid = np.maximum(wanting, 0)
    loss = np.sum(paid) / N
    dpaid = np.ones_like(paid) / N
    dwanting = np.where(wanting > 0, dpaid, 0)
    dx = dwanting.copy()
    dcorrect = -np.sum(dwanting, axis=1)
    dx[np.arange(N), y] += dcorrect
    return loss, dx


def compact(x, y):
    n = np.arange(len(y))
    m = np.maximum(0, x - x[n, y][:, None] + 1)
    m[n, y] = 0
    loss = m.sum() / len(y)
    m[m > 0] = 1
    m[n, y] -= m.sum(1)
    return loss, m / len(y)


def labels(x, y):
    wrong = y[:, None] != np.arange(x.shape[1])[None, :]
    best = np.sum(np.where(wrong, 0.0, x), axis=1, keepdims=True)
    margins = wrong * (x - best + 1)
    over = (margins > 0) * 1.0
    dx = over - (1 - wrong) * np.sum(over, axis=1, keepdims=True)
    return np.mean(np.sum(margins * over, axis=1)), dx / len(x)


REWRITTEN = [
    ("forgets_the_right_class", "loops", "                dx[n, y[n]] -= 1.0\n", ""),
    ("counts_the_right_class_once", "staged", "dx[np.arange(N), y] += dcorrect", "dx[np.arange(N), y] = -1 / N"),
    (
        "counts_the_right_class_as_wrong",
        "labels",
        "np.mean(np.sum(margins * over, axis=1))",
        "np.mean(np.sum(np.maximum(0, x - best + 1), axis=1))",
    ),
    ("forgets_the_mean_in_dx", "loops", "dx / N", "dx"),
    (
        "weighs_by_the_margin",
        "loops",
        "dx[n, c] += 1.0",
        "dx[n, c] += margin",
        "dx[n, y[n]] -= 1.0",
        "dx[n, y[n]] -= margin",
    ),
    ("leaves_out_the_one", "loops", "- x[n, y[n]] + 1.0", "- x[n, y[n]]"),
    ("turns_the_sign", "labels", "dx / len(x)", "-dx / len(x)"),
]
