"""Lesson 01: a secant becomes a tangent, until the step is so small that rounding takes over."""

import re

import numpy as np

from backprop.explore.scene import Scene, by, choice, slider
from backprop.explore.widget import show

__all__ = ["slope"]

STEPS = 10.0 ** np.arange(0, -15.25, -0.25)
RULES = ("central", "forward")


def slope(f=np.sin, df=None, x=(-3.0, 3.0)):
    """A secant through two points of f; drag the point, shrink the step, and watch the error.

    f (number -> number), df its true slope if it is known (number -> number), x the range to look at. On the right, how
    far the secant is from the tangent, for every step: a V, because a wide step misses the bend and a tiny one the digits.
    """
    xs = np.linspace(*x, 49)
    wide = np.linspace(*x, 241)
    curve, fx, true = _values(f, wide), _values(f, xs), _true_slope(f, df, xs)
    found, starts = _secants(f, xs, fx)
    error = np.log10(np.maximum(np.abs(found - true[:, None, None]), 1e-17))
    heights = starts[..., 1, None] + found[..., None] * (np.array(x) - starts[..., 0, None])
    tangent = fx[:, None] + true[:, None] * (np.linspace(*x, 25) - xs[:, None])
    controls = [
        slider("x", "x", [f"{v:.3g}".replace("-", "−") for v in xs], start=31),
        slider("h", "step h", [re.sub("e-0*", "e−", f"{h:.1e}").replace("e+00", "") for h in STEPS], start=0),
        choice("rule", "rule", RULES),
    ]
    y = _room(curve)
    panels = [
        dict(
            kind="curves", width=480, height=310, x=list(x), y=y, title="f, and the secant through two of its points",
            lines=[
                dict(y="tangent", colour="muted", style="dashed", label="tangent", at=1),
                dict(y="curve", colour="value", weight=2.5),
                dict(y="secant", colour="gradient", weight=3),
            ],
            dots=[
                dict(x="x_left", y="f_left", colour="gradient"),
                dict(x="x_right", y="f_right", colour="gradient"),
                dict(x="x_here", y="f_here", colour="value", size=4),
            ],
            drag=dict(knob="x", values=xs.tolist()),
        ),
        dict(
            kind="curves", width=400, height=310, x=[-15.3, 0.3], y=[-15, 1], xlog=True, ylog=True,
            title="how far the secant's slope is from the tangent's", xlabel="step h",
            lines=[
                dict(y="error_forward", x="log_h", colour="muted", label="forward", at=0.4),
                dict(y="error_central", x="log_h", colour="truth", label="central", at=0.37, below=True),
            ],
            rules=[dict(x="log_step")],
            dots=[dict(x="log_step", y="error", colour="gradient", size=8)],
            drag=dict(knob="h", values=np.log10(STEPS).tolist()),
        ),
    ]  # fmt: skip
    right = xs[:, None, None] + STEPS[:, None] * np.ones(2)
    arrays = dict(
        curve=curve,
        tangent=by(tangent, "x"),
        secant=by(heights, "x", "h", "rule"),
        x_left=by(starts[..., 0], "x", "h", "rule"),
        f_left=by(starts[..., 1], "x", "h", "rule"),
        x_right=by(right, "x", "h", "rule"),
        f_right=by(_values(f, right), "x", "h", "rule"),
        x_here=by(xs, "x"),
        f_here=by(fx, "x"),
        true=by(true, "x"),
        found=by(found, "x", "h", "rule"),
        off=by(np.abs(found - true[:, None, None]), "x", "h", "rule"),
        error=by(error, "x", "h", "rule"),
        error_central=by(error[..., 0], "x"),
        error_forward=by(error[..., 1], "x"),
        log_h=np.log10(STEPS),
        log_step=by(np.log10(STEPS), "h"),
    )
    text = "Secant {found:gradient}, tangent {true}: off by {off:gradient}. {verdict}"
    caption = "A secant through two points of f turns into the tangent as the step shrinks, until rounding takes over."
    words = dict(verdict=by(_verdicts(error), "h", "rule"))
    return show(Scene("Secant to tangent", caption, text, controls, panels, arrays, words))


def _values(f, x):
    """f at every entry of x, whether or not f takes arrays."""
    try:
        values = np.asarray(f(x), float)
        if values.shape == x.shape:
            return values
    except (TypeError, ValueError):
        pass
    return np.array([float(f(v)) for v in x.ravel().tolist()]).reshape(x.shape)


def _secants(f, xs, fx):
    """For every point, step and rule: the slope, and the point (x, f) where the secant begins."""
    x, h = xs[:, None], STEPS
    down, up = _values(f, x - h), _values(f, x + h)
    middle = np.broadcast_to(fx[:, None], up.shape)
    central, forward = (up - down) / ((x + h) - (x - h)), (up - middle) / ((x + h) - x)
    begin = np.stack([x - h, np.broadcast_to(x, up.shape)], axis=-1), np.stack([down, middle], axis=-1)
    return np.stack([central, forward], axis=-1), np.stack(begin, axis=-1)


def _true_slope(f, df, xs):
    """df where it is given; else a complex step, exact to the last digit; else differences, extrapolated."""
    if df is not None:
        return _values(df, xs)
    rough = [(_values(f, xs + h) - _values(f, xs - h)) / (2 * h) for h in (4e-3, 2e-3, 1e-3)]
    once = [(4 * b - a) / 3 for a, b in zip(rough, rough[1:])]
    smooth = (16 * once[1] - once[0]) / 15
    try:
        exact = np.asarray(f(xs + 1e-30j)).imag / 1e-30
    except (TypeError, ValueError):
        return smooth
    return exact if exact.shape == xs.shape and np.allclose(exact, smooth, atol=1e-4) else smooth


def _verdicts(error):
    """What a step does, at a typical point: strings by step and rule."""
    typical = np.median(error, axis=0)
    best = typical.argmin(axis=0)
    far, late = typical > typical.min(axis=0) + 1.5, np.arange(len(STEPS))[:, None] > best
    bends, rounds = "The curve bends between the two points.", "Too small a step: rounding takes the digits."
    return np.where(far, np.where(late, rounds, bends), "About as good as this rule gets.")


def _room(curve):
    low, high = np.nanmin(curve), np.nanmax(curve)
    room = 0.25 * (high - low) or 1.0
    return [float(low - room), float(high + room)]
