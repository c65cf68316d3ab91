"""Right answers below a cell that starts two hundred processes, which sleep for two seconds."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 15
DESERVES = {"affine_backward": 6, "relu_backward": 2}
NEEDS_WALLS = True
HARMFUL = True

above = """
import os, time

for _ in range(200):
    try:
        if os.fork() == 0:
            time.sleep(2)
            os._exit(0)
    except OSError:
        break
"""

affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU
