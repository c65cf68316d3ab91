"""A stranger as an exercise: the layer of a learner, with its cases, its mistakes and its help.

Nothing here is secret. The layer follows from the lesson, the level and the learner's id; only the numbers
that decide a mark are drawn from a classroom's secret, as in any exercise.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import linecache
import weakref
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograder import rules
from autograder.exercise import Case, Exercise, Mistake
from autograder.strangers.layer import Layer, axis_of_copies, shown
from autograder.strangers.recipes import LEVELS, SIZES, TRIED, draw
from autograder.strangers.wrong_turns import wrong_turns

__all__ = ["exercise_of", "level_says", "named", "stranger"]

FILES = itertools.count()  # numbers for what has no file


def stranger(lesson: str, level: int, points: Mapping[str, float], minutes: int) -> Exercise:
    """The exercise that closes a lesson. As it stands it is nobody's in particular; `drawn_for` makes it somebody's."""

    def personal(learner: str) -> Exercise:
        layer = draw(level, f"{lesson}\n{named(learner)}")
        made = exercise_of(layer, f"stranger_{lesson}", points, minutes, f'the layer that `stranger("{lesson}")` shows')
        made.personal = personal
        made.layer = _told(lesson, layer, learner)
        return made

    return personal("")


def named(learner: str) -> str:
    """An id as layers are drawn from it: capitals and spaces around it make no difference."""
    return learner.strip().casefold()


def exercise_of(layer: Layer, name: str, points: Mapping[str, float], minutes: int, where: str) -> Exercise:
    """A layer as an exercise: write `{name}_backward`."""
    gradients = ", ".join(f"d{each} {shown(layer.shapes[each])}" for each in layer.wanted)
    contract = (
        f"Send `dout` back through {where}.\n\n    dout like out, cache as the layer keeps it  ->  {gradients}.\n    "
    )
    right = layer.way_back(f"{name}_backward", contract)
    head, quotes, body = right.rpartition('"""\n')
    functions = run(layer.code(f"{name}_forward") + "\n\n" + head + quotes + _comments(layer, name) + body)
    exercise = Exercise(
        writes=[f"{name}_backward"],
        reference=SimpleNamespace(**functions, gradients=layer.gradients, layer=layer),
        points=dict(points),
        minutes=minutes,
        kind="stranger",
        help=_help(layer),
        cases=[_case(layer, size) for size in SIZES],
    )
    exercise.mistakes = _Mistakes(layer, exercise.id)
    return exercise


def level_says(level: int) -> str:
    """What makes layers of a level hard, in a sentence."""
    return inspect.getdoc(LEVELS[level][1])


def run(text: str) -> dict[str, Callable]:
    """The functions that a text defines, whose source can be read like that of any other."""
    file = f"<stranger {next(FILES)}>"
    linecache.cache[file] = len(text), None, text.splitlines(True), file
    names: dict[str, Any] = {"np": np, "__name__": "stranger"}
    exec(compile(text, file, "exec"), names)
    functions = {key: value for key, value in names.items() if inspect.isfunction(value)}
    weakref.finalize(next(iter(functions.values())), linecache.cache.pop, file, None)
    return functions


def _case(layer: Layer, size: str) -> Case:
    def make(rng: np.random.Generator) -> dict[str, np.ndarray]:
        return layer.numbers(rng, SIZES[size])

    make.__name__ = size
    return Case(make, for_marks_only=size not in TRIED)


class _Mistakes(Sequence):
    """The mistakes that can be made with a layer, worked out when they are asked for: most answers are right."""

    def __init__(self, layer: Layer, stands_for: str):
        self.layer, self.stands_for = layer, stands_for

    def __len__(self) -> int:
        return len(self._made)

    def __getitem__(self, place):
        return self._made[place]

    @functools.cached_property
    def _made(self) -> list[Mistake]:
        rng = np.random.default_rng(0)
        turns = list(wrong_turns(self.layer, [self.layer.numbers(rng, SIZES[size]) for size in TRIED]))
        functions = run("\n\n".join(self.layer.way_back(turn.name, turn.hint, turn.changes) for turn, _ in turns))
        return [
            Mistake(functions[turn.name], self.stands_for, rules.shapes if by_shape else rules.gradients)
            for turn, by_shape in turns
        ]


def _comments(layer: Layer, name: str) -> str:
    """The forward as comments, at the head of the solution."""
    return "".join(f"    # {line.target} = {layer.written(line)}\n" for line in layer.lines)


def _told(lesson: str, layer: Layer, learner: str) -> str:
    who = f"`{learner}`" if learner else "nobody in particular"
    text = f"This is the layer drawn for {who}, {layer.mark}:\n\n{layer.code(f'stranger_{lesson}_forward')}\n"
    return text + f'If your notebook shows another one, run `stranger("{lesson}", student="{learner or "…"}")` there.'


# ----- help in stages: the graph, the places where an edge goes missing, a worked example -----


def _help(layer: Layer) -> list[str]:
    return [_graph(layer), _places(layer), _worked(layer)]


def _graph(layer: Layer) -> str:
    arrows = [f"`{name}` → {', '.join(f'`{use}`' for use in layer.uses(name))}" for name in layer.cached[:-1]]
    return (
        "Draw the graph: each value, and an arrow to each place where it is used. Then go through it from `out`, "
        f"against the arrows, one line at a time. The arrows: {'; '.join(arrows)}."
    )


def _places(layer: Layer) -> str:
    """Where something comes together, and where something was copied."""
    said = []
    for name in layer.cached[:-1]:
        uses = layer.uses(name)
        if len(uses) > 1:
            said.append(f"`d{name}` is a sum of {len(uses)} terms, from {' and '.join(f'`{use}`' for use in uses)}")
    for number, line in enumerate(layer.lines):
        for slot, operand in enumerate(line.operands):
            if layer.copied(number, slot):
                along = "rows" if axis_of_copies(layer.shapes[operand]) == 0 else "columns"
                said.append(
                    f"`{operand}` was copied to all {along} of `{line.target}`, so `d{operand}` is a sum over them"
                )
    if not said:
        return "No value is used twice and none is copied: each line's slope multiplies what comes back from the next."
    return f"Where an edge is easily missed: {'; '.join(said)}."


def _worked(layer: Layer) -> str:
    """All numbers of a smaller case, for comparing name by name."""
    rng = np.random.default_rng(1)
    while True:
        inputs = {name: array.round(1) for name, array in layer.numbers(rng, (2, 2, 2, 2)).items()}
        with np.errstate(all="ignore"):
            if layer.sane(inputs, rng):
                break
    values = layer.run(inputs)
    dout = np.arange(1.0, 1 + values["out"].size).reshape(values["out"].shape)
    found = layer.sweep(values, dout)
    given = "; ".join(f"{name} = {_listed(array)}" for name, array in [*inputs.items(), ("dout", dout)])
    made = "; ".join(f"d{name} = {_listed(found[name])}" for name in found if name not in ("out", "y"))
    return f"A smaller example, to compare name by name. Given {given}, the true gradients are {made}."


def _listed(array: np.ndarray) -> str:
    return str(np.vectorize(lambda number: float(f"{number:.3g}"))(array).tolist())
