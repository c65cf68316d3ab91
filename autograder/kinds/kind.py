"""What a kind of exercise is: what is sent, in which *ways* an answer may be tried, how it is read, who decides."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from autograder.box.values import Failure, Opaque, Questions
from autograder.exercise import Case, Exercise
from autograder.rules import Answer, Draw, Rule

__all__ = [
    "Kind",
    "Venue",
    "Way",
    "asked_by_name",
    "describe",
    "first_spoiled",
    "what_is_kept",
    "what_is_updated",
    "what_returned",
]


class Venue(Protocol):
    """Where the student's functions live: this process, a forked child, or the box."""

    def ask(
        self, probe: str, name: str, needs: Sequence[str], questions: Sequence[dict], parts: Mapping[str, Callable]
    ) -> list[Any]:
        """What the probe called `name` returned for each question, or a Failure. Calls that the student's
        code makes of `parts` are answered by the functions given here."""


@dataclass(frozen=True, eq=False)
class Way:
    """One way to try an answer: the functions it needs, and the values it brings back; `unless` a value holds already."""

    name: str
    needs: Sequence[str]
    brings: Sequence[str]
    question: Callable[[Draw], dict[str, Any]]
    parts: Mapping[str, Callable] = field(default_factory=dict)
    unless: str = ""


@dataclass(frozen=True)
class Kind:
    probe: Callable
    draw: Callable[[Exercise, Case, np.random.Generator], Draw]
    ways: Callable[[Exercise], list[Way]]
    read: Callable[[Exercise, Way, Draw, Any], Answer]
    rules: Sequence[Rule]
    reusable: bool = True  # whether what the student writes is of use in a later lesson
    same: Callable[[Any, Any], bool] | None = None  # whether two values are the same answer, where that is not equality

    def asked(self, exercise: Exercise, way: Way, drawn: Sequence[Draw]) -> tuple:
        """What a venue is asked, one question for each draw. Only this leaves our process."""
        made = _questions if exercise.personal is None else _questions.__wrapped__  # a student's own are not kept
        return _text(self.probe), self.probe.__name__, way.needs, made(way, tuple(drawn)), way.parts

    def answers(self, exercise: Exercise, venue: Venue, way: Way, drawn: Sequence[Draw]) -> list[Answer]:
        """Put the questions, and read what comes back."""
        return self.answered(exercise, way, drawn, venue.ask(*self.asked(exercise, way, drawn)))

    def answered(self, exercise: Exercise, way: Way, drawn: Sequence[Draw], replies: Sequence[Any]) -> list[Answer]:
        """What came back, read."""
        return [
            Answer(draw, failure=reply) if isinstance(reply, Failure) else self.read(exercise, way, draw, reply)
            for draw, reply in zip(drawn, replies, strict=True)
        ]


@functools.cache
def _text(probe: Callable) -> str:
    return inspect.getsource(probe)


@functools.lru_cache(128)
def _questions(way: Way, drawn: tuple[Draw, ...]) -> Questions:
    """A class is asked the same questions again and again: they are made, and packed, once."""
    return Questions(way.question(draw) for draw in drawn)


# ----- what several kinds have in common when they ask and read -----


def what_returned(value: Any) -> Any:
    """What a function returned, out of what the probe sent back."""
    return value.get("returned") if isinstance(value, dict) else None


def asked_by_name(names: Iterable[str]) -> str:
    return f"return a dictionary with {', '.join(names)}"


def describe(returned: Any) -> str:
    if returned is None:
        return "None"
    if isinstance(returned, dict):
        return f"a dictionary with {', '.join(map(str, returned))[:200]}" if returned else "an empty dictionary"
    if isinstance(returned, Opaque):
        return f"a {returned.type}"
    return f"{len(returned)} values" if isinstance(returned, (tuple, list)) else "one value"


def what_is_kept(exercise: Exercise, draw: Draw) -> dict[str, list[int]]:
    """Where the inputs stand that come back, as a call leaves them; nothing is asked of exercises that do not say so."""
    places = [place for place, name in enumerate(draw.inputs) if name in _coming_back(exercise)]
    return {"keeps": places} if places else {}


def first_spoiled(exercise: Exercise, draw: Draw, value: Any) -> str:
    """The first of the inputs that must be kept as they are that came back changed."""
    left = _left(exercise, draw, value).items()
    changed = (n for n, array in left if n in exercise.keeps and not np.array_equal(array, draw.inputs[n]))
    return next(changed, "")


def what_is_updated(exercise: Exercise, draw: Draw, value: Any) -> dict[str, Any]:
    """What now stands in the inputs that a call replaces entries of, of the values that are asked for."""
    tables = (t for n, t in _left(exercise, draw, value).items() if n in exercise.updates and isinstance(t, dict))
    return {name: entry for table in tables for name, entry in table.items() if name in exercise.points}


def _left(exercise: Exercise, draw: Draw, value: Any) -> dict[str, Any]:
    """The inputs that came back, by name."""
    kept = value.get("kept") if isinstance(value, dict) else None
    names = [name for name in draw.inputs if name in _coming_back(exercise)]
    return dict(zip(names, kept)) if isinstance(kept, list) else {}


def _coming_back(exercise: Exercise) -> set[str]:
    return {*exercise.keeps, *exercise.updates}
