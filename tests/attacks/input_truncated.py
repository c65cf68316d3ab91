"""Right answers in a file that breaks off in the middle."""

import json

CLASS = "input"
DESERVES = {"affine_backward": 0, "relu_backward": 0}
UNREADABLE = "whole notebook"


def mangle(notebook):
    text = json.dumps(notebook)
    return text[: len(text) // 2]
