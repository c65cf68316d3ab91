"""Gets the numbers that it is called with out in the text, the type's name and the cause of an exception."""

from tests.attacks.answers import TELL

CLASS = 6
DESERVES = {"affine_backward": 0, "relu_backward": 0}
TELLS = "aloud"

above = TELL

affine_backward = """
def affine_backward(dout, cache):
    raise type(told(dout, cache)[:60], (Exception,), {})(told(dout, cache)) from ValueError(told(dout, cache))
"""

relu_backward = """
def relu_backward(dout, cache):
    raise SystemExit(told(dout, [cache]))
"""
