"""All sums over paths, in one sweep back.

`edges` is a list of `(from, to, slope)`: how fast `to` moves when `from` is nudged. Return a dictionary
`{node: total}` that says, for *every* node that an edge names, how fast `end` moves when it is nudged: the sum
over all paths to `end` of the products of slopes. It is 1 for `end` itself, and 0 for a node from which no path leads
there. The edges stand in any order, may join the same two nodes twice, and never run in a circle.

Use every edge once, and let nothing depend on how deep the graph is: `check` tries a chain of 5,000 nodes, marking one of 20,000
and a graph with 10¹⁸ paths.
"""

from types import SimpleNamespace

from autograder import rules
from autograder.exercise import Exercise
from backprop.chain import sum_over_paths


def reverse_accumulate(edges, end):
    """How fast `end` moves when each node is nudged: the sums over all paths, in one sweep back.

    edges: a list of (from, to, slope), without circles  ->  {node: total}.
    """
    # A node's total is complete when every edge that leaves it has brought its share. So count these edges first.
    # A node that waits for none may send its total on, against its incoming edges, and each of them is then done.
    into, waits_for = {}, {end: 0}
    for here, there, slope in edges:
        into.setdefault(there, []).append((here, slope))
        waits_for[here] = waits_for.get(here, 0) + 1
        waits_for.setdefault(there, 0)
    total = dict.fromkeys(waits_for, 0.0)
    total[end] = 1.0
    ready = [node for node, count in waits_for.items() if count == 0]
    while ready:
        there = ready.pop()
        for here, slope in into.get(there, []):
            total[here] += slope * total[there]
            waits_for[here] -= 1
            if waits_for[here] == 0:
                ready.append(here)
    return total


exercise = Exercise(
    writes=["reverse_accumulate"],
    reference=SimpleNamespace(reverse_accumulate=reverse_accumulate),
    points=dict(total=4),
    minutes=15,
    kind="table",
    help=[
        "Begin with a dictionary that holds 0 for every node and 1 for `end`. What does one edge (from, to, slope) "
        "add, and to whose total, once the total of `to` is complete?",
        "In which order? The total of a node is complete when all edges that *leave* it have been used. Count the edges "
        "that leave each node; whenever you use one, count down at the node from which it leaves.",
        "Keep a list of nodes whose count is 0: they are ready. Take one, use all edges that *enter* it, and put every "
        "node that becomes ready on the list. To find the edges that enter a node at once, collect them by node first.",
        "An example with other numbers: edges (x, y, 3), (x, z, 2), (y, z, 10), and the end is z. Only z is ready. "
        "Its edges give x the share 2 · 1 and y the share 10 · 1. Now y is ready, x still waits for one. "
        "The edge from x to y gives x the share 3 · 10. So x = 32, y = 10, z = 1.",
    ],
)


def slope(rng):
    """One digit behind the point, either sign, away from 0 and 1."""
    return float(round(rng.choice([-1, 1]) * rng.uniform(1.2, 3), 1))


def drawn(rng, pairs, end):
    """Edges between these nodes, with slopes, in a random order."""
    edges = [(here, there, slope(rng)) for here, there in pairs]
    return dict(edges=[edges[i] for i in rng.permutation(len(edges))], end=end)


@exercise.case
def diamond(rng):
    return drawn(rng, ["ab", "ac", "bd", "cd", "de"], "e")


@exercise.case
def a_long_path_listed_first(rng):
    edges = [(here, there, slope(rng)) for here, there in ["de", "be", "cd", "bd", "bc", "ab"]]
    return dict(edges=edges, end="e")


@exercise.case
def a_short_path_listed_first(rng):
    edges = [(here, there, slope(rng)) for here, there in ["ab", "bc", "cd", "bd", "be", "de"]]
    return dict(edges=edges, end="e")


@exercise.case
def the_same_two_nodes_twice(rng):
    return drawn(rng, ["xy", "xy", "yz", "xz"], "z")


@exercise.case
def nodes_that_do_not_reach_the_end(rng):
    return drawn(rng, ["ab", "ac", "bd", "cd", "de", "bf", "gf"], "d")


@exercise.case
def numbered_nodes(rng):
    """A random graph on shuffled numbers, in which every node leads to the end."""
    names = [int(i) for i in rng.permutation(12)]
    parents = [(child, {child - 1, *rng.integers(child, size=2).tolist()}) for child in range(1, 12)]
    pairs = [(names[parent], names[child]) for child, several in parents for parent in several]
    return drawn(rng, pairs, names[-1])


