"""Batch norm on paper, one result at a time.

One column of a batch: `x`, `centred`, `xhat` and `dout` have a number for each of the `N` rows; `mu`, `var`, `sigma`, `gamma`, `beta` and
`eps` are one number. Work out each gradient on paper and type it as a text, an expression in whatever is known by
then: all names of the forward pass, `dout`, and the results above it in this list.

| result | how the loss moves with | is |
|---|---|---|
| `dbeta`, `dgamma` | `beta`, `gamma` | one number |
| `dxhat` | `xhat` | a column |
| `dsigma`, `dvar` | `sigma`, `var` | one number |
| `dcentred` | `centred`, by *both* its uses | a column |
| `dmu` | `mu` | one number |
| `dx` | `x`, by both its uses | a column |
| `compact` | `x` again, in one line | a column |

`compact` is made of `dout`, `xhat`, `gamma`, `sigma`, `N`, `dgamma` and `dbeta` alone.

There are + − * / ** and brackets, `sum(…)`, `mean(…)` and `sqrt(…)`; sums and means go over the rows. The mean of the forward
pass, for example, would be `"sum(x) / N"`; what you return looks like `{"dbeta": "…", "dgamma": "…", …}`. Each expression is tried on numbers, with the *true* values of the results before
it, so an error costs once; a wrong one is shown the numbers at which it fails.
"""

from types import SimpleNamespace

import numpy as np

from autograder import rules
from autograder.exercise import Exercise


def batchnorm_derivation():
    """Each result, as an expression in what is known by then.

    ->  a dictionary with dbeta, dgamma, dxhat, dsigma, dvar, dcentred, dmu, dx and compact; each is a text.
    """
    # out = gamma xhat + beta         xhat = centred / sigma          sigma = sqrt(var + eps)
    # var = mean of centred²          centred = x - mu                mu = mean of x
    #
    # Numbers that were copied to all rows collect a sum: beta, gamma, sigma, mu. A mean gives 1/N back to each.
    # compact: put dcentred and dmu into dx. The sum of centred is 0, so dmu = -sum(dxhat) / sigma; and
    # 2 centred dvar / N = -xhat mean(dxhat xhat) / sigma.
    return {
        "dbeta": "sum(dout)",
        "dgamma": "sum(dout * xhat)",
        "dxhat": "dout * gamma",
        "dsigma": "-sum(dxhat * centred) / sigma**2",
        "dvar": "dsigma / (2 * sigma)",
        "dcentred": "dxhat / sigma + 2 * centred * dvar / N",
        "dmu": "-sum(dcentred)",
        "dx": "dcentred + dmu / N",
        "compact": "gamma / sigma * (dout - mean(dout) - xhat * mean(dout * xhat))",
    }


exercise = Exercise(
    writes=["batchnorm_derivation"],
    reference=SimpleNamespace(batchnorm_derivation=batchnorm_derivation),
    points=dict(dbeta=1, dgamma=1, dxhat=1, dsigma=1, dvar=1, dcentred=2, dmu=1, dx=1, compact=2),
    minutes=18,
    kind="derivation",
    among=dict(compact=["dout", "xhat", "gamma", "sigma", "N", "dgamma", "dbeta"]),
    help=[
        "Take the lines of the forward pass from the last to the first. For each result ask two things: in which lines is the "
        "thing used, and is it one number that every row uses, or a number of its own for each row?",
        "One number that every row uses collects a sum over the rows: `beta`, `gamma`, `sigma`, `mu`. What is a mean gives to "
        "each row its share, 1/N. `centred` is used twice, and so is `x`: two terms each.",
        "Slopes: of a/s with respect to s it is -a/s²; of √v it is 1/(2√v); of c² it is 2c. And -x has slope -1.",
        "For `compact`: what do all entries of `centred` add up to? So the second term of `dcentred` falls out of `dmu`. Then write "
        "`dvar` out, and look for `xhat` in it.",
        "An example with other numbers: one column with dxhat = 1, 2, centred = -3, 3 and sigma = 3. Raise sigma by a hair: xhat "
        "moves by -centred/9, which is 1/3 and -1/3 hairs. So dsigma = 1/3 - 2/3 = -1/3.",
    ],
)


def tenths(values):
    """To one decimal, so that a counter-example can be checked by hand; and none of them 0."""
    return np.where(np.abs(values) < 0.1, 0.3, values).round(1)


def point(rng, n, eps):
    """A value for every name of the forward pass, and dout: nothing that comes back is 0 by chance."""
    while True:
        x, dout = tenths(1 + 2 * rng.normal(size=n)), tenths(2 * rng.normal(size=n))
        gamma, beta = float(tenths(rng.choice([-1, 1]) * (0.5 + rng.random()))), float(tenths(rng.normal()))
        mu = x.mean()
        centred = x - mu
        var = np.square(centred).mean()
        sigma = np.sqrt(var + eps)
        xhat = centred / sigma
        if min(abs(dout.sum()), abs((dout * xhat).sum()), var) > 0.5:
            known = dict(x=x, N=n, eps=eps, mu=mu, centred=centred, var=var, sigma=sigma, xhat=xhat)
            return known | dict(gamma=gamma, beta=beta, dout=dout)


