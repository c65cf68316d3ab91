"""The same in one line.

`batchnorm_backward_alt(dout, cache)` returns what `batchnorm_backward` does, `dx`, `dgamma` and `dbeta`, from your `compact`
expression: no `dvar`, no `dmu`, no second pass. `cache` is `(xhat, sigma, gamma, mode)` once more, or what your own forward keeps.

It is tried on the same cases.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import norm

exercise = Exercise(
    writes=["batchnorm_backward_alt"],
    reference=norm,
    points=dict(dx=3, dgamma=1, dbeta=1),
    minutes=6,
    uses=["batchnorm_forward"],
    help=[
        "On paper your line speaks of one column. In code a mean runs over the rows: `axis=0`, and what it leaves is (D,).",
        "Look at what the two means are means of. You return their sums anyway.",
        "Is it the same as `batchnorm_backward` on any numbers? If not, subtract the two: does what is left vary along the "
        "columns like a constant, or like `xhat`?",
    ],
)


def drawn(rng, n, d, spread=1.0, **bn_param):
    """A batch whose columns have different means and spreads."""
    x = 2 * rng.normal(size=d) + spread * (0.5 + rng.random(d)) * rng.normal(size=(n, d))
    gamma = rng.choice([-1, 1], d) * (0.5 + rng.random(d))
    return dict(x=x, gamma=gamma, beta=rng.normal(size=d), bn_param=bn_param | dict(mode="train"))


@exercise.case
def ordinary(rng):
    return drawn(rng, 6, 4, eps=0.2)


@exercise.case
def usual_eps(rng):
    return drawn(rng, 4, 7)


@exercise.case
def two_rows(rng):
    """With a tiny eps nothing would come back: two numbers become -1 and 1, whatever they were."""
    return drawn(rng, 2, 5, eps=0.5)


@exercise.case
def small_variance_and_large_eps(rng):
    return drawn(rng, 7, 3, spread=0.3, eps=0.1)


@exercise.case
def square(rng):
    return drawn(rng, 5, 5, eps=0.1)


@exercise.case
def far_from_zero(rng):
    inputs = drawn(rng, 5, 3, eps=0.1)
    return inputs | dict(x=100 + inputs["x"])


@exercise.case(for_marks_only=True)
def large(rng):
    return drawn(rng, 500, 200)


@exercise.derivation
def by_sums(dout, cache):
    xhat, sigma, gamma, mode = cache
    N = len(dout)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dx = gamma / (N * sigma) * (N * dout - dbeta - xhat * dgamma)
    return dx, dgamma, dbeta


@exercise.derivation
def by_means(dout, cache):
    xhat, sigma, gamma, mode = cache
    dxhat = dout * gamma
    dx = (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) / sigma
    return dx, np.sum(dout * xhat, axis=0), np.sum(dout, axis=0)


def with_shares(dout, cache, shares):
    """What is right, but for the shares that the rows pay."""
    xhat, sigma, gamma, _ = cache
    return gamma / sigma * (dout - shares), (dout * xhat).sum(axis=0), dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def nobody_pays(dout, cache):
    """Your `dx` is the direct path alone, as if mean and spread were given from outside. They were computed from the column: every row
    pays a share of each."""
    xhat, sigma, gamma, _ = cache
    return dout * gamma / sigma, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def nobody_pays_for_the_mean(dout, cache):
    """The share for the mean is missing: your `dx` does not add up to 0 down the columns, and must, since raising a whole column changes
    nothing."""
    xhat, sigma, gamma, _ = cache
    return gamma / sigma * (dout - xhat * (dout * xhat).mean(axis=0)), (dout * xhat).sum(axis=0), dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def nobody_pays_for_the_spread(dout, cache):
    """The share for `sigma` is missing. It is as large as a row is far from the mean."""
    xhat, sigma, gamma, _ = cache
    return gamma / sigma * (dout - dout.mean(axis=0)), (dout * xhat).sum(axis=0), dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def all_pay_the_same_for_the_spread(dout, cache):
    """Every row of yours pays the same for the spread. A row moves it by as much as it is far from the mean: that factor is
    missing."""
    return with_shares(dout, cache, dout.mean(axis=0) + (dout * cache[0]).mean(axis=0))


@exercise.mistake(caught_by=rules.gradients)
def pays_in_sums(dout, cache):
    """Where shares belong stand sums: each row pays 1/N of what they come to."""
    return with_shares(dout, cache, dout.sum(axis=0) + cache[0] * (dout * cache[0]).sum(axis=0))


@exercise.mistake(caught_by=rules.gradients)
def divides_all_by_n(dout, cache):
    """You divide the whole line by N, and only the shares are to be divided: in front of `dout` itself an N is missing."""
    xhat, sigma, gamma, _ = cache
    shares = dout.sum(axis=0) + xhat * (dout * xhat).sum(axis=0)
    return gamma / sigma * (dout - shares) / len(dout), (dout * xhat).sum(axis=0), dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def pays_for_the_mean_in_full(dout, cache):
    """The share for the mean is a sum; each row pays 1/N of it. The other share is right."""
    return with_shares(dout, cache, dout.sum(axis=0) + cache[0] * (dout * cache[0]).mean(axis=0))


@exercise.mistake(caught_by=rules.gradients)
def pays_for_the_spread_in_full(dout, cache):
    """The share for the spread is a sum; each row pays 1/N of it. The other share is right."""
    return with_shares(dout, cache, dout.mean(axis=0) + cache[0] * (dout * cache[0]).sum(axis=0))


@exercise.mistake(caught_by=rules.gradients)
def is_paid_for_the_spread(dout, cache):
    """The share for the spread has the wrong sign: both are taken away from what arrives."""
    return with_shares(dout, cache, dout.mean(axis=0) - cache[0] * (dout * cache[0]).mean(axis=0))


@exercise.mistake(caught_by=rules.gradients)
def is_paid_for_the_mean(dout, cache):
    """The share for the mean has the wrong sign: both are taken away from what arrives."""
    return with_shares(dout, cache, cache[0] * (dout * cache[0]).mean(axis=0) - dout.mean(axis=0))


@exercise.mistake(caught_by=rules.gradients)
def scales_the_first_term_alone(dout, cache):
    """`gamma / sigma` multiplies your first term and not the shares. Mind the brackets: the whole line is scaled."""
    xhat, sigma, gamma, _ = cache
    return (
        dout * gamma / sigma - dout.mean(axis=0) - xhat * (dout * xhat).mean(axis=0),
        (dout * xhat).sum(axis=0),
        dout.sum(axis=0),
    )


@exercise.mistake(caught_by=rules.gradients)
def scales_the_shares_twice(dout, cache):
    """`gamma` is in your shares twice: it stands in front of the brackets, and once more within."""
    dxhat = dout * cache[2]
    return with_shares(dout, cache, dxhat.mean(axis=0) + cache[0] * (dxhat * cache[0]).mean(axis=0))


@exercise.mistake(caught_by=rules.gradients)
def forgets_gamma(dout, cache):
    """`gamma` is missing in your `dx`: it stands between `xhat` and `out`, so all that comes back is scaled by it."""
    xhat, sigma, gamma, mode = cache
    dx, _, _ = norm.batchnorm_backward_alt(dout, (xhat, sigma, np.ones_like(gamma), mode))
    return dx, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def forgets_sigma(dout, cache):
    """`sigma` is missing in your `dx`: to make `xhat` the column was divided by it, and so is what comes back."""
    dx, dgamma, dbeta = norm.batchnorm_backward_alt(dout, cache)
    return dx * cache[1], dgamma, dbeta


@exercise.mistake(caught_by=rules.gradients)
def puts_centred_for_xhat(dout, cache):
    """In your share for the spread stands `centred` where `xhat` belongs."""
    xhat, sigma, _, _ = cache
    return with_shares(dout, cache, dout.mean(axis=0) + xhat * sigma * (dout * xhat * sigma).mean(axis=0))


@exercise.mistake(caught_by=rules.gradients)
def goes_along_the_rows(dout, cache):
    """Your means run along the rows. A *column* was normalised: they run over the examples."""
    means = (dout.mean(axis=1, keepdims=True), (dout * cache[0]).mean(axis=1, keepdims=True))
    return with_shares(dout, cache, means[0] + cache[0] * means[1])


@exercise.mistake(caught_by=rules.gradients)
def takes_one_mean_for_all(dout, cache):
    """Your means run over the whole batch, all columns together. Each column was normalised by itself, and its rows share among
    themselves."""
    return with_shares(dout, cache, dout.mean() + cache[0] * (dout * cache[0]).mean())


@exercise.mistake(caught_by=rules.gradients)
def returns_the_means(dout, cache):
    """Your `dgamma` and `dbeta` are the means that stand in the line for `dx`. The gradients of what was copied to all rows are the
    sums."""
    dx, dgamma, dbeta = norm.batchnorm_backward_alt(dout, cache)
    return dx, dgamma / len(dout), dbeta / len(dout)


@exercise.mistake(caught_by=rules.gradients)
def swaps_gamma_and_beta(dout, cache):
    """`dgamma` and `dbeta` are swapped: they come back in the order of the inputs of `batchnorm_forward`."""
    dx, dgamma, dbeta = norm.batchnorm_backward_alt(dout, cache)
    return dx, dbeta, dgamma


@exercise.mistake(caught_by=rules.returns)
def returns_dx_alone(dout, cache):
    """The line gives `dx`; `gamma` and `beta` want their gradients too."""
    return norm.batchnorm_backward_alt(dout, cache)[0]
