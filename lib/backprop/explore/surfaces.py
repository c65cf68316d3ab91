"""Lesson 06: optimisers find their way down a surface."""

from functools import lru_cache

import numpy as np

from backprop import data, optim
from backprop.explore.scene import Chosen, Scene, by, check, choice, rank, slider
from backprop.explore.widget import show

__all__ = ["descent"]

STEPS = 60
RATES = np.array([1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 90, 110, 150, 200, 300, 500, 1000]) / 1000
FIRST = 5, 35  # where the start is put at first, across and up
TOGETHER = 11  # rows of starts that are walked at once; that takes some 10 ms
LIMIT = 1e3  # a path that is farther out than this is no longer drawn
COLOURS = "dabc"


def descent(f=None, df=None, optimisers=None, x=(-3.0, 3.0), y=(-2.0, 2.0)):
    """Watch optimisers step down a surface, at any rate and from any start (drag it).

    f: w (..., 2) -> height (...), df: w (..., 2) -> gradient (..., 2); without them a ravine, a saddle and a bent valley.
    optimisers: name -> (w, dw, config) -> (next_w, config), such as your own; x, y: the part of the plane to look at.
    """
    surfaces = {"yours": (f, df)} if f else _surfaces()
    optimisers = optimisers or {
        "SGD": optim.sgd, "momentum": optim.sgd_momentum, "RMSProp": optim.rmsprop, "Adam": optim.adam,
    }  # fmt: skip
    host = _Descents(list(surfaces.values()), optimisers, np.linspace(*x, 61), np.linspace(*y, 41))
    last = [STEPS, int(np.argmin(abs(RATES - 0.075)))]
    controls = [
        choice("surface", "surface", list(surfaces)),
        slider("rate", "learning rate", [f"{rate:.2g}" for rate in RATES], start=last[1]),
        slider("step", "step", range(STEPS + 1), start=STEPS, play=20),
        slider("x", "start, across", [f"{v:.1f}".replace("-", "−") for v in host.xs], start=FIRST[0]),
        slider("y", "start, up", [f"{v:.2f}".replace("-", "−") for v in host.ys], start=FIRST[1]),
        check("noise", "noisy gradients"),
    ]
    keys = [(f"way{i}", f"fall{i}", colour, name) for i, (colour, name) in enumerate(zip(COLOURS, optimisers))]
    panels = [
        dict(
            kind="field", width=540, height=360, x=list(x), y=list(y), title="the surface from above, in bands of equal height",
            heat=dict(name="height", rows=54, cols=81, range=[0, 1], colours=["low", "high"], steps=14),
            lines=[dict(xy=way, colour=c, weight=2.5, upto="step", tip=True) for way, _, c, _ in keys],
            points=[dict(xy="start", colour="truth", size=5, mark=1)],
            drag=dict(x="x", y="y", xs=host.xs.tolist(), ys=host.ys.tolist()),
        ),
        dict(
            kind="curves", width=360, height=360, x=[0, STEPS], y="range", ylog=True, xlabel="step",
            title="height above the lowest point in sight",
            lines=[dict(y=fall, colour=c, upto="step", name=name, log=True) for _, fall, c, name in keys],
            rules=[dict(x="step")], drag=dict(knob="step", values=list(range(STEPS + 1))),
        ),
    ]  # fmt: skip
    knobs = {c["name"]: c["start"] for c in controls}
    heights = ", ".join(f"{{name{i}:{c}}} {{fall{i}@step}}" for i, c in zip(range(len(keys)), COLOURS))
    text = f"Height after {{step}} steps at rate {{rate}}: {heights}. {{said}}"
    words = {f"name{i}": np.array(name) for i, name in enumerate(optimisers)}
    words["said"] = Chosen("lowest", [*(f"{name} is lowest." for name in optimisers), "All have flown away."])
    caption = "Four optimisers leave from the same point: SGD zigzags, momentum swings, RMSProp and Adam rescale each direction."
    asks = ["surface", "x", "y", "noise"]
    arrays = {"height": by(host.height, "surface")}
    answer = host.answer(knobs)
    return show(Scene("Optimisers on a surface", caption, text, controls, panels, arrays, words, asks, answer), host)


