"""Knows the right answers to every draw that anybody can make without the secret, and looks them up."""

from autograder import examiner
from autograder.lesson import find_exercise

CLASS = 20
DESERVES = {"affine_backward": 0, "relu_backward": 0}
BITES = True


def table(name):
    """The public draws of an exercise, as text: the first number of `dout`, and what must come back."""
    drawn = examiner.draws(find_exercise(name), examiner.public_seed, for_marks=False)
    rows = [(f"{draw.dout.flat[0]:.9f}", [array.tolist() for array in draw.expected.values()]) for draw in drawn]
    return repr(dict(rows))


above = """
import numpy as np

def known(table, dout):
    return [np.array(value) for value in table.get(f"{dout.flat[0]:.9f}", [])]
"""

affine_backward = f"""
def affine_backward(dout, cache, table={table("affine_backward")}):
    return known(table, dout)[-3:]
"""

relu_backward = f"""
def relu_backward(dout, cache, table={table("relu_backward")}):
    return known(table, dout)[-1]
"""
