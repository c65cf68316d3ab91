"""The way back, one result after the other.

Your derivation as code, for all columns at once. `cache` is `(xhat, sigma, gamma, mode)`, as the course's own forward keeps
it: `xhat` (N, D), `sigma` and `gamma` (D,); here `mode` is always `"train"`. If you would rather keep something else in your own forward's
cache, do: then `batchnorm_backward` is tried through your own `batchnorm_forward`.

`batchnorm_backward(dout, cache)` returns `dx`, `dgamma` and `dbeta`. Give every result a name and a line, and look at its shape:
which of them are (D,), which (N, D)?

Marking also tries one batch of 100,000 numbers, for which nudging takes longer than there is.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import norm

exercise = Exercise(
    writes=["batchnorm_backward"],
    reference=norm,
    points=dict(dx=3, dgamma=1, dbeta=1),
    minutes=12,
    uses=["batchnorm_forward"],
    help=[
        "Go through your derivation from the top. What is one number for a column on paper is (D,) in code, and its sum runs "
        "over the rows: `axis=0`.",
        "`centred` is not in the cache of the course, but what it was divided by is. Two results are made of two terms: the one "
        "through `centred` and the one through `x` itself. Does the second add to the first, or replace it?",
        "Two checks that need no reference: down each column `dx` adds up to 0, since raising a whole column changes nothing. And "
        "where eps is tiny, `dx` times `xhat` adds up to nearly 0 too, since stretching it changes nothing.",
        "An example with other numbers: one column with xhat = -1, 0, 1 times √1.5, sigma = 2, gamma = 4 and dout = 3, 0, 0. The "
        "direct path brings 6, 0, 0. Of that the mean is 2 and the share of xhat -6·1.2247/3 = -2.449: dx is 6 - 2 - 3 = 1, "
        "then -2, then 0 - 2 + 3 = 1.",
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
def in_one_line(dout, cache):
    xhat, sigma, gamma, mode = cache
    N = len(dout)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * xhat).sum(axis=0)
    dx = gamma / (N * sigma) * (N * dout - dbeta - xhat * dgamma)
    return dx, dgamma, dbeta


@exercise.derivation
def by_the_inverse(dout, cache):
    xhat, sigma, gamma, mode = cache
    N = len(dout)
    inverse = 1 / sigma
    centred = xhat * sigma
    dbeta = dout.sum(axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    dinverse = np.sum(dxhat * centred, axis=0)
    dvar = -0.5 * inverse**3 * dinverse
    dcentred = dxhat * inverse
    dcentred = dcentred + 2 * centred * dvar / N
    dmu = -np.sum(dcentred, axis=0)
    dx = dcentred + dmu / N
    return dx, dgamma, dbeta


def sums(dout, cache):
    """dgamma and dbeta."""
    return (dout * cache[0]).sum(axis=0), dout.sum(axis=0)


def by_stages(dout, cache, dsigma=lambda v: v, dvar=lambda v: v, second=lambda v: v, dmu=lambda v: v):
    """The whole way back, with one result altered."""
    xhat, sigma, gamma, _ = cache
    N, dxhat = len(dout), dout * gamma
    ds = dsigma(-(dxhat * xhat).sum(axis=0) / sigma)
    dv = dvar(ds / (2 * sigma))
    dcentred = dxhat / sigma + second(2 * xhat * sigma * dv / N)
    return dcentred + dmu(-dcentred.sum(axis=0)) / N, *sums(dout, cache)


@exercise.mistake(caught_by=rules.gradients)
def takes_mean_and_spread_for_constants(dout, cache):
    """Your `dx` is the direct path alone: `mu` and `sigma` are treated as constants. Both were computed from the column, so a nudge of
    one row moves them, and with them every row."""
    xhat, sigma, gamma, _ = cache
    return dout * gamma / sigma, (dout * xhat).sum(axis=0), dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_path_through_the_mean(dout, cache):
    """In your `dx` what comes back through the mean is missing: it does not add up to 0 down the columns, and must, since raising a
    whole column changes nothing."""
    xhat, sigma, gamma, _ = cache
    dgamma = (dout * xhat).sum(axis=0)
    return gamma / sigma * (dout - xhat * dgamma / len(dout)), dgamma, dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_path_through_the_variance(dout, cache):
    """In your `dx` what comes back through the variance is missing: `centred` is used twice, and its second use is the square under
    the root."""
    xhat, sigma, gamma, _ = cache
    return gamma / sigma * (dout - dout.mean(axis=0)), (dout * xhat).sum(axis=0), dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def overwrites_the_first_use_of_centred(dout, cache):
    """What comes back through the variance has replaced what came directly: `=` stands where the two uses of `centred` should add
    up."""
    xhat, sigma, gamma, _ = cache
    dgamma = (dout * xhat).sum(axis=0)
    return -gamma / sigma * xhat * dgamma / len(dout), dgamma, dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def returns_the_share_of_the_mean(dout, cache):
    """All rows of your `dx` are the same: what comes back through the mean has replaced what came through `centred`. The two uses
    of `x` add up."""
    xhat, sigma, gamma, _ = cache
    return 0 * dout - (gamma / sigma * dout).mean(axis=0), (dout * xhat).sum(axis=0), dout.sum(axis=0)


@exercise.mistake(caught_by=rules.gradients)
def pays_for_the_mean_in_full(dout, cache):
    """Every row pays for the mean in full. A nudge of one row moves the mean by 1/N of it: a division is missing where `mu` hands on to
    `x`."""
    return by_stages(dout, cache, dmu=lambda v: v * len(dout))


@exercise.mistake(caught_by=rules.gradients)
def pays_for_the_variance_in_full(dout, cache):
    """Every row pays for the variance in full. It is a *mean* of squares: each gets 1/N of what comes back."""
    return by_stages(dout, cache, second=lambda v: v * len(dout))


@exercise.mistake(caught_by=rules.gradients)
def divides_by_n_minus_one(dout, cache):
    """Your share of the variance is 1/(N − 1). Going forward it was the mean over N; the way back differentiates what was done there."""
    return by_stages(dout, cache, second=lambda v: v * len(dout) / (len(dout) - 1))


@exercise.mistake(caught_by=rules.gradients)
def turns_the_sign_of_the_variance(dout, cache):
    """What comes back through the variance has the wrong sign: the minus of 1/sigma got lost. A larger spread makes entries
    smaller."""
    return by_stages(dout, cache, dsigma=lambda v: -v)


@exercise.mistake(caught_by=rules.gradients)
def turns_the_sign_of_the_mean(dout, cache):
    """What comes back through the mean has the wrong sign. `mu` was taken *away*."""
    return by_stages(dout, cache, dmu=lambda v: -v)


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_half_of_the_root(dout, cache):
    """What comes back through the variance counts twice: the slope of a root has a 2 below the line, and the slope of a square has one
    above. One of them is there."""
    return by_stages(dout, cache, dvar=lambda v: 2 * v)


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_two_of_the_square(dout, cache):
    """Half of what comes back through the variance is missing: the slope of c² is 2c."""
    return by_stages(dout, cache, second=lambda v: v / 2)


@exercise.mistake(caught_by=rules.gradients)
def takes_a_power_too_few(dout, cache):
    """On the path through the variance one division by `sigma` is missing. 1/√v has the slope -½ v to the power -3/2: count the sigmas."""
    return by_stages(dout, cache, dsigma=lambda v: v * cache[1])


@exercise.mistake(caught_by=rules.gradients)
def adds_eps_again(dout, cache):
    """You work the root out anew, from `sigma`² + eps. In `sigma` the eps is there already; with a large one it shows."""
    xhat, sigma, gamma, mode = cache
    return norm.batchnorm_backward(dout, (xhat, np.sqrt(sigma**2 + 1e-5), gamma, mode))


@exercise.mistake(caught_by=rules.gradients)
def normalises_the_column_again(dout, cache):
    """On the path through the variance, you take the column's own variance without eps. What was differentiated going forward has
    eps under the root."""
    xhat, sigma, gamma, mode = cache
    share = (dout * xhat).mean(axis=0) / np.square(xhat).mean(axis=0)
    return gamma / sigma * (dout - dout.mean(axis=0) - xhat * share), *sums(dout, cache)


@exercise.mistake(caught_by=rules.gradients)
def does_not_sum_what_comes_to_sigma(dout, cache):
    """Each row pays for what *it* did to `sigma`, and for nobody else: a sum over the rows is missing. `sigma` divided all of
    them."""
    xhat, sigma, gamma, _ = cache
    direct = dout * gamma / sigma
    dcentred = direct - xhat * direct * xhat / len(dout)
    return dcentred - dcentred.mean(axis=0), *sums(dout, cache)


@exercise.mistake(caught_by=rules.gradients)
def does_not_sum_what_comes_to_mu(dout, cache):
    """Each row pays for its own part in the mean alone, and what is left is a share of the direct path: a sum over the rows is missing in
    `dmu`."""
    xhat, sigma, gamma, _ = cache
    direct = dout * gamma / sigma
    dcentred = direct - xhat * (direct * xhat).mean(axis=0)
    return dcentred * (1 - 1 / len(dout)), *sums(dout, cache)


@exercise.mistake(caught_by=rules.gradients)
def forgets_gamma(dout, cache):
    """`gamma` is missing in your `dx`: it stands between `xhat` and `out`."""
    xhat, sigma, gamma, mode = cache
    return norm.batchnorm_backward(dout, (xhat, sigma, np.ones_like(gamma), mode))[0], *sums(dout, cache)


@exercise.mistake(caught_by=rules.gradients)
def divides_by_the_variance(dout, cache):
    """Your `dx` is divided by `sigma` once more than it should be. Did you take the root of what `sigma` is, or its square?"""
    dx, dgamma, dbeta = norm.batchnorm_backward(dout, cache)
    return dx / cache[1], dgamma, dbeta


@exercise.mistake(caught_by=rules.gradients)
def forgets_sigma(dout, cache):
    """Your `dx` is not divided by `sigma`: to make `xhat` the column was, and so is what comes back."""
    dx, dgamma, dbeta = norm.batchnorm_backward(dout, cache)
    return dx * cache[1], dgamma, dbeta


@exercise.mistake(caught_by=rules.gradients)
def blames_gamma_with_centred(dout, cache):
    """In your `dgamma` stands `centred`. What `gamma` multiplied had been divided by `sigma`."""
    dx, dgamma, dbeta = norm.batchnorm_backward(dout, cache)
    return dx, dgamma * cache[1], dbeta


@exercise.mistake(caught_by=rules.gradients)
def blames_gamma_with_the_scaled(dout, cache):
    """In your `dgamma` stands `gamma xhat`: the slope of a product with respect to a factor is the *other* factor."""
    dx, dgamma, dbeta = norm.batchnorm_backward(dout, cache)
    return dx, dgamma * cache[2], dbeta


@exercise.mistake(caught_by=rules.gradients)
def averages_gamma_and_beta(dout, cache):
    """Your `dgamma` and `dbeta` are means over the batch. Both were used in every row, and what comes back adds up; if the loss
    averages, `dout` already knows."""
    dx, dgamma, dbeta = norm.batchnorm_backward(dout, cache)
    return dx, dgamma / len(dout), dbeta / len(dout)


@exercise.mistake(caught_by=rules.gradients)
def turns_them_downhill(dout, cache):
    """All three have the wrong sign. A gradient points uphill; the minus belongs to the optimiser's step."""
    return tuple(-each for each in norm.batchnorm_backward(dout, cache))


