"""Answer and test cells were turned into Markdown and raw cells by a slip of the keyboard."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 10
DESERVES = {"affine_backward": 6, "relu_backward": 2}

affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU


def mangle(notebook):
    for cell in notebook["cells"]:
        if cell.get("id", "").endswith("backward"):
            cell["cell_type"] = "markdown" if cell["id"].startswith("check") else "raw"
            cell.pop("outputs"), cell.pop("execution_count")
    return notebook
