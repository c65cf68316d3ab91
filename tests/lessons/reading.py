"""A lesson as its reader meets it: the names that its cells leave behind, and its words with their numbers."""

import json
from functools import cache

from autograder import build


@cache
def rendered(lesson):
    """The instructor's notebook, as text: its code, which may train networks, is run once for all tests."""
    return build.render(lesson)


def names_of(lesson, until=None):
    """The names that stand after the code cells of a lesson's solution have run, up to the cell that holds `until`."""
    namespace = {"__name__": "lesson"}
    for cell in json.loads(rendered(lesson))["cells"]:
        source = "".join(cell["source"])
        if until and until in source:
            break
        if cell["cell_type"] == "code" and "check(" not in source:
            exec(source, namespace)
    return namespace


def words_of(lesson):
    """The text as a reader gets it, with its numbers."""
    cells = json.loads(rendered(lesson))["cells"]
    return " ".join(" ".join("".join(c["source"]).split()) for c in cells if c["cell_type"] == "markdown")
