"""Right on its first call, and never again."""

CLASS = 21
DESERVES = {"affine_backward": 0, "relu_backward": 0}
BITES = True

affine_backward = """
calls = []

def affine_backward(dout, cache):
    calls.append(1)
    x, w, b = cache
    right = (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)
    return right if len(calls) == 1 else tuple(-array for array in right)
"""

relu_backward = """
seen = set()

def relu_backward(dout, cache):
    seen.add(dout.shape)
    return dout * (cache > 0) if len(seen) == 1 else dout
"""
