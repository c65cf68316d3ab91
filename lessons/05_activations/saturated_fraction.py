"""Count the entries that hardly answer.

`local` holds the slope of an activation at each entry, in an array of any shape. Return `share`: the share of
slopes whose *size* is less than `below`, a number from 0 to 1.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import activations

exercise = Exercise(
    writes=["saturated_fraction"],
    reference=activations,
    points=dict(share=2),
    minutes=4,
    kind="function",
    help=[
        "Make an array of the same shape that says of each entry whether it is saturated. How large is -0.3, compared with 0.1?",
        "Of an array of True and False, the mean is the share of True.",
        "An example with other numbers: local = [[0.2, -0.05, 0], [-0.3, 0.04, 0.5]]. The sizes 0.05, 0 and 0.04 are below "
        "0.1, three of six: the share is 0.5. With below = 0.25 there is a fourth, 0.2, and the share is 2/3.",
    ],
)


@exercise.case
def ordinary(rng):
    return dict(local=rng.uniform(-0.3, 0.5, size=(6, 7)))


@exercise.case
def another_limit(rng):
    return dict(local=rng.uniform(-0.4, 0.4, size=(5, 6)), below=0.25)


@exercise.case
def batch_of_one(rng):
    return dict(local=rng.uniform(-0.2, 0.3, size=(1, 20)))


@exercise.case
def images(rng):
    return dict(local=rng.uniform(-0.2, 0.3, size=(3, 4, 5)))


@exercise.case
def integers(rng):
    return dict(local=rng.permuted(np.arange(12).reshape(3, 4) % 3), below=0.5)


@exercise.case
def single_precision(rng):
    return dict(local=rng.uniform(-0.3, 0.3, size=(4, 9)).astype(np.float32), below=0.2)


@exercise.case
def all_of_them(rng):
    return dict(local=rng.uniform(-0.01, 0.01, size=(4, 3)))


@exercise.derivation
def by_counting(local, below=0.1):
    few = np.abs(local) < below
    return few.sum() / few.size


@exercise.mistake(caught_by=rules.outputs)
def takes_falling_for_flat(local, below=0.1):
    """You count every negative slope as saturated. A curve that falls steeply answers well: compare the size of the slope, without
    its sign."""
    return float(np.mean(np.asarray(local) < below))


@exercise.mistake(caught_by=rules.outputs)
def counts_those_that_answer(local, below=0.1):
    """Your share is that of the entries that do answer: one minus the one asked for."""
    return float(np.mean(np.abs(local) > below))


@exercise.mistake(caught_by=rules.outputs)
def counts_without_dividing(local, below=0.1):
    """Your `share` is how many entries are saturated. A share says out of how many: it lies between 0 and 1."""
    return float(np.sum(np.abs(local) < below))


@exercise.mistake(caught_by=rules.outputs)
def divides_by_the_examples(local, below=0.1):
    """You divided by the number of examples. Each of them has several entries, and all of them were looked at."""
    return float(np.sum(np.abs(local) < below) / len(local))


@exercise.mistake(caught_by=rules.outputs)
def knows_one_limit_only(local, below=0.1):
    """Your limit is 0.1 whatever `below` says. It is an argument: 0.1 is what it is where nobody gives another."""
    return float(np.mean(np.abs(local) < 0.1))


@exercise.mistake(caught_by=rules.outputs)
def asks_for_exact_zeros(local, below=0.1):
    """You count slopes that are exactly 0. A sigmoid never quite gets there; what hands back next to nothing is saturated as
    well."""
    return float(np.mean(np.asarray(local) == 0))


@exercise.mistake(caught_by=rules.outputs)
def averages_the_slopes(local, below=0.1):
    """You return the mean size of a slope. A few steep entries would hide many flat ones: count them instead."""
    return float(np.mean(np.abs(local)))


@exercise.mistake(caught_by=rules.outputs)
def says_it_in_percent(local, below=0.1):
    """Your share is a hundred times too large: it is in percent. A share is a number from 0 to 1."""
    return float(100 * np.mean(np.abs(local) < below))


@exercise.mistake(caught_by=rules.shapes)
def counts_unit_by_unit(local, below=0.1):
    """You return a share for each unit. One number was asked for, over all entries."""
    return np.mean(np.abs(local) < below, axis=0)


@exercise.mistake(caught_by=rules.shapes)
def returns_the_mask(local, below=0.1):
    """You say of each entry whether it is saturated. The share of those that are is one step further."""
    return np.abs(local) < below


@exercise.mistake(caught_by=rules.runs)
def asks_an_array_whether(local, below=0.1):
    """`if` wants one answer, and an array has one for each entry. Compare the whole array at once, and count."""
    return 1.0 if abs(np.asarray(local)) < below else 0.0
