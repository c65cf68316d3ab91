"""Wrong answers; the test cells say full marks, define the right functions, and print the points."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU, WRONG_AFFINE, WRONG_RELU

CLASS = 10
DESERVES = {"affine_backward": 0, "relu_backward": 0}

affine_backward = WRONG_AFFINE
relu_backward = WRONG_RELU


def mangle(notebook):
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade") and cell["cell_type"] == "code":
            cell["source"] = RIGHT_AFFINE + RIGHT_RELU + "\n6.0"
    return notebook
