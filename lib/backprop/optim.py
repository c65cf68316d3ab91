"""Optimisers: from a gradient to a step. And what stands around them: batches, schedules, a loop.

`(w, dw, config) -> (next_w, config)`. `config` holds settings and what the optimiser remembers; missing
settings are filled in, and what is remembered is replaced, in the dictionary that was given. Arrays are
never modified. Names of entries as in Stanford CS231n, assignment 2.
"""

import math

import numpy as np

from backprop._shapes import shaped

__all__ = [
    "adam",
    "adamw",
    "clip_gradients",
    "cosine_schedule",
    "minibatches",
    "nesterov",
    "rmsprop",
    "sgd",
    "sgd_momentum",
    "train",
]


@shaped
def sgd(w, dw, config=None):
    """Step against the gradient: w - learning_rate dw.

    w (any shape), dw (shape of w), config: learning_rate (0.01)  ->  next_w (shape of w), config.
    Raises ValueError where the shapes differ.
    """
    config = {} if config is None else config
    rate = config.setdefault("learning_rate", 1e-2)
    return w - rate * dw, config


@shaped
def sgd_momentum(w, dw, config=None):
    """Roll: the velocity keeps a share of itself, the gradient pushes, w moves by the velocity.

    w (any shape), dw (shape of w), config: learning_rate (0.01), momentum (0.9), velocity (zeros)
    ->  next_w (shape of w), config.
    Raises ValueError where the shapes differ. Source: Polyak (1964).
    """
    config = {} if config is None else config
    rate, keep = config.setdefault("learning_rate", 1e-2), config.setdefault("momentum", 0.9)
    v = keep * config.setdefault("velocity", np.zeros_like(w)) - rate * dw
    config["velocity"] = v
    return w + v, config


@shaped
def nesterov(w, dw, config=None):
    """Momentum that looks ahead: the gradient counts as taken where the velocity leads.

    w (any shape), dw (shape of w), config: learning_rate (0.01), momentum (0.9), velocity (zeros)
    ->  next_w (shape of w), config.
    Raises ValueError where the shapes differ. Sources: Nesterov (1983); in this form, with w the point
    that lies ahead, Bengio, Boulanger-Lewandowski and Pascanu (2013).
    """
    # Let u be the position and w = u + m v the point ahead of it, where dw is taken.
    # v' = m v - r dw,  u' = u + v',  so  w' = u' + m v' = w - m v + v' + m v' = w + m v' - r dw
    config = {} if config is None else config
    rate, keep = config.setdefault("learning_rate", 1e-2), config.setdefault("momentum", 0.9)
    v = keep * config.setdefault("velocity", np.zeros_like(w)) - rate * dw
    config["velocity"] = v
    return w + keep * v - rate * dw, config


@shaped
def rmsprop(w, dw, config=None):
    """Divide each entry of the gradient by its own recent size.

    w (any shape), dw (shape of w), config: learning_rate (0.01), decay_rate (0.99), epsilon (1e-8),
    cache (zeros), the running mean of dw²  ->  next_w (shape of w), config.
    Raises ValueError where the shapes differ. Source: Tieleman and Hinton (2012), lecture 6.5.
    """
    config = {} if config is None else config
    rate, epsilon = config.setdefault("learning_rate", 1e-2), config.setdefault("epsilon", 1e-8)
    keep = config.setdefault("decay_rate", 0.99)
    cache = keep * config.setdefault("cache", np.zeros_like(w)) + (1 - keep) * dw**2
    config["cache"] = cache
    return w - rate * dw / (np.sqrt(cache) + epsilon), config


