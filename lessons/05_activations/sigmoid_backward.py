"""Squeeze numbers between 0 and 1, and send the gradient back.

`sigmoid_forward(x)` returns `(out, cache)` with $\\text{out} = 1/(1+e^{-x})$, entry by entry, for `x` of any
shape. It must hold at 1000 and at −1000, and for integers. What stands in `cache` is for your own
`sigmoid_backward` to read, and `out` is enough.

`sigmoid_backward(dout, cache)` returns `dx`: what arrives, times the slope at each entry.
"""

import math

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import activations

exercise = Exercise(
    writes=["sigmoid_forward", "sigmoid_backward"],
    reference=activations,
    points=dict(out=1, dx=2),
    minutes=8,
    help=[
        "For which x is $e^{-x}$ more than a float can hold, and what is $1/(1+e^{-x})$ there? Then the same "
        "question for the other way to write it, $e^{x}/(1+e^{x})$. Where one of them fails, the other does not.",
        "For the way back no exponential is needed: the slope can be written with `out` alone. What is $1-\\text{out}$, "
        "as a fraction?",
        "Is the slope largest where `out` is 1/2, and near 0 where `out` is near 0 or 1? And does your `dx` turn its "
        "sign when `dout` does?",
        "An example with other numbers: x = log 4, so $e^{-x}$ is 1/4, and out = 1/(1 + 1/4) = 0.8. The slope there is "
        "0.8 · 0.2 = 0.16. If dout = -5 arrives, dx = -0.8.",
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


@exercise.case
def single_precision(rng):
    return dict(x=rng.normal(size=(5, 3)).astype(np.float32))


@exercise.derivation
def by_the_definition(dout, cache):
    out = cache
    down = 1 - out
    slope = out * down
    return slope * dout


def sigmoid(x):
    return activations.sigmoid_forward(x)[0]


@exercise.mistake(caught_by=rules.numbers, stands_for="sigmoid_forward")
def overflows_on_the_right(x):
    """For large positive `x` your `out` is not a number: the exponential overflows to infinity above the line and
    below it. Another form is right there. Have you both, and switch one off by multiplying it with 0? Zero times infinity is not
    a number either: choose, do not multiply."""
    with np.errstate(all="ignore"):
        e = np.exp(np.asarray(x, float))
        return e / (1 + e), e / (1 + e)


@exercise.mistake(caught_by=rules.runs, stands_for="sigmoid_forward")
def leaves_it_to_math_exp(x):
    """`math.exp` raises an exception where NumPy's gives infinity and a warning; either way `exp(1000)` is more than a float
    can hold. Which form of the sigmoid is never given a large exponent at that `x`?"""
    x = np.asarray(x, float)
    out = np.array([1 / (1 + math.exp(-each)) for each in x.ravel()]).reshape(x.shape)
    return out, out


@exercise.mistake(caught_by=rules.outputs, stands_for="sigmoid_forward")
def turns_the_exponent(x):
    """Your curve falls: it is the sigmoid of -x. The larger `x`, the nearer to 1 should `out` be."""
    return sigmoid(-x), sigmoid(-x)


@exercise.mistake(caught_by=rules.outputs, stands_for="sigmoid_forward")
def takes_the_tanh(x):
    """Your `out` runs from -1 to 1: that is the tanh, the next exercise. The sigmoid runs from 0 to 1."""
    return np.tanh(x), np.tanh(x)


@exercise.mistake(caught_by=rules.outputs, stands_for="sigmoid_forward")
def normalises_the_row(x):
    """The entries of a row add up to 1 in your `out`: that is the softmax. A sigmoid looks at each entry alone."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    out = e / e.sum(axis=-1, keepdims=True)
    return out, out


@exercise.mistake(caught_by=rules.outputs, stands_for="sigmoid_forward")
def writes_into_integers(x):
    """Right, except where `x` holds integers: there your `out` is an array of integers too, made like `x`, and 0.7
    written into it becomes 0."""
    out = np.empty_like(x)
    out[...] = sigmoid(x)
    return out, sigmoid(x)


@exercise.mistake(caught_by=rules.gradients, stands_for="sigmoid_forward")
def keeps_x_and_reads_out(x):
    """Your slope is x (1 - x), with the *input* where `out` belongs: forward keeps `x` in the cache, backward reads it as
    `out`. Each may be right alone; they must speak of the same thing."""
    return sigmoid(x), x


@exercise.mistake(caught_by=rules.runs, stands_for="sigmoid_forward")
def returns_out_alone(x):
    """Your forward returns `out` without a cache, so nothing is left for the way back: two values are to come out."""
    return sigmoid(x)


@exercise.mistake(caught_by=rules.gradients)
def takes_the_slope_at_the_output(dout, cache):
    """Your slope is that of the sigmoid at `out` instead of at `x`: the sigmoid was applied once more on the way back.
    It lies between 0.19 and 0.25 everywhere, so nothing ever saturates, and training hardly notices."""
    s = sigmoid(cache)
    return dout * s * (1 - s)


@exercise.mistake(caught_by=rules.numbers)
def overflows_on_the_way_back(dout, cache):
    """At -1000 your `dx` is not a number: the slope is right, but written with an exponential that overflows. Written with `out`
    alone it has none."""
    with np.errstate(all="ignore"):
        e = 1 / np.asarray(cache, float) - 1
        return dout * e / (1 + e) ** 2


@exercise.mistake(caught_by=rules.gradients)
def forgets_dout(dout, cache):
    """Your `dx` is the slope alone, whatever `dout` says. The chain rule multiplies the slope by what arrives from above. An
    all-ones `dout` would hide this."""
    return cache * (1 - cache)


@exercise.mistake(caught_by=rules.gradients)
def passes_everything(dout, cache):
    """Your `dx` is `dout` itself, as if the sigmoid were a straight line of slope 1. Its slope is nowhere above 1/4."""
    return dout


@exercise.mistake(caught_by=rules.gradients)
def multiplies_by_out(dout, cache):
    """You multiply by the *value* of the sigmoid. Where it is nearly 1 the curve is flat, so its slope must be nearly 0
    there."""
    return dout * cache


@exercise.mistake(caught_by=rules.gradients)
def multiplies_by_the_rest(dout, cache):
    """Your slope is the distance of `out` from 1, so it is nearly 1 where `out` is near 0. The curve is flat on that side
    too: a factor is missing."""
    return dout * (1 - cache)


@exercise.mistake(caught_by=rules.gradients)
def takes_the_slope_of_tanh(dout, cache):
    """Your slope is one minus the square of `out`: that of the tanh. At out = 1/2 it says 3/4, where the sigmoid has 1/4."""
    return dout * (1 - cache**2)


@exercise.mistake(caught_by=rules.gradients)
def turns_the_sign(dout, cache):
    """Your `dx` has the wrong sign. The sigmoid rises everywhere, so its slope is positive; was a minus lost when `exp(-x)` was
    differentiated?"""
    return -dout * cache * (1 - cache)


@exercise.mistake(caught_by=rules.gradients)
def loses_the_brackets(dout, cache):
    """A product is computed before a difference: without brackets, `out` is subtracted from everything before it, and not
    from the 1."""
    return dout * cache * 1 - cache
