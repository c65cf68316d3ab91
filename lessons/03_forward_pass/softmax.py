"""Turn scores into probabilities.

`scores` (N, C) holds a row for each example. Return `p` of the same shape,

$$
p_{nc} = \\frac{e^{s_{nc}}}{\\sum_k e^{s_{nk}}} ,
$$

so that each row is positive and sums to 1. Scores may be as large as 10,000 or as small, in float64 and in float32:
nothing may overflow, and no row may become 0/0. Leave `scores` as they are.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import losses

exercise = Exercise(
    writes=["softmax"],
    reference=losses,
    points=dict(p=3),
    minutes=10,
    kind="function",
    keeps=["scores"],
    help=[
        "Do one row on paper first: `exp` of each score, their sum, each divided by it. The sum runs over the classes of "
        "that row and no other.",
        "A sum along an axis loses that axis, and what is left lies down as a row. To be divided by it row by row, it has "
        "to stand as a column, (N, 1).",
        "Large scores: what may be subtracted from a row without changing any ratio in it? Which choice makes every "
        "exponent 0 or less, with at least one that is 0?",
        "An example with other numbers: the row 2000, 2000 + log 3. Lower both by the larger one: the exponents are "
        "-log 3 and 0, their exponentials 1/3 and 1, the sum 4/3. So p = [0.25, 0.75].",
    ],
)


@exercise.case
def ordinary(rng):
    return dict(scores=rng.normal(size=(5, 4)))


@exercise.case
def batch_of_one(rng):
    return dict(scores=rng.normal(size=(1, 3)))


@exercise.case
def two_classes(rng):
    return dict(scores=rng.normal(size=(6, 2)))


@exercise.case
def square(rng):
    return dict(scores=rng.normal(size=(4, 4)))


@exercise.case
def large_scores(rng):
    return dict(scores=1000 + rng.normal(size=(3, 5)))


@exercise.case
def negative_scores(rng):
    return dict(scores=-1000 + rng.normal(size=(4, 3)))


@exercise.case
def rows_far_apart(rng):
    return dict(scores=900 * np.arange(3)[:, None] + rng.normal(size=(3, 6)))


@exercise.case
def far_apart_within_a_row(rng):
    return dict(scores=1e4 * rng.normal(size=(4, 3)))


@exercise.case
def integers(rng):
    return dict(scores=rng.integers(-3, 4, size=(4, 5)))


@exercise.case
def in_float32(rng):
    """Eighths, which float32 holds exactly, above 88.7, where its `exp` overflows."""
    return dict(scores=(100 + rng.integers(-20, 21, size=(3, 4)) / 8).astype(np.float32))


@exercise.derivation
def by_logarithms(scores):
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.exp(log_p)


def exponentials(scores):
    return np.exp(scores - scores.max(axis=1, keepdims=True))


@exercise.mistake(caught_by=rules.numbers)
def does_not_shift(scores):
    """With scores near 1000 your `exp` overflows, and inf/inf is no number. Lower every row by its largest score first:
    the ratios stay the same."""
    with np.errstate(all="ignore"):
        e = np.exp(scores)
        return e / e.sum(axis=1, keepdims=True)


@exercise.mistake(caught_by=rules.numbers)
def shifts_by_the_largest_of_all(scores):
    """You lowered all rows by the largest score of the whole batch. A row that lies far below it then has only zeros, and
    0/0 is no number. Each row has its own largest."""
    with np.errstate(all="ignore"):
        e = np.exp(scores - scores.max())
        return e / e.sum(axis=1, keepdims=True)


@exercise.mistake(caught_by=rules.numbers)
def shifts_by_the_mean(scores):
    """You lowered each row by its mean. That moves the row near 0, but where its scores are far apart the largest still
    overflows. Which shift leaves no positive exponent?"""
    with np.errstate(all="ignore"):
        e = np.exp(scores - scores.mean(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)


@exercise.mistake(caught_by=rules.numbers)
def shifts_by_the_smallest(scores):
    """You lowered each row by its smallest score, so that no exponent is negative. Negative ones do no harm: `exp` makes
    0 of them. It is large positive ones that overflow."""
    with np.errstate(all="ignore"):
        e = np.exp(scores - scores.min(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)


@exercise.mistake(caught_by=rules.outputs)
def clips_the_scores(scores):
    """You cut the scores off at 500 so that `exp` does not overflow. All scores above it then count the same. A shift
    keeps their differences, which is all that matters."""
    with np.errstate(all="ignore"):  # in float32 it overflows all the same
        e = np.exp(np.clip(scores, -500.0, 500.0))
        return e / e.sum(axis=1, keepdims=True)


@exercise.mistake(caught_by=rules.outputs)
def divides_the_scores_down(scores):
    """You divided the scores by their largest so that `exp` does not overflow. That changes their differences, and with
    them every probability. Subtracting does not."""
    with np.errstate(all="ignore"):
        e = np.exp(scores / np.abs(scores).max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)


@exercise.mistake(caught_by=rules.outputs)
def sums_over_the_examples(scores):
    """Your probabilities sum to one over the examples. Each example is asked by itself: they should sum to one over its
    classes, `axis=1`."""
    with np.errstate(all="ignore"):
        e = np.exp(scores - scores.max(axis=0))
        return e / e.sum(axis=0)


@exercise.mistake(caught_by=rules.outputs)
def sums_over_everything(scores):
    """Your probabilities sum to one over the whole batch. Each example has a row of its own that sums to one."""
    e = np.exp(scores - scores.max())
    return e / e.sum()


@exercise.mistake(caught_by=rules.runs)
def loses_the_axis_of_the_sum(scores):
    """The sums of the rows have lost their second axis, so they cannot be laid beside the rows; with as many classes as
    examples they can, and stand beside the columns. Keep the axis that was summed: `keepdims=True`."""
    e = exponentials(scores)
    return e / e.sum(axis=1)


@exercise.mistake(caught_by=rules.runs)
def loses_the_axis_of_the_largest(scores):
    """The largest scores of the rows have lost their second axis, so they cannot be subtracted from the rows. It is the
    maximum, too, that needs `keepdims=True`."""
    e = np.exp(scores - scores.max(axis=1))
    return e / e.sum(axis=1, keepdims=True)


@exercise.mistake(caught_by=rules.outputs)
def sums_over_everything_unshifted(scores):
    """Your probabilities sum to one over the whole batch, and each example should have a row that does: sum along the
    classes only. Then think of scores near 1000."""
    with np.errstate(all="ignore"):
        return np.exp(scores) / np.exp(scores).sum()


@exercise.mistake(caught_by=rules.outputs)
def sums_over_the_examples_unshifted(scores):
    """Your probabilities sum to one down each column, over the examples. Each example is asked by itself: its classes sum to
    one, along `axis=1`. Then think of scores near 1000."""
    with np.errstate(all="ignore"):
        return np.exp(scores) / np.exp(scores).sum(axis=0)


@exercise.mistake(caught_by=rules.runs)
def loses_the_axis_unshifted(scores):
    """The sums of the rows have lost their second axis, and cannot be laid beside the rows: keep the axis that was summed,
    `keepdims=True`. Then think of scores near 1000."""
    with np.errstate(all="ignore"):
        return np.exp(scores) / np.exp(scores).sum(axis=1)


@exercise.mistake(caught_by=rules.runs)
def loses_both_axes(scores):
    """Both the largest scores and the sums of the rows have lost their second axis, so neither can be laid beside the rows.
    Keep the axis, `keepdims=True`, in both places."""
    with np.errstate(all="ignore"):
        e = np.exp(scores - scores.max(axis=1))
        return e / e.sum(axis=1)


@exercise.mistake(caught_by=rules.outputs)
def forgets_to_divide(scores):
    """Your rows do not sum to 1, and the largest entry of each is 1: these are the exponentials after the shift, or divided by
    the largest. Probabilities are shares of a whole: divide each row by its sum."""
    return exponentials(scores)


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_exponential(scores):
    """You divided the scores themselves by their sum. Scores may be negative, and so are your probabilities; `exp` makes
    all of them positive first."""
    with np.errstate(all="ignore"):
        return scores / scores.sum(axis=1, keepdims=True)


@exercise.mistake(caught_by=rules.outputs)
def divides_by_the_number(scores):
    """You divided by the number of classes. The exponentials do not sum to that; divide by their own sum."""
    return exponentials(scores) / scores.shape[1]


@exercise.mistake(caught_by=rules.outputs)
def returns_logarithms(scores):
    """Your numbers are negative: they are the logarithms of the probabilities. These are of use in the loss; here the
    probabilities themselves are asked for."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


