"""Send the gradient back through a residual block.

`cache` is what `residual_forward` kept, `(first, middle, last)`: the caches of the affine layer, of the ReLU and of the affine
layer of the branch. Return `dx`, `dw1`, `db1`, `dw2`, `db2`. Call `affine_backward` and `relu_backward`: each takes a gradient and the
cache of its layer.

Marking also tries one batch of 80,000 numbers.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import residual
from backprop.activations import relu_backward
from backprop.layers import affine_backward

exercise = Exercise(
    writes=["residual_backward"],
    reference=residual,
    points=dict(dx=3, dw1=1, db1=1, dw2=1, db2=1),
    minutes=12,
    uses=["affine_forward", "affine_backward", "relu_forward", "relu_backward"],
    help=[
        "Where is `x` used? In two places. Draw the block, with two arrows that leave `x` and meet again at a plus.",
        "The plus hands `dout` to both of its summands. One of them is the branch: send it back through the last layer, the "
        "bend and the first layer, as in lesson 04. What arrives at the beginning of the branch is not yet `dx`.",
        "Two ways lead from `x` to `out`, and what comes back on them adds up. On the way around there is nothing that could "
        "change what comes.",
        "An example with other numbers: x = [[1]], w1 = [[2, -1]], b1 = [3, 0], w2 = [[10], [1]], b2 = [0.5], and dout = [[7]] "
        "arrives. The hidden values are [5, 0]: dw2 = [[35], [0]], db2 = [7]. At the bend [70, 7] arrives and [70, 0] goes on: "
        "dw1 = [[70, 0]], db1 = [70, 0]. Through the branch comes 140, around it 7, so dx = [[147]].",
    ],
)


def drawn(rng, n, d, h):
    return dict(
        x=rng.normal(size=(n, d)),
        w1=rng.normal(size=(d, h)),
        b1=rng.normal(size=h),
        w2=rng.normal(size=(h, d)),
        b2=rng.normal(size=d),
    )


@exercise.case
def ordinary(rng):
    return drawn(rng, 4, 5, 7)


@exercise.case
def batch_of_one(rng):
    return drawn(rng, 1, 3, 12)


@exercise.case
def narrow(rng):
    return drawn(rng, 6, 5, 3)


@exercise.case
def square(rng):
    return drawn(rng, 4, 4, 4)


@exercise.case(for_marks_only=True)
def large(rng):
    return {name: array / 10 for name, array in drawn(rng, 200, 400, 10).items()}


@exercise.derivation
def by_matrices(dout, cache):
    (x, w1, b1), a, (h, w2, b2) = cache
    dh = dout @ w2.T
    da = dh * (a > 0)
    through = da @ w1.T
    return dout + through, x.T @ da, da.sum(axis=0), h.T @ dout, dout.sum(axis=0)


def parts(dout, cache):
    """What comes through the branch, and the gradients of its weights."""
    first, middle, last = cache
    dh, dw2, db2 = affine_backward(dout, last)
    dbranch, dw1, db1 = affine_backward(relu_backward(dh, middle), first)
    return dbranch, dw1, db1, dw2, db2


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_way_around(dout, cache):
    """Your `dx` is what comes back through the branch, and no more. `x` was also added to `out` directly, and a nudge of it reaches
    `out` that way too."""
    return parts(dout, cache)


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_branch(dout, cache):
    """Your `dx` is `dout` itself: you followed the way around only. `x` goes into the branch as well, and what comes back from there
    is added."""
    _, *weights = parts(dout, cache)
    return np.array(dout), *weights


@exercise.mistake(caught_by=rules.gradients)
def takes_the_mean_of_both(dout, cache):
    """Your `dx` is half the true one. A sum gives `dout` to each of its summands whole, and what comes back on two ways is added."""
    dbranch, *weights = parts(dout, cache)
    return (dout + dbranch) / 2, *weights


@exercise.mistake(caught_by=rules.gradients)
def splits_dout_between_the_ways(dout, cache):
    """All five are half the true ones: you gave half of `dout` to each of the two ways. A sum does not share out what comes
    back; a nudge of either summand moves `out` in full."""
    dbranch, *weights = parts(dout / 2, cache)
    return dbranch + dout / 2, *weights


@exercise.mistake(caught_by=rules.gradients)
def counts_the_way_around_twice(dout, cache):
    """`dout` is in your `dx` twice. `x` goes around the branch once."""
    dbranch, *weights = parts(dout, cache)
    return dbranch + 2 * dout, *weights


@exercise.mistake(caught_by=rules.gradients)
def sums_what_comes_around(dout, cache):
    """What came around the branch was added up over the rows before it came into your `dx`. Each example goes around its own branch; only
    a weight, which all examples share, collects from all of them."""
    dbranch, *weights = parts(dout, cache)
    return dbranch + dout.sum(axis=0), *weights


@exercise.mistake(caught_by=rules.gradients)
def takes_db1_before_the_bend(dout, cache):
    """Your `db1` is summed before the ReLU has stopped anything, the rest is right. A unit that is off does not feel its bias."""
    dx, dw1, _, dw2, db2 = residual.residual_backward(dout, cache)
    return dx, dw1, affine_backward(dout, cache[2])[0].sum(axis=0), dw2, db2


@exercise.mistake(caught_by=rules.gradients)
def multiplies_the_ways(dout, cache):
    """You multiplied what comes back on the two ways. Slopes multiply along one way; two ways add up."""
    dbranch, *weights = parts(dout, cache)
    return dout * dbranch, *weights


@exercise.mistake(caught_by=rules.gradients)
def subtracts_the_branch(dout, cache):
    """In your `dx` the branch comes in with a minus. It was added on the way forward."""
    dbranch, *weights = parts(dout, cache)
    return dout - dbranch, *weights


@exercise.mistake(caught_by=rules.gradients)
def adds_one_for_the_way_around(dout, cache):
    """You added 1 for the way around. Its slope is 1, but the chain rule multiplies it by what arrives. With a `dout` of ones this
    would be right."""
    dbranch, *weights = parts(dout, cache)
    return 1 + dbranch, *weights


@exercise.mistake(caught_by=rules.gradients)
def adds_the_input(dout, cache):
    """You added `x` to what comes back through the branch, as on the way forward. What goes around on the way back is a
    gradient: the one that arrived."""
    dbranch, *weights = parts(dout, cache)
    return cache[0][0] + dbranch, *weights


@exercise.mistake(caught_by=rules.gradients)
def bends_the_way_around(dout, cache):
    """Part of what should come around is stopped where `x` is negative. No ReLU stands in the way around; the only one is in the
    branch."""
    dbranch, *weights = parts(dout, cache)
    return dout * (cache[0][0] > 0) + dbranch, *weights


@exercise.mistake(caught_by=rules.gradients)
def bends_both_ways(dout, cache):
    """Your `dx` is 0 where `x` is negative. Neither the way around nor the branch begins with a ReLU: the only one stands behind the
    first affine layer."""
    dbranch, *weights = parts(dout, cache)
    return (dout + dbranch) * (cache[0][0] > 0), *weights


@exercise.mistake(caught_by=rules.gradients)
def goes_past_the_relu(dout, cache):
    """`dw2` and `db2` are right, what lies before the bend is not: on the way back you went past the ReLU. Where its input was
    negative it stopped the value, and it stops the gradient too."""
    first, _, last = cache
    dh, dw2, db2 = affine_backward(dout, last)
    dbranch, dw1, db1 = affine_backward(dh, first)
    return dout + dbranch, dw1, db1, dw2, db2


@exercise.mistake(caught_by=rules.gradients)
def bends_by_the_gradient(dout, cache):
    """Your ReLU stops what is negative of the *gradient*. What counts is whether its input was positive on the way forward."""
    first, _, last = cache
    dh, dw2, db2 = affine_backward(dout, last)
    dbranch, dw1, db1 = affine_backward(np.maximum(0, dh), first)
    return dout + dbranch, dw1, db1, dw2, db2


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_bend_for_the_weights(dout, cache):
    """Your `dx` is right, but `dw1` and `db1` are taken before the ReLU has stopped anything. The first layer gets what comes out of
    the bend."""
    first, _, last = cache
    dx = residual.residual_backward(dout, cache)[0]
    dh, dw2, db2 = affine_backward(dout, last)
    _, dw1, db1 = affine_backward(dh, first)
    return dx, dw1, db1, dw2, db2


@exercise.mistake(caught_by=rules.gradients)
def sends_the_sum_into_the_branch(dout, cache):
    """The last layer of the branch was given `dx` where `dout` had arrived; perhaps a sum was written into `dout` before
    everybody had read it. The plus hands `dout` to the branch as it is."""
    dx = residual.residual_backward(dout, cache)[0]
    return dx, *parts(dx, cache)[1:]


@exercise.mistake(caught_by=rules.gradients)
def adds_the_way_around_to_the_weights(dout, cache):
    """Your `db2` is twice the true one, as if the way around went through the last layer, too. `b2` is used in one place, in the
    branch."""
    dx, dw1, db1, dw2, db2 = residual.residual_backward(dout, cache)
    return dx, dw1, db1, dw2, 2 * db2


@exercise.mistake(caught_by=rules.runs)
def exchanges_the_caches(dout, cache):
    """Each affine layer was given the other one's cache. The way back meets the last layer first, with the cache of the last layer."""
    first, middle, last = cache
    dh, dw2, db2 = affine_backward(dout, first)
    dbranch, dw1, db1 = affine_backward(relu_backward(dh, middle), last)
    return dout + dbranch, dw1, db1, dw2, db2


