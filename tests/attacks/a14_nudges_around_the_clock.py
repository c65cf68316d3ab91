"""Differences the forward, entry by entry, and ignores the signal that says that its computing time is over."""

from tests.attacks.answers import RIGHT_RELU

CLASS = 14
DESERVES = {"affine_backward": 0, "relu_backward": 2}
BITES = True

affine_backward = """
import resource, signal
import numpy as np

def affine_backward(dout, cache):
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (60, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    except ValueError:
        pass
    gradients = []
    for k in range(3):
        gradient = np.zeros(cache[k].shape)
        for place in np.ndindex(*gradient.shape):
            up, down = [a.copy() for a in cache], [a.copy() for a in cache]
            up[k][place] += 1e-4
            down[k][place] -= 1e-4
            gradient[place] = np.sum((affine_forward(*up)[0] - affine_forward(*down)[0]) * dout) / 2e-4
        gradients.append(gradient)
    return tuple(gradients)
"""

relu_backward = RIGHT_RELU
