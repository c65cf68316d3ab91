"""A number times its own sigmoid, and the two ways back.

`silu_forward(x)` returns `(out, cache)` with $\\text{out} = x\\,\\sigma(x)$; `silu_backward(dout, cache)` returns `dx`. It must hold
at ±1000. Your own `sigmoid_forward` may be called; where it is wrong, this exercise is also judged with a right one. Keep in
`cache` what your way back will want.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import activations

exercise = Exercise(
    writes=["silu_forward", "silu_backward"],
    reference=activations,
    points=dict(out=1, dx=3),
    minutes=8,
    parts=dict(sigmoid_forward=activations.sigmoid_forward),
    help=[
        "Give the sigmoid a name: `s`. Then `out = x * s`. Where is `x` used? Draw the graph; there are two paths from "
        "`x` to `out`.",
        "Along the first path `s` stands still, along the second `x` does. The slope of a product with respect to one "
        "factor is the other factor. The second path goes on through the sigmoid, whose slope you know.",
        "Two paths, two terms, and they add up; `dout` multiplies the sum, not one of them. Far to the right the slope must "
        "be 1, far to the left 0, and at 0 it is 1/2.",
        "An example with other numbers: x = log 4, with s = 0.8 and slope of the sigmoid 0.16. Directly: 0.8. Through the "
        "sigmoid: 1.386 · 0.16 = 0.222. Together 1.022; if dout = -2 arrives, dx = -2.044.",
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
def by_the_output(dout, cache):
    x, s = cache
    out = x * s
    return dout * (out + s * (1 - out))


@exercise.derivation
def path_by_path(dout, cache):
    x, s = cache
    directly = dout * s
    ds = dout * x
    through = ds * s * (1 - s)
    return directly + through


def sigmoid(x):
    return activations.sigmoid_forward(x)[0]


@exercise.mistake(caught_by=rules.numbers, stands_for="silu_forward")
def overflows(x):
    """At 1000 your `out` is not a number: an exponential overflows above the line and below it. You have written a sigmoid
    that does not; call it."""
    with np.errstate(all="ignore"):
        e = np.exp(np.asarray(x, float))
        return x * e / (1 + e), (x, sigmoid(x))


@exercise.mistake(caught_by=rules.outputs, stands_for="silu_forward")
def returns_the_sigmoid(x):
    """Your `out` is the sigmoid alone. The SiLU weighs `x` by it."""
    return sigmoid(x), (x, sigmoid(x))


@exercise.mistake(caught_by=rules.outputs, stands_for="silu_forward")
def adds_instead_of_weighing(x):
    """Your `out` is the sum of `x` and its sigmoid. It is their product that was asked for: for large negative `x` it goes to 0."""
    return x + sigmoid(x), (x, sigmoid(x))


@exercise.mistake(caught_by=rules.outputs, stands_for="silu_forward")
def takes_the_other_sigmoid(x):
    """Your `out` vanishes for large positive `x`: the sigmoid that you multiply by falls. Look at the sign in its exponent."""
    return x * sigmoid(-x), (x, sigmoid(x))


@exercise.mistake(caught_by=rules.gradients, stands_for="silu_forward")
def keeps_out_and_reads_s(x):
    """Forward keeps `out` where backward reads the sigmoid. Each may be right alone; they must speak of the same thing."""
    s = sigmoid(x)
    return x * s, (x, x * s)


@exercise.mistake(caught_by=rules.gradients, stands_for="silu_forward")
def packs_the_cache_in_another_order(x):
    """What backward reads as `x` is the sigmoid, and what it reads as the sigmoid is `x`: the cache is packed in one order and
    unpacked in the other."""
    return x * sigmoid(x), (sigmoid(x), x)


@exercise.mistake(caught_by=rules.runs, stands_for="silu_forward")
def returns_out_alone(x):
    """Your forward returns `out` without a cache. Neither `x` nor its sigmoid is there when backward wants them."""
    return x * sigmoid(x)


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_path_through_the_sigmoid(dout, cache):
    """Your `dx` is the true one with the path through the sigmoid missing: you treat the weight as a constant. It depends on
    `x` as well, and moves when `x` is nudged."""
    x, s = cache
    return dout * s


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_direct_path(dout, cache):
    """Your `dx` has the path through the sigmoid alone. `x` is also a factor by itself, and a nudge of it is weighed by the
    sigmoid as it stands."""
    x, s = cache
    return dout * x * s * (1 - s)


@exercise.mistake(caught_by=rules.gradients)
def multiplies_the_slopes(dout, cache):
    """You multiplied the slopes of the two factors, 1 and that of the sigmoid. Slopes multiply along one path; here are two
    paths, and what they bring adds up."""
    x, s = cache
    return dout * s * (1 - s)


@exercise.mistake(caught_by=rules.gradients)
def forgets_dout(dout, cache):
    """Your `dx` is the slope of the SiLU, whatever `dout` says. The chain rule multiplies it by what arrives from above."""
    x, s = cache
    return s + x * s * (1 - s)


@exercise.mistake(caught_by=rules.gradients)
def forgets_dout_on_one_path(dout, cache):
    """`dout` multiplies your first path and not the second. What arrives at `out` goes back along both: mind the brackets."""
    x, s = cache
    return dout * s + x * s * (1 - s)


@exercise.mistake(caught_by=rules.gradients)
def forgets_dout_on_the_direct_path(dout, cache):
    """`dout` multiplies the path through the sigmoid and not the direct one. What arrives at `out` goes back along both."""
    x, s = cache
    return s + dout * x * s * (1 - s)


@exercise.mistake(caught_by=rules.gradients)
def forgets_x_on_the_second_path(dout, cache):
    """On the path through the sigmoid a factor is missing: a nudge of the weight moves `out` by `x` times as much."""
    x, s = cache
    return dout * (s + s * (1 - s))


@exercise.mistake(caught_by=rules.gradients)
def overwrites_the_sigmoid(dout, cache):
    """In both of your terms stands the *slope* of the sigmoid; on the direct path belongs its value. If you worked in place, the
    value was overwritten before it was used, and so was the cache."""
    x, s = cache
    return dout * (s * (1 - s) + x * s * (1 - s))


@exercise.mistake(caught_by=rules.gradients)
def takes_the_slope_at_the_sigmoid(dout, cache):
    """On the second path the sigmoid was applied twice: its slope is wanted at `x`, and you took it at its own value."""
    x, s = cache
    t = sigmoid(s)
    return dout * (s + x * t * (1 - t))


@exercise.mistake(caught_by=rules.gradients)
def subtracts_the_second_path(dout, cache):
    """Your second path has the wrong sign. Both factors rise with `x`; where `x` is positive, both paths push upwards."""
    x, s = cache
    return dout * (s - x * s * (1 - s))
