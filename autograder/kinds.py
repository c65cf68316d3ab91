"""The kinds of exercise, as a table: what crosses, who decides, what a mistake is.

A kind says which probe is sent, in which *ways* an answer may be tried (the best one counts),
what is drawn and expected, how to read what came back, and which rules decide.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from autograder import probes, rules
from autograder.box.values import Failure, Opaque, Questions
from autograder.exercise import Case, Exercise
from autograder.rules import Answer, Draw, Rule

__all__ = ["KINDS", "Kind", "Venue", "Way"]


class Venue(Protocol):
    """Where the student's functions live: this process, a forked child, or the box."""

    def ask(
        self, probe: str, name: str, needs: Sequence[str], questions: Sequence[dict], parts: Mapping[str, Callable]
    ) -> list[Any]:
        """What the probe called `name` returned for each question, or a Failure. Calls that the student's
        code makes of `parts` are answered by the functions given here."""


@dataclass(frozen=True, eq=False)
class Way:
    """One way to try an answer: the functions it needs, and the values it brings back."""

    name: str
    needs: Sequence[str]
    brings: Sequence[str]
    question: Callable[[Draw], dict[str, Any]]
    parts: Mapping[str, Callable] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    probe: Callable
    draw: Callable[[Exercise, Case, np.random.Generator], Draw]
    ways: Callable[[Exercise], list[Way]]
    read: Callable[[Exercise, Way, Draw, Any], Answer]
    rules: Sequence[Rule]
    reusable: bool = True  # whether what the student writes is of use in a later lesson

    def answers(self, exercise: Exercise, venue: Venue, way: Way, drawn: Sequence[Draw]) -> list[Answer]:
        """Put one question for each draw. Only the probe's text and the questions leave this process."""
        ask = _questions if exercise.personal is None else _questions.__wrapped__  # a student's own are not kept
        questions = ask(way, tuple(drawn))
        replies = venue.ask(_text(self.probe), self.probe.__name__, way.needs, questions, way.parts)
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


# ----- pair: `f_forward`, `f_backward`, or one of them -----


def _names(exercise: Exercise) -> tuple[str, str]:
    layer = exercise.id.removesuffix("_backward").removesuffix("_forward")
    return f"{layer}_forward", f"{layer}_backward"


def _gradient_names(exercise: Exercise) -> list[str]:
    return [name for name in exercise.points if name != "out"]


