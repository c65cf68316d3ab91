"""Everything but the answer cells is deleted: set-up, text and tests."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 10
DESERVES = {"affine_backward": 6, "relu_backward": 2}

affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU


def mangle(notebook):
    keep = ("affine_backward", "relu_backward")
    return notebook | {"cells": [cell for cell in notebook["cells"] if cell.get("id") in keep]}
