"""Layers with weights: forward and backward as neighbours, joined by an explicit cache."""

from backprop._shapes import shaped

__all__ = ["affine_backward", "affine_forward"]


@shaped
def affine_forward(x, w, b):
    """Multiply every example by a matrix and add a vector: out = x w + b.

    x (N, D...), w (D, M), b (M,)  ->  out (N, M), cache (x, w, b).
    An example with several axes is flattened first, so D is the number of its entries.

    Raises ValueError where the shapes do not fit, TypeError for what is no array of numbers. Call form:
    Stanford CS231n, assignment 1.
    """
    rows = x.reshape(len(x), -1)
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
