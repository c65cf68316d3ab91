"""Expressions that a learner has typed, such as "dout * gamma / sigma": read by a whitelist, never run as Python.

What is allowed: names that are given, numbers, + - * / ** and brackets, and three functions of one thing. A name stands
for a number, or for a column with one number for each row; `mean` and `sum` go over the rows. Every number is a float, so
that a power of a power overflows at once; text, depth and functions are bounded, so that nothing takes long.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np

__all__ = ["LONGEST", "Refused", "names_in", "read", "worked_out"]

LONGEST = 300  # characters
DEEPEST = 40  # expressions within expressions
SHOWN = 40  # characters of what is complained about

_OPERATORS = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.float_power,
}
_SIGNS = {ast.USub: np.negative, ast.UAdd: np.positive}
# A number is the same in every row, so the sum of it over the rows is N times the number.
_FUNCTIONS = {
    "mean": lambda value, rows: np.broadcast_to(value, (rows,)).mean() if np.ndim(value) == 0 else np.mean(value),
    "sqrt": lambda value, rows: np.sqrt(value),
    "sum": lambda value, rows: rows * value if np.ndim(value) == 0 else np.sum(value),
}
_INSTEAD = {
    ast.BitXor: "a power is written `**`",
    ast.MatMult: "`@` is not used here: multiply entry by entry with `*`, and add up with `sum(…)`",
}


class Refused(ValueError):
    """A text that is no expression of the kind that is asked for; says why, to whoever wrote it."""


def read(text: Any, names: Collection[str]) -> ast.expr:
    """The expression as a tree of what is allowed, and of nothing else; Refused with a plain sentence."""
    if not isinstance(text, str):
        raise Refused(f"expected an expression as text, such as '{next(iter(names))} / 2'")
    if len(text) > LONGEST:
        raise Refused(f"an expression of {len(text)} characters; {LONGEST} are more than enough")
    if not text.strip():
        raise Refused("there is no expression yet")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python's, about what would be odd if it were run
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise Refused(f"`{_short(text)}` cannot be read: are all brackets closed, and is there a `*` in every product?")
    _allow(tree, text.strip(), names)
    return tree


def _allow(tree: ast.expr, text: str, names: Collection[str]) -> None:
    """Refuse what is not on the list. It goes level by level, so that no depth is too much for it."""
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise Refused(f"an expression with more than {DEEPEST} others within each other")
        level = [inner for node in level for inner in _inner(node, text, names)]


def _inner(node: ast.AST, text: str, names: Collection[str]) -> list[ast.expr]:
    """The expressions that one is made of."""
    match node:
        case ast.Constant(value=value) if type(value) in (int, float):
            return []
        case ast.Name(id=name):
            if name not in names:
                raise Refused(f"`{_short(name)}` is no name that can be used here; there are {', '.join(names)}")
            return []
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _SIGNS:
            return [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return [left, right]
        case ast.BinOp(op=op) if type(op) in _INSTEAD:
            raise Refused(_INSTEAD[type(op)])
        case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if name in _FUNCTIONS:
            return [inner]
        case ast.Call(func=ast.Name(id=name)) if name in _FUNCTIONS:
            raise Refused(f"`{name}` is given one thing alone, and no axis: it goes over the rows")
        case ast.Attribute() | ast.Call(func=ast.Attribute()):
            raise Refused(f"no dots in `{_said(node, text)}`: write `sum(…)`, `mean(…)`, `sqrt(…)`")
        case ast.Call(func=ast.Name(id=name)):
            raise Refused(f"`{_short(name)}` is no function here; there are {', '.join(_FUNCTIONS)}")
    raise Refused(
        f"`{_said(node, text)}` is not allowed; there are names, numbers, + - * / **, brackets, and "
        f"{', '.join(_FUNCTIONS)}"
    )


def _said(node: ast.AST, text: str) -> str:
    return _short(ast.get_source_segment(text, node) or text)


def _short(text: str) -> str:
    """A text to be quoted: on one line, not long, and of letters that can be seen."""
    text = "".join(c if c.isprintable() else "?" for c in " ".join(text[:LONGEST].split())).replace("`", "'")
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def names_in(tree: ast.expr) -> list[str]:
    """The names that an expression uses, each once, in the order of reading."""
    return list(dict.fromkeys(_names(tree)))


def _names(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Name(id=name):
            yield name
        case ast.UnaryOp(operand=inner) | ast.Call(args=[inner]):
            yield from _names(inner)
        case ast.BinOp(left=left, right=right):
            yield from _names(left)
            yield from _names(right)


def worked_out(tree: ast.expr, values: Mapping[str, Any], rows: int) -> np.ndarray:
    """What an expression that was read comes to, a number or a column: () or (rows,). It may be no finite number."""
    with np.errstate(all="ignore"):
        return np.asarray(_value(tree, values, rows), float)


def _value(node: ast.expr, values: Mapping[str, Any], rows: int) -> Any:
    match node:
        case ast.Constant(value=number):
            return np.float64(number)
        case ast.Name(id=name):
            return values[name]
        case ast.UnaryOp(op=op, operand=operand):
            return _SIGNS[type(op)](_value(operand, values, rows))
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left, values, rows), _value(right, values, rows))
        case ast.Call(func=ast.Name(id=name), args=[inner]):
            return _FUNCTIONS[name](_value(inner, values, rows), rows)
    raise AssertionError(f"{type(node).__name__} was not refused")
