"""A scene: everything an explorer shows, as plain data. The browser moves in it alone; Python draws a still of it.

Numbers are tables over the controls: an array that depends on the controls "x" and "h" has their positions as its first
axes, and the browser takes the part that belongs to where they stand. README.md says what a panel is made of.
"""

import re
from copy import copy
from typing import NamedTuple

import numpy as np

__all__ = ["Chosen", "Scene", "by", "button", "check", "choice", "digits", "slider", "toggle"]


def slider(name, label, values, start=0, play=None):
    """A control with a row of positions; `values` are their names, `play` how many steps a second it can run."""
    return {"kind": "slider", "name": name, "label": label, "values": _texts(values), "start": start, "play": play}


def choice(name, label, values, start=0):
    """One of a few, all in sight."""
    return {"kind": "choice", "name": name, "label": label, "values": _texts(values), "start": start}


def check(name, label, start=0):
    """Off or on: positions 0 and 1."""
    return {"kind": "check", "name": name, "label": label, "values": ["off", "on"], "start": start}


def toggle(name, labels):
    """A button that runs something until it is pressed again: what it is called while off, and while on."""
    return {"kind": "toggle", "name": name, "label": labels[0], "values": list(labels), "start": 0}


def button(name, label, goes=None):
    """A button that tells Python its name; or with `goes`, sends that control where the array `name` says."""
    return {"kind": "button", "name": name, "label": label, "goes": goes}


def by(array, *axes):
    """An array whose first axes are positions of these controls."""
    return axes, np.asarray(array)


class Scene:
    """What is on show, with the numbers behind it.

    label: its name, for who listens. caption: what the still picture claims. text: a sentence with names in braces, of
    arrays with one number, of words or of controls; {array@control} is the entry where the control stands. {name:value}
    and {name:gradient} have the colour of these. arrays, words: name -> array, or `by(array, …)`; words also `Chosen`. asks: controls that Python must answer.
    streams: Python sends numbers unasked, and wants to hear when they are on the screen.
    """

    def __init__(self, label, caption, text, controls, panels, arrays, words=None, asks=(), streams=False):
        self.label, self.caption, self.text, self.asks, self.streams = label, caption, text, list(asks), streams
        self.controls, self.panels, self.arrays, self.words = controls, panels, {}, {}
        self.knobs = {c["name"]: c["start"] for c in controls if "values" in c}
        self.put(arrays, words or {})

    @property
    def counts(self):
        return {c["name"]: len(c["values"]) for c in self.controls if "values" in c}

    def put(self, arrays, words=None):
        """Replace numbers and words; what is not named stays."""
        self.arrays = self.arrays | {name: self._table(name, given) for name, given in arrays.items()}
        self.words = self.words | {name: self._words(name, given) for name, given in (words or {}).items()}

    def at(self, knobs, arrays, words):
        """This scene with its controls at other positions, and the numbers that Python answers there."""
        there = copy(self)
        there.knobs = knobs
        there.put(arrays, words)
        return there

    def asked(self, knobs=None):
        """Where the controls stand that Python must answer: what its numbers belong to."""
        return {name: (knobs or self.knobs)[name] for name in self.asks}

    def reach(self, first=()):
        """Positions of all controls that are one move away, of those that Python must answer; those named come first."""
        sliders = {c["name"] for c in self.controls if c["kind"] == "slider"}
        for name in sorted(self.asks, key=lambda name: name not in first):
            here = self.knobs[name]
            near = (here - 1, here + 1) if name in sliders else range(self.counts[name])
            yield from (
                self.knobs | {name: there} for there in near if there != here and there in range(self.counts[name])
            )

    def _words(self, name, given):
        return given if isinstance(given, Chosen) else self._table(name, given)

    def _table(self, name, given):
        axes, array = given if isinstance(given, tuple) else ((), np.asarray(given))
        expected = tuple(self.counts[axis] for axis in axes)
        if array.shape[: len(axes)] != expected:
            raise ValueError(f"{name} has shape {array.shape}; the controls {axes} have {expected} positions")
        return axes, array

    def pick(self, name, knobs=None):
        """The part of the array `name` that belongs to these positions of the controls."""
        axes, array = self.arrays[name]
        return array[self._place(axes, knobs)]

    def value(self, given, knobs=None):
        """A number, from itself, from the array or from the control of that name."""
        if not isinstance(given, str):
            return given
        return float(self.pick(given, knobs).ravel()[0]) if given in self.arrays else (knobs or self.knobs)[given]

    def _place(self, axes, knobs):
        return tuple((knobs or self.knobs)[axis] for axis in axes)

    def say(self, knobs=None):
        """The sentence, for these positions of the controls."""
        return re.sub(r"\{([\w@]+)(:\w+)?\}", lambda found: self._word(found[1], knobs), self.text)

    def _word(self, name, knobs):
        if name in self.words:
            table = self.words[name]
            if isinstance(table, Chosen):
                return table.texts[int(self.value(table.index, knobs))]
            return str(table[1][self._place(table[0], knobs)])
        if "@" in name:
            array, control = name.split("@")
            return digits(float(self.pick(array, knobs)[(knobs or self.knobs)[control]]))
        if name in self.arrays:
            return digits(self.value(name, knobs))
        (control,) = (c for c in self.controls if c["name"] == name)
        return control["values"][(knobs or self.knobs)[name]]

    def plan(self):
        """What does not change while it is on show, for the browser."""
        return {key: getattr(self, key) for key in ("label", "text", "controls", "panels", "asks", "streams")}

    def packed(self):
        """Layout, words and bytes, for the browser: all arrays one behind the other, in float32."""
        layout, at, parts = {}, 0, []
        for name, (axes, array) in self.arrays.items():
            layout[name] = {"at": at, "axes": axes, "shape": array.shape[len(axes) :]}
            at += array.size
            parts.append(np.ascontiguousarray(array, np.float32).tobytes())
        return {"layout": layout, "words": {n: _listed(t) for n, t in self.words.items()}, "data": b"".join(parts)}


class Chosen(NamedTuple):
    """A few texts, and the name of the array whose number says which."""

    index: str
    texts: list


def _listed(table):
    if isinstance(table, Chosen):
        return {"index": table.index, "list": table.texts}
    return {"axes": table[0], "list": table[1].ravel().tolist()}


def digits(x):
    """A number with four digits, as a reader sees it."""
    if not np.isfinite(x):
        return "–" if np.isnan(x) else "∞" if x > 0 else "−∞"
    if x == 0 or 1e-3 <= abs(x) < 1e5:
        text = np.format_float_positional(float(f"{x:.4g}"), trim="-")
    else:
        text = re.sub(r"\.?0*e([+-])0*(\d)", r"e\1\2", f"{x:.2e}").replace("e+", "e")
    return text.replace("-", "−")


def _texts(values):
    return [value if isinstance(value, str) else digits(value) for value in values]
