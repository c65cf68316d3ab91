"""Two copies of an answer cell under one name: the stub above, the work in the copy below."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 10
DESERVES = {"affine_backward": 6, "relu_backward": 2}

affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU


def mangle(notebook):
    cells = []
    for cell in notebook["cells"]:
        if cell["metadata"].get("backprop", {}).get("role") == "answer":
            cells.append(cell | {"source": f"def {cell['id']}(dout, cache):\n    raise NotImplementedError"})
        cells.append(cell)
    return notebook | {"cells": cells}
