"""The nouns: an exercise, its cases, its mistakes.

- A *case* is something to try: a function of a random generator that returns named inputs.
- A *probe* runs where the student's code lives. It calls their functions on a case's inputs
  and returns named values. It knows no answers. Probes are in `probes.py`.
- A *rule* runs where the truth lives. It gets one named value of an answer, and says a
  complaint or nothing. Rules are in `rules.py`.
- A *mistake* is somebody's wrong answer, the rule that must catch it, and a hint.

Which probe, which rules, and what crosses between the two places is the exercise's *kind*:
`kinds/` has the table.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from autograder import rules
from autograder.rules import Draw

__all__ = ["Case", "Exercise", "Mistake", "source"]


def source(function: Callable) -> str:
    """A function's source text, without its decorators."""
    text = inspect.getsource(function)
    return text[re.search(r"^def ", text, re.MULTILINE).start() :]


@dataclass(frozen=True)
class Case:
    """Something to try. `make(rng)` returns the inputs, by name, in the order of the call."""

    make: Callable[[np.random.Generator], dict[str, Any]]
    for_marks_only: bool = False
    once: bool = False  # so large that it is not drawn again and again for the name of a mistake

    @property
    def name(self) -> str:
        return self.make.__name__


@dataclass(frozen=True)
class Mistake:
    """A plausible wrong answer. Its docstring is the hint it earns."""

    function: Callable
    stands_for: str
    caught_by: Callable

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def hint(self) -> str:
        return " ".join(self.function.__doc__.split())


@dataclass(eq=False)
class Exercise:
    """Everything the course knows about the functions that a student writes in one place.

    writes     the functions to write; the last one names the exercise and its file
    reference  the module that holds the right ones, under the same names
    points     what each value is worth, by name: `out` for a forward, gradients in input order
    minutes    what it should take
    kind       a row of `kinds.KINDS`
    tier       "core" carries the lesson and its mark; "more" is for whoever wants it
    uses       library functions that the student's code may call
    parts      functions of other exercises that this one calls, with their references: where the
               student's own fail, the judge answers the calls, so that one error costs once
    stages     kind "stages": how each value follows from the inputs and the values before it
    tries      kind "hunt": what a function makes of what the student returned, as an array; ValueError for what it
               cannot be tried on. Without it, what is returned is arrays by name
    variance   kind "statistics": the variance of what is drawn, given the inputs but the generator
    keeps      inputs that the caller still needs: a function that writes into one of them does not hold
    updates    inputs, dictionaries, whose entries a forward replaces by contract: what they hold afterwards is judged by
               name, beside what is returned
    given      of a forward that draws by itself: what must come out of a draw, given the `out` that did; or, as a text,
               why this `out` cannot be
    among      kind "derivation": the names that a result may be made of, where these are not all that are known by then
    help       hints in stages, the vaguest first; never the line to type
    personal   for what is drawn for each learner: the exercise that somebody of that name gets
    layer      of such an exercise: what was drawn, as text, to be shown with a verdict
    paths      what each value is a sum of, for the diagnosis: see `diagnose/terms.py`, which knows the layers of `lib`
    """

    writes: Sequence[str]
    reference: ModuleType
    points: dict[str, float]
    minutes: int
    kind: str = "pair"
    tier: str = "core"
    uses: Sequence[str] = ()
    parts: Mapping[str, Callable] = field(default_factory=dict)
    stages: Mapping[str, Callable[[dict], np.ndarray]] = field(default_factory=dict)
    tries: Callable[[Callable, Any], np.ndarray] | None = None
    variance: Callable[..., float] | None = None
    keeps: Sequence[str] = ()
    updates: Sequence[str] = ()
    given: Callable[[Draw, np.ndarray], dict[str, np.ndarray] | str] | None = None
    among: Mapping[str, Sequence[str]] = field(default_factory=dict)
    help: Sequence[str] = ()
    paths: Callable[..., dict[str, dict[str, np.ndarray]]] | None = None
    cases: list[Case] = field(default_factory=list)
    mistakes: Sequence[Mistake] = field(default_factory=list)
    derivations: list[Callable] = field(default_factory=list)
    suspects: dict[str, Callable] = field(default_factory=dict)
    innocents: list[Callable] = field(default_factory=list)
    personal: Callable[[str], Exercise] | None = None
    layer: str = ""
    path: Path | None = None  # set when the lesson is read, like the three that follow
    title: str = ""
    about: str = ""
    lesson: str = ""

    @property
    def id(self) -> str:
        return self.writes[-1]

    @property
    def max_points(self) -> float:
        return float(sum(self.points.values()))

    @property
    def counts(self) -> float:
        """The points that go to the mark: those of a core exercise. What is there for more is answered, not marked."""
        return self.max_points if self.tier == "core" else 0.0

    @property
    def version(self) -> str:
        """A name for what is asked. It changes with the cases and the reference, and not with a hint."""
        asked = [case.make for case in self.cases] + [getattr(self.reference, name) for name in self.writes]
        text = "\n".join([self.kind, *self.points, *map(inspect.getsource, asked)])
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @functools.lru_cache(64)
    def drawn_for(self, learner: str) -> Exercise:
        """The exercise as this learner gets it: the same for everybody, unless it is `personal`."""
        if self.personal is None:
            return self
        return replace(self.personal(learner), path=self.path, title=self.title, about=self.about, lesson=self.lesson)

    def case(self, make: Callable | None = None, *, for_marks_only: bool = False, once: bool = False):
        """Register `make(rng)`, which returns the named inputs of one case."""

        def register(make):
            self.cases.append(Case(make, for_marks_only, once))
            return make

        return register(make) if make else register

    def mistake(self, *, caught_by: Callable, stands_for: str | None = None):
        """Register a wrong answer and the rule that must catch it."""

        def register(function):
            self.mistakes.append(Mistake(function, stands_for or self.id, caught_by))
            return function

        return register

    def derivation(self, function: Callable) -> Callable:
        """Register another right way to write what the exercise is named after; its slips become known, too."""
        self.derivations.append(function)
        return function

    def suspect(self, function: Callable) -> Callable:
        """Register a wrong function that the student's inputs are to expose; its name is the value's."""
        self.suspects[function.__name__] = function
        return function

    def innocent(self, function: Callable) -> Callable:
        """Register a right function, in another style, that the student's inputs must not accuse."""
        self.innocents.append(function)
        return function

    def wrong_letters(self, **hints: Mapping[str, str]) -> None:
        """Register, for each question by name, the wrong letters, and the hint that each of them gets."""
        for question, letters in hints.items():
            for letter, hint in letters.items():
                self.mistakes.append(Mistake(_chooses(self, question, letter, hint), self.id, rules.chosen))


def _chooses(exercise: Exercise, question: str, letter: str, hint: str) -> Callable[[], dict[str, str]]:
    """Somebody who chose this letter there, and the right ones elsewhere."""

    def choice():
        return getattr(exercise.reference, exercise.id)() | {question: letter}

    choice.__name__, choice.__doc__ = f"{question}_is_{letter}", hint
    return choice
