"""Differences the forward in daemons, which belong to nobody once the process that started them has ended."""

from tests.attacks.answers import NUDGE_TOGETHER, RIGHT_RELU

CLASS = 14
DESERVES = {"affine_backward": 0, "relu_backward": 2}
NEEDS_WALLS = True
BITES = True
SAYS = "computing time"

affine_backward = (
    NUDGE_TOGETHER
    + """
import signal

def start(work):
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGXCPU, signal.SIG_IGN)
        work()
    os._exit(0)

def affine_backward(dout, cache):
    return tuple(nudge_together(start, dout, cache, step=4))
"""
)

relu_backward = RIGHT_RELU
