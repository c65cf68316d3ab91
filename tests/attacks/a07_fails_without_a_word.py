"""Sends frames of its own, which say that an answer failed, and give an empty reason for it."""

from tests.attacks.answers import LINES

CLASS = 7
DESERVES = {"affine_backward": 0, "relu_backward": 2}
SAYS = "sent back something that is not an answer"

affine_backward = (
    LINES
    + """
def affine_backward(dout, cache):
    frame({"kind": "raised", "value": ""})
"""
)

relu_backward = """
def relu_backward(dout, cache):
    return dout * (cache > 0)
"""
