"""Answers that several submissions share, and pieces of hostile code."""

RIGHT_AFFINE = """
import numpy as np

def affine_backward(dout, cache):
    x, w, b = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(len(x), -1).T @ dout
    return dx, dw, dout.sum(axis=0)
"""

RIGHT_RELU = """
def relu_backward(dout, cache):
    return dout * (cache > 0)
"""

WRONG_AFFINE = """
def affine_backward(dout, cache):
    x, w, b = cache
    return 0 * x, 0 * w, 0 * b
"""

WRONG_RELU = """
def relu_backward(dout, cache):
    return 0 * dout
"""

# What writes on every line that a worker might have to its judge. Closed descriptors are passed over.
LINES = """
import json, os, struct

def to_every_line(data):
    for fd in range(3, 10):
        try:
            os.write(fd, data)
        except OSError:
            pass

def frame(header, *blobs):
    text = json.dumps(header | {"sizes": [len(blob) for blob in blobs]}).encode()
    to_every_line(struct.pack("<I", len(text)) + text + b"".join(blobs))
"""

# Says some of the numbers that a call was given, as a text that a search can find.
TELL = """
import numpy as np

def told(dout, cache):
    arrays = [dout, *cache]
    return " ".join(f"{abs(number):.12f}" for array in arrays for number in array.ravel()[:3])
"""
