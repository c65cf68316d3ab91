"""One number for how wrong it was: cross-entropy.

`scores` (N, C) holds a row for each example, `y` (N,) the class that is right, as an integer. Return the mean over the batch
of $-\\log p_{n y_n}$, where $p$ is the softmax of the scores.

It is given *scores*, not probabilities, and that is its chance: an answer may be so sure and so wrong that its probability
is 0 in a float, and still the loss is an ordinary number. Scores may be as large as 10,000. Leave `scores` and `y` as they
are.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import losses
from backprop.losses import softmax

exercise = Exercise(
    writes=["cross_entropy"],
    reference=losses,
    points=dict(loss=4),
    minutes=12,
    kind="function",
    keeps=["scores", "y"],
    help=[
        "Write the loss of one example out, with the fraction in it, and take the logarithm apart: a quotient becomes a "
        "difference, and the logarithm of an exponential is gone.",
        "What is left is log of a sum of exponentials, minus the right score. Both may be lowered by the same number: the "
        "shift that you know from softmax. After it the sum is at least 1, so its logarithm is never in danger.",
        "One score from each row is wanted, that of the right class. Two lists of integers pick pairs: the rows in order, "
        "and beside each row its class.",
        "An example with other numbers: one row with the scores 3000 and 0, the right class is 1. Lowered by 3000 they are "
        "0 and -3000. The sum of exponentials is 1 + 0, its logarithm 0, and 0 - (-3000) = 3000 is the loss. With class 0 "
        "right it would be 0 - 0 = 0.",
    ],
)


@exercise.case
def ordinary(rng):
    return dict(scores=rng.normal(size=(5, 4)), y=rng.integers(4, size=5))


@exercise.case
def batch_of_one(rng):
    return dict(scores=rng.normal(size=(1, 3)), y=rng.integers(3, size=1))


@exercise.case
def two_classes(rng):
    return dict(scores=rng.normal(size=(6, 2)), y=rng.integers(2, size=6))


@exercise.case
def square(rng):
    return dict(scores=rng.normal(size=(4, 4)), y=rng.integers(4, size=4))


@exercise.case
def large_scores(rng):
    return dict(scores=1000 + rng.normal(size=(3, 5)), y=rng.integers(5, size=3))


@exercise.case
def negative_scores(rng):
    return dict(scores=-1000 + rng.normal(size=(4, 3)), y=rng.integers(3, size=4))


@exercise.case
def rows_far_apart(rng):
    return dict(scores=900 * np.arange(3)[:, None] + rng.normal(size=(3, 6)), y=rng.integers(6, size=3))


@exercise.case
def sure_and_wrong(rng):
    scores = 1e4 * rng.uniform(-1, 1, size=(4, 3))
    return dict(scores=scores, y=scores.argmin(axis=1))


@exercise.case
def integers(rng):
    return dict(scores=rng.integers(-3, 4, size=(4, 5)), y=rng.integers(5, size=4))


@exercise.case
def in_float32(rng):
    """Eighths, which float32 holds exactly, above 88.7, where its `exp` overflows."""
    scores = (100 + rng.integers(-20, 21, size=(3, 4)) / 8).astype(np.float32)
    return dict(scores=scores, y=scores.argmin(axis=1))


@exercise.derivation
def by_the_logarithms_of_all(scores, y):
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(y)), y].mean()


@exercise.derivation
def example_by_example(scores, y):
    total = 0.0
    for n in range(len(y)):
        largest = scores[n].max()
        total += largest + np.log(np.exp(scores[n] - largest).sum()) - scores[n, y[n]]
    return total / len(y)


def each(scores, y):
    """The loss of each example, rightly."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]


def quietly(p):
    with np.errstate(all="ignore"):
        return -np.log(p)


