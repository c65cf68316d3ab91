"""Slips: what may stand in one place of a derivation, where something else belongs, and half a sentence about it.

What is said is the kind of slip and where it is, in words that a learner knows (`words.py`); never the line to type.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autograder.diagnose.words import CALLS, Words

__all__ = ["OVER", "SWAP", "changes", "in_a_loop"]

SWAP = "swap"  # the kind of edits that put one variable for another
OTHER = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult}
OPPOSITE = {
    ast.Gt: ast.Lt,
    ast.Lt: ast.Gt,
    ast.GtE: ast.LtE,
    ast.LtE: ast.GtE,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
CALLED = {
    ast.Add: "a plus",
    ast.Sub: "a minus",
    ast.Mult: "a multiplication",
    ast.Div: "a division",
    ast.Pow: "a power",
    ast.MatMult: "a product of matrices",
}
OVER = {0: "over the examples", 1: "along each row"}
CONSTANTS = {0: (1,), 1: (0, 2), 2: (1, 3), 3: (2,), 0.5: (1.0, 0.25)}
REDUCED = {"sum": "a sum", "mean": "a mean", "max": "the largest", "min": "the smallest"}
INSTEAD = {"sum": "mean", "mean": "sum", "max": "min", "min": "max"}
FUNCTIONS = {"maximum": "minimum", "minimum": "maximum", "zeros_like": "ones_like", "ones_like": "zeros_like"}
SHAPES = {"copy": "a copy", "reshape": "a change of shape", "astype": "a change of type"}

LAST = "only the last term of a sum is left, where all of them should add up (`=` for `+=`)"

Change = tuple[str, str, ast.AST]  # the kind, what is said of it, what stands there instead


def changes(node: ast.AST, parent: ast.AST, words: Words) -> Iterator[Change]:
    """What may stand in the place of a node."""
    match node:
        case ast.BinOp():
            yield from _operation(node, words)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield "operator", "a minus is missing", operand
        case ast.Constant(value=bool() as value):
            yield "constant", f"{not value} in place of {value}", ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield from _constant(value, parent)
        case ast.Call():
            yield from _call(node, words)
        case ast.Attribute(value=value, attr="T"):
            yield "transpose", f"{words.of(value, 'a factor')} as it stands, where its transpose belongs", value
        case ast.Compare(ops=[op], left=left, comparators=others) if type(op) in OPPOSITE:
            of = f" of {words.of(left)}" if words.of(left) else ""
            turned = ast.Compare(left, [OPPOSITE[type(op)]()], others)
            yield "comparison", f"a comparison{of} the other way round", turned
        case ast.Name(id=name, ctx=ast.Load()) if name in words.names:
            for other in words.names:
                if other != name:
                    yield SWAP, _swapped(node, ast.Name(other), words), ast.Name(other, ast.Load())
        case ast.Tuple(elts=names, ctx=ast.Store()):
            for i in range(len(names) - 1):
                says = "two of the values that come together are taken for one another"
                order = [*names[:i], names[i + 1], names[i], *names[i + 2 :]]
                yield SWAP, says, ast.Tuple(order, ast.Store())
        case ast.Subscript(slice=ast.Constant(value="p"), ctx=ast.Load()):
            says = "`p` taken for the probability of dropping, where it is that of keeping"
            yield "constant", says, ast.BinOp(ast.Constant(1), ast.Sub(), node)
        case ast.AugAssign():
            yield from _update(node, words)
        case ast.Assign(targets=[ast.Subscript()]):
            yield "term", "some entries are left as they were, and should be set", ast.Pass()


def _swapped(node: ast.Name, other: ast.Name, words: Words) -> str:
    if words.of(node) and words.of(other):
        return f"{words.of(other)} where {words.of(node)} belongs"
    return f"something else where {words.of(node)} belongs" if words.of(node) else "one value in place of another"


def _operation(node: ast.BinOp, words: Words) -> Iterator[Change]:
    op, left, right = type(node.op), node.left, node.right
    a, b = words.of(left), words.of(right)
    if op in OTHER:
        between = f", between {a} and {b}" if a and b else ""
        says = f"{CALLED[OTHER[op]]} where {CALLED[op]} belongs{between}"
        yield "operator", says, ast.BinOp(left, OTHER[op](), right)
    if op in (ast.Sub, ast.Div, ast.MatMult):
        says = {ast.Sub: "a difference", ast.Div: "a fraction", ast.MatMult: "a product of matrices"}[op]
        yield "operator", f"{says} the other way round", ast.BinOp(right, node.op, left)
    if op is ast.Sub:
        yield "term", f"{a or 'a term'} is missing from a difference", ast.UnaryOp(ast.USub(), right)
    part = {ast.Add: "a sum", ast.Sub: "a difference"}.get(op, "a product")
    what = "a term" if op in (ast.Add, ast.Sub) else "a factor"
    if op is ast.Pow:
        yield "term", "a power is missing", left
    elif op is ast.Div:
        yield "term", f"the division by {b} is missing" if b else "a division is missing", left
        yield "term", "a number where its inverse belongs" if a == "1" else "what is divided is missing", right
    else:
        yield "term", f"{b or what} is missing from {part}", left
        yield "term", f"{a or what} is missing from {part}", right
    if op is ast.MatMult:
        yield "operator", "a product entry by entry where one of matrices belongs", ast.BinOp(left, ast.Mult(), right)


def _constant(value: float, parent: ast.AST) -> Iterator[Change]:
    if isinstance(parent, ast.keyword) and parent.arg == "axis":
        if value in OVER:
            other = 1 - value
            yield "axis", f"`axis={other}` where it should run {OVER[value]}", ast.Constant(other)
        return
    for other in CONSTANTS.get(value, (1,)):
        yield "constant", f"{other:g} where {value:g} belongs", ast.Constant(other)


def _call(node: ast.Call, words: Words) -> Iterator[Change]:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr=name), args=[inner, *_]) if name in REDUCED:
            yield from _reduction(node, name, inner, words)
        case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in REDUCED:
            yield from _reduction(node, name, inner, words)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr="where"), args=[condition, yes, no]):
            yield "comparison", "a choice the other way round", ast.Call(node.func, [condition, no, yes], [])
            yield "call", "one value everywhere, where there are two to choose from", yes
            yield "call", "one value everywhere, where there are two to choose from", no
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np") as np, attr=name)) if name in FUNCTIONS:
            other = ast.Attribute(np, FUNCTIONS[name], ast.Load())
            yield "call", f"`{FUNCTIONS[name]}` where `{name}` belongs", ast.Call(other, node.args, node.keywords)
            for argument in node.args[-1:]:
                yield "call", f"a `{name}` is missing", argument
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr=name), args=[inner]) if name in CALLS:
            if name == "sqrt" and isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Add):
                says = f"{words.of(inner.right, 'a term')} is added outside the root, and belongs inside"
                yield "term", says, ast.BinOp(ast.Call(node.func, [inner.left], []), ast.Add(), inner.right)
            of = f" of {words.of(inner)}" if words.of(inner) else ""
            yield "call", f"{CALLS[name]}{of} is missing", inner
        case ast.Call(func=ast.Attribute(value=inner, attr=name)) if name in SHAPES:
            yield "call", f"{SHAPES[name]} is missing", inner


def _reduction(node: ast.Call, name: str, inner: ast.expr, words: Words) -> Iterator[Change]:
    """A sum, mean, largest or smallest over an axis."""
    of = f" of {words.of(inner)}" if words.of(inner) else ""
    other = ast.Attribute(node.func.value, INSTEAD[name], ast.Load())
    says = f"{REDUCED[INSTEAD[name]]}{of} where {REDUCED[name]} belongs"
    yield "sum or mean", says, ast.Call(other, node.args, node.keywords)
    yield "sum or mean", f"{REDUCED[name]}{of} is not taken", inner
    if axes := [keyword for keyword in node.keywords if keyword.arg == "axis"]:
        everything = [keyword for keyword in node.keywords if keyword not in axes]
        says = f"{REDUCED[name]}{of} over everything, where it runs over one axis"
        yield "axis", says, ast.Call(node.func, node.args, everything)
        if name == "mean":
            says = "a mean that divides by one less than there are numbers (`N - 1` for `N`)"
            text = "a * (b.shape[axis] / (b.shape[axis] - 1))"
            yield "constant", says, _parsed(text, a=node, b=inner, axis=axes[0].value)


def _update(node: ast.AugAssign, words: Words) -> Iterator[Change]:
    op = type(node.op)
    if op in (ast.Add, ast.Sub):
        says = "each term replaces the one before it, where the terms should add up (`=` for `+=`)"
        yield "adds up", says, ast.Assign([node.target], node.value)
    if op in OTHER:
        says = f"{CALLED[OTHER[op]]} where {CALLED[op]} belongs"
        yield "operator", says, ast.AugAssign(node.target, OTHER[op](), node.value)
    dropped = {ast.Mult: "a factor is missing", ast.Div: "a division is missing"}.get(op, "a term is never added")
    if op is ast.Div and words.of(node.value):
        dropped = f"the division by {words.of(node.value)} is missing"
    yield "term", dropped, ast.Pass()


def in_a_loop(node: ast.AST, words: Words) -> Iterator[Change]:
    """What a slip in a loop would make of a sum that is written without one."""
    match node:
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            yield "adds up", LAST, _parsed("a[:, -1:] @ b[-1:]", a=left, b=right)
            for missing, text in ((left, "(0 * a + 1) @ b"), (right, "a @ (0 * b + 1)")):
                says = f"{words.of(missing, 'a factor')} is missing from the products that are summed"
                yield "term", says, _parsed(text, a=left, b=right)
            for text in ("(1 / a) @ b", "a @ (1 / b)"):
                says = "a division where a multiplication belongs, in the products that are summed"
                yield "operator", says, _parsed(text, a=left, b=right)
        case ast.Call(func=ast.Attribute(value=inner, attr="sum" | "mean" as name), keywords=keywords):
            given = {keyword.arg: keyword.value for keyword in keywords}
            if axis := given.get("axis"):
                which = "[-1]" if "keepdims" in given else "-1"
                text = f"a.take({which}, axis=axis)" + " / a.shape[axis]" * (name == "mean")
                yield "adds up", LAST, _parsed(text, a=inner, axis=axis)
            else:
                yield "adds up", LAST, _parsed("a.ravel()[-1]" + " / a.size" * (name == "mean"), a=inner)


def _parsed(text: str, **parts: ast.expr) -> ast.expr:
    """An expression in which names stand for others."""

    class Filled(ast.NodeTransformer):
        def visit_Name(self, name):
            return parts.get(name.id, name)

    return Filled().visit(ast.parse(text, mode="eval").body)
