"""How the things in a derivation are called before a learner.

The names in a function's docstring are known to whoever writes it: they are said as they stand. Names of the
reference's own have one word each for the whole course, since one letter has one meaning there. What has neither is
not named.
"""

from __future__ import annotations

import ast
import re

__all__ = ["Words", "joined"]

# fmt: off
WORDS = {
    "centred": "`x` less its mean",
    "difference": "the difference of `x` and `y`",
    "hidden": "what the ReLU returned",
    "log_p": "the logarithms of the probabilities",
    "margins": "the margins",
    "mu": "the mean",
    "onehot": "the right classes",
    "p": "the probabilities",
    "rows": "the numbers of the rows",
    "running_mean": "the running mean",
    "running_var": "the running variance",
    "scores": "the scores",
    "shifted": "the scores, lowered by the largest of their row",
    "sigma": "the standard deviation",
    "through_mu": "what returns through the mean",
    "through_sigma": "what returns through the standard deviation",
    "var": "the variance",
    "xhat": "the normalised `x`",
}
# fmt: on
EXAMPLES = re.compile(r"len\(\w+\)|\w+\.shape\[0\]|N")
CALLS = {"exp": "`exp`", "log": "`log`", "sqrt": "the root", "square": "the square", "tanh": "`tanh`"}


class Words:
    """How things in one function are called; `names` are the variables that it has."""

    def __init__(self, function: ast.FunctionDef, docstring: str):
        stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        arguments = {argument.arg for argument in function.args.args}
        self.names = sorted((stored | arguments) - {"_", "cache"})
        self.told = set(re.findall(r"\w+", docstring)) | arguments

    def of(self, node: ast.AST, otherwise: str = "") -> str:
        """What a learner would call it, or `otherwise` where there is no short word."""
        return self._of(node) or otherwise

    def _of(self, node: ast.AST) -> str:
        match node:
            case _ if EXAMPLES.fullmatch(ast.unparse(node)):
                return "the number of examples"
            case ast.Name(id=name):
                return WORDS.get(name) or (f"`{name}`" if name in self.told else "")
            case ast.Constant(value=int() | float() as value):
                return f"{value:g}"
            case ast.Call(func=ast.Attribute(attr="get" | "setdefault"), args=[ast.Constant(value=str() as key), *_]):
                return f"`{key}`"
            case ast.Subscript(slice=ast.Constant(value=str() as key)):
                return f"`{key}`"
            case ast.Attribute(attr="size"):
                return "the number of entries"
            case ast.Attribute(value=value, attr="T") | ast.UnaryOp(operand=value) | ast.Subscript(value=value):
                return self._of(value)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr=name), args=[inner]) if name in CALLS:
                return f"{CALLS[name]} of {word}" if (word := self._of(inner)) else ""
        return ""


def joined(names: list[str]) -> str:
    """`dx`, `dw` and `db`."""
    quoted = [f"`{name}`" for name in names]
    return " and ".join([", ".join(quoted[:-1])] * (len(quoted) > 1) + quoted[-1:])
