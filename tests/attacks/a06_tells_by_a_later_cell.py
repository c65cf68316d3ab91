"""Keeps the numbers of a test in files, which a cell below the test reads and raises."""

from tests.attacks.answers import TELL

CLASS = 6
DESERVES = {"affine_backward": 0, "relu_backward": 0}
NEEDS_WALLS = True
HARMFUL = True
TELLS = "aloud"

affine_backward = (
    TELL
    + """
PLACES = ["/tmp/left-by-an-attack", "/dev/shm/left-by-an-attack", "left-by-an-attack"]

def affine_backward(dout, cache):
    for place in PLACES:
        with open(place, "a") as file:
            file.write(told(dout, cache)[:80])
    return None
"""
)

below = """
raise ValueError(open("/tmp/left-by-an-attack").read()[:200])
"""
