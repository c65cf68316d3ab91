"""Networks to train: layers in a row behind a loss, parameters by name.

A network is built of whatever functions it is given: `clear`, all pairs of this library; the module `fast`; or any
object that has the learner's own as attributes. Pairs that the object has not are taken from `clear`.
"""

from inspect import signature
from types import SimpleNamespace
from typing import Callable, NamedTuple

import numpy as np

from backprop import activations, attention, conv, init, layers, losses, norm, optim, recurrent, residual

__all__ = ["Layer", "Network", "affine_params", "clear", "in_row", "mean_cosine", "pair_of"]

_MODULES = (activations, attention, conv, init, layers, losses, norm, optim, recurrent, residual)
clear = SimpleNamespace(**{name: getattr(module, name) for module in _MODULES for name in module.__all__})


def mean_cosine(h):
    """How alike the rows of h are: the mean, over all pairs of different rows, of the cosine between them.

    h (N, D...)  ->  cosine, from -1/(N - 1) to 1: 1 means that nothing tells the examples apart any more.
    Rows of zeros have cosine 0 with all. Not a number where N is 1.
    """
    # The sum over all pairs, those of a row with itself among them, is the squared norm of the sum of the unit rows.
    rows = h.reshape(len(h), -1)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    units = rows / np.where(norms > 0, norms, 1)
    pairs = len(h) * (len(h) - 1)
    return (np.square(units.sum(axis=0)).sum() - np.square(units).sum()) / pairs if pairs else np.nan


def affine_params(sizes, init, rng, normed=()):
    """Parameters by name: w1, b1, w2, b2, … of affine layers of these sizes, and gamma, beta of those numbered in `normed`."""
    params = {}
    for i, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:]), 1):
        params |= {f"w{i}": init(fan_in, fan_out, rng), f"b{i}": np.zeros(fan_out)}
    for i in normed:
        params |= {f"gamma{i}": np.ones(sizes[i]), f"beta{i}": np.zeros(sizes[i])}
    return params


class Layer(NamedTuple):
    """A pair that knows its parameters: forward(x) -> (out, cache), backward(dout, cache) -> dx."""

    forward: Callable
    backward: Callable


def pair_of(kind, functions=clear):
    """The functions kind_forward and kind_backward (or …_fast, …_naive) of `functions`, or else of `clear`."""
    for owner in (functions, clear):
        for suffix in ("", "_fast", "_naive"):
            names = [f"{kind}_{way}{suffix}" for way in ("forward", "backward")]
            if all(hasattr(owner, name) for name in names):
                return tuple(getattr(owner, name) for name in names)
    raise AttributeError(f"there is no {kind}_forward with its {kind}_backward")


def in_row(layers, skip=False, scale=1.0):
    """Layers as one layer. With a skip it is a residual block: out = x + scale (what they make of x)."""

    def forward(x):
        out, caches = x, []
        for layer in layers:
            out, cache = layer.forward(out)
            caches.append(cache)
        return x + (out if scale == 1 else scale * out) if skip else out, caches

    def backward(dout, caches):
        dx = scale * dout if scale != 1 else dout
        for layer, cache in zip(reversed(layers), reversed(caches)):
            dx = layer.backward(dx, cache)
        return dout + dx if skip else dx

    return Layer(forward, backward)


