"""Attention: every query looks at all keys, and takes the values of those that fit it."""

import numpy as np

from backprop._shapes import shaped

__all__ = ["attention_backward", "attention_forward"]


@shaped
def attention_forward(q, k, v, mask=None):
    """Mix values by how well their keys fit each query: out = a v, a = softmax(q kᵀ / sqrt(D)).

    q (N..., T, D), k (N..., S, D), v (N..., S, M), mask (..., T, S) booleans or None
    ->  out (N..., T, M), cache (q, k, v, a).
    a (N..., T, S) are the weights, each row with the sum 1. The mask is True where a query may look; what
    stands before T and S broadcasts. A query that may look nowhere gets zeros.

    Raises ValueError for shapes that do not fit, TypeError for a mask that is not boolean. Source:
    Vaswani and others (2017), section 3.2.1.
    """
    # As in every softmax the largest is made 0 first, here the largest that is allowed. Where nothing is,
    # it is -inf and stays out of the difference, and the sum is 0 and stays out of the quotient.
    scores = q @ k.swapaxes(-1, -2) / q.shape[-1] ** 0.5
    allowed = scores if mask is None else np.where(mask, scores, -np.inf)
    largest = allowed.max(axis=-1, keepdims=True)
    e = np.exp(allowed - np.where(np.isinf(largest), 0, largest))
    total = e.sum(axis=-1, keepdims=True)
    a = e / np.where(total == 0, 1, total)
    return a @ v, (q, k, v, a)


def attention_backward(dout, cache):
    """Send `dout` back through `attention_forward`.

    dout (N..., T, M), cache (q, k, v, a)  ->  dq (N..., T, D), dk (N..., S, D), dv (N..., S, M).
    """
    # out = a v                    da = dout vᵀ,  dv = aᵀ dout
    # a = softmax of each row      dscores = a (da - sum over the row of da a): raising all scores of a
    #                              row moves nothing, so each row of dscores sums to 0
    # scores = q kᵀ / sqrt(D)      dq = dscores k / sqrt(D),  dk = dscoresᵀ q / sqrt(D)
    #
    # Where the mask forbids, a is 0, and so is dscores.
    q, k, v, a = cache
    da = dout @ v.swapaxes(-1, -2)
    dv = a.swapaxes(-1, -2) @ dout
    dscores = a * (da - (da * a).sum(axis=-1, keepdims=True))
    dproduct = dscores / q.shape[-1] ** 0.5
    return dproduct @ k, dproduct.swapaxes(-1, -2) @ q, dv
