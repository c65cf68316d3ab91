"""A notebook with more than twenty megabytes of saved output."""

CLASS = "input"
DESERVES = {"affine_backward": 0, "relu_backward": 0}
UNREADABLE = "larger than 20 MB"


def mangle(notebook):
    notebook["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * (21 << 20)}]
    return notebook
