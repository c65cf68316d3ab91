"""Shows a thousand million points, and returns numbers at the edge of what a float can hold."""

from tests.attacks.answers import RIGHT_RELU

CLASS = 16
DESERVES = {"affine_backward": 0, "relu_backward": 2}
BITES = True

affine_backward = """
import sys

def affine_backward(dout, cache):
    sys.displayhook(1e9)
    return tuple(0 * array + 1e300 for array in cache)
"""

relu_backward = RIGHT_RELU
