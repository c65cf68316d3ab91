"""The loss of a margin: hinge loss over the classes.

For each example, every wrong class should score at least 1 below the right one; what is missing
is paid:

$$
L = \\frac1N \\sum_n \\sum_{c \\neq y_n} \\max(0,\\; x_{nc} - x_{n y_n} + 1) .
$$

Return `(loss, dx)`. No test comes near a margin of exactly zero.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import losses

exercise = Exercise(
    writes=["svm_loss"],
    reference=losses,
    points=dict(loss=1, dx=3),
    minutes=15,
    tier="more",
    kind="function",
    help=[
        "Compute all margins as one array (N, C). The right classes do not belong in the sum: set theirs to 0.",
        "A margin that is 0 costs nothing and moves nothing. A positive one has the slope 1 in the score of its own "
        "class. Where else does it have a slope?",
        "The right score stands in every margin of its row, with a minus. Count the positive ones.",
        "An example with other numbers: scores [1, 3, -2], right class 0. The margins of the others are 3 and -2, so "
        "the loss is 3, and dx = [-1, 1, 0].",
    ],
)


def away_from_the_kinks(rng, n, c):
    """Scores and labels with no margin within 0.02 of zero."""
    while True:
        x, y = 2 * rng.normal(size=(n, c)), rng.integers(c, size=n)
        margins = x - x[np.arange(n), y][:, None] + 1
        margins[np.arange(n), y] = 1
        if np.abs(margins).min() > 0.02 and (losses.svm_loss(x, y)[1] != 0).any():
            return dict(x=x, y=y)


@exercise.case
def ordinary(rng):
    return away_from_the_kinks(rng, 5, 4)


@exercise.case
def batch_of_one(rng):
    return away_from_the_kinks(rng, 1, 6)


@exercise.case
def two_classes(rng):
    return away_from_the_kinks(rng, 6, 2)


@exercise.case
def square(rng):
    return away_from_the_kinks(rng, 4, 4)


@exercise.case(for_marks_only=True)
def large(rng):
    x, y = 2 * rng.normal(size=(500, 40)), rng.integers(40, size=500)
    return dict(x=x, y=y)


@exercise.derivation
def by_choosing(x, y):
    wrong = np.ones_like(x)
    wrong[np.arange(len(x)), y] = 0
    margins = x - (x * (1 - wrong)).sum(axis=1, keepdims=True) + 1
    positive = wrong * (margins > 0)
    loss = (positive * margins).sum() / len(x)
    return loss, (positive - (1 - wrong) * positive.sum(axis=1, keepdims=True)) / len(x)


def parts(x, y):
    """The margins of a right answer, for mistakes to get one thing wrong."""
    rows = np.arange(len(x))
    margins = np.maximum(0, x - x[rows, y][:, None] + 1)
    margins[rows, y] = 0
    return rows, margins


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_right_class(x, y):
    """Your `dx` is 0 at the right classes. The right score stands in every margin of its row, with a minus: raising
    it makes all of them smaller."""
    _, margins = parts(x, y)
    return margins.sum() / len(x), (margins > 0) / len(x)


@exercise.mistake(caught_by=rules.gradients)
def counts_the_right_class_once(x, y):
    """At the right class you have -1/N. It stands in as many margins as are positive in its row, so it gets -1/N
    from each of them."""
    rows, margins = parts(x, y)
    dx = (margins > 0).astype(float)
    dx[rows, y] = -1.0
    return margins.sum() / len(x), dx / len(x)


@exercise.mistake(caught_by=rules.outputs)
def counts_the_right_class_as_wrong(x, y):
    """Your loss is 1 too large: the margin of the right class with itself is 1 in every row, and was counted. The sum
    runs over the *other* classes."""
    rows, margins = parts(x, y)
    dx = (margins > 0).astype(float)
    dx[rows, y] = -dx.sum(axis=1)
    return margins.sum() / len(x) + 1, dx / len(x)


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_mean_in_dx(x, y):
    """Your `dx` is N times the true one. The loss is a mean over the batch, so each example has only 1/N of it."""
    rows, margins = parts(x, y)
    dx = (margins > 0).astype(float)
    dx[rows, y] = -dx.sum(axis=1)
    return margins.sum() / len(x), dx


@exercise.mistake(caught_by=rules.gradients)
def weighs_by_the_margin(x, y):
    """Your `dx` grows with the margin, as for a squared hinge. max(0, m) has slope 1 wherever it is positive, however
    large it is."""
    rows, margins = parts(x, y)
    dx = margins.copy()
    dx[rows, y] = -dx.sum(axis=1)
    return margins.sum() / len(x), dx / len(x)


@exercise.mistake(caught_by=rules.outputs)
def leaves_out_the_one(x, y):
    """Your margins have no 1 in them: a wrong class pays only once it is above the right one. It should stay at least
    1 below."""
    rows = np.arange(len(x))
    margins = np.maximum(0, x - x[rows, y][:, None])
    dx = (margins > 0).astype(float)
    dx[rows, y] = -dx.sum(axis=1)
    return margins.sum() / len(x), dx / len(x)


@exercise.mistake(caught_by=rules.gradients)
def turns_the_sign(x, y):
    """Your `dx` has the wrong sign. Raising the right score makes the loss smaller, so its entry is negative."""
    loss, dx = losses.svm_loss(x, y)
    return loss, -dx
