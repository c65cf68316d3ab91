"""Add up all paths of a graph.

`edges` is a list of `(from, to, slope)`: the node `to` moves `slope` times as far as `from` is
nudged. Along a path the slopes multiply; over all paths from `start` to `end` the products add up.
Return that sum.

Where there is no path, `end` does not move: 0. From a node to itself there is one path, without an
edge: 1. The edges stand in any order, two of them may join the same two nodes, some lead nowhere,
and none of them runs in a circle. Nodes may have names or numbers.
"""

from autograder import rules
from autograder.exercise import Exercise
from backprop import chain

exercise = Exercise(
    writes=["sum_over_paths"],
    reference=chain,
    points=dict(total=4),
    minutes=15,
    kind="function",
    help=[
        "Start at `start`, with a nudge of 1. Which edges lead away from there? Each of them hands the nudge on, "
        "scaled, to its other end. What is left to do from there is the same question with another start.",
        "A function may call itself. Where may it stop at once, and with which answer? In all other cases it adds up "
        "over the edges that begin here.",
        "An example with other numbers: p leads to q with slope 2 and to r with slope 5, q to s with slope 3, r to s "
        "with slope -1. From q to s it is 3, from r to s it is -1, so from p to s it is 2 · 3 + 5 · -1 = 1.",
    ],
)


def shuffled(rng, pairs):
    """Edges between these nodes, in any order, with slopes that are neither 0 nor 1."""
    slopes = rng.choice([-1, 1], size=len(pairs)) * rng.uniform(1.2, 2.5, size=len(pairs))
    edges = [(here, there, float(slope)) for (here, there), slope in zip(pairs, slopes)]
    return [edges[i] for i in rng.permutation(len(edges))]


@exercise.case
def diamond(rng):
    pairs = ["ab", "ac", "bd", "cd", "de"]
    return dict(edges=shuffled(rng, pairs), start="a", end="e")


@exercise.case
def long_chain(rng):
    edges = shuffled(rng, [(i, i + 1) for i in range(40)])
    return dict(edges=[(i, j, slope / 1.8) for i, j, slope in edges], start=0, end=40)


@exercise.case
def ways_that_lead_nowhere(rng):
    pairs = ["ab", "ac", "bd", "cd", "ad", "bx", "xy", "cz", "de", "wd"]
    return dict(edges=shuffled(rng, pairs), start="a", end="d")


@exercise.case
def paths_of_unequal_length(rng):
    pairs = ["ab", "bc", "cd", "de", "ac", "ae", "bd", "be"]
    return dict(edges=shuffled(rng, pairs), start="a", end="e")


@exercise.case
def used_twice_by_one(rng):
    pairs = ["xs", "xs", "st", "st", "xt"]
    return dict(edges=shuffled(rng, pairs), start="x", end="t")


@exercise.case
def from_the_middle(rng):
    pairs = [(i, j) for i in range(6) for j in range(i + 1, 6)]
    return dict(edges=shuffled(rng, pairs), start=1, end=4)


@exercise.case
def no_way(rng):
    return dict(edges=shuffled(rng, ["ab", "bc", "dc"]), start="a", end="d")


@exercise.case
def to_itself(rng):
    return dict(edges=shuffled(rng, ["ab", "bc"]), start="b", end="b")


@exercise.case(for_marks_only=True)
def diamonds_in_a_row(rng):
    pairs = [pair for i in range(6) for pair in ((i, f"u{i}"), (i, f"v{i}"), (f"u{i}", i + 1), (f"v{i}", i + 1))]
    return dict(edges=shuffled(rng, pairs), start=0, end=6)


def paths(edges, start, end):
    """All paths, each a list of slopes, for mistakes to make something else of."""
    if start == end:
        return [[]]
    return [[slope, *rest] for here, there, slope in edges if here == start for rest in paths(edges, there, end)]


def product(slopes):
    total = 1.0
    for slope in slopes:
        total *= slope
    return total


@exercise.mistake(caught_by=rules.outputs)
def adds_along_a_path(edges, start, end):
    """You added the slopes along a path. Each edge scales what arrives at it, and scaling twice is a product."""
    return sum(sum(path) for path in paths(edges, start, end))


@exercise.mistake(caught_by=rules.outputs)
def multiplies_over_the_paths(edges, start, end):
    """You multiplied the paths with one another. A nudge travels all of them side by side, and at the end the effects
    add up."""
    return product(product(path) for path in paths(edges, start, end))


@exercise.mistake(caught_by=rules.outputs)
def counts_the_paths(edges, start, end):
    """You counted the paths. Each of them counts as much as its slopes, multiplied, say."""
    return float(len(paths(edges, start, end)))


@exercise.mistake(caught_by=rules.outputs)
def stops_at_the_first_path(edges, start, end):
    """You return as soon as one path is found. A `return` inside the loop ends it: the other edges of that node are
    never looked at."""
    if start == end:
        return 1.0
    for here, there, slope in edges:
        if here == start:
            return slope * stops_at_the_first_path(edges, there, end)
    return 0.0


