"""Rules: each gets one named value of an answer and returns a complaint, or None.

Rules run where the truth lives. A complaint names the thing, what was expected and what was
seen; it is a sentence for the student.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.box.values import Failure, Opaque

__all__ = [
    "Answer",
    "Draw",
    "Rule",
    "centred",
    "chosen",
    "close",
    "exposes",
    "gradients",
    "holds",
    "keeps",
    "numbers",
    "outputs",
    "rates",
    "reads",
    "remark",
    "returns",
    "runs",
    "shapes",
    "spread",
    "values",
]

# Relative to the largest entry of the right array. Every correct implementation in a sample
# of 774 by students was within 1e-6 in float64.
TOLERANCE = {2: None, 4: 1e-4, 8: 1e-6, 16: 1e-6}
FAR = 6.0  # standard deviations that what is drawn by chance may be off: right code fails once in 500 million times


@dataclass(frozen=True, eq=False)
class Draw:
    """A case with its numbers: what goes in, and what must come out, by name. Nobody changes it."""

    case: str
    inputs: dict[str, Any]
    dout: np.ndarray | None
    cache: Any
    expected: dict[str, np.ndarray]
    variance: float | None = None  # of numbers drawn by chance, with mean 0; `expected` is then one draw of them

    @property
    def in_words(self) -> str:
        """The case's name as it is said to students."""
        return self.case.replace("_", " ")


@dataclass(frozen=True)
class Answer:
    """What came back for one draw: values by name, or why there are none; `spoiled` is an input that was written into.
    `words` are about a single value: why it cannot be read, or at which numbers it was tried."""

    draw: Draw
    values: dict[str, Any] = field(default_factory=dict)
    failure: Failure | None = None
    missing: str = ""
    remarks: dict[str, str] = field(default_factory=dict)
    spoiled: str = ""
    words: dict[str, str] = field(default_factory=dict)


Rule = Callable[[str, Answer], "str | None"]


def runs(name: str, answer: Answer) -> str | None:
    """The function is there and returns."""
    return str(answer.failure) if answer.failure else None


def returns(name: str, answer: Answer) -> str | None:
    """As many values as the contract says."""
    return None if name in answer.values else answer.missing


def numbers(name: str, answer: Answer) -> str | None:
    """An array of finite floating-point numbers."""
    value = answer.values[name]
    if value is None:
        return f"{name} is None"
    if isinstance(value, (Opaque, str, dict)):
        return f"{name} is a {getattr(value, 'type', type(value).__name__)}; expected an array"
    try:
        array = np.asarray(value)
    except ValueError:
        return f"{name} is a list of rows with different lengths; expected an array"
    if array.dtype.kind not in "biuf":
        return f"{name} holds {array.dtype} values; expected floating-point numbers"
    if array.dtype.kind == "f" and TOLERANCE[min(array.itemsize, 16)] is None:
        return f"{name} holds {array.dtype} values, which keep three digits; expected float64"
    if not np.isfinite(array).all():
        where = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
        return f"{name}{where if where else ''} is {array[tuple(where)]}"
    return None


def shapes(name: str, answer: Answer) -> str | None:
    """A gradient has the shape of the thing it is the gradient of."""
    got, want = np.shape(answer.values[name]), answer.draw.expected[name].shape
    if got == want or got == (1, *want):
        return None
    if _is_gradient(name, answer):
        return f"{name} has shape {got} but {name.removeprefix('d')} has shape {want}"
    return f"{name} has shape {got}; expected {want}"


def outputs(name: str, answer: Answer) -> str | None:
    """The forward values are right."""
    if _is_gradient(name, answer) or close(answer.values[name], answer.draw.expected[name]):
        return None
    got, want = _floats(answer, name)
    with np.errstate(all="ignore"):
        far = np.abs(got - want)
    worst = tuple(int(i) for i in np.unravel_index(np.argmax(far), want.shape))
    return f"{name}{list(worst) or ''} is {got[worst]:.6g}; expected {want[worst]:.6g}"


def gradients(name: str, answer: Answer) -> str | None:
    """A gradient predicts how fast the loss moves when its input is nudged."""
    if not _is_gradient(name, answer) or close(answer.values[name], answer.draw.expected[name]):
        return None
    got, want = _floats(answer, name)
    direction = np.random.default_rng(0).standard_normal(want.shape)
    with np.errstate(all="ignore"):
        true, yours = np.sum(want * direction), np.sum(got * direction)
    digits = next((d for d in range(5, 16) if f"{true:.{d}f}" != f"{yours:.{d}f}"), 16)
    return (
        f"{name}: nudging {name.removeprefix('d')} along a random direction moves the loss at rate "
        f"{true:.{digits}f}; your {name} says {yours:.{digits}f}"
    )


def values(name: str, answer: Answer) -> str | None:
    """The numbers that a program of values works out are right."""
    return _entry(name, answer, [not what.startswith("nudging") for what in answer.draw.cache["what"][name]])


