"""Lessons 07 to 09: what becomes of values and gradients on their way through many layers."""

import numpy as np

from backprop import data, init, norm
from backprop.explore.scene import Scene, by, choice, digits, slider
from backprop.explore.widget import show
from backprop.training import clear, mean_cosine

__all__ = ["batchnorm", "depth"]

WIDTH, EXAMPLES, MOST = 64, 32, 100


def depth(activation=None, init=None, x=None):
    """Three instruments by layer, while you turn depth, activation, initialisation, norm and skip.

    activation: your pair (forward, backward), init(fan_in, fan_out, rng) -> w: your own, beside the library's. x (N, 64):
    examples; 32 digits if left out. Shown: the size of the values (rms), of the gradients (norm), and how alike the
    examples have become (mean cosine).
    """
    x = data.digits()[0][:EXAMPLES] - 0.3 if x is None else np.asarray(x, float)
    bends, inits = _bends(activation), _inits(init)
    host = _Deep(x / np.sqrt(np.mean(x**2)), list(bends.values()), list(inits.values()))
    controls = [
        slider("depth", "depth", range(1, MOST + 1), start=49),
        choice("bend", "activation", list(bends)),
        choice("init", "initialisation", list(inits)),
        choice("norm", "norm", ["none", "batch norm"]),
        choice("skip", "skip", ["none", "residual", "scaled by 1/√L"]),
    ]
    across = dict(kind="curves", width=300, height=260, x=[0, MOST], xlabel="layer")
    panels = [
        across | dict(title="size of the gradients (norm)", y="y_gradient", ylog=True, rules=[dict(y="zero")],
                      lines=[dict(y="gradient", x="layers", colour="gradient", weight=3.5)],
                      dots=[dict(x=0, y="first", colour="gradient")]),
        across | dict(title="size of the values (rms)", y="y_rms", ylog=True, rules=[dict(y="zero")],
                      lines=[dict(y="rms", x="layers", colour="value", weight=2.5)]),
        across | dict(title="how alike the examples are (cosine)", y=[-0.1, 1.05],
                      lines=[dict(y="cosine", x="layers", colour="truth", weight=2.5)]),
    ]  # fmt: skip
    arrays, words = host.answer({c["name"]: c["start"] for c in controls})
    text = "{verdict} The gradient at the input is {ratio:gradient} times that at the output; two examples have cosine {alike}."
    caption = "Values, gradients and the variety of examples, layer by layer, before any training."
    asks = ["depth", "bend", "init", "norm", "skip"]
    return show(Scene("Depth", caption, text, controls, panels, arrays | {"zero": 0.0}, words, asks), host)


class _Deep:
    """Runs a deep network forward and back for each position of the controls."""

    def __init__(self, x, bends, inits):
        self.x, self.bends, rng = x, bends, np.random.default_rng(0)
        self.weights = [[make(WIDTH, WIDTH, rng) for _ in range(MOST)] for make in inits]
        self.dout = rng.normal(size=(len(x), WIDTH))
        self.dout /= np.linalg.norm(self.dout)

    def answer(self, knobs):
        number = knobs["depth"] + 1
        weights, bend = self.weights[knobs["init"]][:number], self.bends[knobs["bend"]]
        scale = [None, 1.0, number**-0.5][knobs["skip"]]
        with np.errstate(all="ignore"):
            outs, douts = _run(self.x, weights, bend, knobs["norm"] == 1, scale, self.dout)
            return _instruments(np.stack(outs), np.stack(douts))


def _run(x, weights, bend, normed, scale, dout):
    """h -> bend(bn(h w)), or h plus a share of that; all outputs, and the gradients with respect to them."""
    outs, douts, caches = [x], [dout], []
    for w in weights:
        a, bn = _standardise(outs[-1] @ w) if normed else (outs[-1] @ w, None)
        branch, cache = bend[0](a)
        outs.append(branch if scale is None else outs[-1] + scale * branch)
        caches.append((bn, cache))
    for w, (bn, cache) in zip(reversed(weights), reversed(caches)):
        da = bend[1](douts[-1] if scale is None else scale * douts[-1], cache)
        dx = (_standardise_back(da, *bn) if normed else da) @ w.T
        douts.append(dx if scale is None else douts[-1] + dx)
    return outs, douts[::-1]


# Batch norm at initialisation, gamma 1 and beta 0: the library's keeps running statistics too, which costs a frame here.
def _standardise(a):
    centred = a - a.mean(axis=0)
    sigma = np.sqrt(np.einsum("nd,nd->d", centred, centred) / len(a) + 1e-5)
    xhat = centred / sigma
    return xhat, (xhat, sigma)


def _standardise_back(da, xhat, sigma):
    share = np.einsum("nd,nd->d", da, xhat) / len(da)
    return (da - da.mean(axis=0) - xhat * share) / sigma


def _instruments(outs, douts):
    rms, norms = np.sqrt(np.mean(outs**2, axis=(1, 2))), np.sqrt(np.sum(douts**2, axis=(1, 2)))
    cosine = np.array([mean_cosine(h) for h in outs])
    gradient, values = _log(norms / norms[-1]), _log(rms)
    ratio = float(norms[0] / norms[-1])
    arrays = dict(
        gradient=gradient, rms=values, cosine=cosine, layers=np.arange(len(outs)), ratio=ratio, first=gradient[0],
        alike=cosine[-1], y_gradient=_range(gradient), y_rms=_range(values),
    )  # fmt: skip
    return arrays, dict(verdict=_verdict(ratio, cosine[-1]))


def _log(sizes):
    return np.log10(np.clip(sizes, 1e-300, 1e300))


