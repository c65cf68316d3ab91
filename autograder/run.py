"""A run of a submission: its cells in a fresh box, and its exercises examined where their test cells stand.

Two kinds of run ask: one `Deciding`, on hidden numbers, and one `Explaining`, on public ones.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from autograder.box import Sandbox
from autograder.examiner import Examined, Seed, complained, draws, examine, explained, worth
from autograder.exercise import Exercise
from autograder.kinds import KINDS, Way
from autograder.rules import Draw
from autograder.submission import Step

__all__ = ["Deciding", "Explaining"]

DEADLY = "ended the process, or took more time than there is"


class _Run:
    """What comes of a run, once `run` was called: what was found, by exercise, at its test cell and, where it was looked
    at again, at the end; what cells raised; and which cells ended the process before anything was asked, by number.

    Cells that are `deadly`, by number, are known to end the process, and are not run again.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        exercises: Sequence[Exercise],
        seed: Seed,
        walls: Sandbox,
        deadly: Collection[int] = (),
    ):
        self.steps, self.seed, self.walls, self.deadly = steps, seed, walls, deadly
        self.exercises = {exercise.id: exercise for exercise in exercises}
        self.last = {step.exercise for step in itertools.takewhile(lambda step: step.exercise, reversed(steps))}
        self._drawn = functools.cache(lambda name, seed: draws(self.exercises[name], seed, for_marks=True))
        self._begin()

    def run(self, alone: bool = False, tries: int = 3) -> _Run:
        """Run it in a fresh box. What the clock ended while others ran beside it is run once more, alone; what ended with
        its slot, as when the machine runs out of memory, is run again; but not for ever."""
        self._begin()
        with self.walls.box(alone) as self.box:
            for are_tests, part in itertools.groupby(enumerate(self.steps), lambda each: bool(each[1].exercise)):
                if are_tests:
                    self._look_at([step.exercise for _, step in part if step.exercise in self.exercises])
                else:
                    self._run_cells(part)
            self._look_at_the_end()
        if self.box.lost and tries > 1:
            return self.run(alone, tries - 1)
        if self.box.late and self.walls.crowded and not alone:
            return self.run(alone=True)
        return self

    def _begin(self) -> None:
        self.found: dict[str, list[Examined]] = {}
        self.raised: list[str] = []
        self.dead = set(self.deadly)

    def _run_cells(self, cells: Iterable[tuple[int, Step]]) -> None:
        """Run cells, one after the other, and note what became of them."""
        cells = list(cells)
        came = self.box.run_all([(step.source, step.name) for number, step in cells if number not in self.dead])
        for number, step in cells:
            says, survived = (DEADLY, False) if number in self.dead else next(came)
            if says and step.ours:
                raise RuntimeError(f"{step.name} {says}")
            if says:
                self.raised.append(f"{step.name} {says}")
            if not survived and not self.found:  # later, it could depend on a hidden number
                self.dead.add(number)

    def _look_at(self, names: Sequence[str]) -> None:
        """Examine the exercises of neighbouring test cells."""
        raise NotImplementedError

    def _look_at_the_end(self) -> None:
        """Examine what is to be examined when all cells have run."""
        raise NotImplementedError


