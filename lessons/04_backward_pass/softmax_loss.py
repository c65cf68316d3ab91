"""Turn scores into a loss, and start the way back.

`x` holds a row of scores for each example, `y` the class that is right, as an integer. Return
`(loss, dx)`: the mean over the batch of $-\\log p_{n,y_n}$, where $p$ is the softmax of the
scores, and the gradient of that loss with respect to the scores.

Scores may be large. $e^{1000}$ is more than a float can hold, but softmax does not change when all
scores of a row are lowered by the same amount.

Marking also tries one batch of 20,000 scores, for which nudging takes longer than there is.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import losses

exercise = Exercise(
    writes=["softmax_loss"],
    reference=losses,
    points=dict(loss=1, dx=3),
    minutes=15,
    kind="function",
    help=[
        "First the loss. Subtract from each row its largest score, take `exp`, divide by the sum of the row: "
        "these are the probabilities. Pick one from each row with `p[np.arange(N), y]`.",
        "Nudge the score of a wrong class k. All probabilities of that row move, because the sum below the "
        "fraction moves. Work out the slope of $-\\log p_y$ from $-x_y + \\log \\sum_k e^{x_k}$: two terms, "
        "each easy.",
        "An example with other numbers: one row, two classes, scores 0 and 0, right class 0. Both probabilities "
        "are 0.5, the loss is log 2 = 0.693, and dx = [-0.5, 0.5]: raise the right score, lower the other, by "
        "equal amounts. With two such rows each entry is half as large, because the loss is a mean.",
    ],
)


@exercise.case
def ordinary(rng):
    return dict(x=rng.normal(size=(5, 4)), y=rng.integers(4, size=5))


@exercise.case
def batch_of_one(rng):
    return dict(x=rng.normal(size=(1, 3)), y=rng.integers(3, size=1))


@exercise.case
def two_classes(rng):
    return dict(x=rng.normal(size=(6, 2)), y=rng.integers(2, size=6))


@exercise.case
def square(rng):
    return dict(x=rng.normal(size=(4, 4)), y=rng.integers(4, size=4))


@exercise.case
def large_scores(rng):
    return dict(x=1000 + rng.normal(size=(3, 5)), y=rng.integers(5, size=3))


@exercise.case
def negative_scores(rng):
    return dict(x=-1000 + rng.normal(size=(4, 3)), y=rng.integers(3, size=4))


@exercise.case
def rows_far_apart(rng):
    return dict(x=900 * np.arange(3)[:, None] + rng.normal(size=(3, 6)), y=rng.integers(6, size=3))


@exercise.case(for_marks_only=True)
def large(rng):
    return dict(x=rng.normal(size=(500, 40)), y=rng.integers(40, size=500))


@exercise.derivation
def by_probabilities(x, y):
    rows = np.arange(len(x))
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    onehot = np.zeros_like(p)
    onehot[rows, y] = 1
    return -np.log(p[rows, y]).mean(), (p - onehot) / len(x)


def right(x, y):
    """The pieces of a right answer, for mistakes to get one of them wrong."""
    rows = np.arange(len(x))
    shifted = x - x.max(axis=1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    onehot = np.zeros_like(p)
    onehot[rows, y] = 1
    return rows, p, onehot, -np.log(p[rows, y]).mean()


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_mean_in_dx(x, y):
    """Your `dx` is N times the true one. The loss is a mean over the batch, so each example has only 1/N of
    it. With a sum instead, the step would grow with the batch."""
    rows, p, onehot, loss = right(x, y)
    return loss, p - onehot


@exercise.mistake(caught_by=rules.outputs)
def sums_the_loss(x, y):
    """Your loss is the sum over the batch; the mean was asked for. `dx` is that of the mean already."""
    rows, p, onehot, loss = right(x, y)
    return loss * len(x), (p - onehot) / len(x)


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_right_class(x, y):
    """Your `dx` is the probabilities over N: every score is pushed down, the right one too. The right class
    has the term -x[y] in its loss, and with it a slope of -1."""
    rows, p, onehot, loss = right(x, y)
    return loss, p / len(x)


@exercise.mistake(caught_by=rules.gradients)
def turns_the_sign(x, y):
    """Your `dx` has the wrong sign: a step against it would lower the right score. A gradient points to where
    the loss grows."""
    rows, p, onehot, loss = right(x, y)
    return loss, (onehot - p) / len(x)


@exercise.mistake(caught_by=rules.gradients)
def differentiates_the_right_probability_alone(x, y):
    """Your `dx` is right in the column of the right class and zero elsewhere. The other scores stand in the sum
    below the fraction: raising one of them takes probability from the right class."""
    rows, p, onehot, loss = right(x, y)
    return loss, (p - onehot) * onehot / len(x)


@exercise.mistake(caught_by=rules.gradients)
def takes_the_diagonal_of_the_softmax(x, y):
    """You took the slope of each probability with respect to its own score, p (1 - p), and left out how it
    depends on the others. The rows of your `dx` do not sum to zero; those of the true one do."""
    rows, p, onehot, loss = right(x, y)
    return loss, np.where(onehot == 1, p - 1, p * (1 - p)) / len(x)


@exercise.mistake(caught_by=rules.numbers)
def does_not_shift(x, y):
    """With scores near 1000 your `exp` overflows. Lower all scores of a row by its largest before `exp`: the
    probabilities stay the same, and no exponent is above 0."""
    rows = np.arange(len(x))
    with np.errstate(all="ignore"):
        p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
        dx = p.copy()
        dx[rows, y] -= 1
        return -np.log(p[rows, y]).mean(), dx / len(x)


@exercise.mistake(caught_by=rules.outputs)
def normalises_over_the_batch(x, y):
    """Your probabilities sum to one over the examples. They should sum to one over the classes of each example:
    `axis=1`."""
    rows = np.arange(len(x))
    shifted = x - x.max(axis=0)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=0)
    dx = p.copy()
    dx[rows, y] -= 1
    with np.errstate(all="ignore"):
        return -np.log(p[rows, y]).mean(), dx / len(x)


@exercise.mistake(caught_by=rules.returns)
def returns_the_loss_alone(x, y):
    """The loss is there; the gradient is missing. Nothing would learn from the loss alone."""
    return right(x, y)[-1]


@exercise.mistake(caught_by=rules.outputs)
def normalises_over_everything(x, y):
    """Your probabilities sum to one over the whole batch. Each example has its own: sum over the classes of a row,
    with `axis=1` and `keepdims=True`."""
    rows = np.arange(len(x))
    p = np.exp(x - x.max()) / np.exp(x - x.max()).sum()
    dx = p.copy()
    dx[rows, y] -= 1
    with np.errstate(all="ignore"):
        return -np.log(p[rows, y]).mean(), dx / len(x)


@exercise.mistake(caught_by=rules.outputs)
def picks_whole_columns(x, y):
    """`p[:, y]` takes whole columns: for each example, the probabilities of everybody's right classes. One entry of
    each row is wanted: `p[np.arange(N), y]`."""
    _, p, _, _ = right(x, y)
    dx = p.copy()
    dx[:, y] -= 1
    return -np.log(p[:, y]).mean(), dx / len(x)


@exercise.mistake(caught_by=rules.gradients)
def stops_at_the_probability(x, y):
    """Your `dx` is the gradient with respect to the probability of the right class, -1/p. It has to go one step
    further back, through the softmax, to the scores."""
    rows, p, onehot, loss = right(x, y)
    return loss, -onehot / p / len(x)


@exercise.mistake(caught_by=rules.numbers)
def shifts_by_the_largest_of_all(x, y):
    """You lowered all scores by the largest of the whole batch. In a row whose scores are all far below it, every `exp`
    becomes 0, and 0 is divided by 0. Lower each row by the largest of its own."""
    rows = np.arange(len(x))
    with np.errstate(all="ignore"):
        e = np.exp(x - x.max())
        p = e / e.sum(axis=1, keepdims=True)
        dx = p.copy()
        dx[rows, y] -= 1
        return -np.log(p[rows, y]).mean(), dx / len(x)


@exercise.mistake(caught_by=rules.runs)
def loses_the_axis_of_the_sum(x, y):
    """The sums of the rows have lost their second axis, so they cannot be laid beside the rows; with as many classes as
    examples they can, and stand beside the columns. Keep the axis that was summed: `keepdims=True`."""
    rows = np.arange(len(x))
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1)
    dx = p.copy()
    dx[rows, y] -= 1
    return -np.log(p[rows, y]).mean(), dx / len(x)
