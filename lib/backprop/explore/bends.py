"""Lessons 03 and 05: what a bend does to a number, to a gradient, and to the plane."""

import numpy as np

from backprop import activations
from backprop.explore.scene import Scene, by, choice, slider
from backprop.explore.widget import show
from backprop.layers import affine_backward, affine_forward
from backprop.losses import softmax_loss
from backprop.optim import adam

__all__ = ["activation", "plane"]

NAMES = ("sigmoid", "tanh", "relu", "leaky_relu", "silu", "gelu")
POINTS = 240  # an even number, so that no point lies on a kink at 0


def activation(forward=None, backward=None, x=(-6.0, 6.0)):
    """An activation, and your slope over the true one.

    forward(x) -> (out, cache) and backward(dout, cache) -> dx, such as your own pair; without them, six of the library's.
    x: the range to look at. The true slope is found by nudging; where yours parts from it, the axis is shaded.
    """
    pairs = {"yours": (forward, backward)} if forward else {name: _pair(name) for name in NAMES}
    xs = np.linspace(*x, POINTS)
    out, mine, true = (np.stack(rows) for rows in zip(*(_measure(*pair, xs) for pair in pairs.values())))
    here = xs[::2]
    reach = np.array([-1.3, 1.3])
    ends = here[:, None] + reach
    tangents = out[:, ::2, None] + mine[:, ::2, None] * reach
    spans = [_spans(xs, a, b) for a, b in zip(mine, true)]
    controls = [
        choice("which", "function", [name.replace("_", " ") for name in pairs]),
        slider("x", "x", [f"{v:.2f}".replace("-", "−") for v in here], start=int(len(here) * 0.6)),
    ]
    drag = dict(knob="x", values=here.tolist())
    whose = "your" if forward else "its"
    panels = [
        dict(
            kind="curves", width=440, height=300, x=list(x), y="y_out", xlabel="x", title=f"out, with {whose} slope at x",
            lines=[dict(y="out", colour="value", weight=3), dict(y="tangent", x="ends", colour="gradient", weight=2.5)],
            rules=[dict(x="x_here")], dots=[dict(x="x_here", y="out_here", colour="value")], drag=drag,
        ),
        dict(
            kind="curves", width=440, height=300, x=list(x), y="y_slope", xlabel="x",
            title=f"{whose} slope (vermilion) over the true one (dashed)",
            shades=[dict(spans="spans", colour="gradient")],
            lines=[dict(y="mine", colour="gradient", weight=3.5), dict(y="true", colour="truth", style="dashed", weight=1.8)],
            rules=[dict(x="x_here")], dots=[dict(x="x_here", y="mine_here", colour="gradient")], drag=drag,
        ),
    ]  # fmt: skip
    arrays = dict(
        out=by(out, "which"), mine=by(mine, "which"), true=by(true, "which"), spans=by(_padded(spans), "which"),
        tangent=by(tangents, "which", "x"), ends=by(ends, "x"), x_here=by(here, "x"),
        out_here=by(out[:, ::2], "which", "x"), mine_here=by(mine[:, ::2], "which", "x"),
        true_here=by(true[:, ::2], "which", "x"), y_out=by([_range(o) for o in out], "which"),
        y_slope=by([_range(np.concatenate([a, b])) for a, b in zip(mine, true)], "which"),
    )  # fmt: skip
    text = f"At x = {{x}}: out {{out_here:value}}, {whose} slope {{mine_here:gradient}}, true slope {{true_here}}. {{verdict}}"
    words = dict(verdict=by([_verdict(a, b) for a, b in zip(mine, true)], "which"))
    caption = "An activation and its slope; where the slope is near 0, gradients stop."
    return show(Scene("Activation and slope", caption, text, controls, panels, arrays, words))


def _pair(name):
    return getattr(activations, f"{name}_forward"), getattr(activations, f"{name}_backward")