@exercise.mistake(caught_by=rules.outputs)
def takes_powers_of_two(scores):
    """You raised 2 to the scores instead of e. The probabilities come out more even than they are."""
    e = 2.0 ** (scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@exercise.mistake(caught_by=rules.outputs)
def turns_the_scores_around(scores):
    """Your largest score gets the smallest probability: there is a minus before the scores. `exp` of the score itself
    grows with it."""
    e = np.exp(scores.min(axis=1, keepdims=True) - scores)
    return e / e.sum(axis=1, keepdims=True)


@exercise.mistake(caught_by=rules.outputs)
def squeezes_each_score(scores):
    """You sent each score through a sigmoid, whatever the others are. The classes compete for one whole: a row has to sum
    to 1."""
    with np.errstate(all="ignore"):
        return 1 / (1 + np.exp(-1.0 * scores))


@exercise.mistake(caught_by=rules.shapes)
def names_the_winner(scores):
    """You return which class wins. A probability for each class is asked for, also for those that lose."""
    return scores.argmax(axis=1)


@exercise.mistake(caught_by=rules.keeps)
def shifts_in_place(scores):
    """Your `p` is right, but you subtracted from `scores` itself, and whoever called you now has others. Give what is
    shifted a name of its own."""
    scores -= scores.max(axis=1, keepdims=True)
    e = np.exp(scores)
    return e / e.sum(axis=1, keepdims=True)
