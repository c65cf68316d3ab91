"""The answer cells are deleted; what they defined stands in plain cells at the end."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 10
DESERVES = {"affine_backward": 6, "relu_backward": 2}

affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU


def mangle(notebook):
    cells = [cell for cell in notebook["cells"] if cell["metadata"].get("backprop", {}).get("role") != "answer"]
    plain = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    return notebook | {"cells": [*cells, plain | {"source": RIGHT_AFFINE}, plain | {"source": RIGHT_RELU}]}
