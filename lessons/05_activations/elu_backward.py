"""A ReLU that bends into the negative, and its way back.

`elu_forward(x, alpha=1.0)` returns `(out, cache)`: positive entries pass, the others become $\\alpha\\,(e^x - 1)$.
`elu_backward(dout, cache)` returns `dx`. It must hold at ±1000; no entry is exactly zero.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import activations

exercise = Exercise(
    writes=["elu_forward", "elu_backward"],
    reference=activations,
    points=dict(out=1, dx=2),
    minutes=6,
    tier="more",
    help=[
        "Two curves meet at 0, and each entry is on one of them. `np.where` chooses; it computes both sides first, so see to it "
        "that the exponential is never given a large positive number.",
        "What is the slope of $\\alpha\\,(e^x - 1)$? The constant has none.",
        "An example with other numbers: x = [-log 2, 3], alpha = 4. Then $e^{-\\log 2}$ = 1/2, so out = [-2, 3], and the slopes "
        "are [2, 1]. If dout = [5, -1] arrives, dx = [10, -1].",
    ],
)


def away_from_zero(rng, *shape):
    """Numbers of both signs, none within 0.1 of the kink."""
    x = rng.normal(size=shape)
    return np.sign(x) * (0.1 + np.abs(x))


@exercise.case
def ordinary(rng):
    return dict(x=away_from_zero(rng, 4, 5), alpha=1.5)


@exercise.case
def alpha_left_out(rng):
    return dict(x=away_from_zero(rng, 5, 3))


@exercise.case
def batch_of_one(rng):
    return dict(x=away_from_zero(rng, 1, 7), alpha=0.5)


@exercise.case
def images(rng):
    return dict(x=away_from_zero(rng, 2, 3, 4), alpha=2.0)


@exercise.case
def a_thousand_and_minus_a_thousand(rng):
    x = away_from_zero(rng, 3, 6)
    x[:, 0], x[:, 1] = 1000, -1000
    return dict(x=x, alpha=0.7)


@exercise.case
def integers(rng):
    return dict(x=rng.permuted(np.array([-4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8]).reshape(3, 4)), alpha=0.8)


@exercise.derivation
def by_the_output(dout, cache):
    x, alpha = cache
    out = np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))
    return dout * np.where(x > 0, 1, out + alpha)


def elu(x, alpha=1.0):
    return activations.elu_forward(x, alpha)[0]


@exercise.mistake(caught_by=rules.numbers, stands_for="elu_forward")
def adds_sides_by_masks(x, alpha=1.0):
    """At 1000 your `out` is not a number: the exponential overflows there, and 0 times infinity is no 0. A side cannot be
    switched off by multiplying with 0; choose instead."""
    with np.errstate(all="ignore"):
        x = np.asarray(x, float)
        return (x > 0) * x + (x <= 0) * alpha * (np.exp(x) - 1), (x, alpha)


@exercise.mistake(caught_by=rules.outputs, stands_for="elu_forward")
def forgets_the_one(x, alpha=1.0):
    """Your curve jumps at 0: on the left it comes in at `alpha`, on the right it starts at 0. The 1 that is subtracted brings
    them together."""
    return np.where(x > 0, x, alpha * np.exp(np.minimum(x, 0))), (x, alpha)


@exercise.mistake(caught_by=rules.outputs, stands_for="elu_forward")
def subtracts_the_one_outside(x, alpha=1.0):
    """`alpha` multiplies the exponential and not the 1, so your curve ends at -1 on the left, whatever `alpha` is. Mind the brackets."""
    return np.where(x > 0, x, alpha * np.exp(np.minimum(x, 0)) - 1), (x, alpha)


@exercise.mistake(caught_by=rules.outputs, stands_for="elu_forward")
def knows_one_alpha_only(x, alpha=1.0):
    """Your forward takes `alpha` to be 1. It is an argument: 1 is what it is where nobody gives another."""
    return elu(x), (x, alpha)


@exercise.mistake(caught_by=rules.outputs, stands_for="elu_forward")
def bends_everywhere(x, alpha=1.0):
    """Positive entries should pass. Yours are bent as well, and settle at `alpha`: the sign in the exponent was made to fit both
    sides."""
    return np.sign(x) * alpha * -np.expm1(-np.abs(np.asarray(x, float))), (x, alpha)


@exercise.mistake(caught_by=rules.outputs, stands_for="elu_forward")
def writes_into_integers(x, alpha=1.0):
    """Right, except where `x` holds integers: a copy of it holds integers too, and -0.5 written into it becomes 0."""
    out = x.copy()
    out[x < 0] = alpha * np.expm1(x[x < 0])
    return out, (x, alpha)


@exercise.mistake(caught_by=rules.gradients)
def takes_the_value_for_the_slope(dout, cache):
    """On the left you multiply by the *value* of the curve, which is negative. The 1 that was subtracted is a constant and has
    no slope."""
    x, alpha = cache
    return np.where(x > 0, dout, dout * alpha * np.expm1(np.minimum(x, 0)))


@exercise.mistake(caught_by=rules.gradients)
def forgets_alpha(dout, cache):
    """On the left `alpha` is missing from your slope. It scales the curve, so it scales its slope."""
    x, alpha = cache
    return np.where(x > 0, dout, dout * np.exp(np.minimum(x, 0)))


@exercise.mistake(caught_by=rules.gradients)
def leaks_a_constant(dout, cache):
    """Your slope on the left is `alpha` everywhere, that of a straight line. This curve bends: far out it is flat."""
    x, alpha = cache
    return np.where(x > 0, dout, dout * alpha)


@exercise.mistake(caught_by=rules.gradients)
def stops_the_negative(dout, cache):
    """Your `dx` is 0 where the input was negative, as for a ReLU. The ELU still answers there, less and less to the left."""
    x, alpha = cache
    return dout * (x > 0)


@exercise.mistake(caught_by=rules.gradients)
def looks_at_the_sign_of_dout(dout, cache):
    """Your mask looks at the sign of `dout`. On which curve an entry is was decided by the layer's *input*."""
    x, alpha = cache
    return np.where(dout > 0, dout, dout * alpha * np.exp(np.minimum(x, 0)))


@exercise.mistake(caught_by=rules.gradients)
def returns_the_slopes(dout, cache):
    """Your `dx` holds the slopes, whatever `dout` says. The chain rule multiplies them by what arrives from above."""
    x, alpha = cache
    return np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0)))


@exercise.mistake(caught_by=rules.numbers)
def adds_sides_by_masks_on_the_way_back(dout, cache):
    """At 1000 your `dx` is not a number: the exponential overflows on the side that you multiply by 0, and 0 times infinity
    is no 0."""
    with np.errstate(all="ignore"):
        x, alpha = cache
        x = np.asarray(x, float)
        return dout * ((x > 0) + (x <= 0) * alpha * np.exp(x))
