"""Find the units that are silent for everybody.

`h` (N, H) holds what each of H hidden units says of each of N examples. Return `mask` (H,): True for a unit
that is exactly zero for every example, False for all others. `h` may hold negative numbers, too.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import activations

exercise = Exercise(
    writes=["dead_units"],
    reference=activations,
    points=dict(mask=2),
    minutes=4,
    tier="more",
    kind="function",
    help=[
        "A unit is a column. The answer has one entry for each column: which axis has to go?",
        "First an array (N, H) that says where `h` is zero. Then, along that axis: is it so everywhere? One word of NumPy "
        "asks that.",
        "An example with other numbers: h = [[0, 2, 0], [0, 0, 1], [0, 0, 3]]. The first unit is zero for all three examples, "
        "the second answers the first example, the third the other two: the mask is [True, False, False].",
    ],
)


def with_dead(rng, n, h, dead):
    """Outputs of a ReLU, with zeros here and there; of these columns all are zero, of the others none."""
    x = np.maximum(0, rng.normal(size=(n, h)))
    x[rng.integers(n, size=h), np.arange(h)] = rng.uniform(0.5, 1, size=h)
    x[:, rng.permutation(h)[:dead]] = 0
    return x


@exercise.case
def ordinary(rng):
    return dict(h=with_dead(rng, 5, 8, 3))


@exercise.case
def batch_of_one(rng):
    return dict(h=with_dead(rng, 1, 6, 2))


@exercise.case
def square(rng):
    return dict(h=with_dead(rng, 5, 5, 2))


@exercise.case
def a_silent_example(rng):
    h = with_dead(rng, 6, 4, 1)
    return dict(h=np.vstack([np.zeros(4), h]))


@exercise.case
def of_both_signs(rng):
    h = rng.normal(size=(4, 7))
    h[:, 0], h[:, 1], h[:, 2] = 0, [1, -1, 2, -2], -np.abs(h[:, 2])
    return dict(h=h[:, rng.permutation(7)])


@exercise.case
def integers(rng):
    return dict(h=with_dead(rng, 6, 3, 1).round().astype(int))


@exercise.case
def single_precision(rng):
    return dict(h=with_dead(rng, 3, 9, 4).astype(np.float32))


@exercise.derivation
def by_the_largest(h):
    return np.abs(h).max(axis=0) == 0


@exercise.mistake(caught_by=rules.outputs)
def calls_a_rest_death(h):
    """You call a unit dead that is zero for *some* example. Nearly every unit is; dead means for all of them."""
    return (h == 0).any(axis=0)


@exercise.mistake(caught_by=rules.shapes)
def looks_along_the_rows(h):
    """Your mask has one entry for each example: it says which examples nobody answers. A unit is a column of `h`."""
    return (h == 0).all(axis=1)


@exercise.mistake(caught_by=rules.outputs)
def finds_the_living(h):
    """Your mask is the wrong way round: True for the units that answer somebody."""
    return (h != 0).any(axis=0)


@exercise.mistake(caught_by=rules.outputs)
def adds_up_first(h):
    """You ask whether a column adds up to 0. With numbers of both signs, a lively unit can do that too."""
    return h.sum(axis=0) == 0


@exercise.mistake(caught_by=rules.outputs)
def takes_negative_for_dead(h):
    """You call a unit dead that is never positive. A unit that answers with negative numbers answers."""
    return (h <= 0).all(axis=0)


@exercise.mistake(caught_by=rules.outputs)
def asks_one_example(h):
    """You looked at the first example alone. A unit that is silent there may answer another."""
    return h[0] == 0


@exercise.mistake(caught_by=rules.shapes)
def counts_them(h):
    """You return how many there are. Which they are was asked: an entry for each unit."""
    return int((h == 0).all(axis=0).sum())


@exercise.mistake(caught_by=rules.shapes)
def lists_them(h):
    """You return the numbers of the dead units, as many as there are. A mask has an entry for each unit, dead or not."""
    return np.flatnonzero((h == 0).all(axis=0))


@exercise.mistake(caught_by=rules.outputs)
def returns_shares(h):
    """You return the share of examples for which each unit is zero. Dead are those whose share is 1, and no others."""
    return (h == 0).mean(axis=0)
