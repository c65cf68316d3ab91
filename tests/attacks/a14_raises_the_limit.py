"""Differences the forward, entry by entry, and gives itself an hour of computing time."""

from tests.attacks.answers import NUDGE, RIGHT_RELU

CLASS = 14
DESERVES = {"affine_backward": 0, "relu_backward": 2}
NEEDS_WALLS = True
BITES = True
SAYS = "computing time"

affine_backward = (
    NUDGE
    + """
import contextlib, resource

def affine_backward(dout, cache):
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (3600, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    return tuple(nudge(dout, cache))
"""
)

relu_backward = RIGHT_RELU
