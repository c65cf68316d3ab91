"""Reads address zero, overflows the C stack, aborts, and ends by signals that have no name."""

from tests.attacks.answers import RIGHT_RELU

CLASS = 13
DESERVES = {"affine_backward": 0, "relu_backward": 2}

affine_backward = """
import ctypes, os, sys

def deep():
    sys.setrecursionlimit(10**9)
    nested = []
    for _ in range(10**5):
        nested = [nested]
    return repr(nested)

ends = iter([
    lambda: ctypes.string_at(0), deep, os.abort,
    lambda: os.kill(os.getpid(), 40), lambda: os.kill(os.getpid(), 64), lambda: os.kill(os.getpid(), 9),
])

def affine_backward(dout, cache):
    for _ in range({4: 1, 1: 2, 3: 3, 6: 4, 400: 5}[len(dout)]):
        end = next(ends)
    end()
"""

relu_backward = RIGHT_RELU
