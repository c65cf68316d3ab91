"""A notebook saved by an editor that writes UTF-16."""

import json

CLASS = "input"
DESERVES = {"affine_backward": 0, "relu_backward": 0}
UNREADABLE = "whole notebook"


def mangle(notebook):
    return json.dumps(notebook, ensure_ascii=False).encode("utf-16")
