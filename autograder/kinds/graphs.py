"""Computational graphs: operations that record their links, sweeps over links, tables and orders of nodes."""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder import programs
from autograder.exercise import Case, Exercise
from autograder.kinds.kind import Way, describe, what_returned
from autograder.rules import Answer, Draw

__all__ = [
    "draw_engine",
    "draw_order",
    "draw_sweep",
    "draw_table",
    "read_engine",
    "read_order",
    "read_sweep",
    "read_table",
    "ways_of_engine",
    "ways_of_sweep",
]


# ----- engine: operations that record their links, judged with our sweep; their sweep, on links that we record -----

MOST_LINKS = 1000  # of a program with a handful of names


def draw_engine(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """A program for each operation; for each of its ends the number and the rates with respect to what it is given."""
    inputs, expected, what = case.make(rng), {}, {}
    for name, program in inputs.items():
        values, leaves = programs.run(program), programs.leaves(program)
        rates = {end: programs.true_rates(values, end) for end in programs.ends(program)}
        expected[name] = np.array([[values[end].value, *(rate[x] for x in leaves)] for end, rate in rates.items()])
        what[name] = [
            each for end in rates for each in [f"{end} is", *(f"nudging {x} moves {end} at rate" for x in leaves)]
        ]
    return Draw(case.name, inputs, None, {"what": what, "within": {n: _in(p) for n, p in inputs.items()}}, expected)


@functools.cache
def ways_of_engine(exercise: Exercise) -> list[Way]:
    """One operation at a time, so that one which fails costs no other."""

    def asks(name):
        def question(draw):
            program = draw.inputs[name]
            known = dict(program=dict(program), operations=[name], ends=programs.ends(program))
            return known | dict(most=MOST_LINKS)

        return question

    return [Way(f"{name} alone", [name], [name], asks(name)) for name in exercise.points]


def read_engine(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    (name,) = way.brings
    try:
        return Answer(draw, {name: programs.swept(value, len(programs.leaves(draw.inputs[name])))})
    except ValueError as error:
        return Answer(draw, missing=f"{name}: {error}")


MOST_ASKED = 1000  # gradients that come back


def draw_sweep(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """A program, as numbers and links, and the rate of each value; of a long one, of some."""
    program = case.make(rng)["program"]
    values = programs.run(program)
    rates = programs.true_rates(values, [*program][-1])
    asked = np.unique(np.linspace(0, len(rates) - 1, MOST_ASKED).astype(int))
    names = [*program]
    known = dict(graph=programs.plain(values), asked=asked.tolist(), names=[names[i] for i in asked])
    what = [f"nudging {name} moves {names[-1]} at rate" for name in known["names"]]
    known |= {"what": {"gradient": what}, "within": {"gradient": _in(program)}}
    return Draw(case.name, {"program": program}, None, known, {"gradient": np.array([rates[names[i]] for i in asked])})


@functools.cache
def ways_of_sweep(exercise: Exercise) -> list[Way]:
    """As it stands; then with the judge's own sweep over edges in the place of the student's."""

    def asks(part):
        return lambda draw: dict(name=exercise.id, graph=draw.cache["graph"], asked=draw.cache["asked"], part=part)

    ways = [Way("your own functions", [exercise.id], list(exercise.points), asks(None))]
    for part in exercise.parts:
        ways.append(Way("right functions", [exercise.id], list(exercise.points), asks(part), exercise.parts))
    return ways


def read_sweep(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    asked, found = draw.cache["asked"], value.get("gradients") if isinstance(value, dict) else None
    if not isinstance(found, dict):
        returned = what_returned(value)
        return Answer(draw, missing=f"return a dictionary {{value: gradient}}; yours returned {describe(returned)}")
    if not found and value.get("unasked"):
        return Answer(
            draw, missing="the keys of the dictionary are the values themselves, the objects that the links name"
        )
    left_out = [(number, name) for number, name in zip(asked, draw.cache["names"]) if number not in found]
    reached = _reached(draw) if left_out else set()  # what the end does not depend on has no gradient, or 0
    for number, name in left_out:
        if number in reached:
            return Answer(draw, missing=f"gradient: there is none for {name}{draw.cache['within']['gradient']}")
    return Answer(draw, {"gradient": [found.get(number, 0.0) for number in asked]})


def _reached(draw: Draw) -> set[int]:
    """The places of the values that the end was computed from."""
    numbers, children, parents, _ = draw.cache["graph"]
    reached = {len(numbers) - 1}
    for child, parent in sorted(zip(children.tolist(), parents.tolist()), reverse=True):  # parents come first
        if child in reached:
            reached.add(parent)
    return reached


def _in(program: Mapping) -> str:
    text = programs.written(program)
    return f" in {text}" if text else ""


# ----- table: a function that returns {thing: number} -----


def draw_table(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    inputs = case.make(rng)
    (name,) = exercise.points
    table = getattr(exercise.reference, exercise.id)(*copy.deepcopy(list(inputs.values())))
    what = [f"nudging {node} moves {inputs.get('end', 'the end')} at rate" for node in table]
    known = {"names": list(table), "what": {name: what}, "within": {name: _edges(inputs)}}
    return Draw(case.name, inputs, None, known, {name: np.array([*table.values()], float)})


def _edges(inputs: Mapping) -> str:
    """The edges, to be copied into a cell; "" where there are many."""
    return f" in {inputs['edges']}" if len(inputs["edges"]) <= 8 else ""


def read_table(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    """The numbers, in the order of the reference's names."""
    (name,), returned = exercise.points, what_returned(value)
    if not isinstance(returned, dict):
        return Answer(draw, missing=f"return a dictionary; yours returned {describe(returned)}")
    names = draw.cache["names"]
    for each in names:
        if each not in returned:
            return Answer(draw, missing=f"{name}: {each!r} is missing from your dictionary")
    if len(returned) > len(names):
        extra = next(each for each in returned if each not in names)
        return Answer(draw, missing=f"{name}: {str(extra)[:40]!r} is in your dictionary, and nothing is called so")
    return Answer(draw, {name: [returned[each] for each in names]})


# ----- order: a list in which each node stands behind its parents -----


def draw_order(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    inputs = case.make(rng)
    return Draw(case.name, inputs, None, None, dict.fromkeys(exercise.points, np.ones(())))


def read_order(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    """Every order that is one is right; else what is wrong with it."""
    returned = what_returned(value)
    if not isinstance(returned, (list, tuple)):
        return Answer(draw, missing=f"return a list of nodes; yours returned {describe(returned)}")
    links, end = draw.inputs["links"], draw.inputs["end"]
    said = _misplaced(list(returned), links, getattr(exercise.reference, exercise.id)(links, end))
    return Answer(draw, missing=f"order: {said}") if said else Answer(draw, dict.fromkeys(exercise.points, 1.0))


def _misplaced(order: list, links: Mapping, wanted: Sequence) -> str:
    place: dict[Any, int] = {}
    for node in order:
        if not isinstance(node, (str, int)):
            return "a node is no key of `links`"
        if node in place:
            return f"{str(node)[:40]!r} stands there twice"
        place[node] = len(place)
    for node in wanted:
        if node not in place:
            return f"{node!r} is missing"
        for parent, _ in links.get(node, ()):
            if parent in place and place[parent] > place[node]:
                return f"{node!r} stands before its parent {parent!r}"
    extra = place.keys() - set(wanted)
    return f"{min(map(str, extra))[:40]!r} is there, and the end was not computed from it" if extra else ""
