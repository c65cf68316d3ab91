"""Normalise a batch, and remember what batches were like.

`batchnorm_forward(x, gamma, beta, bn_param)` returns `(out, cache)`; `bn_param` is a dictionary:

| entry | is | if it is not there |
|---|---|---|
| `mode` | `"train"` or `"test"` | |
| `eps` | added to the variance, inside the root | 1e-5 |
| `momentum` | the share of a running average that is kept | 0.9 |
| `running_mean`, `running_var` | (D,) | zeros |

**Training** normalises each column by its own mean and variance over the batch; the variance divides by N. Then it replaces the two
running entries *in `bn_param`*: momentum times the old one, plus (1 − momentum) times that of this batch. **Testing** normalises
by the running entries, whatever the batch, and leaves them alone.

What `cache` holds is for your own `batchnorm_backward` to read. `x`, `gamma` and `beta` stay as they were.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import norm

exercise = Exercise(
    writes=["batchnorm_forward"],
    reference=norm,
    points=dict(out=4, running_mean=1, running_var=1),
    minutes=15,
    keeps=["x", "gamma", "beta"],
    updates=["bn_param"],
    help=[
        "Write the training half first, one small step a line: the mean of each column, what is left when it is taken "
        "away, the mean of the squares of that, the root, the quotient. Then scale and shift.",
        "Five things of a column are (D,), two are (N, D). Over which axis is a mean taken, so that one number for each "
        "feature is left?",
        "In test mode two of your lines are given instead of computed, and nothing is written into `bn_param`. What remains "
        "is the same; `eps` is too.",
        "An example with other numbers: a column 1, 5 has mean 3 and variance 4. With eps = 0, gamma = 10 and beta = 1, out is "
        "-9, 11. From running_mean 2 and running_var 2, with momentum 0.5, the running entries become 2.5 and 3. The same "
        "column in test mode with these: (1 - 2.5)/√3 = -0.866, so out is -7.66 and 15.43.",
    ],
)


def drawn(rng, n, d, spread=1.0, **bn_param):
    """A batch whose columns have different means and spreads, and running entries that are like no batch."""
    x = 2 * rng.normal(size=d) + spread * (0.5 + rng.random(d)) * rng.normal(size=(n, d))
    kept = dict(running_mean=rng.normal(size=d), running_var=0.5 + rng.random(d))
    return dict(x=x, gamma=1 + 0.5 * rng.normal(size=d), beta=rng.normal(size=d), bn_param=kept | bn_param)


@exercise.case
def training(rng):
    return drawn(rng, 6, 4, mode="train")


@exercise.case
def the_first_batch(rng):
    inputs = drawn(rng, 5, 3)
    return inputs | dict(bn_param=dict(mode="train", momentum=0.6))


@exercise.case
def small_variance_and_large_eps(rng):
    return drawn(rng, 7, 3, spread=0.3, mode="train", eps=0.1, momentum=0.7)


@exercise.case
def testing(rng):
    return drawn(rng, 4, 6, mode="test", eps=0.1, momentum=0.7)


@exercise.case
def testing_one_example(rng):
    return drawn(rng, 1, 5, mode="test")


@exercise.case
def training_on_one_example(rng):
    return drawn(rng, 1, 4, mode="train", momentum=0.8)


@exercise.case
def square(rng):
    return drawn(rng, 5, 5, mode="train")


@exercise.case
def ten_millions_from_zero(rng):
    inputs = drawn(rng, 6, 3, mode="train")
    return inputs | dict(x=1e7 + inputs["x"])


def settings(bn_param, x):
    """eps, momentum and the running entries."""
    zeros = np.zeros(x.shape[1])
    running = bn_param.get("running_mean", zeros), bn_param.get("running_var", zeros)
    return bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9), *running


def remember(bn_param, x, mean, var):
    _, keep, running_mean, running_var = settings(bn_param, x)
    bn_param["running_mean"] = keep * running_mean + (1 - keep) * mean
    bn_param["running_var"] = keep * running_var + (1 - keep) * var


def by(x, mean, sigma, gamma, beta):
    return gamma * (x - mean) / sigma + beta, None


def as_it_should(x, gamma, beta, bn_param):
    return norm.batchnorm_forward(x, gamma, beta, bn_param)


@exercise.mistake(caught_by=rules.outputs)
def never_looks_at_the_mode(x, gamma, beta, bn_param):
    """In test mode, too, you normalise by the batch, and write its statistics into `bn_param`. Then what an example becomes
    depends on who happens to be tested with it; and one that is tested alone becomes `beta`."""
    return as_it_should(x, gamma, beta, dict(bn_param, mode="train"))[0], bn_param.update(_trained(x, bn_param))


def _trained(x, bn_param):
    kept = dict(bn_param)
    remember(kept, x, x.mean(axis=0), x.var(axis=0))
    return kept


@exercise.mistake(caught_by=rules.outputs)
def tests_by_the_batch(x, gamma, beta, bn_param):
    """In test mode you normalise by the batch that is tested. That is the training half; testing goes by the running
    entries, so that an example's answer does not depend on its neighbours."""
    if bn_param["mode"] == "train":
        return as_it_should(x, gamma, beta, bn_param)
    return as_it_should(x, gamma, beta, dict(bn_param, mode="train"))


