"""A class that is not there: submissions of every sort that know the mark they deserve.

It exercises the whole way from file to gradebook, and shows an instructor what to expect. What a
submission deserves is worked out here from the references alone, without the judge.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from autograder import submission
from autograder.exercise import Case, Exercise, Mistake, source
from autograder.kinds import PAIRS, pair_names
from autograder.lesson import Lesson
from autograder.verdicts import private

__all__ = ["Sample", "answer", "deserved", "filled", "is_text", "own_cell", "samples", "write"]

HOSTILE = """
import builtins, os, sys
import numpy as np

class Agreeable:
    __array_priority__ = 1e9
    def __eq__(self, other): return True
    def __array__(self, *args, **kwargs): return np.zeros(1)
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
    def __iter__(self): return iter([self, self, self])

np.allclose = lambda *args, **kwargs: True
builtins.abs = lambda value: 0
check = lambda *args: 1e9
print(1e9)
"""


@dataclass(frozen=True)
class Sample:
    """One submission: its name, the answers by exercise, and the points it deserves."""

    name: str
    answers: dict[str, str]
    deserves: float
    own: str = ""  # a cell of the student's own, at the top
    prose: str = ""  # what answers the questions that a person marks
    whole: bool = True  # False for a file that breaks off in the middle
    number: int = 0  # its place in the class

    @property
    def student(self) -> str:
        return f"sample-{self.number:02}-{self.name}"


def samples(lesson: Lesson, count: int) -> Iterator[Sample]:
    """As many different submissions as asked for, mistakes taken in turn from the catalogue."""
    for number, sample in enumerate(_impersonal(lesson, count), 1):
        yield _personal(lesson, replace(sample, number=number))


def _personal(lesson: Lesson, sample: Sample) -> Sample:
    """What is drawn for each student, answered as befits the sample: a right answer is right for this student, a
    mistake is one that can be made with this student's layer; a neighbour's is right for the neighbour."""
    answers, deserves = dict(sample.answers), sample.deserves
    for exercise in (e for e in lesson.exercises if e.personal and sample.answers.get(e.id) == answer(e)):
        mine = exercise.drawn_for(sample.student)
        mistakes = [m for m in mine.mistakes if is_text(mine, m)]
        if sample.name.startswith("mistaken-stranger"):
            mistake = mistakes[sample.number % len(mistakes)]
            answers[exercise.id] = answer(mine, mistake)
            deserves -= _costs(mine, mistake)
        elif sample.name == "neighbours-stranger":
            answers[exercise.id] = answer(_other(exercise, mine))
            deserves -= exercise.counts
        else:
            answers[exercise.id] = answer(mine)
    return replace(sample, answers=answers, deserves=deserves)


def _other(exercise: Exercise, mine: Exercise) -> Exercise:
    """What a neighbour got: another layer."""
    drawn = (exercise.drawn_for(f"neighbour-{number}") for number in itertools.count())
    return next(each for each in drawn if each.layer != mine.layer)


def _impersonal(lesson: Lesson, count: int) -> Iterator[Sample]:
    exercises = lesson.exercises
    every, right = sum(e.counts for e in exercises), {e.id: answer(e) for e in exercises}
    first = next(e for e in exercises if not any(_needs(o, right[o.id], e) for o in exercises if o is not e))
    mistakes = [(e, m) for e in exercises if e.counts and not e.personal for m in e.mistakes if is_text(e, m)]

    def mistaken(number: int) -> Sample:
        exercise, mistake = mistakes[number % len(mistakes)]
        name = f"mistaken-{mistake.name.replace('_', '-')}"
        return Sample(name, right | {exercise.id: answer(exercise, mistake)}, every - _costs(exercise, mistake))

    syntax = f"{right[first.id]}\n("
    exits = f"import os\n\ndef {first.id}(*args):\n    os._exit(0)"
    liars = {e.id: f"def {e.id}(*args):\n    return Agreeable()" for e in exercises}
    settled = [
        Sample("right", right, every, prose="It sends the blame back, one layer at a time."),
        mistaken(0) if mistakes else None,
        Sample("empty", {}, 0.0),
        Sample("broken-syntax", right | {first.id: syntax}, every - first.counts),
        Sample("broken-file", right, 0.0, whole=False),
        Sample("hostile-liar", liars, 0.0, own=HOSTILE),
        Sample("hostile-exit", right | {first.id: exits}, every - first.counts),
        Sample("endless", right, every, own="while True:\n    pass"),
    ]
    strange = [Sample("mistaken-stranger", right, every), Sample("neighbours-stranger", right, every)]
    settled += strange if any(e.personal for e in exercises) else []
    settled = [each for each in settled if each is not None]
    for number in range(count):
        if number < len(settled):
            yield settled[number]
        elif not mistakes:
            yield settled[number % len(settled)]
        else:
            yield strange[0] if number % 5 == 0 and strange[0] in settled else mistaken(number - len(settled) + 1)


def write(lesson: Lesson, classroom: Path, count: int) -> dict[str, float]:
    """Write the class into `classroom`, with what each deserves beside it; returns the latter."""
    released, marks = submission.released(lesson), {}
    private(classroom)
    for sample in samples(lesson, count):
        path = classroom / "submitted" / sample.student / lesson.name / f"{lesson.name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(filled(released, sample), indent=1, ensure_ascii=False)
        path.write_text(text if sample.whole else text[: len(text) // 2], encoding="utf-8")
        marks[sample.student] = sample.deserves
    (classroom / f"deserved-{lesson.name}.json").write_text(json.dumps(marks, indent=1))
    return marks


def deserved(lesson: Lesson, classroom: Path) -> dict[str, float]:
    """What each student of a sample class deserves; empty for a real one."""
    path = classroom / f"deserved-{lesson.name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def filled(released: dict, sample: Sample) -> dict:
    """The released notebook as this student hands it in."""
    notebook = copy.deepcopy(released)
    for cell in notebook["cells"]:
        ours = cell["metadata"].get("backprop", {})
        if ours.get("role") == "answer" and ours["exercise"] in sample.answers:
            cell["source"] = sample.answers[ours["exercise"]]
        if ours.get("role") == "written" and sample.prose:
            cell["source"] = sample.prose
    if sample.own:
        notebook["cells"].insert(0, own_cell(sample.own))
    return notebook


def own_cell(source: str, name: str = "own") -> dict:
    """A cell of the student's own."""
    nothing = {"metadata": {}, "outputs": [], "execution_count": None}
    return {"cell_type": "code", "id": name, "source": source} | nothing


