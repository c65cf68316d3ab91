"""Spreads its demand over processes, each of which stays below what one may have."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 15
DESERVES = {"affine_backward": 6, "relu_backward": 2}
NEEDS_WALLS = True
HARMFUL = True

above = """
import os, time

for _ in range(20):
    try:
        if os.fork() == 0:
            kept = b"x" * (200 << 20)
            time.sleep(1)
            os._exit(0)
    except OSError:
        break
"""

affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU
