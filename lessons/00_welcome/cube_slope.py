"""Write the slope of a cube.

Write a function that takes a number `x` and returns the slope of $x^3$ there: how fast $x^3$ grows
for each unit of $x$.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import chain

exercise = Exercise(
    writes=["cube_slope"],
    reference=chain,
    points=dict(slope=2),
    minutes=5,
    kind="function",
    help=[
        "You have measured it already. At 2 the slope is near 12. What is it at 1? At 3? Nudge, and look for the rule.",
        "Multiply out: (x + h)³ has four terms. Take x³ away, divide by h, and then let h become 0. One term stays.",
        "An example with another power: (x + h)² = x² + 2xh + h². Without x² that is 2xh + h²; divided by h it is "
        "2x + h; and for h = 0 it is 2x. So the slope of x² at 5 is 10.",
    ],
)


@exercise.case
def ordinary(rng):
    return dict(x=rng.uniform(1.5, 4))


@exercise.case
def below_zero(rng):
    return dict(x=-rng.uniform(1.5, 4))


@exercise.case
def far_from_zero(rng):
    return dict(x=rng.uniform(100, 1000))


@exercise.case
def close_to_zero(rng):
    return dict(x=rng.uniform(1e-4, 2e-4))


@exercise.case(for_marks_only=True)
def closer_to_zero(rng):
    return dict(x=-rng.uniform(1e-6, 2e-6))


@exercise.mistake(caught_by=rules.outputs)
def thinks_of_a_line(x):
    """Your slope grows in proportion to `x`. For a cube, twice the `x` gives four times the slope: compare what you
    measured at 1 and at 2."""
    return 3 * x


@exercise.mistake(caught_by=rules.outputs)
def returns_the_value(x):
    """This is the cube itself. The slope says how fast it grows."""
    return x**3


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_factor(x):
    """Your slope is a third of the true one. The power goes down by one, and the old power comes in front."""
    return x**2


@exercise.mistake(caught_by=rules.outputs)
def keeps_the_power(x):
    """The factor in front is there, but the power is still that of the cube. In the slope it is one less."""
    return 3 * x**3


@exercise.mistake(caught_by=rules.outputs)
def takes_the_slope_of_a_square(x):
    """This is the slope of a square."""
    return 2 * x


@exercise.mistake(caught_by=rules.outputs)
def takes_the_new_power(x):
    """You put the new power in front. It is the old one that comes down."""
    return 2 * x**2


@exercise.mistake(caught_by=rules.outputs)
def squares_too_much(x):
    """Your slope is three times the true one: with brackets around `3 * x`, the 3 is squared too."""
    return (3 * x) ** 2


@exercise.mistake(caught_by=rules.outputs)
def drops_the_sign(x):
    """Below zero your slope is negative. From -3 to -2 the cube rises, from -27 to -8: it rises everywhere."""
    return 3 * x * np.abs(x)


@exercise.mistake(caught_by=rules.outputs)
def nudges_up(x):
    """You nudge, and so your slope is off by a little more than 3xh. Multiply out what the nudge does, and h goes
    away."""
    return ((x + 1e-5) ** 3 - x**3) / 1e-5


@exercise.mistake(caught_by=rules.outputs)
def nudges_both_ways(x):
    """You nudge both ways, and so your slope is off by h². Close to zero that is more than the slope itself. Multiply
    out what the nudge does, and h goes away."""
    return ((x + 1e-5) ** 3 - (x - 1e-5) ** 3) / 2e-5


@exercise.mistake(caught_by=rules.runs)
def writes_a_hat(x):
    """In Python `^` is not a power: it is written with two stars."""
    return 3 * x ^ 2
