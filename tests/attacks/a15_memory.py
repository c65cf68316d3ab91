"""Asks for four gigabytes at once and little by little, in a cell and in an answer."""

from tests.attacks.answers import RIGHT_RELU

CLASS = 15
DESERVES = {"affine_backward": 0, "relu_backward": 2}
NEEDS_WALLS = True
HARMFUL = True

above = """
kept = bytearray(4 << 30)
"""

affine_backward = """
def affine_backward(dout, cache):
    kept = [] if dout.shape == (4, 3) else [bytearray(4 << 30)]
    while len(kept) < 64:
        kept.append(b"x" * (64 << 20))
    return kept
"""

relu_backward = RIGHT_RELU