@shaped
def adam(w, dw, config=None):
    """Momentum and division by size together, with both means corrected for their start at zero.

    w (any shape), dw (shape of w), config: learning_rate (0.001), beta1 (0.9), beta2 (0.999),
    epsilon (1e-8), m and v (zeros), t (0), the number of steps taken  ->  next_w (shape of w), config.
    Raises ValueError where the shapes differ. Source: Kingma and Ba (2015).
    """
    # m and v begin at 0, so after t steps they hold only the share 1 - beta^t of a full mean.
    config = {} if config is None else config
    rate, epsilon = config.setdefault("learning_rate", 1e-3), config.setdefault("epsilon", 1e-8)
    beta1, beta2 = config.setdefault("beta1", 0.9), config.setdefault("beta2", 0.999)
    t = config.setdefault("t", 0) + 1
    m = beta1 * config.setdefault("m", np.zeros_like(w)) + (1 - beta1) * dw
    v = beta2 * config.setdefault("v", np.zeros_like(w)) + (1 - beta2) * dw**2
    config.update(m=m, v=v, t=t)
    full_m, full_v = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - rate * full_m / (np.sqrt(full_v) + epsilon), config


@shaped
def adamw(w, dw, config=None):
    """Adam, and beside it a pull of the weights towards zero that is not divided by anything.

    w (any shape), dw (shape of w), config: as for `adam`, and weight_decay (0.01)
    ->  next_w (shape of w), config.
    Raises ValueError where the shapes differ. Source: Loshchilov and Hutter (2019); the decay is
    multiplied by the learning rate.
    """
    config = {} if config is None else config
    decay = config.setdefault("weight_decay", 1e-2)
    next_w, config = adam(w, dw, config)
    return next_w - config["learning_rate"] * decay * w, config


def cosine_schedule(step, steps, peak, warmup):
    """A learning rate that rises in a line from 0 to its peak, then falls along a cosine to 0.

    step from 0 to steps, warmup the step of the peak  ->  rate (a number); 0 after the last step.
    Raises ValueError unless 0 <= warmup <= steps. Sources: Goyal and others (2017), the warm-up;
    Loshchilov and Hutter (2017), the cosine.
    """
    if not 0 <= warmup <= steps:
        raise ValueError(f"warmup is {warmup}; expected 0 to steps, which is {steps}")
    if step < warmup:
        return peak * step / warmup
    if step >= steps:
        return 0.0
    return peak * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2


def clip_gradients(grads, max_norm):
    """Shorten all gradients together so that their common norm is at most `max_norm`.

    grads, a dictionary of arrays of any shape  ->  a new dictionary with the same names and shapes.
    The direction stays; gradients that are short enough stay as they are. Raises ValueError unless
    max_norm is positive. Source: Pascanu, Mikolov and Bengio (2013).
    """
    # norm = sqrt of the sum of the squares of all entries of all gradients
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}; expected a positive number")
    norm = math.sqrt(sum(np.square(np.abs(g), dtype=np.float64).sum() for g in grads.values()))
    scale = max_norm / norm if norm > max_norm else 1.0
    return {name: scale * np.asarray(g) for name, g in grads.items()}


def minibatches(x, y, size, rng):
    """All examples once, shuffled, in batches of `size`; the last batch holds what is left.

    x (N, ...), y (N, ...), size at most, rng a generator  ->  a list of (x, y), each (size, ...).
    Raises ValueError where x and y have not the same number of rows, and unless size is positive.
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise ValueError(f"y has shape {y.shape}; x of shape {x.shape} needs as many rows")
    if size < 1:
        raise ValueError(f"size is {size}; expected at least 1")
    order = rng.permutation(len(x))
    return [(x[order[i : i + size]], y[order[i : i + size]]) for i in range(0, len(x), size)]


def train(params, loss, batches, update, config):
    """One step for each batch: the loss and its gradients, then every parameter moves.

    params: a dictionary of arrays of any shape. loss(params, x, y) -> (number, grads), grads with the
    names and shapes of params. batches: anything that gives (x, y), a list or a generator.
    update(w, dw, config) -> (next_w, config), as `sgd`. config: the settings of `update`; every parameter
    gets a copy of its own, to remember in, and `config` itself is not modified.

    ->  params after the last step, a new dictionary; losses, a list of one number a batch, each taken
    before its step. Raises KeyError where grads lack a parameter.
    """
    params, losses = dict(params), []
    configs = {name: dict(config or {}) for name in params}
    for x, y in batches:
        value, grads = loss(params, x, y)
        losses.append(float(value))
        for name, w in params.items():
            params[name], configs[name] = update(w, grads[name], configs[name])
    return params, losses
