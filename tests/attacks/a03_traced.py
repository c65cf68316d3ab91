"""Traces every line that runs after it, and puts the expected value where the returned one was."""

CLASS = 3
DESERVES = {"affine_backward": 0, "relu_backward": 2}
BITES = True

above = """
import sys

def trace(frame, event, argument):
    names = frame.f_globals
    if "expected" in names and "returned" in names:
        names["returned"] = names["expected"]
    return trace

sys.settrace(trace)
"""

affine_backward = """
def affine_backward(dout, cache):
    return dout, dout, dout
"""

relu_backward = """
import sys
sys.settrace(None)

def relu_backward(dout, cache):
    return dout * (cache > 0)
"""