@exercise.mistake(caught_by=rules.numbers)
def takes_the_logarithm_of_a_probability(scores, y):
    """Right until somebody is sure and wrong: then p is 0 in a float, and its logarithm is -inf. Take the logarithm apart
    on paper first; in log of a quotient the exponential cancels."""
    return quietly(softmax(scores)[np.arange(len(y)), y]).mean()


@exercise.mistake(caught_by=rules.numbers)
def does_not_shift(scores, y):
    """You took the logarithm apart, but with scores near 1000 the sum of the exponentials overflows before its logarithm
    is taken. Lower each row by its largest score first; the loss stays the same."""
    with np.errstate(all="ignore"):
        return (np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(y)), y]).mean()


@exercise.mistake(caught_by=rules.numbers)
def shifts_nothing_and_divides(scores, y):
    """With scores near 1000 your `exp` overflows, and inf/inf is no number. And where p becomes 0, its logarithm is -inf.
    Work with differences of scores, in which neither happens."""
    with np.errstate(all="ignore"):
        p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        return -np.log(p[np.arange(len(y)), y]).mean()


def adds_to_p(little):
    """A mistake for each of the numbers that people add: what it costs to be sure and wrong then has an upper end."""

    def wrong(scores, y):
        return quietly(softmax(scores)[np.arange(len(y)), y] + float(little)).mean()

    wrong.__name__ = f"adds_{little.replace('-', '_')}_to_p"
    wrong.__doc__ = f"""You add {little} to p so that its logarithm exists. Whoever is sure and wrong then pays
    {-np.log(float(little)):.1f} at most, however wrong, and the loss no longer moves with the scores: nothing would be
    learned there. Taken apart first, the logarithm needs no such help."""
    return wrong


for little in ("1e-7", "1e-8", "1e-9", "1e-10", "1e-12", "1e-15"):
    exercise.mistake(caught_by=rules.outputs)(adds_to_p(little))


@exercise.mistake(caught_by=rules.outputs)
def shifts_only_the_sum(scores, y):
    """You lowered the scores in the sum, but not the right score. The shift changes nothing only if all scores of the row
    take part."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return (np.log(np.exp(shifted).sum(axis=1)) - scores[np.arange(len(y)), y]).mean()


@exercise.mistake(caught_by=rules.outputs)
def sums_the_loss(scores, y):
    """Your loss is the sum over the batch. With the mean, a batch of ten and one of a thousand can be compared."""
    return each(scores, y).sum()


@exercise.mistake(caught_by=rules.outputs)
def sums_the_loss_of_probabilities(scores, y):
    """Your loss is the sum over the batch, and the mean is asked for. There is a second thing: where p is 0 in a float, its
    logarithm is -inf, so take the logarithm apart before you compute."""
    return quietly(softmax(scores)[np.arange(len(y)), y]).sum()


@exercise.mistake(caught_by=rules.outputs)
def divides_by_the_classes_too(scores, y):
    """Your loss is too small by the number of classes: the mean ran over all N · C entries. Each example has one loss; the
    mean runs over the N of them."""
    return each(scores, y).mean() / scores.shape[1]


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_minus(scores, y):
    """Your loss is negative. The logarithm of a probability is below 0, and the loss is what is missing: it has a
    minus before it."""
    return -each(scores, y).mean()


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_minus_of_probabilities(scores, y):
    """Your loss is negative: there is no minus before the logarithm. And where p is 0 in a float it becomes -inf, so take the
    logarithm apart before you compute."""
    return -quietly(softmax(scores)[np.arange(len(y)), y]).mean()


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_logarithm(scores, y):
    """Your loss is 1 - p: it never exceeds 1, so being sure and wrong costs no more than being unsure twice. The logarithm
    is missing."""
    return (1 - softmax(scores)[np.arange(len(y)), y]).mean()


@exercise.mistake(caught_by=rules.outputs)
def returns_the_probability(scores, y):
    """You return the mean probability of the right class, which is good when it is large. The loss is minus its
    logarithm."""
    return softmax(scores)[np.arange(len(y)), y].mean()


@exercise.mistake(caught_by=rules.outputs)
def blames_the_highest_score(scores, y):
    """Your loss looks at the class with the highest score, and never at `y`. That class costs little, whether it is right
    or not; what counts is the class that is right."""
    return each(scores, scores.argmax(axis=1)).mean()


@exercise.mistake(caught_by=rules.outputs)
def picks_whole_columns(scores, y):
    """`[:, y]` takes whole columns: for each example, everybody's right classes. One entry of each row is wanted; give
    the rows as a list of integers, too."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[:, y].mean()


