"""The kill matrix: every mistake of the catalogue is caught by its rule, and gets its own hint and nobody else's.

A rule that stops catching, or a hint that another mistake takes, is a fault of the exercise and no student's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autograder import examiner, judge
from autograder.check import quietly
from autograder.diagnose import Here, attempt
from autograder.exercise import Exercise, Mistake

__all__ = ["Killed", "matrix", "table"]

SEEDS = 5


@dataclass(frozen=True)
class Killed:
    """How often, out of `seeds`, a mistake was caught by its rule, and got its own hint; and what it got instead."""

    exercise: str
    mistake: str
    rule: str
    caught: int
    hinted: int
    seeds: int
    instead: str = ""

    @property
    def whole(self) -> bool:
        return self.caught == self.hinted == self.seeds


def matrix(exercises: Iterable[Exercise], seeds: int = SEEDS) -> Iterator[Killed]:
    """A line for every mistake of every exercise."""
    for exercise in exercises:
        for mistake in exercise.mistakes:
            yield _tried(exercise, mistake, seeds)


def _tried(exercise: Exercise, mistake: Mistake, seeds: int) -> Killed:
    caught = hinted = 0
    instead = ""
    for seed in range(seeds):
        rule, said = _once(exercise, mistake, seed)
        caught += rule == mistake.caught_by.__name__
        hinted += said == mistake.hint
        if rule != mistake.caught_by.__name__ or said != mistake.hint:
            instead = _whose(exercise, rule, said)
    return Killed(exercise.id, mistake.name, mistake.caught_by.__name__, caught, hinted, seeds, instead)


def _once(exercise: Exercise, mistake: Mistake, seed: int) -> tuple[str, str | None]:
    """The name of the rule that complained first, and what was said of the cause."""
    with quietly():
        venue, draw = Here(attempt(exercise, mistake)), examiner.secret_seed(bytes([seed]))
        found = examiner.examine(exercise, venue, examiner.draws(exercise, draw, for_marks=False))
        found = examiner.ask_again(exercise, venue, found, draw)
        rule = next(iter(found.rules.values())).__name__ if found.rules else "nobody"
        return rule, judge.verdict(exercise, found, found).diagnosis


def _whose(exercise: Exercise, rule: str, said: str | None) -> str:
    others = [other.name for other in exercise.mistakes if other.hint == said]
    hint = f"the hint of {others[0]}" if others else "no hint" if not said else "another explanation"
    return f"caught by {rule}, got {hint}"


def table(found: Iterable[Killed]) -> Iterator[str]:
    """The matrix as lines of text, exercise by exercise."""
    before = None
    for each in found:
        if each.exercise != before:
            yield f"{each.exercise:44} {'rule':10} caught  hint"
            before = each.exercise
        mark = "✓" if each.whole else f"✗  {each.instead}"
        counts = f"{each.caught} of {each.seeds}  {each.hinted} of {each.seeds}"
        yield f"  {each.mistake:42} {each.rule:10} {counts}  {mark}"
