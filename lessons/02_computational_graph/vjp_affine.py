"""A whole layer as one link.

For `out = x @ w`, with x (N, D) and w (D, M), `v` (N, M) is what comes back to `out`. Return what it sends on to `x`: the sum, over
all outputs, of what comes back times the partial of that output with respect to the entry of `x`. It is called a
*vector-Jacobian product*, and it needs no Jacobian: never build an array with one entry for each pair of an output and an
input.

Marking also tries a layer whose Jacobian would fill the memory.
"""

from types import SimpleNamespace

import numpy as np

from autograder import rules
from autograder.exercise import Exercise


def vjp_affine(v, w):
    """What comes back to the outputs of x @ w, sent on to x.

    v (N, M), w (D, M)  ->  out (N, D).
    """
    # out[n, m] = sum over d of x[n, d] w[d, m], so the partial of out[n, m] with respect to x[n, d] is w[d, m], and
    # x[n, d] collects v[n, m] w[d, m] over m.
    return v @ w.T


exercise = Exercise(
    writes=["vjp_affine"],
    reference=SimpleNamespace(vjp_affine=vjp_affine),
    points=dict(out=2),
    minutes=8,
    tier="more",
    kind="function",
    help=[
        "Take one row and write `out[m]` as a sum. In which outputs is `x[d]`, and with which partial?",
        "`x[d]` is copied to all outputs, so it collects a sum over the outputs. Which axis of `v` and which of `w` count outputs?",
        "An example with other numbers: w = [[3], [4]], v = [[10]]. The first entry of x was multiplied by 3, so 3 · 10 = 30 comes "
        "back to it, and 4 · 10 = 40 to the second: [[30, 40]].",
    ],
)


def drawn(rng, n, d, m):
    return dict(v=rng.normal(size=(n, m)), w=rng.normal(size=(d, m)))


@exercise.case
def ordinary(rng):
    return drawn(rng, 4, 5, 3)


@exercise.case
def batch_of_one(rng):
    return drawn(rng, 1, 3, 4)


@exercise.case
def square(rng):
    return drawn(rng, 4, 4, 4)


@exercise.case(for_marks_only=True)
def large(rng):
    return drawn(rng, 200, 400, 300)


@exercise.mistake(caught_by=rules.runs)
def multiplies_by_w(v, w):
    """`v` (N, M) cannot be multiplied by `w` (D, M) as it stands; where D = M it can, and is wrong. Forward, `w` sums over the inputs;
    back, the sum runs over the outputs."""
    return v @ w


@exercise.mistake(caught_by=rules.shapes)
def transposes_the_result(v, w):
    """Your result is the right one transposed. What comes back to `x` has the shape of `x`, a row for each example."""
    return w @ v.T


@exercise.mistake(caught_by=rules.outputs)
def ignores_what_comes_back(v, w):
    """Your result does not depend on `v`: it is the sum of the partials alone. Each of them is multiplied by what comes back to its
    output."""
    return np.ones_like(v) @ w.T


@exercise.mistake(caught_by=rules.outputs)
def takes_the_mean(v, w):
    """You divide by the number of outputs. What comes back from them adds up."""
    return v @ w.T / v.shape[1]


@exercise.mistake(caught_by=rules.shapes)
def adds_up_the_batch(v, w):
    """You add up the examples. `w` is shared by them, an entry of `x` is not: it belongs to one example."""
    return (v @ w.T).sum(axis=0)
