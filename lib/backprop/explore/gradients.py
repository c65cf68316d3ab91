"""Lesson 04 and all that follow: where one's own gradient parts from the true one, entry by entry."""

import inspect

import numpy as np

from backprop import numeric
from backprop.explore.scene import Scene, button, by, digits, slider
from backprop.explore.widget import show
from backprop.layers import affine_backward, affine_forward

__all__ = ["mistake"]

MOST = 240  # entries that can still be read
CELL = 54, 34


def mistake(forward=None, backward=None, *inputs, dout=None, names=None):
    """Your gradients beside those found by nudging: every entry that is wrong stands out.

    forward(*inputs) -> (out, cache), backward(dout, cache) -> gradients in the order of the inputs, or one array; inputs:
    small arrays, of floats where a gradient is asked for. dout: like out, drawn if left out. names: of the gradients.
    Without arguments, a mistake to look at. Raises ValueError where a gradient has not the shape of its input.
    """
    if forward is None:
        forward, backward, inputs = _example()
    inputs = [np.asarray(x) for x in inputs]
    names = names or _names(forward, inputs)
    found = _compare(forward, backward, inputs, dout, names)
    parts = [(name, *map(_table, arrays)) for name, arrays in zip(names, found)]
    mine, true = (np.concatenate([part[k].ravel() for part in parts]) for k in (1, 2))
    off = _off(mine, true)
    if len(mine) > MOST:
        raise ValueError(f"there are {len(mine)} entries; more than {MOST} cannot be read in one picture")
    entries = [f"{name}[{', '.join(map(str, i))}]" for name, (a, _) in zip(names, found) for i in np.ndindex(a.shape)]
    controls = [
        slider("entry", "entry", entries, start=int(off.argmax())),
        button("next", "Next wrong entry", goes="entry"),
    ]
    arrays, panels, first = {}, [], 0
    for name, ours, theirs in parts:
        part = slice(first, first + ours.size)
        arrays |= {f"{name}_yours": ours, f"{name}_true": theirs, f"{name}_off": off[part].reshape(ours.shape)}
        arrays |= {f"{name}_tint": np.abs(ours), f"{name}_true_tint": np.abs(theirs), f"{name}_gap": ours - theirs}
        panels += _grids(name, ours.shape, first, max(np.abs(theirs).max(), 1e-12))
        first += ours.size
    wrong = np.flatnonzero(off)
    arrays |= dict(mine=by(mine, "entry"), true=by(true, "entry"), next=by(_next(wrong, len(off)), "entry"))
    words = dict(verdict=by([_verdict(a, b, o) for a, b, o in zip(mine, true, off)], "entry"))
    text = f"{{entry}}: yours {{mine:gradient}}, by nudging {{true}}. {{verdict}} {len(wrong)} of {len(off)} entries are wrong."
    caption = "A gradient beside the one found by nudging; what differs is filled."
    return show(Scene("Where your gradient parts from the true one", caption, text, controls, panels, arrays, words))


def _compare(forward, backward, inputs, dout, names):
    """For every input that has a gradient: yours, and by nudging."""
    out, cache = forward(*(x.copy() for x in inputs))
    dout = np.random.default_rng(0).normal(size=np.shape(out)).round(1) if dout is None else np.asarray(dout)
    mine = backward(dout, cache)
    mine = [mine] if isinstance(mine, np.ndarray) else list(mine)
    places = [i for i, x in enumerate(inputs) if x.dtype.kind == "f"]
    found = []
    for name, i, ours in zip(names, places, mine):
        ours = np.asarray(ours, float)
        if ours.shape != inputs[i].shape:
            raise ValueError(f"{name} has shape {ours.shape} but {name[1:]} has shape {inputs[i].shape}")
        true = numeric.gradient(lambda x: forward(*inputs[:i], x, *inputs[i + 1 :])[0], inputs[i], dout)
        found.append((ours, np.where(np.abs(true) < 1e-9, 0.0, true)))
    return found


def _off(mine, true):
    """0 where right; else how loud to be, from 0.75 to 1."""
    gap = np.abs(mine - true)
    size = np.abs(true).max() or 1.0
    wrong = ~(gap <= 1e-6 * (size + np.abs(true)))
    return np.where(wrong, np.nan_to_num(np.clip(0.75 + 0.25 * gap / size, 0, 1), nan=1.0), 0.0)


def _verdict(mine, true, off):
    if not off:
        return "Right."
    if not np.isfinite(mine):
        return "That is no number."
    if true == 0:
        return "It should be 0."
    if mine == 0:
        return "Nothing arrives here."
    ratio = mine / true
    return "The sign is flipped." if np.isclose(ratio, -1) else f"That is {digits(ratio)} times as much."


def _next(wrong, number):
    """From each entry to the wrong one behind it, and from the last to the first again."""
    if not len(wrong):
        return np.arange(number)
    return wrong[np.searchsorted(wrong, np.arange(number), side="right") % len(wrong)]


def _grids(name, shape, first, most):
    """Yours, by nudging, and the difference, side by side in a row of their own."""
    rows, cols = shape
    size = dict(kind="field", width=cols * CELL[0], height=rows * CELL[1], x=[0, 1], y=[0, 1])
    knob = dict(cursor=dict(knob="entry", first=first), drag=dict(cell="entry", first=first))
    cells = dict(rows=rows, cols=cols, crisp=True)
    tint = cells | dict(range=[0, 1.6 * most], colours=["middle", "some"])
    return [
        size | knob | dict(title=f"{name}, yours", breaks=True, heat=tint | dict(name=f"{name}_tint", numbers=f"{name}_yours")),
        size | knob | dict(title=f"{name}, by nudging", heat=tint | dict(name=f"{name}_true_tint", numbers=f"{name}_true")),
        size | knob | dict(
            title="yours less the true",
            heat=cells | dict(name=f"{name}_off", numbers=f"{name}_gap", quiet=True, range=[0, 1], colours=["right", "wrong"]),
        ),
    ]  # fmt: skip


def _table(array):
    """Any array as rows and columns."""
    return array.reshape(1, -1) if array.ndim < 2 else array.reshape(len(array), -1)


def _names(forward, inputs):
    known = list(inspect.signature(forward).parameters)
    return [f"d{name}" for name, x in zip(known, inputs) if x.dtype.kind == "f"]


def _example():
    """A mean over the batch where a sum belongs, and one path that was overwritten."""
    rng = np.random.default_rng(4)
    x, w, b = (rng.normal(size=shape).round(1) for shape in ((3, 4), (4, 2), (2,)))

    def backward(dout, cache):
        dx, dw, db = affine_backward(dout, cache)
        dx[:, 1] = dout[:, -1] * w[1, -1]
        return dx, dw, db / len(dout)

    return affine_forward, backward, (x, w, b)
