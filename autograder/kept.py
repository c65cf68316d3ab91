"""How a learner's functions are kept on their own disk, for `mine`.

What passes its check is kept as source text in a file that stands by itself: the function, what
it calls of the notebook's own functions, and its imports. Files are named after the exercise and
its version, so a changed exercise asks again.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import symtable
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from autograder import progress
from autograder.box import inert_mine
from autograder.diagnose import Here
from autograder.exercise import Exercise
from autograder.kinds import KINDS
from autograder.lesson import lessons

__all__ = ["CannotKeep", "find", "keep", "writers", "written_down"]


class CannotKeep(ValueError):
    """Something that a function needs cannot be written down as text; the message says what."""


def find(name: str) -> tuple[Any, str]:
    """The function called so, and why it is not the learner's; "" where it is, or where no exercise asks for it."""
    exercise = writers().get(name)
    if exercise is None:
        return _library(name), ""
    try:
        return _load(_file(exercise))[name], ""
    except FileNotFoundError:
        why = "yours has not passed its check yet"
    except Exception as error:  # the file was edited since, or the library has changed
        why = f"the file kept of yours raised {type(error).__name__}: {error}"
    return getattr(exercise.reference, name), why


def keep(exercise: Exercise, namespace: Mapping[str, Any]) -> str | None:
    """Keep the functions of an exercise that has just passed; returns why not, if it cannot be."""
    from autograder import examiner

    try:
        text = written_down(exercise.writes, namespace)
        names: dict[str, Any] = {"__name__": "mine"}
        exec(compile(text, f"<mine.{exercise.id}>", "exec"), names)
        again = examiner.examine(exercise, Here(names), examiner.draws(exercise, examiner.fresh_seed, for_marks=False))
        if again.complaints:
            raise CannotKeep(f"by itself it does not hold: {next(iter(again.complaints.values()))}")
        if not _same(_file(exercise), text):
            progress.write(_file(exercise), text)
    except OSError as error:
        return f"the file could not be written: {error.strerror}"
    except Exception as error:
        return str(error) if isinstance(error, CannotKeep) else f"{type(error).__name__}: {error}"
    return None


def written_down(names: list[str], namespace: Mapping[str, Any]) -> str:
    """The source of functions and of everything in the notebook that they need, ready to run by itself."""
    imports, bodies, wanted, seen = [], [], list(names), set()
    while wanted:
        name = wanted.pop(0)
        if name in seen or name not in namespace:
            continue
        seen.add(name)
        text, needs = _text(name, namespace[name], namespace)
        (imports if text.startswith(("import ", "from ")) else bodies).append(text)
        wanted += needs
    return "\n".join(sorted(imports)) + "\n\n\n" + "\n\n\n".join(reversed(bodies)) + "\n"


def _text(name: str, value: Any, namespace: Mapping[str, Any]) -> tuple[str, list[str]]:
    """One name's text, and the names that it uses in turn."""
    if isinstance(value, ModuleType):
        return f"import {value.__name__} as {name}", []
    if isinstance(value, FunctionType) and value.__globals__ is namespace:
        return _function(name, value)
    home = getattr(value, "__module__", None)
    if callable(value) and home not in (None, "__main__", namespace.get("__name__")):
        if getattr(importlib.import_module(home), value.__name__, None) is value:
            return f"from {home} import {value.__name__} as {name}", []
    try:
        text = f"{name} = {value!r}"
        if ast.literal_eval(repr(value)) == value:
            return text, []
    except Exception:
        pass
    raise CannotKeep(f"it uses `{name}`, which is a {type(value).__name__}; make it part of the function")


def _function(name: str, function: FunctionType) -> tuple[str, list[str]]:
    try:
        text = textwrap.dedent(inspect.getsource(function)).strip()
        used = set(_from_outside(symtable.symtable(text, name, "exec")))
    except (OSError, SyntaxError) as error:
        raise CannotKeep(f"the text of `{name}` cannot be found ({type(error).__name__})") from None
    if f"def {name}(" not in text and not text.startswith(f"{name} ="):
        text += f"\n\n\n{name} = {function.__name__}"
    return text, sorted(used - set(dir(builtins)) - {name})


def _from_outside(scope: symtable.SymbolTable) -> Iterator[str]:
    """The names that code takes from the notebook: not its parameters and variables, whatever else is called so there."""
    for symbol in scope.get_symbols():
        if symbol.is_referenced() and (symbol.is_global() or scope.get_type() == "module"):
            yield symbol.get_name()
    for inner in scope.get_children():
        yield from _from_outside(inner)


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


def _file(exercise: Exercise) -> Path:
    return progress.home() / "mine" / f"{exercise.id}-{exercise.version}.py"


def _load(path: Path) -> dict[str, Any]:
    return _loaded(path, path.stat().st_mtime_ns)


@cache
def _loaded(path: Path, _changed: int) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "mine", "__file__": str(path)}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    return names


@cache
def writers() -> dict[str, Exercise]:
    """Which exercise asks for a function of that name."""
    exercises = [e for lesson in lessons() for e in lesson.exercises if KINDS[e.kind].reusable]
    return {name: exercise for exercise in exercises for name in exercise.writes}


def _library(name: str) -> Any:
    """A function of the library that no exercise asks for."""
    try:
        return getattr(inert_mine, name)
    except AttributeError:
        known = ", ".join(sorted(writers()))
        raise AttributeError(f"neither an exercise nor the library has {name!r}; exercises ask for: {known}") from None
