"""Looking for the cause: first what explains everything that is wrong, the plainest first; then value by value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from autograder.diagnose import dictionary
from autograder.diagnose.paths import fit
from autograder.diagnose.sums import Sums
from autograder.diagnose.suspects import Suspect, Trial, returned
from autograder.diagnose.words import joined
from autograder.exercise import Exercise
from autograder.rules import Answer, Draw

__all__ = ["Cause", "causes"]


@dataclass(frozen=True)
class Cause:
    """What explains some of the values.

    name     for the report: that of a mistake, "paths", or "edit: axis"
    says     a mistake's hint, or the rest of a sentence that begins with the values
    returns  what the wrong function that is named returns for a draw, by the value's name
    """

    name: str
    values: tuple[str, ...]
    says: str
    returns: Callable[[Draw, str], Any]

    @property
    def sentence(self) -> str:
        if self.name == "paths":
            return f"Your {joined(self.values)} {'is' if len(self.values) == 1 else 'are each'} {self.says}."
        if self.name.startswith("edit: "):
            verb = "is" if len(self.values) == 1 else "are"
            return f"Your {joined(self.values)} {verb} what comes out of a right derivation with one slip: {self.says}."
        return self.says


def causes(exercise: Exercise, answers: Mapping[str, Sequence[Answer]], wrong: Sequence[str]) -> list[Cause]:
    """What explains the wrong values; one cause for all of them, if there is one."""
    return _Search(exercise, answers, wrong).causes()


class _Search:
    """A search for causes: first for what explains everything, the plainest first, then value by value."""

    def __init__(self, exercise: Exercise, answers: Mapping[str, Sequence[Answer]], wrong: Sequence[str]):
        self.exercise, self.answers, self.wrong = exercise, answers, wrong
        self._sums = Sums(exercise)
        self._path = cache(self._fitted)  # it is asked for twice

    def causes(self) -> list[Cause]:
        mistakes = self._trials(_mistakes(self.exercise))
        edits = self._trials(dictionary.entries(self.exercise))
        return (
            self._one(mistakes)
            or self._one_each([partial(self._alone, trials=mistakes)])
            or self._one_each([self._path])
            or self._one(edits)
            or self._what_there_is(
                [
                    partial(self._alone, trials=mistakes),
                    self._path,
                    partial(self._alone, trials=edits),
                    partial(self._among_others, trials=edits),
                ]
            )
        )

    def _trials(self, suspects: Sequence[Suspect]) -> list[Trial]:
        return [Trial(self.exercise, suspect, self.answers) for suspect in suspects]

    def _one(self, trials: Sequence[Trial]) -> list[Cause]:
        """A wrong function that returned all that the student's did, what is right of it too."""
        in_order = [*self.wrong, *(name for name in self.answers if name not in self.wrong)]
        for trial in trials:
            if all(map(trial.agrees, in_order)) and not all(map(trial.holds, self.wrong)):
                return [_cause(self.exercise, trial.suspect, self.wrong)]
        return []

    def _one_each(self, ways: Sequence[Callable[[str], Cause | None]]) -> list[Cause]:
        """A cause for each value, if every value has one."""
        found = self._what_there_is(ways)
        return found if {name for cause in found for name in cause.values} == set(self.wrong) else []

    def _what_there_is(self, ways: Sequence[Callable[[str], Cause | None]]) -> list[Cause]:
        first = ((way(name) for way in ways) for name in self.wrong)
        return _gathered([cause for each in first if (cause := next(filter(None, each), None))])

    def _alone(self, name: str, trials: Sequence[Trial]) -> Cause | None:
        """A suspect that agrees in this value, and has the others right."""
        return self._agreeing(name, trials, lambda trial: all(map(trial.holds, set(self.answers) - {name})))

    def _among_others(self, name: str, trials: Sequence[Trial]) -> Cause | None:
        """A suspect that agrees in this value, whatever it makes of the others."""
        return self._agreeing(name, trials, lambda trial: True)

    def _agreeing(self, name: str, trials: Sequence[Trial], condition: Callable) -> Cause | None:
        for trial in trials:
            if trial.agrees(name) and not trial.holds(name) and condition(trial):
                return _cause(self.exercise, trial.suspect, [name])
        return None

    def _fitted(self, name: str) -> Cause | None:
        found = fit(self._sums, name, self.answers[name])
        return Cause("paths", (name,), found.says, lambda draw, _: found.returns(draw)) if found else None


def _mistakes(exercise: Exercise) -> list[Suspect]:
    return [Suspect(m.name, m.function, m.stands_for, "mistake", m.hint) for m in exercise.mistakes]


def _cause(exercise: Exercise, suspect: Suspect, names: Sequence[str]) -> Cause:
    name = suspect.name if suspect.kind == "mistake" else f"edit: {suspect.kind}"
    return Cause(name, tuple(names), suspect.says, lambda draw, value: returned(exercise, suspect, draw, value))


def _gathered(causes: Sequence[Cause]) -> list[Cause]:
    """Causes, those that say the same of several values said once."""
    by_words: dict[tuple[str, str], list[Cause]] = {}
    for cause in causes:
        by_words.setdefault((cause.name, cause.says), []).append(cause)
    return [_together(several) for several in by_words.values()]


def _together(several: Sequence[Cause]) -> Cause:
    of = {name: cause for cause in several for name in cause.values}
    return replace(several[0], values=tuple(of), returns=lambda draw, name: of[name].returns(draw, name))