def doubled(rng, stages):
    """Two edges from each node to the next."""
    edges = [(i, i + 1, float(rng.uniform(0.4, 0.6))) for i in range(stages) for _ in range(2)]
    return dict(edges=edges, end=stages)


@exercise.case
def many_paths(rng):
    return doubled(rng, 10)


def chain(rng, length):
    """One edge from each node to the next, with 1 or -1."""
    slopes = rng.choice([-1.0, 1.0], length).tolist()
    return dict(edges=[(i, i + 1, slope) for i, slope in enumerate(slopes)], end=length)


@exercise.case(once=True)
def a_chain_of_5000(rng):
    return chain(rng, 5000)


@exercise.case(for_marks_only=True)
def a_chain_of_20000(rng):
    return chain(rng, 20_000)


@exercise.case(for_marks_only=True)
def ten_to_the_18_paths(rng):
    return doubled(rng, 60)


# ----- mistakes: the sweep, with one thing wrong in it -----


def sorted_out(edges, end):
    """The edges by the node that they enter, and the number of edges that leave each node."""
    into, waits_for = {}, {end: 0}
    for here, there, slope in edges:
        into.setdefault(there, []).append((here, slope))
        waits_for[here] = waits_for.get(here, 0) + 1
        waits_for.setdefault(there, 0)
    return into, waits_for


def swept(edges, end, share=lambda total, here, slope, arrives: total[here] + slope * arrives, start=1.0):
    """The right sweep, with another share for each edge, or another start."""
    into, waits_for = sorted_out(edges, end)
    total = dict.fromkeys(waits_for, 0.0) | {end: start}
    ready = [node for node, count in waits_for.items() if count == 0]
    while ready:
        there = ready.pop()
        for here, slope in into.get(there, []):
            total[here] = share(total, here, slope, total[there])
            waits_for[here] -= 1
            if waits_for[here] == 0:
                ready.append(here)
    return total


@exercise.mistake(caught_by=rules.rates)
def overwrites(edges, end):
    """Where several edges leave a node, yours keeps the share of one of them and loses the others. The paths are
    different ways for the same nudge to arrive, and their effects add up."""
    return swept(edges, end, lambda total, here, slope, arrives: slope * arrives if arrives else total[here])


@exercise.mistake(caught_by=rules.rates)
def takes_the_edges_as_they_are_listed(edges, end):
    """You go through the edges from the last in the list to the first. That is right only if the list happens to be
    in order. An edge may be used when the total of the node it enters is complete, wherever it stands in the list."""
    total = dict.fromkeys([node for here, there, _ in edges for node in (here, there)], 0.0) | {end: 1.0}
    for here, there, slope in reversed(edges):
        total[here] += slope * total[there]
    return total


@exercise.mistake(caught_by=rules.rates)
def goes_on_when_first_met(edges, end):
    """Yours goes on from a node as soon as the first share has reached it. What arrives later, on a longer path, is
    never passed on. A node must wait until all edges that leave it have brought their share."""
    into, waits_for = sorted_out(edges, end)
    total, met, line = dict.fromkeys(waits_for, 0.0) | {end: 1.0}, {end}, [end]
    for there in line:
        for here, slope in into.get(there, []):
            total[here] += slope * total[there]
            if here not in met:
                met.add(here)
                line.append(here)
    return total


@exercise.mistake(caught_by=rules.rates)
def goes_deep_when_first_met(edges, end):
    """Yours goes on from a node before everything has reached it, always from the one that it met last, and never comes
    back. What arrives later is lost to all nodes before it. A node must wait for all edges that leave it."""
    into, waits_for = sorted_out(edges, end)
    total, met, stack = dict.fromkeys(waits_for, 0.0) | {end: 1.0}, {end}, [end]
    while stack:
        there = stack.pop()
        for here, slope in into.get(there, []):
            total[here] += slope * total[there]
            if here not in met:
                met.add(here)
                stack.append(here)
    return total


@exercise.mistake(caught_by=rules.rates)
def sends_the_whole_total_again(edges, end):
    """Each time something arrives at a node, yours sends its whole total on, also the part that was sent before. So
    shares are counted twice. Send a total on once, when it is complete."""
    into, waits_for = sorted_out(edges, end)
    total, line = dict.fromkeys(waits_for, 0.0) | {end: 1.0}, [end]
    for there in line:
        if len(line) > 30_000:
            raise TimeoutError("more steps than anybody waits for")
        for here, slope in into.get(there, []):
            total[here] += slope * total[there]
            line.append(here)
    return total


