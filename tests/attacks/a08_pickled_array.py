"""Sends an array of objects with a pickle inside, as a file of NumPy's, which would leave a file where it is loaded."""

from tests.attacks.answers import LINES

CLASS = 8
DESERVES = {"affine_backward": 0, "relu_backward": 2}

affine_backward = (
    LINES
    + """
import io
import numpy as np

class Touch:
    def __reduce__(self):
        return eval, ("open('left-by-an-attack', 'w').close()",)

def affine_backward(dout, cache):
    buffer = io.BytesIO()
    np.save(buffer, np.array([Touch()], object), allow_pickle=True)
    frame({"kind": "value", "value": {"dict": [["gradients", {"array": 0}]]}}, buffer.getvalue())
    return np.array([Touch()], object), [Touch()], {"b": Touch()}
"""
)

relu_backward = """
def relu_backward(dout, cache):
    return dout * (cache > 0)
"""
