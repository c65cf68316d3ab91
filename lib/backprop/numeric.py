"""Gradients by nudging: slow, nearly assumption-free, and so the witness for the fast ones.

A central difference with step h errs by about h² f'''/6 from the curve and eps f/h from
rounding, where eps is 1.1e-16 in float64. The two are equal near h = 1e-5 for functions of
ordinary size (Nocedal and Wright, Numerical Optimization, 2006, section 8.1).
"""

import numpy as np

__all__ = ["gradient", "relative_error", "slope"]


def gradient(f, x, df=1.0, h=1e-5):
    """How fast sum(f(x) * df) moves when each entry of x is nudged alone.

    f (array -> number or array), x (any shape), df like f(x)  ->  gradient (shape of x).
    With f(x) a number, that is the gradient of f. Costs two calls of f per entry of x.

    Raises TypeError for integer x, which cannot be nudged. x itself is not modified.
    """
    x = _floats(x)
    grad = np.empty_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        grad[i] = np.sum((f(up) - f(down)) * df) / (up[i] - down[i])
    return grad


def slope(f, x, direction, df=1.0, h=1e-5):
    """How fast sum(f(x) * df) moves when x moves along `direction`. Costs two calls of f."""
    x = _floats(x)
    return np.sum((f(x + h * direction) - f(x - h * direction)) * df) / (2 * h)


def relative_error(a, b):
    """||a - b|| / (||a|| + ||b||), and 0 for two zeros; raises ValueError where shapes differ."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError(f"a has shape {a.shape} but b has shape {b.shape}")
    size = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(a - b) / size) if size else 0.0


def _floats(x):
    x = np.asarray(x)
    if x.dtype.kind not in "fc":
        raise TypeError(f"x has type {x.dtype}, which cannot be nudged by a small step; use float64")
    return x
