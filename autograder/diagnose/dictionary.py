"""The dictionary: what every single edit of the right derivations of an exercise returns.

It is made from the sources of the reference and of the derivations that the exercise knows beside it. What breaks
down, and what is right on every case, is no entry; of entries that return the same, the first is kept. That takes up
to a third of a second, so it is kept on disk under a hash of its sources, compiled, beside what else is a learner's.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import marshal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType

import numpy as np

from autograder import progress
from autograder.diagnose import edits
from autograder.diagnose.suspects import Suspect, outcome, same_values
from autograder.exercise import Exercise, source
from autograder.kinds import KINDS
from autograder.rules import Answer

__all__ = ["entries", "made"]

FIRST = ("adds up", "axis", "sum or mean", "transpose", "comparison", "call", "term", "operator", "constant")
COMPUTED = ("pair", "function", "stages")
_made: dict[tuple, list[Suspect]] = {}


@dataclass(frozen=True)
class Entry:
    """An edit of the right derivation of that number, as it is kept on disk."""

    number: int
    name: str
    kind: str
    says: str
    code: CodeType

    def suspect(self, exercise: Exercise) -> Suspect:
        stands_for, function = _derivations(exercise)[self.number]
        return Suspect(self.name, made(self.code, function), stands_for, self.kind, self.says)


def entries(exercise: Exercise) -> list[Suspect]:
    """The wrong functions that are one edit away from a right derivation, the plainest slips first."""
    if exercise.kind not in COMPUTED:
        return []
    key = (exercise.id, *_derivations(exercise), *(case.make for case in exercise.cases))
    if key not in _made:
        file = progress.home() / "dictionary" / f"{exercise.id}-{_sources(exercise)[:16]}"
        kept = _read(file)
        if kept is None:
            kept = _distinct(exercise, sorted(_edits(exercise), key=_rank))
            _keep(file, kept)
        _made[key] = [entry.suspect(exercise) for entry in kept]
    return _made[key]


def _derivations(exercise: Exercise) -> list[tuple[str, Callable]]:
    """The right functions whose edits are known, each with the name for which it stands: of those that are written, the
    ones that some way asks for, and not what is there to help them."""
    asked = {name for way in KINDS[exercise.kind].ways(exercise) for name in way.needs}
    references = [(name, getattr(exercise.reference, name)) for name in exercise.writes if name in asked]
    both = [*references, *((exercise.id, each) for each in exercise.derivations)]
    return [(stands_for, inspect.unwrap(function)) for stands_for, function in both]


# ----- on disk: as Python keeps its own compiled modules, with a digest, since what was spoiled must not be loaded -----


def _sources(exercise: Exercise) -> str:
    """A hash of all that a dictionary is made from, and of what makes it."""
    functions = [function for _, function in _derivations(exercise)] + [case.make for case in exercise.cases]
    texts = [
        sys.version,
        np.__version__,
        exercise.kind,
        *exercise.points,
        *map(inspect.getsource, functions),
        _makers(),
    ]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


@cache
def _makers() -> str:
    here = Path(__file__).parent
    return "\n".join(
        path.read_text(encoding="utf-8") for path in sorted([*here.glob("*.py"), *(here.parent / "kinds").glob("*.py")])
    )


def _read(file: Path) -> list[Entry] | None:
    """What was kept; None where nothing was, or not the whole of it."""
    try:
        kept = file.read_bytes()
    except OSError:
        return None
    digest, blob = kept[:32], kept[32:]
    if hashlib.sha256(blob).digest() != digest:
        return None
    return [Entry(*each) for each in marshal.loads(blob)]


def _keep(file: Path, found: list[Entry]) -> None:
    """Where nothing can be written, it is made anew each time."""
    blob = marshal.dumps([(each.number, each.name, each.kind, each.says, each.code) for each in found])
    with contextlib.suppress(OSError):
        for old in file.parent.glob(f"{file.name.rpartition('-')[0]}-*"):
            old.unlink(missing_ok=True)
        progress.write(file, hashlib.sha256(blob).digest() + blob)


# ----- how it is made -----


def _rank(entry: Entry) -> int:
    return FIRST.index(entry.kind) if entry.kind in FIRST else len(FIRST)


def _edits(exercise: Exercise) -> Iterator[Entry]:
    for number, (_, function) in enumerate(_derivations(exercise)):
        for place, edit in enumerate(edits.of(source(function), across_styles=True)):
            yield Entry(number, f"{function.__name__}, {edit.kind} {place}", edit.kind, edit.says, edit.code)


def made(code: CodeType, like: Callable) -> Callable:
    """The function that compiled source defines, among the names that `like` sees."""
    names = dict(like.__globals__)
    exec(code, names)
    return names[like.__name__]


def _distinct(exercise: Exercise, found: list[Entry]) -> list[Entry]:
    """Those that return something else than is right, and something else than those before them."""
    kind, seen, kept = KINDS[exercise.kind], set(), []
    cases = [case for case in exercise.cases if not case.for_marks_only]
    drawn = [kind.draw(exercise, case, np.random.default_rng(number)) for number, case in enumerate(cases)]
    ways = kind.ways(exercise)
    for entry in found:
        suspect = entry.suspect(exercise)
        way = next(way for way in ways if suspect.stands_for in way.needs)
        answers = [outcome(exercise, suspect, way, draw) for draw in drawn]
        print_ = _print(answers, way.brings)
        if print_ and print_ not in seen:
            seen.add(print_)
            kept.append(entry)
    return kept


def _print(answers: list[Answer], names: list[str]) -> tuple | None:
    """A few digits that tell one outcome from another; None for what breaks down or is right."""
    if any(answer.failure or name not in answer.values for answer in answers for name in names):
        return None
    if all(same_values(a.values[name], a.draw.expected[name]) for a in answers for name in names):
        return None
    try:
        arrays = [np.asarray(answer.values[name], float) for answer in answers for name in names]
    except (TypeError, ValueError):
        return None
    with np.errstate(all="ignore"):
        return tuple((a.shape, f"{(a * np.cos(np.arange(a.size)).reshape(a.shape)).sum():.9g}") for a in arrays)
