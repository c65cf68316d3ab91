"""A notebook of thousands of cells, each of which is tiny."""

CLASS = "input"
DESERVES = {"affine_backward": 0, "relu_backward": 0}
UNREADABLE = "more than 2000 cells"


def mangle(notebook):
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": "1"}
    return notebook | {"cells": notebook["cells"] + [cell] * 2001}