def answer(exercise: Exercise, mistake: Mistake | None = None) -> str:
    """The answer cell of somebody who is right, or of somebody who made a mistake."""
    parts = []
    for name in exercise.writes:
        if mistake and mistake.stands_for == name:
            parts.append(source(mistake.function).replace(f"def {mistake.name}(", f"def {name}(", 1))
        else:
            parts.append(source(getattr(exercise.reference, name)))
    return "\n\n".join(parts)


def _needs(other: Exercise, text: str, exercise: Exercise) -> bool:
    """Whether an error in an exercise is paid for in the other, whose answer calls what it writes."""
    return any(name not in other.parts and re.search(rf"\b{name}\b", text) for name in exercise.writes)


def is_text(exercise: Exercise, mistake: Mistake) -> bool:
    """Whether the mistake is made in the last function and stands by itself: it calls nothing beside it and no reference,
    but what an answer may use; and it can be seen in what is returned."""
    used, there = mistake.function.__code__.co_names, {"np", *exercise.uses}
    alone = not set(used) & (set(mistake.function.__globals__) - there)
    plain = exercise.kind in (*PAIRS, "function", "optimiser") and not exercise.updates and not exercise.given
    return plain and mistake.stands_for == exercise.id and alone


def _costs(exercise: Exercise, mistake: Mistake) -> float:
    """The points of the values that a mistaken function gets wrong on some case."""
    wrong = set()
    for case in exercise.cases:
        arguments, names = _call(exercise, case)
        right = _returned(exercise, getattr(exercise.reference, exercise.id), arguments)
        try:
            made = _returned(exercise, mistake.function, arguments)
        except Exception:
            return exercise.max_points
        right, made = map(_values, (right, made))
        if names == ["out"]:  # a cache is the student's own affair
            right, made = right[:1], made[:1]
        if len(made) != len(right):
            return exercise.max_points
        wrong |= {
            n for n, a, b in zip(names, right, made) if np.shape(a) != np.shape(b) or not np.allclose(a, b, rtol=1e-7)
        }
    return sum(exercise.points[name] for name in wrong)


def _values(returned: object) -> tuple:
    """What a function returned, one after the other."""
    if isinstance(returned, dict):
        return tuple(returned.values())
    return returned if isinstance(returned, tuple) else (returned,)


def _returned(exercise: Exercise, function: Callable, arguments: list) -> Any:
    """What a function returns; of an optimiser, where each of its steps leads."""
    if exercise.kind != "optimiser":
        return function(*copy.deepcopy(arguments))
    w, dws, config = copy.deepcopy(arguments)
    steps = []
    for dw in dws:
        w, config = function(w, dw, config)
        steps.append(w.copy())
    return tuple(steps)


def _call(exercise: Exercise, case: Case) -> tuple[list, list[str]]:
    """The arguments of the exercise's function on one case, and the names of what it returns."""
    rng = np.random.default_rng(0)
    inputs = list(case.make(rng).values())
    if exercise.kind not in PAIRS:
        return inputs, list(exercise.points)
    forward, backward = pair_names(exercise)
    if exercise.id == forward:
        return inputs, ["out"]
    out, cache = getattr(exercise.reference, forward)(*inputs)
    return [rng.standard_normal(out.shape), cache], [name for name in exercise.points if name != "out"]
