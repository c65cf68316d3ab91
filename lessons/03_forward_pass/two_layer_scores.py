"""Put the layers in a row: a network with one hidden layer.

The network is affine, ReLU, affine. `params` is a dictionary with `w1` (D, H), `b1` (H,), `w2` (H, C) and `b2` (C,). Return
the scores, (N, C): they are not bent and not turned into probabilities.

Call the functions that you have written, with one line for each layer. Where one of them is wrong, this exercise is also
judged with right ones in their place, so that an error costs once.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import network
from backprop.activations import relu_forward
from backprop.layers import affine_forward
from backprop.losses import softmax

exercise = Exercise(
    writes=["two_layer_scores"],
    reference=network,
    points=dict(scores=3),
    minutes=8,
    kind="function",
    parts=dict(affine_forward=affine_forward, relu_forward=relu_forward),
    help=[
        "Three layers, three lines. What does each line take from the one before it?",
        "`affine_forward` and `relu_forward` return two things each. The second, the cache, is for the way back; here it "
        "is not needed, but it has to be taken off.",
        "Write the shapes beside the lines: (N, D), then (N, H), again (N, H), then (N, C).",
        "An example with other numbers: x = [[1, 2]], w1 = [[1, -1], [1, -1]], b1 = [0, 0], w2 = [[2], [5]], b2 = [1]. The "
        "first layer gives [[3, -3]], the ReLU [[3, 0]], the last layer 3 · 2 + 0 · 5 + 1, so scores = [[7]].",
    ],
)


def drawn(rng, n, d, h, c):
    """A batch and a network, far enough from zero to matter."""
    d = (d,) if isinstance(d, int) else d
    params = dict(
        w1=rng.normal(size=(np.prod(d), h)), b1=rng.normal(size=h), w2=rng.normal(size=(h, c)), b2=rng.normal(size=c)
    )
    return dict(x=rng.normal(size=(n, *d)), params=params)


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
def by_matrices(x, params):
    hidden = np.maximum(0, x.reshape(len(x), -1) @ params["w1"] + params["b1"])
    return hidden @ params["w2"] + params["b2"]


def first(x, params):
    return affine_forward(x, params["w1"], params["b1"])[0]


def last(hidden, params):
    return affine_forward(hidden, params["w2"], params["b2"])[0]


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_relu(x, params):
    """There is no bend in your network. Two affine layers in a row are one affine layer with the product of the two
    matrices: the hidden layer has done nothing."""
    return last(first(x, params), params)


@exercise.mistake(caught_by=rules.outputs)
def bends_the_scores(x, params):
    """None of your scores is negative: there is a ReLU behind the last layer. A class that the network thinks unlikely
    needs a low score."""
    hidden, _ = relu_forward(first(x, params))
    return relu_forward(last(hidden, params))[0]


@exercise.mistake(caught_by=rules.outputs)
def bends_only_the_scores(x, params):
    """Your ReLU stands at the end, behind both affine layers. Its place is between them: there it keeps the two from
    being one."""
    return relu_forward(last(first(x, params), params))[0]


@exercise.mistake(caught_by=rules.outputs)
def bends_the_input(x, params):
    """You sent the input through the ReLU, before the first layer, and nothing between the layers. What is negative in an
    input is part of it; it is the answers of the hidden units that are bent."""
    return last(first(relu_forward(x)[0], params), params)


@exercise.mistake(caught_by=rules.outputs)
def returns_probabilities(x, params):
    """Your rows sum to 1: you have taken the softmax. The scores themselves are asked for; the loss takes scores, for
    good reasons."""
    return softmax(last(relu_forward(first(x, params))[0], params))


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_last_bias(x, params):
    """The bias of the last layer, `b2`, is not in your scores."""
    return relu_forward(first(x, params))[0] @ params["w2"]


@exercise.mistake(caught_by=rules.outputs)
def forgets_the_first_bias(x, params):
    """The bias of the first layer, `b1`, is not in your scores. It says where each hidden unit bends; without it all of
    them bend at the origin."""
    out = x.reshape(len(x), -1) @ params["w1"]
    return last(relu_forward(out)[0], params)


@exercise.mistake(caught_by=rules.outputs)
def forgets_both_biases(x, params):
    """Neither of the two biases is in your scores."""
    return relu_forward(x.reshape(len(x), -1) @ params["w1"])[0] @ params["w2"]


@exercise.mistake(caught_by=rules.shapes)
def stops_at_the_hidden_layer(x, params):
    """You return the hidden layer. What is missing is the last one, which turns H answers into C scores."""
    return relu_forward(first(x, params))[0]


@exercise.mistake(caught_by=rules.shapes)
def names_the_winner(x, params):
    """You return which class wins. The scores themselves are asked for: by how much it wins is what the loss looks at."""
    return last(relu_forward(first(x, params))[0], params).argmax(axis=1)


@exercise.mistake(caught_by=rules.runs)
def exchanges_the_layers(x, params):
    """The two layers are exchanged: `w2` has no rows for the inputs. `w1` is (D, H) and comes first."""
    hidden, _ = relu_forward(last(x, params))
    return first(hidden, params)


@exercise.mistake(caught_by=rules.runs)
def skips_the_first_layer(x, params):
    """The last layer was given `x`, not what came before it. Each line takes what the line above has returned."""
    return last(x, params)


@exercise.mistake(caught_by=rules.runs)
def uses_the_first_layer_twice(x, params):
    """You sent the hidden values through the first layer again. Its weights take inputs; the hidden values belong to `w2`
    and `b2`."""
    return first(relu_forward(first(x, params))[0], params)


@exercise.mistake(caught_by=rules.runs)
def forgets_to_flatten(x, params):
    """This is right where an example has one axis. Your `affine_forward` makes a row of each picture before it multiplies;
    call it, and there is nothing to think of."""
    return np.maximum(0, x @ params["w1"] + params["b1"]) @ params["w2"] + params["b2"]


@exercise.mistake(caught_by=rules.runs)
def unpacks_the_names(x, params):
    """Going through a dictionary gives its keys: what you multiplied by is the word "w1". Ask for a value by its name, in
    square brackets."""
    w1, b1, w2, b2 = params
    return np.maximum(0, x @ w1 + b1) @ w2 + b2


@exercise.mistake(caught_by=rules.runs)
def hands_the_cache_on(x, params):
    """You handed on both things that a layer returns, its output and its cache. Only the output goes into the next
    layer; take the two apart with two names on the left of the `=`."""
    out = affine_forward(x, params["w1"], params["b1"])
    hidden = relu_forward(out)
    return affine_forward(hidden, params["w2"], params["b2"])
