"""Shorten a gradient that is too long.

`grads` is a dictionary of arrays of any shape, the gradients of all parameters. Together they are one long gradient,
with one norm. Return a dictionary with the same names: as it is, if the norm is at most `max_norm`; else with all
entries scaled alike, so that the norm is `max_norm`.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import optim

exercise = Exercise(
    writes=["clip_gradients"],
    reference=optim,
    points=dict(w=2, b=1),
    minutes=6,
    kind="function",
    help=[
        "One norm for all of them: the root of the sum of the squares of *all* entries, whatever array they are in."
        " How many norms "
        "does your code compute?",
        "By which number must a gradient of norm 8 be multiplied so that its norm becomes 2? And one of norm 1?",
        "An example with other numbers: w = [[2, 4], [4, 0]], b = [8], max_norm = 5. The squares add up to 4 + 16 +"
        " 16 + 64 = 100, the "
        "norm is 10, so everything is halved: [[1, 2], [2, 0]] and [4]. With max_norm = 20, nothing changes.",
    ],
)


def of_norm(rng, norm, *shapes):
    """Gradients of these shapes, whose common norm is this one."""
    grads = {name: rng.normal(size=shape) for name, shape in zip("wb", shapes)}
    size = np.sqrt(sum((g**2).sum() for g in grads.values()))
    return {name: norm / size * g for name, g in grads.items()}


@exercise.case
def ordinary(rng):
    return dict(grads=of_norm(rng, rng.uniform(6, 9), (4, 3), (3,)), max_norm=rng.uniform(2, 3))


@exercise.case
def short_enough(rng):
    return dict(grads=of_norm(rng, rng.uniform(3, 4), (2, 5), (5,)), max_norm=rng.uniform(5, 9))


@exercise.case
def each_alone_is_short_enough(rng):
    grads = of_norm(rng, 4.0, (5, 2), (2,))
    w, b = (g / np.linalg.norm(g) for g in grads.values())
    return dict(grads={"w": 4 * w, "b": 3.5 * b}, max_norm=rng.uniform(4.2, 4.8))


@exercise.case
def an_explosion(rng):
    return dict(grads=of_norm(rng, rng.uniform(1e8, 1e9), (3, 6), (6,)), max_norm=rng.uniform(3, 5))


@exercise.case
def square(rng):
    return dict(grads=of_norm(rng, rng.uniform(30, 40), (3, 3), (3,)), max_norm=rng.uniform(1, 2))


@exercise.case
def a_table_of_pictures(rng):
    return dict(grads=of_norm(rng, rng.uniform(10, 12), (2, 3, 4), (4, 1)), max_norm=3)


@exercise.case
def one_entry_each(rng):
    return dict(grads=of_norm(rng, rng.uniform(8, 9), (1, 1), (1,)), max_norm=rng.uniform(2, 3))


@exercise.case
def single_precision(rng):
    grads = of_norm(rng, rng.uniform(20, 30), (4, 6), (6,))
    return dict(grads={name: g.astype(np.float32) for name, g in grads.items()}, max_norm=5.0)


@exercise.derivation
def by_one_long_gradient(grads, max_norm):
    together = np.concatenate([g.ravel() for g in grads.values()])
    norm = np.linalg.norm(together)
    return {name: g * min(1, max_norm / norm) for name, g in grads.items()}


@exercise.derivation
def by_asking(grads, max_norm):
    total = 0
    for g in grads.values():
        total += np.sum(g**2)
    norm = np.sqrt(total)
    if norm > max_norm:
        grads = {name: g * max_norm / norm for name, g in grads.items()}
    return grads


@exercise.mistake(caught_by=rules.outputs)
def clips_each_alone(grads, max_norm):
    """You shorten each array by a norm of its own. That turns the direction of the whole: the long arrays lose more
    than the short ones. One norm, of all entries together, and one factor."""
    return {name: g * min(1, max_norm / np.sqrt(np.sum(np.square(g)))) for name, g in grads.items()}


@exercise.mistake(caught_by=rules.outputs)
def cuts_off_entries(grads, max_norm):
    """You cut off single entries at `max_norm`. That turns the direction, and the norm may still be too large."""
    return {name: np.clip(g, -max_norm, max_norm) for name, g in grads.items()}


@exercise.mistake(caught_by=rules.outputs)
def shortens_nothing(grads, max_norm):
    """Nothing is shortened: what you return is what came in. Is a factor worked out and not used, or are entries cut off at
    the norm of all of them, which none exceeds?"""
    return {name: 1 * g for name, g in grads.items()}


@exercise.mistake(caught_by=rules.outputs)
def stretches_short_ones_too(grads, max_norm):
    """You scale to `max_norm` always. A gradient that is short enough stays as it is: near a minimum it has to become
    small."""
    norm = np.sqrt(sum(np.sum(np.square(g)) for g in grads.values()))
    return {name: g * max_norm / norm for name, g in grads.items()}


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_root(grads, max_norm):
    """Your norm is the sum of the squares. The root of it is missing."""
    norm = sum(np.sum(np.square(g)) for g in grads.values())
    return {name: g * min(1, max_norm / norm) for name, g in grads.items()}


@exercise.mistake(caught_by=rules.outputs)
def adds_up_norms(grads, max_norm):
    """You add the norms of the arrays. Lengths at right angles do not add up; their squares do."""
    norm = sum(np.sqrt(np.sum(np.square(g))) for g in grads.values())
    return {name: g * min(1, max_norm / norm) for name, g in grads.items()}


@exercise.mistake(caught_by=rules.outputs)
def looks_at_the_longest(grads, max_norm):
    """You go by the longest of the arrays alone. All entries count, also those of the others."""
    norm = max(np.sqrt(np.sum(np.square(g))) for g in grads.values())
    return {name: g * min(1, max_norm / norm) for name, g in grads.items()}


@exercise.mistake(caught_by=rules.outputs)
def makes_its_norm_one(grads, max_norm):
    """You divide by the norm and stop: what is too long gets the norm 1. It should get `max_norm`."""
    norm = np.sqrt(sum(np.sum(np.square(g)) for g in grads.values()))
    return {name: g / norm if norm > max_norm else g for name, g in grads.items()}


@exercise.mistake(caught_by=rules.outputs)
def turns_the_factor_over(grads, max_norm):
    """Your factor is upside down: what is too long becomes longer still."""
    norm = np.sqrt(sum(np.sum(np.square(g)) for g in grads.values()))
    return {name: g * max(1, norm / max_norm) for name, g in grads.items()}


@exercise.mistake(caught_by=rules.outputs)
def asks_the_wrong_way_round(grads, max_norm):
    """You scale those that are short enough, and leave the long ones as they are: the question is the wrong way
    round."""
    norm = np.sqrt(sum(np.sum(np.square(g)) for g in grads.values()))
    return {name: g * max_norm / norm if norm < max_norm else g for name, g in grads.items()}


@exercise.mistake(caught_by=rules.outputs)
def throws_long_ones_away(grads, max_norm):
    """You throw away what is too long. Its direction is still worth something: keep it, and shorten it."""
    norm = np.sqrt(sum(np.sum(np.square(g)) for g in grads.values()))
    return {name: g * (norm <= max_norm) for name, g in grads.items()}


@exercise.mistake(caught_by=rules.outputs)
def takes_the_mean_square(grads, max_norm):
    """Your norm is a root *mean* square. A long gradient with many entries looks short that way."""
    many = sum(np.size(g) for g in grads.values())
    norm = np.sqrt(sum(np.sum(np.square(g)) for g in grads.values()) / many)
    return {name: g * min(1, max_norm / norm) for name, g in grads.items()}


@exercise.mistake(caught_by=rules.outputs)
def looks_at_the_largest_entry(grads, max_norm):
    """You go by the largest entry. Many middling ones make a long gradient, too."""
    norm = max(np.abs(g).max() for g in grads.values())
    return {name: g * min(1, max_norm / norm) for name, g in grads.items()}


@exercise.mistake(caught_by=rules.outputs)
def adds_up_sizes(grads, max_norm):
    """Your norm is the sum of absolute values. The norm that is meant is the root of the sum of squares."""
    norm = sum(np.abs(g).sum() for g in grads.values())
    return {name: g * min(1, max_norm / norm) for name, g in grads.items()}


@exercise.mistake(caught_by=rules.returns)
def returns_a_list(grads, max_norm):
    """You return the arrays without their names. An optimiser has to know whose gradient is whose: return a
    dictionary with the same keys."""
    norm = np.sqrt(sum(np.sum(np.square(g)) for g in grads.values()))
    return [g * min(1, max_norm / norm) for g in grads.values()]
