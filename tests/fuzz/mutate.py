"""Five ways to break a notebook: its bytes, its JSON, its cells, their metadata, their sources."""

from __future__ import annotations

import contextlib
import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["LEVELS", "bits", "break_in", "mutant", "odd_value"]

# fmt: off
ODD = [None, True, False, 0, -1, 7, 1 << 80, 1e308, float("nan"), float("inf"), "", "\x00", "\ud800", "a" * 70_000,
       "answer", "code", [], {}, [[]], [None], [{}], {"": ""}, {"nbgrader": None}, {"nbgrader": {"grade_id": 7}}]
LINES = ["import os; os._exit(0)", "raise SystemExit", "raise KeyboardInterrupt", "%matplotlib inline", "!ls", "%%bash",
         "\x00", "def f(:", "(" * 5_000, "x = " + "-" * 5_000 + "1", "del np", "check = print", "return 1", "\t\tpass", "\x0c",
         "from __future__ import nothing", "import sys; sys.setrecursionlimit(10)", "await 1", "1/0", "\N{SNOWMAN} = 1",
         "__builtins__ = {}", "globals().clear()", "import numpy as np; np.float64 = float", "'''", "print('x' * 1_000_000)"]
# fmt: on


def odd_value(rng: random.Random) -> Any:
    """Something that JSON can say and nobody expects here."""
    if rng.random() < 0.05:
        value: Any = 0
        for _ in range(rng.choice([20, 100])):
            value = [value]
        return value
    return copy.copy(rng.choice(ODD))


def bits(data: bytes, rng: random.Random) -> bytes:
    """A few bytes turned, put in, taken out, or said twice; or the end cut off."""
    broken = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8, 40])):
        at, size = rng.randrange(len(broken) + 1), rng.choice([1, 1, 2, 16, 400])
        how = rng.randrange(5)
        if how == 0 and at < len(broken):
            broken[at] ^= 1 << rng.randrange(8)
        elif how == 1:
            broken[at:at] = rng.randbytes(size)
        elif how == 2:
            del broken[at : at + size]
        elif how == 3:
            broken[at:at] = broken[at : at + size]
        elif how == 4 and at < len(broken):
            broken[at] = rng.choice(b'\x00\xff"\\{}[]:,0\n')
    return bytes(broken[: rng.randrange(len(broken) + 1)] if rng.random() < 0.05 else broken)


