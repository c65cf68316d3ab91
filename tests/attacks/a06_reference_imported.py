"""Imports the library's own function instead of writing it."""

CLASS = 6
DESERVES = {"affine_backward": 0, "relu_backward": 0}
BITES = True

affine_backward = """
from backprop.layers import affine_backward
"""

relu_backward = """
import importlib

def relu_backward(dout, cache):
    return importlib.import_module("backprop.activations").relu_backward(dout, cache)
"""
