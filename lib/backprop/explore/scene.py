"""A scene: everything an explorer shows, as plain data. The browser moves in it alone; Python draws a still of it.

Numbers are tables over the controls: an array that depends on the controls "x" and "h" has their positions as its first
axes, and the browser takes the part that belongs to where they stand. README.md says what a panel is made of.
"""

import re
from typing import NamedTuple

import numpy as np

__all__ = ["Chosen", "Scene", "by", "button", "check", "choice", "digits", "rank", "slider", "toggle"]


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


def rank(to, here, count):
    """For sorting positions of a control: its neighbours and its ends, where a key leads; then the others, the nearest first."""
    far = abs(to - here)
    return far > 1 and to not in (0, count - 1), far


class Scene:
    """What is on show, with the numbers behind it.

    label: its name, for who listens. caption: what the still picture claims. text: a sentence with names in braces, of
    arrays with one number, of words or of controls; {array@control} is the entry where the control stands. {name:value}
    and {name:gradient} have the colour of these. arrays, words: name -> array, or `by(array, …)`; words also `Chosen`.
    asks: controls that Python must answer; answer: the arrays and words that it gives for where they stand at first.
    streams: Python sends numbers unasked, and wants to hear when they are on the screen.
    """

    def __init__(
        self, label, caption, text, controls, panels, arrays, words=None, asks=(), answer=({}, {}), streams=False
    ):
        self.label, self.caption, self.text, self.asks, self.streams = label, caption, text, list(asks), streams
        self.controls, self.panels, self.arrays, self.words = controls, panels, {}, {}
        self.knobs = {c["name"]: c["start"] for c in controls if "values" in c}
        self.fixed = self._hold({}, arrays, words or {})
        self.put(*answer)

    @property
    def counts(self):
        return {c["name"]: len(c["values"]) for c in self.controls if "values" in c}

    def put(self, arrays, words):
        """Replace the numbers and words that Python answers, by those for where the controls stand."""
        self.answer = self._hold(self.asked(self.knobs), arrays, words)

    def asked(self, knobs):
        """Where the controls stand that Python must answer: what its numbers belong to."""
        return {name: knobs[name] for name in self.asks}

    def reach(self, knobs):
        """Where they would stand if one of them moved, by `rank`."""
        moves = [(name, to) for name in self.asks for to in range(self.counts[name]) if to != knobs[name]]
        moves.sort(key=lambda move: rank(move[1], knobs[move[0]], self.counts[move[0]]))
        return [self.asked(knobs | {name: to}) for name, to in moves]

    def block(self, bound, arrays, words):
        """What holds where the controls in `bound` stand as it says, for the browser: layout, words, and as bytes all
        arrays one behind the other, in float32."""
        return _packed(bound, *self._tables(arrays, words))

    def _hold(self, bound, arrays, words):
        tables, words = self._tables(arrays, words)
        self.arrays, self.words = self.arrays | tables, self.words | words
        return _packed(bound, tables, words)

    def _tables(self, arrays, words):
        tables = {name: self._table(name, given) for name, given in arrays.items()}
        return tables, {name: self._words(name, given) for name, given in words.items()}

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
        return {key: getattr(self, key) for key in ("label", "text", "controls", "panels", "asks", "streams", "fixed")}


def _packed(bound, tables, words):
    layout, at, parts = {}, 0, []
    for name, (axes, array) in tables.items():
        layout[name] = {"at": at, "axes": axes, "shape": array.shape[len(axes) :]}
        at += array.size
        parts.append(np.ascontiguousarray(array, np.float32).tobytes())
    return {
        "bound": bound,
        "layout": layout,
        "words": {n: _listed(t) for n, t in words.items()},
        "data": b"".join(parts),
    }


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
