"""A program that differentiates itself, one number at a time.

A `Value` keeps its links: the values it was computed from, each with the partial derivative of the new value with
respect to it. `backward` multiplies along links and adds where they meet, in one sweep from the end (reverse
accumulation: Linnainmaa, 1970). Nothing recurses, so a chain may be a million values long.
"""

import math
from collections import deque

__all__ = ["Value", "add", "backward", "exp", "log", "mul", "power", "relu", "tanh"]

# What was computed lately, oldest first. Parents are older than their children, so read backwards this is an order for
# the sweep that costs no search. It is only a short cut: what is not on it, `_newest_first` finds by the links.
_tape = deque(maxlen=1 << 20)


class Value:
    """A number that knows what it was computed from: links = [(parent, partial), ...].

    Python's arithmetic works on it, with plain numbers on either side; a number is a constant and has no gradient.
    Values with the same number are different values: each is a key of its own in what `backward` returns.
    """

    # The first two links lie in slots: lists of tuples would double the time and the memory (120 bytes a value).
    __slots__ = ("value", "a", "da", "b", "db", "more")
    __array_ufunc__ = None  # a NumPy number on the left leaves the operation to the Value

    def __init__(self, value, links=(), a=None, da=0.0, b=None, db=0.0):
        if links:
            (a, da), (b, db), *links = [*links, (None, 0.0)][: max(2, len(links))]
        self.value, self.more = value, links
        self.a, self.da = a, da
        self.b, self.db = b, db
        if a is not None:
            _tape.append(self)

    @property
    def links(self):
        return [(p, dp) for p, dp in ((self.a, self.da), (self.b, self.db), *self.more) if p is not None]

    def __add__(self, other):
        if isinstance(other, Value):
            return Value(self.value + other.value, (), self, 1.0, other, 1.0)
        return Value(self.value + other, (), self, 1.0)

    def __mul__(self, other):
        if isinstance(other, Value):
            return Value(self.value * other.value, (), self, other.value, other, self.value)
        return Value(self.value * other, (), self, other)

    # fmt: off
    __radd__, __rmul__ = __add__, __mul__
    def __neg__(self): return self * -1.0
    def __sub__(self, other): return self + -other
    def __rsub__(self, other): return -self + other
    def __truediv__(self, other): return self * other**-1.0
    def __rtruediv__(self, other): return power(self, -1.0) * other
    def __pow__(self, k): return exp(k * log(self)) if isinstance(k, Value) else power(self, k)
    def __rpow__(self, base): return exp(self * math.log(base))
    def __repr__(self): return f"Value({self.value!r})"
    # fmt: on


def add(a, b):
    """a + b, of two values. Nudging either moves the sum as far."""
    return Value(a.value + b.value, links=[(a, 1.0), (b, 1.0)])


def mul(a, b):
    """a * b, of two values. Each is the other's partial."""
    return Value(a.value * b.value, links=[(a, b.value), (b, a.value)])


def power(a, k):
    """a to the power of a number k. The partial is k a^(k-1)."""
    return Value(a.value**k, links=[(a, k * a.value ** (k - 1) if k else 0.0)])


def exp(a):
    """e to the power a, which is its own partial."""
    value = math.exp(a.value)
    return Value(value, links=[(a, value)])


def log(a):
    """The natural logarithm; partial 1/a. Raises ValueError unless a > 0."""
    return Value(math.log(a.value), links=[(a, 1 / a.value)])


def tanh(a):
    """The hyperbolic tangent; partial 1 - tanh²."""
    value = math.tanh(a.value)
    return Value(value, links=[(a, 1 - value**2)])


def relu(a):
    """max(0, a); partial 1 where a > 0, else 0, at 0 too."""
    return Value(max(0.0, a.value), links=[(a, 1.0 if a.value > 0 else 0.0)])


def backward(end):
    """How fast `end` moves when each value it was computed from is nudged: {value: gradient}, that of `end` being 1.

    Changes nothing, so it can be asked again, and of several ends. Time and memory: linear in the number of links.
    """
    # A value's gradient is complete when everything that was computed from it has been swept: newest first.
    # Until then it waits.
    waiting, gradient = {end: 1.0}, {}
    _sweep(reversed(_tape), waiting, gradient)
    _tape.clear()
    _sweep(_newest_first(waiting), waiting, gradient)  # what was older than the tape, and links to older still
    gradient.update(waiting)  # what has no links was never swept
    return gradient


def _sweep(values, waiting, gradient):
    for v in values:
        d = waiting.pop(v, None)
        if d is None:  # the end does not depend on it
            continue
        gradient[v] = d
        waiting[v.a] = waiting.get(v.a, 0.0) + v.da * d
        if v.b is not None:
            waiting[v.b] = waiting.get(v.b, 0.0) + v.db * d
            for parent, partial in v.more:
                waiting[parent] = waiting.get(parent, 0.0) + partial * d


def _newest_first(values):
    """All that has links, among `values` and what they were computed from: children before parents."""
    order, seen, todo = [], set(), list(values)
    while todo:
        v = todo.pop()
        if v is None:  # this mark was left below the parents of the next: they are all in the order now
            order.append(todo.pop())
        elif v.a is not None and v not in seen:
            seen.add(v)
            todo += v, None, *(parent for parent, _ in v.links)
    return reversed(order)
