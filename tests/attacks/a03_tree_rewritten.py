"""Replaces the parser, so that the tree of a test cell loses its comparison."""

CLASS = 3
DESERVES = {"affine_backward": 0, "relu_backward": 0}
BITES = True

above = """
import ast

parse = ast.parse

class Always(ast.NodeTransformer):
    def visit_If(self, node):
        node.test = ast.copy_location(ast.Constant(True), node.test)
        return node

def rewriting(*args, **kwargs):
    return ast.fix_missing_locations(Always().visit(parse(*args, **kwargs)))

ast.parse = rewriting
"""

affine_backward = """
def affine_backward(dout, cache):
    return 1, 2, 3
"""

relu_backward = """
def relu_backward(dout, cache):
    return 1
"""
