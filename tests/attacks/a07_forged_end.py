"""Says that a call ended in a way that no process ends, so that the judge might fail while it words that."""

from tests.attacks.answers import LINES

CLASS = 7
DESERVES = {"affine_backward": 0, "relu_backward": 2}

affine_backward = (
    LINES
    + """
ENDS = iter(["-9999", "Infinity", "1e999", "NaN", "null", '"0"', "[]", "true", "1" * 4000])

def affine_backward(dout, cache):
    text = ('{"sizes": [], "end": ' + next(ENDS) + "}").encode()
    to_every_line(struct.pack("<I", len(text)) + text)
"""
)

relu_backward = """
def relu_backward(dout, cache):
    return dout * (cache > 0)
"""
