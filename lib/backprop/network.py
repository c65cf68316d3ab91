"""Layers put in a row: scores forward, and the gradient of every parameter from one sweep back.

First the network of lessons 03 and 04 as one function, then instruments for deep ones, then networks to train. These
keep parameters by name, as views into one long vector, and are built of whatever functions they are given: `clear`, all
pairs of this library; `backprop.fast`; or any object that has the learner's own as attributes. Pairs that it has not are
taken from `clear`.
"""

from inspect import signature
from types import SimpleNamespace
from typing import Callable, NamedTuple

import numpy as np

from backprop import activations, attention, conv, init, layers, losses, norm, optim, recurrent, residual
from backprop.activations import relu_backward, relu_forward
from backprop.layers import affine_backward, affine_forward
from backprop.losses import softmax_loss

__all__ = [
    "ARMS",
    "MLP",
    "CharRNN",
    "ConvNet",
    "DeepMLP",
    "Network",
    "clear",
    "depth_profile",
    "mean_cosine",
    "two_layer_loss",
    "two_layer_scores",
]

_MODULES = (activations, attention, conv, init, layers, losses, norm, optim, recurrent, residual)
clear = SimpleNamespace(**{name: getattr(module, name) for module in _MODULES for name in module.__all__})


def two_layer_scores(x, params):
    """Scores of a network with one hidden layer: affine, ReLU, affine.

    x (N, D...), params w1 (D, H), b1 (H,), w2 (H, C), b2 (C,)  ->  scores (N, C).
    """
    out, _ = affine_forward(x, params["w1"], params["b1"])
    hidden, _ = relu_forward(out)
    scores, _ = affine_forward(hidden, params["w2"], params["b2"])
    return scores


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


def depth_profile(x, ws, dout, activation):
    """What becomes of signals and gradients on their way through layers h -> activation(h w).

    x (N, D), ws a list of L weights, dout (shape of the last output), activation a name such as "tanh" or a pair
    (forward, backward)  ->  rms, gradient_norm, cosine, each (L+1,): of x and of every layer's output.

    rms: root of the mean square of all entries. gradient_norm: norm of the gradient of sum(last output * dout) with
    respect to the same. cosine: see `mean_cosine`. Raises AttributeError for an activation that the library has not.
    """
    if isinstance(activation, str):
        activation = getattr(clear, f"{activation}_forward"), getattr(clear, f"{activation}_backward")
    forward, backward = activation
    outs, caches, douts = [x], [], [dout]
    for w in ws:
        out, cache = forward(outs[-1] @ w)
        outs.append(out)
        caches.append(cache)
    for w, cache in zip(reversed(ws), reversed(caches)):
        douts.append(backward(douts[-1], cache) @ w.T)
    rms = [np.sqrt(np.mean(h**2)) for h in outs]
    gradient_norm = [np.linalg.norm(d) for d in reversed(douts)]
    return np.array(rms), np.array(gradient_norm), np.array([mean_cosine(h) for h in outs])


def mean_cosine(h):
    """How alike the rows of h are: the mean, over all pairs of different rows, of the cosine between them.

    h (N, D...)  ->  cosine, from -1/(N - 1) to 1: 1 means that nothing tells the examples apart any more. Rows of zeros
    have cosine 0 with all. Not a number where N is 1.
    """
    # The sum over all pairs, those of a row with itself among them, is the squared norm of the sum of the unit rows.
    rows = h.reshape(len(h), -1)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    units = rows / np.where(norms > 0, norms, 1)
    pairs = len(h) * (len(h) - 1)
    return (np.square(units.sum(axis=0)).sum() - np.square(units).sum()) / pairs if pairs else np.nan


class Layer(NamedTuple):
    """A pair that knows its parameters: forward(x) -> (out, cache), backward(dout, cache) -> dx."""

    forward: Callable
    backward: Callable


def _pair(kind, functions):
    """The functions kind_forward and kind_backward, which may be called fast or naive, of `functions` or else `clear`."""
    for owner in (functions, clear):
        for suffix in ("", "_fast", "_naive"):
            names = [f"{kind}_{way}{suffix}" for way in ("forward", "backward")]
            if all(hasattr(owner, name) for name in names):
                return tuple(getattr(owner, name) for name in names)
    raise AttributeError(f"there is no {kind}_forward with its {kind}_backward")


