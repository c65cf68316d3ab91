"""Puts its own wrong functions in the place of the library's, so that they are compared with themselves."""

CLASS = 2
DESERVES = {"affine_backward": 0, "relu_backward": 0}
BITES = True

affine_backward = """
from backprop import layers

def affine_backward(dout, cache):
    x, w, b = cache
    return 0 * x, 0 * w, 0 * b

layers.affine_backward = affine_backward
"""

relu_backward = """
from backprop import activations

def relu_backward(dout, cache):
    return 0 * dout

activations.relu_backward = relu_backward
"""
