"""The way back through the ReLU, as others write it, and the catalogue's mistakes in their hands."""

import numpy as np


def loops(dout, cache):
    x, dx = cache, np.zeros(cache.shape)
    for i in np.ndindex(x.shape):
        if x[i] > 0:
            dx[i] = dout[i]
    return dx


def einsum(dout, cache):
    slope = (cache > 0).astype(float)
    return np.einsum("i,i->i", dout.ravel(), slope.ravel()).reshape(cache.shape)


def staged(dout, cache):
    x = cache
    dx = dout.copy()
    dx[x <= 0] = 0
    return dx


def compact(dout, cache):
    return np.where(cache > 0, dout, 0.0)


def signs(dout, cache):
    x = cache
    slope = (np.sign(x) + 1) / 2
    return dout * slope


REWRITTEN = [
    ("passes_everything", "compact", "np.where(cache > 0, dout, 0.0)", "np.where(cache > 0, dout, dout)"),
    ("masks_by_dout", "loops", "if x[i] > 0", "if dout[i] > 0"),
    ("returns_the_mask", "loops", "dx[i] = dout[i]", "dx[i] = 1"),
    ("masks_the_wrong_side", "staged", "x <= 0", "x >= 0"),
    ("multiplies_by_the_output", "loops", "dx[i] = dout[i]", "dx[i] = dout[i] * x[i]"),
    ("takes_the_sign_of_x", "compact", "0.0", "-dout"),
    ("forgets_dout_but_keeps_x", "loops", "dx[i] = dout[i]", "dx[i] = x[i]"),
    ("keeps_whole_rows", "loops", "if x[i] > 0", "if x[i[0]].sum() > 0"),
]
