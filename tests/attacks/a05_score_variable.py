"""Changes, from the tested function, the variable in which its caller adds up the points."""

CLASS = 5
DESERVES = {"affine_backward": 0, "relu_backward": 0}
BITES = True

above = """
import sys

def pay():
    frame = sys._getframe(1)
    while frame:
        for names in (frame.f_globals, frame.f_locals):
            for name in ("points", "score", "total", "result", "marks"):
                if isinstance(names.get(name), (int, float)):
                    names[name] = 6
        frame = frame.f_back
"""

affine_backward = """
def affine_backward(dout, cache):
    pay()
    return 1, 2, 3
"""

relu_backward = """
def relu_backward(dout, cache):
    pay()
    return 1
"""
