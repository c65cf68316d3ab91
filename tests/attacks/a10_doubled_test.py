"""Honest work in which both test cells were copied and pasted, with all their metadata."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 10
DESERVES = {"affine_backward": 6, "relu_backward": 2}

affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU


def mangle(notebook):
    cells = notebook["cells"]
    tests = [cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade")]
    return notebook | {"cells": [*tests, *cells, *tests]}
