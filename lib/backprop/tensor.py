"""A program that differentiates itself, one array at a time: what the frameworks do.

A `Tensor` is an array that remembers which primitive made it from which tensors. The table PRIMITIVES says of each what
it computes and how a gradient passes back to each of its arguments: a vector-Jacobian product. `Tensor.backward`
applies these from the newest tensor to the oldest.

    w = Tensor(np.ones((3, 2)), requires_grad=True)
    loss = ((x @ w).relu() ** 2).mean()          # x an array or a Tensor
    loss.backward()
    w.grad                                       # an array in the shape of w

Sources: the table, HIPS autograd (Maclaurin, Duvenaud and Adams, 2015); the manners, PyTorch (Paszke and others, 2017).
"""

from contextlib import contextmanager
from heapq import heappop, heappush
from itertools import count
from operator import getitem

import numpy as np

from backprop import losses

__all__ = ["Tensor", "layer", "no_grad", "softmax_loss", "unbroadcast"]

_serial = count().__next__  # a tensor is younger than what it was made from: serial numbers order any graph
_recording = True


def unbroadcast(d, shape):
    """Sum a gradient down to the shape that broadcasting stretched: what was copied forward is added up backward.

    d (any shape that `shape` broadcasts to), shape  ->  an array of that shape.
    """
    if d.shape == shape:
        return d
    d = d.sum(axis=tuple(range(d.ndim - len(shape))))
    return d.sum(axis=tuple(i for i, n in enumerate(shape) if n != d.shape[i]), keepdims=True)


@contextmanager
def no_grad():
    """Within it tensors do not remember what made them: for answers, which nobody asks for gradients."""
    global _recording
    before, _recording = _recording, False
    try:
        yield
    finally:
        _recording = before


def _sum(x, axis, keepdims):
    return x.sum(axis=axis, keepdims=keepdims)


def _stretch(d, x, axis, keepdims):
    return np.broadcast_to(d if keepdims or axis is None else np.expand_dims(d, axis), x.shape)


def _scatter(d, x, at):
    dx = np.zeros_like(x)
    np.add.at(dx, at, d)  # an entry that was picked twice collects twice
    return dx


def _sigmoid(x):
    return 0.5 + 0.5 * np.tanh(0.5 * x)  # no exp that overflows


def _relu(x):
    return np.maximum(x, 0)


def _turn(x):
    return x.swapaxes(-1, -2)


# Primitive: what it computes, and for each argument that has a gradient how d, the gradient of `out`, passes back.
# Shapes that broadcasting changed are mended by `unbroadcast`.
# fmt: off
PRIMITIVES = {
    "add":     (np.add,       lambda d, out, x, y: d,                    lambda d, out, x, y: d),
    "sub":     (np.subtract,  lambda d, out, x, y: d,                    lambda d, out, x, y: -d),
    "mul":     (np.multiply,  lambda d, out, x, y: d * y,                lambda d, out, x, y: d * x),
    "div":     (np.divide,    lambda d, out, x, y: d / y,                lambda d, out, x, y: -d * out / y),
    "matmul":  (np.matmul,    lambda d, out, x, y: d @ _turn(y),         lambda d, out, x, y: _turn(x) @ d),
    "maximum": (np.maximum,   lambda d, out, x, y: d * (x > y),          lambda d, out, x, y: d * (x <= y)),
    "power":   (np.power,     lambda d, out, x, k: d * (k * x ** (k - 1))),
    "exp":     (np.exp,       lambda d, out, x: d * out),
    "log":     (np.log,       lambda d, out, x: d / x),
    "tanh":    (np.tanh,      lambda d, out, x: d * (1 - out * out)),
    "sigmoid": (_sigmoid,     lambda d, out, x: d * (out * (1 - out))),
    "relu":    (_relu,        lambda d, out, x: d * (out > 0)),
    "turn":    (_turn,        lambda d, out, x: _turn(d)),
    "sum":     (_sum,         lambda d, out, x, *how: _stretch(d, x, *how)),
    "pick":    (getitem,      lambda d, out, x, at: _scatter(d, x, at)),
    "reshape": (np.reshape,   lambda d, out, x, shape: d.reshape(x.shape)),
}
# fmt: on


def _apply(name, *args):
    """Compute a primitive of tensors, arrays and settings."""
    forward, *vjps = PRIMITIVES[name]
    values = [_data(a) for a in args]
    out = forward(*values)
    ways = [(a, vjp) for a, vjp in zip(args, vjps) if _wants(a)]
    return Tensor(out, ways and (lambda d: [(a, unbroadcast(vjp(d, out, *values), a.data.shape)) for a, vjp in ways]))


