"""Draw weights that keep the variance of what goes into the ReLUs.

Return `w` (fan_in, fan_out), drawn from the generator `rng` with mean 0. Its variance is such that, behind a ReLU,
the pre-activations `h @ w` of one layer have the same variance as those of the layer before. Judged like `xavier_init`.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import init

exercise = Exercise(
    writes=["he_init"],
    reference=init,
    points=dict(w=2),
    minutes=4,
    kind="statistics",
    variance=lambda fan_in, fan_out: 2 / fan_in,
    help=[
        "A pre-activation is a sum of fan_in products. Its variance is fan_in times the variance of a weight times "
        "the mean square of "
        "what comes in.",
        "What comes in was a pre-activation of the layer before, with its negative half set to 0. What is left of "
        "the mean square?",
        "An example with other numbers: if a bend kept a fifth of the mean square, the variance would have to be "
        "5/fan_in, and with 80 "
        "inputs 0.0625, a standard deviation of 0.25.",
    ],
)


def sizes(rng, fan_in, fan_out):
    return dict(fan_in=fan_in, fan_out=fan_out, rng=int(rng.integers(1 << 31)))


@exercise.case
def ordinary(rng):
    return sizes(rng, 60, 150)


@exercise.case
def more_in_than_out(rng):
    return sizes(rng, 240, 50)


@exercise.case
def square(rng):
    return sizes(rng, 90, 90)


@exercise.case
def one_input(rng):
    return sizes(rng, 1, 8000)


@exercise.case
def one_output(rng):
    return sizes(rng, 8000, 1)


def normal(fan_in, fan_out, rng, variance):
    return np.sqrt(variance) * rng.normal(size=(fan_in, fan_out))


@exercise.mistake(caught_by=rules.spread)
def forgets_what_the_relu_takes(fan_in, fan_out, rng):
    """Your variance is 1/fan_in. It would keep values without a bend; a ReLU takes half of the mean square away, at
    every layer."""
    return normal(fan_in, fan_out, rng, 1 / fan_in)


@exercise.mistake(caught_by=rules.spread)
def counts_the_outputs(fan_in, fan_out, rng):
    """Your variance is 2/fan_out. How many terms does the sum have that makes one pre-activation?"""
    return normal(fan_in, fan_out, rng, 2 / fan_out)


@exercise.mistake(caught_by=rules.spread)
def is_still_a_compromise(fan_in, fan_out, rng):
    """Your variance is that of `xavier_init`. Here only the way forward counts, and a ReLU stands in it."""
    return normal(fan_in, fan_out, rng, 2 / (fan_in + fan_out))


@exercise.mistake(caught_by=rules.spread)
def doubles_the_compromise(fan_in, fan_out, rng):
    """Your variance is twice that of `xavier_init`: right about the ReLU, but only where as much comes in as goes
    out. The sum that makes a pre-activation goes over the inputs alone."""
    return normal(fan_in, fan_out, rng, 4 / (fan_in + fan_out))


@exercise.mistake(caught_by=rules.spread)
def takes_variance_for_deviation(fan_in, fan_out, rng):
    """You multiply by the variance. Numbers that are multiplied by s have s² times the variance: its root is
    missing."""
    return 2 / fan_in * rng.normal(size=(fan_in, fan_out))


@exercise.mistake(caught_by=rules.spread)
def doubles_the_deviation(fan_in, fan_out, rng):
    """Your standard deviation is twice 1/√fan_in, which makes the variance 4/fan_in. The two belongs under the
    root."""
    return normal(fan_in, fan_out, rng, 4 / fan_in)


@exercise.mistake(caught_by=rules.spread)
def takes_deviation_for_limit(fan_in, fan_out, rng):
    """Your uniform draw goes as far as the standard deviation should be. A uniform draw between -a and a has a
    variance of only a²/3: go farther."""
    a = np.sqrt(2 / fan_in)
    return rng.uniform(-a, a, size=(fan_in, fan_out))


@exercise.mistake(caught_by=rules.spread)
def takes_limit_for_deviation(fan_in, fan_out, rng):
    """Your variance is three times the right one: 6/fan_in stands under the root of a uniform draw's *limit*. A
    normal draw is multiplied by its standard deviation."""
    return normal(fan_in, fan_out, rng, 6 / fan_in)


@exercise.mistake(caught_by=rules.centred)
def draws_positive_numbers(fan_in, fan_out, rng):
    """All your weights are positive: `rng.random`, and `rng.uniform` with one limit, start at 0. The mean must be
    0."""
    return rng.random(size=(fan_in, fan_out)) * np.sqrt(6 / fan_in)


@exercise.mistake(caught_by=rules.spread)
def leaves_them_as_drawn(fan_in, fan_out, rng):
    """Your weights have variance 1, whatever the sizes are. Sums of many such numbers are large."""
    return rng.normal(size=(fan_in, fan_out))


@exercise.mistake(caught_by=rules.spread)
def forgets_the_sizes(fan_in, fan_out, rng):
    """Your weights are as small whatever the sizes are. How large a sum becomes depends on how many terms it has."""
    return 0.01 * rng.normal(size=(fan_in, fan_out))


@exercise.mistake(caught_by=rules.spread)
def goes_to_one_over_the_root(fan_in, fan_out, rng):
    """Your uniform draw goes from -1/√fan_in to 1/√fan_in, as some libraries do where nobody says otherwise. Its
    variance is 1/(3 fan_in): a third of what would keep the size of values even without a bend."""
    a = 1 / np.sqrt(fan_in)
    return rng.uniform(-a, a, size=(fan_in, fan_out))


@exercise.mistake(caught_by=rules.shapes)
def turns_it_over(fan_in, fan_out, rng):
    """Your `w` has a row for each output. In `x @ w`, rows of `w` belong to inputs."""
    return normal(fan_out, fan_in, rng, 2 / fan_in)


@exercise.mistake(caught_by=rules.returns)
def draws_from_elsewhere(fan_in, fan_out, rng):
    """You draw from NumPy's own generator, which everybody shares. Draw from the `rng` that you are given, so that a
    run can be repeated."""
    return np.sqrt(2 / fan_in) * np.random.randn(fan_in, fan_out)


@exercise.mistake(caught_by=rules.returns)
def makes_its_own_generator(fan_in, fan_out, rng):
    """You make a generator of your own, so all layers of the same size would get the same weights. Draw from the
    `rng` that you are given."""
    return np.sqrt(2 / fan_in) * np.random.default_rng(0).normal(size=(fan_in, fan_out))
