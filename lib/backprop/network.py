"""Layers put in a row: scores forward, and the gradient of every parameter from one sweep back.

First the network of lessons 03 and 04 as one function, and an instrument for deep ones. Then networks to train, built
of whatever functions they are given: `clear`, `fast`, or an object with one's own; see `training`.
"""

import numpy as np

from backprop import init, losses, recurrent
from backprop.activations import relu_backward, relu_forward
from backprop.layers import affine_backward, affine_forward
from backprop.losses import softmax_loss
from backprop.training import Network, affine_params, clear, in_row, mean_cosine, pair_of

__all__ = [
    "ARMS",
    "CharRNN",
    "ConvNet",
    "DeepMLP",
    "MLP",
    "Network",
    "ResidualMLP",
    "clear",
    "depth_profile",
    "gradient_autocorrelation",
    "jacobian_singular_values",
    "mean_cosine",
    "two_layer_loss",
    "two_layer_scores",
]


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

    x (N, D), ws a list of L weights, dout (shape of the last output), activation a name such as "tanh"
    or a pair (forward, backward)
    ->  rms, gradient_norm, cosine, each (L+1,): of x and of every layer's output.

    rms: root of the mean square of all entries. gradient_norm: norm of the gradient of sum(last output *
    dout) with respect to the same. cosine: see `mean_cosine`. Raises AttributeError for an activation that
    the library has not.
    """
    if isinstance(activation, str):
        activation = pair_of(activation)
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


def gradient_autocorrelation(f, xs):
    """How far along a line the slope of f remembers what it was: the autocorrelation of the slopes at xs.

    f (array -> array, entry by entry), xs (n,) evenly spaced  ->  autocorrelation (n,): entry k is the sum over i of
    (g_i - mean)(g_(i+k) - mean), where g_i is the slope at xs[i], over the same sum for k = 0. Not a number where all slopes are
    the same. Source: the question of Balduzzi and others (2017).
    """
    # The slopes are nudged: along a line, a network of ReLUs is straight from corner to corner.
    xs = np.asarray(xs, float)
    g = (f(xs + 1e-5) - f(xs - 1e-5)) / 2e-5
    g = g - g.mean()
    return np.array([g[: len(g) - k] @ g[k:] for k in range(len(g))]) / (g @ g)


def jacobian_singular_values(x, ws, activation):
    """How much layers h -> activation(h w) stretch nudges of one example, from the most stretched direction on.

    x (D,), ws a list of matrices, activation as in `depth_profile`  ->  values (K,), largest first: the
    singular values of the Jacobian of the last output with respect to x. Their number K is that of the
    entries of x or of the output, whichever are fewer.
    """
    # jacobian[i, j] is the slope of output j in x[i]. A layer multiplies it by w from the right, and column j by the
    # slope of the activation at output j.
    if isinstance(activation, str):
        activation = pair_of(activation)
    forward, backward = activation
    out, jacobian = x, np.eye(len(x))
    for w in ws:
        out, cache = forward(out @ w)
        jacobian = jacobian @ w * backward(np.ones_like(out), cache)
    return np.linalg.svd(jacobian, compute_uv=False)


class MLP(Network):
    """Affine layers with an activation between them. sizes: D, the hidden layers, C. Parameters w1, b1, w2, b2, …"""

    def __init__(self, sizes, functions=clear, activation="relu", init=init.he_init, rng=0, dtype=float):
        super().__init__(affine_params(sizes, init, np.random.default_rng(rng)), functions, dtype)
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

    A block is h -> relu(h w + b), or another activation. batch_norm: h -> relu(bn(h w + b)). residual: h plus that.
    scaled: h plus that over sqrt(depth). Sources: batch norm, Ioffe and Szegedy (2015); the skip, He and others (2016);
    the scale, De and Smith (2020).
    """

    def __init__(
        self, sizes, depth, batch_norm=False, residual=False, scaled=False, functions=clear, rng=0, dtype=float,
        activation="relu", init=init.he_init,
    ):  # fmt: skip
        D, width, C = sizes
        sizes, normed = [D, *[width] * (depth + 1), C], range(2, depth + 2) if batch_norm else ()
        params = affine_params(sizes, init, np.random.default_rng(rng), normed)
        super().__init__(params, functions, dtype)
        scale = depth**-0.5 if scaled else 1.0
        bend = self._layer(activation)
        self.layers = [self._affine(1, first=True)]
        for i in range(2, depth + 2):
            branch = [self._affine(i), *([self._batchnorm(i)] if batch_norm else []), bend]
            self.layers.append(in_row(branch, residual, scale))
        self.layers.append(self._affine(depth + 2))


class ResidualMLP(Network):
    """A first affine layer, residual blocks with two affine layers each, and a last affine layer to the scores.

    sizes (D, width of all blocks, C); depth: how many affine layers the blocks have together, an even number. Layers are
    numbered as in a DeepMLP: block k holds w and b of layers 2k and 2k + 1.

    A block is the pair `residual`, or with preact the pair `preact`, in which layer 2k has no b, and gamma, beta of both
    layers stand before their w. scale: what w of layer 2k + 1 is multiplied by before training.
    """

    def __init__(self, sizes, depth, preact=False, scale=1.0, functions=clear, rng=0, dtype=float):
        (D, width, C), seconds = sizes, range(3, depth + 2, 2)
        sizes, normed = [D, *[width] * (depth + 1), C], range(2, depth + 2) if preact else ()
        params = affine_params(sizes, init.he_init, np.random.default_rng(rng), normed)
        for j in seconds:
            params[f"w{j}"] *= scale
            if preact:
                del params[f"b{j - 1}"]
        super().__init__(params, functions, dtype)
        self.layers = [self._affine(1, first=True)]
        for j in seconds:
            self.layers.append(self._preact(j - 1, j) if preact else self._residual(j - 1, j))
        self.layers.append(self._affine(depth + 2))

    def _residual(self, i, j):
        return self._layer("residual", f"w{i}", f"b{i}", f"w{j}", f"b{j}")

    def _preact(self, i, j):
        self.bn_params += [{"mode": "train"}, {"mode": "train"}]
        names = f"gamma{i}", f"beta{i}", f"w{i}", f"gamma{j}", f"beta{j}", f"w{j}", f"b{j}"
        return self._layer("preact", *names, settings=self.bn_params[-2:])


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
        forward, backward = pair_of("word_embedding", self.functions)
        return forward, lambda dout, cache: (None, backward(dout, cache))  # characters have no gradient

    def _through_time(self, H):
        forward, backward = pair_of("rnn", self.functions)

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
