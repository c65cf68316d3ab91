"""A notebook that says that its format is 5."""

CLASS = "input"
DESERVES = {"affine_backward": 0, "relu_backward": 0}
UNREADABLE = "format"


def mangle(notebook):
    return notebook | {"nbformat": 5}