@exercise.mistake(caught_by=rules.shapes)
def returns_the_last_layer_first(dout, cache):
    """The gradients are there, in the order in which the way back meets them. They come back in the order of the inputs: `dx`, then
    the first layer's, then the second's."""
    dx, dw1, db1, dw2, db2 = residual.residual_backward(dout, cache)
    return dx, dw2, db2, dw1, db1


@exercise.mistake(caught_by=rules.returns)
def returns_dx_alone(dout, cache):
    """The four gradients of the weights are missing. Without them nothing in the branch could learn, and the block would stay what
    it was."""
    return residual.residual_backward(dout, cache)[0]


@exercise.mistake(caught_by=rules.gradients)
def averages_the_biases(dout, cache):
    """`db1` and `db2` are the true ones divided by the number of rows. A bias was added to every row, and what comes back from them
    adds up."""
    dx, dw1, db1, dw2, db2 = residual.residual_backward(dout, cache)
    return dx, dw1, db1 / len(dout), dw2, db2 / len(dout)


@exercise.mistake(caught_by=rules.gradients)
def descends_already(dout, cache):
    """All five gradients have the wrong sign. They point to where the loss grows; the minus belongs to the step that an optimiser
    takes."""
    return tuple(-gradient for gradient in residual.residual_backward(dout, cache))
