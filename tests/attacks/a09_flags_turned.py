"""Turns every flag round: tests become answers, answers tests, locked cells open, and all of them are named alike."""

from tests.attacks.answers import RIGHT_AFFINE, WRONG_RELU

CLASS = 9
DESERVES = {"affine_backward": 6, "relu_backward": 0}
BITES = True

affine_backward = RIGHT_AFFINE
relu_backward = WRONG_RELU


def mangle(notebook):
    for number, cell in enumerate(notebook["cells"]):
        if nbgrader := cell["metadata"].get("nbgrader"):
            for flag in ("grade", "solution", "locked", "task"):
                nbgrader[flag] = not nbgrader[flag]
            nbgrader["schema_version"] = 99
            nbgrader["cell_type"] = "raw"
        cell["metadata"]["backprop"] = {"role": "demo", "exercise": "relu_backward"}
        cell["metadata"]["tags"] = ["skip-execution", "remove-cell", "raises-exception", "injected-parameters"]
        cell["metadata"]["deletable"] = True
        cell["id"] = "same"
    return notebook