@exercise.mistake(caught_by=rules.outputs)
def learns_from_the_test(x, gamma, beta, bn_param):
    """Testing moves your running entries. Then the second call with the same batch returns something else than the first,
    and the test examples have been learnt from."""
    out, cache = as_it_should(x, gamma, beta, bn_param)
    if bn_param["mode"] == "test":
        bn_param.update(_trained(x, bn_param))
    return out, cache


@exercise.mistake(caught_by=rules.outputs)
def trains_by_the_running_entries(x, gamma, beta, bn_param):
    """In training you normalise by the running entries. They are kept for testing; in training a batch goes by its own mean
    and variance, through which its gradients return."""
    eps, _, mean, var = settings(bn_param, x)
    if bn_param["mode"] == "train":
        remember(bn_param, x, x.mean(axis=0), x.var(axis=0))
    return by(x, mean, np.sqrt(var + eps), gamma, beta)


@exercise.mistake(caught_by=rules.outputs)
def trains_by_the_new_running_entries(x, gamma, beta, bn_param):
    """In training you normalise by the running entries that you have just renewed. A batch goes by its own mean and variance
    alone; the running ones are for testing."""
    if bn_param["mode"] == "train":
        remember(bn_param, x, x.mean(axis=0), x.var(axis=0))
    eps, _, mean, var = settings(bn_param, x)
    return by(x, mean, np.sqrt(var + eps), gamma, beta)


@exercise.mistake(caught_by=rules.outputs)
def divides_by_n_minus_one(x, gamma, beta, bn_param):
    """Your variance divides by N − 1. Here it is the mean of the squares, over N: the batch is normalised as it is, nothing
    is estimated from it. With one example, yours would be 0/0."""
    if bn_param["mode"] == "test":
        return as_it_should(x, gamma, beta, bn_param)
    mean = x.mean(axis=0)
    with np.errstate(all="ignore"):
        var = np.square(x - mean).sum(axis=0) / (len(x) - 1)
    remember(bn_param, x, mean, var)
    return by(x, mean, np.sqrt(var + settings(bn_param, x)[0]), gamma, beta)


@exercise.mistake(caught_by=rules.outputs)
def keeps_the_other_variance(x, gamma, beta, bn_param):
    """`out` is right, but what you keep in `running_var` divides by N − 1. Some frameworks do so; here both are the same
    variance, over N."""
    out, cache = as_it_should(x, gamma, beta, dict(bn_param))
    if bn_param["mode"] == "train":
        with np.errstate(all="ignore"):
            remember(bn_param, x, x.mean(axis=0), x.var(axis=0) * len(x) / (len(x) - np.float64(1)))
    return out, cache


@exercise.mistake(caught_by=rules.outputs)
def puts_eps_outside_the_root(x, gamma, beta, bn_param):
    """You add `eps` to the root; it is asked for inside, beside the variance. With the usual 1e-5 and an ordinary variance the two
    differ in the sixth digit; with a small variance, by much."""
    eps, _, mean, var = settings(bn_param, x)
    if bn_param["mode"] == "train":
        mean, var = x.mean(axis=0), x.var(axis=0)
        remember(bn_param, x, mean, var)
    return by(x, mean, np.sqrt(var) + eps, gamma, beta)


@exercise.mistake(caught_by=rules.outputs)
def forgets_eps(x, gamma, beta, bn_param):
    """`eps` is nowhere in your `out`. It keeps a column without spread from being divided by 0, a batch of one for example."""
    _, _, mean, var = settings(bn_param, x)
    if bn_param["mode"] == "train":
        mean, var = x.mean(axis=0), x.var(axis=0)
        remember(bn_param, x, mean, var)
    with np.errstate(all="ignore"):
        return by(x, mean, np.sqrt(var), gamma, beta)


