"""What share is right: accuracy.

`scores` (N, C) holds a row for each example, `y` (N,) the class that is right. The network's answer is the class with the
highest score. Return the share of examples, from 0 to 1, for which that is the right one. No test has two highest scores in
a row.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import losses

exercise = Exercise(
    writes=["accuracy"],
    reference=losses,
    points=dict(share=1),
    minutes=4,
    tier="more",
    kind="function",
    keeps=["scores", "y"],
    help=[
        "For each row you need the *place* of its largest score, not the score itself.",
        "Comparing two lists of classes gives a truth value for each example. As numbers these are 1 and 0; what share is 1?",
        "An example with other numbers: scores [[1, 4], [3, 2], [0, 5]], y = [1, 1, 1]. The highest scores stand at 1, 0 and "
        "1, so two of three are right: 0.667.",
    ],
)


def drawn(rng, n, c, right):
    """Scores whose first `right` examples have the highest score at the right class, in some order."""
    scores = rng.normal(size=(n, c))
    best = scores.argmax(axis=1)
    y = np.where(np.arange(n) < right, best, (best + rng.integers(1, c, size=n)) % c)
    order = rng.permutation(n)
    return dict(scores=scores[order], y=y[order])


@exercise.case
def ordinary(rng):
    return drawn(rng, 7, 4, 5)


@exercise.case
def batch_of_one(rng):
    return drawn(rng, 1, 3, 1)


@exercise.case
def two_classes(rng):
    return drawn(rng, 6, 2, 1)


@exercise.case
def square(rng):
    return drawn(rng, 5, 5, 2)


@exercise.case
def below_zero(rng):
    inputs = drawn(rng, 8, 3, 5)
    return inputs | dict(scores=inputs["scores"] - 100)


@exercise.case
def none_right(rng):
    return drawn(rng, 4, 6, 0)


@exercise.derivation
def by_counting(scores, y):
    right = 0
    for n in range(len(y)):
        if np.argmax(scores[n]) == y[n]:
            right += 1
    return right / len(y)


@exercise.mistake(caught_by=rules.outputs)
def counts(scores, y):
    """You return how many are right. Divide by the number of examples, and batches of any size can be compared."""
    return (scores.argmax(axis=1) == y).sum()


@exercise.mistake(caught_by=rules.outputs)
def in_per_cent(scores, y):
    """Your share is in per cent. It is asked for as a number from 0 to 1."""
    return 100 * (scores.argmax(axis=1) == y).mean()


@exercise.mistake(caught_by=rules.outputs)
def counts_the_wrong(scores, y):
    """You return the share that is wrong."""
    return (scores.argmax(axis=1) != y).mean()


@exercise.mistake(caught_by=rules.runs)
def looks_down_the_columns(scores, y):
    """You looked for the largest score down each column, which names an example for each class. Each row names a class for
    its example: `axis=1`."""
    return (scores.argmax(axis=0) == y).mean()


@exercise.mistake(caught_by=rules.outputs)
def looks_over_everything(scores, y):
    """You looked for the largest score of the whole batch and compared its place with every label. Each example has a
    largest of its own: `axis=1`."""
    return (scores.argmax() == y).mean()


@exercise.mistake(caught_by=rules.outputs)
def compares_the_score(scores, y):
    """You compared the highest *score* with the label. They are never equal; it is the place of the highest score that
    names a class."""
    return (scores.max(axis=1) == y).mean()


@exercise.mistake(caught_by=rules.outputs)
def divides_whole_numbers(scores, y):
    """`//` leaves out what stands behind the point, so a share is 0 or 1. Divide with `/`."""
    return (scores.argmax(axis=1) == y).sum() // len(y)


@exercise.mistake(caught_by=rules.outputs)
def takes_the_lowest(scores, y):
    """You took the class with the lowest score for the answer. The network answers with the highest."""
    return (scores.argmin(axis=1) == y).mean()


@exercise.mistake(caught_by=rules.outputs)
def divides_by_all_entries(scores, y):
    """You divided by all entries of the scores. Each example is right or wrong once, so divide by the number of rows."""
    return (scores.argmax(axis=1) == y).sum() / scores.size


@exercise.mistake(caught_by=rules.shapes)
def returns_one_for_each(scores, y):
    """You return for each example whether it is right. One number is asked for: their share."""
    return scores.argmax(axis=1) == y
