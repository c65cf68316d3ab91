"""Derivations: results on paper, each typed as an expression in what is known by then, tried on numbers.

A case gives a point: a value for every name of the forward pass. An expression is tried with the true values of all results
before it, so an error costs once; where it is wrong with these and right with the student's own, it counts as well.
Only text comes out of the student's code. The numbers on which it is tried never go in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograder import expressions, rules
from autograder.exercise import Case, Exercise
from autograder.kinds.kind import Way, asked_by_name, describe, what_returned
from autograder.rules import Answer, Draw

__all__ = ["draw_derivation", "read_derivation"]

Point = dict[str, Any]


def draw_derivation(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """A point, as what is known of the case, and the results there, one after the other."""
    point, expected = case.make(rng), {}
    right = getattr(exercise.reference, exercise.id)()
    for name in exercise.points:
        known = point | expected
        tree = expressions.read(right[name], _allowed(exercise, name, known))
        expected[name] = expressions.worked_out(tree, known, _rows(point))
    return Draw(case.name, {}, None, point, expected)


def _allowed(exercise: Exercise, name: str, known: Point) -> list[str]:
    return list(exercise.among.get(name, known))


def _rows(point: Point) -> int:
    return max(np.size(value) for value in point.values())


def read_derivation(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    """What the student's expressions come to at the point; in words, at which numbers that is."""
    returned = what_returned(value)
    if not isinstance(returned, dict):
        return Answer(draw, missing=f"{asked_by_name(exercise.points)}; yours returned {describe(returned)}")
    point, own = draw.cache, dict(draw.cache)
    values, words, remarks = {}, {}, {}
    true = dict(point)
    for name, right in draw.expected.items():
        try:
            tree = expressions.read(returned.get(name, ""), _allowed(exercise, name, true))
        except expressions.Refused as reason:
            words[name] = str(reason)
        else:
            values[name] = expressions.worked_out(tree, true, _rows(point))
            words[name] = _at(tree, true, values[name], right)
            own[name] = expressions.worked_out(tree, own, _rows(point))
            if not rules.close(values[name], right) and rules.close(own[name], right):
                values[name] = own[name]
                remarks[name] = f"`{name}` is right with your own results before it"
        true[name] = right
        own.setdefault(name, right)
    return Answer(draw, values, words=words, remarks=remarks)


def _at(tree: Any, known: Mapping[str, Any], found: np.ndarray, right: np.ndarray) -> str:
    """A counter-example, should it be one."""
    at = ", ".join(f"{name} = {_number(known[name])}" for name in expressions.names_in(tree))
    shapes = [f"a column, {_number(a)}" if a.ndim else f"one number, {_number(a)}" for a in (found, right)]
    yours, true = shapes if found.ndim != right.ndim else map(_number, (found, right))
    return f"{f'at {at}, ' if at else ''}yours comes to {yours}; true is {true}"


def _number(value: Any) -> str:
    """Three digits are enough to check by hand; a column in brackets."""
    rows = [f"{each + 0.0:.4g}" for each in np.ravel(value)]  # which makes 0 of -0
    return f"[{', '.join(rows)}]" if np.ndim(value) else rows[0]
