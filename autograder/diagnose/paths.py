"""A gradient is a sum over paths, so a wrong one is usually that sum with a path missing, doubled, flipped or scaled.

The student's array is fitted, draw by draw, onto the terms of the true one. A cause is named only if the coefficients
are one of a few plain expressions in the sizes, the same ones at three or more shapes that are not square, and if the
sum with these coefficients is the student's array on every draw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.diagnose.sums import Sums
from autograder.diagnose.suspects import same_values
from autograder.rules import Answer, Draw

__all__ = ["Fit", "fit"]

ENOUGH = 10  # draws to fit on; what comes out is held against all of them
SHAPES = 3  # so many, that are not square, must agree
NEAR = 1e-6  # of a coefficient; the reconstruction that follows is held to 1e-7
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
Coefficient = Callable[[Mapping[str, float]], float]


@dataclass(frozen=True)
class Fit:
    """What is wrong with a sum of paths: in words, and as a function that returns the same wrong array."""

    says: str
    returns: Callable[[Draw], np.ndarray]


def fit(sums: Sums, name: str, answers: Sequence[Answer]) -> Fit | None:
    """How the student's value differs from the true sum, if it is a sum of the same paths."""
    got, draws = [answer.values.get(name) for answer in answers], [answer.draw for answer in answers]
    if not all(_is_floats(array) for array in got) or not all(map(_of_arrays, draws)):
        return None
    for turn, says in _TURNS.items():
        turned = [turn(np.asarray(a, float), draw.expected[name].shape) for a, draw in zip(got, draws)]
        if any(array is None for array in turned):
            continue
        single = np.asarray(got[0]).dtype.itemsize < 8
        coefficients = _coefficients(sums, name, draws, turned, single)
        if coefficients is None or not (says or any(label != RIGHT for label, _ in coefficients.values())):
            continue
        return Fit(_sentence(name, coefficients, says), _returns(sums, name, coefficients, turn, got))
    return None


def _of_arrays(draw: Draw) -> bool:
    """Whether it is drawn for a layer. What takes a number, a list or a function has no shapes to compare."""
    return isinstance(next(iter(draw.inputs.values()), None), np.ndarray)


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


def _coefficients(sums: Sums, name: str, draws, arrays, single: bool) -> dict[str, tuple[Label, Coefficient]] | None:
    """For each path its coefficient, as a label and a function of the sizes; None where there are none."""
    fitted, shapes = [], set()
    for draw, array in zip(draws[:ENOUGH], arrays):
        found = _solved(sums.paths(name, draw), array)
        if found is None:
            return None
        if found:
            fitted.append((sums.sizes(name, draw), found))
            shape = next(iter(draw.inputs.values())).shape
            shapes |= {shape} if len(set(shape)) > 1 else set()
    if len(shapes) < SHAPES or len({tuple(solution) for _, solution in fitted}) > 1:
        return None
    chosen = {}
    for path in fitted[0][1]:
        recognised = _recognised([(sizes, solution[path]) for sizes, solution in fitted], 1e-3 if single else NEAR)
        if recognised is None:
            return None
        chosen[path] = recognised
    typed = np.float32 if single else float
    for draw, array in zip(draws, arrays):
        made = _sum(sums.paths(name, draw), chosen, sums.sizes(name, draw))
        if not same_values(np.asarray(array, typed), made):
            return None
    return chosen


def _solved(paths: Mapping[str, np.ndarray], array: np.ndarray) -> dict[str, float] | None:
    """The coefficients of one draw; {} where it cannot tell the paths apart, None where the array is no sum of them."""
    matrix = np.stack([term.ravel() for term in paths.values()], axis=1)
    lengths = np.linalg.norm(matrix, axis=0)
    if not lengths.all():
        return {}
    solution, _, rank, _ = np.linalg.lstsq(matrix / lengths, array.ravel(), rcond=1e-9)
    if rank < len(paths):
        return {}
    left = np.abs(matrix / lengths @ solution - array.ravel()).max()
    return dict(zip(paths, solution / lengths)) if left <= 1e-4 * np.abs(array).max(initial=0.0) + 1e-300 else None


def _recognised(values: Sequence[tuple[dict, float]], near: float) -> tuple[Label, Coefficient] | None:
    """The plainest expression in the sizes that is this number at every shape."""
    letters = sorted(set.intersection(*(set(sizes) for sizes, _ in values)))

    def is_(coefficient):
        return all(abs(coefficient(size) - value) <= near * max(1, abs(coefficient(size))) for size, value in values)

    for label, coefficient in _labels(letters):
        if is_(coefficient):
            return label, coefficient
    number = float(f"{values[0][1]:.6g}")
    return ((number, ""), lambda s: number) if is_(lambda s: number) else None


def _sum(paths, chosen, size):
    return sum(chosen[path][1](size) * term for path, term in paths.items())


def _returns(sums, name, chosen, turn, got) -> Callable[[Draw], np.ndarray]:
    def returned(draw: Draw) -> np.ndarray:
        array = _sum(sums.paths(name, draw), chosen, sums.sizes(name, draw))
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
