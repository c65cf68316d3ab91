"""Gets the numbers that it is called with out as the name of a type, keys, field names, shapes and texts."""

from tests.attacks.answers import TELL

CLASS = 6
DESERVES = {"affine_backward": 0, "relu_backward": 0}
TELLS = "aloud"

above = TELL

affine_backward = """
def affine_backward(dout, cache):
    text = told(dout, cache)
    return type(text[:79], (), {})(), np.zeros(2, [(text[:40], float)]), {text: text}
"""

relu_backward = """
def relu_backward(dout, cache):
    return np.zeros((0, int(1e9 * abs(dout.flat[0]))))
"""
