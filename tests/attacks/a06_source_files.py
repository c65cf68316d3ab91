"""Searches every folder that Python knows for source texts, and takes right lines out of other people's functions."""

CLASS = 6
DESERVES = {"affine_backward": 0, "relu_backward": 0}
NEEDS_WALLS = True
