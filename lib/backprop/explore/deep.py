"""Lessons 07 to 09: what becomes of values and gradients on their way through many layers."""

import numpy as np

from backprop import data, init, norm
from backprop.explore.scene import Chosen, Scene, by, choice, digits, slider
from backprop.explore.widget import show
from backprop.training import clear

__all__ = ["batchnorm", "depth"]

WIDTH, EXAMPLES = 64, 16
DEPTHS = [1, 2, 5, 10, 20, 30, 40, 50, 75, 100]


def depth(activation=None, init=None, x=None):
    """Three instruments by layer, while you turn depth, activation, initialisation, norm and skip.

    activation: your pair (forward, backward), init(fan_in, fan_out, rng) -> w: your own, beside the library's. x (N, 64):
    examples; 16 digits if left out. Shown: the size of the values (rms), of the gradients (norm), and how alike the
    examples have become (mean cosine).
    """
    x = data.digits()[0][:EXAMPLES] - 0.3 if x is None else np.asarray(x, float)
    bends, inits = _bends(activation), _inits(init)
    controls = [
        slider("depth", "depth", DEPTHS, start=DEPTHS.index(50)),
        choice("bend", "activation", list(bends)),
        choice("init", "initialisation", list(inits)),
        choice("norm", "norm", ["none", "batch norm"]),
        choice("skip", "skip", ["none", "residual", "scaled by 1/√L"]),
    ]
    across = dict(kind="curves", width=300, height=260, x=[0, DEPTHS[-1]], xlabel="layer")
    panels = [
        across | dict(title="size of the gradients (norm)", y="y_gradient", ylog=True, rules=[dict(y=0)],
                      lines=[dict(y="gradient", colour="gradient", weight=3.5)],
                      dots=[dict(x=0, y="first", colour="gradient")]),
        across | dict(title="size of the values (rms)", y="y_rms", ylog=True, rules=[dict(y=0)],
                      lines=[dict(y="rms", colour="value", weight=2.5)]),
        across | dict(title="how alike the examples are (cosine)", y=[-0.1, 1.05],
                      lines=[dict(y="cosine", colour="truth", weight=2.5)]),
    ]  # fmt: skip
    arrays, words = _profiles(x / np.sqrt(np.mean(x**2)), list(bends.values()), list(inits.values()))
    text = "{verdict} The gradient at the input is {ratio:gradient} times that at the output; two examples have cosine {alike}."
    caption = "Values, gradients and the variety of examples, layer by layer, before any training."
    return show(Scene("Depth", caption, text, controls, panels, arrays, words))


def _profiles(x, bends, inits):
    """The instruments for every position of the controls, as arrays (depth, bend, init, norm, skip, layer)."""
    rng, shape = np.random.default_rng(0), (len(DEPTHS), len(bends), len(inits), 2, 3)
    weights = np.stack([[make(WIDTH, WIDTH, rng) for _ in range(DEPTHS[-1])] for make in inits], axis=1)
    dout = rng.normal(size=x.shape)
    found = np.full((3, *shape, DEPTHS[-1] + 1), np.nan)
    for b, n, s in np.ndindex(len(bends), 2, 3):
        with np.errstate(all="ignore"):
            found[:, :, b, :, n, s] = _run(x, weights, bends[b], n == 1, s, dout / np.linalg.norm(dout))
    return _tables(*found)


def _tables(gradient, rms, cosine):
    knobs, last = ("depth", "bend", "init", "norm", "skip"), np.reshape(DEPTHS, (-1, 1, 1, 1, 1, 1))
    alike = np.take_along_axis(cosine, np.broadcast_to(last, (*cosine.shape[:-1], 1)), axis=-1)[..., 0]
    ratio = 10.0 ** gradient[..., 0]
    texts, which = np.unique(np.vectorize(_verdict)(ratio, alike), return_inverse=True)
    arrays = dict(
        gradient=gradient, rms=rms, cosine=cosine, first=gradient[..., 0], alike=alike, y_gradient=_range(gradient),
        y_rms=_range(rms), which=which.reshape(alike.shape),
    )  # fmt: skip
    # The ratio is told in words: it may be too small or too large for a float32.
    words = dict(verdict=Chosen("which", texts.tolist()), ratio=by(np.vectorize(digits)(ratio), *knobs))
    return {name: by(array, *knobs) for name, array in arrays.items()}, words


