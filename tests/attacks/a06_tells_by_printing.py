"""Prints the numbers that it is called with, to every stream, warning, log and terminal there is."""

from tests.attacks.answers import TELL

CLASS = 6
DESERVES = {"affine_backward": 0, "relu_backward": 2}
TELLS = "quietly"

affine_backward = (
    TELL
    + """
import logging, os, sys, warnings

def affine_backward(dout, cache):
    text = told(dout, cache) + chr(10)
    print(text, flush=True)
    sys.__stderr__.write(text)
    logging.error(text)
    warnings.warn(text)
    for fd in (0, 1, 2):
        os.write(fd, text.encode())
    return dout, None, None
"""
)

relu_backward = """
def relu_backward(dout, cache):
    print(dout)
    return dout * (cache > 0)
"""
