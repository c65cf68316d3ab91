"""How long a slope remembers.

`f` takes an array of places and returns its value at each of them; `xs` (n,) are places, evenly spaced. Measure the slope of `f` at
each place, by a nudge of `1e-5` up and one down. Then return, as an array (n,), how the slopes go together with those `k` places
further on, for `k` = 0, 1, …, n − 1:

$$
r_k = \\frac{\\sum_{i} (g_i - \\bar g)(g_{i+k} - \\bar g)}{\\sum_i (g_i - \\bar g)^2},
$$

where $g_i$ is the slope at place $i$ and $\\bar g$ the mean of all slopes. The upper sum runs as far as there are two places; $r_0$ is 1.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import network

exercise = Exercise(
    writes=["gradient_autocorrelation"],
    reference=network,
    points=dict(autocorrelation=3),
    minutes=10,
    kind="takes a function",
    tier="more",
    help=[
        "Two steps: the slopes, one for each place, then their sums of products. `f` takes all places at once, so one line gives all "
        "slopes.",
        "For a given k, the pairs are the slopes without the last k, and the slopes without the first k. For k = 0 these are all and "
        "all; mind that `g[:-0]` is empty.",
        "An example with other numbers: the slopes are 1, 2, 6, with mean 3, so what counts is −2, −1, 3. Their squares add up to 14. "
        "One place further: (−2)(−1) + (−1)(3) = −1; two places: (−2)(3) = −6. So r = [1, −1/14, −6/14].",
    ],
)


@exercise.case
def waves(rng):
    return dict(f="sine", xs=np.linspace(0, 9, 13) + rng.uniform(0, 3))


@exercise.case
def steep(rng):
    return dict(f="cube", xs=np.linspace(-1, 2, 8) + rng.uniform(-0.3, 0.3))


@exercise.case
def growing(rng):
    return dict(f="growth", xs=np.linspace(-2, 1, 6) + rng.uniform(-0.3, 0.3))


@exercise.case
def falling(rng):
    return dict(f="reciprocal", xs=np.linspace(1, 4, 5) + rng.uniform(0, 0.5))


@exercise.case(for_marks_only=True)
def fine(rng):
    return dict(f="sine", xs=np.linspace(-20, 20, 101) + rng.uniform(0, 3))


def slopes_of(f, xs):
    return (f(xs + 1e-5) - f(xs - 1e-5)) / 2e-5


def correlated(g):
    return np.array([g[: len(g) - k] @ g[k:] for k in range(len(g))])


@exercise.derivation
def by_correlate(f, xs):
    g = (f(xs + 1e-5) - f(xs - 1e-5)) / 2e-5
    g = g - g.mean()
    r = np.correlate(g, g, mode="full")[len(g) - 1 :]
    return r / r[0]


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_mean(f, xs):
    """You did not take the mean out of the slopes. A slope that is the same everywhere would then seem to remember everything."""
    r = correlated(slopes_of(f, xs))
    return r / r[0]


@exercise.mistake(caught_by=rules.outputs)
def forgets_to_divide(f, xs):
    """Your sums are right but not divided by the first of them, so they depend on how large the slopes are. $r_0$ has to be 1."""
    g = slopes_of(f, xs)
    return correlated(g - g.mean())


@exercise.mistake(caught_by=rules.outputs)
def takes_values_for_slopes(f, xs):
    """You took the values of `f` where its slopes are wanted."""
    g = f(xs)
    r = correlated(g - g.mean())
    return r / r[0]


@exercise.mistake(caught_by=rules.outputs)
def takes_means_of_pairs(f, xs):
    """You took, for each k, the *mean* over the pairs. The sum above has fewer terms the larger k is, and the one below has all: far
    distances count for less, because little is known of them."""
    g = slopes_of(f, xs)
    r = correlated(g - g.mean()) / np.arange(len(g), 0, -1)
    return r / r[0]


@exercise.mistake(caught_by=rules.outputs)
def goes_in_a_circle(f, xs):
    """The last places meet the first: `np.roll` goes in a circle. The sum ends where there is no place k further on."""
    g = slopes_of(f, xs)
    g = g - g.mean()
    r = np.array([g @ np.roll(g, -k) for k in range(len(g))])
    return r / r[0]


@exercise.mistake(caught_by=rules.shapes)
def returns_both_sides(f, xs):
    """You return the distances to both sides, n − 1 to the left as well. Left and right are the same: begin with k = 0."""
    g = slopes_of(f, xs)
    r = np.correlate(g - g.mean(), g - g.mean(), mode="full")
    return r / r.max()


@exercise.mistake(caught_by=rules.shapes)
def begins_with_one(f, xs):
    """Your first entry is that of k = 1. The array begins with k = 0, whose entry is 1."""
    g = slopes_of(f, xs)
    r = correlated(g - g.mean())
    return (r / r[0])[1:]


@exercise.mistake(caught_by=rules.outputs)
def slopes_from_place_to_place(f, xs):
    """Your slopes are the rises from one place to the next. Nudge at each place by 1e-5: between two places of a deep network there may
    be many corners."""
    g = np.gradient(f(xs), xs)
    r = correlated(g - g.mean())
    return r / r[0]


@exercise.mistake(caught_by=rules.outputs)
def takes_the_sizes(f, xs):
    """Your entries are never negative. Where slopes are opposed to those k places further on, $r_k$ is negative, and that is part of
    the answer."""
    g = slopes_of(f, xs)
    r = correlated(g - g.mean())
    return np.abs(r) / r[0]


@exercise.mistake(caught_by=rules.outputs)
def multiplies_with_the_first_place(f, xs):
    """You compared every slope with the first one. Each of them is compared with the one k places further on, and all these pairs add up."""
    g = slopes_of(f, xs)
    g = g - g.mean()
    return g * g[0] / (g @ g)
