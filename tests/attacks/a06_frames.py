"""Walks the frames above the call and takes whatever looks like the expected value or the right function."""

CLASS = 6
DESERVES = {"affine_backward": 0, "relu_backward": 0}
BITES = True

above = """
import sys

def look(own, *arguments):
    frame = sys._getframe(1)
    while frame:
        for names in (frame.f_locals, frame.f_globals):
            for name in ("expected", "want", "truth", "solution"):
                if name in names:
                    return names[name]
            for value in list(names.values()):
                found = getattr(value, own.__name__, None) or getattr(value, "reference", None)
                if callable(found) and found is not own:
                    return found(*arguments)
        frame = frame.f_back
    return None
"""

affine_backward = """
def affine_backward(dout, cache):
    return look(affine_backward, dout, cache)
"""

relu_backward = """
def relu_backward(dout, cache):
    return look(relu_backward, dout, cache)
"""
