"""Sets everything that it is given to zero, so that zeros are right for whoever compares afterwards."""

CLASS = 21
DESERVES = {"affine_backward": 0, "relu_backward": 0}
BITES = True

affine_backward = """
def affine_backward(dout, cache):
    for array in (dout, *cache):
        array[...] = 0
    x, w, b = cache
    return x.copy(), w.copy(), b.copy()
"""

relu_backward = """
def relu_backward(dout, cache):
    dout[...] = 0
    return dout
"""
