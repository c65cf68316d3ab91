"""Sends frames and garbage to the judge without reading, for as long as it may."""

from tests.attacks.answers import LINES, RIGHT_RELU

CLASS = 15
DESERVES = {"affine_backward": 0, "relu_backward": 2}

affine_backward = (
    LINES
    + """
def affine_backward(dout, cache):
    for _ in range(100):
        frame({"kind": "value", "value": None}, bytes(1 << 20))
"""
)

relu_backward = RIGHT_RELU
