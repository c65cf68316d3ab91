"""An order in which nothing comes too early.

`links` is a dictionary `{node: [(parent, partial), ...]}`; a node without an entry has no parents. Return a list of `end` and
of every node that it was computed from, each once, and each behind all its parents, so that `end` is the last. There may be
several such orders; all of them are right. Links never run in a circle.

A sweep from the back of this list is a way back that needs no counting. `check` tries a chain of 5,000 nodes.
"""

from types import SimpleNamespace

from autograder import rules
from autograder.exercise import Exercise


def topological_order(links, end):
    """All nodes that `end` was computed from, each behind its parents.

    links {node: [(parent, partial), ...]}, end a node  ->  a list of nodes; `end` is the last.
    """
    # A node may be written down when its parents are. So a node goes on the stack twice: the first time it asks for
    # its parents, which are put on top of it; when it comes up again they are done.
    order, asked, stack = [], set(), [(end, False)]
    while stack:
        node, parents_are_done = stack.pop()
        if parents_are_done:
            order.append(node)
        elif node not in asked:
            asked.add(node)
            stack.append((node, True))
            for parent, _ in links.get(node, []):
                stack.append((parent, False))
    return order


exercise = Exercise(
    writes=["topological_order"],
    reference=SimpleNamespace(topological_order=topological_order),
    points=dict(order=2),
    minutes=15,
    tier="more",
    kind="order",
    help=[
        "The recursive version is short: to write down a node, first write down its parents, unless they are there "
        "already. Write it, and see on which case it fails.",
        "Replace the calls by a stack. What a call remembers while it waits for another one must stand on the stack "
        "as well: which node, and whether its parents have been dealt with.",
        "An example with other names: z has the parents x and y, and y has the parent x. The stack, top last: z; then z again "
        "(done), x, y; then z (done), x, y (done), x. Now x is written down, then y; the other x is known; then z.",
    ],
)


def linked(pairs, end, rng):
    """Links from pairs of (parent, child), in a random order."""
    links = {}
    for i in rng.permutation(len(pairs)):
        parent, child = pairs[i]
        links.setdefault(child, []).append((parent, float(round(rng.uniform(1, 3), 1))))
    return dict(links=links, end=end)


@exercise.case
def diamond(rng):
    return linked(["ab", "ac", "bd", "cd"], "d", rng)


@exercise.case
def a_short_path_and_a_long_one(rng):
    return dict(links={"e": [("a", 1.0), ("d", 2.0)], "d": [("c", 3.0)], "c": [("b", 2.0)], "b": [("a", 1.0)]}, end="e")


@exercise.case
def the_long_path_first(rng):
    return dict(
        links={"e": [("d", 2.0), ("b", 1.0)], "d": [("c", 3.0)], "c": [("b", 2.0), ("a", 1.0)], "b": [("a", 1.0)]},
        end="e",
    )


@exercise.case
def the_same_parent_twice(rng):
    return linked(["xy", "xy", "yz", "xz"], "z", rng)


@exercise.case
def nodes_beside_the_way(rng):
    return linked(["ab", "bc", "cd", "ax", "xf"], "c", rng)


@exercise.case
def numbered_nodes(rng):
    names = [int(i) for i in rng.permutation(12)]
    pairs = [
        (names[parent], names[child])
        for child in range(1, 12)
        for parent in rng.choice(child, min(child, 3), replace=False)
    ]
    return linked(pairs, names[-1], rng)


@exercise.case(once=True)
def five_thousand_deep(rng):
    return dict(links={i + 1: [(i, 1.0)] for i in range(5000)}, end=5000)


@exercise.mistake(caught_by=rules.returns)
def the_end_first(links, end):
    """Your list is the right one from back to front: children before their parents."""
    return topological_order(links, end)[::-1]


@exercise.mistake(caught_by=rules.returns)
def in_the_order_found(links, end):
    """You walk from the end and turn the list round. A node that was found early, over a short path, may be the parent of
    one found later: it then stands behind its child."""
    found, known = [end], {end}
    for node in found:
        for parent, _ in links.get(node, []):
            if parent not in known:
                known.add(parent)
                found.append(parent)
    return found[::-1]


@exercise.mistake(caught_by=rules.returns)
def each_time_it_is_met(links, end):
    """A node with several children stands several times in your list. Write it down once, and remember that you did."""
    found = [end]
    for node in found:
        if len(found) > 20_000:
            break
        found += [parent for parent, _ in links.get(node, [])]
    return found[::-1]


@exercise.mistake(caught_by=rules.returns)
def forgets_the_end(links, end):
    """The end itself is missing. It stands behind everything that it was computed from."""
    return topological_order(links, end)[:-1]


@exercise.mistake(caught_by=rules.returns)
def everything_there_is(links, end):
    """Your list holds nodes that `end` was not computed from. Start at the end and follow links to parents; what cannot be
    reached so does not belong there."""
    nodes = dict.fromkeys([node for child, row in links.items() for node in (*(p for p, _ in row), child)])
    order = topological_order(links, end)
    known = set(order)
    return [node for node in nodes if node not in known] + order


@exercise.mistake(caught_by=rules.returns)
def leaves_out_who_has_no_parents(links, end):
    """Nodes without an entry in `links` are missing. They have no parents, and they are nodes all the same."""
    return [node for node in topological_order(links, end) if node in links]


@exercise.mistake(caught_by=rules.runs)
def recurses(links, end):
    """Yours calls itself for the parents of each node, and Python stops at a depth of about 1,000. Keep a stack of your own, and
    on it, beside each node, whether its parents are done."""
    order, asked = [], set()

    def visit(node):
        if node not in asked:
            asked.add(node)
            for parent, _ in links.get(node, []):
                visit(parent)
            order.append(node)

    visit(end)
    return order