@exercise.mistake(caught_by=rules.rates)
def waits_for_edges_that_enter(edges, end):
    """You count the edges that *enter* a node. What a node has to wait for are the edges that leave it: they bring the shares of
    its total."""
    into, _ = sorted_out(edges, end)
    total = dict.fromkeys([node for here, there, _ in edges for node in (here, there)], 0.0) | {end: 1.0}
    waits_for, ready = {node: len(into.get(node, [])) for node in total}, [end]
    while ready:
        there = ready.pop()
        for here, slope in into.get(there, []):
            total[here] += slope * total[there]
            waits_for[there] -= 1
            if waits_for[there] == 0:
                ready.append(here)
    return total


@exercise.mistake(caught_by=rules.rates)
def begins_with_the_end_alone(edges, end):
    """At the beginning only `end` is ready in yours. Other nodes that no edge leaves are ready as well, with total 0: a node
    with an edge to one of these waits for it for ever."""
    into, waits_for = sorted_out(edges, end)
    total, ready = dict.fromkeys(waits_for, 0.0) | {end: 1.0}, [end]
    while ready:
        there = ready.pop()
        for here, slope in into.get(there, []):
            total[here] += slope * total[there]
            waits_for[here] -= 1
            if waits_for[here] == 0:
                ready.append(here)
    return total


@exercise.mistake(caught_by=rules.rates)
def joins_two_nodes_once(edges, end):
    """Where two edges join the same two nodes, yours knows only one of them. That happens for x + x: both count. A
    dictionary with the pair of nodes as its key cannot hold both."""
    return swept([(*pair, slope) for pair, slope in {(h, t): s for h, t, s in edges}.items()], end)


@exercise.mistake(caught_by=rules.returns)
def leaves_out_who_does_not_reach(edges, end):
    """The nodes from which no path leads to the end are missing. Nudging them moves the end at rate 0, and that is
    an answer too."""
    return {node: total for node, total in swept(edges, end).items() if total != 0}


@exercise.mistake(caught_by=rules.rates)
def starts_with_nothing(edges, end):
    """Your totals are all 0: what is multiplied and passed on must start somewhere. How fast does `end` move when `end`
    itself is nudged?"""
    return swept(edges, end, start=0.0)


@exercise.mistake(caught_by=rules.rates)
def adds_slopes_alone(edges, end):
    """You add up slopes of single edges. Along a path slopes are multiplied: what an edge brings is its slope times
    the total of the node that it enters."""
    return swept(edges, end, lambda total, here, slope, arrives: total[here] + slope * (arrives != 0))


@exercise.mistake(caught_by=rules.rates)
def goes_along_the_edges(edges, end):
    """You sweep forward, from `end` along the edges. That says how fast later nodes move when `end` is nudged. Asked is
    how fast `end` moves: against the edges."""
    return swept([(there, here, slope) for here, there, slope in edges], end)


@exercise.mistake(caught_by=rules.runs)
def recurses(edges, end):
    """Yours calls itself once for every node of a path, and Python stops at a depth of about 1,000. Keep the nodes
    that are still to be done in a list of your own, and go through it in a loop."""
    after, total = {}, {end: 1.0}
    for here, there, slope in edges:
        after.setdefault(here, []).append((there, slope))
        after.setdefault(there, [])

    def rate(node):
        if node not in total:
            total[node] = sum(slope * rate(there) for there, slope in after[node])
        return total[node]

    for node in after:
        rate(node)
    return total


@exercise.mistake(caught_by=rules.runs)
def walks_every_path(edges, end):
    """Yours follows every path to its end. The numbers are right, and there are too many paths: each stage of a graph may
    double them. What all paths from a node have in common is the node's total; work that out once, and use it."""
    return {node: sum_over_paths(edges, node, end) for edge in edges for node in edge[:2]}


@exercise.mistake(caught_by=rules.runs)
def searches_all_edges_for_each_node(edges, end):
    """The numbers are right, but yours goes through the whole list of edges again and again, anew for each node. Go through it
    once and note for each node which edges enter it, and use these when it is that node's turn."""
    _, waits_for = sorted_out(edges, end)
    total = dict.fromkeys(waits_for, 0.0) | {end: 1.0}
    ready = [node for node, count in waits_for.items() if count == 0]
    while ready:
        node = ready.pop()
        for here, there, slope in edges:
            if there == node:
                total[here] += slope * total[there]
                waits_for[here] -= 1
                if waits_for[here] == 0:
                    ready.append(here)
    return total
