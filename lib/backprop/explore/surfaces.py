"""Lesson 06: optimisers find their way down a surface."""

import numpy as np

from backprop import data, optim
from backprop.explore.scene import Chosen, Scene, by, check, choice, slider
from backprop.explore.widget import show

__all__ = ["descent"]

STEPS = 60
RATES = np.array([1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 90, 110, 150, 200, 300, 500, 1000]) / 1000
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
        slider("x", "start, across", [f"{v:.1f}".replace("-", "−") for v in host.xs], start=5),
        slider("y", "start, up", [f"{v:.2f}".replace("-", "−") for v in host.ys], start=35),
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
    arrays, _ = host.answer(knobs)
    heights = ", ".join(f"{{name{i}:{c}}} {{fall{i}@step}}" for i, c in zip(range(len(keys)), COLOURS))
    text = f"Height after {{step}} steps at rate {{rate}}: {heights}. {{said}}"
    words = {f"name{i}": np.array(name) for i, name in enumerate(optimisers)}
    words["said"] = Chosen("lowest", [*(f"{name} is lowest." for name in optimisers), "All have flown away."])
    caption = "Four optimisers leave from the same point: SGD zigzags, momentum swings, RMSProp and Adam rescale each direction."
    asks = ["surface", "x", "y", "noise"]
    return show(Scene("Optimisers on a surface", caption, text, controls, panels, arrays, words, asks), host)


class _Descents:
    """Walks every optimiser at every rate, for a surface and a start."""

    def __init__(self, surfaces, optimisers, xs, ys):
        self.surfaces, self.optimisers, self.xs, self.ys = surfaces, optimisers, xs, ys

    def answer(self, knobs):
        f, df = self.surfaces[knobs["surface"]]
        start = np.array([self.xs[knobs["x"]], self.ys[knobs["y"]]])
        height, lowest = self._heights(f)
        arrays = {"height": height, "start": start}
        noise = 1.5 * np.random.default_rng(1).normal(size=(STEPS, 2)) * knobs["noise"]
        falls = []
        for i, update in enumerate(self.optimisers.values()):
            way = _walk(df, update, start, noise)
            fall = np.maximum(f(way) - lowest, 1e-12)
            falls.append(fall)
            arrays |= {f"way{i}": by(way, "rate"), f"fall{i}": by(fall, "rate")}
        arrays["range"] = np.array([-6.0, max(2.0, float(np.log10(f(start) - lowest + 1e-9)) + 0.7)])
        arrays["lowest"] = by(_lowest(falls), "rate", "step")
        return arrays, {}

    ahead = answer  # it changes nothing

    def _heights(self, f):
        across, up = np.linspace(self.xs[0], self.xs[-1], 81), np.linspace(self.ys[-1], self.ys[0], 54)
        cells = f(np.stack(np.meshgrid(across, up), axis=-1))
        lowest = float(min(cells.min(), 0.0 if cells.min() > -1e-3 else cells.min()))
        return np.sqrt((cells - lowest) / (cells.max() - lowest)), lowest


def _walk(df, update, start, noise):
    """All rates at once  ->  (rates, STEPS + 1, 2); not a number once a path is far out."""
    try:
        with np.errstate(all="ignore"):
            way = _steps(df, update, np.tile(start, (len(RATES), 1)), RATES[:, None], noise)
    except (TypeError, ValueError):  # an optimiser that takes one rate only
        way = np.concatenate([_steps(df, update, start[None], float(rate), noise) for rate in RATES])
    far = np.maximum.accumulate(~(np.abs(way).max(axis=2) < LIMIT), axis=1)
    return np.where(far[..., None], np.nan, way)


def _steps(df, update, w, rate, noise):
    config, way = {"learning_rate": rate}, [w]
    for push in noise:
        w, config = update(w.copy(), df(w) + push, config)  # an optimiser may write into what it is given
        way.append(w)
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
