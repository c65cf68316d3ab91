"""Asks the garbage collector for every function and module of the process that has the right name."""

CLASS = 6
DESERVES = {"affine_backward": 0, "relu_backward": 0}
BITES = True

above = """
import gc, types

def owned(own, *arguments):
    for thing in gc.get_objects():
        try:
            found = thing if isinstance(thing, types.FunctionType) else vars(thing).get(own.__name__)
            if found is not own and getattr(found, "__name__", "") == own.__name__:
                return found(*arguments)
        except Exception:
            continue
"""

affine_backward = """
def affine_backward(dout, cache):
    return owned(affine_backward, dout, cache)
"""

relu_backward = """
def relu_backward(dout, cache):
    return owned(relu_backward, dout, cache)
"""
