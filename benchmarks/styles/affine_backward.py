"""The way back through an affine layer, as others write it, and the catalogue's mistakes in their hands."""

import numpy as np


def loops(dout, cache):
    x, w, b = cache
    flat = x.reshape(x.shape[0], -1)
    dflat, dw, db = np.zeros(flat.shape), np.zeros(w.shape), np.zeros(w.shape[1])
    for n in range(flat.shape[0]):
        for m in range(w.shape[1]):
            db[m] += dout[n, m]
            for d in range(w.shape[0]):
                dw[d, m] += flat[n, d] * dout[n, m]
                dflat[n, d] += w[d, m] * dout[n, m]
    return dflat.reshape(x.shape), dw, db


def einsum(dout, cache):
    x, w, b = cache
    flat = x.reshape(len(x), w.shape[0])
    dflat = np.einsum("nm,dm->nd", dout, w)
    dw = np.einsum("nd,nm->dm", flat, dout)
    db = np.einsum("nm->m", dout)
    return np.reshape(dflat, x.shape), dw, db


def staged(dout, cache):
    x, w, b = cache
    N = x.shape[0]
    shape = x.shape
    x = np.reshape(x, (N, -1))
    dproduct = 1.0 * dout
    db = np.sum(1.0 * dout, axis=0)
    dx = np.dot(dproduct, w.transpose())
    dw = np.dot(x.transpose(), dproduct)
    dx = np.reshape(dx, shape)
    return dx, dw, db


def rows(dout, cache):
    x, w, b = cache
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for n in range(len(x)):
        dx[n] = (w @ dout[n]).reshape(x[n].shape)
        dw += np.outer(x[n].ravel(), dout[n])
        db += dout[n]
    return dx, dw, db


def compact(dout, cache):
    x, w, b = cache
    dw = (dout.T @ x.reshape(len(x), -1)).T
    return (w @ dout.T).T.reshape(x.shape), dw, np.ones(len(dout)) @ dout


REWRITTEN = [
    ("keeps_the_batch_in_db", "einsum", 'np.einsum("nm->m", dout)', "dout * 1.0"),
    ("averages_db", "loops", "db[m] += dout[n, m]", "db[m] += dout[n, m] / len(x)"),
    ("sums_db_over_the_outputs", "einsum", "nm->m", "nm->n"),
    ("averages_dw", "rows", "np.outer(x[n].ravel(), dout[n])", "np.outer(x[n].ravel(), dout[n]) / len(x)"),
    (
        "averages_both",
        "staged",
        "dproduct = 1.0 * dout",
        "dproduct = dout",
        "dw = np.dot(x.transpose(), dproduct)",
        "dw, db = np.dot(x.transpose(), dproduct) / N, db / N",
    ),
    ("transposes_dw", "einsum", "nd,nm->dm", "nd,nm->md"),
    ("multiplies_dx_by_w", "staged", "np.dot(dproduct, w.transpose())", "np.dot(dproduct, w)"),
    ("leaves_dx_flat", "einsum", "np.reshape(dflat, x.shape)", "dflat"),
    ("ignores_dout_in_dx", "loops", "w[d, m] * dout[n, m]", "w[d, m]"),
    ("ignores_dout_in_dw", "loops", "flat[n, d] * dout[n, m]", "flat[n, d]"),
    ("counts_rows_for_db", "loops", "db[m] += dout[n, m]", "db[m] += 1"),
    ("adds_the_bias_to_dx", "rows", "w @ dout[n]", "w @ (dout[n] - b)"),
    (
        "returns_the_weights_first",
        "compact",
        "return (w @ dout.T).T.reshape(x.shape), dw,",
        "return dw, (w @ dout.T).T.reshape(x.shape),",
    ),
    ("returns_dx_alone", "einsum", "return np.reshape(dflat, x.shape), dw, db", "return np.reshape(dflat, x.shape)"),
    ("descends_already", "rows", "return dx, dw, db", "return -dx, -dw, -db"),
    (
        "forgets_to_flatten_x",
        "staged",
        "np.dot(x.transpose(), dproduct)",
        "np.dot(x.reshape(shape).transpose(), dproduct)",
    ),
    ("sums_db_over_everything", "einsum", 'np.einsum("nm->m", dout)', 'np.einsum("nm->", dout)'),
    ("reshapes_instead_of_transposing", "einsum", 'np.einsum("nm,dm->nd", dout, w)', 'np.einsum("nm,dm->dn", dout, w)'),
    ("multiplies_entry_by_entry", "staged", "np.dot(dproduct, w.transpose())", "np.multiply(dproduct, w)"),
]
