"""Stage by stage: which value on the way is the first that is wrong, and what is only its consequence.

A student's values on the way are known in two kinds of exercise. Where all of them are asked for (kind "stages"), they
are what was returned. A composite calls functions of other exercises, and what those were given and gave back was
noted (`probes.traced`); the calls bear the names that the reference gives to them.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np

from autograder import probes
from autograder.box.values import Failure
from autograder.exercise import Exercise, source
from autograder.kinds import Venue
from autograder.rules import Answer, Draw, close

__all__ = ["STATUSES", "Stage", "calls", "of_calls", "of_values"]

CLOSE = 1e-3  # of the largest entry: the right idea, and not the right number
STATUSES = ("exact", "close", "follows", "wrong", "missing")  # from good to bad


@dataclass(frozen=True)
class Stage:
    """A value on the way: its status is one of `STATUSES`; `follows` is wrong because of what came before alone."""

    name: str
    status: str
    note: str = ""


def of_values(exercise: Exercise, answers: Mapping[str, Sequence[Answer]]) -> list[Stage]:
    """The stages of an answer that consists of them; none where there is nothing to tell."""
    if exercise.kind != "stages":
        return []
    found = []
    for name in exercise.points:
        statuses = [_status(a, name) for a in answers[name]]
        found.append(Stage(name, max(statuses, key=STATUSES.index)))
    return _with_notes(found)


def _status(answer: Answer, name: str) -> str:
    if name not in answer.values:
        return "missing"
    if name in answer.remarks:
        return "follows"
    return _likeness(answer.values[name], answer.draw.expected[name])


def _likeness(value: Any, right: np.ndarray) -> str:
    try:
        array = np.asarray(value, float)
    except (TypeError, ValueError):
        return "wrong"
    if array.shape != np.shape(right):
        return "wrong"
    right = np.asarray(right, float)
    return "exact" if close(array, right) else "close" if close(array, right, CLOSE) else "wrong"


def _with_notes(stages: Sequence[Stage]) -> list[Stage]:
    """The first wrong one is marked as such; nothing is said where nothing is wrong."""
    first = next((i for i, stage in enumerate(stages) if stage.status != "exact"), None)
    return [_noted(stage, i == first) for i, stage in enumerate(stages)] if first is not None else []


def _noted(stage: Stage, first: bool) -> Stage:
    notes = {"close": "close, but not exact", "missing": "not there", "follows": "a consequence"}
    note = stage.note if first or stage.status != "missing" else ""
    note = note or ("" if first else notes.get(stage.status, ""))
    if first and stage.status == "follows":  # all before it is exact: the call itself was given something wrong
        return Stage(stage.name, "wrong", "the first that is off: what goes into it is not what belongs there")
    return Stage(stage.name, stage.status, f"the first that is off{f'; {note}' if note else ''}" if first else note)


# ----- composites: the calls of other exercises' functions -----


def calls(exercise: Exercise, venue: Venue, drawn: Sequence[Draw]) -> list[list | None]:
    """For each draw what the student's composite handed to the functions it calls, and what they gave back."""
    if not exercise.parts or exercise.kind != "function":
        return []
    questions = [_question(exercise, draw) for draw in drawn]
    replies = venue.ask(inspect.getsource(probes.traced), "traced", [exercise.id], questions, {})
    return [None if isinstance(r, Failure) or not isinstance(r, dict) else r.get("calls") for r in replies]


def of_calls(exercise: Exercise, drawn: Sequence[Draw], noted: Sequence[list | None]) -> list[Stage]:
    """The stages of a composite: of each call that the reference makes, what the student's own gave back."""
    found: dict[str, Stage] = {}
    for draw, made in zip(drawn, noted):
        if not made:
            return []
        for stage in _compared(exercise, _reference_calls(exercise, draw), made):
            worse = found.get(stage.name)
            if worse is None or STATUSES.index(stage.status) > STATUSES.index(worse.status):
                found[stage.name] = stage
    return _with_notes(list(found.values()))


def _reference_calls(exercise: Exercise, draw: Draw) -> list:
    reference = inspect.unwrap(getattr(exercise.reference, exercise.id))
    alone = FunctionType(reference.__code__, dict(reference.__globals__))  # nobody else's names are touched
    return probes.traced({exercise.id: alone}, **_question(exercise, draw))["calls"]


def _question(exercise: Exercise, draw: Draw) -> dict[str, Any]:
    watched = [*exercise.uses, *exercise.parts]
    return {"name": exercise.id, "inputs": list(draw.inputs.values()), "watched": watched}


def _compared(exercise: Exercise, right: list, made: list) -> list[Stage]:
    """The k-th call of each function beside the k-th call of the same function in the reference."""
    found, taken = [], {}
    for names, (function, _, returned) in zip(_names(exercise), right, strict=True):
        k = taken[function] = taken.get(function, -1) + 1
        own = [call for call in made if isinstance(call, list) and len(call) == 3 and call[0] == function]
        several = returned if isinstance(returned, list) else [returned]
        for i, (name, value) in enumerate(zip(names, several)):
            if name == "_" or isinstance(value, (list, dict)) or (i and function.endswith("_forward")):
                continue
            found.append(_call_stage(exercise, name, function, value, i, own[k] if k < len(own) else None))
    return found


def _call_stage(exercise: Exercise, name: str, function: str, right: Any, i: int, call: list | None) -> Stage:
    if call is None:
        return Stage(name, "missing", f"`{function}` is not called for it")
    _, given, returned = call
    if returned is None:
        return Stage(name, "missing", f"`{function}` breaks down on what it is given")
    several = returned if isinstance(returned, list) else [returned]
    value = several[i] if i < len(several) else None
    likeness = _likeness(value, right)
    if likeness != "wrong":
        return Stage(name, likeness)
    if _works(exercise, function, given, value, i):
        return Stage(name, "follows")
    return Stage(name, "wrong", f"your `{function}` returns something else than it should: see its own check")


def _works(exercise: Exercise, function: str, given: list, value: Any, i: int) -> bool:
    """Whether a function did its work on what it was given: then what it was given is to blame."""
    right = exercise.parts.get(function)
    try:
        if right is None:  # the course's own
            return True
        returned = right(*[tuple(each) if isinstance(each, list) else each for each in given])
        returned = returned if isinstance(returned, tuple) else (returned,)
        return _likeness(value, np.asarray(returned[i], float)) == "exact"
    except Exception:
        return True


def _names(exercise: Exercise) -> list[list[str]]:
    """What the reference calls the values that come back from each call, in the order of the calls."""
    watched, found = {*exercise.uses, *exercise.parts}, []
    for node in ast.walk(ast.parse(source(inspect.unwrap(getattr(exercise.reference, exercise.id))))):
        match node:
            case ast.Assign(targets=[target], value=ast.Call(func=ast.Name(id=called))) if called in watched:
                several = target.elts if isinstance(target, ast.Tuple) else [target]
                found.append((node.lineno, [ast.unparse(each) for each in several]))
    return [names for _, names in sorted(found)]
