"""A norm without neighbours: within each example, group by group.

`groupnorm_forward(x, gamma, beta, G, gn_param)` returns `(out, cache)`: the D features of each row are cut into G groups of neighbours, D/G each, and
each group of each row gets mean 0 and variance 1 (biased; `eps`, 1e-5 if `gn_param` does not say, inside the root). Then scale and shift each feature:
`gamma` and `beta` are (D,). There is no mode: a row never asks who else is there.

`groupnorm_backward(dout, cache)` returns `dx`, `dgamma`, `dbeta`. `cache` is `(xhat, sigma, gamma)` with `xhat` (N, D) and `sigma` (N, G, 1), or what your own
forward keeps. G = 1 is layer norm.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import norm

exercise = Exercise(
    writes=["groupnorm_forward", "groupnorm_backward"],
    reference=norm,
    points=dict(out=2, dx=3, dgamma=1, dbeta=1),
    minutes=20,
    tier="more",
    help=[
        "Reshape the rows to (N, G, D/G). Then mean and variance run along one axis; which? `keepdims=True` spares you the broadcasting.",
        "The way back through each group is your compact line, with means along the group. `gamma` differs within a group, so it cannot stand in "
        "front of the means: begin with `dxhat`.",
        "`gamma` and `beta` are still copied to all rows. Over which axis do their gradients add up?",
    ],
)


def drawn(rng, n, d, groups, **gn_param):
    x = 2 * rng.normal(size=(n, 1)) + (0.5 + rng.random((n, 1))) * rng.normal(size=(n, d))
    gamma = rng.choice([-1, 1], d) * (0.5 + rng.random(d))
    return dict(x=x, gamma=gamma, beta=rng.normal(size=d), G=groups, gn_param=gn_param)


@exercise.case
def ordinary(rng):
    return drawn(rng, 5, 6, 2, eps=0.2)


@exercise.case
def usual_eps(rng):
    return drawn(rng, 3, 12, 3)


@exercise.case
def one_group(rng):
    return drawn(rng, 4, 5, 1, eps=0.1)


@exercise.case
def batch_of_one(rng):
    return drawn(rng, 1, 8, 2, eps=0.1)


@exercise.case
def square(rng):
    return drawn(rng, 6, 6, 2, eps=0.1)


@exercise.case
def far_from_zero(rng):
    inputs = drawn(rng, 2, 8, 2, eps=0.1)
    return inputs | dict(x=100 + inputs["x"])


@exercise.case(for_marks_only=True)
def large(rng):
    return drawn(rng, 300, 320, 4)


def by_means(x, gamma, beta, gn_param, G, groups, back, ddof=0):
    """Normalise along the last axis of the groups, made and unmade as they say."""
    cut = groups(x)
    mu, var = cut.mean(axis=2, keepdims=True), cut.var(axis=2, keepdims=True, ddof=ddof)
    sigma = np.sqrt(var + gn_param.get("eps", 1e-5))
    xhat = back((cut - mu) / sigma)
    return gamma * xhat + beta, (xhat, sigma, gamma)


@exercise.mistake(caught_by=rules.outputs, stands_for="groupnorm_forward")
def normalises_the_whole_row(x, gamma, beta, G, gn_param):
    """Your rows are normalised as a whole, whatever G is: that is layer norm. Each group has its own mean and variance."""
    return norm.groupnorm_forward(x, gamma, beta, 1, gn_param)


@exercise.mistake(caught_by=rules.outputs, stands_for="groupnorm_forward")
def normalises_over_the_batch(x, gamma, beta, G, gn_param):
    """Your means go down the columns: that is batch norm. Here an example is normalised by itself."""
    return norm.batchnorm_forward(x, gamma, beta, {"mode": "train", **gn_param})


@exercise.mistake(caught_by=rules.outputs, stands_for="groupnorm_forward")
def takes_every_gth(x, gamma, beta, G, gn_param):
    """Your groups are every G-th feature. The neighbours belong together: the first D/G features, then the next."""
    return by_means(
        x, gamma, beta, gn_param, G,
        lambda x: x.reshape(len(x), -1, G).transpose(0, 2, 1),
        lambda cut: cut.transpose(0, 2, 1).reshape(x.shape),
    )  # fmt: skip


@exercise.mistake(caught_by=rules.outputs, stands_for="groupnorm_forward")
def takes_g_for_the_size(x, gamma, beta, G, gn_param):
    """You take G for the size of a group. It is the number of groups: each has D/G features."""
    return norm.groupnorm_forward(x, gamma, beta, x.shape[1] // G, gn_param)


@exercise.mistake(caught_by=rules.outputs, stands_for="groupnorm_forward")
def divides_by_one_less(x, gamma, beta, G, gn_param):
    """Your variance divides by one less than the size of the group. It is the mean of the squares."""
    return by_means(
        x, gamma, beta, gn_param, G, lambda x: x.reshape(len(x), G, -1), lambda cut: cut.reshape(x.shape), ddof=1
    )


@exercise.mistake(caught_by=rules.outputs, stands_for="groupnorm_forward")
def knows_eps_by_heart(x, gamma, beta, G, gn_param):
    """Your `eps` is always 1e-5. That is for a `gn_param` that does not say."""
    return norm.groupnorm_forward(x, gamma, beta, G, {})


@exercise.mistake(caught_by=rules.outputs, stands_for="groupnorm_forward")
def forgets_to_scale_and_shift(x, gamma, beta, G, gn_param):
    """Your `out` is the normalised row. Two things are left: scale by `gamma`, shift by `beta`."""
    return norm.groupnorm_forward(x, np.ones_like(gamma), np.zeros_like(beta), G, gn_param)


@exercise.mistake(caught_by=rules.gradients)
def takes_mean_and_spread_for_constants(dout, cache):
    """Your `dx` is the direct path alone. Mean and spread were computed from the group, and each of its members pays a share."""
    xhat, sigma, gamma = cache
    N, G, _ = sigma.shape
    dx = ((dout * gamma).reshape(N, G, -1) / sigma).reshape(dout.shape)
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def puts_gamma_in_front(dout, cache):
    """`gamma` stands in front of your means, as in batch norm, where it is one number for the column. Here it differs within the group: it belongs
    inside, with `dout`."""
    xhat, sigma, gamma = cache
    N, G, _ = sigma.shape
    d, h = dout.reshape(N, G, -1), xhat.reshape(N, G, -1)
    inner = (d - d.mean(axis=2, keepdims=True) - h * (d * h).mean(axis=2, keepdims=True)) / sigma
    return gamma * inner.reshape(dout.shape), (dout * xhat).sum(axis=0), dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def nobody_pays_for_the_mean(dout, cache):
    """The share for the mean of the group is missing in your `dx`."""
    xhat, sigma, gamma = cache
    N, G, _ = sigma.shape
    d, h = (dout * gamma).reshape(N, G, -1), xhat.reshape(N, G, -1)
    dx = (d - h * (d * h).mean(axis=2, keepdims=True)) / sigma
    return dx.reshape(dout.shape), (dout * xhat).sum(axis=0), dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def nobody_pays_for_the_spread(dout, cache):
    """The share for the spread of the group is missing in your `dx`."""
    xhat, sigma, gamma = cache
    N, G, _ = sigma.shape
    d = (dout * gamma).reshape(N, G, -1)
    dx = (d - d.mean(axis=2, keepdims=True)) / sigma
    return dx.reshape(dout.shape), (dout * xhat).sum(axis=0), dout.sum(axis=0)


@exercise.mistake(caught_by=rules.shapes)
def sums_gamma_along_the_rows(dout, cache):
    """Your `dgamma` and `dbeta` have an entry for each example. The statistics run along the rows, but `gamma` and `beta` were copied to all rows:
    their gradients add up over the examples."""
    dx, _, _ = norm.groupnorm_backward(dout, cache)
    return dx, (dout * cache[0]).sum(axis=1), dout.sum(axis=1)


@exercise.mistake(caught_by=rules.gradients)
def swaps_gamma_and_beta(dout, cache):
    """`dgamma` and `dbeta` are swapped."""
    dx, dgamma, dbeta = norm.groupnorm_backward(dout, cache)
    return dx, dbeta, dgamma
