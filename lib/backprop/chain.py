"""The chain rule on numbers: nudges, stages, and sums over the paths of a graph.

A graph is a list of edges (from, to, slope): how fast `to` moves when `from` is nudged. Nodes may be
anything that a dictionary takes as a key.
"""

import numpy as np

from backprop._shapes import shaped
from backprop.numeric import relative_error

__all__ = [
    "central_difference",
    "chain_of_three",
    "check_gradient",
    "cube_slope",
    "numeric_gradient",
    "reverse_accumulate",
    "sum_over_paths",
    "topological_order",
]


def cube_slope(x):
    """The slope of x³.

    x a number, or an array of any shape  ->  slope, like x.
    """
    # (x + h)³ = x³ + 3x² h + 3x h² + h³: the rise is 3x² for each h, and what else there is vanishes with h.
    return 3 * x**2


def central_difference(f, x, h=1e-5):
    """The slope of f at x, by nudging x up by h and down by h.

    f (number -> number), x and h numbers  ->  slope (a number).
    Off by about h² f'''(x)/6 and the rounding of f over h. Raises ValueError unless h is positive.
    """
    # f(x + h) = f + h f' + h²/2 f'' + h³/6 f''' + …
    # f(x - h) = f - h f' + h²/2 f'' - h³/6 f''' + …
    # In the difference the even terms vanish: 2h f' + h³/3 f''' + …
    if not h > 0:
        raise ValueError(f"h is {h}; expected a small positive step")
    return (f(x + h) - f(x - h)) / (2 * h)


def chain_of_three(x):
    """exp(-(3x - 1)²) and its slope, in stages.

    x a number, or an array of any shape  ->  (value, slope), each like x.
    """
    # a = 3x - 1     da/dx = 3
    # b = a²         db/da = 2a
    # c = exp(-b)    dc/db = -c
    # dc/dx = dc/db db/da da/dx
    a = 3 * x - 1
    b = a**2
    c = np.exp(-b)
    return c, -c * 2 * a * 3


def numeric_gradient(f, x, h=1e-5):
    """The slope of f in every entry of x, by nudging each alone.

    f (array -> number), x (any shape, floating point)  ->  gradient (shape of x). Two calls of f per entry;
    x is not modified.
    """
    # An entry is nudged in a copy, so that no other entry of x is off while it is its turn.
    gradient = np.zeros(np.shape(x))
    for i in np.ndindex(gradient.shape):
        up, down = np.array(x), np.array(x)
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return gradient


@shaped
def check_gradient(f, x, df, rng, h=1e-5):
    """How far a claimed gradient is from what f does along one random direction.

    f (array -> number), x (any shape), df (shape of x), the claimed gradient, rng a generator
    ->  error, from 0 to 1: the relative error of the slope along a Gaussian direction.
    Costs two calls of f. Raises ValueError where the shapes differ.
    """
    # Along u, f moves at the rate sum(df u). A Gaussian u has a share of every direction, so a wrong df
    # shows unless its error happens to stand at a right angle to u, which has probability 0.
    u = rng.normal(size=x.shape)
    return relative_error(central_difference(lambda t: f(x + t * u), 0.0, h), (df * u).sum())


def sum_over_paths(edges, start, end):
    """How fast `end` moves when `start` is nudged: along each path a product, over the paths the sum.

    edges: a list of (from, to, slope), without circles  ->  total (a number): 0 without a path, 1 if start
    is end. Takes as many steps as there are paths, which may double with every node.
    """
    # A path from start begins with one edge, and what follows is a path from there.
    if start == end:
        return 1.0
    return sum((slope * sum_over_paths(edges, there, end) for here, there, slope in edges if here == start), 0.0)


def topological_order(links, end):
    """All nodes that `end` was computed from, each behind its parents; `end` is the last.

    links: {node: [(parent, partial), …]}; a node without an entry has no parents  ->  a list of nodes.
    Of any depth, without recursion. Raises ValueError where the links run in a circle.
    """
    # A node is done when all its parents are. Walk back from the end with a stack of nodes under way;
    # to meet one of these again is to have gone in a circle.
    order, done, under_way, stack = [], set(), {end}, [(end, iter(links.get(end, ())))]
    while stack:
        node, parents = stack[-1]
        for parent, _ in parents:
            if parent in under_way:
                raise ValueError(f"the links run in a circle through {parent!r}")
            if parent not in done:
                under_way.add(parent)
                stack.append((parent, iter(links.get(parent, ()))))
                break
        else:
            stack.pop()
            under_way.remove(node)
            done.add(node)
            order.append(node)
    return order


def reverse_accumulate(edges, end):
    """How fast `end` moves when each node is nudged: the sums over all paths, in one sweep back.

    edges: a list of (from, to, slope), without circles  ->  {node: total}, 1 for `end` and 0 for nodes
    that do not reach it. Every edge is used once. Raises ValueError where the edges run in a circle.
    """
    # A nudge of a node moves its children, and each of these moves the end at a rate that is known by
    # then: total[node] = sum over its edges of slope total[child].
    links = {}
    for parent, child, slope in edges:
        links.setdefault(child, []).append((parent, slope))
    total = {node: 0.0 for here, there, _ in edges for node in (here, there)} | {end: 1.0}
    for child in reversed(topological_order(links, end)):
        for parent, slope in links.get(child, ()):
            total[parent] += slope * total[child]
    return total
