"""What a student handed in, read without trust.

A notebook that comes back has been through many hands: cells are missing, doubled, moved, split,
converted, their metadata edited. `harden` puts it back on the lesson's rails, with the released
notebook as the only truth; `steps` says what the box is to run, and where the tests stand.
Notebooks are plain dictionaries of nbformat 4 here.
"""

from __future__ import annotations

import ast
import copy
import functools
import json
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.lesson import Lesson

__all__ = [
    "Step",
    "Unreadable",
    "harden",
    "is_test",
    "read",
    "released",
    "steps",
    "to_be_shown",
    "unreadable",
]

LARGEST = 20 << 20  # bytes of a notebook file
PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
MOST_CELLS = 2000
WORD = re.compile(r"\w+")
LOOKS_AROUND = set("builtins dir eval exec gc getattr globals importlib inspect locals sys vars".split()) | {
    *("__builtins__", "__dict__", "__globals__", "__import__", "__main__")
}


class Unreadable(ValueError):
    """The file is no notebook that can be marked; the message says why."""


@dataclass(frozen=True)
class Step:
    """Run some source text, or judge an exercise as things stand."""

    source: str = ""
    name: str = "your code"
    exercise: str | None = None
    ours: bool = False  # the lesson's own, which nobody's mark may pay for


def released(lesson: Lesson) -> dict[str, Any]:
    """The notebook that students of `lesson` were given."""
    notebook = json.loads(lesson.released.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = _text(cell)
    return notebook


def read(path: Path, released: dict[str, Any]) -> dict[str, Any]:
    """The notebook in a file, which should be a copy of `released`; raises Unreadable."""
    try:
        if not path.is_file():
            raise OSError(0, "it is no file")
        size = path.stat().st_size
        notebook = json.loads(path.read_text(encoding="utf-8-sig")) if size <= LARGEST else None
    except OSError as error:
        raise Unreadable(f"the file cannot be opened ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise Unreadable("the file is no whole notebook: it breaks off, or was changed by another program") from error
    if size > LARGEST:
        raise Unreadable(f"the file is larger than {LARGEST >> 20} MB")
    if not isinstance(notebook, dict) or type(notebook.get("nbformat")) is not int:
        raise Unreadable("the file is not a notebook")
    if notebook["nbformat"] != 4 or not isinstance(notebook.get("cells"), list):
        raise Unreadable(
            f"the notebook has format {str(notebook['nbformat'])[:8]}; save it again in JupyterLab, which writes 4"
        )
    if len(notebook["cells"]) > MOST_CELLS:
        raise Unreadable(f"the notebook has more than {MOST_CELLS} cells")
    cells = [_cell(cell) | {"id": f"cell-{number}"} for number, cell in enumerate(notebook["cells"])]
    known = {_grade_id(cell) for cell in released["cells"]} - {None}
    if not any(_grade_id(cell) in known for cell in cells):
        raise Unreadable("none of this lesson's answer or test cells is in it; is it another lesson's notebook?")
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}


def _upgraded(notebook: dict[str, Any]) -> dict[str, Any]:
    """A notebook of an old format in today's."""
    import nbformat

    try:
        return nbformat.convert(nbformat.from_dict(notebook), 4)
    except Exception as error:
        raise Unreadable(
            f"the notebook has format {notebook['nbformat']}, and is broken ({type(error).__name__})"
        ) from None


def _cell(cell: Any) -> dict[str, Any]:
    """One cell with nothing but its type, its text and the name nbgrader knows it by."""
    if not isinstance(cell, dict):
        raise Unreadable("one of its cells is not a cell")
    kind = cell.get("cell_type") if cell.get("cell_type") in ("code", "markdown", "raw") else "raw"
    meta = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
    nbgrader = meta.get("nbgrader") if isinstance(meta.get("nbgrader"), dict) else {}
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader.get("grade_id"), str) else None
    made = _typed({"source": _text(cell), "metadata": {"nbgrader": {"grade_id": grade_id}} if grade_id else {}}, kind)
    pictures = _pictures(cell.get("attachments"))
    return made | ({"attachments": pictures} if pictures and kind == "markdown" else {})


def _pictures(attachments: Any) -> dict[str, dict[str, str]]:
    """Of what is attached to a cell, the pictures that cannot hold a script."""
    found = {}
    for name, kinds in attachments.items() if isinstance(attachments, dict) else ():
        for mime, content in kinds.items() if isinstance(kinds, dict) else ():
            if mime in PICTURES and isinstance(content, str) and re.fullmatch(r"[A-Za-z0-9+/=\s]*", content):
                found[re.sub(r"[^\w. -]", "_", str(name))] = {mime: content}
    return found


def _text(cell: dict[str, Any]) -> str:
    """The cell's source, which a file may give in one piece or in lines."""
    source = cell.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    return text.encode("utf-8", "replace").decode()


def _typed(cell: dict[str, Any], kind: str) -> dict[str, Any]:
    code = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "metadata": cell["metadata"], "source": cell["source"]} | code


