"""The loss of numbers: mean squared error.

`x` holds what was predicted, `y` what was right, in the same shape. Return `(loss, dx)`: the mean
over *all entries* of the squared difference, without a factor ½, and its gradient.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import losses

exercise = Exercise(
    writes=["mse_loss"],
    reference=losses,
    points=dict(loss=1, dx=2),
    minutes=5,
    tier="more",
    kind="function",
    help=[
        "Write the loss as a sum over entries, divided by how many there are. How many are there, if x is (N, D)?",
        "Each entry of `x` appears in one term. The slope of a square is twice the number, and the division is "
        "still there.",
        "An example with other numbers: x = [3, 0], y = [1, 1]. The loss is (4 + 1) / 2 = 2.5, and "
        "dx = [2, -1]: 2 · 2 / 2 and 2 · (-1) / 2.",
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
def pictures(rng):
    return pair(rng, 3, 2, 4)


@exercise.case
def far_apart(rng):
    return dict(x=100 + rng.normal(size=(3, 2)), y=rng.normal(size=(3, 2)))


@exercise.case(for_marks_only=True)
def large(rng):
    return pair(rng, 200, 500)


@exercise.mistake(caught_by=rules.outputs)
def divides_by_the_rows_alone(x, y):
    """You divided by the number of examples. The mean runs over all entries, and an example has several: with N
    rows of D entries there are N D."""
    return ((x - y) ** 2).sum() / len(x), 2 * (x - y) / len(x)


@exercise.mistake(caught_by=rules.gradients)
def divides_dx_by_the_rows_alone(x, y):
    """Your loss is right. Your `dx` is divided by the number of rows, but the loss by the number of entries."""
    return ((x - y) ** 2).mean(), 2 * (x - y) / len(x)


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_mean_in_dx(x, y):
    """Your `dx` is that of the sum of squares. The loss is their mean, so each entry has only its share."""
    return ((x - y) ** 2).mean(), 2 * (x - y)


@exercise.mistake(caught_by=rules.gradients)
def drops_the_two(x, y):
    """Your `dx` is half the true one. The slope of a square is twice the number; many textbooks put a ½ into
    the loss to be rid of the 2, this one does not."""
    return ((x - y) ** 2).mean(), (x - y) / x.size


@exercise.mistake(caught_by=rules.outputs)
def halves_the_loss(x, y):
    """Your loss has the factor ½ that some textbooks use, and your `dx` belongs to it. Here there is none."""
    return ((x - y) ** 2).mean() / 2, (x - y) / x.size


@exercise.mistake(caught_by=rules.gradients)
def turns_the_sign(x, y):
    """Your `dx` has the wrong sign. Where `x` is larger than `y`, raising `x` makes the loss larger."""
    return ((x - y) ** 2).mean(), 2 * (y - x) / x.size


@exercise.mistake(caught_by=rules.outputs)
def takes_the_root(x, y):
    """You took the root of the mean. That number has its own name, RMSE, and another gradient."""
    loss = np.sqrt(((x - y) ** 2).mean())
    return loss, (x - y) / x.size / loss


@exercise.mistake(caught_by=rules.shapes)
def averages_the_slopes(x, y):
    """Your `dx` is one number. Every entry of `x` has a slope of its own; the mean of the loss leaves each of them its
    share, and adds none of them up."""
    return ((x - y) ** 2).mean(), np.mean(2 * (x - y))