def _measure(forward, backward, xs):
    """out, the slope by `backward`, the slope by nudging, each like xs."""
    out, cache = forward(xs.copy())
    mine = np.broadcast_to(np.asarray(backward(np.ones_like(xs), cache), float), xs.shape)
    true = (forward(xs + 1e-5)[0] - forward(xs - 1e-5)[0]) / 2e-5
    return np.asarray(out, float), mine, true


def _wrong(mine, true):
    return ~(np.abs(mine - true) <= 1e-4 * (1 + np.abs(true)))


def _spans(xs, mine, true):
    """From where to where they part."""
    wrong = np.concatenate([[False], _wrong(mine, true), [False]])
    changes = np.flatnonzero(wrong[1:] != wrong[:-1])
    half = (xs[1] - xs[0]) / 2
    return [(xs[a] - half, xs[b - 1] + half) for a, b in zip(changes[::2], changes[1::2])]


def _padded(spans):
    most = max(1, *map(len, spans))
    return np.array([[*each, *[(np.nan, np.nan)] * (most - len(each))] for each in spans]).reshape(len(spans), -1)


def _verdict(mine, true):
    share = _wrong(mine, true).mean()
    flat = activations.saturated_fraction(true)
    parts = f"They part on {share:.0%} of the axis, where it is shaded." if share else "They agree everywhere."
    return f"{parts} On {flat:.0%} of the axis the true slope is below 0.1."


def _range(values):
    low, high = np.nanmin(values), np.nanmax(values)
    room = 0.12 * (high - low) or 1.0
    return [low - room, high + room]


# ----- the plane -----

SNAPSHOTS = np.unique((np.linspace(0, 1, 31) ** 2 * 300).astype(int))
LINES, DOTS = np.linspace(-2, 2, 11), np.linspace(-2, 2, 33)


def plane(activation="tanh", x=None, y=None, seed=3):
    """A hidden layer of two units bends the plane until one straight cut parts two classes.

    activation: a name such as "tanh", your pair (forward, backward), or your forward alone, whose slope is then
    measured; x (N, 2) within -2 to 2, y (N,) labels 0 and 1: points of your own. `training` goes through 300 steps,
    `bend` from the plane as it comes in to the layer's output.
    """
    pair = _pair_of(activation)
    x, y = _corner(seed) if x is None else (np.asarray(x, float), np.asarray(y))
    history = _trained(x, y, pair, np.random.default_rng(seed))
    grid = _grid()
    cells = np.stack(np.meshgrid(np.linspace(-2, 2, 40), np.linspace(2, -2, 40)), axis=-1).reshape(-1, 2)
    share = np.stack([_p(cells, w, pair).reshape(40, 40) for w in history])
    points = [x[y == c] for c in (0, 1)]
    reach = max(1.6, 1.1 * float(np.abs(pair[0](x @ history[-1][0] + history[-1][1])[0]).max()))
    last = len(SNAPSHOTS) - 1
    controls = [
        slider("training", "training step", [str(s) for s in SNAPSHOTS], start=last, play=10),
        slider("bend", "bend", [f"{v} %" for v in range(0, 101, 5)], start=20, play=12),
    ]
    stages = dict(stages=["grid_in", "grid_affine", "grid_out"], between="bend")
    bent = [
        dict(stages=[f"{c}_in", f"{c}_affine", f"{c}_out"], between="bend", colour=c, mark=i, size=3)
        for i, c in enumerate("ab")
    ]
    flat = [dict(xy=f"{c}_in", colour=c, mark=i, size=3) for i, c in enumerate("ab")]
    panels = [
        dict(
            kind="field", width=380, height=380, x=[-2, 2], y=[-2, 2], title="the plane, and what the network says of it",
            heat=dict(name="share", rows=40, cols=40, range=[0, 1], colours=["a-pale", "middle", "b-pale"]), points=flat,
        ),
        dict(
            kind="field", width=380, height=380, x=[-reach, reach], y=[-reach, reach],
            title="the hidden layer: the plane bent, the cut straight",
            lines=[dict(colour="muted", weight=1, style="faint", **stages), dict(xy="cut", colour="truth", weight=3.5)],
            points=bent,
        ),
    ]  # fmt: skip
    arrays = dict(
        share=by(share, "training"),
        cut=by([_cut(w) for w in history], "training"),
        **_stages("grid", grid, history, pair),
    )
    for name, those in zip("ab", points):
        arrays |= _stages(name, those, history, pair)
    right = [np.mean((_p(x, w, pair) > 0.5) == y) for w in history]
    words = dict(right=by([f"{r:.0%}" for r in right], "training"))
    text = "After {training} steps the straight cut leaves {right} of the points on the right side."
    caption = (
        "A hidden layer bends the plane until a straight cut parts the classes; seen from outside, the cut is curved."
    )
    return show(Scene("A hidden layer bends the plane", caption, text, controls, panels, arrays, words))