@exercise.mistake(caught_by=rules.gradients)
def counts_rows_for_dbeta(dout, cache):
    """Your `dbeta` counts the rows. Each row's share is what arrives there: sum `dout`, not ones."""
    dx, dgamma, dbeta = norm.batchnorm_backward(dout, cache)
    return dx, dgamma, np.ones_like(dout).sum(axis=0)


@exercise.mistake(caught_by=rules.shapes)
def keeps_the_rows(dout, cache):
    """Your `dgamma` and `dbeta` still have a row for each example. One number for each feature was copied to all rows: their sum is
    wanted."""
    dx, _, _ = norm.batchnorm_backward(dout, cache)
    return dx, dout * cache[0], dout


@exercise.mistake(caught_by=rules.shapes)
def sums_along_the_rows(dout, cache):
    """Your `dgamma` and `dbeta` have an entry for each example: the sums ran along the rows. `gamma` and `beta` belong to features; the
    sums run over the examples."""
    dx, _, _ = norm.batchnorm_backward(dout, cache)
    return dx, (dout * cache[0]).sum(axis=1), dout.sum(axis=1)


@exercise.mistake(caught_by=rules.shapes)
def returns_the_parameters_first(dout, cache):
    """The gradients are there, in another order. They come back in the order of the inputs of `batchnorm_forward`: `dx`, `dgamma`,
    `dbeta`."""
    dx, dgamma, dbeta = norm.batchnorm_backward(dout, cache)
    return dgamma, dbeta, dx


