"""Pairs: `f_forward`, `f_backward`, or one of them; and strangers, whose truth complex step witnesses."""

from __future__ import annotations

import dataclasses
import functools
import re
from typing import Any

import numpy as np

from autograder.exercise import Case, Exercise
from autograder.kinds.kind import Way, describe, first_spoiled, what_is_kept, what_is_updated
from autograder.rules import Answer, Draw

__all__ = ["PAIRS", "draw_pair", "draw_stranger", "pair_names", "read_pair", "ways_of_pair", "ways_of_stranger"]


PAIRS = ("pair", "stranger")  # kinds in which a backward is given `dout` and a cache


def pair_names(exercise: Exercise) -> tuple[str, str]:
    """What the forward and the backward of its layer are called; another way back (`_alt`) has the same forward."""
    layer = re.sub("_(forward|backward|backward_alt)$", "", exercise.id)
    return f"{layer}_forward", f"{layer}_backward{'_alt' * exercise.id.endswith('_alt')}"


def _gradient_names(exercise: Exercise) -> list[str]:
    return [name for name in exercise.points if name.startswith("d")]


def _forward_names(exercise: Exercise) -> list[str]:
    """What a forward returns, and what it leaves in an input that it updates."""
    return [name for name in exercise.points if not name.startswith("d")]


def draw_pair(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """Inputs from the case, a random upstream gradient, and the reference's answers."""
    forward, backward = (getattr(exercise.reference, name) for name in pair_names(exercise))
    inputs = case.make(rng)
    given = {name: dict(value) if isinstance(value, dict) else value for name, value in inputs.items()}
    out, cache = forward(*given.values())
    dout = rng.standard_normal(np.shape(out)).astype(np.result_type(out, np.float32))  # float32 meets float32
    if not (names := _gradient_names(exercise)):
        expected = {"out": out} | {n: v for u in exercise.updates for n, v in given[u].items() if n in exercise.points}
        return Draw(
            case.name, inputs, dout, cache, {name: np.asarray(value, float) for name, value in expected.items()}
        )
    returned = backward(dout, cache)
    returned = returned if isinstance(returned, tuple) else (returned,)
    return Draw(case.name, inputs, dout, cache, {"out": out} | dict(zip(names, returned, strict=True)))


def draw_stranger(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """A pair's draw, with a truth that complex step has witnessed."""
    draw = draw_pair(exercise, case, rng)
    return dataclasses.replace(draw, expected=draw.expected | exercise.reference.gradients(draw.inputs, draw.dout))


@functools.cache
def ways_of_pair(exercise: Exercise) -> list[Way]:
    """A backward is tried with the documented cache and with the cache of the student's own forward.

    Where the forward is asked for too, the two must work together: only where its `out` is wrong does the documented
    cache stand in for what it keeps. If it has parts, all of that once more, with the judge's.
    """
    forward, backward = pair_names(exercise)
    names, gradients = dict(forward=forward, backward=backward), _gradient_names(exercise)

    def documented(draw):
        return names | dict(inputs=None, dout=draw.dout, cache=draw.cache)

    def own(draw):
        keeps = what_is_kept(exercise, draw)
        return names | dict(inputs=list(draw.inputs.values()), dout=draw.dout, cache=None) | keeps

    def forward_only(draw):
        return own(draw) | dict(dout=None)

    alone = Way("the forward alone", [forward], _forward_names(exercise), forward_only)
    given = Way("the documented cache", [backward], gradients, documented, unless="out")
    joined = Way("the cache of your own forward", [forward, backward], gradients, own)
    if "out" in exercise.points:
        ways = [alone, joined, given] if gradients else [alone]
    else:
        ways = [given, joined]
    if not exercise.parts:
        return ways
    return ways + [dataclasses.replace(way, name=f"{way.name}, right functions", parts=exercise.parts) for way in ways]


def read_pair(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    """Name what came back; gradients are in the order of the inputs."""
    if not isinstance(value, dict):
        return Answer(draw, missing="nothing came back")
    values = {"out": value["out"]} if "out" in value else {}
    if not _gradient_names(exercise) and (value.get("alone") or isinstance(values.get("out"), (tuple, dict))):
        first = "" if value.get("alone") else "first "
        missing = f"return out and cache, in this order; yours {first}returned {describe(values.get('out'))}"
        return Answer(draw, missing=missing)
    values |= what_is_updated(exercise, draw, value)
    if "gradients" in value:
        names, returned = _gradient_names(exercise), value["gradients"]
        if len(names) == 1:
            several = returned if isinstance(returned, tuple) else (returned,)
        else:
            several = returned if isinstance(returned, (tuple, list)) else (returned,)
        if len(several) != len(names):
            expected = f"return {len(names)} gradients in the order of the inputs: {', '.join(names)}"
            expected = expected if len(names) > 1 else f"return one gradient, {names[0]}"
            return Answer(draw, values, missing=f"{expected}; yours returned {describe(returned)}")
        values |= dict(zip(names, several))
    if exercise.given and "out" in values:
        return _given(exercise, draw, values)
    left_out = ", ".join(name for name in _forward_names(exercise) if name not in values)
    missing = f"there is no {left_out} in {exercise.updates[0]} afterwards" if exercise.updates and left_out else ""
    return Answer(
        draw,
        values,
        missing=missing or f"{way.name} brought nothing back",
        spoiled=first_spoiled(exercise, draw, value),
    )


def _given(exercise: Exercise, draw: Draw, values: dict[str, Any]) -> Answer:
    """Judged by what follows from the student's own `out`, where chance has a hand in it."""
    try:
        follows = exercise.given(draw, np.asarray(values["out"], float))
    except (TypeError, ValueError):  # no array, which another rule says
        return Answer(draw, values)
    if isinstance(follows, str):
        return Answer(draw, {name: value for name, value in values.items() if name != "out"}, missing=follows)
    return Answer(dataclasses.replace(draw, expected=draw.expected | follows), values)


def ways_of_stranger(exercise: Exercise) -> list[Way]:
    """A pair's; not kept, for there are as many of these exercises as students."""
    return ways_of_pair.__wrapped__(exercise)
