"""Draw weights that keep both values and gradients about their size.

Return `w` (fan_in, fan_out), drawn from the generator `rng` with mean 0 and the variance of the compromise above.
Normal or uniform is up to you. What is judged is the mean and the variance of many draws, and that they come from
`rng`.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import init

exercise = Exercise(
    writes=["xavier_init"],
    reference=init,
    points=dict(w=3),
    minutes=6,
    kind="statistics",
    variance=lambda fan_in, fan_out: 2 / (fan_in + fan_out),
    help=[
        "The way forward wants the variance 1/fan_in, the way back 1/fan_out. The compromise turns over, averages, "
        "and turns "
        "back.",
        "`rng.normal(size=…)` has variance 1. If all numbers are multiplied by s, what happens to the variance?",
        "Uniform between -a and a has the variance a²/3.",
        "An example with other numbers: fan_in = 30, fan_out = 70. Wished for are 1/30 and 1/70; their compromise "
        "is 1/50. The standard "
        "deviation is √0.02 = 0.141, and a uniform draw would go from -0.245 to 0.245.",
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
def thinks_of_the_way_forward_alone(fan_in, fan_out, rng):
    """Your variance is 1/fan_in. That keeps the values; the gradients want 1/fan_out, and the two must meet
    halfway."""
    return normal(fan_in, fan_out, rng, 1 / fan_in)


@exercise.mistake(caught_by=rules.spread)
def thinks_of_the_way_back_alone(fan_in, fan_out, rng):
    """Your variance is 1/fan_out. That keeps the gradients; the values want 1/fan_in, and the two must meet
    halfway."""
    return normal(fan_in, fan_out, rng, 1 / fan_out)


@exercise.mistake(caught_by=rules.spread)
def averages_the_wishes(fan_in, fan_out, rng):
    """Your variance is the plain mean of 1/fan_in and 1/fan_out. The larger of the two wins there: with a single
    input, it would not matter how many outputs there are. Average the *sizes*, not what is 1 over them."""
    return normal(fan_in, fan_out, rng, (1 / fan_in + 1 / fan_out) / 2)


@exercise.mistake(caught_by=rules.spread)
def forgets_the_mean_of_the_sizes(fan_in, fan_out, rng):
    """Your variance is half the right one: 1 over the *sum* of the two sizes, where their mean is meant."""
    return normal(fan_in, fan_out, rng, 1 / (fan_in + fan_out))


@exercise.mistake(caught_by=rules.spread)
def takes_variance_for_deviation(fan_in, fan_out, rng):
    """You multiply by the variance. Numbers that are multiplied by s have s² times the variance: its root is
    missing."""
    return 2 / (fan_in + fan_out) * rng.normal(size=(fan_in, fan_out))


@exercise.mistake(caught_by=rules.spread)
def takes_deviation_for_limit(fan_in, fan_out, rng):
    """Your uniform draw goes as far as the standard deviation should be. A uniform draw between -a and a has a
    variance of only a²/3: go farther."""
    a = np.sqrt(2 / (fan_in + fan_out))
    return rng.uniform(-a, a, size=(fan_in, fan_out))


@exercise.mistake(caught_by=rules.spread)
def takes_limit_for_deviation(fan_in, fan_out, rng):
    """Your variance is three times the right one. The root of 6 over the sum of the sizes is the *limit* of the
    uniform draw; a normal draw is multiplied by its standard deviation."""
    return normal(fan_in, fan_out, rng, 6 / (fan_in + fan_out))


@exercise.mistake(caught_by=rules.spread)
def thinks_of_a_relu(fan_in, fan_out, rng):
    """Your variance is 2/fan_in. That is for ReLUs, and comes next; here both sizes count."""
    return normal(fan_in, fan_out, rng, 2 / fan_in)


@exercise.mistake(caught_by=rules.centred)
def draws_positive_numbers(fan_in, fan_out, rng):
    """All your weights are positive: `rng.random`, and `rng.uniform` with one limit, start at 0. The mean must be 0,
    or values pile up from layer to layer."""
    return rng.random(size=(fan_in, fan_out)) * np.sqrt(6 / (fan_in + fan_out))


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


@exercise.mistake(caught_by=rules.spread)
def multiplies_the_sizes(fan_in, fan_out, rng):
    """Your variance is 2 over the *product* of the two sizes. Their mean is what counts, which is half of their
    sum."""
    return normal(fan_in, fan_out, rng, 2 / (fan_in * fan_out))


@exercise.mistake(caught_by=rules.shapes)
def turns_it_over(fan_in, fan_out, rng):
    """Your `w` has a row for each output. In `x @ w`, rows of `w` belong to inputs."""
    return normal(fan_out, fan_in, rng, 2 / (fan_in + fan_out))


@exercise.mistake(caught_by=rules.returns)
def draws_from_elsewhere(fan_in, fan_out, rng):
    """You draw from NumPy's own generator, which everybody shares. Then a run cannot be repeated by giving the same
    `rng`: draw from that."""
    return np.sqrt(2 / (fan_in + fan_out)) * np.random.randn(fan_in, fan_out)


@exercise.mistake(caught_by=rules.returns)
def makes_its_own_generator(fan_in, fan_out, rng):
    """You make a generator of your own, so all layers of the same size would get the same weights. Draw from the
    `rng` that you are given: it goes on from where it stands."""
    return np.sqrt(2 / (fan_in + fan_out)) * np.random.default_rng(0).normal(size=(fan_in, fan_out))


@exercise.mistake(caught_by=rules.spread)
def starts_from_nothing(fan_in, fan_out, rng):
    """Your weights are all zero. Then all units of a layer do the same, and no gradient tells them apart."""
    return np.zeros((fan_in, fan_out))


@exercise.mistake(caught_by=rules.centred)
def draws_one_row(fan_in, fan_out, rng):
    """All rows of your `w` are alike: you drew one number for each output, and not one for each weight."""
    return np.ones((fan_in, 1)) * normal(1, fan_out, rng, 2 / (fan_in + fan_out))
