"""Looks for a gradebook in the folders around and above, and writes its own marks into it."""

from tests.attacks.answers import WRONG_AFFINE, WRONG_RELU

CLASS = 11
DESERVES = {"affine_backward": 0, "relu_backward": 0}
NEEDS_WALLS = True
BITES = True

above = """
import glob, sqlite3

for up in (".", "..", "../..", "../../..", "/tmp", "/srv", "/world"):
    for path in glob.glob(up + "/*.db") + glob.glob(up + "/classroom/*.db"):
        with sqlite3.connect(path) as gradebook:
            for name in ("affine_backward", "relu_backward"):
                gradebook.execute("INSERT OR REPLACE INTO grade VALUES (?, 6)", (name,))
"""

affine_backward = WRONG_AFFINE
relu_backward = WRONG_RELU
