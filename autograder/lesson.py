"""What a lesson's folder holds: the text, the directives in it, and one file per exercise.

A directive is a fenced block of MyST in `lesson.md`. Six of them are ours:

    ```{exercise} affine_backward      an answer cell and its test cell
    ```{guess} a_name                  a line in which the reader commits to a prediction
    ```{quiz} a_name                   a question with lettered answers, each wrong one with its hint
    ```{rubric} a_name                 a question answered in prose and marked by a person
    ```{suspects} telling_inputs       the wrong functions of a bug hunt, as a cell
    ```{numbers} a_name                code that only the build runs, for numbers that the text quotes

Lines of the form `:key: value` at the head of a block are its options; the rest is its body.
"""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from autograder.exercise import Exercise

__all__ = ["Directive", "Lesson", "Unknown", "directives", "find_exercise", "find_lesson", "folder", "lessons"]

HERE = Path(__file__).parent
DIRECTIVE = re.compile(r"^```\{(exercise|guess|quiz|rubric|suspects|numbers)\} (\S+)\n(.*?)^```$", re.M | re.S)
OPTION = re.compile(r":(\w+): (.*)\n")


class Unknown(LookupError):
    """A name that no lesson or exercise has. The message lists the names there are."""


@dataclass(frozen=True)
class Directive:
    kind: str
    name: str
    options: dict[str, str]
    body: str


@dataclass(frozen=True)
class Lesson:
    """One folder of `lessons/`, such as `04_backward_pass`."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def text(self) -> str:
        return (self.folder / "lesson.md").read_text(encoding="utf-8")

    @property
    def released(self) -> Path:
        """The student's notebook, as it was built."""
        return folder("course") / self.name / f"{self.name}.ipynb"

    @cached_property
    def exercises(self) -> list[Exercise]:
        """In the order in which the text names them, then those that it does not name."""
        order = [d.name for d in directives(self.text) if d.kind == "exercise"]
        found = {path.stem: load(path) for path in sorted(self.folder.glob("*.py"))}
        return [found[n] for n in sorted(found, key=lambda n: order.index(n) if n in order else len(order))]


def lessons() -> list[Lesson]:
    """All lessons, in order."""
    return [Lesson(text.parent) for text in sorted(folder("lessons").glob("[0-9][0-9]_*/lesson.md"))]


def find_lesson(name: str) -> Lesson:
    """The lesson that `name` abbreviates: 4, 04 and 04_backward_pass are the same."""
    for lesson in lessons():
        if name == lesson.name or (name.isdigit() and name.zfill(2) == lesson.name[:2]):
            return lesson
    raise Unknown(f"no lesson is called {name!r}; there are: {', '.join(each.name for each in lessons())}")


def find_exercise(name: str) -> Exercise:
    """The exercise of that name, in whichever lesson it is."""
    paths = {path.stem: path for path in folder("lessons").glob("[0-9][0-9]_*/*.py")}
    if name not in paths:
        raise Unknown(f"no exercise is called {name!r}; there are: {', '.join(sorted(paths))}")
    return load(paths[name])


def directives(text: str) -> Iterator[Directive]:
    """The directives of a lesson's text, in order."""
    for match in DIRECTIVE.finditer(text):
        yield parse(match)


def parse(match: re.Match) -> Directive:
    kind, name, body = match.groups()
    options = {}
    while option := OPTION.match(body):
        options[option[1]] = option[2].strip()
        body = body[option.end() :]
    return Directive(kind, name, options, body.strip())


@cache
def load(path: Path) -> Exercise:
    """The exercise that a file defines. Files are found by walking and loaded by path."""
    module = _module(path)
    exercise = module.exercise
    if exercise.id != path.stem:
        raise ValueError(
            f"{path} must be called {exercise.id}.py: an exercise has the name of the last function it writes"
        )
    exercise.path, exercise.lesson = path, path.parent.name
    exercise.title, _, exercise.about = inspect.cleandoc(module.__doc__).partition("\n\n")
    exercise.title = exercise.title.splitlines()[0].rstrip(".")
    return exercise


def _module(path: Path):
    name = f"lessons.{path.parent.name}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)  # so that inspect finds its source
    spec.loader.exec_module(module)
    return module


def folder(name: str) -> Path:
    """`lessons/`, `course/` or `solutions/`: where BACKPROP_COURSE says, for a course of one's own; else beside the
    package in a checkout, inside it when installed from a wheel."""
    if own := os.environ.get("BACKPROP_COURSE"):
        return Path(own).absolute() / name
    inside = HERE / name
    return inside if inside.is_dir() else HERE.parent / name
