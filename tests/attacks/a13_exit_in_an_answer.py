"""Ends the process from inside the tested function, with the code that means success."""

from tests.attacks.answers import RIGHT_RELU

CLASS = 13
DESERVES = {"affine_backward": 0, "relu_backward": 2}

affine_backward = """
import atexit, os, sys

atexit.register(os._exit, 0)

def affine_backward(dout, cache):
    if len(dout) > 1:
        sys.exit(0)
    os._exit(0)
"""

relu_backward = RIGHT_RELU