def layer(forward, backward):
    """Make one primitive of a pair of this library: forward(*args) -> (out, cache), backward(dout, cache) -> gradients.

    Gradients belong to the first arguments of `forward`, in order. Returns a function of tensors, arrays and settings.
    """

    def applied(*args):
        out, cache = forward(*map(_data, args))
        return Tensor(out, any(map(_wants, args)) and (lambda d: _wanted(args, backward(d, cache))))

    return applied


def _wanted(args, grads):
    return [(a, g) for a, g in zip(args, grads if isinstance(grads, tuple) else (grads,)) if _wants(a)]


def _wants(a):
    return _recording and isinstance(a, Tensor) and a.requires_grad


def _data(a):
    return a.data if isinstance(a, Tensor) else a


def softmax_loss(x, y):
    """Cross-entropy of the softmax of scores: x (N, C), y (N,) integer labels  ->  a Tensor of one number."""
    return layer(lambda x: losses.softmax_loss(x, y), lambda d, dx: d * dx)(x)


class Tensor:
    """An array with arithmetic, broadcasting and a memory of how it was made.

    data: an array of floating-point numbers, float64 unless it is float32. grad: None until `backward` reaches a tensor
    that was made with requires_grad=True; then the sum of what all calls of `backward` have sent.
    """

    __array_ufunc__ = None  # an array on the left leaves the operation to the Tensor

    def __init__(self, data, back=None, requires_grad=False):
        data = np.asarray(data)
        self.data = data if data.dtype.kind == "f" else data.astype(float)
        self.grad, self.back, self.serial = None, back or None, _serial()
        self.requires_grad = requires_grad or bool(back)

    # fmt: off
    def __repr__(self): return f"Tensor({self.data!r})"
    def __len__(self): return len(self.data)
    def __add__(self, other): return _apply("add", self, other)
    def __sub__(self, other): return _apply("sub", self, other)
    def __rsub__(self, other): return _apply("sub", other, self)
    def __mul__(self, other): return _apply("mul", self, other)
    def __truediv__(self, other): return _apply("div", self, other)
    def __rtruediv__(self, other): return _apply("div", other, self)
    def __matmul__(self, other): return _apply("matmul", self, other)
    def __rmatmul__(self, other): return _apply("matmul", other, self)
    def __pow__(self, k): return _apply("power", self, k)
    def __neg__(self): return _apply("mul", self, -1)
    def __getitem__(self, at): return _apply("pick", self, at)
    __radd__, __rmul__ = __add__, __mul__

    def exp(self): return _apply("exp", self)
    def log(self): return _apply("log", self)
    def tanh(self): return _apply("tanh", self)
    def sigmoid(self): return _apply("sigmoid", self)
    def relu(self): return _apply("relu", self)
    def maximum(self, other): return _apply("maximum", self, other)
    def reshape(self, *shape): return _apply("reshape", self, shape)
    def sum(self, axis=None, keepdims=False): return _apply("sum", self, axis, keepdims)
    def mean(self, axis=None, keepdims=False):
        total = self.sum(axis, keepdims)
        return total * (total.data.size / self.data.size)

    @property
    def T(self): return _apply("turn", self)
    @property
    def shape(self): return self.data.shape
    # fmt: on

    def backward(self, d=None):
        """Add to `grad` of every tensor made with requires_grad=True how fast this one moves when that is nudged.

        d (shape of this one): what its entries are weighed with; may be left out for a single number. Raises ValueError
        otherwise. Gradients may share memory: replace `grad`, do not write into it.
        """
        if d is None and self.data.size != 1:
            raise ValueError(f"a tensor of shape {self.data.shape} needs d, one weight for each entry")
        # The youngest tensor that waits has its whole gradient: whatever else it went into is younger, and done.
        waiting = {self: np.ones_like(self.data) if d is None else np.asarray(d, self.data.dtype)}
        heap = [(-self.serial, self)]
        while heap:
            _, tensor = heappop(heap)
            d = waiting.pop(tensor)
            if tensor.back is None:
                tensor.grad = d if tensor.grad is None else tensor.grad + d
                continue
            for parent, dparent in tensor.back(d):
                if parent in waiting:
                    waiting[parent] = waiting[parent] + dparent
                else:
                    waiting[parent] = dparent
                    heappush(heap, (-parent.serial, parent))