def _in_row(layers, skip=False, scale=1.0):
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

    params, grads: dictionaries of arrays, views into the vectors `weights` and `gradient`, so that an optimiser can step
    all of them at once. Subclasses fill `layers`.
    """

    def __init__(self, params, functions=clear, dtype=float):
        self.functions, self.layers, self.bn_params, self._wants_dx = functions, [], [], False
        self.weights = np.concatenate([np.ravel(p) for p in params.values()]).astype(dtype)
        self.gradient = np.zeros_like(self.weights)
        self.params, self.grads = (_views(vector, params) for vector in (self.weights, self.gradient))

    def scores(self, x):
        """Scores of the examples x, with batch norm in test mode."""
        return self._forward(x, "test")[0][-1]

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
        """One step downhill: update(w, dw, config) on all parameters at once. Returns the loss before it, and config."""
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
        return getattr(self.functions, "softmax_loss", softmax_loss)(scores, y)

    def _layer(self, pair, *names, settings=(), first=False):
        """The pair with the parameters of these names; what its backward finds for them goes into `grads`."""
        forward, backward = _pair(pair, self.functions) if isinstance(pair, str) else pair
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


class MLP(Network):
    """Affine layers with an activation between them. sizes: D, the hidden layers, C. Parameters w1, b1, w2, b2, …"""

    def __init__(self, sizes, functions=clear, activation="relu", init=init.he_init, rng=0, dtype=float):
        super().__init__(_weights(sizes, init, np.random.default_rng(rng)), functions, dtype)
        bend = self._layer(activation)
        self.layers = [self._affine(1, first=True)]
        for i in range(2, len(sizes)):
            self.layers += [bend, self._affine(i)]


# fmt: off
ARMS = {  # the five arms of the ablation: switches of DeepMLP
    "plain":                   {},
    "batch norm":              {"batch_norm": True},
    "residual":                {"residual": True},
    "scaled residual":         {"residual": True, "scaled": True},
    "batch norm and residual": {"batch_norm": True, "residual": True},
}
# fmt: on


class DeepMLP(Network):
    """A first affine layer, `depth` blocks with one affine layer each, and a last affine layer to the scores.

    sizes (D, width of all blocks, C). Parameters w1, b1, w2, b2, … and of batch norm gamma2, beta2, …

    A block is h -> relu(h w + b). batch_norm: h -> relu(bn(h w + b)). residual: h plus that. scaled: h plus that over
    sqrt(depth). Sources: batch norm, Ioffe and Szegedy (2015); the skip, He and others (2016); the scale, De and Smith
    (2020).
    """

    def __init__(
        self, sizes, depth, batch_norm=False, residual=False, scaled=False, functions=clear, rng=0, dtype=float
    ):
        D, width, C = sizes
        params = _weights([D, *[width] * (depth + 1), C], init.he_init, np.random.default_rng(rng))
        if batch_norm:
            for i in range(2, depth + 2):
                params |= {f"gamma{i}": np.ones(width), f"beta{i}": np.zeros(width)}
        super().__init__(params, functions, dtype)
        scale = depth**-0.5 if scaled else 1.0
        bend = self._layer("relu")
        self.layers = [self._affine(1, first=True)]
        for i in range(2, depth + 2):
            branch = [self._affine(i), *([self._batchnorm(i)] if batch_norm else []), bend]
            self.layers.append(_in_row(branch, residual, scale))
        self.layers.append(self._affine(depth + 2))


class ConvNet(Network):
    """Twice a convolution with 3 by 3 windows, the largest of each 2 by 2 pixels, and ReLU; then an affine layer.

    shape (C, H, W) of a picture, H and W multiples of 4; filters of the two convolutions; classes. The ReLU comes after
    the pooling: the largest is the same, and there is a quarter of the work.
    """

    def __init__(self, shape, filters=(8, 16), classes=10, functions=clear, rng=0, dtype=float):
        (C, H, W), (F, G), rng = shape, filters, np.random.default_rng(rng)
        shapes = [(F, C, 3, 3), (G, F, 3, 3), (G * (H // 4) * (W // 4), classes)]
        params = {}
        for i, shape in enumerate(shapes, 1):
            fan_in, out = (shape[0], shape[1]) if i == 3 else (np.prod(shape[1:]), shape[0])
            params[f"w{i}"] = np.sqrt(2 / fan_in) * rng.normal(size=shape)
            params[f"b{i}"] = np.zeros(out)
        super().__init__(params, functions, dtype)
        pool = self._layer("max_pool", settings=[{"pool_height": 2, "pool_width": 2, "stride": 2}])
        for i in (1, 2):
            conv = self._layer("conv", f"w{i}", f"b{i}", settings=[{"stride": 1, "pad": 1}], first=i == 1)
            self.layers += [conv, pool, self._layer("relu")]
        self.layers.append(self._affine(3))


class CharRNN(Network):
    """What comes next: characters to vectors, a recurrent layer, at every time an affine layer to scores.

    V characters, as integers below V, D numbers for each, H hidden units. x (N, T), y (N, T): the characters that come
    next, or below 0 where nothing counts.
    """

    def __init__(self, V, D=16, H=64, functions=clear, rng=0, dtype=float):
        rng = np.random.default_rng(rng)
        params = {"W": rng.normal(size=(V, D)), "Wx": init.xavier_init(D, H, rng), "Wh": init.xavier_init(H, H, rng)}
        params |= {"b": np.zeros(H), "w_out": init.xavier_init(H, V, rng), "b_out": np.zeros(V)}
        super().__init__(params, functions, dtype)
        self.layers = [
            self._layer(self._look_up(), "W"),
            self._layer(self._through_time(H), "Wx", "Wh", "b"),
            self._layer("temporal_affine", "w_out", "b_out"),
        ]

    def _look_up(self):
        forward, backward = _pair("word_embedding", self.functions)
        return forward, lambda dout, cache: (None, backward(dout, cache))  # characters have no gradient

    def _through_time(self, H):
        forward, backward = _pair("rnn", self.functions)

        def back(dh, cache):
            dx, _, *weights = backward(dh, cache)  # the state before the first is no parameter
            return dx, *weights

        return lambda x, *weights: forward(x, np.zeros((len(x), H), x.dtype), *weights), back

    def _input(self, x):
        return np.asarray(x)

    def _score(self, scores, y):
        counts = np.asarray(y) >= 0
        return recurrent.temporal_softmax_loss(scores, np.where(counts, y, 0), counts)

    def sample(self, start, length, rng):
        """Characters drawn one after the other from what the network thinks comes next, beginning with `start`."""
        text = [start]
        while len(text) < length:
            p = losses.softmax(self.scores(np.array([text]))[0, -1:])[0]
            text.append(int(rng.choice(len(p), p=p / p.sum())))
        return text


def _weights(sizes, init, rng):
    """w1, b1, w2, b2, … for affine layers of these sizes."""
    params = {}
    for i, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:]), 1):
        params |= {f"w{i}": init(fan_in, fan_out, rng), f"b{i}": np.zeros(fan_out)}
    return params


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
