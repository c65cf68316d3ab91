"""Wrong code that nobody had in mind: all single edits of right code in other styles, and mistakes rewritten."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from autograder import examiner
from autograder.box.values import Failure
from autograder.diagnose import Here, edits
from autograder.exercise import Case, Exercise, source
from autograder.kinds import KINDS
from autograder.lesson import lessons
from autograder.rules import Answer, Draw

__all__ = ["Variant", "edited", "exercises", "outcome", "rewritten", "styles", "witnesses"]

FRESH = 10  # draws of every case on which a name must be right


@dataclass(frozen=True)
class Variant:
    """A function that might be a student's; `kind` is "edit", "swap", "catalogue" or "correct"."""

    exercise: Exercise
    style: str
    kind: str
    function: Callable
    text: str
    mistake: str = ""


def exercises() -> list[Exercise]:
    """Those for which other styles are held out: a file in `styles/`."""
    written = {path.stem for path in (Path(__file__).parent / "styles").glob("*.py")}
    return [exercise for lesson in lessons() for exercise in lesson.exercises if exercise.id in written]


def styles(exercise: Exercise) -> dict[str, FunctionType]:
    """Right functions by style."""
    module = _module(exercise)
    own = {name: value for name, value in vars(module).items() if isinstance(value, FunctionType)}
    return {name: value for name, value in own.items() if value.__module__ == module.__name__}


def edited(exercise: Exercise) -> Iterator[Variant]:
    """All single edits of each style."""
    for style, function in styles(exercise).items():
        seen = set()
        for edit in edits.of(source(function), texts=True):
            if edit.text not in seen:
                seen.add(edit.text)
                kind = "swap" if edit.kind == edits.SWAP else "edit"
                yield Variant(exercise, style, kind, _made(edit.code, function, style), edit.text)


def rewritten(exercise: Exercise) -> Iterator[Variant]:
    """The catalogue's mistakes in other styles."""
    for name, style, *changes in _module(exercise).REWRITTEN:
        function = styles(exercise)[style]
        text = source(function)
        for old, new in zip(changes[::2], changes[1::2], strict=True):
            if old not in text:
                raise ValueError(f"{exercise.id}, {name}: {style} has no {old!r}")
            text = text.replace(old, new)
        yield Variant(exercise, style, "catalogue", _made(compile(text, name, "exec"), function, style), text, name)


def _module(exercise: Exercise) -> ModuleType:
    return importlib.import_module(f"benchmarks.styles.{exercise.id}")


def _made(code, like: FunctionType, name: str) -> FunctionType:
    names = dict(like.__globals__)
    exec(code, names)
    return names[name]


# ----- what a variant returns on numbers that nobody has seen -----

# fmt: off
UNSEEN = {
    "affine_backward":  lambda m, rng: [m.normal(rng, 7, 2, 5), m.normal(rng, 2, (3, 2), 7), m.normal(rng, 5, 8, 2)],
    "relu_backward":    lambda m, rng: [dict(x=m.away_from_zero(rng, *shape)) for shape in [(7, 2), (2, 9), (5, 2, 3)]],
    "softmax_loss":     lambda m, rng: [dict(x=rng.normal(size=(n, c)), y=rng.integers(c, size=n)) for n, c in [(9, 3), (2, 7), (7, 6)]],
    "svm_loss":         lambda m, rng: [m.away_from_the_kinks(rng, n, c) for n, c in [(9, 3), (2, 7), (7, 6)]],
    "mse_loss":         lambda m, rng: [m.pair(rng, *shape) for shape in [(7, 2), (2, 9), (5, 2, 3)]],
    "two_layer_loss":   lambda m, rng: [m.drawn(rng, *sizes) for sizes in [(7, 3, 6, 4), (5, 2, 7, 3)]],
    "every_gradient":   lambda m, rng: [m.drawn(rng, *sizes) for sizes in [(7, 3, 6, 4), (5, 2, 7, 3)]],
}
# fmt: on


def witnesses(exercise: Exercise) -> list[Draw]:
    """Ten fresh draws of every small case, and shapes that no case has."""
    drawn = []
    for number in range(FRESH):
        drawn += examiner.draws(exercise, examiner.secret_seed(b"witness %d" % number), for_marks=False)
    module, kind = sys.modules[f"lessons.{exercise.lesson}.{exercise.id}"], KINDS[exercise.kind]
    for inputs in UNSEEN[exercise.id](module, np.random.default_rng(7)):
        shape = Case(lambda rng, inputs=inputs: inputs)
        drawn.append(kind.draw(exercise, shape, np.random.default_rng(8)))
    return drawn


def outcome(variant: Variant, drawn: list[Draw]) -> dict[str, list[Any]]:
    """What a variant returns, by value's name, for each draw; None for what is no finite array of the right shape."""
    exercise, venue = variant.exercise, Here({variant.exercise.id: variant.function})
    way = next(way for way in KINDS[exercise.kind].ways(exercise) if list(way.needs) == [exercise.id])
    answers = KINDS[exercise.kind].answers(exercise, venue, way, drawn)
    return {name: [_sound(answer, name) for answer in answers] for name in way.brings}


def _sound(answer: Answer, name: str) -> np.ndarray | None:
    if isinstance(answer.failure, Failure) or name not in answer.values:
        return None
    try:
        array = np.asarray(answer.values[name], float)
    except (TypeError, ValueError):
        return None
    return array if array.shape == answer.draw.expected[name].shape and np.isfinite(array).all() else None
