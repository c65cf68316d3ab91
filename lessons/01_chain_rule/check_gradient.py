"""Check a gradient along one direction.

`f` takes the array `x` and returns a number; `df`, of the shape of `x`, is what somebody claims to
be its gradient. Draw one direction `u = rng.normal(size=x.shape)`. Measure how fast `f` moves along
it, with two nudges of `h u`. Work out how fast it should move if `df` were right. Return the
relative error of the two rates.

You may call your `central_difference`: along `u`, `f` is a function of one number, of how far you
have gone. If it has not passed yet, write the two nudges out. Marking also tries an `x` of 30,000
entries, for which nudging each entry takes far too long. Where your `relative_error` is wrong, this
exercise is also judged with a right one.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import chain, numeric
from backprop.chain import central_difference

exercise = Exercise(
    writes=["check_gradient"],
    reference=chain,
    points=dict(error=4),
    minutes=14,
    kind="takes a function",
    parts=dict(relative_error=numeric.relative_error),
    help=[
        "Two rates are compared. One is measured, and knows nothing of `df`. The other is worked out from `df` and "
        "`u`, and knows nothing of `f`.",
        "If every entry of `x` moves at its own rate `u[i]`, and each moves `f` at the rate `df[i]`, the effects add "
        "up over all entries: one number.",
        "To measure: how far is f at the point `x + t u`? That is a function of the number `t`, and its slope at "
        "t = 0 is wanted.",
        "An example with other numbers: f(x) = x₀² + x₁², x = [1, 2], u = [3, -1], claimed df = [2, 2]. The claim says "
        "2 · 3 + 2 · -1 = 4. Along u, f really moves at the rate 2 · 3 + 4 · -1 = 2. The error is |2 - 4| / (2 + 4) = "
        "1/3.",
    ],
)


def seed(rng):
    return int(rng.integers(1 << 31))


def off(rng, df):
    """A claim that is wrong in every entry, by a third or so."""
    return df * (1 + rng.choice([-1, 1], size=df.shape) * rng.uniform(0.2, 0.5, size=df.shape))


@exercise.case
def ordinary(rng):
    x = rng.normal(size=(3, 4))
    return dict(f="sum of sines", x=x, df=off(rng, np.cos(x)), rng=seed(rng))


@exercise.case
def twice_too_large(rng):
    x = rng.normal(size=(5, 2))
    return dict(f="sum of squares", x=x, df=4 * x, rng=seed(rng))


@exercise.case
def with_its_sign_turned(rng):
    x = rng.normal(size=6)
    return dict(f="softmax", x=x, df=-np.exp(x) / np.exp(x).sum(), rng=seed(rng))


@exercise.case
def wrong_in_one_entry(rng):
    x = rng.normal(size=(2, 3, 2))
    df = 2 * x
    df[1, 2, 0] += 3
    return dict(f="sum of squares", x=x, df=df, rng=seed(rng))


@exercise.case
def claims_nothing(rng):
    x = rng.normal(size=(2, 4))
    return dict(f="neighbours", x=x, df=np.zeros((2, 4)), rng=seed(rng))


@exercise.case
def a_step_of_its_own(rng):
    x = rng.normal(size=(4, 3))
    return dict(f="sum of squares", x=x, df=off(rng, 2 * x), rng=seed(rng), h=1e-2)


@exercise.case
def far_from_zero(rng):
    x = 100 + rng.normal(size=(2, 5))
    return dict(f="sum of squares", x=x, df=off(rng, 2 * x), rng=seed(rng))


@exercise.case
def one_entry(rng):
    x = rng.uniform(1, 2, size=1)
    return dict(f="sum of squares", x=x, df=3 * x, rng=seed(rng))


@exercise.case(for_marks_only=True)
def large(rng):
    x = rng.normal(size=(150, 200))
    return dict(f="sum of sines", x=x, df=off(rng, np.cos(x)), rng=seed(rng))


def relative(a, b):
    return numeric.relative_error(a, b)


def rates(f, x, df, rng, h):
    """The two rates of a right answer, and the direction."""
    u = rng.normal(size=x.shape)
    return central_difference(lambda t: f(x + t * u), 0.0, h), (df * u).sum(), u


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_direction_of_the_claim(f, x, df, rng, h=1e-5):
    """You compare the measured rate with the sum of `df`. That is the claim for a nudge of 1 in every entry; you went
    along `u`."""
    measured, _, _ = rates(f, x, df, rng, h)
    return relative(measured, df.sum())


@exercise.mistake(caught_by=rules.outputs)
def goes_along_the_claim(f, x, df, rng, h=1e-5):
    """You went along `df` itself. What a wrong claim leaves out, it then also leaves untried; a random direction has
    a share of everything."""
    return relative(central_difference(lambda t: f(x + t * df), 0.0, h), (df * df).sum())


@exercise.mistake(caught_by=rules.outputs)
def goes_along_ones(f, x, df, rng, h=1e-5):
    """You nudge all entries by the same amount. Errors of opposite signs cancel then: draw the direction from `rng`, with
    a number of its own for each entry (give `size`)."""
    return relative(central_difference(lambda t: f(x + t), 0.0, h), df.sum())


@exercise.mistake(caught_by=rules.outputs)
def draws_between_zero_and_one(f, x, df, rng, h=1e-5):
    """Your direction is drawn from 0 to 1: all its entries have the same sign. A Gaussian one, `rng.normal`, has both
    signs."""
    u = rng.random(size=x.shape)
    return relative(central_difference(lambda t: f(x + t * u), 0.0, h), (df * u).sum())


@exercise.mistake(caught_by=rules.outputs)
def draws_twice(f, x, df, rng, h=1e-5):
    """You draw a second direction for the claim. Both rates must be along the same one: draw once, and keep it."""
    measured, _, u = rates(f, x, df, rng, h)
    return relative(measured, (df * rng.normal(size=x.shape)).sum())


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_step(f, x, df, rng, h=1e-5):
    """Your measured rate is that of the nudge itself, not for each unit of it. Divide the rise by the run."""
    u = rng.normal(size=x.shape)
    return relative(f(x + h * u) - f(x - h * u), (df * u).sum())


@exercise.mistake(caught_by=rules.outputs)
def divides_by_half_the_run(f, x, df, rng, h=1e-5):
    """Your measured rate is twice the true one: from `x - h u` to `x + h u` the run is longer than `h`."""
    measured, claimed, _ = rates(f, x, df, rng, h)
    return relative(2 * measured, claimed)


@exercise.mistake(caught_by=rules.outputs)
def nudges_up_alone(f, x, df, rng, h=1e-5):
    """You nudge along `u` only upwards. The bend of `f` shows then; nudge down as well."""
    u = rng.normal(size=x.shape)
    return relative((f(x + h * u) - f(x)) / h, (df * u).sum())


@exercise.mistake(caught_by=rules.outputs)
def returns_the_difference(f, x, df, rng, h=1e-5):
    """You return how far the two rates are apart. Whether that is much depends on how large they are: use the
    relative error."""
    measured, claimed, _ = rates(f, x, df, rng, h)
    return abs(measured - claimed)


@exercise.mistake(caught_by=rules.shapes)
def compares_every_entry(f, x, df, rng, h=1e-5):
    """You return an array. One direction gives one rate on each side: add up over all entries, then compare."""
    measured, _, u = rates(f, x, df, rng, h)
    return np.abs(measured - df * u)


@exercise.mistake(caught_by=rules.outputs)
def compares_the_arrays(f, x, df, rng, h=1e-5):
    """You compare with `df * u` entry by entry. What is measured is the sum of all those effects: add them up
    first."""
    measured, _, u = rates(f, x, df, rng, h)
    return relative(np.full(x.shape, measured), df * u)


@exercise.mistake(caught_by=rules.outputs)
def nudges_every_entry(f, x, df, rng, h=1e-5):
    """You nudge every entry and compare whole gradients. That is a check too, and for a million entries it takes two
    million calls of `f`; along one direction, two calls are enough."""
    if x.size > 1000:
        raise TimeoutError("nobody waits for that")
    return relative(numeric.gradient(f, x, h=h), df)


@exercise.mistake(caught_by=rules.outputs)
def nudges_all_alike(f, x, df, rng, h=1e-5):
    """You drew a direction and used it for the claim alone: every entry of `x` is nudged by the same `h`. Both sides must
    go along `u`."""
    u = rng.normal(size=x.shape)
    return relative(central_difference(lambda t: f(x + t), 0.0, h), (df * u).sum())


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_brackets(f, x, df, rng, h=1e-5):
    """Only the lower value of `f` is divided by the run: a quotient binds more tightly than a minus. The whole rise needs
    brackets."""
    u = rng.normal(size=x.shape)
    return relative(f(x + h * u) - f(x - h * u) / (2 * h), (df * u).sum())


@exercise.mistake(caught_by=rules.outputs)
def starts_from_zero(f, x, df, rng, h=1e-5):
    """Your walk along `u` starts at zero. The claim is about the slopes at `x`: start there."""
    u = rng.normal(size=x.shape)
    return relative(central_difference(lambda t: f(t * u), 0.0, h), (df * u).sum())


@exercise.mistake(caught_by=rules.runs)
def takes_the_dot_of_tables(f, x, df, rng, h=1e-5):
    """`np.dot` of two tables is a matrix product, and so is `@`. Here each entry of `df` meets the entry of `u` at its own place, and
    everything is added up."""
    measured, _, u = rates(f, x, df, rng, h)
    return relative(measured, np.dot(df, u))
