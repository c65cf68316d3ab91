"""Relabels cells so that the easy exercise would be asked, and paid, where the hard one stands."""

from tests.attacks.answers import RIGHT_RELU, WRONG_AFFINE

CLASS = 9
DESERVES = {"affine_backward": 0, "relu_backward": 2}

affine_backward = WRONG_AFFINE
relu_backward = RIGHT_RELU


def mangle(notebook):
    for cell in notebook["cells"]:
        if "exercise" in cell["metadata"].get("backprop", {}):
            cell["metadata"]["backprop"]["exercise"] = "relu_backward"
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "check_affine_backward":
            cell["source"] = "check('relu_backward')"
    return notebook
