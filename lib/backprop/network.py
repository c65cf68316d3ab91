"""Layers put in a row: scores forward, and the gradient of every parameter from one sweep back."""

from backprop.activations import relu_backward, relu_forward
from backprop.layers import affine_backward, affine_forward
from backprop.losses import softmax_loss

__all__ = ["two_layer_loss"]


def two_layer_loss(x, y, params):
    """Loss and gradients of a network with one hidden layer: affine, ReLU, affine, softmax.

    x (N, D...), y (N,) integer labels, params w1 (D, H), b1 (H,), w2 (H, C), b2 (C,)
    ->  loss (a number), grads: a dictionary with the keys of params, each gradient in the shape of
    the parameter.
    """
    # forward:   x -> out -> hidden -> scores -> loss, keeping each layer's cache
    # backward:  each layer is given what the layer after it sent back, and its own cache
    out, first = affine_forward(x, params["w1"], params["b1"])
    hidden, middle = relu_forward(out)
    scores, last = affine_forward(hidden, params["w2"], params["b2"])
    loss, dscores = softmax_loss(scores, y)

    dhidden, dw2, db2 = affine_backward(dscores, last)
    dout = relu_backward(dhidden, middle)
    _, dw1, db1 = affine_backward(dout, first)
    return loss, {"w1": dw1, "b1": db1, "w2": dw2, "b2": db2}
