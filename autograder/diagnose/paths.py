"""A gradient is a sum over paths, so a wrong one is usually that sum with a path missing, doubled, flipped or scaled.

The student's array is fitted, draw by draw, onto the terms of the true one. A cause is named only if the coefficients
are one of a few plain expressions in the sizes, the same ones at three or more shapes that are not square, and if the
sum with these coefficients is the student's array on every draw.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.diagnose.suspects import same_values
from autograder.diagnose.terms import TERMS
from autograder.exercise import Exercise
from autograder.rules import Answer, Draw

__all__ = ["Fit", "fit", "terms"]

SHAPES = 3  # so many, that are not square, must agree
NEAR = 1e-6  # of a coefficient; the reconstruction that follows is held to 1e-7
SIZED = re.compile(r"(\w+) \(((?:[A-Z]\w*(?:\.\.\.)?, ?)*(?:[A-Z]\w*(?:\.\.\.)?)?)\)")
CALLED = {
    "N": "the number of examples",
    "C": "the number of classes",
    "D": "the number of features",
    "H": "the number of hidden units",
    "M": "the number of outputs",
    "entries": "the number of entries",
}

Label = tuple[float, str]  # a number, and a size by which it is multiplied: (-0.5, "1/N")
RIGHT, MISSING = (1.0, ""), (0.0, "")
Coefficient = Callable[[Mapping[str, int]], float]


@dataclass(frozen=True)
class Fit:
    """What is wrong with a sum of paths: in words, and as a function that returns the same wrong array."""

    says: str
    returns: Callable[[Draw], np.ndarray]


def fit(exercise: Exercise, name: str, answers: Sequence[Answer]) -> Fit | None:
    """How the student's value differs from the true sum, if it is a sum of the same paths."""
    got, draws = [answer.values.get(name) for answer in answers], [answer.draw for answer in answers]
    if not all(_is_floats(array) for array in got):
        return None
    for turn, says in _TURNS.items():
        turned = [turn(np.asarray(a, float), draw.expected[name].shape) for a, draw in zip(got, draws)]
        if any(array is None for array in turned):
            continue
        single = np.asarray(got[0]).dtype.itemsize < 8
        coefficients = _coefficients(exercise, name, draws, turned, single)
        if coefficients is None or not (says or any(label != RIGHT for label, _ in coefficients.values())):
            continue
        return Fit(_sentence(name, coefficients, says), _returns(exercise, name, coefficients, turn, got))
    return None


def terms(exercise: Exercise, name: str, draw: Draw) -> dict[str, np.ndarray]:
    """The paths of a value, by name; the value itself, where they are not known."""
    whole, paths = draw.expected[name], exercise.paths or TERMS.get(exercise.id)
    backward = exercise.kind == "pair" and name != "out"
    found = paths(*([draw.dout, draw.cache] if backward else draw.inputs.values())).get(name, {}) if paths else {}
    sound = found and same_values(sum(found.values()), whole)
    return {path: np.broadcast_to(term, whole.shape) for path, term in found.items()} if sound else {"": whole}


def _is_floats(value: Any) -> bool:
    try:
        array = np.asarray(value)
        return array.dtype.kind in "biuf" and bool(np.isfinite(array).all())
    except (TypeError, ValueError):
        return False


# ----- what may have become of the whole array -----


def _as_it_is(array: np.ndarray, shape: tuple) -> np.ndarray | None:
    array = array[0] if array.shape == (1, *shape) else array
    return array if array.shape == shape else None


def _transposed(array: np.ndarray, shape: tuple) -> np.ndarray | None:
    return array.T if array.ndim == 2 and array.T.shape == shape else None


def _not_summed(array: np.ndarray, shape: tuple) -> np.ndarray | None:
    summed = array.sum(axis=0) if array.ndim == len(shape) + 1 else None
    return summed if summed is not None and summed.shape == shape else None


_TURNS = {_as_it_is: "", _transposed: "transposed", _not_summed: "not yet summed over the examples"}


# ----- coefficients -----


def _sizes(exercise: Exercise, name: str, draw: Draw) -> dict[str, int]:
    """The sizes by the letters of the shape line: N, D, M."""
    layer = exercise.id.removesuffix("_backward").removesuffix("_forward")
    function = getattr(exercise.reference, f"{layer}_forward" if exercise.kind == "pair" else exercise.id)
    arrays = dict(draw.inputs)
    for value in draw.inputs.values():
        arrays |= value if isinstance(value, dict) else {}
    sizes = {"N": len(next(iter(draw.inputs.values()))), "entries": draw.expected[name].size}
    for argument, axes in SIZED.findall(inspect.getdoc(function) or ""):
        shape, letters = np.shape(arrays.get(argument, ())), re.findall(r"[A-Z]\w*", axes)
        if "..." not in axes and len(shape) == len(letters):
            sizes |= dict(zip(letters, shape))
    return sizes


