"""The block of very deep networks, forward and back.

`preact_forward(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2)` returns `(out, cache)`, in this order of steps:

    x → batch norm → ReLU → times w1 → batch norm → ReLU → times w2, plus b2 → plus x → out

`preact_backward(dout, cache)` returns `dx`, `dgamma1`, `dbeta1`, `dw1`, `dgamma2`, `dbeta2`, `dw2`, `db2`. The first batch norm is
given `bn_param1`, the second `bn_param2`; hand them on as they are. There is no `b1`: the batch norm behind `w1` would take it out again.

Layers that you have may be called: `affine_…`, `relu_…`, `batchnorm_forward`, `batchnorm_backward` (or `batchnorm_backward_alt`, which
gives the same). Marking also tries one batch of 80,000 numbers.
"""

import numpy as np

from autograder import rules
from autograder.exercise import Exercise
from backprop import residual
from backprop.activations import relu_backward, relu_forward
from backprop.layers import affine_backward, affine_forward
from backprop.norm import batchnorm_backward_alt, batchnorm_forward

exercise = Exercise(
    writes=["preact_forward", "preact_backward"],
    reference=residual,
    points=dict(out=2, dx=3, dgamma1=1, dbeta1=1, dw1=1, dgamma2=1, dbeta2=1, dw2=1, db2=1),
    minutes=15,
    uses=[
        "affine_forward", "affine_backward", "relu_forward", "relu_backward", "batchnorm_forward", "batchnorm_backward",
        "batchnorm_backward_alt",
    ],
    help=[
        "Write the forward as one step a line, and let each step have a cache of its own. The way back is the same lines from "
        "the last to the first.",
        "`h1 @ w1` has no bias. Either it is a matrix product whose way back you write out (two products, as ever), or an affine "
        "layer whose bias is zeros, and its `db` is thrown away.",
        "Each way back takes what the one behind it has returned, and its own cache. Batch norm returns three things; the first "
        "goes on, the other two are asked for. The way around is the last thing to be added, at the very front.",
        "If some gradients are right and others wrong, the last right one on the way back says where you were: `db2`, `dw2`, then "
        "`dbeta2`, `dgamma2`, then `dw1`, then `dbeta1`, `dgamma1`, then `dx`.",
        "An example with other numbers, in test mode with eps = 0, mean 0 and variance 1 everywhere, so that batch norm does "
        "nothing but scale and shift: x = [[3]], gamma1 = [2], beta1 = [-1], w1 = [[4]], gamma2 = [0.5], beta2 = [0], w2 = [[3]], "
        "b2 = [1]. The lines are 5, 5, 20, 10, 10, 31, and out = [[34]]. If dout = [[1]] arrives: dw2 = [[10]], then 3 arrives at "
        "the second norm, dgamma2 = [60], 1.5 goes on, dw1 = [[7.5]], then 6 arrives at the first, dgamma1 = [18], and 12 comes out "
        "of the branch: dx = [[13]].",
    ],
)  # fmt: skip


def drawn(rng, n, d, h, mode="train"):
    normed = [
        {"mode": mode, "eps": eps, "running_mean": rng.normal(size=k), "running_var": 0.5 + rng.random(k)}
        for eps, k in ((0.1, d), (0.3, h))
    ]
    return dict(
        x=1 + 2 * rng.normal(size=(n, d)),
        gamma1=1 + 0.5 * rng.normal(size=d),
        beta1=rng.normal(size=d),
        w1=rng.normal(size=(d, h)),
        gamma2=1 + 0.5 * rng.normal(size=h),
        beta2=rng.normal(size=h),
        w2=rng.normal(size=(h, d)),
        b2=rng.normal(size=d),
        bn_param1=normed[0],
        bn_param2=normed[1],
    )


@exercise.case
def ordinary(rng):
    return drawn(rng, 6, 5, 7)


@exercise.case
def narrow(rng):
    return drawn(rng, 7, 5, 3)


