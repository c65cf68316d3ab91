"""Starts processes which start processes, two hundred at most, in every answer."""

from tests.attacks.answers import RIGHT_RELU

CLASS = 15
DESERVES = {"affine_backward": 0, "relu_backward": 2}
NEEDS_WALLS = True
HARMFUL = True

above = """
import os, time

def bomb(most=200, seconds=2):
    for _ in range(most):
        try:
            if os.fork() == 0:
                time.sleep(seconds)
                os._exit(0)
        except OSError:
            return
"""

affine_backward = """
def affine_backward(dout, cache):
    bomb()
"""

relu_backward = RIGHT_RELU
