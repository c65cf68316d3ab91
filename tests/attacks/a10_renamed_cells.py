"""The names that nbgrader knows the answer and test cells by were edited."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 10
DESERVES = {"affine_backward": 6, "relu_backward": 2}

affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU


def mangle(notebook):
    for cell in notebook["cells"]:
        if cell.get("id", "").endswith("backward"):
            cell["metadata"]["nbgrader"]["grade_id"] += "_2"
            cell["id"] += "_2"
    return notebook
