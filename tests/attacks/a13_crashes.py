"""Reads address zero, aborts, and ends by signals, some of which have no name."""

from tests.attacks.answers import RIGHT_RELU

CLASS = 13
DESERVES = {"affine_backward": 0, "relu_backward": 2}

affine_backward = """
import ctypes, os

ENDS = {
    4: lambda: ctypes.string_at(0),
    1: os.abort,
    3: lambda: os.kill(os.getpid(), 40),
    6: lambda: os.kill(os.getpid(), 64),
}

def affine_backward(dout, cache):
    ENDS.get(len(dout), lambda: os.kill(os.getpid(), 9))()
"""

relu_backward = RIGHT_RELU
