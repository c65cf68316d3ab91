"""Shows full marks from inside the tested function, before the test can show its own result."""

CLASS = 5
DESERVES = {"affine_backward": 0, "relu_backward": 0}
BITES = True

affine_backward = """
import sys

def affine_backward(dout, cache):
    sys.displayhook(6.0)
"""

relu_backward = """
import sys

def relu_backward(dout, cache):
    sys.displayhook(2.0)
"""