@exercise.case
def in_test_mode(rng):
    return drawn(rng, 5, 4, 8, "test")


@exercise.case
def batch_of_one_in_test_mode(rng):
    return drawn(rng, 1, 6, 12, "test")


@exercise.case
def square(rng):
    return drawn(rng, 5, 5, 5)


@exercise.case
def far_from_zero(rng):
    inputs = drawn(rng, 8, 3, 6)
    return inputs | {"x": 100 + inputs["x"]}


@exercise.case(for_marks_only=True)
def large(rng):
    inputs = drawn(rng, 200, 400, 10)
    return inputs | {"w1": inputs["w1"] / 10, "w2": inputs["w2"] / 10}


@exercise.derivation
def with_a_bias_of_zeros(dout, cache):
    bn1, relu1, h1, w1, bn2, relu2, last = cache
    dh2, dw2, db2 = affine_backward(dout, last)
    da2 = relu_backward(dh2, relu2)
    dproduct, dgamma2, dbeta2 = batchnorm_backward_alt(da2, bn2)
    dh1, dw1, _ = affine_backward(dproduct, (h1, w1, np.zeros(w1.shape[1])))
    da1 = relu_backward(dh1, relu1)
    dbranch, dgamma1, dbeta1 = batchnorm_backward_alt(da1, bn1)
    return dbranch + dout, dgamma1, dbeta1, dw1, dgamma2, dbeta2, dw2, db2


def forward(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2, around=None):
    """The right forward, with another thing to be added in the end."""
    out, cache = residual.preact_forward(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2)
    return (out if around is None else out - x + around(x, cache)), cache


@exercise.mistake(caught_by=rules.outputs, stands_for="preact_forward")
def has_no_way_around(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2):
    """Your `out` is the branch alone. `x`, as it came, is added at the end."""
    return forward(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2, lambda x, cache: 0)


@exercise.mistake(caught_by=rules.outputs, stands_for="preact_forward")
def normalises_the_way_around(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2):
    """What you add at the end is `x` behind its batch norm. Nothing may stand in the way around: what every block rescales, a hundred
    blocks rescale a hundred times."""
    a1, _ = batchnorm_forward(x, gamma1, beta1, dict(bn_param1))
    return forward(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2, lambda x, cache: a1)


@exercise.mistake(caught_by=rules.outputs, stands_for="preact_forward")
def adds_the_bent_input(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2):
    """What you add at the end is what the first ReLU has let through; perhaps a name was used again. `x`, as it came, goes around."""
    return forward(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2, lambda x, cache: cache[2])


@exercise.mistake(caught_by=rules.outputs, stands_for="preact_forward")
def bends_the_sum(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2):
    """A ReLU stands behind your sum. In this block, each bend stands before its matrix, which is what *pre-activation* says."""
    out, cache = forward(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2)
    return np.maximum(0, out), cache


@exercise.mistake(caught_by=rules.outputs, stands_for="preact_forward")
def bends_before_it_normalises(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2):
    """The first two steps are exchanged: you bend and then normalise. Batch norm comes first, so that about half of the units are on, whatever
    `x` is like."""
    h1, bn1 = batchnorm_forward(np.maximum(0, x), gamma1, beta1, bn_param1)
    a2, bn2 = batchnorm_forward(h1 @ w1, gamma2, beta2, bn_param2)
    h2, relu2 = relu_forward(a2)
    branch, last = affine_forward(h2, w2, b2)
    return x + branch, (bn1, h1, h1, w1, bn2, relu2, last)


@exercise.mistake(caught_by=rules.outputs, stands_for="preact_forward")
def forgets_the_first_bend(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2):
    """There is no ReLU between your first batch norm and `w1`."""
    a1, bn1 = batchnorm_forward(x, gamma1, beta1, bn_param1)
    a2, bn2 = batchnorm_forward(a1 @ w1, gamma2, beta2, bn_param2)
    h2, relu2 = relu_forward(a2)
    branch, last = affine_forward(h2, w2, b2)
    return x + branch, (bn1, np.ones_like(a1), a1, w1, bn2, relu2, last)


