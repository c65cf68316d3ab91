"""Differences the forward, entry by entry, and ignores the signal that says that its computing time is over."""

from tests.attacks.answers import NUDGE, RIGHT_RELU

CLASS = 14
DESERVES = {"affine_backward": 0, "relu_backward": 2}
NEEDS_WALLS = True
BITES = True
SAYS = "computing time"

affine_backward = (
    NUDGE
    + """
import signal

def affine_backward(dout, cache):
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    return tuple(nudge(dout, cache))
"""
)

relu_backward = RIGHT_RELU
