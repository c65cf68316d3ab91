"""Writes into the metadata that tests are worth a thousand points and need not be run: their outputs are there."""

from tests.attacks.answers import RIGHT_RELU, WRONG_AFFINE

CLASS = 9
DESERVES = {"affine_backward": 0, "relu_backward": 2}
BITES = True

affine_backward = WRONG_AFFINE
relu_backward = RIGHT_RELU


def mangle(notebook):
    result = {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": "1000.0"}}
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade"):
            cell["metadata"]["nbgrader"] |= {"points": 1000.0, "checksum": "0" * 32}
            cell["metadata"] |= {"tags": ["skip-execution"], "max_score": 1000, "score": 1000}
            if cell["cell_type"] == "code":
                cell["outputs"] = [result]
    notebook["metadata"]["nbgrader"] = {"score": 1000, "max_score": 1000}
    return notebook
