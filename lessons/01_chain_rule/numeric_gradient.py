"""Nudge every entry of an array.

`f` takes the array `x` and returns a number. Return an array of the shape of `x`: in each place, the
slope of `f` when that entry alone is nudged, up by `h` and down by `h`. Leave `x` as it was.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import chain

exercise = Exercise(
    writes=["numeric_gradient"],
    reference=chain,
    points=dict(gradient=2),
    minutes=10,
    kind="takes a function",
    tier="more",
    help=[
        "`for i in np.ndindex(x.shape)` goes through the places of an array of any number of axes; `x[i]` is the entry.",
        "Nudge a copy. In NumPy, `up = x` is no copy: it is a second name for the same array.",
        "An example with other numbers: f(x) = x₀ x₁, x = [2, 5]. Nudging x₀ moves f at the rate 5, nudging x₁ at the "
        "rate 2: the gradient is [5, 2].",
    ],
)


@exercise.case
def ordinary(rng):
    return dict(f="neighbours", x=rng.normal(size=(2, 3)), h=0.1)


@exercise.case
def step_as_it_is(rng):
    return dict(f="softmax", x=rng.normal(size=5))


@exercise.case
def three_axes(rng):
    return dict(f="neighbours", x=rng.normal(size=(2, 3, 2)), h=0.01)


@exercise.case
def one_entry(rng):
    return dict(f="sum of sines", x=rng.uniform(0.2, 1.2, size=1), h=0.5)


@exercise.case
def far_from_zero(rng):
    return dict(f="sum of squares", x=100 + rng.normal(size=(3, 2)), h=0.01)


@exercise.case(for_marks_only=True)
def four_axes(rng):
    return dict(f="softmax", x=rng.normal(size=(2, 3, 2, 4)), h=1e-3)


@exercise.mistake(caught_by=rules.outputs)
def leaves_entries_nudged(f, x, h=1e-5):
    """An entry stays nudged while the next one has its turn. Nudge a copy, or put the entry back."""
    x, gradient = np.array(x), np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        above = f(x)
        x[i] -= 2 * h
        gradient[i] = (above - f(x)) / (2 * h)
    return gradient


@exercise.mistake(caught_by=rules.outputs)
def copies_nothing(f, x, h=1e-5):
    """Your gradient is 0: `up` and `down` are two names of one array, so the nudges undo each other. Make copies."""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up = down = np.array(x)
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient


@exercise.mistake(caught_by=rules.shapes)
def nudges_all_at_once(f, x, h=1e-5):
    """You nudge the whole array at once and get one number, the slope when all entries rise together. Nudge one entry
    at a time."""
    return (f(x + h) - f(x - h)) / (2 * h)


@exercise.mistake(caught_by=rules.outputs)
def fills_in_the_slope_of_all(f, x, h=1e-5):
    """Every entry of your gradient is the same: in each turn the whole array was nudged. Nudge the entry whose turn it
    is."""
    return np.full(x.shape, (f(x + h) - f(x - h)) / (2 * h))


@exercise.mistake(caught_by=rules.outputs)
def nudges_up_alone(f, x, h=1e-5):
    """You nudge upwards only, and the bend of `f` shows. Nudge down as well."""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up = np.array(x)
        up[i] += h
        gradient[i] = (f(up) - f(x)) / h
    return gradient


@exercise.mistake(caught_by=rules.outputs)
def divides_by_half_the_run(f, x, h=1e-5):
    """Your gradient is twice the true one: from one nudge to the other it is further than `h`."""
    return 2 * chain.numeric_gradient(f, x, h)


@exercise.mistake(caught_by=rules.outputs)
def keeps_to_its_own_step(f, x, h=1e-5):
    """You use a step of your own, whatever `h` is."""
    return chain.numeric_gradient(f, x)


@exercise.mistake(caught_by=rules.shapes)
def returns_a_flat_array(f, x, h=1e-5):
    """The slopes are there, in a row. Give the gradient the shape of `x`: the slope of an entry stands where the entry
    stands."""
    return chain.numeric_gradient(f, x, h).ravel()


@exercise.mistake(caught_by=rules.outputs)
def nudges_a_row_at_a_time(f, x, h=1e-5):
    """Your loop runs over `len(x)`: of an array with several axes that is a row at a time, and all of the row is nudged
    at once. Go through the places of single entries."""
    gradient = np.zeros(x.shape)
    for i in range(len(x)):
        up, down = np.array(x), np.array(x)
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient


@exercise.mistake(caught_by=rules.outputs)
def comes_back_to_the_start_alone(f, x, h=1e-5):
    """Your lower value is `f` at `x` itself: the entry went up by `h` and came back by `h`. From above to below it is
    twice that way."""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        up = np.array(x)
        up[i] += h
        gradient[i] = (f(up) - f(x)) / (2 * h)
    return gradient
