"""The library against PyTorch, which knows the same layers by other names. Only where it is installed."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from backprop import init, losses, optim, recurrent
from tests.library.table import LOSSES, PAIRS, SIZES, backward, differentiable, forward, inner, upstream


def block(x, w1, b1, w2, b2):
    return F.linear(F.relu(F.linear(x, w1.T, b1)), w2.T, b2)


def norm(x, gamma, beta, param):
    trains, eps = param["mode"] == "train", param.get("eps", 1e-5)
    running = [None if trains else torch.tensor(param[name]) for name in ("running_mean", "running_var")]
    return F.batch_norm(x, *running, gamma, beta, training=trains, eps=eps)


def preact(x, gamma1, beta1, w1, gamma2, beta2, w2, b2, bn_param1, bn_param2):
    inside = F.linear(F.relu(norm(x, gamma1, beta1, bn_param1)), w1.T)
    return x + F.linear(F.relu(norm(inside, gamma2, beta2, bn_param2)), w2.T, b2)


def rnn(x, h0, Wx, Wh, b):
    return torch.rnn_tanh(x, h0[None], (Wx.T, Wh.T, b, 0 * b), True, 1, 0.0, True, False, True)[0]


def lstm(x, h0, Wx, Wh, b):
    i, f, o, g = range(4)
    order = lambda array: torch.cat([array.chunk(4, dim=-1)[k] for k in (i, f, g, o)], dim=-1)  # noqa: E731
    weights = (order(Wx).T, order(Wh).T, order(b), 0 * b)
    return torch.lstm(x, (h0[None], torch.zeros_like(h0[None])), weights, True, 1, 0.0, True, False, True)[0]


def attention(q, k, v, mask):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=None if mask is None else torch.tensor(mask))


# fmt: off
TWINS = {
    "affine":            lambda x, w, b: F.linear(x.flatten(1), w.T, b),
    "relu":              F.relu,
    "leaky_relu":        F.leaky_relu,
    "sigmoid":           torch.sigmoid,
    "tanh":              torch.tanh,
    "elu":               F.elu,
    "softplus":          F.softplus,
    "silu":              F.silu,
    "gelu":              lambda x: F.gelu(x, approximate="tanh"),
    "batchnorm":         norm,
    "batchnorm_alt":     norm,
    "batchnorm, test":   norm,
    "spatial_batchnorm": norm,
    "layernorm":         lambda x, gamma, beta, p: F.layer_norm(x, gamma.shape, gamma, beta, p["eps"]),
    "groupnorm":         lambda x, gamma, beta, G, p: F.group_norm(x, G, gamma, beta, p["eps"]),
    "spatial_groupnorm": lambda x, gamma, beta, G, p: F.group_norm(x, G, gamma.flatten(), beta.flatten(), p["eps"]),
    "residual":          lambda x, *w: x + block(x, *w),
    "scaled_residual":   lambda x, w1, b1, w2, b2, scale: x + scale * block(x, w1, b1, w2, b2),
    "projection":        lambda x, w1, b1, w2, b2, wp: F.linear(x, wp.T) + block(x, w1, b1, w2, b2),
    "preact":            preact,
    "conv":              lambda x, w, b, p: F.conv2d(x, w, b, p["stride"], p["pad"]),
    "conv, no frame":    lambda x, w, b, p: F.conv2d(x, w, b, p["stride"], p["pad"]),
    "conv, stride 2":    lambda x, w, b, p: F.conv2d(x, w, b, p["stride"], p["pad"]),
    "max_pool":          lambda x, p: F.max_pool2d(x, (p["pool_height"], p["pool_width"]), p["stride"]),
    "max_pool, overlap": lambda x, p: F.max_pool2d(x, (p["pool_height"], p["pool_width"]), p["stride"]),
    "word_embedding":    lambda x, W: F.embedding(torch.tensor(x), W),
    "rnn":               rnn,
    "lstm":              lstm,
    "attention":         attention,
    "attention, back":   attention,
}
LOSS_TWINS = {
    "softmax_loss": lambda x, y: F.cross_entropy(x, torch.tensor(y)),
    "svm_loss":     lambda x, y: F.multi_margin_loss(x, torch.tensor(y)) * x.shape[1],
    "mse_loss":     lambda x, y: F.mse_loss(x, torch.tensor(y)),
    "bce_loss":     lambda x, y: F.binary_cross_entropy_with_logits(x, torch.tensor(y)),
}
OPTIMISERS = {
    optim.sgd:          (torch.optim.SGD, {}, {}),
    optim.sgd_momentum: (torch.optim.SGD, {"momentum": 0.9}, {}),
    optim.nesterov:     (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}, {}),
    optim.rmsprop:      (torch.optim.RMSprop, {"alpha": 0.95}, {"decay_rate": 0.95}),
    optim.adam:         (torch.optim.Adam, {"betas": (0.8, 0.95)}, {"beta1": 0.8, "beta2": 0.95}),
    optim.adamw:        (torch.optim.AdamW, {"weight_decay": 0.2}, {"weight_decay": 0.2}),
}
# fmt: on


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", TWINS)
def test_pairs(name, size):
    rng = np.random.default_rng(0)
    inputs = PAIRS[name].draw(rng, *size)
    tensors = {key: torch.tensor(inputs[key], requires_grad=True) for key in differentiable(inputs)}
    theirs = TWINS[name](*(inputs | tensors).values())
    outs, cache = forward(PAIRS[name], inputs)
    douts = upstream(rng, outs)
    np.testing.assert_allclose(outs[0], theirs.detach(), rtol=1e-10, atol=1e-12)
    inner([torch.tensor(douts[0])], [theirs]).backward()
    for grad, tensor in zip(backward(PAIRS[name], douts, cache), tensors.values(), strict=True):
        np.testing.assert_allclose(grad, tensor.grad, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("scale", [1, 1e4])
@pytest.mark.parametrize("name", LOSS_TWINS)
def test_losses(name, scale):
    inputs = LOSSES[name].draw(np.random.default_rng(0), *SIZES[0])
    inputs["x"] = scale * inputs["x"]
    x = torch.tensor(inputs["x"], requires_grad=True)
    theirs = LOSS_TWINS[name](x, inputs["y"])
    theirs.backward()
    loss, dx = LOSSES[name].loss(**inputs)
    assert loss == pytest.approx(theirs.item(), rel=1e-12)
    np.testing.assert_allclose(dx, x.grad, rtol=1e-10, atol=1e-15)


def test_temporal_softmax_loss():
    x, y, mask = LOSSES["temporal_softmax_loss"].draw(np.random.default_rng(0), *SIZES[0]).values()
    each = F.cross_entropy(torch.tensor(x).flatten(0, 1), torch.tensor(y).flatten(), reduction="none")
    assert recurrent.temporal_softmax_loss(x, y, mask)[0] == pytest.approx((each.numpy() * mask.ravel()).sum() / len(x))


def test_softmax():
    x = 100 * np.random.default_rng(0).normal(size=(4, 5))
    np.testing.assert_allclose(losses.softmax(x), F.softmax(torch.tensor(x), dim=1), rtol=1e-12)


@pytest.mark.parametrize("update", OPTIMISERS, ids=lambda f: f.__name__)
def test_optimisers(update):
    rng = np.random.default_rng(0)
    make, settings, config = OPTIMISERS[update]
    w = rng.normal(size=(3, 2))
    tensor = torch.tensor(w, requires_grad=True)
    theirs, config = make([tensor], lr=0.03, **settings), config | {"learning_rate": 0.03}
    for _ in range(20):
        dw = rng.normal(size=w.shape)
        tensor.grad = torch.tensor(dw)
        theirs.step()
        w, config = update(w, dw, config)
        np.testing.assert_allclose(w, tensor.detach(), rtol=1e-9)


def test_clipping():
    grads = {name: np.random.default_rng(0).normal(size=size) for name, size in {"w": (3, 2), "b": (2,)}.items()}
    tensors = {name: torch.zeros(g.shape, dtype=torch.float64) for name, g in grads.items()}
    for name, tensor in tensors.items():
        tensor.grad = torch.tensor(grads[name])
    torch.nn.utils.clip_grad_norm_(tensors.values(), 0.5)
    for name, g in optim.clip_gradients(grads, 0.5).items():
        np.testing.assert_allclose(g, tensors[name].grad, rtol=1e-5)


@pytest.mark.parametrize("ours, theirs", [
    (init.xavier_init, torch.nn.init.xavier_normal_), (init.he_init, torch.nn.init.kaiming_normal_)])  # fmt: skip
def test_init(ours, theirs):
    w = theirs(torch.empty(300, 500, dtype=torch.float64), generator=torch.Generator().manual_seed(0))
    assert ours(500, 300, np.random.default_rng(0)).std() == pytest.approx(w.std().item(), rel=0.02)