def harden(notebook: dict[str, Any], released: dict[str, Any]) -> dict[str, Any]:
    """The notebook with the lesson's own cells whole again.

    Of several copies of a cell the last counts and the others become plain cells. Metadata comes
    from the release, locked sources too. Test and rubric cells that are missing come back; an
    answer cell that is missing does not, for what it defined may stand in a plain cell now.
    """
    known = {_grade_id(cell): cell for cell in released["cells"] if _grade_id(cell)}
    cells, seen = [], set()
    for cell in reversed(notebook["cells"]):
        name = _grade_id(cell)
        if name in known and name not in seen:
            seen.add(name)
            truth = known[name]
            source = truth["source"] if truth["metadata"]["nbgrader"]["locked"] else cell["source"]
            made = _typed({"source": source, "metadata": copy.deepcopy(truth["metadata"])}, truth["cell_type"])
        else:
            made = _typed({"source": cell["source"], "metadata": {}}, cell["cell_type"])
        if made["cell_type"] == "markdown" and "attachments" in cell:
            made["attachments"] = cell["attachments"]
        cells.append(made)
    cells.reverse()
    order = list(known)
    for name, truth in known.items():
        if name not in seen and truth["metadata"]["nbgrader"]["grade"]:
            before = set(order[: order.index(name)])
            place = max((i + 1 for i, cell in enumerate(cells) if _grade_id(cell) in before), default=len(cells))
            cells.insert(place, copy.deepcopy(truth))
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return released | {"cells": cells}


def unreadable(reason: str, released: dict[str, Any]) -> dict[str, Any]:
    """What stands for a file that cannot be read: the lesson untouched, and the reason on top."""
    note = _typed(
        {"source": f"**The file that was handed in could not be read:** {reason}.", "metadata": {}}, "markdown"
    )
    return harden({"cells": [note, *released["cells"]]}, released)


def steps(notebook: dict[str, Any], released: dict[str, Any]) -> list[Step]:
    """What the box runs: setup, answers and the student's own cells; and where each test stands.

    The setup is always the released one, whatever became of it. Demonstrations and explorers that
    are as they were released are not run; one that the student edited is theirs. An answer cell
    that is still the stub runs first, so that it cannot undo an answer written elsewhere.
    """
    setup = [cell["source"] for cell in released["cells"] if _role(cell) == "setup"]
    stubs = {cell["source"] for cell in released["cells"] if _role(cell) == "answer"}
    ours = {cell["source"] for cell in released["cells"] if cell["cell_type"] == "code"} - stubs
    first = [Step(source, "the lesson's set-up", ours=True) for source in setup]
    rest = []
    for number, cell in enumerate(notebook["cells"], 1):
        if cell["cell_type"] != "code":
            continue
        answers = cell["metadata"].get("backprop", {}).get("exercise")
        step = Step(cell["source"], f"your {answers} cell" if answers else f"cell {number} of the notebook")
        if _role(cell) == "test":
            rest.append(Step(exercise=cell["metadata"]["backprop"]["exercise"]))
        elif cell["source"] in stubs:
            first.append(step)
        elif cell["source"] not in ours:
            rest.append(step)
    return first + rest


def to_be_shown(notebook: dict[str, Any]) -> list[str | None]:
    """The source of each cell that may be run to be shown: not of tests, whose outputs are the judge's."""
    return [None if is_test(c) or c["cell_type"] != "code" else c["source"] for c in notebook["cells"]]


def is_test(cell: dict[str, Any]) -> bool:
    """Whether the judge writes what this cell shows."""
    return cell["cell_type"] == "code" and bool(cell["metadata"].get("nbgrader", {}).get("grade"))


def gathered(steps: Sequence[Step], names: Mapping[str, Collection[str]]) -> list[Step]:
    """The same steps, with every test at the end to which nothing that runs after it can matter. `names` says by
    exercise which functions it asks for.

    What cannot matter: cells that define functions, and do nothing else, under names that neither the exercise nor any
    text before its test knows. In doubt, a test stays where it stands."""
    stay, go, known = [], [], set()
    defines = [set() if step.exercise else _defines(step.source) for step in steps]
    for number, step in enumerate(steps):
        known |= _words(step.source)
        if step.exercise in names and not known & LOOKS_AROUND:
            asked = known | set(names[step.exercise])
            settled = all(each is not None and each.isdisjoint(asked) for each in defines[number:])
        else:
            settled = False
        (go if settled else stay).append(step)
    return stay + go


@functools.lru_cache(256)
def _words(source: str) -> frozenset[str]:
    return frozenset(WORD.findall(unicodedata.normalize("NFKC", source)))  # as Python reads names


@functools.lru_cache(256)
def _defines(source: str) -> frozenset[str] | None:
    """The functions that a cell defines; None, if it does anything else."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return frozenset(node.name for node in body) if all(map(_only_defines, body)) else None


def _only_defines(node: ast.stmt) -> bool:
    """Whether a statement is a function's definition in which nothing is called or looked up until it is called."""
    if not isinstance(node, ast.FunctionDef) or node.decorator_list:
        return False
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    evaluated = [*arguments.defaults, *arguments.kw_defaults, node.returns, *(a.annotation for a in every if a)]
    return all(isinstance(each, ast.Constant) for each in evaluated if each)


def _grade_id(cell: dict[str, Any]) -> str | None:
    return cell["metadata"].get("nbgrader", {}).get("grade_id")


def _role(cell: dict[str, Any]) -> str | None:
    return cell["metadata"].get("backprop", {}).get("role")
