"""The set-up cell is edited so that it breaks off, and demonstrations so that they raise and never end."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 10
DESERVES = {"affine_backward": 6, "relu_backward": 2}

affine_backward = RIGHT_AFFINE
relu_backward = RIGHT_RELU


def mangle(notebook):
    for cell in notebook["cells"]:
        if cell["metadata"].get("backprop", {}).get("role") == "setup":
            cell["source"] = "import nothing_of_this_name\n" + cell["source"]
        if cell["metadata"].get("backprop", {}).get("role") == "demo":
            cell["source"] = "raise SystemExit  # " + cell["source"]
    return notebook
