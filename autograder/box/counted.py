"""Numbers and lists that count how often they are used, and stop whoever uses one far too often.

A graph may have more paths than anybody can walk. Code that walks them is right on small graphs, and would be noticed
by its time alone; counting notices it at once, and the same on every machine.
"""

__all__ = ["MOST", "Edges", "Slope"]

MOST = 300  # uses; once is enough


class Slope(float):
    """A number that counts the products that it is a factor of."""

    used = 0

    def __mul__(self, other):
        self.used += 1
        if self.used > MOST:
            raise RuntimeError(f"one edge was multiplied with more than {MOST:,} times; use every edge once")
        return float(self) * other

    __rmul__ = __mul__


class Edges(list):
    """A list that counts how often somebody goes through it."""

    used = 0

    def __iter__(self):
        self.used += 1
        if self.used > MOST:
            raise RuntimeError(f"all edges were gone through more than {MOST:,} times; use every edge once")
        return super().__iter__()
