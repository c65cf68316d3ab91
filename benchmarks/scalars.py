"""`Value` against a closure and a set in every node. A process of its own: imports would cost the collector time.

The task is the demonstration that such engines come with: two inputs, two layers of 16 units, one output, 100 points on
two moons, hinge loss and weight decay, all points in every step; about 66,000 nodes.
"""

import gc
import json
import math
import random
import sys
import tracemalloc
from statistics import median
from time import process_time

from backprop.scalar import Value, backward, relu
from benchmarks.closures import Node
from benchmarks.timing import Row, ratio

SIZES = (2, 16, 16, 1)


def moons(n, rng):
    for i in range(n):
        angle, side = math.pi * rng.random(), i % 2
        x = [side + (1 - 2 * side) * math.cos(angle), side / 2 + (1 - 2 * side) * math.sin(angle)]
        yield [a + rng.gauss(0, 0.1) for a in x], 2 * side - 1


class Task:
    """A training step for a class of numbers. bend: its ReLU; gradients: from the loss and parameters to gradients."""

    def __init__(self, number, bend, gradients):
        rng = random.Random(0)
        self.number, self.bend, self.gradients = number, bend, gradients
        self.points = list(moons(100, rng))
        self.layers = [
            [([number(rng.uniform(-1, 1)) for _ in range(n)], number(0.0)) for _ in range(m)]
            for n, m in zip(SIZES, SIZES[1:])
        ]
        self.parameters = [p for layer in self.layers for ws, b in layer for p in (*ws, b)]

    def score(self, x):
        h = [self.number(a) for a in x]
        for layer in self.layers:
            h = [sum((w * a for w, a in zip(ws, h)), b) for ws, b in layer]
            if layer is not self.layers[-1]:
                h = [self.bend(a) for a in h]
        return h[0]

    def loss(self):
        hinges = [self.bend(1 + -y * self.score(x)) for x, y in self.points]
        return sum(hinges) * (1 / len(hinges)) + 1e-4 * sum(p * p for p in self.parameters)

    def step(self):
        """One step; returns the gradients, to be compared."""
        found = self.gradients(self.loss(), self.parameters)
        for p, g in zip(self.parameters, found):
            setattr(
                p, "value" if self.number is Value else "data", (p.value if self.number is Value else p.data) - 0.1 * g
            )
        return found


def by_sweep(loss, parameters):
    gradient = backward(loss)
    return [gradient[p] for p in parameters]


def by_closures(loss, parameters):
    for p in parameters:
        p.grad = 0.0
    loss.backward()
    return [p.grad for p in parameters]


def bytes_a_node(task, count):
    gc.collect()
    tracemalloc.start()
    loss = task.loss()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return held / count(loss)


def chain(length):
    """CPU seconds of the sweep through a chain of that length."""
    x = y = Value(1.0)
    for _ in range(length):
        y = y * 1.0
    start = process_time()
    assert backward(y)[x] == 1.0
    return process_time() - start


def steps(collector, rounds):
    """CPU seconds of steps in turns, each begun without garbage of the other's."""
    tasks = {"ours": Task(Value, relu, by_sweep), "peer": Task(Node, Node.relu, by_closures)}
    found = {name: [] for name in tasks}
    for i in range(rounds):
        grads = {}
        for name in list(tasks)[:: 1 if i % 2 else -1]:
            gc.collect()
            (gc.enable if collector else gc.disable)()
            start = process_time()
            grads[name] = tasks[name].step()
            found[name].append(process_time() - start)
            gc.enable()
        assert all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12) for a, b in zip(*grads.values(), strict=True))
    return found


def rows():
    sys.setrecursionlimit(10_000)
    for collector, bar in ((True, 1 / 7), (False, 1 / 2.5)):
        found = steps(collector, 7)
        name = f"Value, step, collector {'on' if collector else 'off'}"
        yield Row(name, "float", *(median(found[n]) for n in ("ours", "peer")), ratio(found, "ours", "peer"), bar)
    ours = bytes_a_node(Task(Value, relu, by_sweep), lambda loss: len(backward(loss)))
    peer = bytes_a_node(Task(Node, Node.relu, by_closures), lambda loss: len(loss.order()))
    yield Row("Value, bytes a node", "float", ours, peer, ours / peer)
    gc.disable()
    chain(10**5)
    costs = {n: median(chain(n) for _ in range(3)) for n in (10**4, 10**5, 10**6)}
    yield Row("Value, sweep of a chain of 1,000,000", "float", costs[10**6], bar=0.5)
    for n, cost in costs.items():
        yield Row(
            f"cost against nodes: {n:,}", "float", cost, costs[10**4] * n / 10**4, cost / costs[10**4] * 10**4 / n
        )


if __name__ == "__main__":
    print(json.dumps([row._asdict() for row in rows()]))
