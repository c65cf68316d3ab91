"""The cells come in reverse order, so that every test stands above its answer."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 10
DESERVES = {"affine_backward": 6, "relu_backward": 2}

affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU


def mangle(notebook):
    return notebook | {"cells": notebook["cells"][::-1]}