@exercise.mistake(caught_by=rules.outputs, stands_for="preact_forward")
def forgets_the_second_bend(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2):
    """There is no ReLU between your second batch norm and `w2`."""
    a1, bn1 = batchnorm_forward(x, gamma1, beta1, bn_param1)
    h1, relu1 = relu_forward(a1)
    a2, bn2 = batchnorm_forward(h1 @ w1, gamma2, beta2, bn_param2)
    branch, last = affine_forward(a2, w2, b2)
    return x + branch, (bn1, relu1, h1, w1, bn2, np.ones_like(a2), last)


@exercise.mistake(caught_by=rules.outputs, stands_for="preact_forward")
def forgets_the_second_norm(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2):
    """Your second batch norm is missing: `h w1` goes into the ReLU as it is, at whatever size the first matrix has made it."""
    out, cache = forward(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2)
    return x + np.maximum(0, cache[2] @ w1) @ w2 + b2, cache


@exercise.mistake(caught_by=rules.outputs, stands_for="preact_forward")
def forgets_the_first_norm(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2):
    """Your first batch norm is missing: `x` goes into the ReLU as it came. In a deep network it comes with everything that the blocks
    before have added."""
    _, (bn1, *_) = forward(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, dict(bn_param1), dict(bn_param2))
    h1, relu1 = relu_forward(x)
    a2, bn2 = batchnorm_forward(h1 @ w1, gamma2, beta2, bn_param2)
    h2, relu2 = relu_forward(a2)
    branch, last = affine_forward(h2, w2, b2)
    return x + branch, (bn1, relu1, h1, w1, bn2, relu2, last)


@exercise.mistake(caught_by=rules.outputs, stands_for="preact_forward")
def forgets_the_bias(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2):
    """`b2` is missing: no batch norm stands behind `w2`, so its bias counts."""
    out, cache = forward(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2)
    return out - b2, cache


@exercise.mistake(caught_by=rules.runs, stands_for="preact_forward")
def shares_one_bn_param(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2):
    """Both batch norms were given `bn_param1`. Each keeps running statistics of its own there, D numbers the first and H the second."""
    return residual.preact_forward(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param1)


@exercise.mistake(caught_by=rules.outputs, stands_for="preact_forward")
def always_trains(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2):
    """In test mode your batch norms still look at the batch: the mode in `bn_param1` and `bn_param2` is not handed on. A batch of one would
    be its own mean, and nothing would be left of it."""
    train = [bn_param | {"mode": "train"} for bn_param in (bn_param1, bn_param2)]
    return residual.preact_forward(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, *train)


@exercise.mistake(caught_by=rules.outputs, stands_for="preact_forward")
def forgets_the_settings(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2):
    """You made new settings for the batch norms, with the mode and without the rest: `eps` and the running statistics of `bn_param1` and
    `bn_param2` are lost. Hand the two on as they are."""
    bare = [{"mode": "train"}, {"mode": "train"}]
    return residual.preact_forward(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, *bare)


@exercise.mistake(caught_by=rules.runs, stands_for="preact_forward")
def returns_out_alone(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2):
    """Your forward returns `out` without a cache, and backward has nothing to work with."""
    return residual.preact_forward(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2)[0]


def walked_back(
    dout,
    cache,
    first_relu=True,
    second_relu=True,
    first_norm=batchnorm_backward_alt,
    second_norm=batchnorm_backward_alt,
):
    """The way back through the branch, with steps that may be others."""
    bn1, relu1, h1, w1, bn2, relu2, last = cache
    dh2, dw2, db2 = affine_backward(dout, last)
    da2 = relu_backward(dh2, relu2) if second_relu else dh2
    dproduct, dgamma2, dbeta2 = second_norm(da2, bn2)
    dh1, dw1 = dproduct @ w1.T, h1.T @ dproduct
    da1 = relu_backward(dh1, relu1) if first_relu else dh1
    dbranch, dgamma1, dbeta1 = first_norm(da1, bn1)
    return dbranch, dgamma1, dbeta1, dw1, dgamma2, dbeta2, dw2, db2


