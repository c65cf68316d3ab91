"""Answers with headers that are hard on a parser: deep, huge, doubled, infinite and of the wrong types."""

from tests.attacks.answers import LINES

CLASS = 8
DESERVES = {"affine_backward": 0, "relu_backward": 2}

affine_backward = (
    LINES
    + """
HEADERS = [
    b"[" * 100_000,
    b'{"sizes": [], "kind": "value", "value": ' + b'{"list": [' * 5000 + b"]}" * 5000 + b"}",
    b'{"sizes": [1e9, -1, true], "kind": "value", "value": 1}',
    b'{"sizes": [], "sizes": [99999999999999999999], "kind": "value"}',
    b'{"sizes": [], "kind": "value", "value": ' + b"9" * 100_000 + b"}",
    b'{"sizes": [], "kind": ["value"], "value": {"dict": [[{"list": []}, NaN], [Infinity, -1e999]]}}',
]
calls = iter(HEADERS)

def affine_backward(dout, cache):
    header = next(calls)
    to_every_line(struct.pack("<I", len(header)) + header)
    return cache
"""
)

relu_backward = """
def relu_backward(dout, cache):
    return dout * (cache > 0)
"""
