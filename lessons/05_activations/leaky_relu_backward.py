"""A ReLU that leaks, and its way back.

`leaky_relu_forward(x, slope=0.01)` returns `(out, cache)`: positive entries pass, the others are multiplied by
`slope`. `leaky_relu_backward(dout, cache)` returns `dx`. No test uses an entry that is exactly zero; `slope` lies between 0 and
1, and is not always 0.01.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import activations

exercise = Exercise(
    writes=["leaky_relu_forward", "leaky_relu_backward"],
    reference=activations,
    points=dict(out=1, dx=2),
    minutes=4,
    help=[
        "Two straight lines meet at 0. What is the slope of each? Which of them an entry is on depends on its `x`, and on "
        "nothing else.",
        "The way back needs two things from the way forward: on which side each entry was, and how much leaks.",
        "An example with other numbers: x = [-10, 5], slope = 0.3. Then out = [-3, 5]. If dout = [2, -4] arrives, "
        "dx = [0.6, -4].",
    ],
)


def away_from_zero(rng, *shape):
    """Numbers of both signs, none within 0.1 of the kink."""
    x = rng.normal(size=shape)
    return np.sign(x) * (0.1 + np.abs(x))


@exercise.case
def ordinary(rng):
    return dict(x=away_from_zero(rng, 4, 5), slope=0.2)


@exercise.case
def slope_left_out(rng):
    return dict(x=away_from_zero(rng, 5, 3))


@exercise.case
def batch_of_one(rng):
    return dict(x=away_from_zero(rng, 1, 7), slope=0.3)


@exercise.case
def images(rng):
    return dict(x=away_from_zero(rng, 2, 3, 4), slope=0.1)


@exercise.case
def a_thousand_and_minus_a_thousand(rng):
    x = away_from_zero(rng, 3, 6)
    x[:, 0], x[:, 1] = 1000, -1000
    return dict(x=x, slope=0.25)


@exercise.case
def integers(rng):
    return dict(x=rng.permuted(np.array([-4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8]).reshape(3, 4)), slope=0.15)


@exercise.case
def single_precision(rng):
    return dict(x=away_from_zero(rng, 5, 3).astype(np.float32), slope=0.5)


@exercise.derivation
def by_a_mask(dout, cache):
    x, slope = cache
    local = np.ones_like(x)
    local[x < 0] = slope
    return dout * local


@exercise.mistake(caught_by=rules.outputs, stands_for="leaky_relu_forward")
def lets_nothing_leak(x, slope=0.01):
    """Your `out` is 0 for negative entries: a ReLU. Here they leak, `slope` times as large as they were."""
    return np.maximum(0, x), (x, slope)


@exercise.mistake(caught_by=rules.outputs, stands_for="leaky_relu_forward")
def knows_one_slope_only(x, slope=0.01):
    """Your forward leaks 0.01 whatever `slope` says. It is an argument: 0.01 is what it is where nobody gives another."""
    return np.where(x > 0, x, 0.01 * x), (x, slope)


@exercise.mistake(caught_by=rules.outputs, stands_for="leaky_relu_forward")
def leaks_on_both_sides(x, slope=0.01):
    """What leaks is added on both sides, so positive entries come out larger than they went in. They pass unchanged."""
    return np.maximum(0, x) + slope * x, (x, slope)


@exercise.mistake(caught_by=rules.outputs, stands_for="leaky_relu_forward")
def leaks_the_wrong_way_up(x, slope=0.01):
    """Your `out` is positive for negative entries: what leaks has lost its sign. The curve rises everywhere."""
    return np.where(x > 0, x, -slope * x), (x, slope)


@exercise.mistake(caught_by=rules.outputs, stands_for="leaky_relu_forward")
def leaks_on_the_right(x, slope=0.01):
    """Your sides are exchanged: negative entries pass whole and positive ones leak. It is the other way round."""
    return np.where(x < 0, x, slope * x), (x, slope)


@exercise.mistake(caught_by=rules.outputs, stands_for="leaky_relu_forward")
def writes_into_integers(x, slope=0.01):
    """Right, except where `x` holds integers: a copy of it holds integers too, and -0.15 written into it becomes 0."""
    out = x.copy()
    out[x < 0] = slope * x[x < 0]
    return out, (x, slope)


@exercise.mistake(caught_by=rules.runs, stands_for="leaky_relu_forward")
def multiplies_in_place(x, slope=0.01):
    """`*=` writes back into the array, and an array of integers cannot hold what leaks. If that array is `x` itself, what was
    handed to you is spoiled as well: make a new one."""
    out = x.copy()
    out[x < 0] *= slope
    return out, (x, slope)


@exercise.mistake(caught_by=rules.runs, stands_for="leaky_relu_forward")
def returns_out_alone(x, slope=0.01):
    """Your forward returns `out` without a cache. Backward has to know on which side each entry was, and how much leaks."""
    return np.where(x > 0, x, slope * x)


@exercise.mistake(caught_by=rules.gradients)
def stops_the_negative(dout, cache):
    """Your `dx` is 0 where the input was negative, as for a ReLU. Forward, a little of these entries leaks through; so a little of
    the gradient leaks back."""
    x, slope = cache
    return dout * (x > 0)


@exercise.mistake(caught_by=rules.gradients)
def looks_at_the_sign_of_dout(dout, cache):
    """Your mask looks at the sign of `dout`: what arrives negative is made small. On which line an entry is was decided by the
    layer's *input*."""
    x, slope = cache
    return np.where(dout > 0, dout, slope * dout)


