"""A whole and valid notebook of another lesson."""

CLASS = "input"
DESERVES = {"affine_backward": 0, "relu_backward": 0}
UNREADABLE = "another lesson"


def mangle(notebook):
    for cell in notebook["cells"]:
        if nbgrader := cell["metadata"].get("nbgrader"):
            nbgrader["grade_id"] += "_of_another_lesson"
    return notebook