class Deciding(_Run):
    """Each exercise on hidden numbers, in the ways that are `wanted`: at its test cell, and at the end if it does not hold
    there, since that may be better.

    One that `helps` lets the judge answer for parts, when no other exercise is asked any more, in composites that stand
    at the end: these are `helped`. They are asked with their own parts where that does not hold.
    """

    def __init__(self, *given, wanted: Callable[[Way], bool], helps: bool = False, **more):
        self.wanted, self.helps = wanted, helps
        super().__init__(*given, **more)

    def _begin(self) -> None:
        super()._begin()
        self.helped: set[str] = set()

    def _look_at(self, names: Sequence[str]) -> None:
        right = self._together(names)
        self.found |= {name: [] for name in names}
        asking = [name for name in names if name not in right or right[name].complaints]
        self.helped |= {name for name in asking if self.helps and name in self.last and self.exercises[name].parts}
        closing = asking[-1:] if self.last.issuperset(names) and not self.helped and not self._later() else []
        for name in names:
            if name not in self.helped:
                self._look(name, self.seed, right.get(name), final=name in closing)

    def _look_at_the_end(self) -> None:
        later = self._later()
        for name in later:
            self._look(name, _other(self.seed), final=name == later[-1] and not self.helped)
        for name in [name for name in self.found if name in self.helped]:
            self._help(name)

    def _later(self) -> list[str]:
        """Who may be better at the end than at the test cell."""
        early = ((name, *seen[:1]) for name, seen in self.found.items() if name not in self.last and seen)
        return [name for name, first in early if first.complaints and not first.too_slow]

    def _look(self, name: str, seed: Seed, first: Examined | None = None, final: bool = False) -> None:
        with self.box.sitting(final):
            seen = examine(self.exercises[name], self.box, self._drawn(name, seed), self.wanted, first)
        self.found[name].append(seen)

    def _help(self, name: str) -> None:
        """Look at a composite with the judge's parts, and with its own where that does not hold; the better counts."""
        exercise = self.exercises[name]
        helped = examine(exercise, self.box, self._drawn(name, self.seed), lambda way: way.parts)
        if helped.complaints:
            self._look(name, self.seed)
        self.found[name] = [max([*self.found[name], helped], key=lambda seen: worth(exercise, seen))]

    def _together(self, names: Sequence[str]) -> dict[str, Examined]:
        """What is right when exercises are asked one after the other, in one child, each in its first way: most are. What
        is not may have been spoiled by those before it, and counts only when it is asked alone; but nothing was before
        the first."""
        asked: list[tuple[Exercise, Way, Sequence[Draw]]] = []
        for exercise in map(self.exercises.get, names):
            if way := next(filter(self.wanted, KINDS[exercise.kind].ways(exercise)), None):
                asked.append((exercise, way, self._drawn(exercise.id, self.seed)))
        if len(asked) < 2:
            return {}
        replies = self.box.ask_together([KINDS[e.kind].asked(e, way, drawn) for e, way, drawn in asked])
        found = {
            e.id: complained(e, way, drawn, KINDS[e.kind].answered(e, way, drawn, came))
            for (e, way, drawn), came in zip(asked, replies)
            if came is not None
        }
        return {name: seen for name, seen in found.items() if not seen.complaints or name == asked[0][0].id}


class Explaining(_Run):
    """What there is to say of values that are `wrong`: by exercise, whether that was seen at the end, and of which
    values. Each is looked at once, where it was seen. More is asked than to decide, all of it public."""

    def __init__(self, *given, wrong: Mapping[str, tuple[bool, Collection[str]]], **more):
        self.wrong = wrong
        super().__init__(*given, **more)

    def _look_at(self, names: Sequence[str]) -> None:
        now = [name for name in names if not self._at_the_end(name)]
        self.found |= {name: [] for name in names}
        is_last = self.last.issuperset(names) and not any(map(self._at_the_end, self.found))
        for name in now:
            self._look(name, self.seed, final=is_last and name == now[-1])

    def _look_at_the_end(self) -> None:
        later = [name for name in self.found if self._at_the_end(name)]
        for name in later:
            self._look(name, _other(self.seed), final=name == later[-1])

    def _at_the_end(self, name: str) -> bool:
        return self.wrong[name][0]

    def _look(self, name: str, seed: Seed, final: bool) -> None:
        with self.box.sitting(final):
            self.found[name].append(explained(self.exercises[name], self.box, seed, self.wrong[name][1]))


def _other(seed: Seed) -> Seed:
    """Other numbers for the second try: what cells have kept of the first is of no use."""
    return lambda exercise, case: seed(exercise, case) + 1
