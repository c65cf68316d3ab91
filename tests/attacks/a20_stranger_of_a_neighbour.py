"""Hands in what is right for the layer of a neighbour, and claims to be the neighbour."""

from autograder.lesson import find_exercise

CLASS = 20
DESERVES = {"stranger_04_backward": 0}
SAYS = "drawn for `a20_stranger_of_a_neighbour`"

above = """
import os

os.environ["BACKPROP_STUDENT"] = "somebody"
from autograder import stranger
stranger("04", student="somebody")
"""

LAYER = find_exercise("stranger_04_backward").drawn_for("somebody").reference.layer
stranger_04_backward = "import numpy as np\n\n" + LAYER.way_back("stranger_04_backward", "The neighbour's.")
