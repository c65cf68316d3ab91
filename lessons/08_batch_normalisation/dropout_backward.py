"""Leave some out, at random.

`dropout_forward(x, dropout_param)` returns `(out, cache)`. In `dropout_param`, `p` is the probability of *keeping* an entry, `mode` is
`"train"` or `"test"`, and `seed` fixes what is dropped. Training keeps each entry by itself with probability p and sets the others to 0; what
is kept grows by 1/p, so that on average nothing changes. Testing changes nothing.

Draw with `np.random.default_rng(dropout_param["seed"])`. Any way to draw is judged by what comes out; with this one, mistakes have names.
`dropout_backward(dout, cache)` returns `dx`, in training and in testing; `cache` is `(dropout_param, mask)` or what your forward keeps.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import norm

FAIR = 5  # standard deviations that a share may be away from p
MANY = 500  # entries, of which a share can be told


def given(draw, out):
    """Whatever was dropped: what is kept is x/p, about a share of p is, and dx follows from it."""
    x, param = draw.inputs["x"], draw.inputs["dropout_param"]
    if out.shape != x.shape or not np.isfinite(out).all() or param["mode"] == "test":
        return {}
    p, mask = param["p"], out != 0
    expected = dict(out=np.where(mask, x / p, 0), dx=np.where(mask, draw.dout / p, 0))
    if x.size < MANY or not rules.close(out, expected["out"]):
        return expected
    if 0 < mask.mean() < 1 and min(np.unique(mask, axis=axis).shape[axis] for axis in (0, 1)) < 2:
        return "out: all rows, or all columns, lose the same entries; each entry is to be drawn by itself"
    if abs(mask.mean() - p) > FAIR * np.sqrt(p * (1 - p) / x.size):
        return f"out: a share of {mask.mean():.2f} is kept; expected about {p:g} (p is the probability of keeping)"
    return expected


exercise = Exercise(
    writes=["dropout_forward", "dropout_backward"],
    reference=norm,
    points=dict(out=2, dx=1),
    minutes=12,
    tier="more",
    given=given,
    help=[
        "A number drawn evenly from 0 to 1 is below p with probability p. Compare a whole array of them, of the shape of `x`, with p.",
        "Where kept, `out` is x/p, and where not, 0: `out` is `x` times a mask of 0 and 1/p. Which mask belongs into the way back?",
        "An example with other numbers: p = 0.25, x = 3, 8, and the second is kept: out = 0, 32. If dout = 5, 7 arrives, dx = 0, 28.",
    ],
)


def drawn(rng, *shape, p, mode="train"):
    x = rng.normal(size=shape)
    return dict(x=x + np.sign(x), dropout_param=dict(p=p, mode=mode, seed=int(rng.integers(10**6))))


@exercise.case
def ordinary(rng):
    return drawn(rng, 6, 5, p=0.6)


@exercise.case
def testing(rng):
    return drawn(rng, 3, 4, p=0.6, mode="test")


@exercise.case
def batch_of_one(rng):
    return drawn(rng, 1, 40, p=0.7)


@exercise.case
def many_entries(rng):
    return drawn(rng, 40, 50, p=0.3)


def by(x, param, mask):
    """`out` and cache, with this mask in training."""
    return (x * 1, (dict(param), None)) if param["mode"] == "test" else (x * mask, (dict(param), mask))


def even(x, param):
    return np.random.default_rng(param["seed"]).random(x.shape)


@exercise.mistake(caught_by=rules.outputs, stands_for="dropout_forward")
def does_not_scale(x, dropout_param):
    """What is kept stays as large as it was, so on average a share of `1 - p` is missing, and testing sees larger numbers than training did.
    What is kept grows by 1/p."""
    return by(x, dropout_param, (even(x, dropout_param) < dropout_param["p"]) * 1.0)


@exercise.mistake(caught_by=rules.outputs, stands_for="dropout_forward")
def drops_with_p(x, dropout_param):
    """You take p for the probability of *dropping*. Here, as in the paper, it is that of keeping."""
    q = 1 - dropout_param["p"]
    return by(x, dropout_param, (even(x, dropout_param) < q) / q)


@exercise.mistake(caught_by=rules.outputs, stands_for="dropout_forward")
def scales_by_what_is_dropped(x, dropout_param):
    """You keep a share of p, and let it grow by 1/(1 − p). To make up for what is missing, it grows by one over the share that is
    *kept*."""
    p = dropout_param["p"]
    return by(x, dropout_param, (even(x, dropout_param) < p) / (1 - p))


@exercise.mistake(caught_by=rules.returns, stands_for="dropout_forward")
def keeps_the_others(x, dropout_param):
    """You divide by p and keep the entries whose number is *above* p: a share of 1 − p."""
    return by(x, dropout_param, (even(x, dropout_param) > dropout_param["p"]) / dropout_param["p"])


@exercise.mistake(caught_by=rules.returns, stands_for="dropout_forward")
def draws_gaussians(x, dropout_param):
    """Your numbers are drawn from a Gaussian, and one of them is below p more often than p. An even draw from 0 to 1 is wanted."""
    drawn = np.random.default_rng(dropout_param["seed"]).standard_normal(x.shape)
    return by(x, dropout_param, (drawn < dropout_param["p"]) / dropout_param["p"])


@exercise.mistake(caught_by=rules.returns, stands_for="dropout_forward")
def drops_whole_columns(x, dropout_param):
    """One draw for each column, used in every row: all examples lose the same features. Each entry is drawn by itself; the mask has the shape
    of `x`."""
    drawn = np.random.default_rng(dropout_param["seed"]).random(x.shape[1])
    return by(x, dropout_param, np.broadcast_to((drawn < dropout_param["p"]) / dropout_param["p"], x.shape))


@exercise.mistake(caught_by=rules.outputs, stands_for="dropout_forward")
def drops_when_tested(x, dropout_param):
    """Testing drops as well. There everybody is present: `out` is `x`."""
    return by(x, dict(dropout_param, mode="train"), (even(x, dropout_param) < dropout_param["p"]) / dropout_param["p"])


@exercise.mistake(caught_by=rules.outputs, stands_for="dropout_forward")
def scales_when_tested(x, dropout_param):
    """In test mode you multiply by p. That belongs to the other form, which does not scale in training; here training has done it already."""
    if dropout_param["mode"] == "test":
        return x * dropout_param["p"], (dict(dropout_param), None)
    return by(x, dropout_param, (even(x, dropout_param) < dropout_param["p"]) / dropout_param["p"])


@exercise.mistake(caught_by=rules.outputs, stands_for="dropout_forward")
def drops_nothing(x, dropout_param):
    """Training changes nothing: nothing is dropped."""
    return x * 1, (dict(dropout_param), None)


@exercise.mistake(caught_by=rules.gradients)
def passes_everything(dout, cache):
    """Your `dx` is `dout` itself. What was dropped moved nothing, and what was kept moved by 1/p."""
    return dout


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_scale(dout, cache):
    """On the way back your mask is 0 and 1. Forward it was 0 and 1/p: what was kept is multiplied by the same on both ways."""
    _, mask = cache
    return dout * (1 if mask is None else mask != 0)


@exercise.mistake(caught_by=rules.gradients)
def scales_twice(dout, cache):
    """You divide by p once more: the mask holds 1/p already."""
    param, mask = cache
    return dout * (1 if mask is None else mask / param["p"])


@exercise.mistake(caught_by=rules.runs)
def forgets_the_test(dout, cache):
    """In test mode there is no mask, and yours is used all the same. Nothing was dropped there: `dx` is `dout`."""
    return dout * cache[1]