def given_statistics(da, bn):
    xhat, sigma, gamma, _ = bn
    return da * gamma / sigma, (da * xhat).sum(axis=0), da.sum(axis=0)


def no_norm(da, bn):
    _, dgamma, dbeta = batchnorm_backward_alt(da, bn)
    return da, dgamma, dbeta


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_way_around(dout, cache):
    """Your `dx` is what comes through the branch alone, everything else is right. `x` was also added to `out` directly."""
    return walked_back(dout, cache)


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_branch(dout, cache):
    """Your `dx` is `dout` itself, everything else is right. What comes out of the first batch norm, at the front of the branch, is added."""
    return np.array(dout), *walked_back(dout, cache)[1:]


@exercise.mistake(caught_by=rules.gradients)
def takes_the_mean_of_both(dout, cache):
    """Your `dx` is half the true one. What comes back on two ways is added, not averaged."""
    dbranch, *others = walked_back(dout, cache)
    return (dout + dbranch) / 2, *others


@exercise.mistake(caught_by=rules.gradients)
def adds_the_way_around_too_early(dout, cache):
    """The way around came into your sum before the first batch norm was passed, so that it, too, was rescaled there. It leaves from `x`
    itself: it is added at the very front."""
    bn1, relu1, h1, w1, *_ = cache
    _, _, _, dw1, *others = walked_back(dout, cache)
    dproduct = batchnorm_backward_alt(relu_backward(affine_backward(dout, cache[6])[0], cache[5]), cache[4])[0]
    dx, dgamma1, dbeta1 = batchnorm_backward_alt(dout + relu_backward(dproduct @ w1.T, relu1), bn1)
    return dx, dgamma1, dbeta1, dw1, *others


@exercise.mistake(caught_by=rules.gradients)
def goes_past_the_first_relu(dout, cache):
    """Down to `dw1` all is right, `dbeta1` is not: between `w1` and the first batch norm stands a ReLU, and you went past it."""
    dbranch, *others = walked_back(dout, cache, first_relu=False)
    return dout + dbranch, *others


@exercise.mistake(caught_by=rules.gradients)
def goes_past_the_second_relu(dout, cache):
    """`dw2` and `db2` are right, `dbeta2` is not: between `w2` and the second batch norm stands a ReLU, and you went past it."""
    dbranch, *others = walked_back(dout, cache, second_relu=False)
    return dout + dbranch, *others


@exercise.mistake(caught_by=rules.gradients)
def goes_past_both_relus(dout, cache):
    """`dw2` and `db2` are right, and nothing before them: you went past both ReLUs on the way back."""
    dbranch, *others = walked_back(dout, cache, first_relu=False, second_relu=False)
    return dout + dbranch, *others


@exercise.mistake(caught_by=rules.gradients)
def goes_past_the_first_norm(dout, cache):
    """All but `dx` is right: what the first ReLU sends back has not gone through the first batch norm."""
    dbranch, *others = walked_back(dout, cache, first_norm=no_norm)
    return dout + dbranch, *others


@exercise.mistake(caught_by=rules.gradients)
def goes_past_the_second_norm(dout, cache):
    """`dgamma2` and `dbeta2` are right, `dw1` is not: what goes on to `w1` has not gone through the second batch norm."""
    dbranch, *others = walked_back(dout, cache, second_norm=no_norm)
    return dout + dbranch, *others


@exercise.mistake(caught_by=rules.gradients)
def bends_behind_the_norm(dout, cache):
    """On the way back you passed each batch norm before its ReLU. Forward, the norm comes first and the ReLU second; the way back meets
    the ReLU first."""
    bn1, relu1, h1, w1, bn2, relu2, last = cache
    dh2, dw2, db2 = affine_backward(dout, last)
    da2, dgamma2, dbeta2 = batchnorm_backward_alt(dh2, bn2)
    dproduct = relu_backward(da2, relu2)
    da1, dgamma1, dbeta1 = batchnorm_backward_alt(dproduct @ w1.T, bn1)
    return dout + relu_backward(da1, relu1), dgamma1, dbeta1, h1.T @ dproduct, dgamma2, dbeta2, dw2, db2


