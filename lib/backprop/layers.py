"""Layers with weights: forward and backward as neighbours, joined by an explicit cache."""

import numpy as np

__all__ = ["affine_backward", "affine_forward"]


def affine_forward(x, w, b):
    """Multiply every example by a matrix and add a vector: out = x w + b.

    x (N, D...), w (D, M), b (M,)  ->  out (N, M), cache (x, w, b).
    An example with several axes is flattened first, so D is the number of its entries.

    Raises ValueError where the shapes do not fit. Call form: Stanford CS231n, assignment 1.
    """
    x, w, b = np.asarray(x), np.asarray(w), np.asarray(b)
    if x.ndim < 2:
        raise ValueError(f"x has shape {x.shape}; examples are rows, so x needs at least two axes")
    rows = x.reshape(len(x), -1)
    if w.ndim != 2 or w.shape[0] != rows.shape[1]:
        raise ValueError(f"w has shape {w.shape}; x of shape {x.shape} needs w ({rows.shape[1]}, M)")
    if b.shape != w.shape[1:]:
        raise ValueError(f"b has shape {b.shape}; w of shape {w.shape} needs b ({w.shape[1]},)")
    return rows @ w + b, (x, w, b)


def affine_backward(dout, cache):
    """Send `dout` back through `affine_forward`.

    dout (N, M), cache (x, w, b)  ->  dx (N, D...), dw (D, M), db (M,).
    """
    # out[n, m] = sum over d of x[n, d] w[d, m], plus b[m]
    #
    # db[m]    = sum over n of dout[n, m]            b was copied to every row
    # dw[d, m] = sum over n of x[n, d] dout[n, m]    w was used by every row
    # dx[n, d] = sum over m of dout[n, m] w[d, m]    x[n, d] fed every output of its row
    x, w, _ = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db
