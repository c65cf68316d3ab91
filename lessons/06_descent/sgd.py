"""Take one step downhill.

`w` is an array of any shape, `dw` the gradient of the loss with respect to it, `config` a dictionary. Return
`(next_w, config)`: `w` moved *against* `dw`, by the gradient times `config["learning_rate"]`. Where `config` has no
learning rate, take 0.01.

An optimiser is a function of this form throughout the course. This one has nothing to remember, so it hands `config`
back as it is; the next ones keep in it what they want to know at the next step. Each is tried for three steps in a
row, and every step is given the `config` that the one before returned.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import optim

exercise = Exercise(
    writes=["sgd"],
    reference=optim,
    points=dict(step1=1, step2=0.5, step3=0.5),
    minutes=4,
    kind="optimiser",
    help=[
        "The gradient says which way is up, and how steep it is. Where do you want to go?",
        '`config.get("learning_rate", 1e-2)` reads an entry, and says what to take where there is none.',
        "Two values are returned: the moved `w`, and `config`.",
        "An example with other numbers: w = [3, 1], dw = [10, -4] and a rate of 0.2. The step is [-2, 0.8], so next_w is "
        "[1, 1.8].",
    ],
)


def drawn(rng, shape, **config):
    return dict(w=rng.normal(size=shape), dws=[rng.normal(size=shape) for _ in range(3)], config=config)


@exercise.case
def ordinary(rng):
    return drawn(rng, (3, 4), learning_rate=rng.uniform(0.2, 0.6))


@exercise.case
def a_vector(rng):
    return drawn(rng, (5,), learning_rate=rng.uniform(0.05, 0.1))


@exercise.case
def one_number(rng):
    return drawn(rng, (1,), learning_rate=rng.uniform(1, 2))


@exercise.case
def square(rng):
    return drawn(rng, (3, 3), learning_rate=rng.uniform(0.2, 0.6))


@exercise.case
def filters_of_a_picture(rng):
    return drawn(rng, (2, 3, 2, 2), learning_rate=rng.uniform(0.2, 0.6))


@exercise.case
def no_settings(rng):
    return drawn(rng, (2, 5))


@exercise.case
def single_precision(rng):
    draw = drawn(rng, (4, 2), learning_rate=0.5)
    return draw | dict(w=draw["w"].astype(np.float32), dws=[dw.astype(np.float32) for dw in draw["dws"]])


def rate_of(config):
    return config.get("learning_rate", 1e-2)


@exercise.derivation
def in_place(w, dw, config):
    rate = config.setdefault("learning_rate", 1e-2)
    w -= rate * dw
    return w, config


@exercise.mistake(caught_by=rules.outputs)
def climbs(w, dw, config):
    """You went uphill: the gradient points to where the loss grows. The step is against it."""
    return w + rate_of(config) * dw, config


@exercise.mistake(caught_by=rules.outputs)
def returns_the_step(w, dw, config):
    """What you return is the step alone, and not where it leads: it starts at `w`."""
    return -rate_of(config) * dw, config


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_rate(w, dw, config):
    """You moved by the whole gradient. How far to go is the learning rate's to say."""
    return w - dw, config


@exercise.mistake(caught_by=rules.outputs)
def keeps_to_a_rate_of_its_own(w, dw, config):
    """You step at a rate of 0.01, whatever `config` says. That is the rate for a `config` that has none."""
    return w - 1e-2 * dw, config


@exercise.mistake(caught_by=rules.outputs)
def divides_by_the_rate(w, dw, config):
    """You divided by the learning rate. A small rate means a small step."""
    return w - dw / rate_of(config), config


@exercise.mistake(caught_by=rules.outputs)
def shrinks_w(w, dw, config):
    """The learning rate has got hold of `w` as well: mind the brackets. It scales the gradient alone."""
    return rate_of(config) * (w - dw), config


@exercise.mistake(caught_by=rules.outputs)
def has_a_step_of_fixed_length(w, dw, config):
    """Your steps all have the length of the learning rate, however steep it is. Here the gradient itself is scaled:
    where it is steep, the step is long."""
    return w - rate_of(config) * dw / np.linalg.norm(dw), config


@exercise.mistake(caught_by=rules.outputs)
def looks_at_signs_alone(w, dw, config):
    """You use the sign of the gradient and not its size, so that every entry moves by the same amount."""
    return w - rate_of(config) * np.sign(dw), config


@exercise.mistake(caught_by=rules.outputs)
def averages_the_gradient(w, dw, config):
    """Every entry moves by the same amount: you took the mean of the gradient. Each entry has a slope of its own."""
    return w - rate_of(config) * np.mean(dw), config


@exercise.mistake(caught_by=rules.outputs)
def divides_by_the_entries(w, dw, config):
    """Your step is too short, by the number of entries or of rows. The mean over the examples was taken by the loss;
    `w` has no examples."""
    return w - rate_of(config) * dw / len(dw), config


@exercise.mistake(caught_by=rules.outputs)
def scales_by_w(w, dw, config):
    """Your step is multiplied by `w`. A weight moves as the loss says, not in proportion to its own size."""
    return w - rate_of(config) * dw * w, config


@exercise.mistake(caught_by=rules.returns)
def returns_w_alone(w, dw, config):
    """You return the moved `w` without `config`. This optimiser has nothing to remember, but whoever calls it does
    not know that, and takes two values."""
    return w - rate_of(config) * dw


@exercise.mistake(caught_by=rules.returns)
def returns_config_first(w, dw, config):
    """Your two values are there, the other way round: first where `w` goes, then `config`."""
    return config, w - rate_of(config) * dw


@exercise.mistake(caught_by=rules.runs)
def needs_a_rate(w, dw, config):
    """Your function needs a learning rate in `config`, and one case has none. Say what to take then: a dictionary's
    `get` and `setdefault` have a place for it."""
    return w - config["learning_rate"] * dw, config
