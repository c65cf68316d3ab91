"""How often the diagnosis finds a name for wrong code that nobody had in mind, and whether it is ever wrong.

Held out are all single edits of right code in styles that the autograder does not know (`styles/`). Counted are the
edits that return finite arrays of the right shapes which differ from what is right, by more than 1e-6, on ten draws of
every case and on shapes that no case has.

    edit        edits of which every wrong value gets a cause                  at least 60 %
    swap        the same, one variable put for another                         at least 20 %
    catalogue   mistakes of the catalogue in other styles that get their hint  at least 80 %
    wrong name  causes whose function returns something else, on those draws   none
    caught      of all these, those that lose points                           all
    correct     right code in these styles, and in odd forms: all points       all

    python -m benchmarks.diagnosis [--json FILE] [--left STYLE]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from unittest import mock

import numpy as np

from autograder import examiner
from autograder.diagnose import Here, diagnose, dictionary
from autograder.diagnose.suspects import same_values
from autograder.rules import Draw
from benchmarks import odd
from benchmarks.held_out import Variant, edited, exercises, outcome, rewritten, styles, witnesses

DIFFERS = 1e-6
BARS = {"edit": 0.6, "swap": 0.2, "catalogue": 0.8, "wrong name": 0.0, "caught": 1.0, "correct": 1.0}
HIDDEN = examiner.secret_seed(b"benchmark")


class Tally:
    """Counts by row, and of named edits by exercise and by style."""

    def __init__(self):
        self.of, self.out_of = Counter(), Counter()
        self.slowest, self.seconds, self.count, self.made, self.read = 0.0, 0.0, 0, 0.0, 0.0

    def add(self, row: str, yes: bool, *more: str) -> None:
        for key in (row, *more):
            self.of[key] += bool(yes)
            self.out_of[key] += 1

    def ratio(self, row: str) -> float:
        return self.of[row] / max(self.out_of[row], 1)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.diagnosis", description=__doc__.splitlines()[0])
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--left", metavar="STYLE", help="print the edits of this style that get no name")
    parser.add_argument("--only", metavar="EXERCISE", default="")
    options = parser.parse_args(arguments)
    tally = Tally()
    with tempfile.TemporaryDirectory() as home, mock.patch.dict(os.environ, BACKPROP_HOME=home):  # nothing is kept yet
        for exercise in exercises():
            if options.only in exercise.id:
                for line in _one(exercise, tally):
                    if options.left and line.startswith(options.left):
                        print(line, file=sys.stderr)
    _show(tally)
    if options.json:
        rows = [{"name": name, "ratio": tally.ratio(name)} for name in BARS]
        with open(options.json, "w") as file:
            json.dump(rows, file, indent=1)
    return 0 if all(_reached(tally, name) for name in BARS) else 1


def _one(exercise, tally: Tally) -> Iterator[str]:
    """Count everything of one exercise; yield the variants that stay without a name."""
    tally.made = max(tally.made, _entries(exercise))
    dictionary._made.clear()  # as in the next process, which finds it on disk
    tally.read = max(tally.read, _entries(exercise))
    drawn = witnesses(exercise)
    for variant in [*edited(exercise), *rewritten(exercise)]:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield from _judged(variant, drawn, tally)
    for name, functions in odd.correct(exercise, styles(exercise)):
        found = examiner.examine(exercise, Here(functions), examiner.draws(exercise, HIDDEN, for_marks=True))
        tally.add("correct", not found.complaints)
        if found.complaints:
            print(f"{exercise.id}, {name}: {found.complaints}", file=sys.stderr)


def _entries(exercise) -> float:
    """Seconds of computing until the dictionary of an exercise is there."""
    start = time.process_time()
    dictionary.entries(exercise)
    return time.process_time() - start


def _judged(variant: Variant, drawn: list[Draw], tally: Tally) -> Iterator[str]:
    exercise, made = variant.exercise, outcome(variant, drawn)
    if variant.kind != "catalogue" and not _counts(made, drawn):
        return
    venue = Here({exercise.id: variant.function})
    found = examiner.examine(exercise, venue, examiner.draws(exercise, HIDDEN, for_marks=False))
    found = examiner.ask_again(exercise, venue, found, HIDDEN)
    answers = {name: [*each, *found.again.get(name, [])] for name, each in found.answers.items()}
    tally.add("caught", found.complaints)
    start = time.process_time()
    finding = diagnose(exercise, answers, found.complaints)
    seconds = time.process_time() - start
    tally.slowest, tally.seconds, tally.count = max(tally.slowest, seconds), tally.seconds + seconds, tally.count + 1
    for cause in finding.causes:
        for name in cause.values:
            right = _reproduces(cause, name, made, drawn)
            tally.add("wrong name", not right)
            if not right:
                print(f"wrong: {exercise.id} {cause.sentence}\n{variant.text}", file=sys.stderr)
    if variant.kind == "catalogue":
        hint = next(m.hint for m in exercise.mistakes if m.name == variant.mistake)
        named = finding.text == hint
    else:
        named = {name for cause in finding.causes for name in cause.values} >= set(found.complaints)
    tally.add(variant.kind, named, f"{variant.kind}, {variant.style}", f"{variant.kind}, {exercise.id}")
    if not named:
        yield f"{variant.style} {variant.kind} {variant.mistake}\n{variant.text}\n{finding}\n"


def _counts(made: dict[str, list], drawn: list[Draw]) -> bool:
    if any(array is None for arrays in made.values() for array in arrays):
        return False
    return any(
        np.abs(array - draw.expected[name]).max() > DIFFERS * max(np.abs(draw.expected[name]).max(), 1e-300)
        for name, arrays in made.items()
        for array, draw in zip(arrays, drawn)
    )


def _reproduces(cause, name: str, made: dict[str, list], drawn: list[Draw]) -> bool:
    """Whether the function that was named returns what the variant does, wherever that is an array."""
    for array, draw in zip(made[name], drawn):
        if array is not None and not same_values(array, cause.returns(draw, name)):
            return False
    return True


def _reached(tally: Tally, name: str) -> bool:
    return tally.ratio(name) <= 0 if name == "wrong name" else tally.ratio(name) >= BARS[name]


def _show(tally: Tally) -> None:
    print(f"{'':32} {'of':>11}  share    bar")
    for name in BARS:
        missed = "" if _reached(tally, name) else "   missed"
        print(f"{name:32} {_count(tally, name)}   {BARS[name]:4.0%}{missed}")
    for kind in ("edit", "swap", "catalogue"):
        print(f"\n{kind}, by style and by exercise")
        for name in sorted(tally.out_of):
            if name.startswith(f"{kind}, "):
                print(f"  {name.removeprefix(f'{kind}, '):30} {_count(tally, name)}")
    if tally.count:
        mean = 1000 * tally.seconds / tally.count
        print(f"\na diagnosis takes {mean:.1f} ms of CPU on average, {1000 * tally.slowest:.0f} ms at most;")
        print(f"the dictionary of an exercise takes {1000 * tally.made:.0f} ms at most to make, once on a machine, and")
        print(f"{1000 * tally.read:.0f} ms to read, once in a process")


def _count(tally: Tally, name: str) -> str:
    return f"{tally.of[name]:4} of {tally.out_of[name]:4}  {tally.ratio(name):5.1%}"


if __name__ == "__main__":
    raise SystemExit(main())
