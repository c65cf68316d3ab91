"""Write a program that tells wrong ways back from right ones.

Return a program as plain data, of at most ten names, on which *each* of the five suspects gives a wrong gradient, or breaks
down. A program is a dictionary. Each name stands for a number, or for an operation with the names that it is applied
to, which come before it; an exponent is a number. The last name is the end:

    {"x": 3.0, "a": ["mul", "x", "x"], "b": ["power", "a", -2], "e": ["add", "b", "x"]}

There are `add`, `mul`, `power`, `exp`, `log`, `tanh` and `relu`. For each suspect, ask on which programs it happens to be
right. Then write another one.
"""

import math
from types import SimpleNamespace

import numpy as np

from autograder import programs, rules
from autograder.exercise import Exercise
from backprop import graph

MOST_NAMES = 10


def telling_program():
    """A program on which no wrong way back gives the right gradients.

    ->  {name: number, or [operation, name, ...]}; at most 10 names, the last is the end.
    """
    # a is used at the end, and again on a longer path: who does not wait, or sends twice, is seen at x.
    # Both uses of a count: = for += is seen.
    # a = x · x has two links to the same parent. y has the number of x, and another gradient.
    leaves = {"x": 3.0, "y": 3.0}
    longer = {"a": ["mul", "x", "x"], "b": ["mul", "a", "y"], "c": ["mul", "b", "y"]}
    return leaves | longer | {"e": ["add", "c", "a"]}


def tries(function, program):
    """The gradients of all names of a program, as a function works them out."""
    try:
        values = graph.run(programs.checked(program, MOST_NAMES), programs.OPERATIONS)
    except ArithmeticError as error:
        raise ValueError(f"your program cannot be run: {error}") from None
    for name, value in values.items():
        if isinstance(value.value, complex) or not math.isfinite(value.value):
            raise ValueError(f"{name} is {value.value}, which is no finite number")
    gradient = function([*values.values()][-1])
    return np.array([gradient.get(value, 0.0) for value in values.values()])


exercise = Exercise(
    writes=["telling_program"],
    reference=SimpleNamespace(telling_program=telling_program),
    points=dict(ash=0.5, birch=0.5, cedar=0.5, elm=0.5, fir=0.5),
    minutes=8,
    kind="hunt",
    tries=tries,
    help=[
        "Read one suspect at a time and compare it with your own `backward`. All five are right on a chain, where each value "
        "is used once. What has to be used twice?",
        "Two of them go wrong only where something is *behind* the value that is used twice, and one of these two only where "
        "one of its paths to the end is longer than another.",
        "The other three are about links: two links that lead to one parent from different values, two links of the "
        "same value, and two values that cannot be told apart.",
    ],
)


@exercise.case
def as_given(rng):
    return {}


# ----- right ways back -----


@exercise.innocent
def by_order(end):
    order, seen, stack = [], set(), [(end, False)]
    while stack:
        value, done = stack.pop()
        if done:
            order.append(value)
        elif value not in seen:
            seen.add(value)
            stack += [(value, True), *((parent, False) for parent, _ in value.links)]
    gradient = dict.fromkeys(order, 0.0) | {end: 1.0}
    for value in reversed(order):
        for parent, partial in value.links:
            gradient[parent] += partial * gradient[value]
    return gradient


@exercise.innocent
def by_paths(end):
    gradient, line = {}, [(end, 1.0)]
    for value, product in line:
        gradient[value] = gradient.get(value, 0.0) + product
        line += [(parent, partial * product) for parent, partial in value.links]
    return gradient


# ----- wrong ones -----


@exercise.suspect
def ash(end):
    gradient, line = {end: 1.0}, [end]
    for value in line:
        for parent, partial in value.links:
            gradient[parent] = partial * gradient[value]
            line.append(parent)
    return gradient


@exercise.suspect
def birch(end):
    gradient, line = {}, [(end, 1.0)]
    for value, product in line:
        gradient[value] = gradient.get(value, 0.0) + product
        line += [(parent, partial * product) for parent, partial in dict(value.links).items()]
    return gradient


@exercise.suspect
def cedar(end):
    gradient, line = {end: 1.0}, [end]
    for value in line:
        for parent, partial in value.links:
            if parent not in gradient:
                line.append(parent)
            gradient[parent] = gradient.get(parent, 0.0) + partial * gradient[value]
    return gradient


@exercise.suspect
def elm(end):
    gradient, line = {end: 1.0}, [end]
    for value in line:
        for parent, partial in value.links:
            gradient[parent] = gradient.get(parent, 0.0) + partial * gradient[value]
            line.append(parent)
    return gradient


@exercise.suspect
def fir(end):
    by_number, line = {}, [(end, 1.0)]
    for value, product in line:
        by_number[value.value] = by_number.get(value.value, 0.0) + product
        line += [(parent, partial * product) for parent, partial in value.links]
    return {value: by_number[value.value] for value, _ in line}


# ----- programs on which one of them is right -----


@exercise.mistake(caught_by=rules.exposes)
def lets_ash_go():
    """`ash` keeps what comes back to a value last, with `=` where `+=` should be. Where everything before that adds up to
    zero, it is right."""
    first = {"w": -2.0, "m": -2.0, "x": ["power", "w", 2], "a": ["add", "x", "x"], "b": ["mul", "x", "m"]}
    return first | {"d": ["relu", "x"], "f": ["add", "b", "d"], "e": ["add", "a", "f"]}


@exercise.mistake(caught_by=rules.exposes)
def lets_birch_go():
    """`birch` makes a dictionary of the links of a value, and so loses one of two links to the same parent. Where no operation
    is applied twice to one value, nobody sees it."""
    first = {"x": -1.0, "y": -2.0, "z": -1.0, "a": ["mul", "x", "y"], "b": ["mul", "y", "a"]}
    return first | {"c": ["mul", "b", "z"], "d": ["add", "c", "a"]}


@exercise.mistake(caught_by=rules.exposes)
def lets_cedar_go():
    """`cedar` goes on from a value before everything has come back to it. Where all ways from a value to the end are equally
    long, nothing comes late."""
    return {"x": 2.0, "y": 2.0, "a": ["add", "y", "x"], "b": ["add", "a", "a"]}


@exercise.mistake(caught_by=rules.exposes)
def lets_elm_go():
    """`elm` passes on what it has passed on before, each time something more arrives at a value. Where nothing is behind the
    values that are used twice, or where the first arrival was zero, nobody sees it."""
    first = {"x": -2.0, "y": -2.0, "a": ["mul", "y", "y"], "b": ["add", "y", "a"], "c": ["mul", "y", "a"]}
    return first | {"d": ["add", "b", "x"], "e": ["mul", "b", "d"]}


@exercise.mistake(caught_by=rules.exposes)
def lets_fir_go():
    """`fir` keeps one gradient for each *number*. Where no two values have the same number, it is right."""
    first = {"x": 3.0, "y": 2.0, "a": ["mul", "x", "x"], "b": ["mul", "a", "y"]}
    return first | {"c": ["mul", "b", "y"], "e": ["add", "c", "a"]}