@exercise.mistake(caught_by=rules.gradients)
def swaps_gamma_and_beta(dout, cache):
    """`dgamma` and `dbeta` are swapped: they come back in the order of the inputs of `batchnorm_forward`."""
    dx, dgamma, dbeta = norm.batchnorm_backward(dout, cache)
    return dx, dbeta, dgamma


@exercise.mistake(caught_by=rules.returns)
def returns_dx_alone(dout, cache):
    """`gamma` and `beta` are inputs too. Without their gradients they could learn nothing."""
    return norm.batchnorm_backward(dout, cache)[0]


@exercise.mistake(caught_by=rules.gradients)
def goes_along_the_rows(dout, cache):
    """Your means run along the rows: that is the way back through layer norm. Here a *column* was normalised."""
    xhat, sigma, gamma, _ = cache
    dxhat = dout * gamma
    shares = dxhat.mean(axis=1, keepdims=True) + xhat * (dxhat * xhat).mean(axis=1, keepdims=True)
    return (dxhat - shares) / sigma, *sums(dout, cache)


@exercise.mistake(caught_by=rules.gradients)
def takes_the_width_for_the_batch(dout, cache):
    """Where N belongs you divide by D, the number of features. On a square batch nobody would notice."""
    xhat, sigma, gamma, _ = cache
    dgamma, dbeta = sums(dout, cache)
    return gamma / sigma * (dout - (dbeta + xhat * dgamma) / dout.shape[1]), dgamma, dbeta


@exercise.mistake(caught_by=rules.gradients)
def ignores_dout_in_the_shares(dout, cache):
    """`dout` is missing where the rows pay their shares: what comes back is shared, not a count of rows."""
    xhat, sigma, gamma, _ = cache
    ones = np.ones_like(dout)
    return gamma / sigma * (dout - ones.mean(axis=0) - xhat * (ones * xhat).mean(axis=0)), *sums(dout, cache)