def _draw_pair(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """Inputs from the case, a random upstream gradient, and the reference's answers."""
    forward, backward = (getattr(exercise.reference, name) for name in _names(exercise))
    inputs = case.make(rng)
    out, cache = forward(*inputs.values())
    dout = rng.standard_normal(np.shape(out))
    if not (names := _gradient_names(exercise)):
        return Draw(case.name, inputs, dout, cache, {"out": np.asarray(out, float)})
    returned = backward(dout, cache)
    returned = returned if isinstance(returned, tuple) else (returned,)
    return Draw(case.name, inputs, dout, cache, {"out": out} | dict(zip(names, returned, strict=True)))


def _draw_stranger(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """A pair's draw, with the truth by complex step."""
    draw = _draw_pair(exercise, case, rng)
    return dataclasses.replace(draw, expected=draw.expected | exercise.reference.gradients(draw.inputs, draw.dout))


@functools.cache
def _ways_of_pair(exercise: Exercise) -> list[Way]:
    """A backward is tried with the documented cache and with the cache of the student's own forward."""
    forward, backward = _names(exercise)
    names, gradients = dict(forward=forward, backward=backward), _gradient_names(exercise)

    def documented(draw):
        return names | dict(inputs=None, dout=draw.dout, cache=draw.cache)

    def own(draw):
        return names | dict(
            inputs=list(draw.inputs.values()), dout=draw.dout, cache=None, keeps=_places(exercise, draw)
        )

    def forward_only(draw):
        return own(draw) | dict(dout=None)

    ways = []
    if "out" in exercise.points:
        ways.append(Way("the forward alone", [forward], ["out"], forward_only))
    if gradients:
        ways.append(Way("the documented cache", [backward], gradients, documented))
        ways.append(Way("the cache of your own forward", [forward, backward], gradients, own))
    return ways


def _read_pair(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    """Name what came back; gradients are in the order of the inputs."""
    if not isinstance(value, dict):
        return Answer(draw, missing="nothing came back")
    values = {"out": value["out"]} if "out" in value else {}
    if not _gradient_names(exercise) and (value.get("alone") or isinstance(values["out"], (tuple, dict))):
        first = "" if value.get("alone") else "first "
        missing = f"return out and cache, in this order; yours {first}returned {_describe(values['out'])}"
        return Answer(draw, missing=missing)
    if "gradients" in value:
        names, returned = _gradient_names(exercise), value["gradients"]
        if len(names) == 1:
            several = returned if isinstance(returned, tuple) else (returned,)
        else:
            several = returned if isinstance(returned, (tuple, list)) else (returned,)
        if len(several) != len(names):
            expected = f"return {len(names)} gradients in the order of the inputs: {', '.join(names)}"
            expected = expected if len(names) > 1 else f"return one gradient, {names[0]}"
            return Answer(draw, values, missing=f"{expected}; yours returned {_describe(returned)}")
        values |= dict(zip(names, several))
    return Answer(draw, values, missing=f"{way.name} brought nothing back", spoiled=_spoiled(exercise, draw, value))


def _places(exercise: Exercise, draw: Draw) -> list[int]:
    """Where the inputs stand that must be kept as they are."""
    return [place for place, name in enumerate(draw.inputs) if name in exercise.keeps]


def _spoiled(exercise: Exercise, draw: Draw, value: Any) -> str:
    """The first of these inputs that came back changed."""
    kept = value.get("kept") if isinstance(value, dict) else None
    names = [name for name in draw.inputs if name in exercise.keeps]
    return next((name for name, array in zip(names, kept or ()) if not np.array_equal(array, draw.inputs[name])), "")


def _describe(returned: Any) -> str:
    if returned is None:
        return "None"
    if isinstance(returned, dict):
        return f"a dictionary with {', '.join(map(str, returned))[:200]}" if returned else "an empty dictionary"
    if isinstance(returned, Opaque):
        return f"a {returned.type}"
    return f"{len(returned)} values" if isinstance(returned, (tuple, list)) else "one value"


def _ways_of_stranger(exercise: Exercise) -> list[Way]:
    """A pair's; not kept, for there are as many of these exercises as students."""
    return _ways_of_pair.__wrapped__(exercise)


# ----- function: arrays and settings in, values out; a composite calls functions of other exercises -----


def _named(exercise: Exercise, inputs: Mapping[str, Any], returned: Any) -> Iterator[tuple[str, Any]]:
    """What a function returned, by name. Where parameters go in as a dictionary, their gradients come back as one,
    with the same keys; everything else comes in the order of the points. Where one value is asked for, a list is that."""
    keyed = {f"d{key}" for value in inputs.values() if isinstance(value, dict) for key in value}
    names = (name for name in exercise.points if name not in keyed)
    several = isinstance(returned, tuple) or isinstance(returned, list) and len(exercise.points) > 1
    for value in returned if several else (returned,):
        if isinstance(value, dict):
            yield from ((f"d{key}", gradient) for key, gradient in value.items())
        else:
            yield next(names, ""), value


def _draw_function(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    inputs = case.make(rng)
    returned = getattr(exercise.reference, exercise.id)(*copy.deepcopy(list(inputs.values())))
    expected = {name: np.asarray(value, float) for name, value in _named(exercise, inputs, returned)}
    return Draw(case.name, inputs, None, None, expected)


@functools.cache
def _ways_of_function(exercise: Exercise) -> list[Way]:
    """As it stands, with the student's own parts; then, if it has parts, with the judge's."""

    def question(draw):
        return {"name": exercise.id, "inputs": list(draw.inputs.values()), "keeps": _places(exercise, draw)}

    ways = [Way("your own functions", [exercise.id], list(exercise.points), question)]
    if exercise.parts:
        ways.append(Way("right functions", [exercise.id], list(exercise.points), question, exercise.parts))
    return ways


def _read_function(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    returned = value.get("returned") if isinstance(value, dict) else None
    found = dict(_named(exercise, draw.inputs, returned))
    expected = f"return {', '.join(exercise.points)}; yours returned {_describe(returned)}"
    found = {name: found[name] for name in exercise.points if name in found}
    return Answer(draw, found, missing=expected, spoiled=_spoiled(exercise, draw, value))


# ----- takes a function: a case names `f`, and gives `rng` as a seed; the probe makes both where the student's code is -----


def _draw_takes_a_function(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """What is expected comes from the probe that students get, with the reference in the student's place."""
    inputs, reference = case.make(rng), getattr(exercise.reference, exercise.id)
    reply = probes.takes_a_function({exercise.id: reference}, exercise.id, copy.deepcopy(inputs))
    expected = {name: np.asarray(value, float) for name, value in _named(exercise, {}, reply["returned"])}
    return Draw(case.name, inputs, None, None, expected)


@functools.cache
def _ways_of_taking_a_function(exercise: Exercise) -> list[Way]:
    """As for a function, but with the names of the inputs: the probe goes by them."""

    def question(draw):
        return {"name": exercise.id, "inputs": dict(draw.inputs)}

    return [dataclasses.replace(way, question=question) for way in _ways_of_function(exercise)]


# ----- stages: a function that returns every value on its way, by name; each is judged by the one before -----


def _draw_stages(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    inputs = case.make(rng)
    returned = getattr(exercise.reference, exercise.id)(*copy.deepcopy(list(inputs.values())))
    return Draw(case.name, inputs, None, None, {name: np.asarray(returned[name], float) for name in exercise.points})


def _read_stages(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    """A value that follows rightly from the student's own values before it is right: an error costs once."""
    returned = value.get("returned") if isinstance(value, dict) else None
    missing = f"return a dictionary with {', '.join(exercise.points)}; yours returned {_describe(returned)}"
    if not isinstance(returned, dict):
        return Answer(draw, missing=missing)
    values = {name: returned[name] for name in exercise.points if name in returned}
    missing = f"return a dictionary with {', '.join(exercise.points)}; in yours is no "
    missing += ", ".join(name for name in exercise.points if name not in returned)
    expected, remarks = dict(draw.expected), {}
    for name, follows in exercise.stages.items():
        instead = _follows(follows, draw, values, name)
        if instead is not None:
            expected[name] = instead
            remarks[name] = f"`{name}` follows rightly from your values before it; it is off only because they are"
    return Answer(dataclasses.replace(draw, expected=expected), values, missing=missing, remarks=remarks)


def _follows(follows: Callable, draw: Draw, values: Mapping[str, Any], name: str) -> np.ndarray | None:
    """What a value should be, given the student's own values before it; None where they give nothing else."""
    right = draw.expected[name]
    try:
        before = {each: np.asarray(value, float) for each, value in values.items() if each != name}
        # What has another shape is left out: it could broadcast to the size of all memory.
        before = {each: array for each, array in before.items() if array.shape == draw.expected[each].shape}
        with np.errstate(all="ignore"):
            instead = np.asarray(follows(draw.inputs | before), float)
        if instead.shape != right.shape or rules.close(instead, right) or not rules.close(values[name], instead):
            return None
    except Exception:  # what it follows from is missing, or is no array
        return None
    informative = np.isfinite(instead).all() and np.abs(instead).max() > 1e-3 * np.abs(right).max()
    return instead if informative else None  # zeros follow from zeros, and earn nothing


# ----- hunt: inputs, on which wrong functions differ from right ones; all functions run here, on data -----

MOST_NUMBERS = 20


def _draw_marks(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """Nothing is drawn: what comes back is compared with a key."""
    return Draw(case.name, {}, None, None, dict.fromkeys(exercise.points, np.ones(())))


def _read_hunt(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    """Which suspects return something else than the right function on the student's inputs."""
    returned = value.get("returned") if isinstance(value, dict) else None
    names = list(inspect.signature(exercise.innocents[0]).parameters)
    if not isinstance(returned, dict) or set(returned) != set(names):
        asked = f"return a dictionary with {', '.join(names)}"
        return Answer(draw, missing=f"{asked}; yours returned {_describe(returned)}")
    try:
        inputs = {name: np.array(returned[name], float) for name in names}
        if (count := sum(array.size for array in inputs.values())) > MOST_NUMBERS:
            return Answer(draw, missing=f"your inputs hold {count} numbers; at most {MOST_NUMBERS} can be read by eye")
        if not all(array.size and np.isfinite(array).all() for array in inputs.values()):
            return Answer(draw, missing="your inputs must be finite numbers, and none of them empty")
        outcomes = [_outcome(innocent, inputs) for innocent in exercise.innocents]
    except (ValueError, TypeError, IndexError) as error:
        return Answer(draw, missing=f"the right function cannot take your inputs: {error}")
    right, *others = outcomes
    if not all(_alike(right, other) for other in others):
        return Answer(draw, missing="on your inputs two right functions differ, so nobody could be accused")
    return Answer(draw, {name: _exposed(exercise.suspects[name], inputs, right) for name in exercise.points})


def _outcome(function: Callable, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    with np.errstate(all="ignore"):
        returned = function(**copy.deepcopy(dict(inputs)))
    return [np.asarray(each) for each in (returned if isinstance(returned, tuple) else (returned,))]


def _alike(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    return len(a) == len(b) and all(rules.close(x, y) and x.shape == y.shape for x, y in zip(a, b))


def _exposed(suspect: Callable, inputs: Mapping[str, np.ndarray], right: list[np.ndarray]) -> float:
    """1.0 where the suspect differs from what is right, or breaks down; else 0.0."""
    try:
        return float(not _alike(_outcome(suspect, inputs), right))
    except Exception:
        return 1.0


# ----- choice: one letter for each question -----


def _draw_choice(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    key = getattr(exercise.reference, exercise.id)()
    return Draw(case.name, {}, None, None, {name: np.asarray(float(ord(key[name]))) for name in exercise.points})


def _read_choice(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    returned = value.get("returned") if isinstance(value, dict) else None
    if not isinstance(returned, dict):
        asked = f"return a dictionary with {', '.join(exercise.points)}"
        return Answer(draw, missing=f"{asked}; yours returned {_describe(returned)}")
    letters = {name: str(returned.get(name, "")).strip().lower() for name in exercise.points}
    values = {name: float(ord(letter)) for name, letter in letters.items() if re.fullmatch("[a-z]", letter)}
    return Answer(draw, values, missing="choose a letter for each: " + ", ".join(exercise.points))


_COMPUTED = [rules.runs, rules.returns, rules.numbers, rules.shapes, rules.outputs, rules.gradients, rules.keeps]

# fmt: off
KINDS = {
    #                what runs inside  what is drawn   how it is tried   how it is read  who decides, in order
    "pair":     Kind(probes.pair,     _draw_pair,     _ways_of_pair,     _read_pair,     _COMPUTED),
    "stranger": Kind(probes.pair,     _draw_stranger, _ways_of_stranger, _read_pair,     _COMPUTED, reusable=False),
    "function": Kind(probes.function, _draw_function, _ways_of_function, _read_function, _COMPUTED),
    "takes a function": Kind(probes.takes_a_function, _draw_takes_a_function, _ways_of_taking_a_function, _read_function, _COMPUTED),
    "stages":   Kind(probes.function, _draw_stages,   _ways_of_function, _read_stages,   _COMPUTED),
    "hunt":     Kind(probes.function, _draw_marks,    _ways_of_function, _read_hunt,     [rules.runs, rules.returns, rules.exposes], reusable=False),
    "choice":   Kind(probes.function, _draw_choice,   _ways_of_function, _read_choice,   [rules.runs, rules.returns, rules.chosen], reusable=False),
}
# fmt: on
