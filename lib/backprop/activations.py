"""Activations: one number in, one number out, entry by entry."""

import numpy as np

__all__ = ["relu_backward", "relu_forward"]


def relu_forward(x):
    """Let positive entries pass, set the others to zero: out = max(0, x).

    x (any shape)  ->  out (same shape), cache x.
    """
    x = np.asarray(x)
    return np.maximum(0, x), x


def relu_backward(dout, cache):
    """Send `dout` back through `relu_forward`.

    dout (any shape), cache x  ->  dx (same shape).
    At x = 0, where the slope jumps, it is taken as 0.
    """
    # out = x where x > 0, slope 1;  out = 0 elsewhere, slope 0
    # dx = dout where x > 0, else 0
    x = cache
    return dout * (x > 0)