@exercise.mistake(caught_by=rules.gradients)
def returns_the_slopes(dout, cache):
    """Your `dx` holds the two slopes, whatever `dout` says. The chain rule multiplies them by what arrives from above."""
    x, slope = cache
    return np.where(x > 0, 1.0, slope)


@exercise.mistake(caught_by=rules.gradients)
def passes_everything(dout, cache):
    """Your `dx` is `dout` itself: every entry has slope 1. If you wrote the slopes over `x` in two steps: after the first no entry
    is negative any more, so the second finds all of them positive. Write them into an array of their own."""
    return dout


@exercise.mistake(caught_by=rules.gradients)
def takes_the_value_for_the_slope(dout, cache):
    """On the left you multiply by the *value* that leaked, `slope` times `x`. The slope of a straight line is the same
    everywhere on it."""
    x, slope = cache
    return dout * np.where(x > 0, 1, slope * x)


@exercise.mistake(caught_by=rules.gradients)
def exchanges_the_sides(dout, cache):
    """Your slopes are on the wrong sides: `slope` where the input was positive and 1 where it was negative."""
    x, slope = cache
    return np.where(x < 0, dout, slope * dout)


@exercise.mistake(caught_by=rules.gradients)
def knows_one_slope_only_on_the_way_back(dout, cache):
    """Your way back leaks 0.01 whatever leaked on the way forward. What leaked is in the cache."""
    x, slope = cache
    return np.where(x > 0, dout, 0.01 * dout)


@exercise.mistake(caught_by=rules.gradients)
def multiplies_by_the_output(dout, cache):
    """You multiply by what came *out* of the layer. The slope of a straight line does not depend on how far along it one is."""
    x, slope = cache
    return dout * np.where(x > 0, x, slope * x)


@exercise.mistake(caught_by=rules.gradients)
def turns_the_leak(dout, cache):
    """Your slope on the left is negative, as if the curve fell there. It rises on both sides: gently on the left."""
    x, slope = cache
    return np.where(x > 0, dout, -slope * dout)


@exercise.mistake(caught_by=rules.gradients)
def adds_the_leak_everywhere(dout, cache):
    """Where the input was positive your slope is `1 + slope`. An entry is on one of the two lines, never on both."""
    x, slope = cache
    return dout * ((x > 0) + slope)