@exercise.case
def three_rows(rng):
    return point(rng, 3, 0.5)


@exercise.case
def five_rows(rng):
    return point(rng, 5, 0.1)


@exercise.case
def four_rows(rng):
    return point(rng, 4, 2.0)


def otherwise(**results):
    """All other results are right; where one is wrong, the others are tried with the true one all the same."""
    return batchnorm_derivation() | results


@exercise.mistake(caught_by=rules.holds)
def keeps_the_rows_in_dbeta():
    """`beta` was copied to every row: what comes back from the rows adds up to one number. You have the summands."""
    return otherwise(dbeta="dout")


@exercise.mistake(caught_by=rules.holds)
def averages_dbeta():
    """Your `dbeta` is a mean over the rows. `beta` is used in every row, and what comes back adds up; if the loss averages, `dout`
    already knows."""
    return otherwise(dbeta="mean(dout)")


@exercise.mistake(caught_by=rules.holds)
def keeps_the_rows_in_dgamma():
    """`gamma` is one number, used in every row: your `dgamma` has the summands of which it is the sum."""
    return otherwise(dgamma="dout * xhat")


@exercise.mistake(caught_by=rules.holds)
def averages_dgamma():
    """Your `dgamma` is a mean over the rows. `gamma` is used in every row, and what comes back adds up."""
    return otherwise(dgamma="mean(dout * xhat)")


@exercise.mistake(caught_by=rules.holds)
def blames_gamma_with_x():
    """In your `dgamma` stands `x`. What `gamma` multiplied was the normalised column, not the one that came in."""
    return otherwise(dgamma="sum(dout * x)")


@exercise.mistake(caught_by=rules.holds)
def blames_gamma_with_centred():
    """In your `dgamma` stands `centred`. What `gamma` multiplied had been divided by `sigma` as well."""
    return otherwise(dgamma="sum(dout * centred)")


@exercise.mistake(caught_by=rules.holds)
def forgets_gamma():
    """Your `dxhat` is `dout` itself. Between `xhat` and `out` each entry is scaled, and so is what comes back."""
    return otherwise(dxhat="dout")


@exercise.mistake(caught_by=rules.holds)
def divides_by_gamma():
    """You divide by `gamma`: that undoes the scaling. A gradient goes back by the same factor by which the value went forward."""
    return otherwise(dxhat="dout / gamma")


@exercise.mistake(caught_by=rules.holds)
def keeps_the_rows_in_dsigma():
    """`sigma` is one number that divides every row, so what comes back from the rows adds up. Yours is a column."""
    return otherwise(dsigma="-dxhat * centred / sigma**2")


@exercise.mistake(caught_by=rules.holds)
def forgets_the_square_of_sigma():
    """The slope of a/s with respect to s has s *squared* below the line."""
    return otherwise(dsigma="-sum(dxhat * centred) / sigma")


@exercise.mistake(caught_by=rules.holds)
def divides_once_too_often():
    """There is one `sigma` too many in your `dsigma`: in `xhat` the column has been divided once already, and below the line you
    square as well."""
    return otherwise(dsigma="-sum(dxhat * xhat) / sigma**2")


@exercise.mistake(caught_by=rules.holds)
def loses_the_minus_of_dsigma():
    """Your `dsigma` has the wrong sign. A larger `sigma` makes positive entries smaller."""
    return otherwise(dsigma="sum(dxhat * centred) / sigma**2")


@exercise.mistake(caught_by=rules.holds)
def forgets_the_half():
    """Your `dvar` is twice the true one: the slope of a root has a 2 below the line."""
    return otherwise(dvar="dsigma / sigma")


@exercise.mistake(caught_by=rules.holds)
def loses_the_brackets():
    """`a / 2 * b` is (a/2) times b. What stands below the line needs brackets."""
    return otherwise(dvar="dsigma / 2 * sigma")


@exercise.mistake(caught_by=rules.holds)
def turns_the_slope_of_the_root():
    """You multiply by 2 sigma, which is the slope of `var` with respect to `sigma`. Here `sigma` is nudged through `var`: the inverse is
    wanted."""
    return otherwise(dvar="dsigma * 2 * sigma")


@exercise.mistake(caught_by=rules.holds)
def takes_the_root_without_eps():
    """The slope of the root is taken at `var`; what stood under it was `var + eps`."""
    return otherwise(dvar="dsigma / (2 * sqrt(var))")


@exercise.mistake(caught_by=rules.holds)
def sees_one_use_of_centred():
    """`centred` is used twice: it is divided to make `xhat`, and it is squared to make `var`. Your `dcentred` has what comes back from the
    first use alone."""
    return otherwise(dcentred="dxhat / sigma")


