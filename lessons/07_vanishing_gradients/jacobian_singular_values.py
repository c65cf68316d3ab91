"""Measure how much depth stretches a nudge, in every direction.

`x` (D,) is one example, `ws` a list of matrices, `activation` a name, as in `depth_profile`. The Jacobian holds the
slope of every output in every entry of `x`. Return its singular values, largest first: by how much it stretches
nudges, from the most stretched direction to the least.

`np.linalg.svd(a, compute_uv=False)` gives the singular values of `a`. Multiply the layers' Jacobians together on the
way.
"""

from types import SimpleNamespace

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import network
from backprop.training import clear, pair_of

BENDS = ("relu", "tanh", "sigmoid")

exercise = Exercise(
    writes=["jacobian_singular_values"],
    reference=SimpleNamespace(
        **vars(clear), pair_of=pair_of, jacobian_singular_values=network.jacobian_singular_values
    ),
    points=dict(values=4),
    minutes=12,
    tier="more",
    kind="function",
    uses=["pair_of", *(f"{bend}_{way}" for bend in BENDS for way in ("forward", "backward"))],
    help=[
        "Without layers the Jacobian is the identity. Let `jacobian[i, j]` be the slope of the j-th of what you "
        "have in `x[i]`. What does "
        "`h @ w` do to it?",
        "A bend works on each entry alone: it multiplies column j by the slope at entry j. To see the slopes of a "
        "bend, send ones back "
        "through it.",
        "An example with other numbers: x = [1, -1], one layer with w = [[3, 1], [0, 2]] and a ReLU. x w = [3, -1],"
        " so the slopes are "
        "[1, 0], and the Jacobian is [[3, 0], [0, 0]]. The singular values are [3, 0].",
    ],
)


def drawn(rng, sizes, activation, scale):
    """A Jacobian that is not nearly 0."""
    while True:
        x = rng.normal(size=sizes[0])
        ws = [scale * rng.normal(size=s) / np.sqrt(s[0]) for s in zip(sizes, sizes[1:])]
        if network.jacobian_singular_values(x, ws, activation)[1] > 1e-3:
            return dict(x=x, ws=ws, activation=activation)


@exercise.case
def ordinary(rng):
    return drawn(rng, (4, 7, 6), "tanh", 1.3)


@exercise.case
def relu(rng):
    return drawn(rng, (5, 9, 8, 7), "relu", 1.4)


@exercise.case
def sigmoid(rng):
    return drawn(rng, (6, 5, 4), "sigmoid", 3.0)


@exercise.case
def one_layer(rng):
    return drawn(rng, (3, 5), "tanh", 1.2)


@exercise.case
def square(rng):
    return drawn(rng, (6,) * 5, "tanh", 1.8)


@exercise.derivation
def by_tables_of_slopes(x, ws, activation):
    forward, backward = pair_of(activation)
    jacobian = np.eye(x.size)
    for w in ws:
        x, cache = forward(np.dot(x, w))
        slopes = backward(np.ones(x.size), cache)
        jacobian = np.dot(np.dot(jacobian, w), np.diag(slopes))
    return np.linalg.svd(jacobian, compute_uv=False)


def stretched(x, ws, activation, step, read=lambda j: np.linalg.svd(j, compute_uv=False)):
    forward, backward = pair_of(activation)
    h, jacobian = x, np.eye(len(x))
    for w in ws:
        out, cache = forward(h @ w)
        jacobian = step(jacobian, w, backward(np.ones_like(out), cache), out)
        h = out
    return read(jacobian)


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_bends(x, ws, activation):
    """Your Jacobian is the product of the matrices alone. Between them every bend scales a nudge by its slope
    there."""
    return stretched(x, ws, activation, lambda j, w, slopes, out: j @ w)


@exercise.mistake(caught_by=rules.outputs)
def scales_by_what_comes_out(x, ws, activation):
    """You scale by what the bend gives out. A nudge is scaled by its *slope*: send ones back to see it."""
    return stretched(x, ws, activation, lambda j, w, slopes, out: j @ w * out)


@exercise.mistake(caught_by=rules.outputs)
def returns_eigenvalues_of_the_square(x, ws, activation):
    """Your values are the squares of the right ones: eigenvalues of the Jacobian times its transpose. Take their
    roots."""
    return stretched(
        x, ws, activation, lambda j, w, slopes, out: j @ w * slopes, lambda j: np.linalg.svd(j, compute_uv=False) ** 2
    )


@exercise.mistake(caught_by=rules.outputs)
def tells_the_least_first(x, ws, activation):
    """Your values come from the least stretched direction on. The largest should be first."""
    return network.jacobian_singular_values(x, ws, activation)[::-1]


@exercise.mistake(caught_by=rules.outputs)
def multiplies_single_layers(x, ws, activation):
    """You multiply the singular values of the single layers. What one layer stretches most is in general not what the
    next one stretches most: multiply the Jacobians first."""
    forward, backward = pair_of(activation)
    values = np.ones(min(len(x), *(min(w.shape) for w in ws)))
    for w in ws:
        x, cache = forward(x @ w)
        values = values * np.linalg.svd(w * backward(np.ones_like(x), cache), compute_uv=False)[: len(values)]
    return values


@exercise.mistake(caught_by=rules.outputs)
def forgets_to_bend_on_the_way(x, ws, activation):
    """You take slopes on the way back, and leave the bends out of the way forward: so you take them at the wrong
    places. Each layer is given what the one before it has bent."""
    forward, backward = pair_of(activation)
    jacobian, h = np.eye(len(x)), x
    for w in ws:
        h = h @ w
        _, cache = forward(h)
        jacobian = jacobian @ w * backward(np.ones_like(h), cache)
    return np.linalg.svd(jacobian, compute_uv=False)


@exercise.mistake(caught_by=rules.shapes)
def returns_the_largest_alone(x, ws, activation):
    """You return the largest. All of them were asked for."""
    return float(network.jacobian_singular_values(x, ws, activation)[0])


@exercise.mistake(caught_by=rules.shapes)
def returns_the_jacobian(x, ws, activation):
    """You return the Jacobian itself. Its singular values are one step further."""
    return stretched(x, ws, activation, lambda j, w, slopes, out: j @ w * slopes, lambda j: j)
