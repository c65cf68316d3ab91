"""Roll downhill: remember the way you were going.

The velocity keeps a share of itself, the gradient pushes it, and `w` moves by the velocity:

$$v \\leftarrow m\\,v - r\\,\\text{dw}, \\qquad w \\leftarrow w + v .$$

`config` holds `learning_rate` ($r$, 0.01 if it is not there), `momentum` ($m$, 0.9) and `velocity` ($v$, zeros in the
shape of `w`). Return `(next_w, config)`; in `config` is the new velocity.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import optim

exercise = Exercise(
    writes=["sgd_momentum"],
    reference=optim,
    points=dict(step1=1, step2=1, step3=1),
    minutes=7,
    kind="optimiser",
    help=[
        "Three lines: read the three settings, work out the new velocity, move. Which of the two formulas comes first, and which "
        "velocity does the second one use?",
        "Between two calls nothing lives on but what you put into `config`. At the first step there is no velocity in it: "
        "`np.zeros_like(w)` is one.",
        "The second step is right only if `config` holds what the first one worked out.",
        "An example with other numbers: w = 10, rate 0.5, momentum 0.5, no velocity yet. dw = 4 gives v = -2 and w = 8. Then "
        "dw = 2 gives v = -1 - 1 = -2 and w = 6; and with dw = 0, v = -1 and w = 5: it rolls on.",
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
def square(rng):
    return drawn(rng, (4, 4), **settings(rng), velocity=rng.normal(size=(4, 4)))


@exercise.case
def filters_of_a_picture(rng):
    return drawn(rng, (2, 3, 2, 2), **settings(rng))


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
def in_place(w, dw, config):
    rate, keep, v = read(w, config)
    v *= keep
    v -= rate * dw
    w += v
    config["velocity"] = v
    return w, config


@exercise.derivation
def velocity_upwards(w, dw, config):
    rate, keep, v = read(w, config)
    v = keep * -v + rate * dw
    return w - v, {**config, "velocity": -v}


@exercise.mistake(caught_by=rules.outputs)
def forgets_what_it_remembers(w, dw, config):
    """Your velocity is lost when the function returns: from the second step on it begins at zero again. What the next
    step is to know must be put into `config`."""
    rate, keep, v = read(w, config)
    return w + keep * v - rate * dw, config


@exercise.mistake(caught_by=rules.outputs)
def keeps_the_velocity_alone(w, dw, config):
    """The `config` that you return holds the velocity and nothing else. The next step finds neither `learning_rate` nor
    `momentum` there, and takes those that stand for missing ones."""
    rate, keep, v = read(w, config)
    v = keep * v - rate * dw
    return w + v, {"velocity": v}


@exercise.mistake(caught_by=rules.outputs)
def is_plain(w, dw, config):
    """Your steps are those of plain descent: `momentum` and `velocity` make no difference to them. Does the velocity
    begin at zero at every call, or is it not used?"""
    rate, _, _ = read(w, config)
    return w - rate * dw, config


@exercise.mistake(caught_by=rules.outputs)
def climbs(w, dw, config):
    """The gradient pushes your velocity uphill. Then moving along it leads up as well."""
    rate, keep, v = read(w, config)
    config["velocity"] = keep * v + rate * dw
    return w + config["velocity"], config


@exercise.mistake(caught_by=rules.outputs)
def moves_against_the_velocity(w, dw, config):
    """You move against the velocity. It is made so that it points downhill; `w` moves along it."""
    rate, keep, v = read(w, config)
    config["velocity"] = keep * v - rate * dw
    return w - config["velocity"], config


@exercise.mistake(caught_by=rules.outputs)
def turns_the_velocity(w, dw, config):
    """Your velocity is kept with the opposite sign: it points uphill, and you subtract it. The steps agree as long as
    you alone use it; but a velocity that is handed to you in `config` points where `w` is going."""
    rate, keep, v = read(w, config)
    config["velocity"] = keep * v + rate * dw
    return w - config["velocity"], config


@exercise.mistake(caught_by=rules.outputs)
def moves_by_the_old_velocity(w, dw, config):
    """You moved by the velocity as it was before this gradient. First the gradient pushes, then `w` moves."""
    rate, keep, v = read(w, config)
    config["velocity"] = keep * v - rate * dw
    return w + v, config


@exercise.mistake(caught_by=rules.outputs)
def brakes_the_push(w, dw, config):
    """Your gradient pushes with a share of 1 - momentum alone: that is the velocity as a mean, another convention, in
    which the steps are shorter by that factor. Here the whole step of plain descent is added."""
    rate, keep, v = read(w, config)
    config["velocity"] = keep * v - (1 - keep) * rate * dw
    return w + config["velocity"], config


@exercise.mistake(caught_by=rules.outputs)
def keeps_a_mean_of_gradients(w, dw, config):
    """Your velocity is a running mean of gradients, with a share of 1 - momentum for the new one, and `w` moves
    against it times the rate. Other books have that form. Here the velocity is the step itself: it points downhill,
    and the push is the whole step of plain descent."""
    rate, keep, v = read(w, config)
    config["velocity"] = keep * v + (1 - keep) * dw
    return w - rate * config["velocity"], config


@exercise.mistake(caught_by=rules.outputs)
def moves_by_a_share(w, dw, config):
    """`w` moves by a share of your new velocity only. The share was taken already, of the old velocity; the new one
    is the step."""
    rate, keep, v = read(w, config)
    config["velocity"] = keep * v - rate * dw
    return w + keep * config["velocity"], config


@exercise.mistake(caught_by=rules.outputs)
def keeps_all_of_it(w, dw, config):
    """Nothing of your velocity is ever lost: `momentum` has no part in it, so it never comes to rest."""
    rate, _, v = read(w, config)
    config["velocity"] = v - rate * dw
    return w + config["velocity"], config


@exercise.mistake(caught_by=rules.outputs)
def keeps_the_share_of_both(w, dw, config):
    """`momentum` scales your whole new velocity, the push of the gradient with it. It is the share of the old
    velocity that stays."""
    rate, keep, v = read(w, config)
    config["velocity"] = keep * (v - rate * dw)
    return w + config["velocity"], config


@exercise.mistake(caught_by=rules.outputs)
def applies_the_rate_to_both(w, dw, config):
    """Your move is the velocity times the learning rate, and the velocity holds bare gradients. One finds that in
    other books: while the rate stays as it is the steps are the same, but a velocity in `config` is a step already,
    and must not be scaled once more."""
    rate, keep, v = read(w, config)
    config["velocity"] = keep * v - dw
    return w + rate * config["velocity"], config


@exercise.mistake(caught_by=rules.outputs)
def exchanges_the_settings(w, dw, config):
    """The two settings are exchanged: you keep a share of `learning_rate`, and step at the rate `momentum`."""
    rate, keep, v = read(w, config)
    config["velocity"] = rate * v - keep * dw
    return w + config["velocity"], config


@exercise.mistake(caught_by=rules.outputs)
def steps_beside_the_velocity(w, dw, config):
    """The gradient counts twice in your step: once in the velocity, and once more beside it."""
    rate, keep, v = read(w, config)
    config["velocity"] = keep * v - rate * dw
    return w + config["velocity"] - rate * dw, config


@exercise.mistake(caught_by=rules.outputs)
def looks_ahead(w, dw, config):
    """Your step is that of Nesterov's momentum, which looks ahead along the new velocity. Here `w` moves by the
    velocity itself."""
    rate, keep, v = read(w, config)
    config["velocity"] = keep * v - rate * dw
    return w + keep * config["velocity"] - rate * dw, config


@exercise.mistake(caught_by=rules.outputs)
def remembers_the_place(w, dw, config):
    """What you keep as the velocity is where `w` went. It is to be the step alone."""
    rate, keep, v = read(w, config)
    config["velocity"] = w + keep * v - rate * dw
    return config["velocity"], config


@exercise.mistake(caught_by=rules.outputs)
def has_settings_of_its_own(w, dw, config):
    """You step at the rate 0.01 and with a momentum of 0.9, whatever `config` says. These are for a `config` that has
    none."""
    _, _, v = read(w, config)
    config["velocity"] = 0.9 * v - 1e-2 * dw
    return w + config["velocity"], config


@exercise.mistake(caught_by=rules.runs)
def expects_a_velocity(w, dw, config):
    """At the first step there is no velocity in `config`, and your function asks for one. Say what it is then: zeros
    in the shape of `w`."""
    rate, keep, _ = read(w, config)
    config["velocity"] = keep * config["velocity"] - rate * dw
    return w + config["velocity"], config


@exercise.mistake(caught_by=rules.returns)
def returns_the_velocity(w, dw, config):
    """Your second value is the velocity. It belongs into `config`, and `config` is what is returned."""
    rate, keep, v = read(w, config)
    v = keep * v - rate * dw
    return w + v, v


@exercise.mistake(caught_by=rules.returns)
def returns_w_alone(w, dw, config):
    """You return the moved `w` without `config`, and whoever calls takes two values."""
    rate, keep, v = read(w, config)
    config["velocity"] = keep * v - rate * dw
    return w + config["velocity"]
