"""Training steps, ours and those of the peers: the same network, the same weights, the same data, momentum on all.

Every function ending in `_step` returns a function that takes one step (forward, backward, update) and returns the
loss. PyTorch and HIPS autograd are imported where they are asked for.
"""

from functools import partial

import numpy as np

from backprop import fast, optim
from backprop.network import MLP, ConvNet, DeepMLP
from backprop.tensor import Tensor, softmax_loss

RATE, MOMENTUM, CLASSES = 0.01, 0.9, 10
CONFIG = {"learning_rate": RATE, "momentum": MOMENTUM}


class Case:
    """A network to train: make(functions=, dtype=), a batch of n inputs of a shape, and its twin in PyTorch."""

    def __init__(self, make, n, shape, torch_twin):
        self.make, self.n, self.shape, self.torch_twin = make, n, shape, torch_twin

    def batch(self, dtype):
        rng = np.random.default_rng(1)
        return rng.normal(size=(self.n, *self.shape)).astype(dtype), rng.integers(CLASSES, size=self.n)


def mlp(sizes, n):
    return Case(partial(MLP, sizes), n, sizes[:1], torch_mlp)


def deep(width, depth, n, **arm):
    make = partial(DeepMLP, (64, width, CLASSES), depth, **arm)
    return Case(make, n, (64,), partial(torch_deep, depth=depth, **arm))


def conv(side, n):
    return Case(partial(ConvNet, (1, side, side)), n, (1, side, side), torch_conv)


def our_step(net, x, y, rate=RATE):
    update = fast.sgd_momentum if net.functions is fast else optim.sgd_momentum
    config = CONFIG | {"learning_rate": rate}
    return lambda: net.step(x, y, update, config)[0]


def tensor_step(net, x, y):
    """The network of `net`, an MLP, on the tensor engine."""
    params = [Tensor(p.copy(), requires_grad=True) for p in net.params.values()]
    configs = [dict(CONFIG) for _ in params]

    def step():
        h = x
        for i in range(0, len(params), 2):
            h = h @ params[i] + params[i + 1]
            h = h.relu() if i < len(params) - 2 else h
        loss = softmax_loss(h, y)
        loss.backward()
        for p, config in zip(params, configs):
            fast.sgd_momentum(p.data, p.grad, config)
            p.grad = None
        return float(loss.data)

    return step


def torch_step(model, x, y, channels_last=False, **options):
    """A step of PyTorch in eager mode; options: foreach or fused."""
    import torch

    torch.set_num_threads(1)
    x, y, loss_of = torch.from_numpy(x), torch.from_numpy(y), torch.nn.CrossEntropyLoss()
    if channels_last:
        x, model = (a.to(memory_format=torch.channels_last) for a in (x, model))
    optimiser = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM, **options)

    def step():
        optimiser.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimiser.step()
        return loss.item()

    return step


def torch_affine(net, i):
    """The affine layer number i of `net`, in PyTorch."""
    import torch

    w, b = (torch.from_numpy(net.params[f"{name}{i}"].copy()) for name in "wb")
    layer = torch.nn.Linear(*w.shape, dtype=w.dtype)
    layer.weight.data, layer.bias.data = w.T.contiguous(), b
    return layer


def torch_mlp(net):
    from torch import nn

    count = len(net.params) // 2
    layers = [layer for i in range(1, count + 1) for layer in (torch_affine(net, i), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def torch_deep(net, depth, batch_norm=False, residual=False, scaled=False):
    from torch import nn

    class Skip(nn.Module):
        def __init__(self, branch):
            super().__init__()
            self.branch = branch

        def forward(self, x):
            return x + (self.branch(x) * depth**-0.5 if scaled else self.branch(x))

    blocks = []
    for i in range(2, depth + 2):
        affine = torch_affine(net, i)
        norm = [nn.BatchNorm1d(affine.out_features, dtype=affine.weight.dtype)] if batch_norm else []
        branch = nn.Sequential(affine, *norm, nn.ReLU())
        blocks.append(Skip(branch) if residual else branch)
    return nn.Sequential(torch_affine(net, 1), *blocks, torch_affine(net, depth + 2))


def torch_conv(net, relu_first=True):
    import torch
    from torch import nn

    layers = []
    for i in (1, 2):
        w, b = (torch.from_numpy(net.params[f"{name}{i}"].copy()) for name in "wb")
        layer = nn.Conv2d(w.shape[1], w.shape[0], 3, padding=1, dtype=w.dtype)
        layer.weight.data, layer.bias.data = w, b
        bend = [nn.ReLU(), nn.MaxPool2d(2)]
        layers += [layer, *(bend if relu_first else bend[::-1])]
    return nn.Sequential(*layers, nn.Flatten(), torch_affine(net, 3))


def torch_steps(case, dtype):
    """All variants of PyTorch eager that may be the fastest, by name."""
    net, (x, y) = case.make(dtype=dtype), case.batch(dtype)
    variants = {"default": {}, "foreach": {"foreach": True}, "fused": {"fused": True}}
    steps = {name: torch_step(case.torch_twin(net), x, y, **how) for name, how in variants.items()}
    if x.ndim == 4:
        for name in ("default", "fused"):
            how = variants[name]
            steps[f"{name}, pool first"] = torch_step(torch_conv(net, relu_first=False), x, y, **how)
            steps[f"{name}, channels last"] = torch_step(torch_conv(net), x, y, channels_last=True, **how)
            both = torch_conv(net, relu_first=False)
            steps[f"{name}, channels last, pool first"] = torch_step(both, x, y, channels_last=True, **how)
    return steps


def autograd_step(net, x, y, skip=False):
    """HIPS autograd on the network of `net`, an MLP or a DeepMLP (with skips); momentum in place."""
    import autograd.numpy as anp
    from autograd import value_and_grad

    params = {name: p.copy() for name, p in net.params.items()}
    velocity = {name: np.zeros_like(p) for name, p in params.items()}
    depth, rows = sum(name[0] == "w" for name in params), np.arange(len(y))
    deep = isinstance(net, DeepMLP)

    def block(h, p, i):
        out = anp.dot(h, p[f"w{i}"]) + p[f"b{i}"]
        if f"gamma{i}" in p:
            centred = out - anp.mean(out, axis=0)
            var = anp.mean(centred * centred, axis=0)
            out = p[f"gamma{i}"] * (centred / anp.sqrt(var + 1e-5)) + p[f"beta{i}"]
        last = i == depth or (deep and i == 1)
        return out if last else (h if skip else 0) + anp.maximum(out, 0)

    def loss_of(p):
        h = x
        for i in range(1, depth + 1):
            h = block(h, p, i)
        shifted = h - anp.max(h, axis=1, keepdims=True)
        log_p = shifted - anp.log(anp.sum(anp.exp(shifted), axis=1, keepdims=True))
        return -anp.mean(log_p[rows, y])

    both = value_and_grad(loss_of)

    def step():
        loss, grads = both(params)
        for name, p in params.items():
            v = velocity[name]
            v *= MOMENTUM
            v += grads[name]
            p -= RATE * v
        return float(loss)

    return step


def same_losses(steps, count=4, tolerance=2e-4):
    """Take some steps with each, and see that they find the same losses: else they do not do the same work."""
    found = {name: [float(step()) for _ in range(count)] for name, step in steps.items()}
    first = next(iter(found.values()))
    for name, losses in found.items():
        np.testing.assert_allclose(losses, first, rtol=tolerance, err_msg=f"{name} does not compute the same")