def _pair_of(activation):
    if isinstance(activation, str):
        return _pair(activation)
    return _nudged(activation) if callable(activation) else activation


def _nudged(forward, h=1e-5):
    """A forward with its slope by nudging in the place of a backward."""
    return lambda x: (forward(x)[0], x), lambda dout, x: dout * (forward(x + h)[0] - forward(x - h)[0]) / (2 * h)


def _corner(seed):
    """Points of one class in a corner, the other class around it: no straight line parts them."""
    x = np.random.default_rng(seed).uniform(-1.9, 1.9, size=(260, 2))
    turn = np.array([[0.94, -0.34], [0.34, 0.94]])
    depth = (x @ turn + 0.25).min(axis=1)  # how far inside both sides of the corner
    keep = np.abs(depth) > 0.17
    return x[keep], (depth[keep] > 0).astype(int)


def _trained(x, y, pair, rng):
    """Weights (w1, b1, w2, b2) at the snapshots."""
    weights = [rng.normal(size=(2, 2)), 0.5 * rng.normal(size=2), rng.normal(size=(2, 2)), np.zeros(2)]
    configs, history = [{"learning_rate": 0.05} for _ in weights], []
    for step in range(SNAPSHOTS[-1] + 1):
        if step in SNAPSHOTS:
            history.append(weights)
        a, first = affine_forward(x, *weights[:2])
        h, middle = pair[0](a)
        scores, last = affine_forward(h, *weights[2:])
        dh, *late = affine_backward(softmax_loss(scores, y)[1], last)
        _, *early = affine_backward(pair[1](dh, middle), first)
        # A pull towards 0 keeps the layer from crushing the plane into corners, where no bend could be seen any more.
        weights = [adam(w, dw + 0.005 * w, config)[0] for w, dw, config in zip(weights, [*early, *late], configs)]
    return history


def _p(x, weights, pair):
    w1, b1, w2, b2 = weights
    scores = pair[0](x @ w1 + b1)[0] @ w2 + b2
    return 1 / (1 + np.exp(scores[:, 0] - scores[:, 1]))


def _grid():
    """Lines across and up, as points in a row with breaks between the lines."""
    across = [np.vstack([np.stack([DOTS, np.full_like(DOTS, v)], axis=1), [[np.nan] * 2]]) for v in LINES]
    return np.vstack(across + [line[:, ::-1] for line in across])


def _stages(name, points, history, pair):
    """Points as they come in, after the affine part, and after the bend, at all snapshots."""
    affine = np.stack([points @ w1 + b1 for w1, b1, _, _ in history])
    with np.errstate(invalid="ignore"):
        out = np.stack([pair[0](np.nan_to_num(a))[0] for a in affine])
    out[np.isnan(affine)] = np.nan
    return {f"{name}_in": points, f"{name}_affine": by(affine, "training"), f"{name}_out": by(out, "training")}


def _cut(weights):
    """Two far points of the line where both scores are equal."""
    _, _, w2, b2 = weights
    normal, offset = w2[:, 0] - w2[:, 1], b2[0] - b2[1]
    foot, along = -offset * normal / (normal @ normal), np.array([-normal[1], normal[0]]) / np.linalg.norm(normal)
    return np.stack([foot - 9 * along, foot + 9 * along])
