"""Right answers in a notebook of format 3."""

CLASS = "input"
DESERVES = {"affine_backward": 0, "relu_backward": 0}
UNREADABLE = "format|lesson"


def mangle(notebook):
    cells = [
        {"cell_type": "code", "input": cell["source"], "language": "python", "outputs": [], "collapsed": False}
        for cell in notebook["cells"]
    ]
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}
