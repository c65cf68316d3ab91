"""Replaces the built-in compiler, so that a cell which compares becomes one that says six."""

CLASS = 3
DESERVES = {"affine_backward": 0, "relu_backward": 0}
BITES = True

above = """
import ast, builtins

original = builtins.compile

def rewriting(source, *args, **kwargs):
    text = ast.unparse(source) if isinstance(source, ast.AST) else str(source)
    if text == "points":
        return original("6.0", *args[:1], "eval")
    if "affine_backward(" in text or "relu_backward(" in text:
        return original("points = 6", *args, **kwargs)
    return original(source, *args, **kwargs)

builtins.compile = rewriting
"""

affine_backward = """
def affine_backward(dout, cache):
    return None
"""

relu_backward = """
def relu_backward(dout, cache):
    return None
"""
