"""Lessons 01 and 02: values go right, gradients come back, on the graph of one's own expression."""

from itertools import islice

import numpy as np

from backprop.chain import topological_order
from backprop.explore.scene import Scene, choice, digits, slider
from backprop.explore.widget import show

__all__ = ["graph", "paths"]

MOST = 60  # nodes that can still be read
COLUMN, ROW, HALF = 138, 76, 42


def graph(value=None, **names):
    """Step through the graph of an expression: values forward, then gradients backward.

    value: anything with `value` and `links` = [(parent, partial), …], such as a `Value`; names: what to call some of the
    values, as in graph(loss, x=x, w=w). Raises ValueError for more than 60 values, which nobody can read.
    """
    if value is None:
        value, names = _example()
    links = _links(value)
    order = topological_order(links, value)
    index = {id(node): i for i, node in enumerate(order)}
    called = {id(node): name for name, node in names.items()}
    labels = [called.get(id(node)) or _operation(node) for node in order]
    edges = [(index[id(parent)], index[id(node)], partial) for node in order for parent, partial in node.links]
    steps = _forward(order, edges, labels) + _backward(order, edges, labels)
    arrows = [dict(**{"from": a, "to": b}) for a, b, _ in edges]
    panel = _panel(labels, arrows, [steps], "An expression, its values and its gradients")
    run = slider("step", "step", range(len(steps) + 1), start=len(steps), play=1.5)
    words = dict(said=(("step",), np.array(["Nothing is computed yet.", *(step["text"] for step in steps)])))
    caption = "Values go right in blue; gradients come back in vermilion, and add up where paths meet."
    return show(Scene("Graph stepper", caption, "{said}", [run], [panel], {}, words))


def paths(edges=None, start="x", end="L"):
    """What a derivative costs: path by path, against one sweep back.

    edges: a list of (from, to, slope) without circles; from `start` to `end`. Every path multiplies its slopes, and the
    paths double with each stage; the sweep uses each edge once. Raises ValueError where no path leads from start to end.
    """
    edges = _ladder(3) if edges is None else list(edges)
    links = {}
    for here, there, slope in edges:
        links.setdefault(there, []).append((here, slope))
    order = topological_order(links, end)
    if start not in order:
        raise ValueError(f"no path leads from {start!r} to {end!r}")
    index = {node: i for i, node in enumerate(order)}
    used = [edge for edge in edges if edge[0] in index and edge[1] in index]
    runs = [_sweep_steps(order, used, index, start), _path_steps(used, index, start, end)]
    arrows = [dict(**{"from": index[a], "to": index[b]}, label=digits(s)) for a, b, s in used]
    panel = _panel([str(node) for node in order], arrows, runs, "A graph with a slope on every edge") | dict(
        run="way", half=22, round=15
    )
    most = max(map(len, runs))
    controls = [
        choice("way", "way", ["one sweep back", "path by path"]),
        slider("step", "step", range(most + 1), start=most, play=2),
    ]
    told = [
        ["Nothing is multiplied yet.", *(s["text"] for s in run), *[run[-1]["text"]] * (most - len(run))]
        for run in runs
    ]
    words = dict(said=(("way", "step"), np.array(told)))
    caption = f"One sweep back uses each of {len(used)} edges once; {len(runs[1])} paths are walked one by one."
    return show(Scene("Forward cost and reverse cost", caption, "{said}", controls, [panel], {}, words))


# ----- steps: what each writes, which edges light up, what is said -----


def _forward(order, edges, labels):
    """One step for each value, with the partials of the edges into it."""
    steps = []
    for i, node in enumerate(order):
        into = [k for k, (_, b, _) in enumerate(edges) if b == i]
        text = f"Forward: {labels[i]} = {digits(node.value)}" + (", with its partials on the edges." if into else ".")
        on = {k: digits(edges[k][2]) for k in into}
        steps.append(dict(phase="value", write={i: digits(node.value)}, lit=into, on=on, text=text))
    return steps


def _backward(order, edges, labels):
    """One step for each gradient: what comes back along the edges out of a node, added up."""
    gradient, steps = {len(order) - 1: 1.0}, []
    for i in reversed(range(len(order))):
        out = [k for k, (a, _, _) in enumerate(edges) if a == i]
        terms = [(edges[k][2], gradient[edges[k][1]]) for k in out]
        gradient[i] = sum((p * g for p, g in terms), 0.0) if out else 1.0
        sums = " + ".join(f"{digits(p)} · {digits(g)}" for p, g in terms)
        text = (
            f"Backward into {labels[i]}: {sums} = {digits(gradient[i])}."
            if out
            else "Backward: the end moves with itself, 1."
        )
        steps.append(dict(phase="gradient", write={i: digits(gradient[i])}, lit=out, text=text))
    return steps


def _sweep_steps(order, edges, index, start):
    """From the end back, node by node; counts one multiplication an edge."""
    total, count, steps = {order[-1]: 1.0}, 0, []
    for node in reversed(order):
        out = [k for k, (a, _, _) in enumerate(edges) if a == node]
        if node != order[-1]:
            total[node] = sum(edges[k][2] * total[edges[k][1]] for k in out)
        count += len(out)
        text = f"{count} multiplications; {node} moves the end at rate {digits(total[node])}."
        steps.append(dict(phase="gradient", write={index[node]: digits(total[node])}, lit=out, text=text))
        if node == start:
            break
    steps[-1]["text"] = (
        f"Done: {count} multiplications, one for each edge, and the rates of all nodes are known. Total {digits(total[start])}."
    )
    return steps


