"""Returns and shows what is not a number, is infinite or negative, which some readers take for full marks."""

from tests.attacks.answers import RIGHT_RELU

CLASS = 16
DESERVES = {"affine_backward": 0, "relu_backward": 2}
BITES = True

affine_backward = """
import sys
import numpy as np

def affine_backward(dout, cache):
    sys.displayhook(float("-inf"))
    x, w, b = cache
    return x * np.nan, w * np.inf, np.where(np.arange(len(b)) == 0, np.nan, dout.sum(axis=0))
"""

relu_backward = RIGHT_RELU
