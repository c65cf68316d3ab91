"""Numbers that know what they were computed from, and small programs as plain data.

This is what lesson 02 starts with. No answer stands here: the operations, and the way back, are what its readers
write. The engine that is fast and takes Python's arithmetic is in `scalar`.
"""

__all__ = ["Value", "run"]


class Value:
    """A number, and links = [(parent, partial), ...] to the values it was computed from."""

    def __init__(self, value, links=()):
        self.value, self.links = value, list(links)

    def __repr__(self):
        return f"Value({self.value:g})"


def run(program, operations, Value=Value):
    """Run a program that is plain data, with operations of one's own.

    program {name: number, or [operation, name or number, ...]}, each name after those it uses; operations
    {name: function}  ->  {name: Value}, in the order of the program; the last is the end.
    """
    values = {}
    for name, step in program.items():
        if isinstance(step, (list, tuple)):
            operation, *arguments = step
            values[name] = operations[operation](*(values[a] if isinstance(a, str) else a for a in arguments))
        else:
            values[name] = Value(step)
    return values
