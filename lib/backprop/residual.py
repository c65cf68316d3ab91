"""Residual blocks: the input goes around the layers and is added to what they make of it."""

from backprop._shapes import shaped
from backprop.activations import relu_backward, relu_forward
from backprop.layers import affine_backward, affine_forward
from backprop.norm import batchnorm_backward_alt, batchnorm_forward

__all__ = [
    "preact_backward",
    "preact_forward",
    "projection_residual_backward",
    "projection_residual_forward",
    "residual_backward",
    "residual_forward",
    "scaled_residual_backward",
    "scaled_residual_forward",
]


@shaped
def residual_forward(x, w1, b1, w2, b2):
    """Add to x what two layers make of it: out = x + relu(x w1 + b1) w2 + b2.

    x (N, D), w1 (D, H), b1 (H,), w2 (H, D), b2 (D,)  ->  out (N, D), cache (first, middle, last): the
    caches of the affine layer, the ReLU and the affine layer of the branch.

    Raises ValueError for shapes that do not fit. Source: He, Zhang, Ren and Sun (2016).
    """
    a, first = affine_forward(x, w1, b1)
    h, middle = relu_forward(a)
    branch, last = affine_forward(h, w2, b2)
    return x + branch, (first, middle, last)


def residual_backward(dout, cache):
    """Send `dout` back through `residual_forward`.

    dout (N, D), cache (first, middle, last)  ->  dx (N, D), dw1 (D, H), db1 (H,), dw2 (H, D), db2 (D,).
    """
    # x reaches out twice, directly and through the branch: dx is the sum of what returns on both ways.
    # What returns directly is dout itself, whatever the weights are.
    first, middle, last = cache
    dh, dw2, db2 = affine_backward(dout, last)
    dbranch, dw1, db1 = affine_backward(relu_backward(dh, middle), first)
    return dout + dbranch, dw1, db1, dw2, db2


@shaped
def scaled_residual_forward(x, w1, b1, w2, b2, scale):
    """Add to x a share of what two layers make of it: out = x + scale (relu(x w1 + b1) w2 + b2).

    x (N, D), w1 (D, H), b1 (H,), w2 (H, D), b2 (D,), scale a number, such as 1/sqrt(number of blocks) or
    0 to begin with  ->  out (N, D), cache (scale, branch, first, middle, last): branch (N, D), and the
    caches as of `residual_forward`.

    Raises ValueError for shapes that do not fit. Sources: De and Smith (2020); Bachlechner and others
    (2021), who learn the scale.
    """
    a, first = affine_forward(x, w1, b1)
    h, middle = relu_forward(a)
    branch, last = affine_forward(h, w2, b2)
    return x + scale * branch, (scale, branch, first, middle, last)


def scaled_residual_backward(dout, cache):
    """Send `dout` back through `scaled_residual_forward`.

    dout (N, D), cache (scale, branch, first, middle, last)
    ->  dx (N, D), dw1 (D, H), db1 (H,), dw2 (H, D), db2 (D,), dscale (a number).
    """
    # The branch receives scale dout; scale multiplied every entry of the branch, so it collects from all.
    scale, branch, first, middle, last = cache
    dh, dw2, db2 = affine_backward(scale * dout, last)
    dbranch, dw1, db1 = affine_backward(relu_backward(dh, middle), first)
    return dout + dbranch, dw1, db1, dw2, db2, (dout * branch).sum()


@shaped
def projection_residual_forward(x, w1, b1, w2, b2, wp):
    """A block that changes the width, so that a matrix stands in the way around.

    out = x wp + relu(x w1 + b1) w2 + b2

    x (N, D), w1 (D, H), b1 (H,), w2 (H, M), b2 (M,), wp (D, M)  ->  out (N, M), cache (x, wp, first, middle,
    last): the last three as of `residual_forward`.

    Raises ValueError for shapes that do not fit. Source: He, Zhang, Ren and Sun (2016).
    """
    a, first = affine_forward(x, w1, b1)
    h, middle = relu_forward(a)
    branch, last = affine_forward(h, w2, b2)
    return x @ wp + branch, (x, wp, first, middle, last)


def projection_residual_backward(dout, cache):
    """Send `dout` back through `projection_residual_forward`.

    dout (N, M), cache (x, wp, first, middle, last)
    ->  dx (N, D), dw1 (D, H), db1 (H,), dw2 (H, M), db2 (M,), dwp (D, M).
    """
    # As for the identity, but what returns directly is dout wpᵀ; wp is a weight like any other.
    x, wp, first, middle, last = cache
    dh, dw2, db2 = affine_backward(dout, last)
    dbranch, dw1, db1 = affine_backward(relu_backward(dh, middle), first)
    return dout @ wp.T + dbranch, dw1, db1, dw2, db2, x.T @ dout


@shaped
def preact_forward(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2):
    """A block that normalises and bends before each matrix, and leaves the way around untouched.

    out = x + relu(bn(relu(bn(x)) w1)) w2 + b2

    x (N, D), gamma1 (D,), beta1 (D,), w1 (D, H), gamma2 (H,), beta2 (H,), w2 (H, D), b2 (D,), bn_param1 and
    bn_param2 as for `batchnorm_forward`, whose running entries they keep  ->  out (N, D),
    cache (bn1, relu1, h1, w1, bn2, relu2, last): the caches of the layers in order, with h1 (N, D) the
    input of w1.

    There is no b1: batch norm would remove it. Raises ValueError for shapes that do not fit and for
    another mode. Source: He, Zhang, Ren and Sun (2016), Identity Mappings in Deep Residual Networks.
    """
    a1, bn1 = batchnorm_forward(x, gamma1, beta1, bn_param1)
    h1, relu1 = relu_forward(a1)
    a2, bn2 = batchnorm_forward(h1 @ w1, gamma2, beta2, bn_param2)
    h2, relu2 = relu_forward(a2)
    branch, last = affine_forward(h2, w2, b2)
    return x + branch, (bn1, relu1, h1, w1, bn2, relu2, last)


def preact_backward(dout, cache):
    """Send `dout` back through `preact_forward`.

    dout (N, D), cache (bn1, relu1, h1, w1, bn2, relu2, last)
    ->  dx (N, D), dgamma1 (D,), dbeta1 (D,), dw1 (D, H), dgamma2 (H,), dbeta2 (H,), dw2 (H, D), db2 (D,).
    """
    # The branch layer by layer, from the last to the first; then dout, which came around it, is added.
    bn1, relu1, h1, w1, bn2, relu2, last = cache
    dh2, dw2, db2 = affine_backward(dout, last)
    dproduct, dgamma2, dbeta2 = batchnorm_backward_alt(relu_backward(dh2, relu2), bn2)
    dh1, dw1 = dproduct @ w1.T, h1.T @ dproduct
    dx, dgamma1, dbeta1 = batchnorm_backward_alt(relu_backward(dh1, relu1), bn1)
    return dout + dx, dgamma1, dbeta1, dw1, dgamma2, dbeta2, dw2, db2
