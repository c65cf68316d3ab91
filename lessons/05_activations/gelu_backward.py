"""The GELU, and its way back.

`gelu_forward(x)` returns `(out, cache)` with $\\text{out} = x\\,(1+t)/2$, where
$t = \\tanh\\big(\\sqrt{2/\\pi}\\,(x + 0.044715\\,x^3)\\big)$. This is the tanh form of the GELU. `gelu_backward(dout, cache)`
returns `dx`.
"""

import math

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import activations

exercise = Exercise(
    writes=["gelu_forward", "gelu_backward"],
    reference=activations,
    points=dict(out=1, dx=3),
    minutes=10,
    tier="more",
    help=[
        "It is built like the SiLU: `x` times a weight that depends on `x`. Two paths again. What takes the sigmoid's place is "
        "(1 + t)/2.",
        "The path through the weight is a chain of three: the half, the tanh, and the polynomial in its argument. Each has its "
        "slope; write them down one by one, each at the value that enters it.",
        "Far to the right the slope is 1, far to the left 0, at 0 it is 1/2. In between it rises to about 1.13 and falls to "
        "about -0.13.",
        "An example with other numbers, rounded: x = -2. The argument of the tanh is -1.881, t = -0.9546. Directly: "
        "(1 + t)/2 = 0.0227. Through t: x/2 = -1, times 1 - t² = 0.0887, times 0.7979 (1 + 0.134145 · 4) = 1.2260, "
        "which is -0.1088. Together -0.0861.",
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
    return dict(x=rng.permuted(np.arange(-4, 4).reshape(2, 4)))


C = (2 / np.pi) ** 0.5


@exercise.derivation
def stage_by_stage(dout, cache):
    x, t = cache
    c = (2 / np.pi) ** 0.5
    weight = (1 + t) / 2
    dweight = dout * x
    dt = dweight / 2
    du = dt * (1 - t**2)
    return dout * weight + du * c * (1 + 3 * 0.044715 * x**2)


def t_of(x):
    return activations.gelu_forward(x)[1][1]


@exercise.mistake(caught_by=rules.outputs, stands_for="gelu_forward")
def takes_the_exact_form(x):
    """Your `out` is the exact GELU, with the share of a Gaussian below `x`. The tanh form differs from it by up to 0.0005, and
    that is the one asked for here."""
    return x * (1 + np.vectorize(math.erf)(x / 2**0.5)) / 2, (x, t_of(x))


@exercise.mistake(caught_by=rules.outputs, stands_for="gelu_forward")
def takes_the_sigmoid_form(x):
    """Your `out` is the quick form of the GELU, `x` times the sigmoid of 1.702 x. It is another curve, up to 0.02 away."""
    return x * activations.sigmoid_forward(1.702 * x)[0], (x, t_of(x))


@exercise.mistake(caught_by=rules.outputs, stands_for="gelu_forward")
def forgets_the_cube(x):
    """The cube is missing from the argument of your tanh. It bends the curve a little more, away from the middle."""
    t = np.tanh(C * x)
    return x * (1 + t) / 2, (x, t)


@exercise.mistake(caught_by=rules.outputs, stands_for="gelu_forward")
def forgets_the_root(x):
    """The factor sqrt(2/π) is missing from the argument of your tanh, so your curve is too steep."""
    t = np.tanh(x + 0.044715 * x**3)
    return x * (1 + t) / 2, (x, t)


@exercise.mistake(caught_by=rules.outputs, stands_for="gelu_forward")
def forgets_the_half(x):
    """Your `out` is twice the right one. 1 + t runs from 0 to 2, and a weight from 0 to 1."""
    return x * (1 + t_of(x)), (x, t_of(x))


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_direct_path(dout, cache):
    """Your `dx` has the path through `t` alone. `x` is also a factor by itself, weighed by (1 + t)/2."""
    x, t = cache
    return dout * x / 2 * (1 - t**2) * C * (1 + 3 * 0.044715 * x**2)


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_path_through_t(dout, cache):
    """Your `dx` has the direct path alone: you treat the weight as a constant. It depends on `x` as well."""
    x, t = cache
    return dout * (1 + t) / 2


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_argument(dout, cache):
    """On the path through `t` your chain stops at the tanh. The slope of what stands in its argument is missing."""
    x, t = cache
    return dout * ((1 + t) / 2 + x / 2 * (1 - t**2))


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_three(dout, cache):
    """In your slope of the argument the cube was not differentiated rightly: the slope of `x³` is `3x²`."""
    x, t = cache
    return dout * ((1 + t) / 2 + x / 2 * (1 - t**2) * C * (1 + 0.044715 * x**2))


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_root_on_the_way_back(dout, cache):
    """On the path through `t` the factor sqrt(2/π) is missing: it stands in the argument, so it belongs to its slope."""
    x, t = cache
    return dout * ((1 + t) / 2 + x / 2 * (1 - t**2) * (1 + 3 * 0.044715 * x**2))


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_half_of_the_weight(dout, cache):
    """Your path through `t` is twice what it should be: the weight is *half* of 1 + t, so a nudge of `t` moves it by half."""
    x, t = cache
    return dout * ((1 + t) / 2 + x * (1 - t**2) * C * (1 + 3 * 0.044715 * x**2))


@exercise.mistake(caught_by=rules.gradients)
def forgets_dout(dout, cache):
    """Your `dx` is the slope of the GELU, whatever `dout` says. The chain rule multiplies it by what arrives from above."""
    x, t = cache
    return (1 + t) / 2 + x / 2 * (1 - t**2) * C * (1 + 3 * 0.044715 * x**2)


@exercise.mistake(caught_by=rules.gradients)
def forgets_dout_on_one_path(dout, cache):
    """`dout` multiplies your direct path and not the one through `t`. What arrives at `out` goes back along both."""
    x, t = cache
    return dout * (1 + t) / 2 + x / 2 * (1 - t**2) * C * (1 + 3 * 0.044715 * x**2)


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_square_of_t(dout, cache):
    """Your slope of the tanh is 1 - t. It is flat on both sides; yours is 2 on the left."""
    x, t = cache
    return dout * ((1 + t) / 2 + x / 2 * (1 - t) * C * (1 + 3 * 0.044715 * x**2))
