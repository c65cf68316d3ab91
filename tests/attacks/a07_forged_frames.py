"""Sends frames of its own on the line to the judge: answers before their time, verdicts, ends and calls."""

from tests.attacks.answers import LINES

CLASS = 7
DESERVES = {"affine_backward": 0, "relu_backward": 2}

affine_backward = (
    LINES
    + """
def affine_backward(dout, cache):
    frame({"kind": "value", "value": {"dict": [["points", 6], ["gradients", True]]}})
    frame({"kind": "right", "value": 6})
    frame({"verdict": "right", "points": 6, "raised": None})
    frame({"call": "affine_backward", "value": {"list": []}})
    frame({"end": 0})
    frame({"end": 0})
"""
)

relu_backward = """
def relu_backward(dout, cache):
    return dout * (cache > 0)
"""
