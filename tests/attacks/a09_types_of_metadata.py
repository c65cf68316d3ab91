"""Honest work in a file whose optional fields have the wrong types, as a broken tool might write it."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 9
DESERVES = {"affine_backward": 6, "relu_backward": 2}

affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU


def mangle(notebook):
    odd = [None, [], "", 7, {"nbgrader": None}, {"nbgrader": []}, {"nbgrader": {"grade_id": ["a"]}}, {"tags": None}]
    plain = [cell for cell in notebook["cells"] if "nbgrader" not in cell["metadata"]]
    for number, cell in enumerate(plain):
        cell["metadata"] = odd[number % len(odd)]
        cell.pop("id")
        cell["source"] = (
            [[None], [cell["source"]], None, 7, {}][number % 5] if cell["cell_type"] == "raw" else cell["source"]
        )
    for cell in notebook["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    notebook["cells"] += [{}, {"cell_type": "code"}, {"cell_type": ["code"], "source": None}, {"metadata": 1}]
    notebook["metadata"] = [notebook.pop("nbformat_minor")]
    return notebook
