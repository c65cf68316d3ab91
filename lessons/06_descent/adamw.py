"""Adam, with weights that fade.

A penalty on large weights adds a multiple of `w` to the gradient. In Adam that would be divided by the size of the
gradients, like everything else, and fade those weights least that move most. AdamW leaves the gradient alone: it
takes a step of Adam, and beside it pulls every weight towards zero,

$$w \\leftarrow w - (\\text{Adam's step}) - r\\,\\lambda\\,w ,$$

with the `w` from before the step. `config` is that of `adam`, and holds `weight_decay` ($\\lambda$, 0.01 if it is not
there). You may call your `adam`; where it is wrong, this exercise is also judged with a right one. Return `(next_w,
config)`.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import optim

exercise = Exercise(
    writes=["adamw"],
    reference=optim,
    points=dict(step1=1, step2=1, step3=1),
    minutes=5,
    tier="more",
    kind="optimiser",
    parts=dict(adam=optim.adam),
    help=[
        "Two pulls on one `w`. Let `adam` do the first; what it returns has not faded yet.",
        "`adam` needs the settings that it knows; it may be given more.",
        "An example with other numbers: w = 10, rate 0.5, weight_decay 0.1. If Adam alone leads to 9.6, AdamW leads to "
        "9.6 - 0.5 · 0.1 · 10 = 9.1.",
    ],
)


def drawn(rng, shape, **config):
    return dict(w=2 * rng.normal(size=shape), dws=[rng.normal(size=shape) for _ in range(3)], config=config)


def settings(rng):
    return dict(
        learning_rate=rng.uniform(0.2, 0.6), beta1=rng.uniform(0.5, 0.8), beta2=rng.uniform(0.85, 0.95),
        epsilon=rng.uniform(0.05, 0.15), weight_decay=rng.uniform(0.1, 0.3),
    )  # fmt: skip


@exercise.case
def ordinary(rng):
    return drawn(rng, (3, 4), **settings(rng))


@exercise.case
def after_some_steps(rng):
    on_its_way = dict(m=rng.normal(size=(2, 3)), v=rng.uniform(0.5, 1, size=(2, 3)), t=int(rng.integers(3, 7)))
    return drawn(rng, (2, 3), **settings(rng), **on_its_way)


@exercise.case
def one_number(rng):
    return drawn(rng, (1,), **settings(rng))


@exercise.case
def no_settings(rng):
    return drawn(rng, (2, 5))


@exercise.case
def single_precision(rng):
    draw = drawn(rng, (4, 2), learning_rate=0.5, beta1=0.75, beta2=0.875, epsilon=0.125, weight_decay=0.25)
    return draw | dict(w=draw["w"].astype(np.float32), dws=[dw.astype(np.float32) for dw in draw["dws"]])


def pulls(w, dw, config):
    """Where Adam leads, its config, the rate and the share that fades."""
    decay = config.get("weight_decay", 1e-2)
    moved, config = optim.adam(w, dw, config)
    return moved, config, config["learning_rate"], decay


@exercise.mistake(caught_by=rules.outputs)
def does_not_fade(w, dw, config):
    """Your weights do not fade: this is Adam."""
    moved, config, _, _ = pulls(w, dw, config)
    return moved, config


@exercise.mistake(caught_by=rules.outputs)
def adds_a_penalty(w, dw, config):
    """You added the pull to the gradient, so that Adam divides it like everything else. That is Adam with a penalty;
    here the pull goes beside it."""
    return optim.adam(w, dw + config.get("weight_decay", 1e-2) * w, config)


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_rate(w, dw, config):
    """Your pull is not scaled by the learning rate. It would stay as strong when a schedule lets the rate fall."""
    moved, config, _, decay = pulls(w, dw, config)
    return moved - decay * w, config


@exercise.mistake(caught_by=rules.outputs)
def fades_after_the_step(w, dw, config):
    """You pull at the `w` that Adam has moved already. The pull is worked out from the one before the step."""
    moved, config, rate, decay = pulls(w, dw, config)
    return moved - rate * decay * moved, config


@exercise.mistake(caught_by=rules.outputs)
def keeps_the_share_that_fades(w, dw, config):
    """Of `w` only the share remains that was to fade: subtract it from 1, or from `w`."""
    moved, config, rate, decay = pulls(w, dw, config)
    return moved - w + rate * decay * w, config


@exercise.mistake(caught_by=rules.outputs)
def grows(w, dw, config):
    """Your weights are pushed away from zero."""
    moved, config, rate, decay = pulls(w, dw, config)
    return moved + rate * decay * w, config


@exercise.mistake(caught_by=rules.outputs)
def pulls_by_signs(w, dw, config):
    """You pull all weights by the same amount, whatever their size. A large weight is pulled more."""
    moved, config, rate, decay = pulls(w, dw, config)
    return moved - rate * decay * np.sign(w), config


@exercise.mistake(caught_by=rules.returns)
def returns_w_alone(w, dw, config):
    """You return the moved `w` without `config`. `adam` gives you both."""
    return optim.adamw(w, dw, config)[0]
