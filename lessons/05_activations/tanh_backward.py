"""Squeeze numbers between −1 and 1, and send the gradient back.

`tanh_forward(x)` returns `(out, cache)` with $\\text{out} = \\tanh x$, at ±1000 too; `tanh_backward(dout, cache)` returns
`dx`. NumPy has the tanh. As before, `out` is enough to keep.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import activations

exercise = Exercise(
    writes=["tanh_forward", "tanh_backward"],
    reference=activations,
    points=dict(out=1, dx=2),
    minutes=6,
    help=[
        "What is the slope in the middle, where `out` is 0? And far out, where `out` is near 1 or near -1? It treats "
        "both sides alike.",
        "The tanh is a quotient of $e^x - e^{-x}$ over $e^x + e^{-x}$, and each of the two is the derivative of the "
        "other. Apply the rule for quotients, and look for `out` in what comes out.",
        "An example with other numbers: where out = -0.8, the slope is 1 - 0.64 = 0.36. If dout = 10 arrives, dx = 3.6.",
    ],
)


@exercise.case
def ordinary(rng):
    return dict(x=1.5 * rng.normal(size=(4, 5)))


@exercise.case
def batch_of_one(rng):
    return dict(x=1.5 * rng.normal(size=(1, 7)))


@exercise.case
def images(rng):
    return dict(x=rng.normal(size=(2, 3, 4)))


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
def as_two_factors(dout, cache):
    out = cache
    return dout * (1 - out) * (1 + out)


@exercise.mistake(caught_by=rules.numbers, stands_for="tanh_forward")
def overflows_on_both_sides(x):
    """At ±1000 your `out` is not a number: one exponential overflows, above the line and below it. NumPy's own tanh knows
    what to do."""
    with np.errstate(all="ignore"):
        up, down = np.exp(x), np.exp(-x)
        out = (up - down) / (up + down)
        return out, out


@exercise.mistake(caught_by=rules.numbers, stands_for="tanh_forward")
def overflows_on_the_right(x):
    """For large positive `x` your `out` is not a number: `exp(2x)` overflows, and infinity is divided by infinity. On the
    left it is right. NumPy's own tanh is right on both sides."""
    with np.errstate(all="ignore"):
        e = np.exp(2 * x)
        return (e - 1) / (e + 1), (e - 1) / (e + 1)


@exercise.mistake(caught_by=rules.outputs, stands_for="tanh_forward")
def stretches_the_sigmoid_only_upwards(x):
    """Your `out` runs from -1 to 1, but half as steeply: it is the tanh of x/2. A sigmoid must be made twice as high *and* be
    given 2x."""
    return np.tanh(x / 2), np.tanh(x / 2)


@exercise.mistake(caught_by=rules.outputs, stands_for="tanh_forward")
def takes_the_sigmoid(x):
    """Your `out` runs from 0 to 1: that is the sigmoid. The tanh runs from -1 to 1 and is 0 in the middle."""
    out, _ = activations.sigmoid_forward(x)
    return out, out


@exercise.mistake(caught_by=rules.gradients, stands_for="tanh_forward")
def keeps_x_and_reads_out(x):
    """Your slope is 1 - x², with the *input* where `out` belongs: forward keeps `x` in the cache, backward reads it as
    `out`. Beyond ±1 such a slope is negative, and a tanh never falls."""
    return np.tanh(x), x


@exercise.mistake(caught_by=rules.runs, stands_for="tanh_forward")
def returns_out_alone(x):
    """Your forward returns `out` without a cache: backward has nothing from which to know where the curve was."""
    return np.tanh(x)


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_square(dout, cache):
    """Your slope is 1 - out: 0 at the right end, but 2 at the left end, where the curve is just as flat. What treats both
    ends alike?"""
    return dout * (1 - cache)


@exercise.mistake(caught_by=rules.gradients)
def takes_the_slope_at_the_output(dout, cache):
    """Your slope is that of the tanh at `out` instead of at `x`: the tanh was applied once more on the way back. It stays above
    0.41 and never says that an entry is saturated."""
    return dout * (1 - np.tanh(cache) ** 2)


@exercise.mistake(caught_by=rules.gradients)
def forgets_dout(dout, cache):
    """Your `dx` is the slope alone. The chain rule multiplies it by what arrives from above, which may be of any size and sign."""
    return 1 - cache**2


@exercise.mistake(caught_by=rules.gradients)
def takes_the_slope_of_the_sigmoid(dout, cache):
    """Your slope is out (1 - out), that of the sigmoid. In the middle, where a tanh is steepest, it says 0."""
    return dout * cache * (1 - cache)


@exercise.mistake(caught_by=rules.gradients)
def squares_dout(dout, cache):
    """Your `dx` is one minus the square of what *arrives*. The slope depends on the layer's own value; what arrives is a factor
    in front of it."""
    return 1 - dout**2


@exercise.mistake(caught_by=rules.gradients)
def loses_the_brackets(dout, cache):
    """A product is computed before a difference: without brackets, the square is subtracted from `dout`, and not from
    the 1."""
    return dout * 1 - cache**2


@exercise.mistake(caught_by=rules.gradients)
def multiplies_by_out(dout, cache):
    """You multiply by the *value* of the tanh. In the middle the value is 0, and the slope is at its largest."""
    return dout * cache


@exercise.mistake(caught_by=rules.gradients)
def passes_everything(dout, cache):
    """Your `dx` is `dout` itself. That is nearly right in the middle, where the slope is 1, and wrong wherever the curve
    bends."""
    return dout
