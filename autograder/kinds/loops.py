"""Loops: steps of an optimiser from a given state, a loop that trains, examples dealt into batches."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder import probes
from autograder.exercise import Case, Exercise
from autograder.kinds.kind import Way, describe, what_returned
from autograder.rules import Answer, Draw

__all__ = ["draw_batches", "draw_optimiser", "draw_training", "read_batches", "read_optimiser", "read_training"]


# ----- optimiser: several steps in a row; what it remembers shows in the later ones -----


def draw_optimiser(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """Where the reference is after each step; the values are called after the steps."""
    inputs = case.make(rng)
    reply = probes.optimiser(*_reference(exercise, inputs))
    expected = {name: np.asarray(w, float) for name, w in zip(exercise.points, reply["steps"], strict=True)}
    return Draw(case.name, inputs, None, None, expected)


def read_optimiser(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    steps = value.get("steps") if isinstance(value, dict) else None
    if not isinstance(steps, list):
        return Answer(draw, missing=f"return next_w and config, in this order; {_of_two(what_returned(value))}")
    return Answer(draw, dict(zip(exercise.points, steps)))


def _of_two(returned: Any) -> str:
    if isinstance(returned, (tuple, list)) and len(returned) == 2:
        return f"your second value is no dictionary, but {describe(returned[1])}"
    return f"yours returned {describe(returned)}"


# ----- training: k exact steps from a given state, never accuracy or time -----


def draw_training(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """All parameters after the last step, in the order of their names; the losses, one a batch."""
    inputs = case.make(rng)
    params, losses = probes.training(*_reference(exercise, inputs))["returned"]
    what = {
        "params": [
            f"after {len(losses)} steps {place} is" for name in sorted(params) for place in _entries(name, params)
        ],
        "losses": [f"the loss of batch {number}, before its step, is" for number in range(1, len(losses) + 1)],
    }
    expected = {"params": _in_a_row(params), "losses": np.asarray(losses, float)}
    return Draw(case.name, inputs, None, {"what": what, "within": {"params": "", "losses": ""}}, expected)


def read_training(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    returned = what_returned(value)
    if not isinstance(returned, (tuple, list)) or len(returned) != 2:
        return Answer(draw, missing=f"return params and losses, in this order; yours returned {describe(returned)}")
    params, losses = returned
    if not isinstance(params, dict):
        return Answer(draw, missing=f"params is a dictionary of arrays; your first value is {describe(params)}")
    if said := _unlike(params, draw.inputs["params"]):
        return Answer(draw, {"losses": losses}, missing=f"params: {said}")
    return Answer(draw, {"params": _in_a_row(params), "losses": losses})


def _unlike(params: Mapping, before: Mapping) -> str:
    """What is not there, or has another shape than when the training began."""
    for name, array in before.items():
        if name not in params:
            return f"in yours is no {name}"
        found = _numbers(params[name])
        if found is None:
            return f"your {name} is no array of numbers"
        if found.shape != array.shape:
            return f"your {name} has shape {found.shape}; it had {array.shape}"
    extra = [name for name in params if name not in before]
    return f"in yours is {str(extra[0])[:40]!r}, and no parameter is called so" if extra else ""


def _numbers(value: Any) -> np.ndarray | None:
    """What came back as an array; None where it is something else, or rows of different lengths."""
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array if array.dtype.kind in "biuf" else None


def _in_a_row(params: Mapping) -> np.ndarray:
    return np.concatenate([np.ravel(params[name]) for name in sorted(params)])


def _entries(name: str, params: Mapping) -> list[str]:
    return [f"{name}{list(index)}" for index in np.ndindex(np.shape(params[name]))]


# ----- batches: every way to shuffle is right, so what is judged is what all of them have in common -----

TOO_FEW = 10  # examples that may come in any order by chance


def draw_batches(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """Nothing is expected that depends on how one shuffles. No two examples of a case are the same, and no two labels."""
    return Draw(case.name, case.make(rng), None, None, dict.fromkeys(exercise.points, np.ones(())))


def read_batches(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    deals = value.get("deals") if isinstance(value, dict) else None
    if not isinstance(deals, list) or len(deals) != 3:
        return Answer(draw, missing="nothing came back")
    try:
        dealt = [_dealt(what_returned(deal), draw.inputs) for deal in deals]
        _see_that_it_is_shuffled(*dealt, draw.inputs)
    except ValueError as error:
        return Answer(draw, missing=f"batches: {error}")
    return Answer(draw, dict.fromkeys(exercise.points, 1.0), spoiled=_spoiled(exercise, draw, deals[0]))


def _dealt(returned: Any, inputs: Mapping[str, Any]) -> list[list[int]]:
    """Which examples are in each batch, by their places in the data; ValueError says what is wrong."""
    x, y, size = inputs["x"], inputs["y"], inputs["size"]
    if not isinstance(returned, list):
        raise ValueError(f"return a list of pairs (x, y); yours returned {describe(returned)}")
    for batch in returned:
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            raise ValueError(f"a batch is a pair (x, y); in yours is {describe(batch)}")
    found = [_places("x", x, [rows for rows, _ in returned]), _places("y", y, [rows for _, rows in returned])]
    of_x, of_y = ([place for batch in batches for place in batch] for batches in found)
    if [len(batch) for batch in found[0]] != [len(batch) for batch in found[1]]:
        raise ValueError("a batch has not as many rows of `x` as of `y`")
    sizes = [len(batch) for batch in found[0]]
    wanted = [min(size, len(x) - begin) for begin in range(0, len(x), size)]
    if sizes != wanted:
        raise ValueError(f"{len(x)} examples in batches of {size} are {_listed(wanted)}; yours have {_listed(sizes)}")
    if sorted(of_x) != sorted(of_y) != list(range(len(x))) or sorted(of_x) != list(range(len(x))):
        raise ValueError("some examples are in no batch, and some in several")
    if of_x != of_y:
        in_order = list(range(len(x)))
        said = (
            "`y` is as it was" if of_y == in_order else "`x` is as it was" if of_x == in_order else "both are shuffled"
        )
        raise ValueError(f"rows of `x` stand beside the `y` of others: {said}")
    return found[0]


def _places(name: str, data: np.ndarray, batches: Sequence[Any]) -> list[list[int]]:
    """The places of the rows of each batch in the data they were taken from."""
    place = {row.tobytes(): number for number, row in enumerate(data)}
    found = [[place.get(row.tobytes()) for row in _rows(name, data, batch)] for batch in batches]
    if any(None in each for each in found):
        raise ValueError(f"a row of a batch is no row of `{name}`")
    return found


def _rows(name: str, data: np.ndarray, batch: Any) -> np.ndarray:
    array = _numbers(batch)
    if array is None:
        raise ValueError(f"the `{name}` of a batch is no array of numbers")
    if array.ndim != data.ndim or array.shape[1:] != data.shape[1:]:
        raise ValueError(f"the `{name}` of a batch has shape {array.shape}; `{name}` itself has {data.shape}")
    with np.errstate(all="ignore"):
        return array.astype(data.dtype)


def _see_that_it_is_shuffled(first: list, second: list, like_first: list, inputs: Mapping[str, Any]) -> None:
    """What holds for every way to shuffle, and by chance only once in many millions; ValueError says what does not."""
    if len(first) < 2 or len(inputs["x"]) < TOO_FEW:
        return
    if [place for batch in first for place in batch] == list(range(len(inputs["x"]))):
        raise ValueError("the examples come in the order of the data")
    if inputs["size"] > 1 and all(max(batch) - min(batch) < len(batch) for batch in first):
        stays = [min(batch) for batch in first] == sorted(min(batch) for batch in first)
        where = "inside each batch alone" if stays else "batch by batch"
        raise ValueError(f"what stands side by side in the data is always in one batch: you shuffle {where}")
    if [set(batch) for batch in first] == [set(batch) for batch in second]:
        raise ValueError("two calls with one generator deal the same batches")
    if [set(batch) for batch in first] != [set(batch) for batch in like_first]:
        raise ValueError("two generators with the same seed deal different batches")


def _spoiled(exercise: Exercise, draw: Draw, deal: Mapping[str, Any]) -> str:
    kept = deal.get("kept")
    pairs = zip(("x", "y"), kept) if isinstance(kept, list) else ()
    return next(
        (name for name, array in pairs if name in exercise.keeps and not np.array_equal(array, draw.inputs[name])), ""
    )


def _listed(sizes: Sequence[int]) -> str:
    return ", ".join(map(str, sizes[:8])) + (", …" if len(sizes) > 8 else "") if sizes else "none"


def _reference(exercise: Exercise, inputs: Mapping[str, Any]) -> tuple:
    """What the probe that students get is given, with the reference in the student's place."""
    return {exercise.id: getattr(exercise.reference, exercise.id)}, exercise.id, copy.deepcopy(dict(inputs))
