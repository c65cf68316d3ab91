"""A block that changes the width, forward and back.

`projection_residual_forward(x, w1, b1, w2, b2, wp)` returns `(out, cache)` with `out = x wp + relu(x w1 + b1) w2 + b2`;
`projection_residual_backward(dout, cache)` returns `dx`, `dw1`, `db1`, `dw2`, `db2`, `dwp`. Here `w2` is (H, M) and `wp` (D, M), so
that `out` is (N, M). What you keep in `cache` is up to you.

Marking also tries one batch of 80,000 numbers.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import residual
from backprop.activations import relu_backward, relu_forward
from backprop.layers import affine_backward, affine_forward

exercise = Exercise(
    writes=["projection_residual_forward", "projection_residual_backward"],
    reference=residual,
    points=dict(out=1, dx=2, dw1=0.5, db1=0.5, dw2=0.5, db2=0.5, dwp=2),
    minutes=9,
    uses=["affine_forward", "affine_backward", "relu_forward", "relu_backward"],
    help=[
        "The branch is the same as before. New is that the way around has a matrix in it, and a matrix can learn.",
        "Alone, `x wp` is an affine layer without a bias. What are its two gradients? Look at the table of lesson 04: "
        "*times W* has its line.",
        "Check by shapes: around the branch `dout` (N, M) must become (N, D), and `dwp` (D, M) is made of `x` (N, D) and "
        "`dout` (N, M).",
        "An example with other numbers: x = [[2]], wp = [[3, -1]], and dout = [[10, 1]] arrives. Around the branch comes "
        "10 · 3 - 1 · 1 = 29, and dwp = [[20, 2]]. With a branch that is silent, dx = [[29]].",
    ],
)


def drawn(rng, n, d, h, m):
    return dict(
        x=rng.normal(size=(n, d)),
        w1=rng.normal(size=(d, h)),
        b1=rng.normal(size=h),
        w2=rng.normal(size=(h, m)),
        b2=rng.normal(size=m),
        wp=rng.normal(size=(d, m)),
    )


@exercise.case
def wider(rng):
    return drawn(rng, 4, 5, 7, 6)


@exercise.case
def batch_of_one(rng):
    return drawn(rng, 1, 3, 12, 5)


@exercise.case
def narrower(rng):
    return drawn(rng, 5, 6, 8, 2)


@exercise.case
def square(rng):
    return drawn(rng, 4, 4, 4, 4)


@exercise.case(for_marks_only=True)
def large(rng):
    return {name: array / 10 for name, array in drawn(rng, 200, 400, 10, 3).items()}


def layers_of(x, w1, b1, w2, b2):
    a, first = affine_forward(x, w1, b1)
    h, middle = relu_forward(a)
    branch, last = affine_forward(h, w2, b2)
    return branch, (first, middle, last)


def parts(dout, cache):
    _, _, first, middle, last = cache
    dh, dw2, db2 = affine_backward(dout, last)
    dbranch, dw1, db1 = affine_backward(relu_backward(dh, middle), first)
    return dbranch, dw1, db1, dw2, db2


@exercise.derivation
def by_matrices(dout, cache):
    x, wp, (_, w1, b1), a, (h, w2, b2) = cache
    da = (dout @ w2.T) * (a > 0)
    dx = dout @ wp.T + da @ w1.T
    return dx, x.T @ da, da.sum(axis=0), h.T @ dout, dout.sum(axis=0), x.T @ dout


@exercise.mistake(caught_by=rules.outputs, stands_for="projection_residual_forward")
def has_no_way_around(x, w1, b1, w2, b2, wp):
    """Your `out` is the branch alone. `x wp` is missing: here the way around leads through a matrix."""
    branch, cache = layers_of(x, w1, b1, w2, b2)
    return branch, (x, wp, *cache)


@exercise.mistake(caught_by=rules.runs, stands_for="projection_residual_forward")
def adds_x_as_it_is(x, w1, b1, w2, b2, wp):
    """You added `x` (N, D) to a branch of another width, (N, M). That is what `wp` is for: it takes `x` to the width of the branch."""
    branch, cache = layers_of(x, w1, b1, w2, b2)
    return x + branch, (x, wp, *cache)


@exercise.mistake(caught_by=rules.runs, stands_for="projection_residual_forward")
def transposes_wp(x, w1, b1, w2, b2, wp):
    """You multiplied `x` by `wp` transposed. `wp` is (D, M), like every `w` of this course: examples are rows and stand on the left."""
    branch, cache = layers_of(x, w1, b1, w2, b2)
    return x @ wp.T + branch, (x, wp, *cache)


@exercise.mistake(caught_by=rules.outputs, stands_for="projection_residual_forward")
def bends_the_sum(x, w1, b1, w2, b2, wp):
    """A ReLU stands behind your sum. Here nothing bends the way around, which is a matrix and no more."""
    branch, cache = layers_of(x, w1, b1, w2, b2)
    return np.maximum(0, x @ wp + branch), (x, wp, *cache)


@exercise.mistake(caught_by=rules.outputs, stands_for="projection_residual_forward")
def forgets_the_bend(x, w1, b1, w2, b2, wp):
    """There is no ReLU in your branch, so the whole block is one affine layer."""
    a, first = affine_forward(x, w1, b1)
    branch, last = affine_forward(a, w2, b2)
    return x @ wp + branch, (x, wp, first, a, last)


@exercise.mistake(caught_by=rules.outputs, stands_for="projection_residual_forward")
def adds_the_bias_twice(x, w1, b1, w2, b2, wp):
    """`b2` comes in twice, with the branch and with the way around. The projection has no bias of its own: the one of the branch
    is enough for the sum."""
    branch, cache = layers_of(x, w1, b1, w2, b2)
    return x @ wp + b2 + branch, (x, wp, *cache)


@exercise.mistake(caught_by=rules.runs, stands_for="projection_residual_forward")
def returns_out_alone(x, w1, b1, w2, b2, wp):
    """Your forward returns `out` without a cache, and backward has nothing to work with."""
    return x @ wp + layers_of(x, w1, b1, w2, b2)[0]


@exercise.mistake(caught_by=rules.runs)
def sends_dout_around_as_it_is(dout, cache):
    """You added `dout` (N, M) to what comes through the branch, (N, D). The way around has a matrix in it, and the gradient goes back
    through that as well."""
    x, *_ = cache
    dbranch, *weights = parts(dout, cache)
    return dout + dbranch, *weights, x.T @ dout


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_way_around(dout, cache):
    """Your `dx` is what comes through the branch alone. A nudge of `x` also reaches `out` through `wp`."""
    x, *_ = cache
    dbranch, *weights = parts(dout, cache)
    return dbranch, *weights, x.T @ dout


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_branch(dout, cache):
    """Your `dx` is what comes back through `wp` alone. `x` goes into the branch as well, and what comes back from there is added."""
    x, wp, *_ = cache
    _, *weights = parts(dout, cache)
    return dout @ wp.T, *weights, x.T @ dout


@exercise.mistake(caught_by=rules.runs)
def multiplies_by_wp(dout, cache):
    """`dout` (N, M) cannot be multiplied by `wp` (D, M) as it stands; where D = M it can, and is wrong. Forward sums over D; the way
    back sums over M."""
    x, wp, *_ = cache
    dbranch, *weights = parts(dout, cache)
    return dout @ wp + dbranch, *weights, x.T @ dout


@exercise.mistake(caught_by=rules.shapes)
def transposes_dwp(dout, cache):
    """Your `dwp` is the true one transposed. A gradient has the shape of the thing itself: row d speaks of input d."""
    x, wp, *_ = cache
    dbranch, *weights = parts(dout, cache)
    return dout @ wp.T + dbranch, *weights, dout.T @ x


@exercise.mistake(caught_by=rules.returns)
def forgets_dwp(dout, cache):
    """`dwp` is missing. The matrix in the way around is a weight like any other, and wants to learn."""
    _, wp, *_ = cache
    dbranch, *weights = parts(dout, cache)
    return dout @ wp.T + dbranch, *weights


@exercise.mistake(caught_by=rules.gradients)
def averages_dwp(dout, cache):
    """Your `dwp` is the true one divided by the number of rows. Every row uses `wp`, and what they send back adds up."""
    x, wp, *_ = cache
    dbranch, *weights = parts(dout, cache)
    return dout @ wp.T + dbranch, *weights, x.T @ dout / len(x)


@exercise.mistake(caught_by=rules.gradients)
def forgets_dout_in_dwp(dout, cache):
    """Your `dwp` does not depend on `dout`. What a weight carried is multiplied by what arrives at its end."""
    x, wp, *_ = cache
    dbranch, *weights = parts(dout, cache)
    return dout @ wp.T + dbranch, *weights, x.T @ np.ones_like(dout)


@exercise.mistake(caught_by=rules.shapes)
def returns_dwp_second(dout, cache):
    """The gradients are there, in another order. They come back in the order of the inputs of the forward function: `wp` is the last of
    them."""
    dx, *weights, dwp = residual.projection_residual_backward(dout, cache)
    return dx, dwp, *weights


@exercise.mistake(caught_by=rules.gradients)
def goes_past_the_relu(dout, cache):
    """What lies before the bend of the branch is wrong, the rest is right: on the way back you went past the ReLU."""
    x, wp, first, _, last = cache
    dh, dw2, db2 = affine_backward(dout, last)
    dbranch, dw1, db1 = affine_backward(dh, first)
    return dout @ wp.T + dbranch, dw1, db1, dw2, db2, x.T @ dout


@exercise.mistake(caught_by=rules.gradients)
def descends_already(dout, cache):
    """All gradients have the wrong sign. The minus belongs to the step that an optimiser takes."""
    return tuple(-gradient for gradient in residual.projection_residual_backward(dout, cache))
