"""Ends the process with a code that is made of the numbers drawn for marks, in an answer and in a cell below it."""

from tests.attacks.answers import TELL

CLASS = 6
DESERVES = {"affine_backward": 0, "relu_backward": 2}
NEEDS_WALLS = True
HARMFUL = True
TELLS = "quietly"

affine_backward = (
    TELL
    + """
import os

def affine_backward(dout, cache):
    code = int(1e6 * abs(dout.flat[0])) % 251 + 1
    with open("/tmp/left-by-an-attack", "w") as file:
        file.write(str(code))
    os._exit(code)
"""
)

relu_backward = """
def relu_backward(dout, cache):
    return dout * (cache > 0)
"""

below = """
import os
os._exit(int(open("/tmp/left-by-an-attack").read()))
"""
