"""The folder that the box sees: our half of the wire, an inert `autograder`, a stripped `backprop` that shows nothing.

`backprop` is stripped to what the lesson's exercises say they use: every other function keeps
its name and loses its body. The answers are therefore absent, not hidden. Modules whose names begin
with an underscore, which check arguments, are there whole.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Collection
from pathlib import Path

import backprop

__all__ = ["build", "strip"]

HERE = Path(__file__).parent
LIBRARY = Path(backprop.__file__).parent
MISSING = "raise NotImplementedError('this part of the library is not here while your work is marked')"


def build(folder: Path, keep: Collection[str] | None) -> Path:
    """Write the world into `folder`; `keep` names the library functions that stay whole, None all of them."""
    folder.chmod(0o755)  # the box may be another user's
    for name in ("__init__.py", "check.py"):
        _write(folder / "autograder" / name, (HERE / "inert.py").read_text())
    _write(folder / "autograder" / "mine.py", (HERE / "inert_mine.py").read_text())
    for name in ("counted.py", "frames.py", "inside.py", "seccomp.py", "shown.py", "values.py", "warm.py"):
        _write(folder / "autograder" / "box" / name, (HERE / name).read_text())
    for source in sorted(LIBRARY.rglob("*.py")):
        text = source.read_text()
        if source.parent.name == "explore":
            _explorer(source, text, folder, keep)
            continue
        without_answers = source.name.startswith("_") or source.name in ("data.py", "graph.py")
        whole = keep is None or without_answers
        _write(folder / "backprop" / source.relative_to(LIBRARY), text if whole else strip(text, keep))
    shutil.copytree(LIBRARY / "datasets", folder / "backprop" / "datasets", dirs_exist_ok=True)
    return folder


def _explorer(source: Path, text: str, folder: Path, keep: Collection[str] | None) -> None:
    """Explorers do nothing while work is marked. Where cells are run to be shown, they draw their still picture: all of
    them is there but the widget."""
    if keep is not None and source.name == "__init__.py":
        text = (HERE / "inert_explore.py").read_text()
    elif keep is not None or source.name == "live.py":
        return
    _write(folder / "backprop" / "explore" / source.name, text)


def strip(source: str, keep: Collection[str]) -> str:
    """The module's text with the body of every function and class that is not needed cut out."""
    tree = ast.parse(source)
    bodies = {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    needed, queue = set(), [name for name in keep if name in bodies]
    while queue:
        name = queue.pop()
        needed.add(name)
        called = {node.id for node in ast.walk(bodies[name]) if isinstance(node, ast.Name)}
        queue += [other for other in called & bodies.keys() if other not in needed]
    for name, node in bodies.items():
        if name not in needed:
            node.body = ast.parse(MISSING if isinstance(node, ast.FunctionDef) else "pass").body
            node.decorator_list = []
    return ast.unparse(tree) + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