def _bytes(file: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.05:
        return file.decode().encode(rng.choice(["utf-16", "utf-32", "utf-8-sig", "utf-7"]))
    return bits(file, rng)


def _json(file: bytes, rng: random.Random) -> bytes:
    """Some places in the tree hold something else, are gone, doubled, renamed or wrapped."""
    if rng.random() < 0.02:
        depth = rng.choice([300, 900, 50_000])
        return file.replace(b'"metadata": {}', b'"metadata": ' + depth * b"[" + depth * b"]", 1)
    notebook = json.loads(file)
    for _ in range(rng.choice([1, 1, 2, 5])):
        break_in(notebook, rng)
    return json.dumps(notebook).encode()


def break_in(tree: Any, rng: random.Random) -> None:
    """Break a tree of JSON in one place, if it has any."""
    if places := list(_places(tree)):
        _break(*rng.choice(places), rng)


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of the tree with each of its keys."""
    keys = list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        yield tree, key
        if tree[key] is not tree:
            yield from _places(tree[key])


def _break(home: Any, key: Any, rng: random.Random) -> None:
    how = rng.randrange(5)
    if how == 0:
        home[key] = odd_value(rng)
    elif how == 1:
        del home[key]
    elif how == 2:
        home[key] = rng.choice([[home[key]], {"cells": home[key]}, str(home[key]), [home[key]] * 3])
    elif isinstance(home, list):
        home.insert(rng.randrange(len(home) + 1), copy.deepcopy(home[key]))
    else:
        home[rng.choice([*home, key.upper(), "cells", "source"])] = home.pop(key)


def _cells(notebook: dict, rng: random.Random) -> None:
    """Cells gone, doubled, moved, split, joined, converted, or with another's text."""
    cells = notebook["cells"]
    at, other = rng.randrange(len(cells)), rng.randrange(len(cells))
    how = rng.randrange(9)
    if how == 0:
        del cells[at]
    elif how == 1:
        cells.insert(other, copy.deepcopy(cells[at]))
    elif how == 2:
        cells[at], cells[other] = cells[other], cells[at]
    elif how == 3:
        rng.shuffle(cells)
    elif how == 4:
        cells.reverse()
    elif how == 5:
        cells[at]["cell_type"] = rng.choice(["code", "markdown", "raw", "answer"])
    elif how == 6:
        cells[at]["source"] = cells[other]["source"]
    elif how == 7:
        lines = cells[at]["source"].splitlines(True)
        half = rng.randrange(len(lines) + 1)
        second = copy.deepcopy(cells[at]) | {"source": "".join(lines[half:])}
        cells[at]["source"] = "".join(lines[:half])
        cells.insert(at + 1, second)
    else:
        del cells[at : at + rng.randrange(1, 10)]
    if not cells:
        cells.append({"cell_type": "code", "metadata": {}, "source": ""})


def _metadata(notebook: dict, rng: random.Random) -> None:
    """What nbgrader and ours know a cell by: swapped, doubled, turned, inflated, gone."""
    tagged = [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader")]
    if not tagged:
        return
    cell, other = rng.choice(tagged), rng.choice(tagged)
    ours = cell["metadata"]["nbgrader"]
    how = rng.randrange(6)
    if how == 0:
        cell["metadata"], other["metadata"] = other["metadata"], cell["metadata"]
    elif how == 1:
        cell["metadata"] = copy.deepcopy(other["metadata"])
    elif how == 2:
        ours[rng.choice(["grade", "solution", "locked", "task"])] = rng.choice([True, False, None, "true"])
    elif how == 3:
        ours["points"] = rng.choice([1e9, -1, float("nan"), "100", None])
    elif how == 4:
        cell["metadata"][rng.choice(["backprop", "nbgrader", "tags"])] = odd_value(rng)
    else:
        ours[rng.choice(["grade_id", "schema_version", "cell_type", "checksum"])] = odd_value(rng)


def _source(notebook: dict, rng: random.Random) -> None:
    """Lines and characters of code: gone, doubled, swapped, moved from elsewhere, or odd."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    answers = [cell for cell in code if (cell["metadata"].get("backprop") or {}).get("role") == "answer"]
    cell = rng.choice(answers if answers and rng.random() < 0.7 else code)
    lines = cell["source"].split("\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    how = rng.randrange(6)
    if how == 0:
        del lines[at]
    elif how == 1:
        lines.insert(other, lines[at])
    elif how == 2:
        lines[at], lines[other] = lines[other], lines[at]
    elif how == 3:
        lines.insert(at, " " * rng.choice([0, 4, 4, 8]) + rng.choice(LINES))
    elif how == 4:
        lines[at:at] = rng.choice(code)["source"].split("\n")[: rng.randrange(1, 8)]
    else:
        lines[at] = bits(lines[at].encode(), rng).decode("latin-1")
    cell["source"] = "\n".join(lines)


def _some(change: Callable[[dict, random.Random], None]) -> Callable[[bytes, random.Random], bytes]:
    """The change, once or a few times, to a notebook in a file."""

    def changed(file: bytes, rng: random.Random) -> bytes:
        notebook = json.loads(file)
        with contextlib.suppress(KeyError, TypeError, AttributeError):  # too broken to be broken further
            for _ in range(rng.choice([1, 1, 1, 2, 5])):
                change(notebook, rng)
        return json.dumps(notebook).encode()

    return changed


LEVELS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "bytes": _bytes,
    "JSON": _json,
    "cells": _some(_cells),
    "metadata": _some(_metadata),
    "source": _some(_source),
}


def mutant(file: bytes, rng: random.Random) -> tuple[str, bytes]:
    """The file broken at one level, or at two of them; and which."""
    first, second = rng.choice([name for name in LEVELS if name != "bytes"]), rng.choice(list(LEVELS))
    if rng.random() < 0.75:
        return second, LEVELS[second](file, rng)
    broken = LEVELS[first](file, rng)
    try:
        return f"{first}, {second}", LEVELS[second](broken, rng)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError):
        return first, broken  # what is left has no such level
