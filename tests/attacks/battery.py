"""The battery: what a file of this folder holds, and how it becomes a submission.

Every file but a few helpers describes one submission of lesson 04. Its name begins with the number
of the class of attack that it belongs to (`a06_…`), or with `input_` where the file itself is bad.
Its docstring says in one sentence what it tries. It may define

    CLASS            1 to 21, or "input"
    DESERVES         the points that what remains of it deserves, by exercise; of others, none
    affine_backward, relu_backward, stranger_04_backward
                     the texts of the answer cells; one that is left out stays the stub. The stranger is that of
                     a student who is called like the file
    above, below     a cell of the student's own at the top, at the end
    mangle(notebook) what becomes of the filled notebook: a dictionary, a text or bytes
    FILES            other files that are handed in with it, by name
    UNREADABLE       for a file that cannot be read: what the reason says, as a pattern
    NEEDS_WALLS      tried behind namespaces alone: it would do harm elsewhere, find the answers, or have more time
    HARMFUL          never run by the control
    BITES            gets more than it deserves from a grader that decides in the student's process
    SAYS             what its verdicts say, among other things
    TELLS            tries to get the numbers drawn for marks out; "aloud" if its verdict says public ones
"""

from __future__ import annotations

import copy
import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder import submission
from autograder.lesson import find_lesson

__all__ = ["ATTACKS", "LESSON", "Attack", "RELEASED"]

LESSON = find_lesson("04")
RELEASED = submission.released(LESSON)


@dataclass(frozen=True, eq=False)
class Attack:
    """One submission of the battery."""

    name: str
    tries: str
    kind: int | str
    deserves: dict[str, float]
    answers: dict[str, str]
    above: str = ""
    below: str = ""
    mangle: Callable[[dict[str, Any]], Any] | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    unreadable: str = ""
    needs_walls: bool = False
    harmful: bool = False
    bites: bool = False
    says: str = ""
    tells: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def file(self) -> bytes:
        """The notebook file, as it is handed in."""
        notebook = self._filled()
        made = self.mangle(notebook) if self.mangle else notebook
        if isinstance(made, dict):
            made = json.dumps(made, indent=1)
        return made.encode() if isinstance(made, str) else made

    def write(self, folder: Path) -> Path:
        """Hand it in, together with its other files; returns the notebook's path."""
        folder.mkdir(parents=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        path = folder / f"{LESSON.name}.ipynb"
        path.write_bytes(self.file)
        return path

    def _filled(self) -> dict[str, Any]:
        notebook = copy.deepcopy(RELEASED)
        for cell in notebook["cells"]:
            ours = cell["metadata"].get("backprop", {})
            if ours.get("role") == "answer":
                cell["source"] = self.answers.get(ours["exercise"], cell["source"])
        cells = notebook["cells"]
        notebook["cells"] = [*_own(self.above, "above"), *cells, *_own(self.below, "below")]
        return notebook


def _own(source: str, name: str) -> list[dict[str, Any]]:
    cell = {"cell_type": "code", "id": name, "metadata": {}, "outputs": [], "execution_count": None, "source": source}
    return [cell] if source else []


def _load(path: Path) -> Attack:
    module = importlib.import_module(f"{__package__}.{path.stem}")
    names = [exercise.id for exercise in LESSON.exercises]
    flags = ("files", "unreadable", "needs_walls", "harmful", "bites", "says", "tells")
    return Attack(
        name=path.stem,
        tries=" ".join(module.__doc__.split()),
        kind=module.CLASS,
        deserves={name: float(module.DESERVES.get(name, 0)) for name in names},
        answers={name: getattr(module, name) for name in names if hasattr(module, name)},
        **{key: getattr(module, key) for key in ("above", "below", "mangle") if hasattr(module, key)},
        **{key: getattr(module, key.upper()) for key in flags if hasattr(module, key.upper())},
    )


ATTACKS = [
    _load(path)
    for path in sorted(Path(__file__).parent.glob("*.py"))
    if path.stem[:3] in ("inp", *(f"a{n:02}" for n in range(1, 22)))
]
