"""Add to the input what two layers make of it.

Return `(out, cache)` with `out = x + relu(x w1 + b1) w2 + b2`. The layers in between are the *branch*; `x` goes around them, untouched,
and is added at the end. Call `affine_forward` and `relu_forward`, and keep in `cache` the three caches that they return, in their order:
`(first, middle, last)`.

`x` is (N, D), `w1` (D, H), `b1` (H,), `w2` (H, D), `b2` (D,). Leave them as they are.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import residual
from backprop.activations import relu_forward
from backprop.layers import affine_forward

exercise = Exercise(
    writes=["residual_forward"],
    reference=residual,
    points=dict(out=2),
    minutes=5,
    uses=["affine_forward", "relu_forward"],
    keeps=["x", "w1", "b1", "w2", "b2"],
    help=[
        "Three layers in a row, each given what the one before has made: that is the branch. Nothing in it is new.",
        "The shapes say where `x` can be added. The hidden values are (N, H); only the end of the branch is (N, D) again.",
        "An example with other numbers: x = [[1]], w1 = [[2, -1]], b1 = [3, 0], w2 = [[10], [1]], b2 = [0.5]. Before the "
        "bend there is [5, -1], after it [5, 0]; the branch is 50.5, and out = [[51.5]].",
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
    return drawn(rng, 4, 5, 3)


@exercise.case
def batch_of_one(rng):
    return drawn(rng, 1, 3, 6)


@exercise.case
def square(rng):
    return drawn(rng, 4, 4, 4)


@exercise.case
def far_from_zero(rng):
    return {name: 100 + array for name, array in drawn(rng, 6, 2, 3).items()}


@exercise.case
def integers(rng):
    return {
        name: rng.permuted(np.tile([-3, -2, -1, 1, 2, 5], 2)[: a.size]).reshape(a.shape)
        for name, a in drawn(rng, 2, 3, 4).items()
    }


@exercise.case
def in_float32(rng):
    """Quarters, so that a sum is the same in every order and in every precision."""
    return {
        name: (rng.integers(-9, 10, size=array.shape) / 4).astype(np.float32)
        for name, array in drawn(rng, 5, 3, 2).items()
    }


def layers_of(x, w1, b1, w2, b2):
    a, first = affine_forward(x, w1, b1)
    h, middle = relu_forward(a)
    branch, last = affine_forward(h, w2, b2)
    return branch, (first, middle, last)


@exercise.derivation
def by_matrices(x, w1, b1, w2, b2):
    a = x @ w1 + b1
    h = np.maximum(0, a)
    return x + h @ w2 + b2, ((x, w1, b1), a, (h, w2, b2))


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_way_around(x, w1, b1, w2, b2):
    """Your `out` is the branch alone: two layers in a row, and no way around them. What came in has to be added at the end."""
    return layers_of(x, w1, b1, w2, b2)


@exercise.mistake(caught_by=rules.outputs)
def returns_the_way_around_alone(x, w1, b1, w2, b2):
    """Your `out` is `x`: the branch is computed, or not even that, and never added."""
    _, cache = layers_of(x, w1, b1, w2, b2)
    return np.array(x, float), cache


@exercise.mistake(caught_by=rules.outputs)
def bends_the_sum(x, w1, b1, w2, b2):
    """Your `out` is never negative: a ReLU stands behind the sum, as in the first residual networks (2015). It bends the way around as
    well; here nothing may stand in it."""
    branch, cache = layers_of(x, w1, b1, w2, b2)
    return np.maximum(0, x + branch), cache


@exercise.mistake(caught_by=rules.outputs)
def bends_the_branch(x, w1, b1, w2, b2):
    """Your branch ends in a ReLU, so it can only add, never take away. The only bend stands between the two affine layers."""
    branch, cache = layers_of(x, w1, b1, w2, b2)
    return x + np.maximum(0, branch), cache


@exercise.mistake(caught_by=rules.outputs)
def bends_what_goes_around(x, w1, b1, w2, b2):
    """What you add is `x` with its negative entries gone. The way around leaves `x` as it is."""
    branch, cache = layers_of(x, w1, b1, w2, b2)
    return np.maximum(0, x) + branch, cache


@exercise.mistake(caught_by=rules.outputs)
def bends_the_input(x, w1, b1, w2, b2):
    """The bend stands before the first affine layer instead of behind it. The branch is affine, ReLU, affine, in this order."""
    h, _ = affine_forward(np.maximum(0, x), w1, b1)
    branch, _ = affine_forward(h, w2, b2)
    return x + branch, layers_of(x, w1, b1, w2, b2)[1]


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_bend(x, w1, b1, w2, b2):
    """There is no ReLU in your branch. Without a bend its two matrices are one, and the whole block is one affine layer."""
    a, first = affine_forward(x, w1, b1)
    branch, last = affine_forward(a, w2, b2)
    return x + branch, (first, a, last)


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_first_bias(x, w1, b1, w2, b2):
    """`b1` is missing: it shifts where the hidden units bend."""
    return layers_of(x, w1, 0 * b1, w2, b2)[0] + x, layers_of(x, w1, b1, w2, b2)[1]


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_second_bias(x, w1, b1, w2, b2):
    """`b2` is missing: it is added at the end of the branch."""
    return layers_of(x, w1, b1, w2, 0 * b2)[0] + x, layers_of(x, w1, b1, w2, b2)[1]


@exercise.mistake(caught_by=rules.outputs)
def subtracts_the_branch(x, w1, b1, w2, b2):
    """Your branch comes in with a minus. Its name is *residual*, because it is what the input lacks: it is added."""
    branch, cache = layers_of(x, w1, b1, w2, b2)
    return x - branch, cache


@exercise.mistake(caught_by=rules.outputs)
def takes_the_mean_of_both(x, w1, b1, w2, b2):
    """You took the mean of the two ways. Halving the way around in every block would halve it a hundred times in a hundred blocks."""
    branch, cache = layers_of(x, w1, b1, w2, b2)
    return (x + branch) / 2, cache


@exercise.mistake(caught_by=rules.outputs)
def adds_the_input_twice(x, w1, b1, w2, b2):
    """`x` is in your `out` twice. It goes around once; a block of silent layers must return it as it came."""
    branch, cache = layers_of(x, w1, b1, w2, b2)
    return 2 * x + branch, cache


@exercise.mistake(caught_by=rules.shapes)
def puts_both_side_by_side(x, w1, b1, w2, b2):
    """You put `x` and the branch side by side. There are networks that do so; here the two are added, and the width stays D."""
    branch, cache = layers_of(x, w1, b1, w2, b2)
    return np.hstack([x, branch]), cache


@exercise.mistake(caught_by=rules.runs)
def adds_to_the_hidden_values(x, w1, b1, w2, b2):
    """You added `x` (N, D) to the hidden values (N, H). The way around leads past both affine layers; where H is not D it could lead
    nowhere else."""
    a, first = affine_forward(x, w1, b1)
    h, middle = relu_forward(a)
    out, last = affine_forward(x + h, w2, b2)
    return out, (first, middle, last)


@exercise.mistake(caught_by=rules.keeps)
def writes_into_x(x, w1, b1, w2, b2):
    """Your numbers are right, but `x` holds `out` now: `x += …` changes the array of whoever called, and the cache of your first
    layer with it, which then gives a wrong `dw1`."""
    branch, cache = layers_of(x, w1, b1, w2, b2)
    x += branch.astype(x.dtype)
    return x, cache


@exercise.mistake(caught_by=rules.returns)
def returns_out_alone(x, w1, b1, w2, b2):
    """`out` comes back alone. A layer returns two things: its output, and a cache with what the way back will need."""
    return x + layers_of(x, w1, b1, w2, b2)[0]


@exercise.mistake(caught_by=rules.returns)
def returns_the_cache_first(x, w1, b1, w2, b2):
    """The two things come back in the other order: first `out`, then `cache`."""
    branch, cache = layers_of(x, w1, b1, w2, b2)
    return cache, x + branch
