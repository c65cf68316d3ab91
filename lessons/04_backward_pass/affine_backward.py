"""Send the gradient back through the affine layer.

You are given `dout`, of the shape of `out`: how fast the loss moves when each entry of `out`
is nudged. Return the same for `x`, `w` and `b`, each in the shape of the thing itself.
`cache` is what `affine_forward` kept: `(x, w, b)`. An example in `x` may have several axes;
`w` sees it flattened.

Marking also tries one batch of 100,000 numbers. Right code takes well under a second for it,
with loops or without; nudging every entry in turn takes longer than there is.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import layers

exercise = Exercise(
    writes=["affine_backward"],
    reference=layers,
    points=dict(dx=3, dw=2, db=1),
    minutes=20,
    uses=["affine_forward"],
    help=[
        "Begin with `db`. Write one entry of `out` as a sum: which entries of `out` contain `b[m]`? "
        "A nudge of `b[m]` moves all of them.",
        "Now one entry `w[d, m]`. It is used once in every row: in row `n` it is multiplied by "
        "`x[n, d]` and lands in `out[n, m]`. Sum over the places where it is used.",
        "Check the sum by its shapes. `dw` is (D, M), and you have `x` as (N, D) and `dout` as (N, M). "
        "The N must be summed away, so it has to stand between the two, which a transpose can do. "
        "The same question for `dx`: which axis is summed away there?",
        "An example with other numbers: x = [[1, 2]], w = [[3], [4]], dout = [[10]]. Then x[0, 0] is "
        "multiplied by 3, so dx[0, 0] = 30; w[1, 0] is multiplied by 2, so dw[1, 0] = 20; db[0] = 10. "
        "Add a second row to x and see which of the three grows by a sum.",
    ],
)


def normal(rng, n, d, m):
    """x (n, *d), w (prod d, m), b (m,), all far enough from zero to matter."""
    d = (d,) if isinstance(d, int) else d
    return dict(x=rng.normal(size=(n, *d)), w=rng.normal(size=(np.prod(d), m)), b=rng.normal(size=m))


@exercise.case
def ordinary(rng):
    return normal(rng, 4, 5, 3)


@exercise.case
def batch_of_one(rng):
    return normal(rng, 1, 3, 4)


@exercise.case
def images(rng):
    return normal(rng, 3, (2, 4), 5)


@exercise.case
def square(rng):
    return normal(rng, 4, 4, 4)


@exercise.case
def far_from_zero(rng):
    return {name: 100 + array for name, array in normal(rng, 6, 2, 3).items()}


@exercise.case(for_marks_only=True)
def large(rng):
    return normal(rng, 200, 500, 1)


@exercise.mistake(caught_by=rules.shapes)
def keeps_the_batch_in_db(dout, cache):
    """`b` was added to every row, so a nudge of `b[m]` moves `out[n, m]` in every row n.
    `db[m]` is the sum of what arrives from all of them; you return the summands."""
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dx, dw, dout


@exercise.mistake(caught_by=rules.gradients)
def averages_db(dout, cache):
    """Your `db` is the true one divided by the number of rows. Nudging `b[m]` moves the output in
    every row, and the effects add up. If the loss averages, `dout` already knows."""
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dx, dw, dout.mean(axis=0)


@exercise.mistake(caught_by=rules.shapes)
def sums_db_over_the_outputs(dout, cache):
    """Your `db` has one entry for each example: the sum ran along the rows of `dout`. There is one
    bias for each output, shared by the examples: the sum runs over the examples."""
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dx, dw, dout.sum(axis=1)


@exercise.mistake(caught_by=rules.gradients)
def averages_dw(dout, cache):
    """Your `dw` is the true one divided by the number of rows. Every row uses `w`, and what they
    send back adds up. If the loss averages, `dout` already knows."""
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout / len(x)
    return dx, dw, dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def averages_both(dout, cache):
    """Your `dw` and `db` are the true ones divided by the number of rows, while `dx` is right. The
    mean over the batch belongs to the loss, and `dout` has been through it already."""
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout / len(x)
    return dx, dw, dout.mean(axis=0)


@exercise.mistake(caught_by=rules.shapes)
def transposes_dw(dout, cache):
    """Your `dw` is the true one transposed. A gradient has the shape of the thing itself: row d of
    `dw` speaks of input d, column m of output m."""
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = dout.T @ x.reshape(len(x), -1)
    return dx, dw, dout.sum(axis=0)


@exercise.mistake(caught_by=rules.runs)
def multiplies_dx_by_w(dout, cache):
    """`dout` (N, M) cannot be multiplied by `w` (D, M) as it stands; where D = M it can, and is wrong.
    Going forward, `w` sums over D; going back, the sum runs over M."""
    x, w, b = cache
    dx = (dout @ w).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dx, dw, dout.sum(axis=0)


@exercise.mistake(caught_by=rules.shapes)
def leaves_dx_flat(dout, cache):
    """The numbers in your `dx` are right, but it is still flat. An image goes in, so the gradient of
    an image comes out: `dx` has the shape of `x`."""
    x, w, b = cache
    dw = x.reshape(len(x), -1).T @ dout
    return dout @ w.T, dw, dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def ignores_dout_in_dx(dout, cache):
    """Your `dx` does not depend on `dout`. The slope of this layer is `w`; the chain rule multiplies
    it by what arrives from above, which is `dout`. An all-ones `dout` would hide this."""
    x, w, b = cache
    dx = (np.ones_like(dout) @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dx, dw, dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def ignores_dout_in_dw(dout, cache):
    """Your `dw` does not depend on `dout`. The slope of this layer is `x`; the chain rule multiplies
    it by what arrives from above, which is `dout`. An all-ones `dout` would hide this."""
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ np.ones_like(dout)
    return dx, dw, dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def counts_rows_for_db(dout, cache):
    """Your `db` counts the rows. The slope with respect to a bias is 1, but the chain rule multiplies
    it by what arrives from above: sum `dout`, not ones."""
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dx, dw, np.ones_like(dout).sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def adds_the_bias_to_dx(dout, cache):
    """Your `dx` went through the whole layer once more, bias and all. Going back is multiplying by
    slopes, and a constant that was added has no slope with respect to `x`."""
    x, w, b = cache
    dx = ((dout - b) @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dx, dw, dout.sum(axis=0)


@exercise.mistake(caught_by=rules.shapes)
def returns_the_weights_first(dout, cache):
    """The gradients are there, in another order. They come back in the order of the inputs of
    `affine_forward(x, w, b)`: first `dx`, then `dw`, then `db`."""
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dw, dx, dout.sum(axis=0)


@exercise.mistake(caught_by=rules.returns)
def returns_dx_alone(dout, cache):
    """`w` and `b` are inputs too. Without their gradients nothing in the layer could learn."""
    x, w, b = cache
    return (dout @ w.T).reshape(x.shape)


@exercise.mistake(caught_by=rules.gradients)
def descends_already(dout, cache):
    """All three gradients have the wrong sign. A gradient points uphill; the minus belongs to the step
    that the optimiser takes."""
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return -dx, -dw, -dout.sum(axis=0)


@exercise.mistake(caught_by=rules.shapes)
def forgets_to_flatten_x(dout, cache):
    """Your `dw` is right where an example has one axis. Where it has several, `w` has seen it flattened, so it must be
    flattened here too before it is multiplied."""
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    return dx, x.T @ dout, dout.sum(axis=0)


@exercise.mistake(caught_by=rules.shapes)
def sums_db_over_everything(dout, cache):
    """Your `db` is one number: the sum ran over both axes of `dout`. Each output has a bias of its own; the sum runs
    over the examples alone."""
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dx, dw, dout.sum()


@exercise.mistake(caught_by=rules.gradients)
def reshapes_instead_of_transposing(dout, cache):
    """Your `dx` holds the right numbers in the wrong places. `w @ dout.T` has the examples as columns; `reshape` does
    not turn them into rows, a transpose does."""
    x, w, b = cache
    dx = (w @ dout.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dx, dw, dout.sum(axis=0)


@exercise.mistake(caught_by=rules.runs)
def multiplies_entry_by_entry(dout, cache):
    """You multiplied `dout` (N, M) by `w` (D, M) entry by entry. The way back through a matrix product is a matrix
    product: each `x[n, d]` collects from all M outputs."""
    x, w, b = cache
    dx = (dout * w).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dx, dw, dout.sum(axis=0)