@exercise.mistake(caught_by=rules.holds)
def sees_the_other_use_of_centred():
    """`centred` is used twice: it is squared to make `var`, and it is divided to make `xhat`. Your `dcentred` has what comes back through
    the variance alone."""
    return otherwise(dcentred="2 * centred * dvar / N")


@exercise.mistake(caught_by=rules.holds)
def forgets_the_share_of_the_variance():
    """`var` is a *mean* of squares: on the way back each row gets 1/N of it. In your second term that is missing."""
    return otherwise(dcentred="dxhat / sigma + 2 * centred * dvar")


@exercise.mistake(caught_by=rules.holds)
def forgets_the_two_of_the_square():
    """In your second term the slope of the square is missing a factor: that of c² is 2c."""
    return otherwise(dcentred="dxhat / sigma + centred * dvar / N")


@exercise.mistake(caught_by=rules.holds)
def subtracts_the_second_use():
    """Your second term of `dcentred` has the wrong sign. Two uses of a value add up; the minus that you look for is in `dsigma` already."""
    return otherwise(dcentred="dxhat / sigma - 2 * centred * dvar / N")


@exercise.mistake(caught_by=rules.holds)
def keeps_the_rows_in_dmu():
    """`mu` is one number that was taken from every row: what comes back from the rows adds up. Yours is a column."""
    return otherwise(dmu="-dcentred")


@exercise.mistake(caught_by=rules.holds)
def loses_the_minus_of_dmu():
    """Your `dmu` has the wrong sign: `mu` was *taken away* from every row."""
    return otherwise(dmu="sum(dcentred)")


@exercise.mistake(caught_by=rules.holds)
def averages_dmu():
    """Your `dmu` is a mean. `mu` was copied to all rows, and what comes back adds up; the 1/N comes when `mu`, itself a mean, hands
    on to `x`."""
    return otherwise(dmu="-mean(dcentred)")


@exercise.mistake(caught_by=rules.holds)
def sees_one_use_of_x():
    """`x` is used twice: in `centred`, and in the mean. Your `dx` has the first alone, as if `mu` stood still."""
    return otherwise(dx="dcentred")


@exercise.mistake(caught_by=rules.holds)
def forgets_the_share_of_the_mean():
    """A nudge of one row moves the mean by 1/N of it. In your `dx` every row pays for the mean in full."""
    return otherwise(dx="dcentred + dmu")


@exercise.mistake(caught_by=rules.holds)
def subtracts_the_mean_again():
    """The second term of your `dx` has the wrong sign: the minus is in `dmu` already, and two uses add up."""
    return otherwise(dx="dcentred - dmu / N")


@exercise.mistake(caught_by=rules.holds)
def scales_and_no_more():
    """Your `compact` is the direct path alone. It would be right if `mu` and `sigma` were given from outside; they were computed from the
    column, and every row pays a share of each."""
    return otherwise(compact="dout * gamma / sigma")


@exercise.mistake(caught_by=rules.holds)
def nobody_pays_for_the_mean():
    """In your `compact` the share for the mean is missing: what is left adds up to something over the rows, and must not, since raising
    the whole column changes nothing."""
    return otherwise(compact="gamma / sigma * (dout - xhat * mean(dout * xhat))")


@exercise.mistake(caught_by=rules.holds)
def nobody_pays_for_the_spread():
    """In your `compact` the share for `sigma` is missing. It is as large as a row is far from the mean, so it has an `xhat` in front."""
    return otherwise(compact="gamma / sigma * (dout - mean(dout))")


@exercise.mistake(caught_by=rules.holds)
def all_pay_the_same_for_the_spread():
    """In your `compact` every row pays the same for `sigma`. A row moves the spread by as much as it is far from the mean: an `xhat` is missing
    in front of that mean."""
    return otherwise(compact="gamma / sigma * (dout - mean(dout) - mean(dout * xhat))")


@exercise.mistake(caught_by=rules.holds)
def pays_in_sums():
    """In your `compact` stand sums where shares belong: each row pays 1/N of what they come to."""
    return otherwise(compact="gamma / sigma * (dout - sum(dout) - xhat * sum(dout * xhat))")


@exercise.mistake(caught_by=rules.holds)
def forgets_gamma_in_compact():
    """`gamma` is missing in your `compact`: it stands between `xhat` and `out`, so everything that comes back is scaled by it."""
    return otherwise(compact="(dout - mean(dout) - xhat * mean(dout * xhat)) / sigma")


@exercise.mistake(caught_by=rules.holds)
def forgets_sigma_in_compact():
    """`sigma` is missing in your `compact`: to make `xhat` the column was divided by it, and so is what comes back."""
    return otherwise(compact="gamma * (dout - mean(dout) - xhat * mean(dout * xhat))")
