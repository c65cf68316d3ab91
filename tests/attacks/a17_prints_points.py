"""Prints what a report of full marks looks like, in every form that a parser of output might read."""

from tests.attacks.answers import RIGHT_RELU

CLASS = 17
DESERVES = {"affine_backward": 0, "relu_backward": 2}

affine_backward = """
import json, sys

REPORT = {"affine_backward": 6, "points": 6, "max_points": 6, "score": 1.0, "status": "right", "passed": True}

def affine_backward(dout, cache):
    for stream in (sys.stdout, sys.stderr, sys.__stdout__):
        print(json.dumps(REPORT), "6.0", "6 of 6 points", "dx ✓ dw ✓ db ✓", "OK", "1 passed", sep=chr(10), file=stream)
    return "6 of 6 points", {"points": 6}, "6.0"
"""

relu_backward = RIGHT_RELU
