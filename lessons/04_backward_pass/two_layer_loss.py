"""Put it together: the gradient of a whole network.

The network is affine, ReLU, affine, softmax. `params` is a dictionary with `w1`, `b1`, `w2` and
`b2`. Return `(loss, grads)`, where `grads` has the same keys. Call the functions that you have
written; where one of them is wrong, this exercise is also judged with right ones in their place,
so that an error costs once.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import network
from backprop.activations import relu_backward, relu_forward
from backprop.layers import affine_backward, affine_forward
from backprop.losses import softmax_loss

exercise = Exercise(
    writes=["two_layer_loss"],
    reference=network,
    points=dict(loss=1, dw1=2, db1=1, dw2=1, db2=1),
    minutes=12,
    kind="function",
    uses=["affine_forward", "relu_forward"],
    parts=dict(affine_backward=affine_backward, relu_backward=relu_backward, softmax_loss=softmax_loss),
    help=[
        "Write the forward pass first, one line for each layer, and give each cache a name of its own.",
        "Go back in the opposite order. `softmax_loss` gives you the gradient of the scores: that is the `dout` "
        "of the second affine layer.",
        "Each backward returns the gradient of its input. Hand it on as the `dout` of the layer before. The last "
        "one, the gradient of `x`, is not asked for.",
    ],
)


def drawn(rng, n, d, h, c):
    """A batch and a network, far enough from zero to matter."""
    d = (d,) if isinstance(d, int) else d
    params = dict(
        w1=rng.normal(size=(np.prod(d), h)), b1=rng.normal(size=h), w2=rng.normal(size=(h, c)), b2=rng.normal(size=c)
    )
    return dict(x=rng.normal(size=(n, *d)), y=rng.integers(c, size=n), params=params)


@exercise.case
def ordinary(rng):
    return drawn(rng, 6, 4, 5, 3)


@exercise.case
def batch_of_one(rng):
    return drawn(rng, 1, 3, 6, 2)


@exercise.case
def images(rng):
    return drawn(rng, 4, (2, 3), 5, 4)


@exercise.case
def square(rng):
    return drawn(rng, 4, 4, 4, 4)


@exercise.derivation
def by_matrices(x, y, params):
    rows, w2 = x.reshape(len(x), -1), params["w2"]
    out = rows @ params["w1"] + params["b1"]
    hidden = np.maximum(0, out)
    scores = hidden @ w2 + params["b2"]
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    right = np.eye(scores.shape[1])[y]
    loss = -(right * np.log(p)).sum() / len(x)
    dscores = (p - right) / len(x)
    dhidden = dscores @ w2.T
    dout = dhidden * (out > 0)
    return loss, dict(w1=rows.T @ dout, b1=dout.sum(axis=0), w2=hidden.T @ dscores, b2=dscores.sum(axis=0))


def forward(x, params):
    out, first = affine_forward(x, params["w1"], params["b1"])
    hidden, middle = relu_forward(out)
    scores, last = affine_forward(hidden, params["w2"], params["b2"])
    return scores, first, middle, last


@exercise.mistake(caught_by=rules.gradients)
def goes_around_the_relu(x, y, params):
    """The gradients of the first layer are wrong, those of the second right: on the way back you went around the
    ReLU. Where its input was negative it stopped the value, and it stops the gradient too."""
    scores, first, middle, last = forward(x, params)
    loss, dscores = softmax_loss(scores, y)
    dhidden, dw2, db2 = affine_backward(dscores, last)
    _, dw1, db1 = affine_backward(dhidden, first)
    return loss, dict(w1=dw1, b1=db1, w2=dw2, b2=db2)


@exercise.mistake(caught_by=rules.outputs)
def bends_the_scores(x, y, params):
    """You sent the scores through a ReLU as well. Scores may be negative; a class that the network thinks
    unlikely needs that. The ReLU belongs between the two affine layers."""
    scores, first, middle, last = forward(x, params)
    bent, cache = relu_forward(scores)
    loss, dbent = softmax_loss(bent, y)
    dhidden, dw2, db2 = affine_backward(relu_backward(dbent, cache), last)
    _, dw1, db1 = affine_backward(relu_backward(dhidden, middle), first)
    return loss, dict(w1=dw1, b1=db1, w2=dw2, b2=db2)


@exercise.mistake(caught_by=rules.gradients)
def averages_again(x, y, params):
    """All four gradients are too small by the number of rows. `softmax_loss` has divided by it already: its loss is
    a mean, and so is the gradient that it gives you."""
    loss, grads = network.two_layer_loss(x, y, params)
    return loss, {name: gradient / len(x) for name, gradient in grads.items()}


@exercise.mistake(caught_by=rules.returns)
def forgets_the_biases(x, y, params):
    """The gradients of the biases are missing. `affine_backward` returns them as its third value."""
    loss, grads = network.two_layer_loss(x, y, params)
    return loss, dict(w1=grads["w1"], w2=grads["w2"])


@exercise.mistake(caught_by=rules.shapes)
def exchanges_the_layers(x, y, params):
    """The gradients of the two layers stand under each other's names. The way back meets the second layer first."""
    loss, grads = network.two_layer_loss(x, y, params)
    return loss, dict(w1=grads["w2"], b1=grads["b2"], w2=grads["w1"], b2=grads["b1"])


@exercise.mistake(caught_by=rules.gradients)
def descends_already(x, y, params):
    """The gradients have the wrong sign. They point to where the loss grows; the minus belongs to the step that
    an optimiser takes."""
    loss, grads = network.two_layer_loss(x, y, params)
    return loss, {name: -gradient for name, gradient in grads.items()}


@exercise.mistake(caught_by=rules.runs)
def exchanges_the_caches(x, y, params):
    """Each layer's way back was given another layer's cache. On the way back the second layer comes first, with the
    cache of the second layer."""
    scores, first, middle, last = forward(x, params)
    loss, dscores = softmax_loss(scores, y)
    dhidden, dw2, db2 = affine_backward(dscores, first)
    _, dw1, db1 = affine_backward(relu_backward(dhidden, middle), last)
    return loss, dict(w1=dw1, b1=db1, w2=dw2, b2=db2)


@exercise.mistake(caught_by=rules.runs)
def sends_the_loss_back(x, y, params):
    """You sent the loss itself back into the second layer. What goes back is the gradient of the scores, the second
    value that `softmax_loss` returns."""
    scores, first, middle, last = forward(x, params)
    loss, _ = softmax_loss(scores, y)
    dhidden, dw2, db2 = affine_backward(loss, last)
    _, dw1, db1 = affine_backward(relu_backward(dhidden, middle), first)
    return loss, dict(w1=dw1, b1=db1, w2=dw2, b2=db2)


@exercise.mistake(caught_by=rules.returns)
def returns_the_gradients_in_a_row(x, y, params):
    """The gradients are there, one after the other. Put them into a dictionary with the keys of `params`, so that
    a training loop can go through both."""
    loss, grads = network.two_layer_loss(x, y, params)
    return loss, grads["w1"], grads["b1"], grads["w2"], grads["b2"]
