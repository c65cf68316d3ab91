"""A file of no bytes, as a full disk leaves it."""

CLASS = "input"
DESERVES = {"affine_backward": 0, "relu_backward": 0}
UNREADABLE = "whole notebook"


def mangle(notebook):
    return b""
