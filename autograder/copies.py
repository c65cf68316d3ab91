"""Code that is nearly the same as other code: as the library's, or as another student's.

Two functions are compared by their shape: names of variables, comments, docstrings and layout do not count. What is
short comes out alike by itself, so it is not compared. Likeness is a reason to ask, and no proof.
"""

from __future__ import annotations

import ast
import inspect
import io
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autograder.exercise import Exercise, source

__all__ = ["Copy", "copies", "fingerprint"]

LONGEST = 20_000  # characters of a cell that is still read
SHORT = 50  # tokens: what is shorter than this has few ways to be written
RUN = 6  # tokens in a row that are compared
ALIKE = 0.8  # the share of runs that two functions have in common
LIBRARY = "the library"


@dataclass(frozen=True)
class Copy:
    """Somebody's function is nearly that of somebody else, or of the library."""

    exercise: str
    student: str
    like: str
    alike: float


def copies(exercise: Exercise, answers: Mapping[str, str]) -> Iterator[Copy]:
    """Near-copies among the answers to one exercise, by student; likeness to the library goes first."""
    ours = fingerprint(source(inspect.unwrap(getattr(exercise.reference, exercise.id))), exercise.id)
    prints = {student: fingerprint(text, exercise.id) for student, text in answers.items()}
    own = {}
    for student, mark in prints.items():
        if (alike := _alike(mark, ours)) >= ALIKE:
            yield Copy(exercise.id, student, LIBRARY, alike)
        else:
            own[student] = mark
    for number, (student, mark) in enumerate(own.items()):
        for other, theirs in list(own.items())[:number]:
            if (alike := _alike(mark, theirs)) >= ALIKE:
                yield Copy(exercise.id, student, other, alike)


def fingerprint(text: str, name: str) -> frozenset[tuple[str, ...]]:
    """The runs of tokens of the function of this name in a cell; empty where it is short or cannot be read."""
    try:
        tree = ast.parse(text[:LONGEST])
        function = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name)
        if ast.get_docstring(function) is not None:
            function.body = function.body[1:] or [ast.Pass()]
        tokens = _tokens(ast.unparse(_Renamed().visit(function)))
    except (StopIteration, SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return frozenset()
    if len(tokens) < SHORT:
        return frozenset()
    return frozenset(tuple(tokens[i : i + RUN]) for i in range(len(tokens) - RUN + 1))


class _Renamed(ast.NodeTransformer):
    """Variables and arguments by the order in which they appear."""

    def __init__(self):
        self.names: dict[str, str] = {}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._called(node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self._called(node.arg)
        return node

    def _called(self, name: str) -> str:
        return self.names.setdefault(name, f"v{len(self.names)}")


def _tokens(text: str) -> list[str]:
    kept = (tokenize.NAME, tokenize.NUMBER, tokenize.OP, tokenize.STRING)
    return [token.string for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type in kept]


def _alike(a: frozenset, b: frozenset) -> float:
    return len(a & b) / len(a | b) if a and b else 0.0