class _Descents:
    """Walks every optimiser down a surface: from one start at every rate, or from a row of starts at one rate."""

    def __init__(self, surfaces, optimisers, xs, ys):
        self.surfaces, self.xs, self.ys = surfaces, xs, ys
        self.lowest, self.height = zip(*(_heights(f, xs, ys) for f, _ in surfaces))
        start = np.array([xs[FIRST[0]], ys[FIRST[1]]])
        self.optimisers = [(update, _alone(update, start, surfaces[0][1](start))) for update in optimisers.values()]
        self.together = 1 if any(alone for _, alone in self.optimisers) else TOGETHER
        self._rows = lru_cache(-(-len(ys) // self.together))(self._walked_rows)

    def answer(self, knobs):
        start = [self.xs[knobs["x"]], self.ys[knobs["y"]]]
        return self._walked(knobs, np.tile(start, (len(RATES), 1)), RATES, "rate")

    def ahead(self, bound):
        if "x" in bound:
            return self.answer(bound)
        group, row = divmod(bound["y"], self.together)
        here = slice(row * len(self.xs), (row + 1) * len(self.xs))
        rows, words = self._rows(bound["surface"], bound["rate"], bound["noise"], group)
        return {name: by(array[here], *axes) for name, (axes, array) in rows.items()}, words

    def _walked_rows(self, surface, rate, noise, group):
        """From all starts in a group of rows: what a step costs is much the same for one and for a hundred."""
        ys = self.ys[group * self.together :][: self.together]
        starts = np.stack(np.meshgrid(self.xs, ys), axis=-1).reshape(-1, 2)
        return self._walked(dict(surface=surface, noise=noise), starts, np.full(len(starts), RATES[rate]), "x")

    def reach(self, knobs):
        """The other surfaces and the noise, at any rate; then at this rate all starts, row by row, for whoever drags."""
        here = {name: knobs[name] for name in ("surface", "x", "y", "noise")}
        yield from (here | {"surface": other} for other in range(len(self.surfaces)) if other != here["surface"])
        yield here | {"noise": 1 - here["noise"]}
        row = {name: knobs[name] for name in ("surface", "rate", "noise")}
        rows = len(self.ys)
        yield from (row | {"y": y} for y in sorted(range(rows), key=lambda y: rank(y, knobs["y"], rows)))

    def _walked(self, knobs, starts, rates, axis):
        """Ways and heights of all optimisers, by the control that is the axis of starts (n, 2) and rates (n,)."""
        (f, df), lowest = self.surfaces[knobs["surface"]], self.lowest[knobs["surface"]]
        noise = 1.5 * np.random.default_rng(1).normal(size=(STEPS, 2)) * knobs["noise"]
        top = np.maximum(2.0, np.ceil(np.log10(f(starts) - lowest + 1e-9) + 0.2))  # so the axis stands still in a drag
        arrays = {"start": by(starts, axis), "range": by(np.stack([np.full(len(top), -6.0), top], axis=1), axis)}
        falls = []
        for i, (update, alone) in enumerate(self.optimisers):
            way = _walk(df, update, starts, rates, noise, alone)
            falls.append(np.maximum(f(way) - lowest, 1e-12))
            arrays |= {f"way{i}": by(way, axis), f"fall{i}": by(falls[i], axis)}
        return arrays | {"lowest": by(_lowest(falls), axis, "step")}, {}


def _heights(f, xs, ys):
    """How deep it goes in sight, and the cells of its picture, between 0 and 1."""
    across, up = np.linspace(xs[0], xs[-1], 81), np.linspace(ys[-1], ys[0], 54)
    cells = f(np.stack(np.meshgrid(across, up), axis=-1))
    lowest = float(min(cells.min(), 0.0 if cells.min() > -1e-3 else cells.min()))
    return lowest, np.sqrt((cells - lowest) / (cells.max() - lowest))


def _alone(update, w, dw):
    """Whether an optimiser must walk alone: it takes one rate only, or its parameters feel each other."""
    pair, rates = np.stack([dw, -2 * dw]), np.array([0.1, 0.2])
    try:
        together = update(np.stack([w, w]), pair, {"learning_rate": rates[:, None]})[0]
    except (TypeError, ValueError):
        return True
    each = [update(w[None].copy(), d[None], {"learning_rate": float(rate)})[0] for d, rate in zip(pair, rates)]
    return not np.allclose(together, np.concatenate(each), equal_nan=True)


def _walk(df, update, starts, rates, noise, alone):
    """starts (n, 2), rates (n,)  ->  (n, STEPS + 1, 2); not a number once a path is far out."""
    with np.errstate(all="ignore"):
        if alone:
            way = np.concatenate([_steps(df, update, w[None], float(rate), noise) for w, rate in zip(starts, rates)])
        else:
            way = _steps(df, update, starts, rates[:, None], noise)
        near = np.abs(way) < LIMIT
        near = np.logical_and.accumulate(near[..., 0] & near[..., 1], axis=1)  # quicker than along an axis of two
    way[~near] = np.nan
    return way


def _steps(df, update, w, rate, noise):
    config, way, w = {"learning_rate": rate}, [w], w.copy()  # copies, because an optimiser may step in place
    for push in noise:
        w, config = update(w, df(w) + push, config)
        way.append(w.copy())
    return np.stack(way, axis=1)


def _lowest(falls):
    """Which optimiser is lowest, by rate and step; one more than there are, where all have flown away."""
    falls = np.nan_to_num(np.stack(falls), nan=np.inf)
    return np.where(np.isinf(falls).all(axis=0), len(falls), falls.argmin(axis=0))


def _surfaces():
    return {"ravine": data.ravine(20), "saddle": (_saddle, _dsaddle), "bent valley": (_banana, _dbanana)}


def _saddle(w):
    x, y = w[..., 0], w[..., 1]
    return x**2 / 2 - y**2 + y**4 / 3


def _dsaddle(w):
    x, y = w[..., 0], w[..., 1]
    return np.stack([x, -2 * y + 4 * y**3 / 3], axis=-1)


def _banana(w):
    x, y = w[..., 0], w[..., 1] + 1
    return ((1 - x) ** 2 + 10 * (y - x**2 / 2) ** 2) / 4


def _dbanana(w):
    x, y = w[..., 0], w[..., 1] + 1
    across = y - x**2 / 2
    return np.stack([(x - 1) / 2 - 5 * x * across, 5 * across], axis=-1)