@exercise.mistake(caught_by=rules.gradients)
def counts_the_way_around_twice(dout, cache):
    """`dout` is in your `dx` twice. `x` goes around the branch once."""
    dbranch, *others = walked_back(dout, cache)
    return dbranch + 2 * dout, *others


@exercise.mistake(caught_by=rules.runs)
def multiplies_by_w1(dout, cache):
    """What comes out of the second batch norm, (N, H), cannot be multiplied by `w1` (D, H) as it stands; where D = H it can, and is
    wrong. Forward, `w1` sums over D; the way back sums over H."""
    bn1, relu1, h1, w1, bn2, relu2, last = cache
    dproduct = batchnorm_backward_alt(relu_backward(affine_backward(dout, last)[0], relu2), bn2)[0]
    dbranch, dgamma1, dbeta1 = batchnorm_backward_alt(relu_backward(dproduct @ w1, relu1), bn1)
    return dout + dbranch, dgamma1, dbeta1, *residual.preact_backward(dout, cache)[3:]


@exercise.mistake(caught_by=rules.gradients)
def takes_the_statistics_for_constants(dout, cache):
    """In training you send gradients through batch norm as if its mean and its spread were constants. They were computed from the batch,
    and every example pays a share of them: see lesson 08."""
    dbranch, *others = walked_back(dout, cache, first_norm=given_statistics, second_norm=given_statistics)
    return dout + dbranch, *others


@exercise.mistake(caught_by=rules.gradients)
def forgets_the_bend_in_dw1(dout, cache):
    """Your `dw1` is made of what stood *before* the first ReLU. `w1` was multiplied by what the ReLU let through."""
    dx, dgamma1, dbeta1, _, *others = residual.preact_backward(dout, cache)
    dproduct = batchnorm_backward_alt(relu_backward(affine_backward(dout, cache[6])[0], cache[5]), cache[4])[0]
    return dx, dgamma1, dbeta1, cache[1].T @ dproduct, *others


@exercise.mistake(caught_by=rules.gradients)
def exchanges_gamma_and_beta(dout, cache):
    """The gradients of each gamma and its beta stand under each other's names. Batch norm returns `dx`, `dgamma`, `dbeta`, in this order."""
    dx, dgamma1, dbeta1, dw1, dgamma2, dbeta2, dw2, db2 = residual.preact_backward(dout, cache)
    return dx, dbeta1, dgamma1, dw1, dbeta2, dgamma2, dw2, db2


@exercise.mistake(caught_by=rules.shapes)
def returns_the_last_layer_first(dout, cache):
    """The gradients are there, in the order in which the way back meets them. They come back in the order of the inputs of `preact_forward`."""
    dx, dgamma1, dbeta1, dw1, dgamma2, dbeta2, dw2, db2 = residual.preact_backward(dout, cache)
    return dx, dw2, db2, dgamma2, dbeta2, dw1, dgamma1, dbeta1


@exercise.mistake(caught_by=rules.returns)
def returns_a_db1(dout, cache):
    """You return nine gradients, one of them of a `b1`. This block has none: the batch norm behind `w1` would take it out again, and its
    gradient would be 0 in training."""
    dx, dgamma1, dbeta1, dw1, *others = residual.preact_backward(dout, cache)
    return dx, dgamma1, dbeta1, dw1, np.zeros(dw1.shape[1]), *others


@exercise.mistake(caught_by=rules.gradients)
def descends_already(dout, cache):
    """All gradients have the wrong sign. The minus belongs to the step that an optimiser takes."""
    return tuple(-gradient for gradient in residual.preact_backward(dout, cache))
