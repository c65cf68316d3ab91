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

# Differences the forward, entry by entry: a part of the entries, the others are zero.
NUDGE = """
import numpy as np

def nudge(dout, cache, first=0, step=1):
    gradients = [np.zeros(a.shape) for a in cache]
    for k, gradient in enumerate(gradients):
        for place in list(np.ndindex(*gradient.shape))[first::step]:
            up, down = [a.copy() for a in cache], [a.copy() for a in cache]
            up[k][place] += 1e-4
            down[k][place] -= 1e-4
            gradient[place] = np.sum((affine_forward(*up)[0] - affine_forward(*down)[0]) * dout) / 2e-4
    return gradients
"""

# The same by several processes; `start` is given what each has to do, and starts it.
NUDGE_TOGETHER = (
    NUDGE
    + """
import os

def nudge_together(start, dout, cache, step):
    lines = []
    for first in range(step):
        line, end = os.pipe()

        def work():
            with open(end, "wb") as file:
                for gradient in nudge(dout, cache, first, step):
                    file.write(gradient.tobytes())

        start(work)
        os.close(end)
        lines.append(open(line, "rb"))
    parts = [sum(np.frombuffer(line.read(8 * a.size)) for line in lines) for a in cache]
    return [part.reshape(a.shape) for part, a in zip(parts, cache)]
"""
)
