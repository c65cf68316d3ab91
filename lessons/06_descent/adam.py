"""Give every entry a rate of its own.

Keep a running mean of the gradient and one of its square, entry by entry, and count the steps:

$$t \\leftarrow t + 1, \\qquad m \\leftarrow \\beta_1 m + (1-\\beta_1)\\,\\text{dw}, \\qquad
v \\leftarrow \\beta_2 v + (1-\\beta_2)\\,\\text{dw}^2 .$$

Both begin at zero, so after $t$ steps they hold only a share of a full mean. You have worked out which: undo it, and
call the results $\\hat m$ and $\\hat v$. Then

$$w \\leftarrow w - r\\,\\frac{\\hat m}{\\sqrt{\\hat v} + \\epsilon} .$$

`config` holds `learning_rate` ($r$, 0.001 if it is not there), `beta1` (0.9), `beta2` (0.999), `epsilon` (1e-8), `m`
and `v` (zeros), and `t` (0), the number of steps taken so far. `m` and `v` are kept as they are, uncorrected. Return
`(next_w, config)`.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import optim

exercise = Exercise(
    writes=["adam"],
    reference=optim,
    points=dict(step1=2, step2=1, step3=1),
    minutes=10,
    kind="optimiser",
    help=[
        "Seven settings to read, three of them to put back. Work out the new `t`, `m` and `v` first, and store them.",
        "If every gradient were 1, then after one step m = 1 - beta1; after two, beta1 (1 - beta1) + (1 - beta1). Add that up for "
        "t steps: how far is it from 1?",
        "The same with beta2 for v. Divide each by its share of a full mean, under names of their own: what `config` keeps is the "
        "uncorrected mean.",
        "An example with other numbers: rate 0.1, beta1 = 0.5, beta2 = 0.75, epsilon 0, dw = -4. Then t = 1, m = -2, v = 4; the "
        "shares are 0.5 and 0.25, so the full means are -4 and 16, and w rises by 0.1 · 4/4 = 0.1.",
    ],
)


def drawn(rng, shape, **config):
    return dict(w=rng.normal(size=shape), dws=[rng.normal(size=shape) for _ in range(3)], config=config)


def settings(rng):
    return dict(
        learning_rate=rng.uniform(0.2, 0.6),
        beta1=rng.uniform(0.5, 0.8),
        beta2=rng.uniform(0.85, 0.95),
        epsilon=rng.uniform(0.05, 0.15),
    )


def on_its_way(rng, shape):
    """What it remembers after some steps."""
    return dict(m=rng.normal(size=shape), v=rng.uniform(0.5, 1, size=shape), t=int(rng.integers(3, 7)))


@exercise.case
def ordinary(rng):
    return drawn(rng, (3, 4), **settings(rng))


@exercise.case
def after_some_steps(rng):
    return drawn(rng, (2, 3), **settings(rng), **on_its_way(rng, (2, 3)))


@exercise.case
def one_number(rng):
    return drawn(rng, (1,), **settings(rng), **on_its_way(rng, 1))


@exercise.case
def square(rng):
    return drawn(rng, (4, 4), **settings(rng))


@exercise.case
def filters_of_a_picture(rng):
    return drawn(rng, (2, 3, 2, 2), **settings(rng))


@exercise.case
def tiny_gradients(rng):
    draw = drawn(rng, (3, 5), learning_rate=0.5, epsilon=1e-4)
    return draw | dict(dws=[1e-4 * dw for dw in draw["dws"]])


@exercise.case
def no_settings(rng):
    return drawn(rng, (2, 5))


@exercise.case
def single_precision(rng):
    draw = drawn(rng, (4, 2), learning_rate=0.5, beta1=0.75, beta2=0.875, epsilon=0.125)
    return draw | dict(w=draw["w"].astype(np.float32), dws=[dw.astype(np.float32) for dw in draw["dws"]])


class Read:
    """The settings, with what stands for those that are missing."""

    def __init__(self, w, config):
        self.rate, self.epsilon = config.get("learning_rate", 1e-3), config.get("epsilon", 1e-8)
        self.beta1, self.beta2, self.t = config.get("beta1", 0.9), config.get("beta2", 0.999), config.get("t", 0)
        self.m, self.v = config.get("m", np.zeros_like(w)), config.get("v", np.zeros_like(w))


def remembered(w, dw, config):
    """The settings after this gradient, in config, too."""
    s = Read(w, config)
    s.t, s.m = s.t + 1, s.beta1 * s.m + (1 - s.beta1) * dw
    s.v = s.beta2 * s.v + (1 - s.beta2) * dw**2
    config.update(t=s.t, m=s.m, v=s.v)
    return s


def full(s):
    return s.m / (1 - s.beta1**s.t), s.v / (1 - s.beta2**s.t)


@exercise.derivation
def by_one_rate(w, dw, config):
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    t = config.get("t", 0) + 1
    m = beta1 * config.get("m", 0) + (1 - beta1) * dw
    v = beta2 * config.get("v", 0) + (1 - beta2) * dw * dw
    root = np.sqrt(1 - beta2**t)
    rate = config.get("learning_rate", 1e-3) * root / (1 - beta1**t)
    return w - rate * m / (np.sqrt(v) + config.get("epsilon", 1e-8) * root), {**config, "m": m, "v": v, "t": t}


@exercise.derivation
def in_place(w, dw, config):
    config.setdefault("learning_rate", 1e-3)
    config.setdefault("m", np.zeros_like(w))
    config.setdefault("v", np.zeros_like(w))
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    config["t"] = config.get("t", 0) + 1
    config["m"] += (1 - beta1) * (dw - config["m"])
    config["v"] += (1 - beta2) * (dw * dw - config["v"])
    full_m, full_v = config["m"] / (1 - beta1 ** config["t"]), config["v"] / (1 - beta2 ** config["t"])
    w -= config["learning_rate"] * full_m / (np.sqrt(full_v) + config.get("epsilon", 1e-8))
    return w, config


@exercise.mistake(caught_by=rules.outputs)
def leaves_the_start_uncorrected(w, dw, config):
    """Your two means are not corrected for their start at zero. At the first step the mean of the gradient is too
    small by 1 - beta1, the root of the other by the root of 1 - beta2: with the usual settings the step is 3.16 times
    as long as it should be."""
    s = remembered(w, dw, config)
    return w - s.rate * s.m / (np.sqrt(s.v) + s.epsilon), config


@exercise.mistake(caught_by=rules.numbers)
def counts_late(w, dw, config):
    """At the first step you correct with t = 0, and divide by 1 - 1 = 0. The count goes up before it is used: at the
    first step t is 1."""
    s = remembered(w, dw, config)
    s.t -= 1
    with np.errstate(all="ignore"):
        m, v = s.m / (1 - np.float64(s.beta1) ** s.t), s.v / (1 - np.float64(s.beta2) ** s.t)
        return w - s.rate * m / (np.sqrt(v) + s.epsilon), config


@exercise.mistake(caught_by=rules.runs)
def counts_late_and_breaks_down(w, dw, config):
    """At the first step you correct with t = 0, and that is a division by 1 - 1. The count goes up before it is
    used."""
    s = remembered(w, dw, config)
    s.t -= 1
    m, v = s.m * (1 / (1 - s.beta1**s.t)), s.v * (1 / (1 - s.beta2**s.t))
    return w - s.rate * m / (np.sqrt(v) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def never_counts(w, dw, config):
    """Your `t` does not go up from call to call, so that every step is corrected like the same one. The count must be
    put back into `config`."""
    before = config.get("t", 0)
    s = remembered(w, dw, config)
    config["t"] = before
    m, v = full(s)
    return w - s.rate * m / (np.sqrt(v) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def counts_twice(w, dw, config):
    """Your `t` goes up by two at each call: it is advanced once where it is used, and once more where it is stored."""
    s = remembered(w, dw, config)
    config["t"] += 1
    m, v = full(s)
    return w - s.rate * m / (np.sqrt(v) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def counts_one_ahead(w, dw, config):
    """You correct as if one step more had been taken: at the first step t is 1, and you use 2."""
    s = remembered(w, dw, config)
    s.t += 1
    m, v = full(s)
    return w - s.rate * m / (np.sqrt(v) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def stores_the_corrected_means(w, dw, config):
    """You put the corrected means into `config`, and correct them again at the next step. What is remembered is the
    plain running mean."""
    s = remembered(w, dw, config)
    config["m"], config["v"] = m, v = full(s)
    return w - s.rate * m / (np.sqrt(v) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def remembers_nothing(w, dw, config):
    """`m` and `v` are lost when your function returns, and the next step begins without them: put them into
    `config`."""
    before = dict(config)
    s = remembered(w, dw, config)
    m, v = full(s)
    return w - s.rate * m / (np.sqrt(v) + s.epsilon), before | {"t": s.t}


@exercise.mistake(caught_by=rules.outputs)
def remembers_m_alone(w, dw, config):
    """Your `v` is lost when the function returns, while `m` is kept: put it into `config` beside it."""
    before = config.get("v", np.zeros_like(w))
    s = remembered(w, dw, config)
    m, v = full(s)
    return w - s.rate * m / (np.sqrt(v) + s.epsilon), config | {"v": before}


@exercise.mistake(caught_by=rules.outputs)
def remembers_v_alone(w, dw, config):
    """Your `m` is lost when the function returns, while `v` is kept: put it into `config` beside it."""
    before = config.get("m", np.zeros_like(w))
    s = remembered(w, dw, config)
    m, v = full(s)
    return w - s.rate * m / (np.sqrt(v) + s.epsilon), config | {"m": before}


@exercise.mistake(caught_by=rules.outputs)
def corrects_both_with_beta1(w, dw, config):
    """You correct both means with `beta1`. The mean of the square fills up at its own pace, which `beta2` says."""
    s = remembered(w, dw, config)
    m, v = s.m / (1 - s.beta1**s.t), s.v / (1 - s.beta1**s.t)
    return w - s.rate * m / (np.sqrt(v) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def puts_epsilon_under_the_root(w, dw, config):
    """Your epsilon stands under the root. There it keeps small gradients from moving much more than outside, where it
    is added to the root."""
    s = remembered(w, dw, config)
    m, v = full(s)
    return w - s.rate * m / np.sqrt(v + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def multiplies_by_epsilon(w, dw, config):
    """Your epsilon scales the root. It is added to it, so that nothing is ever divided by zero."""
    s = remembered(w, dw, config)
    m, v = full(s)
    return w - s.rate * m / (np.sqrt(v) * s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def forgets_epsilon(w, dw, config):
    """There is no epsilon in what you divide by. Where all gradients of an entry are zero, that is 0/0."""
    s = remembered(w, dw, config)
    m, v = full(s)
    return w - s.rate * m / np.sqrt(v), config


@exercise.mistake(caught_by=rules.outputs)
def adds_epsilon_to_the_step(w, dw, config):
    """Epsilon is added to your quotient, and not to what it is divided by: mind the brackets."""
    s = remembered(w, dw, config)
    m, v = full(s)
    return w - s.rate * (m / np.sqrt(v) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def adds_epsilon_to_the_weights(w, dw, config):
    """Epsilon is added to your `next_w`, and not to what you divide by: a quotient binds more tightly than a plus. Mind the
    brackets."""
    s = remembered(w, dw, config)
    m, v = full(s)
    return w - s.rate * m / np.sqrt(v) + s.epsilon, config


@exercise.mistake(caught_by=rules.outputs)
def corrects_the_rate_and_not_epsilon(w, dw, config):
    """Your correction is in the learning rate, in one factor, and epsilon is added to the uncorrected root. The paper
    offers this as a shortcut; with it epsilon weighs more in the first steps, by up to one over the root of 1 -
    beta2."""
    s = remembered(w, dw, config)
    rate = s.rate * np.sqrt(1 - s.beta2**s.t) / (1 - s.beta1**s.t)
    return w - rate * s.m / (np.sqrt(s.v) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_root(w, dw, config):
    """You divide by the mean of the squares itself. Its root has the size of a gradient; without it, large gradients
    would make small steps."""
    s = remembered(w, dw, config)
    m, v = full(s)
    return w - s.rate * m / (v + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def forgets_to_square(w, dw, config):
    """Your `v` is a mean of the gradient's sizes, not of their squares: then it has no root to take."""
    s = Read(w, config)
    s.t, s.m = s.t + 1, s.beta1 * s.m + (1 - s.beta1) * dw
    s.v = s.beta2 * s.v + (1 - s.beta2) * np.abs(dw)
    config.update(t=s.t, m=s.m, v=s.v)
    m, v = full(s)
    return w - s.rate * m / (np.sqrt(v) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def squares_the_mean(w, dw, config):
    """Your `v` is made of the square of `m`. It is a mean of squares, and not the square of a mean: gradients of
    changing sign cancel in the latter."""
    s = Read(w, config)
    s.t, s.m = s.t + 1, s.beta1 * s.m + (1 - s.beta1) * dw
    s.v = s.beta2 * s.v + (1 - s.beta2) * s.m**2
    config.update(t=s.t, m=s.m, v=s.v)
    m, v = full(s)
    return w - s.rate * m / (np.sqrt(v) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def corrects_m_alone(w, dw, config):
    """You correct the mean of the gradient, and not the mean of its square. With the usual settings the first step is
    31.6 times too long."""
    s = remembered(w, dw, config)
    return w - s.rate * full(s)[0] / (np.sqrt(s.v) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def corrects_v_alone(w, dw, config):
    """You correct the mean of the square, and not the mean of the gradient. The first steps are too short."""
    s = remembered(w, dw, config)
    return w - s.rate * s.m / (np.sqrt(full(s)[1]) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def corrects_without_the_power(w, dw, config):
    """You divide by 1 - beta at every step, as at the first. The share that is missing gets smaller: after t steps it
    is the t-th power of beta."""
    s = remembered(w, dw, config)
    m, v = s.m / (1 - s.beta1), s.v / (1 - s.beta2)
    return w - s.rate * m / (np.sqrt(v) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def multiplies_by_t(w, dw, config):
    """You multiply beta by `t` where its `t`-th power belongs: each step keeps a share of beta, so the shares
    multiply."""
    s = remembered(w, dw, config)
    m, v = s.m / (1 - s.beta1 * s.t), np.abs(s.v / (1 - s.beta2 * s.t))
    return w - s.rate * m / (np.sqrt(v) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def exchanges_the_betas(w, dw, config):
    """The two betas are exchanged: `beta1` belongs to the mean of the gradient, `beta2` to that of its square."""
    beta1, beta2 = config.get("beta1", 0.9), config.get("beta2", 0.999)
    moved, config = optim.adam(w, dw, config | {"beta1": beta2, "beta2": beta1})
    return moved, config | {"beta1": beta1, "beta2": beta2}


@exercise.mistake(caught_by=rules.outputs)
def weighs_the_new_with_beta(w, dw, config):
    """Your shares are exchanged: the old mean keeps beta of itself, and what is new comes in with 1 - beta."""
    s = Read(w, config)
    s.t, s.m = s.t + 1, (1 - s.beta1) * s.m + s.beta1 * dw
    s.v = (1 - s.beta2) * s.v + s.beta2 * dw**2
    config.update(t=s.t, m=s.m, v=s.v)
    m, v = full(s)
    return w - s.rate * m / (np.sqrt(v) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def adds_without_a_share(w, dw, config):
    """Your `m` and `v` grow beyond a mean: the new gradient is added whole, without its share of 1 - beta."""
    s = Read(w, config)
    s.t, s.m, s.v = s.t + 1, s.beta1 * s.m + dw, s.beta2 * s.v + dw**2
    config.update(t=s.t, m=s.m, v=s.v)
    m, v = full(s)
    return w - s.rate * m / (np.sqrt(v) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def climbs(w, dw, config):
    """You went uphill. `m` is a mean of gradients, and they point up."""
    s = remembered(w, dw, config)
    m, v = full(s)
    return w + s.rate * m / (np.sqrt(v) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def steps_by_the_gradient(w, dw, config):
    """Above the fraction stands the gradient itself, so that `m` is for nothing: what you have is RMSProp, with a
    correction. The mean belongs there."""
    s = remembered(w, dw, config)
    return w - s.rate * dw / (np.sqrt(full(s)[1]) + s.epsilon), config


@exercise.mistake(caught_by=rules.outputs)
def has_one_size_for_all(w, dw, config):
    """You divide all entries by one number, a mean over the array. Each entry has a size of its own; that is the
    point."""
    s = remembered(w, dw, config)
    m, v = full(s)
    return w - s.rate * m / (np.sqrt(v.mean()) + s.epsilon), config


@exercise.mistake(caught_by=rules.runs)
def expects_the_means(w, dw, config):
    """At the first step `config` has no `m` and no `v`, and your function asks for them. Say what they are then:
    zeros in the shape of `w`."""
    s = Read(w, config)
    s.m, s.v, s.t = config["m"], config["v"], config["t"]
    moved, config = optim.adam(w, dw, config)
    return moved, config


@exercise.mistake(caught_by=rules.returns)
def returns_everything(w, dw, config):
    """You return the means beside the moved `w`. They belong into `config`, and two values are to come out."""
    s = remembered(w, dw, config)
    m, v = full(s)
    return w - s.rate * m / (np.sqrt(v) + s.epsilon), s.m, s.v


@exercise.mistake(caught_by=rules.returns)
def returns_w_alone(w, dw, config):
    """You return the moved `w` without `config`, and whoever calls takes two values."""
    return optim.adam(w, dw, config)[0]
