"""JSON, but a list of cells and not a notebook."""

import json

CLASS = "input"
DESERVES = {"affine_backward": 0, "relu_backward": 0}
UNREADABLE = "not a notebook"


def mangle(notebook):
    return json.dumps(notebook["cells"])
