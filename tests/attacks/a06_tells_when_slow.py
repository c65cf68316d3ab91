"""Says its numbers in small cases and never comes back from the large one, so that the hidden round might explain."""

from tests.attacks.answers import TELL

CLASS = 6
DESERVES = {"affine_backward": 0, "relu_backward": 2}
TELLS = "quietly"

affine_backward = (
    TELL
    + """
def affine_backward(dout, cache):
    if len(dout) < 100:
        raise ValueError(told(dout, cache))
    while True:
        pass
"""
)

relu_backward = """
def relu_backward(dout, cache):
    return dout * (cache > 0)
"""
