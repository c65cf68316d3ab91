"""Replaces what shows results, so that every number is shown as full marks."""

CLASS = 5
DESERVES = {"affine_backward": 0, "relu_backward": 0}
BITES = True

above = """
import sys

show = sys.displayhook
sys.displayhook = lambda value: show(6.0 if isinstance(value, (int, float)) else value)
"""

affine_backward = """
def affine_backward(dout, cache):
    return cache
"""

relu_backward = """
def relu_backward(dout, cache):
    return cache
"""
