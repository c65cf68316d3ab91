"""Honest work beside an answer that sleeps for ever, which costs no computing time."""

from tests.attacks.answers import RIGHT_RELU

CLASS = 14
DESERVES = {"affine_backward": 0, "relu_backward": 2}

affine_backward = """
import threading

def affine_backward(dout, cache):
    threading.Event().wait(60)
"""

relu_backward = RIGHT_RELU
