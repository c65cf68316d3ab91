"""A rate that rises and falls.

Return the learning rate for `step`, which runs from 0 to `steps`. It begins at 0 and rises in a straight line to
`peak`, which it reaches at step `warmup`; from there it falls along half a cosine, and is 0 at step `steps`. Without
a warm-up (`warmup` is 0) it begins at the peak.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import optim

exercise = Exercise(
    writes=["cosine_schedule"],
    reference=optim,
    points=dict(rate=3),
    minutes=6,
    tier="more",
    kind="function",
    help=[
        "Two parts, and `step` says which. Mind that nothing is divided by zero where there is no warm-up.",
        "In the second part, how far is the fall? A share that is 0 at the peak and 1 at the end. The cosine goes from 1 to -1 while "
        "its angle goes from 0 to π.",
        "From 1 to -1 is wanted as from `peak` to 0: add 1, and take half.",
        "An example with other numbers: steps = 10, warmup = 2, peak = 0.6. Step 1 has 0.3, step 2 has 0.6, step 6 is half way down "
        "with 0.3, and step 4 a quarter of the way with 0.6 · (1 + cos(π/4))/2 = 0.512.",
    ],
)


def drawn(rng, step, steps, warmup):
    return dict(step=step, steps=steps, peak=rng.uniform(0.1, 2), warmup=warmup)


@exercise.case
def ordinary(rng):
    return drawn(rng, int(rng.integers(30, 60)), 100, 20)


@exercise.case
def warming_up(rng):
    return drawn(rng, int(rng.integers(3, 17)), 100, 20)


@exercise.case
def one_before_the_peak(rng):
    return drawn(rng, 6, 50, 7)


@exercise.case
def at_the_peak(rng):
    return drawn(rng, 8, 60, 8)


@exercise.case
def without_warm_up(rng):
    return drawn(rng, int(rng.integers(5, 25)), 30, 0)


@exercise.case
def the_first_without_warm_up(rng):
    return drawn(rng, 0, 30, 0)


@exercise.case
def nearly_at_the_end(rng):
    return drawn(rng, 39, 40, 10)


@exercise.derivation
def by_a_square(step, steps, peak, warmup):
    if step < warmup:
        return peak / warmup * step
    return peak * np.cos(np.pi / 2 * (step - warmup) / (steps - warmup)) ** 2


def fall(step, steps, warmup):
    return (step - warmup) / (steps - warmup)


def rise(step, peak, warmup):
    return peak * step / warmup


@exercise.mistake(caught_by=rules.outputs)
def does_not_warm_up(step, steps, peak, warmup):
    """Your rate does not rise: it falls along the cosine from the first step on."""
    return peak * (1 + np.cos(np.pi * step / steps)) / 2


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_warm_up_in_the_fall(step, steps, peak, warmup):
    """Your fall is counted from step 0, so that the rate jumps down behind the peak. The cosine begins where the
    warm-up ends."""
    if step < warmup:
        return rise(step, peak, warmup)
    return peak * (1 + np.cos(np.pi * step / steps)) / 2


@exercise.mistake(caught_by=rules.outputs)
def ends_too_late(step, steps, peak, warmup):
    """Your cosine begins at the peak and still takes `steps` steps, so it is not at 0 in the end. It has what is left
    after the warm-up."""
    if step < warmup:
        return rise(step, peak, warmup)
    return peak * (1 + np.cos(np.pi * (step - warmup) / steps)) / 2


@exercise.mistake(caught_by=rules.outputs)
def falls_in_a_line(step, steps, peak, warmup):
    """Your rate falls in a straight line. A cosine is flat at the top and at the bottom."""
    if step < warmup:
        return rise(step, peak, warmup)
    return peak * (1 - fall(step, steps, warmup))


@exercise.mistake(caught_by=rules.outputs)
def falls_by_a_quarter(step, steps, peak, warmup):
    """Your angle goes to a quarter of a circle: the rate is 0 in the end, but falls fastest there. Half a cosine goes
    from its top to its bottom."""
    if step < warmup:
        return rise(step, peak, warmup)
    return peak * np.cos(np.pi / 2 * fall(step, steps, warmup))


@exercise.mistake(caught_by=rules.outputs)
def falls_below_zero(step, steps, peak, warmup):
    """Your rate follows the bare cosine and goes down to minus the peak: one would walk uphill. Lift it, and take
    half."""
    if step < warmup:
        return rise(step, peak, warmup)
    return peak * np.cos(np.pi * fall(step, steps, warmup))


@exercise.mistake(caught_by=rules.outputs)
def is_twice_as_high(step, steps, peak, warmup):
    """Behind the warm-up your rate is twice what it should be: one plus a cosine reaches 2."""
    if step < warmup:
        return rise(step, peak, warmup)
    return peak * (1 + np.cos(np.pi * fall(step, steps, warmup)))


@exercise.mistake(caught_by=rules.outputs)
def counts_from_one(step, steps, peak, warmup):
    """Your warm-up is one step ahead: at step 0 the rate is to be 0, and the peak comes at step `warmup`, not
    before."""
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (1 + np.cos(np.pi * fall(step, steps, warmup))) / 2


@exercise.mistake(caught_by=rules.outputs)
def takes_degrees(step, steps, peak, warmup):
    """Your angle is in degrees, and NumPy's cosine takes radians: half a circle is π."""
    if step < warmup:
        return rise(step, peak, warmup)
    return peak * (1 + np.cos(180 * fall(step, steps, warmup))) / 2


@exercise.mistake(caught_by=rules.outputs)
def goes_around_twice(step, steps, peak, warmup):
    """Your cosine goes through a whole circle: the rate is 0 half way and back at the peak in the end."""
    if step < warmup:
        return rise(step, peak, warmup)
    return peak * (1 + np.cos(2 * np.pi * fall(step, steps, warmup))) / 2


@exercise.mistake(caught_by=rules.runs)
def divides_by_no_warm_up(step, steps, peak, warmup):
    """Without a warm-up you divide by zero: `warmup` is 0 and stands below a fraction."""
    up = peak * step / warmup
    return min(up, peak * (1 + np.cos(np.pi * max(0.0, fall(step, steps, warmup)))) / 2)


@exercise.mistake(caught_by=rules.outputs)
def warms_up_to_one(step, steps, peak, warmup):
    """Your warm-up rises to 1, whatever `peak` is."""
    if step < warmup:
        return step / warmup
    return peak * (1 + np.cos(np.pi * fall(step, steps, warmup))) / 2
