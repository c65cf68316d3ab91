"""Every number on the way back, by hand.

For the network affine, ReLU, affine, softmax, return a dictionary with the gradient of the loss
with respect to *every* value on the way: `dscores`, `dw2`, `db2`, `dhidden`, `dout`, `dw1`, `db1` and
`dx`. `hidden` is what the ReLU returned and `out` what it was given. Call none of your earlier
functions: write each line out.

The names are compared one by one. A value that follows rightly from a wrong one before it counts.
"""

from types import SimpleNamespace

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import network


def every_gradient(x, y, params):
    """The gradients of all values of a network with one hidden layer.

    x (N, D), y (N,) integer labels, params w1 (D, H), b1 (H,), w2 (H, C), b2 (C,)
    ->  a dictionary with dscores (N, C), dw2, db2, dhidden (N, H), dout (N, H), dw1, db1, dx.
    """
    out = x @ params["w1"] + params["b1"]
    hidden = np.maximum(0, out)
    scores = hidden @ params["w2"] + params["b2"]
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)

    dscores = p.copy()
    dscores[np.arange(len(x)), y] -= 1
    dscores /= len(x)
    dw2 = hidden.T @ dscores
    db2 = dscores.sum(axis=0)
    dhidden = dscores @ params["w2"].T
    dout = dhidden * (out > 0)
    dw1 = x.T @ dout
    db1 = dout.sum(axis=0)
    dx = dout @ params["w1"].T
    return dict(dscores=dscores, dw2=dw2, db2=db2, dhidden=dhidden, dout=dout, dw1=dw1, db1=db1, dx=dx)


def hidden(v):
    return np.maximum(0, v["x"] @ v["params"]["w1"] + v["params"]["b1"])


exercise = Exercise(
    writes=["every_gradient"],
    reference=SimpleNamespace(every_gradient=every_gradient, loss=network.two_layer_loss),
    points=dict(dscores=1, dw2=1, db2=1, dhidden=1, dout=1, dw1=1, db1=1, dx=1),
    minutes=20,
    tier="more",
    kind="stages",
    stages=dict(
        dw2=lambda v: hidden(v).T @ v["dscores"],
        db2=lambda v: v["dscores"].sum(axis=0),
        dhidden=lambda v: v["dscores"] @ v["params"]["w2"].T,
        dout=lambda v: v["dhidden"] * (hidden(v) > 0),
        dw1=lambda v: v["x"].T @ v["dout"],
        db1=lambda v: v["dout"].sum(axis=0),
        dx=lambda v: v["dout"] @ v["params"]["w1"].T,
    ),
    help=[
        "Write the forward pass with a name for every value. The gradients go back through the same names in the "
        "opposite order.",
        "For each name, ask where the value is used. `hidden` is used in the second affine layer, `out` in the ReLU.",
        "Every name has the shape of its value. Print the shapes before you look at the numbers.",
    ],
)


def drawn(rng, n, d, h, c):
    params = dict(w1=rng.normal(size=(d, h)), b1=rng.normal(size=h), w2=rng.normal(size=(h, c)), b2=rng.normal(size=c))
    return dict(x=rng.normal(size=(n, d)), y=rng.integers(c, size=n), params=params)


@exercise.case
def ordinary(rng):
    return drawn(rng, 6, 4, 5, 3)


@exercise.case
def batch_of_one(rng):
    return drawn(rng, 1, 3, 6, 2)


@exercise.case
def many_classes(rng):
    return drawn(rng, 3, 2, 4, 6)


@exercise.case
def square(rng):
    return drawn(rng, 4, 4, 4, 4)


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_mean(x, y, params):
    """Your `dscores` is N times the true one: the loss is a mean over the batch. All that follows is right, given
    that."""
    return {name: gradient * len(x) for name, gradient in every_gradient(x, y, params).items()}


@exercise.mistake(caught_by=rules.outputs)
def goes_around_the_relu(x, y, params):
    """Your `dout` equals your `dhidden`: the ReLU is missing on the way back. Where it stopped the value, it stops
    the gradient."""
    every = every_gradient(x, y, params)
    dout = every["dhidden"]
    return every | dict(dout=dout, dw1=x.T @ dout, db1=dout.sum(axis=0), dx=dout @ params["w1"].T)


@exercise.mistake(caught_by=rules.outputs)
def masks_with_the_gradient(x, y, params):
    """Your `dout` keeps the positive gradients. The ReLU asks for the sign of the value it was given, not for that of
    what comes back."""
    every = every_gradient(x, y, params)
    dout = every["dhidden"] * (every["dhidden"] > 0)
    return every | dict(dout=dout, dw1=x.T @ dout, db1=dout.sum(axis=0), dx=dout @ params["w1"].T)


@exercise.mistake(caught_by=rules.gradients)
def averages_the_biases(x, y, params):
    """Your `db2` and `db1` are means over the batch. A bias was added to every row, and what comes back adds up; the
    mean is in `dscores` already."""
    every = every_gradient(x, y, params)
    return every | dict(db1=every["db1"] / len(x), db2=every["db2"] / len(x))


@exercise.mistake(caught_by=rules.gradients)
def takes_what_the_relu_was_given(x, y, params):
    """Your `dw2` was made of `out`, which the ReLU was given. The second layer was given `hidden`: that is what its
    weights carried."""
    every = every_gradient(x, y, params)
    return every | dict(dw2=(x @ params["w1"] + params["b1"]).T @ every["dscores"])
