"""Right answers which print two hundred megabytes on every stream, as a forgotten loop does."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 15
DESERVES = {"affine_backward": 6, "relu_backward": 2}

above = """
import os, sys

line = "x" * (1 << 20) + chr(10)
for _ in range(100):
    print(line)
    sys.stderr.write(line)
    os.write(2, line.encode())
"""

affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU
