"""Every single edit of a right derivation: what a slip of the pen makes of it, and half a sentence that says which.

An edit changes one thing in a function's source: an operator, a term, a factor, a constant, an axis, a sum into a
mean, a transpose, a comparison, a call, `=` for `+=`, or one variable for another (`slips.py`). The source is changed
as a tree, one place at a time, and compiled; nothing is run here.
"""

from __future__ import annotations

import ast
import copy
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

from autograder.diagnose.slips import OVER, SWAP, changes, in_a_loop
from autograder.diagnose.words import Words

__all__ = ["SWAP", "Edit", "of"]


@dataclass(frozen=True)
class Edit:
    """One edit: its kind, what is said of it, and the function compiled with it."""

    kind: str
    says: str
    code: CodeType
    text: str = ""


def of(source: str, across_styles: bool = False, texts: bool = False) -> Iterator[Edit]:
    """All single edits of the function in a source text.

    across_styles   also slips in a loop that cannot be typed in code without loops: `=` for `+=`, or a product of two
                    entries changed, where a sum or a product of matrices stands for the loop
    texts           with the edited source of each
    """
    tree = ast.parse(textwrap.dedent(source))
    function = tree.body[0]
    docstring = ast.get_docstring(function) or ""
    function.decorator_list, function.body = [], function.body[bool(docstring) :]
    words = Words(function, docstring)
    for parent, field, place, node in list(_places(function)):
        slips = [*changes(node, parent, words), *(in_a_loop(node, words) if across_styles else ())]
        for kind, says, instead in slips:
            _put(parent, field, place, ast.copy_location(instead, node))
            ast.fix_missing_locations(tree)
            edit = Edit(kind, says, compile(tree, "<edit>", "exec"), ast.unparse(tree) if texts else "")
            _put(parent, field, place, node)
            yield edit
    if wrong := _other_axes(tree):
        says = "every sum and mean runs along the other axis of the two"
        yield Edit("axis", says, compile(wrong, "<edit>", "exec"), ast.unparse(wrong) if texts else "")


def _other_axes(tree: ast.Module) -> ast.Module | None:
    """The function with every axis exchanged, and kept; None where there are not several."""
    changed = copy.deepcopy(tree)
    several = [node for node in ast.walk(changed) if isinstance(node, ast.Call) and _axis(node) is not None]
    for call in several:
        _axis(call).value.value = 1 - _axis(call).value.value
        kept = [keyword for keyword in call.keywords if keyword.arg != "keepdims"]
        call.keywords = [*kept, ast.keyword("keepdims", ast.Constant(True))]
    return ast.fix_missing_locations(changed) if len(several) > 1 else None


def _axis(call: ast.Call) -> ast.keyword | None:
    for keyword in call.keywords:
        if keyword.arg == "axis" and isinstance(keyword.value, ast.Constant) and keyword.value.value in OVER:
            return keyword
    return None


def _places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Every place in a tree that holds an expression or a statement, from the root down."""
    for field, value in ast.iter_fields(node):
        if isinstance(node, ast.FunctionDef) and field != "body":
            continue
        for place, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, (ast.expr, ast.stmt)):
                yield node, field, place, child
            if isinstance(child, ast.AST):
                yield from _places(child)


def _put(parent: ast.AST, field: str, place: int | None, node: ast.AST) -> None:
    if place is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[place] = node
