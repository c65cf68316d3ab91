"""Right code in odd forms: other types, other caches, other signatures. All of it deserves all points."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.exercise import Exercise

__all__ = ["correct"]


def correct(exercise: Exercise, styles: dict[str, Callable]) -> Iterator[tuple[str, dict[str, Callable]]]:
    """By name, the functions that somebody might hand in for an exercise."""
    reference = getattr(exercise.reference, exercise.id)
    for style, function in {"reference": reference, **styles}.items():
        yield style, {exercise.id: function}
        yield f"{style}, in float32", {exercise.id: _converted(function, _to_float32)}
        yield f"{style}, in lists", {exercise.id: _converted(function, lambda a: a.tolist() if a.ndim else float(a))}
        yield f"{style}, extra keywords", {exercise.id: _with_keywords(function)}
        yield f"{style}, in place", {exercise.id: _spoils_its_inputs(function)}
    if exercise.kind == "pair":
        yield from _caches(exercise)


def _converted(function: Callable, how: Callable[[np.ndarray], Any]) -> Callable:
    def deep(value):
        if isinstance(value, dict):
            return {key: deep(each) for key, each in value.items()}
        if isinstance(value, (tuple, list)):
            return type(value)(deep(each) for each in value)
        return how(np.asarray(value))

    return lambda *arguments: deep(function(*arguments))


def _to_float32(array: np.ndarray) -> Any:
    return array.astype(np.float32) if array.ndim else np.float32(array)


def _with_keywords(function: Callable) -> Callable:
    def wider(*arguments, verbose=False, **options):
        return function(*arguments)

    return wider


def _spoils_its_inputs(function: Callable) -> Callable:
    """It uses the arrays that it was given as scratch paper."""

    def spoils(*arguments):
        returned = function(*(np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments))
        for argument in arguments:
            if isinstance(argument, np.ndarray) and argument.dtype.kind == "f":
                argument *= 0
        return returned

    return spoils


def _caches(exercise: Exercise) -> Iterator[tuple[str, dict[str, Callable]]]:
    """A forward of one's own, with a cache of one's own, and the backward that fits it."""
    layer = exercise.id.removesuffix("_backward")
    forward, backward = (getattr(exercise.reference, f"{layer}_{way}") for way in ("forward", "backward"))
    packed = {
        "a list": (lambda c: list(c) if isinstance(c, tuple) else [c], lambda c: tuple(c) if len(c) > 1 else c[0]),
        "a dictionary": (lambda c: {"kept": c}, lambda c: c["kept"]),
        "a longer tuple": (lambda c: ("mine", c), lambda c: c[1]),
    }
    for called, (pack, unpack) in packed.items():

        def own_forward(*inputs, pack=pack):
            out, cache = forward(*inputs)
            return out, pack(cache)

        def own_backward(dout, cache, unpack=unpack):
            return backward(dout, unpack(cache))

        yield f"cache in {called}", {f"{layer}_forward": own_forward, f"{layer}_backward": own_backward}
