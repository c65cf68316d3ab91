"""Returns arrays that a careless comparison would stretch to the right shape, or find nothing in to compare."""

CLASS = 19
DESERVES = {"affine_backward": 0, "relu_backward": 0}
BITES = True

affine_backward = """
import numpy as np

def affine_backward(dout, cache):
    x, w, b = cache
    return np.zeros((0, *x.shape)), np.float64(0), np.zeros((1, 1, *b.shape))
"""

relu_backward = """
import numpy as np

def relu_backward(dout, cache):
    return np.zeros((0, 10**11))
"""
