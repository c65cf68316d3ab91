"""Programs as plain data, and what is true of them: for exercises about a graph of numbers.

A program is {name: number, or [operation, name or number, ...]}, each name after those it uses. Names that
nothing uses are its ends. The truth is `backprop.scalar`; what comes back from a student's operations is
numbers and links, of which nothing is believed before it was looked at.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograder.box.values import Opaque
from backprop import chain, graph, scalar

__all__ = ["OPERATIONS", "Program", "checked", "ends", "leaves", "plain", "run", "swept", "true_rates", "written"]

Program = Mapping[str, "float | Sequence"]
OPERATIONS = {name: getattr(scalar, name) for name in ("add", "mul", "power", "exp", "log", "tanh", "relu")}
TAKES = {"add": 2, "mul": 2}  # values; all others take one, and a power an exponent beside it


def run(program: Program) -> dict[str, scalar.Value]:
    """All values of a program, with links."""
    return graph.run(program, OPERATIONS, scalar.Value)


def leaves(program: Program) -> list[str]:
    return [name for name, step in program.items() if not isinstance(step, (list, tuple))]


def ends(program: Program) -> list[str]:
    used = {each for step in program.values() if isinstance(step, (list, tuple)) for each in step[1:]}
    return [name for name in program if name not in used]


def true_rates(values: Mapping[str, scalar.Value], end: str) -> dict[str, float]:
    """How fast the end moves when each value is nudged, by name."""
    gradient = scalar.backward(values[end])
    return {name: float(gradient.get(value, 0.0)) for name, value in values.items()}


def written(program: Program) -> str:
    """A program as one would write it down, such as x = 2, a = mul(x, x); "" where it is long."""
    if len(program) > 10:
        return ""
    steps = [
        f"{name} = {step[0]}({', '.join(map(str, step[1:]))})"
        if isinstance(step, (list, tuple))
        else f"{name} = {step:g}"
        for name, step in program.items()
    ]
    return ", ".join(steps)


def plain(values: Mapping[str, scalar.Value]) -> list[np.ndarray]:
    """A graph as arrays: the numbers, and for each link the places of child and parent, and the partial."""
    place = {value: number for number, value in enumerate(values.values())}
    links = [(place[child], place[parent], partial) for child in place for parent, partial in child.links]
    children, parents, partials = zip(*links) if links else ((), (), ())
    numbers = [value.value for value in place]
    return [np.array(numbers, float), np.array(children, int), np.array(parents, int), np.array(partials, float)]


# ----- what came back from operations: judged with our own sweep -----


def swept(reply: Any, known: int) -> np.ndarray:
    """For each end, its number and its rates with respect to the first `known` values; ValueError says what is wrong."""
    try:
        numbers, links, wanted = reply["numbers"], reply["links"], reply["ends"]
        many = type(links) is list and all(type(row) is list for row in links)
        if not (many and type(numbers) is list and type(wanted) is list and len(numbers) == len(links)):
            raise TypeError
        edges = [(*_link(link, len(numbers)), child) for child, row in enumerate(links) for link in row]
        found = [[_number(numbers[end], "value"), *_rates(edges, end, known)] for end in wanted]
    except (KeyError, IndexError, TypeError):
        raise ValueError("what came back is no graph of values") from None
    return np.array(found)


def _rates(edges: Sequence[tuple[int, float, int]], end: int, known: int) -> list[float]:
    try:
        total = chain.reverse_accumulate([(parent, child, partial) for parent, partial, child in edges], end)
    except ValueError:
        raise ValueError("the links run in a circle: a value cannot have been computed from itself") from None
    return [total.get(place, 0.0) for place in range(known)]


def _link(link: Any, count: int) -> tuple[int, float]:
    if type(link) is str:
        raise ValueError(f"one of the links is {_a(link)}; a link is a pair (parent, partial)")
    if type(link) not in (list, tuple) or len(link) != 2:
        raise TypeError
    parent, partial = link
    if type(parent) is str:
        raise ValueError(f"one of the links leads to {_a(parent)}; the parent is the Value itself, not its number")
    if type(parent) is not int or not 0 <= parent < count:
        raise TypeError
    return parent, _number(partial, "partial")


def _number(found: Any, what: str) -> float:
    if isinstance(found, np.ndarray) and found.size == 1 and found.dtype.kind in "biuf":
        found = found.item()
    if type(found) not in (bool, int, float):
        said = found.type if isinstance(found, Opaque) else type(found).__name__
        raise ValueError(f"the {what} of one of the values is {_a(said)}; expected a number")
    if not math.isfinite(found):
        raise ValueError(f"the {what} of one of the values is {found}")
    return float(found)


def _a(kind: str) -> str:
    return f"{'an' if kind[:1] in tuple('aeiou') else 'a'} {kind[:40]}"


# ----- programs that students write, as data -----


def checked(program: Any, most: int) -> dict[str, Any]:
    """A program that came as data, if it is one; ValueError says what it is not."""
    if not isinstance(program, dict) or not program:
        raise ValueError("return a program: a dictionary of names")
    if len(program) > most:
        raise ValueError(f"your program has {len(program)} names; at most {most} can be read by eye")
    for name, step in program.items():
        if not isinstance(name, str):
            raise ValueError(f"a name is a string; one of yours is {str(name)[:40]}")
        if isinstance(step, (list, tuple)):
            _check_step(name, step, [*program][: [*program].index(name)])
        elif type(step) not in (int, float) or not abs(step) < 1e6:
            raise ValueError(f"{name[:40]} is neither a number below a million nor [operation, name, ...]")
    return program


def _check_step(name: str, step: Sequence, earlier: Sequence[str]) -> None:
    operation, *arguments = step or [None]
    name = name[:40]
    if not isinstance(operation, str) or operation not in OPERATIONS:
        raise ValueError(f"{name} begins with no operation; there are {', '.join(OPERATIONS)}")
    takes = TAKES.get(operation, 1)
    if len(arguments) != takes + (operation == "power"):
        raise ValueError(f"{name}: {operation} takes {takes} name{'s' * (takes > 1)}{_exponent(operation)}")
    for each in arguments[:takes]:
        if not isinstance(each, str) or each not in earlier:
            raise ValueError(f"{name} uses {str(each)[:40]}, which is no name before it")
    for each in arguments[takes:]:
        if type(each) not in (int, float) or not abs(each) <= 20:
            raise ValueError(f"{name}: an exponent is a number between -20 and 20")


def _exponent(operation: str) -> str:
    return " and an exponent" if operation == "power" else ""
