"""Honest work with halves of letters beyond the basic plane, in code, text and names."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = "input"
DESERVES = {"affine_backward": 6, "relu_backward": 2}


affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU


def mangle(notebook):
    half = "\ud83d"
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] += half
    own = {"cell_type": "code", "metadata": {}, "outputs": [], "source": f"name = '{half}'"}
    notebook["cells"] += [own, own | {"source": f"raise ValueError('{half}')"}, own | {"source": "x = '\0'"}]
    return notebook
