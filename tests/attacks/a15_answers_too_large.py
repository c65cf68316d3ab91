"""Returns more than a line should carry: huge arrays, views that look huge, lists without end."""

from tests.attacks.answers import RIGHT_RELU

CLASS = 15
DESERVES = {"affine_backward": 0, "relu_backward": 2}

affine_backward = """
import numpy as np

ANSWERS = {4: np.ones(9 * 10**6), 1: np.broadcast_to(0.0, (10**6, 10**6)), 3: list(range(200_000)), 6: [[]] * 30_000}

def affine_backward(dout, cache):
    answer = ANSWERS.get(len(dout), np.ones((1000, 1000)))
    return answer, None, dout.sum(axis=0)
"""

relu_backward = RIGHT_RELU