def _path_steps(edges, index, start, end, most=128):
    """Along one path after the other, adding up; counts one multiplication for each edge of each path."""
    total, count, steps = 0.0, 0, []
    for number, path in enumerate(islice(_walks(edges, start, end), most), 1):
        product = float(np.prod([edges[k][2] for k in path]))
        total, count = total + product, count + len(path)
        text = f"{count} multiplications; path {number} adds {digits(product)}, total {digits(total)} for one input."
        here = [index[edges[k][0]] for k in path] + [index[end]]
        steps.append(dict(phase="value", write={index[start]: digits(total)}, lit=path, here=here, text=text))
    steps[-1]["text"] += " All paths are walked." if number < most else " There are more."
    return steps


def _walks(edges, start, end):
    """All paths from start to end, as lists of edge numbers."""
    if start == end:
        yield []
        return
    for k, (here, there, _) in enumerate(edges):
        if here == start:
            yield from ([k, *rest] for rest in _walks(edges, there, end))


# ----- where the nodes stand -----


def _panel(labels, arrows, runs, about):
    places, vias = _places(len(labels), [(arrow["from"], arrow["to"]) for arrow in arrows])
    nodes = [dict(label=label, x=x, y=y) for label, (x, y) in zip(labels, places)]
    edges = [arrow | dict(via=via) for arrow, via in zip(arrows, vias)]
    width, height = np.max(places + [spot for via in vias for spot in via], axis=0) + [HALF + 12, 48]
    size = dict(width=int(width), height=int(height))
    return dict(kind="graph", nodes=nodes, edges=edges, runs=runs, step="step", about=about, title="", **size)


def _places(number, edges):
    """Where each node stands, and through which free places each edge goes, so that none runs behind a node."""
    column = _columns(number, edges)
    spots, short, via = list(column), [], []
    for a, b in edges:
        free = list(range(len(spots), len(spots) + int(column[b] - column[a]) - 1))
        spots += [column[a] + 1 + i for i in range(len(free))]
        short += zip([a, *free], [*free, b])
        via.append(free)
    column = np.array(spots)
    row = _rows(column, short)
    points = np.stack([column * COLUMN + HALF + 12, row * ROW + 48], axis=1).round().tolist()
    return points[:number], [[points[i] for i in free] for free in via]


def _columns(number, edges):
    """By distance from the end, so that an input stands next to where it is first used."""
    back = np.zeros(number)
    for a, b in sorted(edges, key=lambda edge: -edge[1]):
        back[a] = max(back[a], back[b] + 1)
    return back.max() - back


def _rows(column, edges):
    """Each spot as high as the mean of its neighbours, again and again; every column in the middle."""
    row = np.zeros(len(column))
    members = [np.flatnonzero(column == c) for c in np.unique(column)]
    near = [[b if a == i else a for a, b in edges if i in (a, b)] for i in range(len(column))]
    for _ in range(12):
        for here in members:
            wanted = [np.mean(row[near[i]]) if near[i] else row[i] for i in here]
            row[here[np.argsort(wanted, kind="stable")]] = np.arange(len(here)) - (len(here) - 1) / 2
    return row - row.min()


# ----- reading an expression -----


def _links(end):
    """{value: its links} of all that the end was computed from."""
    links, todo = {}, [end]
    while todo:
        node = todo.pop()
        if node not in links:
            links[node] = list(node.links)
            todo += [parent for parent, _ in links[node]]
        if len(links) > MOST:
            raise ValueError(f"the expression has more than {MOST} values; that many cannot be read in one picture")
    return links


def _operation(node):
    """A sign for what computed a value, guessed from its number and its partials: engines record nothing more."""
    v, links = node.value, node.links
    if not links:
        return digits(v)
    (a, p), *more = links
    if len(more) == 1:
        ((b, q),) = more
        if p == q == 1 and np.isclose(v, a.value + b.value):
            return "+"
        return "×" if np.isclose(v, a.value * b.value) and p == b.value and q == a.value else "f"
    return _unary(v, a.value, p) if not more else "f"


def _unary(v, a, p):
    k = round(p * a / v, 9) if v else 0.0  # of a power a^k the partial is k v / a
    # fmt: off
    guesses = [
        ("relu",  lambda: v == max(0.0, a) and p == float(a > 0)),
        ("exp",   lambda: np.isclose(v, np.exp(min(a, 700.0))) and np.isclose(p, v)),
        ("tanh",  lambda: np.isclose(v, np.tanh(a)) and np.isclose(p, 1 - v * v)),
        ("log",   lambda: a > 0 and np.isclose(v, np.log(a)) and np.isclose(p, 1 / a)),
        ("neg",   lambda: p == -1 and v == -a),
        (f"+ {digits(v - a)}".replace("+ −", "− "), lambda: p == 1),
        (f"× {digits(p)}",     lambda: np.isclose(v, p * a)),
        (f"^ {digits(k)}",     lambda: (a > 0 or k == int(k)) and np.isclose(v, a**k)),
    ]
    # fmt: on
    return next((name for name, holds in guesses if holds()), "f")


def _example():
    from backprop.scalar import Value, tanh

    x, w, b = Value(2.0), Value(-0.5), Value(0.3)
    error = tanh(x * w + b) - 1.0
    return error**2.0 + w * 0.5, dict(x=x, w=w, b=b, error=error)


def _ladder(stages):
    """x, then stages of two nodes each, all connected, then L: the paths double with each stage."""
    columns = [["x"], *([f"a{i}", f"b{i}"] for i in range(1, stages + 1)), ["L"]]
    slopes = iter([2.0, -1.0, 0.5, 3.0, 1.5, -2.0, 1.0, 0.5, -0.5, 2.0, 1.0, 3.0] * stages)
    return [(a, b, next(slopes)) for here, there in zip(columns, columns[1:]) for a in here for b in there]
