"""What a cell shows: the text it prints, the value of its last line, its figures. Runs inside the box.

Only for `backprop grade --outputs`, in a run that is asked nothing. No HTML and no other rich form
leaves the box: text is text, and a figure is a PNG.
"""

import ast
import contextlib
import io
import sys

LONG = 10_000  # characters of text for a cell
MANY = 6  # figures for a cell


class Text(io.TextIOBase):
    """What is printed, up to a length."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += str(text)[: LONG - len(self.text)]
        return len(text)


class Shows:
    """What a cell has shown so far, which is of interest also where it raised in the end."""

    def __init__(self):
        self.printed, self.result, self.figures = Text(), None, []

    def run(self, tree, name, namespace, quiet=False):
        """Run a cell's syntax tree. A `quiet` one, which ends in a semicolon, has no result."""
        namespace["display"] = lambda *values: self.printed.write("".join(f"{value!r}\n" for value in values))
        last = tree.body.pop().value if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        with contextlib.redirect_stdout(self.printed), contextlib.redirect_stderr(self.printed):
            try:
                exec(compile(tree, name, "exec"), namespace)
                value = eval(compile(ast.Expression(last), name, "eval"), namespace) if last else None
                self.result = None if value is None or quiet else repr(value)[:LONG]
            finally:
                self.figures = figures()
            if hasattr(value, "still") and not quiet:  # an explorer
                self.figures.append(png(value.still()))


def figures():
    """The figures that matplotlib holds open, if it was used, as PNG; then they are closed."""
    pyplot, drawn = sys.modules.get("matplotlib.pyplot"), []
    if pyplot is None:
        return drawn
    for number in pyplot.get_fignums()[:MANY]:
        with contextlib.suppress(Exception):
            drawn.append(png(pyplot.figure(number)))
    pyplot.close("all")
    return drawn


def png(figure):
    from backprop.explore.still import save

    file = io.BytesIO()
    save(figure, file, dpi=72)
    return file.getvalue()
