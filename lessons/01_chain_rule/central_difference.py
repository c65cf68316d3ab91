"""Measure a slope with two nudges.

`f` is a function of one number. Nudge `x` up by `h`, then down by `h`, and return by how much `f`
rises from the lower point to the upper one, for each unit of `x`.

You know nothing of `f` but what it returns. Where no `h` is given, it is `1e-5`; the section
explains why.
"""

from autograder import rules
from autograder.exercise import Exercise
from backprop import chain

exercise = Exercise(
    writes=["central_difference"],
    reference=chain,
    points=dict(slope=2),
    minutes=6,
    kind="takes a function",
    help=[
        "A slope is a rise divided by a run. Which two values of `f` does the rise lie between?",
        "From `x - h` to `x + h`: how long is the run? Mind the order in which Python divides and multiplies.",
        "An example with other numbers: f(x) = x², x = 3, h = 0.5. Above, f(3.5) = 12.25; below, f(2.5) = 6.25. The "
        "rise is 6 on a run of 1, so the slope is 6.",
    ],
)


@exercise.case
def wide(rng):
    return dict(f="cube", x=rng.uniform(0.8, 1.5), h=0.1)


@exercise.case
def step_as_it_is(rng):
    return dict(f="sine", x=rng.uniform(0.3, 1.2))


@exercise.case
def falling(rng):
    return dict(f="reciprocal", x=rng.uniform(1.5, 3), h=0.25)


@exercise.case
def below_zero(rng):
    return dict(f="growth", x=rng.uniform(-3, -1), h=0.5)


@exercise.case
def far_from_zero(rng):
    return dict(f="square", x=rng.uniform(500, 1000), h=0.01)


@exercise.case(for_marks_only=True)
def wider_than_the_place(rng):
    return dict(f="cube", x=rng.uniform(0.2, 0.4), h=2.0)


@exercise.mistake(caught_by=rules.outputs)
def nudges_up_alone(f, x, h=1e-5):
    """You nudge upwards only. Then the bend of the curve shows, with a part that grows like h; a nudge down as well
    cancels it."""
    return (f(x + h) - f(x)) / h


@exercise.mistake(caught_by=rules.outputs)
def nudges_down_alone(f, x, h=1e-5):
    """You compare `f` at `x` with a nudge downwards only. Then the bend of the curve shows, with a part that grows
    like h; a nudge up as well cancels it."""
    return (f(x) - f(x - h)) / h


@exercise.mistake(caught_by=rules.outputs)
def divides_by_half_the_run(f, x, h=1e-5):
    """Your slope is twice the true one. From `x - h` to `x + h` it is further than `h`."""
    return (f(x + h) - f(x - h)) / h


@exercise.mistake(caught_by=rules.outputs)
def divides_and_then_multiplies(f, x, h=1e-5):
    """You divide by 2 and then multiply by `h`: Python works from left to right. What stands below the line of a
    fraction needs brackets."""
    return (f(x + h) - f(x - h)) / 2 * h


@exercise.mistake(caught_by=rules.outputs)
def returns_the_rise(f, x, h=1e-5):
    """This is the rise. A slope is the rise for each unit of `x`: divide it by the run."""
    return f(x + h) - f(x - h)


@exercise.mistake(caught_by=rules.outputs)
def turns_the_sign(f, x, h=1e-5):
    """Your slope has the wrong sign. Where `f` grows with `x`, what stands above must come first, or the rise and
    the run are taken in opposite directions."""
    return (f(x - h) - f(x + h)) / (2 * h)


@exercise.mistake(caught_by=rules.outputs)
def keeps_to_its_own_step(f, x, h=1e-5):
    """You use a step of your own, whatever `h` is. On a wide step the answer is meant to be the slope between two
    points that are wide apart."""
    return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5


@exercise.mistake(caught_by=rules.outputs)
def goes_half_a_step(f, x, h=1e-5):
    """Your two points are `h` apart, half of it on each side. The nudge is a whole `h` up and a whole `h` down."""
    return (f(x + h / 2) - f(x - h / 2)) / h


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_brackets(f, x, h=1e-5):
    """Only the lower value is divided by the run: a quotient binds more tightly than a minus. The whole rise needs
    brackets."""
    return f(x + h) - f(x - h) / (2 * h)


@exercise.mistake(caught_by=rules.outputs)
def adds_instead_of_comparing(f, x, h=1e-5):
    """You add the two values of `f`. How far `f` moved between the two points is their difference."""
    return (f(x + h) + f(x - h)) / (2 * h)


@exercise.mistake(caught_by=rules.outputs)
def forgets_all_brackets(f, x, h=1e-5):
    """Without brackets, Python halves the lower value, multiplies that by `h`, and takes it away from the upper one. The
    rise needs brackets, and so does the run."""
    return f(x + h) - f(x - h) / 2 * h


@exercise.mistake(caught_by=rules.outputs)
def knows_the_cube(f, x, h=1e-5):
    """This is the slope of the cube, whatever `f` is. Find out about `f` by calling it, at two places."""
    return 3 * x**2
