"""Functions: arrays and settings in, values out; a composite calls functions of other exercises."""

from __future__ import annotations

import copy
import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from autograder import probes, rules
from autograder.exercise import Case, Exercise
from autograder.kinds.kind import Way, asked_by_name, describe, first_spoiled, what_is_kept, what_returned
from autograder.rules import Answer, Draw

__all__ = [
    "draw_function",
    "draw_stages",
    "draw_takes_a_function",
    "read_function",
    "read_stages",
    "ways_of_function",
    "ways_of_taking_a_function",
]


def _named(exercise: Exercise, inputs: Mapping[str, Any], returned: Any) -> Iterator[tuple[str, Any]]:
    """What a function returned, by name. Where parameters go in as a dictionary, their gradients come back as one,
    with the same keys, and so does what has points under the keys themselves; everything else comes in the order of the
    points. Where one value is asked for, a list is that."""

    def called(key):
        return key if key in exercise.points else f"d{key}"

    keyed = {called(key) for value in inputs.values() if isinstance(value, dict) for key in value}
    names = (name for name in exercise.points if name not in keyed)
    several = isinstance(returned, tuple) or isinstance(returned, list) and len(exercise.points) > 1
    for value in returned if several else (returned,):
        if isinstance(value, dict):
            yield from ((called(key), each) for key, each in value.items())
        else:
            yield next(names, ""), value


def draw_function(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    inputs = case.make(rng)
    returned = getattr(exercise.reference, exercise.id)(*copy.deepcopy(list(inputs.values())))
    expected = {name: np.asarray(value, float) for name, value in _named(exercise, inputs, returned)}
    return Draw(case.name, inputs, None, None, expected)


@functools.cache
def ways_of_function(exercise: Exercise) -> list[Way]:
    """As it stands, with the student's own parts; then, if it has parts, with the judge's."""

    def question(draw):
        return {"name": exercise.id, "inputs": list(draw.inputs.values())} | what_is_kept(exercise, draw)

    ways = [Way("your own functions", [exercise.id], list(exercise.points), question)]
    if exercise.parts:
        ways.append(Way("right functions", [exercise.id], list(exercise.points), question, exercise.parts))
    return ways


def read_function(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    returned = what_returned(value)
    found = dict(_named(exercise, draw.inputs, returned))
    expected = f"return {', '.join(exercise.points)}; yours returned {describe(returned)}"
    found = {name: found[name] for name in exercise.points if name in found}
    return Answer(draw, found, missing=expected, spoiled=first_spoiled(exercise, draw, value))


# ----- takes a function: a case names `f`, and gives `rng` as a seed; the probe makes both where the student's code is -----


def draw_takes_a_function(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """What is expected comes from the probe that students get, with the reference in the student's place."""
    inputs, reference = case.make(rng), getattr(exercise.reference, exercise.id)
    reply = probes.takes_a_function({exercise.id: reference}, exercise.id, copy.deepcopy(inputs))
    expected = {name: np.asarray(value, float) for name, value in _named(exercise, {}, reply["returned"])}
    return Draw(case.name, inputs, None, None, expected)


@functools.cache
def ways_of_taking_a_function(exercise: Exercise) -> list[Way]:
    """As for a function, but with the names of the inputs: the probe goes by them."""

    def question(draw):
        return {"name": exercise.id, "inputs": dict(draw.inputs)}

    return [dataclasses.replace(way, question=question) for way in ways_of_function(exercise)]


# ----- stages: a function that returns every value on its way, by name; each is judged by the one before -----


def draw_stages(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    inputs = case.make(rng)
    returned = getattr(exercise.reference, exercise.id)(*copy.deepcopy(list(inputs.values())))
    return Draw(case.name, inputs, None, None, {name: np.asarray(returned[name], float) for name in exercise.points})


def read_stages(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    """A value that follows rightly from the student's own values before it is right: an error costs once."""
    returned = what_returned(value)
    if not isinstance(returned, dict):
        return Answer(draw, missing=f"{asked_by_name(exercise.points)}; yours returned {describe(returned)}")
    values = {name: returned[name] for name in exercise.points if name in returned}
    left_out = ", ".join(name for name in exercise.points if name not in returned)
    expected, remarks = dict(draw.expected), {}
    for name, follows in exercise.stages.items():
        instead = _follows(follows, draw, values, name)
        if instead is not None:
            expected[name] = instead
            remarks[name] = f"`{name}` follows rightly from your values before it; it is off only because they are"
    draw, missing = (
        dataclasses.replace(draw, expected=expected),
        f"{asked_by_name(exercise.points)}; in yours is no {left_out}",
    )
    return Answer(draw, values, missing=missing, remarks=remarks)


def _follows(follows: Callable, draw: Draw, values: Mapping[str, Any], name: str) -> np.ndarray | None:
    """What a value should be, given the student's own values before it; None where they give nothing else."""
    right = draw.expected[name]
    try:
        before = {each: np.asarray(value, float) for each, value in values.items() if each != name}
        # What has another shape is left out: it could broadcast to the size of all memory.
        before = {each: array for each, array in before.items() if array.shape == draw.expected[each].shape}
        with np.errstate(all="ignore"):
            instead = np.asarray(follows(draw.inputs | before), float)
        if instead.shape != right.shape or rules.close(instead, right) or not rules.close(values[name], instead):
            return None
    except Exception:  # what it follows from is missing, or is no array
        return None
    informative = np.isfinite(instead).all() and np.abs(instead).max() > 1e-3 * np.abs(right).max()
    return instead if informative else None  # zeros follow from zeros, and earn nothing
