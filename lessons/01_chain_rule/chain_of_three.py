"""Differentiate a chain of three stages.

The function is $e^{-(3x-1)^2}$. Compute it in three stages, `a = 3x - 1`, then `b = a²`, then
`c = exp(-b)`, and give each stage a line. Then work out the slope of each stage at the value that
arrives there, and multiply. Return `(value, slope)`.

`x` is a number or an array of numbers; of an array, every entry has a value and a slope of its own.
"""

import math

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import chain

exercise = Exercise(
    writes=["chain_of_three"],
    reference=chain,
    points=dict(value=1, slope=2),
    minutes=10,
    kind="function",
    help=[
        "Three stages, three slopes. How fast does `a` move when `x` is nudged, `b` when `a` is nudged, `c` when `b` "
        "is nudged?",
        "The last stage is the one to be careful with: exp(-b) falls as `b` rises. Its slope is its own value with a "
        "minus. The slope of the middle stage contains `a`, not `x`.",
        "An example with other numbers: log(1 + (2x)²) at x = 1. The stages are a = 2, b = 4, c = log 5; their slopes "
        "are 2, 2a = 4 and 1/(1 + b) = 1/5. The slope of the whole is 2 · 4 · 1/5 = 1.6.",
    ],
)


@exercise.case
def ordinary(rng):
    return dict(x=rng.uniform(0.5, 0.9))


@exercise.case
def left_of_the_top(rng):
    return dict(x=rng.uniform(-0.4, 0.1))


@exercise.case
def several_at_once(rng):
    return dict(x=rng.uniform(-0.5, 1.2, size=(2, 3)))


@exercise.case
def far_out(rng):
    return dict(x=rng.uniform(2.0, 2.5))


@exercise.case
def almost_at_the_top(rng):
    """Where the slope is so small that a nudge of a value near 1 cannot see it."""
    return dict(x=1 / 3 + rng.uniform(1e-8, 2e-8))


@exercise.case(for_marks_only=True)
def almost_at_the_top_and_left_of_it(rng):
    return dict(x=1 / 3 - rng.uniform(1e-8, 2e-8, size=5))


def stages(x):
    a = 3 * x - 1
    return a, a**2, np.exp(-(a**2))


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_first_stage(x):
    """Your slope is a third of the true one. A nudge of `x` reaches `a` three times as large; that is a stage too."""
    a, _, c = stages(x)
    return c, -c * 2 * a


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_middle_stage(x):
    """The square is missing from your slope. Between `a` and `b` a nudge grows by the slope of a², which depends on
    where `a` is."""
    _, _, c = stages(x)
    return c, -c * 3


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_last_stage(x):
    """Your slope is that of `b`, turned. The last stage scales it once more: exp(-b) is flat where `b` is large."""
    a, _, c = stages(x)
    return c, -2 * a * 3


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_minus(x):
    """Your slope has the wrong sign. In exp(-b) there is a minus between `b` and exp: as `b` rises, `c` falls."""
    a, _, c = stages(x)
    return c, c * 2 * a * 3


@exercise.mistake(caught_by=rules.outputs)
def takes_the_square_at_x(x):
    """You took the slope of the square at `x`. What arrives there is `a`: each slope belongs to the value that enters
    its own stage."""
    _, _, c = stages(x)
    return c, -c * 2 * x * 3


@exercise.mistake(caught_by=rules.outputs)
def adds_the_slopes(x):
    """You added the three slopes. A nudge is scaled by one stage after the other, and scaling twice is a product."""
    a, _, c = stages(x)
    return c, 3 + 2 * a - c


@exercise.mistake(caught_by=rules.outputs)
def treats_exp_as_a_power(x):
    """You brought the exponent down in front, as for a power of `x`. In exp(-b) the base is fixed and the exponent
    moves: its slope is its own value, times that of the exponent."""
    a, b, c = stages(x)
    return c, -b * c * 2 * a * 3


@exercise.mistake(caught_by=rules.outputs)
def takes_exp_of_b(x):
    """Your value is exp(b), without the minus: it grows to the sides, where the function of the exercise falls."""
    a, b, _ = stages(x)
    return np.exp(b), np.exp(b) * 2 * a * 3


@exercise.mistake(caught_by=rules.outputs)
def takes_exp_at_x(x):
    """The last factor of your slope is exp at `x`. What arrives at that stage is `b`: each slope belongs to the value
    that enters its own stage."""
    a, _, c = stages(x)
    return c, -np.exp(-x) * 2 * a * 3


@exercise.mistake(caught_by=rules.outputs)
def nudges(x):
    """Your slope comes from nudging. Close to the top the slope is small, the value close to 1, and the last digits
    of the value are all that a nudge can go by. Multiply the slopes of the stages instead."""
    c = stages(x)[2]
    return c, (stages(x + 1e-5)[2] - stages(x - 1e-5)[2]) / 2e-5


@exercise.mistake(caught_by=rules.returns)
def returns_the_value_alone(x):
    """The value is there; the slope is missing. Return both, the value first."""
    return stages(x)[2]


@exercise.mistake(caught_by=rules.outputs)
def returns_the_slope_first(x):
    """Value and slope stand in the wrong order: the value comes first."""
    a, _, c = stages(x)
    return -c * 2 * a * 3, c


@exercise.mistake(caught_by=rules.runs)
def calls_exp_of_math(x):
    """`math.exp` takes one number. `np.exp` takes arrays as well, and gives each entry its own value."""
    a = 3 * x - 1
    c = math.exp(-(a**2))
    return c, -c * 2 * a * 3


@exercise.mistake(caught_by=rules.outputs)
def takes_exp_at_a(x):
    """The last factor of your slope is exp at `a`. What arrives at that stage is `b`: each slope belongs to the value
    that enters its own stage."""
    a, _, c = stages(x)
    return c, -np.exp(-a) * 2 * a * 3


@exercise.mistake(caught_by=rules.outputs)
def returns_the_slopes_side_by_side(x):
    """You return the slopes of the stages one by one. The slope of the whole is one number: what has become of a nudge
    of 1 when it has passed all three."""
    a, _, c = stages(x)
    return c, 3, 2 * a, -c
