"""Let the positive pass: the ReLU.

Return `(out, cache)`. `out` has the shape of `x`: where an entry of `x` is positive, `out` has it as it is; elsewhere it has
0. `cache` is what the way back will need, `x` itself, so leave `x` as it was given to you. `x` may have any number of axes.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import activations

exercise = Exercise(
    writes=["relu_forward"],
    reference=activations,
    points=dict(out=1),
    minutes=4,
    keeps=["x"],
    help=[
        "Every entry is looked at by itself. What becomes of 3, and what of -3?",
        "It is the larger of two numbers, one of which is always the same. NumPy has a function that compares two arrays "
        "entry by entry, and another that looks for the largest entry of one array: here it is the first.",
        "An example with other numbers: x = [[-2, 5], [0.5, -0.1]] gives out = [[0, 5], [0.5, 0]].",
    ],
)


def away_from_zero(rng, *shape):
    """Numbers of both signs, none within 0.1 of the kink."""
    x = rng.normal(size=shape)
    x = np.sign(x) * (0.1 + np.abs(x))
    x.flat[0], x.flat[-1] = -np.abs(x.flat[0]), np.abs(x.flat[-1])
    return x


@exercise.case
def ordinary(rng):
    return dict(x=away_from_zero(rng, 4, 5))


@exercise.case
def batch_of_one(rng):
    return dict(x=away_from_zero(rng, 1, 7))


@exercise.case
def images(rng):
    return dict(x=away_from_zero(rng, 2, 3, 4))


@exercise.case
def far_from_zero(rng):
    return dict(x=100 * away_from_zero(rng, 3, 6))


@exercise.case
def a_dead_row(rng):
    x = away_from_zero(rng, 3, 4)
    x[1] = -np.abs(x[1])
    return dict(x=x)


@exercise.case
def integers(rng):
    return dict(x=np.sign(away_from_zero(rng, 3, 4)).astype(int) * rng.integers(2, 9, size=(3, 4)))


@exercise.case
def in_float32(rng):
    return dict(x=away_from_zero(rng, 4, 2).astype(np.float32))


@exercise.derivation
def by_a_mask(x):
    return x * (x > 0), x


@exercise.mistake(caught_by=rules.outputs)
def passes_everything(x):
    """Your `out` is `x`: the negative entries are still there. They should have become 0."""
    return x.copy(), x


@exercise.mistake(caught_by=rules.outputs)
def keeps_the_negative(x):
    """You keep the negative entries and set the positive ones to 0: the wrong side passes."""
    return np.minimum(0, x), x


@exercise.mistake(caught_by=rules.outputs)
def takes_absolute_values(x):
    """You turn negative entries around. A ReLU does not reflect, it stops them: -3 becomes 0, not 3."""
    return np.abs(x), x


@exercise.mistake(caught_by=rules.outputs)
def returns_the_mask(x):
    """Your `out` is 1 where `x` is positive. It says *that* something passes; the ReLU lets the number itself pass."""
    return (x > 0) * 1.0, x


@exercise.mistake(caught_by=rules.outputs)
def stops_at_one(x):
    """Your `out` never exceeds 1. Nothing is held back on the positive side: 5 stays 5."""
    return np.clip(x, 0, 1), x


@exercise.mistake(caught_by=rules.outputs)
def leaks(x):
    """Negative entries leave a hundredth of themselves behind. That is the leaky ReLU; this one gives exactly 0."""
    return np.where(x > 0, x, 0.01 * x), x


@exercise.mistake(caught_by=rules.outputs)
def cuts_at_one(x):
    """Positive entries below 1 have become 1 in your `out`, and so have the negative ones. The bend is at 0, and so is
    what comes out left of it."""
    return np.maximum(1, x), x


@exercise.mistake(caught_by=rules.outputs)
def squeezes(x):
    """Your `out` lies between 0 and 1 everywhere: that is a sigmoid. The ReLU is made of two straight pieces."""
    with np.errstate(all="ignore"):
        return 1 / (1 + np.exp(-x)), x


@exercise.mistake(caught_by=rules.shapes)
def drops_the_negative(x):
    """You picked the positive entries out, and their places are lost. Every entry keeps its place; where it was negative
    there is a 0."""
    return x[x > 0], x


@exercise.mistake(caught_by=rules.outputs)
def stops_whole_rows(x):
    """You decide for a whole row at once, by its sum. Every entry decides for itself."""
    flat = x.reshape(len(x), -1)
    return x * (flat.sum(axis=1) > 0).reshape(-1, *[1] * (x.ndim - 1)), x


@exercise.mistake(caught_by=rules.runs)
def takes_the_larger_of_two_things(x):
    """Python was asked whether `x`, as a whole, is larger than 0: `max` asks that, and so does an `if`. There are as many
    answers as entries. Compare entry by entry, with a function that takes whole arrays."""
    return max(0, x), x


@exercise.mistake(caught_by=rules.runs)
def looks_for_the_largest_entry(x):
    """`np.max` looks for the largest entry of one array, and takes what stands second for an axis. The larger of two
    things, entry by entry, has another name in NumPy."""
    return np.max(0, x), x


@exercise.mistake(caught_by=rules.shapes)
def looks_down_the_columns(x):
    """You asked for the largest entry along an axis, which leaves one number for each column. Every entry of `x` is
    compared with 0, and keeps its place."""
    return np.max(x, 0), x


@exercise.mistake(caught_by=rules.returns)
def returns_out_alone(x):
    """`out` comes back alone. Return the cache as well: on the way back, `x` decides where a gradient may pass."""
    return np.maximum(0, x)


@exercise.mistake(caught_by=rules.keeps)
def works_in_place(x):
    """Your `out` is right, but you wrote the zeros into `x` itself. Whoever called may still need it, and your cache now
    holds the output in place of the input."""
    x[x < 0] = 0
    return x, x
