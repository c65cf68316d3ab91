"""Overwrites what it was given, call after call; it is right otherwise, and harms nobody but itself."""

from autograder.lesson import find_exercise

CLASS = 21
DESERVES = {"stranger_04_backward": 6}

LAYER = find_exercise("stranger_04_backward").drawn_for("a21_stranger_spoils_its_cache").reference.layer
RIGHT = LAYER.way_back("way_back", "Mine.")
stranger_04_backward = f"""
import numpy as np

{RIGHT}

def stranger_04_backward(dout, cache):
    gradients = [np.array(gradient) for gradient in way_back(dout, cache)]
    for array in (dout, *cache):
        array[...] = 0
    return gradients
"""
