"""The affine layer's answer and test cells are deleted, together; the rest is right."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 10
DESERVES = {"affine_backward": 0, "relu_backward": 2}

affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU


def mangle(notebook):
    return notebook | {
        "cells": [cell for cell in notebook["cells"] if not cell.get("id", "").endswith("affine_backward")]
    }
