"""A smooth ReLU, and its way back.

`softplus_forward(x)` returns `(out, cache)` with $\\text{out} = \\log(1 + e^x)$; `softplus_backward(dout, cache)` returns `dx`. At
1000 the right answer is 1000, at −1000 it is 0.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import activations

exercise = Exercise(
    writes=["softplus_forward", "softplus_backward"],
    reference=activations,
    points=dict(out=1, dx=2),
    minutes=6,
    tier="more",
    help=[
        "For large x, $1 + e^x$ is nearly $e^x$, and the logarithm takes the exponential back. Take $e^x$ out of the "
        "bracket before you compute anything: what is left has $e^{-x}$ in it.",
        "Two forms again, one for each side; both are the larger of 0 and x, plus something small. `np.log1p(u)` is "
        "log(1 + u) without losing a small u.",
        "The slope of a logarithm is one over what is in it, times the slope of that. You have met the quotient that comes "
        "out.",
        "An example with other numbers: x = log 3. Then out = log 4 = 1.386, and the slope is 3/4. If dout = -2 arrives, "
        "dx = -1.5.",
    ],
)


@exercise.case
def ordinary(rng):
    return dict(x=2 * rng.normal(size=(4, 5)))


@exercise.case
def batch_of_one(rng):
    return dict(x=2 * rng.normal(size=(1, 7)))


@exercise.case
def images(rng):
    return dict(x=2 * rng.normal(size=(2, 3, 4)))


@exercise.case
def a_thousand_and_minus_a_thousand(rng):
    x = rng.normal(size=(3, 6))
    x[:, 0], x[:, 1] = 1000, -1000
    return dict(x=x)


@exercise.case
def integers(rng):
    return dict(x=rng.permuted(np.arange(-6, 6).reshape(3, 4)))


@exercise.derivation
def by_one_exponential(dout, cache):
    x = cache
    e = np.exp(-np.abs(x))
    return dout * np.where(x > 0, 1, e) / (1 + e)


def softplus(x):
    return activations.softplus_forward(x)[0]


def sigmoid(x):
    return activations.sigmoid_forward(x)[0]


@exercise.mistake(caught_by=rules.numbers, stands_for="softplus_forward")
def overflows(x):
    """At 1000 your `out` is infinite: the exponential overflows before the logarithm can take it back. Take `exp(x)` out of
    the bracket on that side."""
    with np.errstate(all="ignore"):
        return np.log1p(np.exp(x)), x


@exercise.mistake(caught_by=rules.numbers, stands_for="softplus_forward")
def takes_one_side_for_both(x):
    """Your form is right on the right side and overflows on the left: there the exponent of what is left must be taken with its
    other sign."""
    with np.errstate(all="ignore"):
        x = np.asarray(x, float)
        return x + np.log1p(np.exp(-x)), x


@exercise.mistake(caught_by=rules.outputs, stands_for="softplus_forward")
def bends_like_a_relu(x):
    """Your `out` is the ReLU. The softplus never touches 0, and lies log 2 above it in the middle."""
    return np.maximum(0, x), x


@exercise.mistake(caught_by=rules.gradients, stands_for="softplus_forward")
def keeps_out_and_reads_x(x):
    """Your slope is taken at `out` instead of at `x`: forward keeps the one, backward reads the other."""
    return softplus(x), softplus(x)


@exercise.mistake(caught_by=rules.gradients)
def differentiates_twice(dout, cache):
    """Your slope is that of the sigmoid. The sigmoid itself is the slope of the softplus: you have differentiated once too often."""
    s = sigmoid(cache)
    return dout * s * (1 - s)


@exercise.mistake(caught_by=rules.gradients)
def forgets_dout(dout, cache):
    """Your `dx` is the slope alone. The chain rule multiplies it by what arrives from above."""
    return sigmoid(cache)


@exercise.mistake(caught_by=rules.gradients)
def masks_like_a_relu(dout, cache):
    """Your slope is 0 or 1, that of the ReLU. The softplus goes from one to the other gradually: 1/2 in the middle."""
    return dout * (cache > 0)


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_inner_slope(dout, cache):
    """Your slope falls from 1 to 0, but the curve gets steeper. The slope of the logarithm is there; that of what stands in it
    is missing."""
    return dout * sigmoid(-cache)


@exercise.mistake(caught_by=rules.numbers)
def overflows_on_the_way_back(dout, cache):
    """At 1000 your `dx` is not a number: the exponential overflows above the line and below it. You have met this quotient, and a
    stable way to write it."""
    with np.errstate(all="ignore"):
        e = np.exp(np.asarray(cache, float))
        return dout * e / (1 + e)


@exercise.mistake(caught_by=rules.gradients)
def multiplies_by_out(dout, cache):
    """You multiply by the *value* of the softplus, which grows without end. Its slope is never above 1."""
    return dout * softplus(cache)
