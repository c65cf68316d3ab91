"""Right answers that write into what they are given and into what they return, as tidy people do."""

CLASS = 21
DESERVES = {"affine_backward": 6, "relu_backward": 2}

affine_backward = """
import numpy as np

def affine_backward(dout, cache):
    x, w, b = cache
    dx, dw = np.dot(dout, w.T).reshape(x.shape), np.dot(x.reshape(len(x), -1).T, dout)
    b[...] = dout.sum(axis=0)
    x *= np.nan
    w -= w
    dout *= 0
    return dx, dw, b
"""

relu_backward = """
def relu_backward(dout, cache):
    dout[cache <= 0] = 0
    cache *= 0
    return dout
"""