def rates(name: str, answer: Answer) -> str | None:
    """How fast the end moves when a value is nudged, one by one."""
    return _entry(name, answer, [True for _ in answer.draw.cache["what"][name]])


def _entry(name: str, answer: Answer, among: list[bool]) -> str | None:
    """A sentence about the first entry that is off, of those that are looked at."""
    got, want = (array.ravel() for array in _floats(answer, name))
    if close(got, want):
        return None
    for what, look, mine, true in zip(answer.draw.cache["what"][name], among, got, want):
        if look and not abs(mine - true) <= TOLERANCE[8] * np.abs(want).max():
            digits = next((d for d in range(6, 16) if f"{true:.{d}g}" != f"{mine:.{d}g}"), 17)
            return f"{name}: {what} {true:.{digits}g}; yours says {mine:.{digits}g}{answer.draw.cache['within'][name]}"
    return None


def keeps(name: str, answer: Answer) -> str | None:
    """What the caller still needs is as it was."""
    return f"your function has changed `{answer.spoiled}`, which was given to it" if answer.spoiled else None


def reads(name: str, answer: Answer) -> str | None:
    """An expression that can be read."""
    return None if name in answer.values else answer.missing or f"{name}: {answer.words[name]}"


def holds(name: str, answer: Answer) -> str | None:
    """An expression that gives what is true at the numbers on which it is tried; else these are the counter-example."""
    return None if close(answer.values[name], answer.draw.expected[name]) else f"{name}: {answer.words[name]}"


def centred(name: str, answer: Answer) -> str | None:
    """Numbers drawn by chance have mean 0: all of them together, and each row and column."""
    array = np.asarray(answer.values[name], float)
    spread = array.std()
    for axis, called in ((None, "all entries"), (0, "column {}"), (1, "row {}")):
        means = np.atleast_1d(array.mean(axis=axis))
        # A mean of n draws is normal, with standard deviation std / sqrt(n). Of k means the largest is farther out.
        bound = spread * np.sqrt((FAR**2 + 2 * np.log(means.size)) * means.size / array.size)
        worst = int(np.abs(means).argmax())
        if abs(means[worst]) > bound and (axis is None or array.shape[axis] > 1):
            where = f"the mean of {called.format(worst)} of {name}"
            return f"{where} is {means[worst]:.3g}; expected 0, up to {bound:.2g} by chance"
    return None


def spread(name: str, answer: Answer) -> str | None:
    """Numbers drawn by chance have the variance that was asked for."""
    got, want = np.asarray(answer.values[name], float).var(), answer.draw.variance
    # The variance of n normal numbers is off by sqrt(2 / n) of itself, as standard deviation; of uniform ones, by less.
    bound = FAR * np.sqrt(2 / np.size(answer.values[name]))
    if abs(got / want - 1) <= bound:
        return None
    return f"the variance of {name} is {got:.3g}; expected {want:.3g}, up to {bound:.0%} by chance"


def exposes(name: str, answer: Answer) -> str | None:
    """On the student's inputs, a wrong function differs from the right ones."""
    return None if answer.values[name] else f"`{name}` gets away: on what you gave it, it returns what is right"


def chosen(name: str, answer: Answer) -> str | None:
    """The letter is the right one."""
    right = answer.values[name] == answer.draw.expected[name]
    return None if right else f"{name}: {chr(int(answer.values[name]))} is not it"


def remark(name: str, answer: Answer) -> str | None:
    """What is worth saying about a value that holds."""
    if name in answer.remarks:
        return answer.remarks[name]
    got, want = np.shape(answer.values[name]), answer.draw.expected[name].shape
    return f"{name} has shape {got}; {want} is the usual one" if got != want else None


def close(got: Any, want: np.ndarray, tolerance: float | None = None) -> bool:
    """Equal up to rounding, relative to the largest entry; a leading axis of one is forgiven."""
    array = np.asarray(got)
    tolerance = tolerance or TOLERANCE[min(array.itemsize, 16) if array.dtype.kind == "f" else 8]
    array = array.astype(float)
    if array.shape == (1, *want.shape):
        array = array[0]
    if array.shape != want.shape:
        return False
    with np.errstate(all="ignore"):  # what overflows is not close
        return bool((np.abs(array - want) <= tolerance * np.abs(want).max(initial=0.0)).all())


def _is_gradient(name: str, answer: Answer) -> bool:
    """Whether the value is called after an input, or after a parameter in a dictionary of them."""
    inputs = answer.draw.inputs
    names = {*inputs, *(key for value in inputs.values() if isinstance(value, dict) for key in value)}
    return name.startswith("d") and name[1:] in names


def _floats(answer: Answer, name: str) -> tuple[np.ndarray, np.ndarray]:
    want = answer.draw.expected[name]
    return np.asarray(answer.values[name], float).reshape(want.shape), want