def _labels(letters: Sequence[str]) -> Iterator[tuple[Label, Coefficient]]:
    """Plain expressions in the sizes, the plainest first: a number, and a size, its inverse or a ratio of two."""
    factors: list[tuple[str, Coefficient]] = [("", lambda s: 1.0)]
    factors += [(a, lambda s, a=a: s[a]) for a in letters]
    factors += [(f"1/{a}", lambda s, a=a: 1 / s[a]) for a in letters]
    factors += [(f"{a}²", lambda s, a=a: s[a] ** 2) for a in letters]
    factors += [(f"1/{a}²", lambda s, a=a: 1 / s[a] ** 2) for a in letters]
    factors += [(f"{a}/{b}", lambda s, a=a, b=b: s[a] / s[b]) for a in letters for b in letters if a != b]
    yield (0.0, ""), lambda s: 0.0
    for number in (1.0, -1.0, 2.0, 0.5, -2.0, -0.5):
        for text, factor in factors:
            yield (number, text), lambda s, n=number, f=factor: n * f(s)


def _coefficients(exercise, name, draws, arrays, single) -> dict[str, tuple[Label, Coefficient]] | None:
    """For each path its coefficient, as a label and a function of the sizes; None where there are none."""
    sizes, fitted, paths = [_sizes(exercise, name, draw) for draw in draws], [], None
    near, shapes = (1e-3, set()) if single else (NEAR, set())
    for draw, array, size in zip(draws, arrays, sizes):
        found = terms(exercise, name, draw)
        paths = paths or list(found)
        if list(found) != paths:
            return None
        matrix = np.stack([term.ravel() for term in found.values()], axis=1)
        matrix_norm = np.linalg.norm(matrix, axis=0)
        if not matrix_norm.all():
            continue
        solution, _, rank, _ = np.linalg.lstsq(matrix / matrix_norm, array.ravel(), rcond=1e-9)
        if rank == len(paths):
            if np.abs(matrix / matrix_norm @ solution - array.ravel()).max() > 1e-4 * max(np.abs(array).max(), 1e-300):
                return None
            fitted.append((size, solution / matrix_norm))
            shape = next(iter(draw.inputs.values())).shape
            shapes |= {shape} if len(set(shape)) > 1 else set()
    if len(shapes) < SHAPES:
        return None
    letters = sorted(set.intersection(*map(set, sizes)))
    chosen = {}
    for i, path in enumerate(paths):
        values = [(size, solution[i]) for size, solution in fitted]
        chosen[path] = _recognised(values, letters, near)
        if chosen[path] is None:
            return None
    tolerant = np.float32 if single else float
    for draw, array, size in zip(draws, arrays, sizes):
        if not same_values(np.asarray(array, tolerant), _sum(terms(exercise, name, draw), chosen, size)):
            return None
    return chosen


def _recognised(values, letters, near) -> tuple[Label, Coefficient] | None:
    def is_(coefficient):
        return all(abs(coefficient(size) - value) <= near * max(1, abs(coefficient(size))) for size, value in values)

    for label, coefficient in _labels(letters):
        if is_(coefficient):
            return label, coefficient
    number = float(f"{values[0][1]:.6g}")
    return ((number, ""), lambda s: number) if is_(lambda s: number) else None


def _sum(paths, chosen, size):
    return sum(chosen[path][1](size) * term for path, term in paths.items())


def _returns(exercise, name, chosen, turn, got) -> Callable[[Draw], np.ndarray]:
    def returned(draw: Draw) -> np.ndarray:
        array = _sum(terms(exercise, name, draw), chosen, _sizes(exercise, name, draw))
        return array.T if turn is _transposed else array

    return returned


# ----- in words -----


def _sentence(name: str, coefficients: Mapping[str, tuple[Label, Coefficient]], turned: str) -> str:
    labels = {path: label for path, (label, _) in coefficients.items()}
    if set(labels.values()) == {MISSING}:
        return "zero everywhere: nothing arrives"
    if len(set(labels.values())) == 1:
        (label,) = set(labels.values())
        return "the true one " + ", ".join(([_scaled(label)] if label != RIGHT else []) + [turned] * bool(turned))
    parts = [f"what comes {path} {_part(label)}" for path, label in labels.items() if label != RIGHT]
    return f"the true one{f', {turned}' if turned else ''}, but {'; '.join(parts)}"


def _part(label: Label) -> str:
    plain = {MISSING: "is missing", (-1.0, ""): "has the opposite sign", (2.0, ""): "counts twice"}
    return plain.get(label) or f"is {_scaled(label)}"


def _scaled(label: Label) -> str:
    number, factor = label
    over, _, under = factor.partition("/")
    said = {1.0: [], 2.0: ["doubled"], 0.5: ["halved"]}.get(abs(number), [f"times {abs(number):g}"])
    said = said + ([f"times {_called(over)}"] if over not in ("", "1") else [])
    said += [f"divided by {_called(under)}"] if under else []
    return ", ".join(said + ["with the opposite sign"] * (number < 0))


def _called(size: str) -> str:
    letter = size.removesuffix("²")
    return CALLED.get(letter, letter) + (", twice" if letter != size else "")
