"""A whole and valid notebook of another lesson."""

CLASS = "input"
DESERVES = {"affine_backward": 0, "relu_backward": 0}
UNREADABLE = "another lesson"


def mangle(notebook):
    for cell in notebook["cells"]:
        if nbgrader := cell["metadata"].get("nbgrader"):
            nbgrader["grade_id"] = nbgrader["grade_id"].replace("backward", "forward").replace("how_", "why_")
    return notebook
