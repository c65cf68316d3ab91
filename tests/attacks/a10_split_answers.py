"""The answer cells are split where the cursor stood: import in one, definition in the other."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 10
DESERVES = {"affine_backward": 6, "relu_backward": 2}

affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU


def mangle(notebook):
    cells = []
    for cell in notebook["cells"]:
        if cell.get("id") == "affine_backward":
            head, tail = cell["source"].split("\n\n", 1)
            cells += [cell | {"source": head}, cell | {"id": "tail", "source": tail, "metadata": {}}]
        elif cell.get("id") == "relu_backward":
            cells += [cell | {"source": "# my answer"}, cell | {"id": "tail-2"}]
        else:
            cells.append(cell)
    return notebook | {"cells": cells}