@exercise.mistake(caught_by=rules.outputs)
def forgets_eps_in_the_test(x, gamma, beta, bn_param):
    """Training is right; in test mode `eps` is missing. It belongs into both: else the same column with the same statistics becomes
    something else when it is tested."""
    if bn_param["mode"] == "train":
        return as_it_should(x, gamma, beta, bn_param)
    _, _, mean, var = settings(bn_param, x)
    return by(x, mean, np.sqrt(var), gamma, beta)


@exercise.mistake(caught_by=rules.outputs)
def knows_eps_by_heart(x, gamma, beta, bn_param):
    """Your `eps` is always 1e-5. That is for a `bn_param` that does not say; where there is an entry `eps`, it holds."""
    without = {key: value for key, value in bn_param.items() if key != "eps"}
    out, cache = as_it_should(x, gamma, beta, without)
    bn_param.update({key: value for key, value in without.items() if key != "mode"})
    return out, cache


@exercise.mistake(caught_by=rules.outputs)
def knows_the_momentum_by_heart(x, gamma, beta, bn_param):
    """Your momentum is always 0.9. That is for a `bn_param` that does not say; where there is an entry `momentum`, it holds."""
    out, cache = as_it_should(x, gamma, beta, dict(bn_param))
    if bn_param["mode"] == "train":
        before = dict(bn_param, momentum=0.9)
        remember(before, x, x.mean(axis=0), x.var(axis=0))
        bn_param.update(running_mean=before["running_mean"], running_var=before["running_var"])
    return out, cache


@exercise.mistake(caught_by=rules.outputs)
def turns_the_momentum_around(x, gamma, beta, bn_param):
    """Your running entries take most of what the batch brings and keep little of the old: momentum is the share that is *kept*.
    (Some frameworks call the other share by this name.)"""
    out, cache = as_it_should(x, gamma, beta, dict(bn_param))
    if bn_param["mode"] == "train":
        turned = dict(bn_param, momentum=1 - bn_param.get("momentum", 0.9))
        remember(turned, x, x.mean(axis=0), x.var(axis=0))
        bn_param.update(running_mean=turned["running_mean"], running_var=turned["running_var"])
    return out, cache


@exercise.mistake(caught_by=rules.outputs)
def keeps_only_the_last_batch(x, gamma, beta, bn_param):
    """Your running entries are those of the last batch: each one overwrites all that came before. A running average keeps a
    share of the old."""
    out, cache = as_it_should(x, gamma, beta, dict(bn_param))
    if bn_param["mode"] == "train":
        bn_param.update(running_mean=x.mean(axis=0), running_var=x.var(axis=0))
    return out, cache


@exercise.mistake(caught_by=rules.outputs)
def remembers_nothing(x, gamma, beta, bn_param):
    """`out` is right, and `bn_param` is as it was: the new running entries were worked out and dropped, or written into a
    variable of that name. Testing will find nothing there; store them in the dictionary."""
    return as_it_should(x, gamma, beta, dict(bn_param))


@exercise.mistake(caught_by=rules.outputs)
def keeps_the_root_of_the_variance(x, gamma, beta, bn_param):
    """What you keep in `running_var` is the standard deviation. Testing takes the root of it once more."""
    out, cache = as_it_should(x, gamma, beta, dict(bn_param))
    if bn_param["mode"] == "train":
        remember(bn_param, x, x.mean(axis=0), np.sqrt(x.var(axis=0) + settings(bn_param, x)[0]))
    return out, cache


@exercise.mistake(caught_by=rules.outputs)
def takes_the_deviation_for_the_variance(x, gamma, beta, bn_param):
    """Your training has the standard deviation where the variance belongs: the root is taken of it once more, and it is kept
    in `running_var`."""
    eps, _, mean, var = settings(bn_param, x)
    if bn_param["mode"] == "train":
        mean, var = x.mean(axis=0), x.std(axis=0)
        remember(bn_param, x, mean, var)
    return by(x, mean, np.sqrt(var + eps), gamma, beta)


@exercise.mistake(caught_by=rules.outputs)
def begins_with_ones(x, gamma, beta, bn_param):
    """Where `bn_param` has no `running_var` yet, yours begins with ones. Some frameworks do so; here both running entries begin
    with zeros."""
    if "running_var" not in bn_param:
        bn_param["running_var"] = np.ones(x.shape[1])
    return as_it_should(x, gamma, beta, bn_param)


