"""Honest work beside a cell and an answer that never end, and that hold on when they are interrupted."""

from tests.attacks.answers import RIGHT_RELU

CLASS = 14
DESERVES = {"affine_backward": 0, "relu_backward": 2}

above = """
while True:
    pass
"""

affine_backward = """
import signal

def affine_backward(dout, cache):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
"""

relu_backward = RIGHT_RELU
