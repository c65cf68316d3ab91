"""Statistics: a function that draws numbers. No single number is right or wrong; their mean and their spread are."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.exercise import Case, Exercise
from autograder.kinds.kind import Way, describe, what_returned
from autograder.rules import FAR, Answer, Draw

__all__ = ["alike", "draw_statistics", "read_statistics", "ways_of_statistics"]

FEWEST = 16  # rows or columns whose means have a spread worth comparing
OF_ITS_OWN = "{} is another each time, though `rng` stands where it stood: draw from the generator that you are given"
THE_SAME = "{} is the same whatever `rng` is: draw from the generator that you are given"


def draw_statistics(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """A generator crosses as a seed. What is expected is one draw of the reference, and the variance it was drawn with."""
    inputs, (name,) = case.make(rng), exercise.points
    made = inputs | {"rng": np.random.default_rng(inputs["rng"])}
    returned = getattr(exercise.reference, exercise.id)(*made.values())
    sizes = {key: value for key, value in inputs.items() if key != "rng"}
    return Draw(case.name, inputs, None, None, {name: returned}, variance=exercise.variance(**sizes))


@functools.cache
def ways_of_statistics(exercise: Exercise) -> list[Way]:
    def question(draw):
        return {"name": exercise.id, "inputs": dict(draw.inputs)}

    return [Way("your own function", [exercise.id], list(exercise.points), question)]


def read_statistics(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    """What was drawn, if it was drawn from the generator that was given, and from nothing else."""
    (name,), returned = exercise.points, what_returned(value)
    if isinstance(returned, (tuple, dict)):
        return Answer(draw, missing=f"return {name}; yours returned {describe(returned)}")
    try:
        first, again, elsewhere = (np.asarray(each, float) for each in value.values())
    except (TypeError, ValueError, AttributeError):
        return Answer(draw, {name: returned})  # no numbers, which the rules tell
    if not np.array_equal(first, again, equal_nan=True):
        return Answer(draw, missing=OF_ITS_OWN.format(name))
    if first.size and np.ptp(first) > 0 and np.array_equal(first, elsewhere):
        return Answer(draw, missing=THE_SAME.format(name))
    return Answer(draw, {name: returned})


def alike(a: Any, b: Any) -> bool:
    """Whether two arrays may have been drawn in the same way: equal up to chance in their mean, in their variance, and
    in how far the means of rows, and of columns, are apart."""
    try:
        a, b = np.asarray(a, float), np.asarray(b, float)
    except (TypeError, ValueError):
        return False
    if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return False
    # The difference of two means of n draws has variance (var a + var b) / n. The logarithm of a sample's variance has
    # variance 2/n for a normal, less for a uniform; of two samples, twice that.
    if abs(a.mean() - b.mean()) > FAR * np.sqrt((a.var() + b.var()) / a.size):
        return False
    pairs = zip(_spreads(a), _spreads(b), strict=True)
    return all(_near(v, w, FAR * np.sqrt(4 / n)) for (v, n), (w, _) in pairs)


def _near(v: float, w: float, tolerance: float) -> bool:
    return abs(np.log(v / w)) <= tolerance if v > 0 and w > 0 else v == w


def _spreads(a: np.ndarray) -> Iterator[tuple[float, int]]:
    """Variances, each with the number of values that it is of: of all entries, of the means of columns, and of rows."""
    yield a.var(), a.size
    for axis in (0, 1) if a.ndim == 2 else ():
        means = a.mean(axis=axis)
        if len(means) >= FEWEST:
            yield means.var(), len(means)