def _run(x, weights, bend, normed, skip, dout):
    """h -> bend(bn(h w)), or h plus a share of that, for all depths and initialisations at once.

    weights (layers, inits, D, D)  ->  log gradient norm, log rms, mean cosine: (3, depths, inits, layers + 1), not a
    number behind the last layer. The first axis of all arrays is the depth; a network that is done leaves the stack.
    """
    depths, found = np.array(DEPTHS), np.full((3, len(DEPTHS), weights.shape[1], len(weights) + 1), np.nan)
    scale = (depths**-0.5 if skip == 2 else np.ones(len(depths)))[:, None, None, None]
    h, caches = np.broadcast_to(x, (len(depths), weights.shape[1], *x.shape)), []
    found[1:, :, :, 0] = _sizes(h)
    for layer, w in enumerate(weights):
        live = slice(int(np.sum(depths <= layer)), None)
        h = h[live.start - len(depths) :]
        a, bn = _standardise(h @ w) if normed else (h @ w, None)
        branch, cache = bend[0](a)
        h = h + scale[live] * branch if skip else branch
        caches.append((live, bn, cache))
        found[1:, live, :, layer + 1] = _sizes(h)
    dh = np.empty((0, *h.shape[1:]))
    for layer, (live, bn, cache) in reversed(list(enumerate(caches))):
        starts = np.broadcast_to(
            dout, (len(depths) - live.start - len(dh), *h.shape[1:])
        )  # networks that end with this layer
        dh = np.concatenate([starts, dh])
        found[0, live, :, layer + 1] = _norm(dh)
        da = bend[1](scale[live] * dh if skip else dh, cache)
        through = (_standardise_back(da, *bn) if normed else da) @ weights[layer].swapaxes(1, 2)
        dh = dh + through if skip else through
    found[0, :, :, 0] = _norm(dh)
    found[:2] = _log(found[:2])
    return found


def _norm(d):
    return np.sqrt(np.einsum("kind,kind->ki", d, d))


def _sizes(h):
    """rms and mean cosine of (depths, inits, N, D)."""
    squares, N = np.einsum("kind,kind->kin", h, h), h.shape[2]
    total = (h / np.sqrt(np.where(squares > 0, squares, 1))[..., None]).sum(axis=2)
    cosine = (np.einsum("kid,kid->ki", total, total) - (squares > 0).sum(axis=2)) / (N * (N - 1))
    return np.sqrt(squares.mean(axis=2) / h.shape[3]), cosine


# Batch norm at initialisation, gamma 1 and beta 0: the library's takes one batch, this a stack of them.
def _standardise(a):
    centred = a - a.mean(axis=2, keepdims=True)
    sigma = np.sqrt(np.einsum("kind,kind->kid", centred, centred) / a.shape[2] + 1e-5)[:, :, None]
    return centred / sigma, (centred / sigma, sigma)


def _standardise_back(da, xhat, sigma):
    share = np.einsum("kind,kind->kid", da, xhat)[:, :, None] / da.shape[2]
    return (da - da.mean(axis=2, keepdims=True) - xhat * share) / sigma


def _log(sizes):
    return np.log10(np.clip(sizes, 1e-300, 1e300))


def _range(logs):
    """At least four decades around 1, so that what does not matter looks flat."""
    return np.stack([np.fmin(-2, np.nanmin(logs, axis=-1) - 0.5), np.fmax(2, np.nanmax(logs, axis=-1) + 0.5)], axis=-1)


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
