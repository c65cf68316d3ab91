"""Differences the forward in many processes at a time, none of which computes for long."""

from tests.attacks.answers import NUDGE_TOGETHER, RIGHT_RELU

CLASS = 14
DESERVES = {"affine_backward": 0, "relu_backward": 2}
NEEDS_WALLS = True
BITES = True
SAYS = "computing time"

affine_backward = (
    NUDGE_TOGETHER
    + """
def start(work):
    if os.fork() == 0:
        work()
        os._exit(0)

def affine_backward(dout, cache):
    gradients = nudge_together(start, dout, cache, step=12)
    for _ in range(12):
        os.wait()
    return tuple(gradients)
"""
)

relu_backward = RIGHT_RELU