def _range(logs):
    """At least four decades around 1, so that what does not matter looks flat."""
    return np.array([min(-2.0, logs.min() - 0.5), max(2.0, logs.max() + 0.5)])


def _verdict(ratio, alike):
    size = "vanishes" if ratio < 1e-3 else "explodes" if ratio > 1e3 or not np.isfinite(ratio) else "arrives"
    forgot = " But the layers have forgotten which example is which." if alike > 0.98 and size == "arrives" else ""
    return f"The gradient {size}.{forgot}"


def _bends(own):
    names = ("relu", "tanh", "sigmoid")
    pairs = {name: (getattr(clear, f"{name}_forward"), getattr(clear, f"{name}_backward")) for name in names}
    return ({"yours": own} if own else {}) | pairs


def _inits(own):
    small = lambda fan_in, fan_out, rng: 0.05 * rng.normal(size=(fan_in, fan_out))  # noqa: E731
    return ({"yours": own} if own else {}) | {"small": small, "Xavier": init.xavier_init, "He": init.he_init}


# ----- batch normalisation -----

GAINS = 2.0 ** np.arange(-2, 2.5, 0.5)
BATCHES = [1, 2, 4, 8, 16, 32, 128]
LAYERS, BINS, REACH = 10, 61, 4.0


def batchnorm(forward=norm.batchnorm_forward):
    """What every layer of a tanh network receives, without and with batch norm; then shrink the batch down to one.

    forward(x, gamma, beta, bn_param) -> (out, cache): yours, or the library's. Left, the spread of the inputs of each of
    ten activations. Right, the same example in 40 batches: what it becomes depends on who is in the batch with it.
    """
    spreads, guests, sizes = _spreads(forward)
    controls = [
        choice("norm", "batch norm", ["off", "on"]),
        slider("gain", "scale of the weights", [digits(g) for g in GAINS], start=3),
        slider("batch", "batch size", BATCHES, start=len(BATCHES) - 1),
    ]
    panels = [
        dict(
            kind="bars", width=560, height=320, y=[-REACH, REACH], spread="spread", colour="value", xlabel="layer",
            title="what each activation receives: how its numbers are spread",
        ),
        dict(
            kind="curves", width=340, height=320, x=[0, 40], y=[-3.5, 3.5], xlabel="batch",
            title="one example, one unit of layer 1, in 40 batches",
            lines=[dict(y="guests", x="numbers", colour="value", style="dotted", weight=9)], bare=True,
        ),
    ]  # fmt: skip
    arrays = dict(
        spread=by(spreads, "norm", "gain", "batch"), guests=by(guests, "norm", "gain", "batch"), numbers=np.arange(40) + 0.5,
        size=by(sizes[..., -1], "norm", "gain", "batch"), first=by(sizes[..., 0], "norm", "gain", "batch"),
        wobble=by(guests.std(axis=-1), "norm", "gain", "batch"),
    )  # fmt: skip
    words = dict(verdict=by(_judged(sizes, guests), "norm", "gain", "batch"))
    text = "Spread of the inputs: {first:value} in layer 1, {size:value} in layer 10. The same example wobbles by {wobble} from batch to batch. {verdict}"
    caption = "Batch norm keeps every layer's inputs in the same range; in exchange an example depends on its batch."
    return show(Scene("Batch normalisation", caption, text, controls, panels, arrays, words))


def _spreads(forward):
    """By norm, gain and batch size: histograms (LAYERS, BINS), one example in 40 batches (40,), spreads (LAYERS,)."""
    rng = np.random.default_rng(0)
    digits_x = data.digits()[0]
    x = (digits_x - digits_x.mean(axis=0)) / digits_x.std()
    weights = [rng.normal(size=(WIDTH, WIDTH)) / np.sqrt(WIDTH) for _ in range(LAYERS)]
    batches = [
        [np.vstack([x[:1], x[rng.permutation(len(x) - 1)[: size - 1] + 1]]) for _ in range(40)] for size in BATCHES
    ]
    shape = (2, len(GAINS), len(BATCHES))
    spreads, guests, sizes = np.empty((*shape, LAYERS, BINS)), np.empty((*shape, 40)), np.empty((*shape, LAYERS))
    edges = np.linspace(-REACH, REACH, BINS + 1)
    for n, g, b in np.ndindex(shape):
        seen = list(_inputs(batches[b][0], [GAINS[g] * w for w in weights], forward if n else None))
        spreads[n, g, b] = [np.histogram(a.clip(-REACH, REACH), edges)[0] / a.size for a in seen]
        sizes[n, g, b] = [a.std() for a in seen]
        guests[n, g, b] = _guests(batches[b], GAINS[g] * weights[0][:, :1], forward if n else None)
    return spreads, guests, sizes


def _inputs(h, weights, forward):
    for w in weights:
        a = _normed(h @ w, forward)
        yield a
        h = np.tanh(a)


def _normed(a, forward):
    return forward(a, np.ones(a.shape[1]), np.zeros(a.shape[1]), {"mode": "train"})[0] if forward else a


def _guests(batches, w, forward):
    """What the first example becomes in its first unit, in each batch."""
    return [_normed(batch @ w, forward)[0, 0] for batch in batches] if forward else (batches[0] @ w)[0, 0]


def _judged(sizes, guests):
    """A remark by norm, gain and batch size."""
    last, wobble = sizes[..., -1], guests.std(axis=-1)
    texts = np.where(last < 0.3, "The signal dies out.", np.where(last > 2, "Most units are saturated.", ""))
    texts = np.where(wobble > 0.3, "Who else is in the batch decides what it becomes.", texts)
    alone = sizes[..., 0] < 1e-6
    return np.where(alone, "A batch of one is its own mean: nothing is left of it.", texts)
