"""Where the answer is a number: mean squared error.

`x` holds what was predicted, `y` what was right, in the same shape, with any number of axes. Return the mean over *all
entries* of the squared difference, without a factor ½.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import losses

exercise = Exercise(
    writes=["mean_squared_error"],
    reference=losses,
    points=dict(loss=1),
    minutes=4,
    tier="more",
    kind="function",
    keeps=["x", "y"],
    help=[
        "Three steps, entry by entry: the difference, its square; and then one number for all of them.",
        "How many entries are there, if x is (N, D)? The mean divides by that.",
        "An example with other numbers: x = [[5, 0], [1, 1]], y = [[2, 0], [1, 2]]. The differences are 3, 0, 0, -1, their "
        "squares 9, 0, 0, 1, and the loss is 10 / 4 = 2.5.",
    ],
)


def pair(rng, *shape):
    return dict(x=rng.normal(size=shape), y=rng.normal(size=shape))


@exercise.case
def ordinary(rng):
    return pair(rng, 4, 3)


@exercise.case
def batch_of_one(rng):
    return pair(rng, 1, 5)


@exercise.case
def one_number_each(rng):
    return pair(rng, 6)


@exercise.case
def pictures(rng):
    return pair(rng, 3, 2, 4)


@exercise.case
def far_apart(rng):
    return dict(x=100 + rng.normal(size=(3, 2)), y=rng.normal(size=(3, 2)))


@exercise.case
def integers(rng):
    return dict(x=rng.integers(-9, 10, size=(3, 4)), y=rng.integers(10, 19, size=(3, 4)))


@exercise.mistake(caught_by=rules.outputs)
def sums_up(x, y):
    """Your loss is the sum of the squares. The mean divides by the number of entries."""
    return ((x - y) ** 2).sum()


@exercise.mistake(caught_by=rules.outputs)
def divides_by_the_rows_alone(x, y):
    """You divided by the number of examples. The mean runs over all entries, and an example has several: with N rows of D
    entries there are N D."""
    return ((x - y) ** 2).sum() / len(x)


@exercise.mistake(caught_by=rules.outputs)
def halves_the_loss(x, y):
    """Your loss has the factor ½ that some textbooks use to be rid of a 2 in the slope. Here there is none."""
    return ((x - y) ** 2).mean() / 2


@exercise.mistake(caught_by=rules.outputs)
def takes_the_root(x, y):
    """You took the root at the end. That is the size of a typical error; the loss is the mean of the squares."""
    return np.sqrt(((x - y) ** 2).mean())


@exercise.mistake(caught_by=rules.outputs)
def forgets_to_square(x, y):
    """You averaged the differences themselves. Errors above and below cancel out, and a loss of 0 would mean nothing."""
    return (x - y).mean()


@exercise.mistake(caught_by=rules.outputs)
def takes_absolute_values(x, y):
    """You averaged the distances, not their squares. Squares make one large error dearer than several small ones."""
    return np.abs(x - y).mean()


@exercise.mistake(caught_by=rules.outputs)
def squares_the_mean(x, y):
    """You took the mean first and squared it. Errors above and below have cancelled out by then; square entry by entry."""
    return (x - y).mean() ** 2


@exercise.mistake(caught_by=rules.outputs)
def subtracts_the_squares(x, y):
    """You subtracted squares. The square of a difference is another thing: 3 and -3 are 6 apart, but their squares are
    equal."""
    return (x**2 - y**2).mean()


@exercise.mistake(caught_by=rules.shapes)
def returns_one_for_each(x, y):
    """You return the squares, one for each entry. One number is asked for."""
    return (x - y) ** 2


@exercise.mistake(caught_by=rules.keeps)
def subtracts_in_place(x, y):
    """Your loss is right, but you subtracted from `x` itself, and the prediction of whoever called is gone."""
    x -= y
    return (x**2).mean()
