"""Losses: scores in, one number out, and the gradient that starts the way back. Means over the batch."""

import numpy as np

from backprop._shapes import shaped

__all__ = [
    "accuracy",
    "bce_loss",
    "cross_entropy",
    "mean_squared_error",
    "mse_loss",
    "softmax",
    "softmax_loss",
    "svm_loss",
]


@shaped
def softmax(scores):
    """Turn each row of scores into probabilities: p[n, c] = exp(s[n, c]) / sum over k of exp(s[n, k]).

    scores (N, C)  ->  p (N, C), positive, each row with the sum 1.
    Stable for scores of any size. Raises ValueError unless scores have two axes.
    """
    # Raising all scores of a row by the same amount changes no p, so the largest may be made 0 first:
    # then no exp overflows.
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


@shaped
def cross_entropy(scores, y):
    """The mean over the batch of -log p[n, y[n]], where p is the softmax of the scores.

    scores (N, C), y (N,) integer labels below C  ->  loss (a number): 0 for certainty that is right.
    Stable for scores of any size. Raises ValueError for labels that are no classes, TypeError for labels
    that are no integers.
    """
    # -log p[n, y] = log(sum over k of exp(s[n, k])) - s[n, y], with the largest score made 0 first
    shifted = scores - scores.max(axis=1, keepdims=True)
    return (np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]).mean()


@shaped
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


@shaped
def svm_loss(x, y):
    """Hinge loss: the mean over the batch of the sum, over the wrong classes, of max(0, x[c] - x[y] + 1).

    x (N, C) scores, y (N,) integer labels below C  ->  loss (a number), dx (N, C).
    Where a margin is exactly 0 its slope is taken as 0. Raises ValueError for labels that are no
    classes. Call form: Stanford CS231n, assignment 1; the loss: Weston and Watkins (1999).
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


@shaped
def mean_squared_error(x, y):
    """The mean over all entries of (x - y)², without a factor ½.

    x (any shape), y (shape of x)  ->  loss (a number).
    Raises ValueError where the shapes differ.
    """
    return ((x - y) ** 2).mean()


@shaped
def mse_loss(x, y):
    """Mean squared error: the mean over all entries of (x - y)², without a factor ½.

    x (any shape), y (shape of x)  ->  loss (a number), dx (shape of x).
    Raises ValueError where the shapes differ.
    """
    # loss = sum of (x - y)² / (number of entries)
    # dx   = 2 (x - y) / (number of entries)
    difference = x - y
    return (difference**2).mean(), 2 * difference / difference.size


@shaped
def bce_loss(x, y):
    """Binary cross-entropy: the mean over all entries of -y log p - (1 - y) log(1 - p), p the sigmoid of x.

    x (any shape) scores, y (shape of x) from 0 to 1  ->  loss (a number), dx (shape of x).
    Stable for scores of any size. Raises ValueError where the shapes differ, and for y outside 0 to 1.
    """
    # With p = 1 / (1 + exp(-x)):   -log p = log(1 + exp(-x)) = log(1 + exp(x)) - x
    #                          -log(1 - p) = log(1 + exp(x))
    # loss = mean of log(1 + exp(x)) - x y
    # dx   = (p - y) / (number of entries)
    if y.size and not (0 <= y.min() and y.max() <= 1):
        raise ValueError(f"y holds numbers from {y.min()} to {y.max()}; expected probabilities, 0 to 1")
    p = np.exp(-np.logaddexp(0, -x))
    return (np.logaddexp(0, x) - x * y).mean(), (p - y) / x.size


@shaped
def accuracy(scores, y):
    """The share of examples whose largest score is that of the right class.

    scores (N, C), y (N,) integer labels below C  ->  share, from 0 to 1. Of equal scores the first counts.
    Raises ValueError for labels that are no classes.
    """
    return float((scores.argmax(axis=1) == y).mean())
