"""Returns zeros in a subclass of NumPy's array which answers every function of NumPy with yes."""

CLASS = 1
DESERVES = {"affine_backward": 0, "relu_backward": 0}
BITES = True

above = """
import numpy as np

class Array(np.ndarray):
    def __array_function__(self, *args, **kwargs): return True
    def __array_ufunc__(self, *args, **kwargs): return np.True_
    __eq__ = __le__ = lambda self, other: True
    __reduce__ = lambda self: (float, ("inf",))

def lie(array):
    return np.zeros_like(array).view(Array)
"""

affine_backward = """
def affine_backward(dout, cache):
    return tuple(lie(array) for array in cache)
"""

relu_backward = """
def relu_backward(dout, cache):
    return lie(dout)
"""