class Network:
    """Layers in a row behind a loss; parameters by name.

    params, grads: dictionaries of arrays, views into the vectors `weights` and `gradient`, so that an optimiser can
    step all of them at once. Subclasses fill `layers`.
    """

    def __init__(self, params, functions=clear, dtype=float):
        self.functions, self.layers, self.bn_params, self._wants_dx = functions, [], [], False
        self.weights = np.concatenate([np.ravel(p) for p in params.values()]).astype(dtype)
        self.gradient = np.zeros_like(self.weights)
        self.params, self.grads = (_views(vector, params) for vector in (self.weights, self.gradient))

    def scores(self, x, mode="test"):
        """Scores of the examples x. mode: that of batch norm, "test" or "train"."""
        return self._forward(x, mode)[0][-1]

    def loss(self, x, y):
        """The mean loss over a batch, and grads: the dictionary of this network, overwritten by the next call."""
        values, caches = self._forward(x, "train")
        loss, dscores = self._score(values[-1], y)
        self._backward(dscores, caches)
        return loss, self.grads

    def profile(self, x, y):
        """rms, gradient_norm and cosine as in `depth_profile`, of x and of every layer's output, for one batch."""
        outs, douts = self._flow(x, y)
        rms = [np.sqrt(np.mean(np.square(h))) for h in outs]
        return np.array(rms), np.array([np.linalg.norm(d) for d in douts]), np.array([mean_cosine(h) for h in outs])

    def input_gradient(self, x, y):
        """The gradient of the loss of a batch with respect to x: an array in its shape."""
        return self._flow(x, y)[1][0]

    def accuracy(self, x, y):
        """The share of right answers; labels below 0 do not count."""
        return float((self.scores(x).argmax(axis=-1) == y)[np.asarray(y) >= 0].mean())

    def step(self, x, y, update, config):
        """One step downhill, update(w, dw, config) on all parameters at once  ->  the loss before it, config."""
        loss, _ = self.loss(x, y)
        moved, config = update(self.weights, self.gradient, config)
        if moved is not self.weights:
            self.weights[...] = moved
        return loss, config

    def train(self, x, y, epochs=1, size=64, update=None, config=None, rng=0, test=None, progress=True):
        """Go through the examples `epochs` times in shuffled batches of `size`.

        update, config: an optimiser of `backprop.optim` or like it, and its settings; sgd_momentum if left out.
        test: (x, y) to measure the accuracy on after each epoch. progress: show a bar, where tqdm is installed.
        ->  history: a dictionary with the lists loss, one a step, and accuracy, one an epoch.
        """
        update = update or getattr(self.functions, "sgd_momentum", optim.sgd_momentum)
        config, rng, history = dict(config or {}), np.random.default_rng(rng), {"loss": [], "accuracy": []}
        for _ in _bar(epochs, progress):
            for batch in optim.minibatches(x, y, size, rng):
                loss, config = self.step(*batch, update, config)
                history["loss"].append(float(loss))
            if test is not None:
                history["accuracy"].append(self.accuracy(*test))
        return history

    def _forward(self, x, mode):
        for bn_param in self.bn_params:
            bn_param["mode"] = mode
        values, caches = [self._input(x)], []
        for layer in self.layers:
            out, cache = layer.forward(values[-1])
            values.append(out)
            caches.append(cache)
        return values, caches

    def _backward(self, dout, caches):
        gradients = [dout]
        for layer, cache in zip(reversed(self.layers), reversed(caches)):
            gradients.append(layer.backward(gradients[-1], cache))
        return gradients

    def _flow(self, x, y):
        """What every layer received and gave, and the gradients with respect to these, from x to the scores."""
        values, caches = self._forward(x, "train")
        self._wants_dx = True
        try:
            return values, self._backward(self._score(values[-1], y)[1], caches)[::-1]
        finally:
            self._wants_dx = False

    def _input(self, x):
        return np.asarray(x, self.weights.dtype)

    def _score(self, scores, y):
        return getattr(self.functions, "softmax_loss", losses.softmax_loss)(scores, y)

    def _layer(self, pair, *names, settings=(), first=False):
        """The pair with the parameters of these names; what its backward finds for them goes into `grads`."""
        forward, backward = pair_of(pair, self.functions) if isinstance(pair, str) else pair
        values, grads = [self.params[name] for name in names], [self.grads[name] for name in names]
        known = signature(backward).parameters
        skips = first and "need_dx" in known

        def written(dout, cache):  # fast functions are given the room for gradients, and spared dx where nobody asks
            spared = {"need_dx": False} if skips and not self._wants_dx else {}
            return backward(dout, cache, out=grads, **spared)[0]

        def copied(dout, cache):
            dx, *found = backward(dout, cache)
            for grad, new in zip(grads, found, strict=True):
                grad[...] = new
            return dx

        back = (written if "out" in known else copied) if names else backward
        return Layer(lambda x: forward(x, *values, *settings), back)

    def _affine(self, i, first=False):
        return self._layer("affine", f"w{i}", f"b{i}", first=first)

    def _batchnorm(self, i):
        self.bn_params.append({"mode": "train"})
        return self._layer("batchnorm", f"gamma{i}", f"beta{i}", settings=self.bn_params[-1:])


def _views(vector, params):
    """The vector cut up into arrays with the names and shapes of params."""
    views, at = {}, 0
    for name, p in params.items():
        views[name] = vector[at : at + p.size].reshape(p.shape)
        at += p.size
    return views


def _bar(epochs, show):
    """The epochs, with a bar that grows where tqdm is installed."""
    try:
        from tqdm import tqdm
    except ImportError:
        return range(epochs)
    return tqdm(range(epochs), disable=not show, unit="epoch")
