"""Fills its disk, its shared memory and its table of files, a hundred megabytes and thousands of names at most."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 15
DESERVES = {"affine_backward": 6, "relu_backward": 2}
NEEDS_WALLS = True
HARMFUL = True

above = """
import os

for folder in ("/tmp", "/dev/shm", "/var/tmp", "."):
    for number in range(10):
        try:
            with open(os.path.join(folder, f"left-by-an-attack-{number}"), "wb") as file:
                for _ in range(10):
                    file.write(bytes(1 << 20))
        except OSError:
            break
    for number in range(3000):
        try:
            os.mkdir(os.path.join(folder, f"left-by-an-attack-folder-{number}"))
        except OSError:
            break
"""

affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU
