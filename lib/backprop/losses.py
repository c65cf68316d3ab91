"""Losses: scores in, one number out, and the gradient that starts the way back. Means over the batch."""

from functools import wraps

import numpy as np

__all__ = ["mse_loss", "softmax_loss", "svm_loss"]


def _of_classes(loss):
    """Check that there are scores, and for each row of them a label that is a class."""

    @wraps(loss)
    def checked(x, y):
        x, y = np.asarray(x), np.asarray(y)
        if x.ndim != 2:
            raise ValueError(f"x has shape {x.shape}; scores are (N, C)")
        if y.shape != x.shape[:1] or y.dtype.kind not in "iu":
            raise ValueError(f"y has shape {y.shape} and type {y.dtype}; expected {x.shape[:1]} integer labels")
        if y.size and not (0 <= y.min() and y.max() < x.shape[1]):
            raise ValueError(f"y holds labels from {y.min()} to {y.max()}; there are {x.shape[1]} classes, from 0")
        return loss(x, y)

    return checked


@_of_classes
def softmax_loss(x, y):
    """Cross-entropy of the softmax: the mean over the batch of -log p[n, y[n]].

    x (N, C) scores, y (N,) integer labels below C  ->  loss (a number), dx (N, C).
    Stable for scores of any size. Raises ValueError for labels that are no classes. Call form:
    Stanford CS231n, assignment 1.
    """
    # p[n, c] = exp(x[n, c]) / sum over k of exp(x[n, k])
    # loss    = mean over n of -log p[n, y[n]]
    # dx      = (p - onehot(y)) / N
    #
    # Raising all scores of a row by the same amount changes no p, so the largest may be
    # made 0 first: then no exp overflows. For the same reason each row of dx sums to 0.
    rows = np.arange(len(x))
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dx = np.exp(log_p)
    dx[rows, y] -= 1
    return -log_p[rows, y].mean(), dx / len(x)


@_of_classes
def svm_loss(x, y):
    """Hinge loss: the mean over the batch of the sum, over the wrong classes, of max(0, x[c] - x[y] + 1).

    x (N, C) scores, y (N,) integer labels below C  ->  loss (a number), dx (N, C).
    Where a margin is exactly 0 its slope is taken as 0. Call form: Stanford CS231n, assignment 1.
    """
    # margin[n, c] = x[n, c] - x[n, y[n]] + 1, for c other than y[n]
    # dx[n, c]     = 1/N where the margin is positive
    # dx[n, y[n]]  = -(how many margins of the row are positive)/N: it is in every one of them
    rows = np.arange(len(x))
    margins = np.maximum(0, x - x[rows, y][:, None] + 1)
    margins[rows, y] = 0
    dx = (margins > 0).astype(x.dtype)
    dx[rows, y] = -dx.sum(axis=1)
    return margins.sum() / len(x), dx / len(x)


def mse_loss(x, y):
    """Mean squared error: the mean over all entries of (x - y)², without a factor ½.

    x, y (N, D...)  ->  loss (a number), dx (N, D...).
    """
    # loss = sum of (x - y)² / (number of entries)
    # dx   = 2 (x - y) / (number of entries)
    difference = np.asarray(x) - y
    return (difference**2).mean(), 2 * difference / difference.size