@exercise.mistake(caught_by=rules.outputs)
def keeps_the_last_path(edges, start, end):
    """Each path overwrites the one before it. Where several edges leave a node, what comes of them adds up: it is
    `=` against `+=`."""
    if start == end:
        return 1.0
    total = 0.0
    for here, there, slope in edges:
        if here == start:
            total = slope * keeps_the_last_path(edges, there, end)
    return total


@exercise.mistake(caught_by=rules.outputs)
def takes_the_strongest_path(edges, start, end):
    """You keep the path with the largest effect. The others move the end as well."""
    return max((product(path) for path in paths(edges, start, end)), key=abs, default=0.0)


@exercise.mistake(caught_by=rules.outputs)
def visits_a_node_once(edges, start, end):
    """You pass each node only once, as in a search. A node where two paths meet lies on both, and what follows it
    counts for both."""
    visited = set()

    def onward(node):
        if node == end:
            return 1.0
        if node in visited:
            return 0.0
        visited.add(node)
        return sum((slope * onward(there) for here, there, slope in edges if here == node), 0.0)

    return onward(start)


@exercise.mistake(caught_by=rules.outputs)
def counts_dead_ends(edges, start, end):
    """You count ways that lead elsewhere. A node without further edges is worth 1 only if it is the end; a way that
    stops anywhere else moves nothing there."""
    if start == end:
        return 1.0
    onward = [slope * counts_dead_ends(edges, there, end) for here, there, slope in edges if here == start]
    return sum(onward) if onward else 1.0


@exercise.mistake(caught_by=rules.outputs)
def joins_two_nodes_once(edges, start, end):
    """Two edges between the same two nodes became one: a dictionary keeps a single value for a key. In x + x the sum
    uses x twice, and both uses count."""
    return sum(
        product(path)
        for path in paths([(*pair, s) for pair, s in {(a, b): s for a, b, s in edges}.items()], start, end)
    )


@exercise.mistake(caught_by=rules.outputs)
def goes_the_other_way(edges, start, end):
    """You follow the edges against their direction. A nudge goes from the first name of an edge to the second."""
    return sum(product(path) for path in paths([(b, a, s) for a, b, s in edges], start, end))


@exercise.mistake(caught_by=rules.outputs)
def misses_the_empty_path(edges, start, end):
    """From a node to itself you return 0. If it is nudged, it moves, exactly as far: the path without an edge is
    worth 1."""
    return 0.0 if start == end else chain.sum_over_paths(edges, start, end)


@exercise.mistake(caught_by=rules.outputs)
def looks_one_edge_ahead(edges, start, end):
    """You look at edges that lead from the start to the end directly. Most ways pass other nodes in between."""
    return sum((s for a, b, s in edges if (a, b) == (start, end)), 0.0) if start != end else 1.0


@exercise.mistake(caught_by=rules.outputs)
def multiplies_all_edges(edges, start, end):
    """You multiplied the slopes of all edges. Only those on one path follow one another; different paths add up."""
    return product(slope for _, _, slope in edges)


@exercise.mistake(caught_by=rules.outputs)
def never_arrives(edges, start, end):
    """Your sum is 0 everywhere: nothing in your function notices that the end has been reached. What is the answer when
    `start` is `end` already?"""
    return 0.0


@exercise.mistake(caught_by=rules.outputs)
def returns_in_the_loop_and_nothing_after_it(edges, start, end):
    """The `return` inside the loop ends it at the first edge, and where no edge leads away nothing is returned. Add up
    in the loop, and return after it."""
    if start == end:
        return 1.0
    for here, there, slope in edges:
        if here == start:
            return slope * returns_in_the_loop_and_nothing_after_it(edges, there, end)


@exercise.mistake(caught_by=rules.outputs)
def adds_what_follows(edges, start, end):
    """You add the slope of an edge to what comes after it. The edge scales what comes after it."""
    if start == end:
        return 1.0
    return sum((slope + adds_what_follows(edges, there, end) for here, there, slope in edges if here == start), 0.0)


@exercise.mistake(caught_by=rules.outputs)
def goes_through_the_list_once(edges, start, end):
    """You go through the list once, from the first edge to the last. An edge that stands before those that lead to it
    has nothing to hand on yet: the list is in no order."""
    total = {start: 1.0}
    for here, there, slope in edges:
        total[there] = total.get(there, 0.0) + slope * total.get(here, 0.0)
    return total.get(end, 0.0)


@exercise.mistake(caught_by=rules.outputs)
def goes_through_the_list_once_and_may_miss_the_end(edges, start, end):
    """You go through the list once. It is in no order, so an edge may stand before those that lead to it, with nothing to
    hand on yet. And where no edge leads to the end, it has no entry in your dictionary."""
    total = {start: 1.0}
    for here, there, slope in edges:
        total[there] = total.get(there, 0.0) + slope * total.get(here, 0.0)
    return total[end]
