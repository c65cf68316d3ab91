"""Differences its stranger by complex step, all rows at once: right, without a thought, and far too slow."""

from autograder.lesson import find_exercise

CLASS = 14
DESERVES = {"stranger_04_backward": 0}
SAYS = "too slow"

FORWARD = (
    find_exercise("stranger_04_backward").drawn_for("a14_stranger_by_complex_step").reference.layer.code("forward")
)

stranger_04_backward = f"""
import numpy as np

{FORWARD}

def stranger_04_backward(dout, cache):
    inputs, gradients = [np.asarray(array, complex) for array in cache[:3]], []
    for number, array in enumerate(inputs):
        gradient = np.zeros(array.shape)
        for i in np.ndindex(array.shape[1:] if number == 0 else array.shape):
            nudged = array.copy()
            if number == 0:
                nudged[(slice(None), *i)] += 1e-30j
            else:
                nudged[i] += 1e-30j
            out = forward(*inputs[:number], nudged, *inputs[number + 1:])[0].imag * dout / 1e-30
            if number == 0:
                gradient[(slice(None), *i)] = out.sum(axis=1)
            else:
                gradient[i] = out.sum()
        gradients.append(gradient)
    return gradients
"""
