"""Divide by the recent size.

Keep a running mean of the gradient's square, entry by entry, and divide each entry of the step by its root:

$$c \\leftarrow d\\,c + (1-d)\\,\\text{dw}^2, \\qquad w \\leftarrow w - r\\,\\frac{\\text{dw}}{\\sqrt{c} + \\epsilon} .$$

`config` holds `learning_rate` ($r$, 0.01 if it is not there), `decay_rate` ($d$, 0.99), `epsilon` (1e-8) and `cache`
($c$, zeros). Nothing is corrected for the start at zero. Return `(next_w, config)`.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import optim

exercise = Exercise(
    writes=["rmsprop"],
    reference=optim,
    points=dict(step1=1, step2=1, step3=1),
    minutes=6,
    tier="more",
    kind="optimiser",
    help=[
        "It is the lower half of Adam, without the correction and without a mean of the gradient itself.",
        "First the new `cache`, then the step with it. Between two calls it lives in `config`.",
        "An example with other numbers: w = 1, rate 0.1, decay 0.75, epsilon 0, no cache yet, dw = -4. Then c = 4, and w rises by "
        "0.1 · 4/2 to 1.2.",
    ],
)


def drawn(rng, shape, **config):
    return dict(w=rng.normal(size=shape), dws=[rng.normal(size=shape) for _ in range(3)], config=config)


def settings(rng):
    return dict(learning_rate=rng.uniform(0.2, 0.6), decay_rate=rng.uniform(0.6, 0.9), epsilon=rng.uniform(0.05, 0.15))


@exercise.case
def ordinary(rng):
    return drawn(rng, (3, 4), **settings(rng))


@exercise.case
def after_some_steps(rng):
    return drawn(rng, (2, 3), **settings(rng), cache=rng.uniform(0.5, 1, size=(2, 3)))


@exercise.case
def one_number(rng):
    return drawn(rng, (1,), **settings(rng), cache=rng.uniform(0.5, 1, size=1))


@exercise.case
def no_settings(rng):
    return drawn(rng, (2, 5))


@exercise.case
def single_precision(rng):
    draw = drawn(rng, (4, 2), learning_rate=0.5, decay_rate=0.75, epsilon=0.125)
    return draw | dict(w=draw["w"].astype(np.float32), dws=[dw.astype(np.float32) for dw in draw["dws"]])


def read(w, config):
    settings = [
        config.get(key, value) for key, value in (("learning_rate", 1e-2), ("decay_rate", 0.99), ("epsilon", 1e-8))
    ]
    return *settings, config.get("cache", np.zeros_like(w))


@exercise.derivation
def in_place(w, dw, config):
    rate, keep, epsilon, cache = read(w, config)
    cache += (1 - keep) * (dw * dw - cache)
    config["cache"] = cache
    w -= rate / (np.sqrt(cache) + epsilon) * dw
    return w, config


@exercise.mistake(caught_by=rules.outputs)
def multiplies_by_epsilon(w, dw, config):
    """Your epsilon scales the root. It is added to it."""
    rate, keep, epsilon, cache = read(w, config)
    config["cache"] = cache = keep * cache + (1 - keep) * dw**2
    return w - rate * dw / (np.sqrt(cache) * epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def puts_epsilon_under_the_root(w, dw, config):
    """Your epsilon stands under the root. Here it is added to the root."""
    rate, keep, epsilon, cache = read(w, config)
    config["cache"] = cache = keep * cache + (1 - keep) * dw**2
    return w - rate * dw / np.sqrt(cache + epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def forgets_epsilon(w, dw, config):
    """There is no epsilon in what you divide by."""
    rate, keep, _, cache = read(w, config)
    config["cache"] = cache = keep * cache + (1 - keep) * dw**2
    return w - rate * dw / np.sqrt(cache), config


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_root(w, dw, config):
    """You divide by the mean of the squares. Its root has the size of a gradient."""
    rate, keep, epsilon, cache = read(w, config)
    config["cache"] = cache = keep * cache + (1 - keep) * dw**2
    return w - rate * dw / (cache + epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def adds_up_squares(w, dw, config):
    """Your cache is the sum of all squares so far and never forgets: that is AdaGrad, whose steps get shorter and
    shorter."""
    rate, _, epsilon, cache = read(w, config)
    config["cache"] = cache = cache + dw**2
    return w - rate * dw / (np.sqrt(cache) + epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def weighs_the_new_with_the_decay(w, dw, config):
    """Your shares are exchanged: `decay_rate` is the share of the old mean that stays."""
    rate, keep, epsilon, cache = read(w, config)
    config["cache"] = cache = (1 - keep) * cache + keep * dw**2
    return w - rate * dw / (np.sqrt(cache) + epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def divides_by_the_old_mean(w, dw, config):
    """You divide by the mean as it was before this gradient. At the first step that is zero, and only epsilon is left
    below the fraction."""
    rate, keep, epsilon, cache = read(w, config)
    config["cache"] = keep * cache + (1 - keep) * dw**2
    return w - rate * dw / (np.sqrt(cache) + epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def forgets_what_it_remembers(w, dw, config):
    """Your running mean is lost when the function returns: put it into `config`."""
    rate, keep, epsilon, cache = read(w, config)
    return w - rate * dw / (np.sqrt(keep * cache + (1 - keep) * dw**2) + epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def has_one_size_for_all(w, dw, config):
    """You divide all entries by one number. Each entry has a size of its own."""
    rate, keep, epsilon, cache = read(w, config)
    config["cache"] = cache = keep * cache + (1 - keep) * dw**2
    return w - rate * dw / (np.sqrt(cache.mean()) + epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def climbs(w, dw, config):
    """You went uphill."""
    rate, keep, epsilon, cache = read(w, config)
    config["cache"] = cache = keep * cache + (1 - keep) * dw**2
    return w + rate * dw / (np.sqrt(cache) + epsilon), config


@exercise.mistake(caught_by=rules.returns)
def returns_the_cache(w, dw, config):
    """Your second value is the running mean. It belongs into `config`, and `config` is returned."""
    moved, config = optim.rmsprop(w, dw, config)
    return moved, config["cache"]
