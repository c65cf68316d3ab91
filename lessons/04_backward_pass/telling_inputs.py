"""Choose inputs that tell wrong code from right code.

Return a dictionary with `x` (N, D), `w` (D, M) and `dout` (N, M) on which *each* of the six
suspects returns something else than the right `(dx, dw, db)`, or breaks down. Use at most 20
numbers in all, so that you can read them; a list of lists will do.

For each suspect, ask on which inputs it happens to be right. Then avoid those.
"""

from types import SimpleNamespace

import numpy as np

from autograder import rules
from autograder.exercise import Exercise


def telling_inputs():
    """Inputs on which no wrong way back through an affine layer returns what is right.

    ->  a dictionary with x (N, D), w (D, M), dout (N, M); at most 20 numbers in all.
    """
    # All sizes differ: an axis too many, a missing transpose and an exchanged one change a shape.
    # x and dout have both signs: cutting off the negative ones is seen.
    # dout is not all ones: leaving it out is seen.
    return {
        "x": [[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]],
        "w": [[2.0], [-1.0], [3.0]],
        "dout": [[3.0], [-2.0]],
    }


exercise = Exercise(
    writes=["telling_inputs"],
    reference=SimpleNamespace(telling_inputs=telling_inputs),
    points=dict(ash=0.5, birch=0.5, cedar=0.5, elm=0.5, fir=0.5, hazel=0.5),
    minutes=10,
    kind="hunt",
    help=[
        "Read one suspect at a time and compare it with your own `affine_backward`. Where do the two differ?",
        "Three of them would be betrayed by a shape, if the sizes were not all equal. Which sizes have to differ?",
        "Three of them have the right shapes whatever you do. One never looks at something; two cut something off. "
        "Which entries would show it?",
    ],
)


@exercise.case
def as_given(rng):
    return {}


@exercise.innocent
def by_matrices(x, w, dout):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


@exercise.innocent
def by_indices(x, w, dout):
    return np.einsum("nm,dm->nd", dout, w), np.einsum("nd,nm->dm", x, dout), np.einsum("nm->m", dout)


@exercise.innocent
def by_rows(x, w, dout):
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(w.shape[1])
    for n in range(len(x)):
        dx[n] = w @ dout[n]
        dw += np.outer(x[n], dout[n])
        db += dout[n]
    return dx, dw, db


@exercise.suspect
def ash(x, w, dout):
    return dout @ w.T, x.T @ dout, dout.sum(axis=1)


@exercise.suspect
def birch(x, w, dout):
    return dout @ w.T, x.T @ np.ones_like(dout), dout.sum(axis=0)


@exercise.suspect
def cedar(x, w, dout):
    return dout @ w.T, np.maximum(0, x).T @ dout, dout.sum(axis=0)


@exercise.suspect
def elm(x, w, dout):
    return dout @ w, x.T @ dout, dout.sum(axis=0)


@exercise.suspect
def fir(x, w, dout):
    return np.maximum(0, dout) @ w.T, x.T @ dout, dout.sum(axis=0)


@exercise.suspect
def hazel(x, w, dout):
    return dout @ w.T, dout.T @ x, dout.sum(axis=0)


@exercise.mistake(caught_by=rules.exposes)
def lets_ash_go():
    """`ash` sums `db` along the outputs. With as many examples as outputs the shape is right, and where `dout` is
    its own transpose the numbers are too."""
    return {"x": [[1.0, -2.0], [3.0, -4.0]], "w": [[1.0, 2.0], [-3.0, 4.0]], "dout": [[2.0, -1.0], [-1.0, 5.0]]}


@exercise.mistake(caught_by=rules.exposes)
def lets_birch_go():
    """`birch` never looks at `dout` in its `dw`. It is right where every entry of `dout` is 1, or where what they are
    more or less than 1 cancels out."""
    return {"x": [[1.0, -2.0, 3.0], [2.0, -4.0, 6.0]], "w": [[2.0], [-1.0], [3.0]], "dout": [[-1.0], [2.0]]}


@exercise.mistake(caught_by=rules.exposes)
def lets_cedar_go():
    """`cedar` cuts off the negative entries of `x`, as if the ReLU came before. Without negative entries nobody
    sees it."""
    return {"x": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "w": [[2.0], [-1.0], [3.0]], "dout": [[3.0], [-2.0]]}


@exercise.mistake(caught_by=rules.exposes)
def lets_elm_go():
    """`elm` multiplies by `w` as it stands. With as many inputs as outputs it does not break down, and where `w` is
    its own transpose it is right."""
    return {
        "x": [[1.0, -2.0], [3.0, -4.0], [5.0, 6.0]],
        "w": [[1.0, 2.0], [2.0, -3.0]],
        "dout": [[2.0, -1.0], [-1.0, 5.0], [3.0, 1.0]],
    }


@exercise.mistake(caught_by=rules.exposes)
def lets_fir_go():
    """`fir` cuts off the negative entries of `dout` on the way to `dx`. Without negative entries nobody sees it."""
    return {"x": [[1.0, -2.0, 3.0], [-4.0, 5.0, -6.0]], "w": [[2.0], [-1.0], [3.0]], "dout": [[3.0], [2.0]]}


@exercise.mistake(caught_by=rules.exposes)
def lets_hazel_go():
    """`hazel` returns `dw` transposed. With as many inputs as outputs the shape is right, and where `x` and `dout`
    are alike the numbers are too."""
    x = [[1.0, -2.0], [3.0, -4.0], [-1.0, 5.0]]
    return {"x": x, "w": [[1.0, 2.0], [-3.0, 4.0]], "dout": x}
