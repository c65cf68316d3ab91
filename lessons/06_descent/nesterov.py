"""Momentum that looks ahead.

Where will the velocity lead? Nesterov's idea is to take the gradient there. Let `w` be the place one looks at, ahead
of the place where one is by $m\\,v$. Then the velocity is that of momentum, and one looks ahead from where it led:

$$v' = m\\,v - r\\,\\text{dw}, \\qquad w \\leftarrow (w - m\\,v) + v' + m\\,v' .$$

The settings and what is remembered are those of `sgd_momentum`. Return `(next_w, config)`.

"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import optim

exercise = Exercise(
    writes=["nesterov"],
    reference=optim,
    points=dict(step1=1, step2=1, step3=1),
    minutes=6,
    tier="more",
    kind="optimiser",
    help=[
        "Begin with your `sgd_momentum`. The velocity is the same; only where `w` goes differs.",
        "In the formula for `w` stand an old and a new velocity. Keep the old one until both are used, or put the first formula into the "
        "second: the old one cancels.",
        "An example with other numbers: w = 10, rate 0.5, momentum 0.5, no velocity yet, dw = 4. Then v' = -2, and w goes to "
        "10 - 0 - 2 - 1 = 7.",
    ],
)


def drawn(rng, shape, **config):
    return dict(w=rng.normal(size=shape), dws=[rng.normal(size=shape) for _ in range(3)], config=config)


def settings(rng):
    return dict(learning_rate=rng.uniform(0.2, 0.6), momentum=rng.uniform(0.5, 0.8))


@exercise.case
def ordinary(rng):
    return drawn(rng, (3, 4), **settings(rng))


@exercise.case
def while_it_is_rolling(rng):
    return drawn(rng, (2, 3), **settings(rng), velocity=rng.normal(size=(2, 3)))


@exercise.case
def one_number(rng):
    return drawn(rng, (1,), **settings(rng), velocity=rng.normal(size=1))


@exercise.case
def no_settings(rng):
    return drawn(rng, (2, 5))


@exercise.case
def single_precision(rng):
    draw = drawn(rng, (4, 2), learning_rate=0.5, momentum=0.75)
    return draw | dict(w=draw["w"].astype(np.float32), dws=[dw.astype(np.float32) for dw in draw["dws"]])


def read(w, config):
    v = config.get("velocity")
    v = np.zeros_like(w) if v is None else v
    return config.get("learning_rate", 1e-2), config.get("momentum", 0.9), v


@exercise.derivation
def with_both_velocities(w, dw, config):
    rate, keep, before = read(w, config)
    v = keep * before - rate * dw
    config["velocity"] = v
    return w - keep * before + (1 + keep) * v, config


@exercise.mistake(caught_by=rules.outputs)
def does_not_look_ahead(w, dw, config):
    """Your step is that of plain momentum. Either you do not look ahead, or both velocities in your formula are the
    new one: then the old one was overwritten before it was used."""
    rate, keep, v = read(w, config)
    config["velocity"] = keep * v - rate * dw
    return w + config["velocity"], config


@exercise.mistake(caught_by=rules.outputs)
def adds_the_new_velocity_twice(w, dw, config):
    """You look ahead from a place that was ahead already: the way back, by the old velocity, is missing."""
    rate, keep, v = read(w, config)
    config["velocity"] = keep * v - rate * dw
    return w + (1 + keep) * config["velocity"], config


@exercise.mistake(caught_by=rules.outputs)
def does_not_look_ahead_again(w, dw, config):
    """You come back to where one was, and go on by the new velocity; but then you do not look ahead once more."""
    rate, keep, before = read(w, config)
    config["velocity"] = keep * before - rate * dw
    return w - keep * before + config["velocity"], config


@exercise.mistake(caught_by=rules.outputs)
def goes_back_by_the_whole_velocity(w, dw, config):
    """You go back by the whole old velocity. One had looked ahead by a share of it, `momentum`."""
    rate, keep, before = read(w, config)
    config["velocity"] = keep * before - rate * dw
    return w - before + (1 + keep) * config["velocity"], config


@exercise.mistake(caught_by=rules.outputs)
def forgets_what_it_remembers(w, dw, config):
    """Your velocity is lost when the function returns: put it into `config`."""
    rate, keep, v = read(w, config)
    v = keep * v - rate * dw
    return w + keep * v - rate * dw, config


@exercise.mistake(caught_by=rules.outputs)
def remembers_the_whole_step(w, dw, config):
    """What you keep as the velocity is the whole step of `w`, with the look ahead in it. The velocity is `v'` alone."""
    rate, keep, v = read(w, config)
    config["velocity"] = keep * (keep * v - rate * dw) - rate * dw
    return w + config["velocity"], config


@exercise.mistake(caught_by=rules.outputs)
def climbs(w, dw, config):
    """The gradient pushes your velocity uphill."""
    rate, keep, v = read(w, config)
    config["velocity"] = v = keep * v + rate * dw
    return w + keep * v + rate * dw, config


@exercise.mistake(caught_by=rules.returns)
def returns_w_alone(w, dw, config):
    """You return the moved `w` without `config`."""
    return optim.nesterov(w, dw, config)[0]