@exercise.mistake(caught_by=rules.outputs)
def picks_whole_columns_of_p(scores, y):
    """`p[:, y]` takes whole columns: for each example, everybody's right classes. One entry of each row is wanted; give the
    rows as a list of integers, too. Then think of a p that is 0 in a float."""
    return quietly(softmax(scores)[:, y]).mean()


@exercise.mistake(caught_by=rules.outputs)
def picks_rows_of_p(scores, y):
    """`p[y]` takes whole *rows*: the labels were read as numbers of examples. Two lists of integers pick one entry of each
    row: which row, and which class in it."""
    return quietly(softmax(scores)[y]).mean()


@exercise.mistake(caught_by=rules.outputs)
def charges_for_every_class(scores, y):
    """You add -log p up over all classes. The loss looks at one entry of each row, that of the right class; the others
    are in it through the sum below the fraction."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p.sum(axis=1).mean()


@exercise.mistake(caught_by=rules.outputs)
def counts_in_bits(scores, y):
    """Your loss is in bits: the logarithm is to the base 2. Here, and in the gradients to come, it is the natural one."""
    return each(scores, y).mean() / np.log(2)


@exercise.mistake(caught_by=rules.outputs)
def takes_scores_for_probabilities(scores, y):
    """You took the logarithm of the scores, as if they were probabilities already, and dropped what is no number. They
    are scores: the softmax is part of this loss."""
    with np.errstate(all="ignore"):
        return -np.nan_to_num(np.log(1.0 * scores[np.arange(len(y)), y])).mean()


@exercise.mistake(caught_by=rules.numbers)
def takes_the_logarithm_of_a_score(scores, y):
    """You took the logarithm of the scores, as if they were probabilities. Scores may be negative, and then there is no
    logarithm; the softmax is part of this loss."""
    with np.errstate(all="ignore"):
        return -np.log(1.0 * scores[np.arange(len(y)), y]).mean()


@exercise.mistake(caught_by=rules.outputs)
def takes_the_softmax_twice(scores, y):
    """You took the softmax of a softmax. The probabilities then lie between 0 and 1 as scores do not, and even a perfect
    answer has a loss."""
    return each(softmax(scores), y).mean()


@exercise.mistake(caught_by=rules.outputs)
def leaves_out_the_sum(scores, y):
    """Your loss is how far the right score lies below the highest. That is near it for sure answers; the logarithm of the
    sum of exponentials is missing, without which two equal scores would cost nothing."""
    return (scores.max(axis=1) - scores[np.arange(len(y)), y]).mean()


@exercise.mistake(caught_by=rules.shapes)
def returns_one_for_each(scores, y):
    """You return a loss for each example. One number is asked for, their mean: only one number can go down."""
    return each(scores, y)


@exercise.mistake(caught_by=rules.shapes)
def returns_one_for_each_of_probabilities(scores, y):
    """You return a loss for each example, and one number is asked for, their mean. There is a second thing: where p is 0 in
    a float, its logarithm is -inf, so take the logarithm apart before you compute."""
    return quietly(softmax(scores)[np.arange(len(y)), y])


@exercise.mistake(caught_by=rules.keeps)
def shifts_in_place(scores, y):
    """Your loss is right, but you subtracted from `scores` itself, and whoever called you now has others. Give what is
    shifted a name of its own."""
    scores -= scores.max(axis=1, keepdims=True)
    return (np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(y)), y]).mean()