@exercise.mistake(caught_by=rules.outputs)
def normalises_the_rows(x, gamma, beta, bn_param):
    """Your training takes mean and variance along each row: that is layer norm, which gives each *example* mean 0. Batch norm gives
    each *feature* mean 0: it goes down the columns."""
    if bn_param["mode"] == "test":
        return as_it_should(x, gamma, beta, bn_param)
    remember(bn_param, x, x.mean(axis=0), x.var(axis=0))
    mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return by(x, mean, np.sqrt(var + settings(bn_param, x)[0]), gamma, beta)


@exercise.mistake(caught_by=rules.outputs)
def takes_one_mean_for_all(x, gamma, beta, bn_param):
    """Your training takes one mean and one variance of the whole batch, all columns together. Each feature has its own: say along which
    axis."""
    if bn_param["mode"] == "test":
        return as_it_should(x, gamma, beta, bn_param)
    remember(bn_param, x, x.mean() + 0 * gamma, x.var() + 0 * gamma)
    return by(x, x.mean(), np.sqrt(x.var() + settings(bn_param, x)[0]), gamma, beta)


@exercise.mistake(caught_by=rules.outputs)
def divides_by_the_variance(x, gamma, beta, bn_param):
    """You divide by the variance itself. Its unit is the square of that of `x`; what you divide by must be measured like `x`."""
    eps, _, mean, var = settings(bn_param, x)
    if bn_param["mode"] == "train":
        mean, var = x.mean(axis=0), x.var(axis=0)
        remember(bn_param, x, mean, var)
    return by(x, mean, var + eps, gamma, beta)


@exercise.mistake(caught_by=rules.outputs)
def forgets_to_scale_and_shift(x, gamma, beta, bn_param):
    """Your `out` is the normalised batch itself. Two things are left to do: scale by `gamma`, shift by `beta`."""
    return as_it_should(x, np.ones_like(gamma), np.zeros_like(beta), bn_param)


@exercise.mistake(caught_by=rules.outputs)
def forgets_to_shift(x, gamma, beta, bn_param):
    """`beta` is nowhere in your `out`: the columns keep mean 0, whatever the network would like them to have."""
    return as_it_should(x, gamma, np.zeros_like(beta), bn_param)


@exercise.mistake(caught_by=rules.outputs)
def shifts_before_it_scales(x, gamma, beta, bn_param):
    """You shift and then scale, so `gamma` multiplies `beta` as well. Scale first."""
    return as_it_should(x, gamma, gamma * beta, bn_param)


@exercise.mistake(caught_by=rules.outputs)
def forgets_to_take_the_mean_away(x, gamma, beta, bn_param):
    """You divide by the root of the variance, but the mean was never taken away: your columns have spread 1, and are where they
    were."""
    eps, _, _, var = settings(bn_param, x)
    if bn_param["mode"] == "train":
        var = x.var(axis=0)
        remember(bn_param, x, x.mean(axis=0), var)
    return by(x, 0, np.sqrt(var + eps), gamma, beta)


@exercise.mistake(caught_by=rules.outputs)
def squares_before_it_centres(x, gamma, beta, bn_param):
    """Your variance is the mean of the squares minus the square of the mean. On paper that is right; far from zero it is the difference of
    two huge numbers, and rounding is all that is left of it. Take the mean away first, then square."""
    if bn_param["mode"] == "test":
        return as_it_should(x, gamma, beta, bn_param)
    mean = x.mean(axis=0)
    var = np.maximum(np.square(x).mean(axis=0) - np.square(mean), 0)
    remember(bn_param, x, mean, var)
    return by(x, mean, np.sqrt(var + settings(bn_param, x)[0]), gamma, beta)


@exercise.mistake(caught_by=rules.keeps)
def works_in_the_place_of_x(x, gamma, beta, bn_param):
    """All values are right, but `x` has become its own normalised self: the caller's array was written into (`-=`, `/=`). A way
    around this layer would carry the wrong thing."""
    out, cache = as_it_should(x, gamma, beta, bn_param)
    x -= x.mean(axis=0)
    return out, cache


@exercise.mistake(caught_by=rules.returns)
def returns_out_alone(x, gamma, beta, bn_param):
    """Your forward returns `out` without a cache, so nothing is left for the way back: two values are to come out."""
    return as_it_should(x, gamma, beta, bn_param)[0]
