"""A cell that forks and goes on twice, so that two workers would answer on one line."""

from tests.attacks.answers import RIGHT_AFFINE, WRONG_RELU

CLASS = 13
DESERVES = {"affine_backward": 0, "relu_backward": 0}

above = """
import os
os.fork()
"""

affine_backward = RIGHT_AFFINE.replace("return dx, dw", "return dx * 2, dw * 2").replace("axis=0", "axis=1")
relu_backward = WRONG_RELU
