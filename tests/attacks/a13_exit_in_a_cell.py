"""Right answers between cells that exit, each in another way: what the student meant for the terminal."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 13
DESERVES = {"affine_backward": 6, "relu_backward": 2}

above = """
exit()
"""

affine_backward = RIGHT_AFFINE + "\nimport sys\nsys.exit('done')\n"
relu_backward = RIGHT_RELU

below = """
import os
os._exit(1)
"""
