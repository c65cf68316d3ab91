"""The usual small scalar engine, for comparison: a closure and a set of parents in every node, a recursive sort.

Written for this benchmark in the manner of such engines, not taken from one. Each node is part of a circle (node,
closure, node), so that only the garbage collector frees it.
"""


class Node:
    def __init__(self, data, parents=(), op=""):
        self.data, self.grad = data, 0.0
        self.parents, self.op = set(parents), op
        self.pass_back = lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Node) else Node(other)
        out = Node(self.data + other.data, (self, other), "+")

        def pass_back():
            self.grad += out.grad
            other.grad += out.grad

        out.pass_back = pass_back
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Node) else Node(other)
        out = Node(self.data * other.data, (self, other), "*")

        def pass_back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.pass_back = pass_back
        return out

    def relu(self):
        out = Node(self.data if self.data > 0 else 0.0, (self,), "relu")

        def pass_back():
            self.grad += (out.data > 0) * out.grad

        out.pass_back = pass_back
        return out

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return other + (-self)

    def order(self):
        """All nodes this one was made from, parents first."""
        nodes, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                nodes.append(node)

        visit(self)
        return nodes

    def backward(self):
        self.grad = 1.0
        for node in reversed(self.order()):
            node.pass_back()
