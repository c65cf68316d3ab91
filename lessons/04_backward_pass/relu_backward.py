"""Send the gradient back through the ReLU.

`relu_forward` let positive entries pass and set the others to zero; `cache` is the `x` it was
given. Return `dx`, of the shape of `x`. No test uses an entry that is exactly zero.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import activations

exercise = Exercise(
    writes=["relu_backward"],
    reference=activations,
    points=dict(dx=2),
    minutes=5,
    uses=["relu_forward"],
    help=[
        "Draw max(0, x). What is its slope to the left of zero, and to the right?",
        "The slope depends on the input of the layer, entry by entry. What arrives from above is multiplied by it.",
        "An example with other numbers: x = [-3, 5], dout = [7, -2]. A nudge of the first entry moves "
        "nothing; a nudge of the second moves the output by as much. So dx = [0, -2].",
    ],
)


def away_from_zero(rng, *shape):
    """Numbers of both signs, none within 0.1 of the kink."""
    x = rng.normal(size=shape)
    return np.sign(x) * (0.1 + np.abs(x))


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


@exercise.mistake(caught_by=rules.gradients)
def passes_everything(dout, cache):
    """Your `dx` is `dout` itself. Where the input was negative the output is a constant zero, and a
    nudge there moves nothing: the gradient stops."""
    return dout


@exercise.mistake(caught_by=rules.gradients)
def masks_by_dout(dout, cache):
    """Your mask looks at the sign of `dout`. What decides is the sign of the layer's *input*: the
    gradient may have either sign and passes unchanged where the input was positive."""
    return np.maximum(0, dout)


@exercise.mistake(caught_by=rules.gradients)
def returns_the_mask(dout, cache):
    """Your `dx` is the slope of the ReLU, ones and zeros, whatever `dout` says. The chain rule
    multiplies it by what arrives from above. An all-ones `dout` would hide this."""
    return (cache > 0).astype(float)


@exercise.mistake(caught_by=rules.gradients)
def masks_the_wrong_side(dout, cache):
    """Your mask is the wrong way round: the gradient passes where the input was negative and stops
    where it was positive."""
    return dout * (cache < 0)


@exercise.mistake(caught_by=rules.gradients)
def multiplies_by_the_output(dout, cache):
    """You multiply by the *output* of the ReLU. Its slope is 1 wherever the input is positive, however
    large the input is."""
    return dout * np.maximum(0, cache)


@exercise.mistake(caught_by=rules.gradients)
def takes_the_sign_of_x(dout, cache):
    """Your slope is -1 for negative inputs, which is the slope of |x|. The ReLU is flat there: slope 0."""
    return dout * np.sign(cache)


@exercise.mistake(caught_by=rules.gradients)
def forgets_dout_but_keeps_x(dout, cache):
    """Your `dx` is the output of the forward pass. Going back does not repeat the forward: it multiplies
    `dout` by the slope at each entry."""
    return np.maximum(0, cache)


@exercise.mistake(caught_by=rules.gradients)
def keeps_whole_rows(dout, cache):
    """Your mask holds for a whole row at once. The ReLU works entry by entry: each entry has its own
    slope, 0 or 1."""
    flat = cache.reshape(len(cache), -1)
    keep = (flat.sum(axis=1) > 0).reshape(-1, *[1] * (cache.ndim - 1))
    return dout * keep
