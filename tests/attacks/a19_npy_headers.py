"""Sends arrays whose headers promise what does not follow: huge, negative, empty, of objects, of older versions."""

from tests.attacks.answers import LINES, RIGHT_RELU

CLASS = 19
DESERVES = {"affine_backward": 0, "relu_backward": 2}

affine_backward = (
    LINES
    + """
HEADERS = [
    "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 8)}",
    "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 100000000000)}",
    "{'descr': [('f', '<f8', (2,))], 'fortran_order': 1, 'shape': ()}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "1," * 60 + ")}",
]
calls = iter(HEADERS)

def affine_backward(dout, cache):
    text = next(calls).encode() + b"\\n"
    blob = b"\\x93NUMPY\\x01\\x00" + struct.pack("<H", len(text)) + text + bytes(8)
    frame({"kind": "value", "value": {"dict": [["gradients", {"tuple": [{"array": 0}] * 3}]]}}, blob)
    return cache
"""
)

relu_backward = RIGHT_RELU
