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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from autograder import probes, programs, rules
from autograder.box.values import Failure, Opaque, Questions
from autograder.exercise import Case, Exercise
from autograder.rules import Answer, Draw, Rule

__all__ = ["KINDS", "PAIRS", "Kind", "Venue", "Way", "pair_names"]


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


PAIRS = ("pair", "stranger")  # kinds in which a backward is given `dout` and a cache


def pair_names(exercise: Exercise) -> tuple[str, str]:
    """What the forward and the backward of its layer are called."""
    layer = exercise.id.removesuffix("_backward").removesuffix("_forward")
    return f"{layer}_forward", f"{layer}_backward"


def _gradient_names(exercise: Exercise) -> list[str]:
    return [name for name in exercise.points if name != "out"]


def _draw_pair(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """Inputs from the case, a random upstream gradient, and the reference's answers."""
    forward, backward = (getattr(exercise.reference, name) for name in pair_names(exercise))
    inputs = case.make(rng)
    out, cache = forward(*inputs.values())
    dout = rng.standard_normal(np.shape(out)).astype(np.result_type(out, np.float32))  # float32 meets float32
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
    """A backward is tried with the documented cache and with the cache of the student's own forward.

    Where the forward is asked for too, the two must work together: only where its `out` is wrong does the documented
    cache stand in for what it keeps.
    """
    forward, backward = pair_names(exercise)
    names, gradients = dict(forward=forward, backward=backward), _gradient_names(exercise)

    def documented(draw):
        return names | dict(inputs=None, dout=draw.dout, cache=draw.cache)

    def own(draw):
        keeps = _keeps(exercise, draw)
        return names | dict(inputs=list(draw.inputs.values()), dout=draw.dout, cache=None) | keeps

    def forward_only(draw):
        return own(draw) | dict(dout=None)

    alone = Way("the forward alone", [forward], ["out"], forward_only)
    given = Way("the documented cache", [backward], gradients, documented, unless="out")
    joined = Way("the cache of your own forward", [forward, backward], gradients, own)
    if "out" in exercise.points:
        return [alone, joined, given] if gradients else [alone]
    return [given, joined]


def _read_pair(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    """Name what came back; gradients are in the order of the inputs."""
    if not isinstance(value, dict):
        return Answer(draw, missing="nothing came back")
    values = {"out": value["out"]} if "out" in value else {}
    if not _gradient_names(exercise) and (value.get("alone") or isinstance(values.get("out"), (tuple, dict))):
        first = "" if value.get("alone") else "first "
        missing = f"return out and cache, in this order; yours {first}returned {_describe(values.get('out'))}"
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


def _keeps(exercise: Exercise, draw: Draw) -> dict[str, list[int]]:
    """Where the inputs stand that must be kept as they are; nothing is asked of exercises that do not say so."""
    places = [place for place, name in enumerate(draw.inputs) if name in exercise.keeps]
    return {"keeps": places} if places else {}


def _spoiled(exercise: Exercise, draw: Draw, value: Any) -> str:
    """The first of these inputs that came back changed."""
    kept = value.get("kept") if isinstance(value, dict) else None
    names = [name for name in draw.inputs if name in exercise.keeps]
    pairs = zip(names, kept) if isinstance(kept, list) else ()
    return next((name for name, array in pairs if not np.array_equal(array, draw.inputs[name])), "")


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
        return {"name": exercise.id, "inputs": list(draw.inputs.values())} | _keeps(exercise, draw)

    ways = [Way("your own functions", [exercise.id], list(exercise.points), question)]
    if exercise.parts:
        ways.append(Way("right functions", [exercise.id], list(exercise.points), question, exercise.parts))
    return ways


def _returned(value: Any) -> Any:
    """What a function returned, out of what the probe sent back."""
    return value.get("returned") if isinstance(value, dict) else None


def _by_name(names: Iterable[str]) -> str:
    return f"return a dictionary with {', '.join(names)}"


def _read_function(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    returned = _returned(value)
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
    returned = _returned(value)
    if not isinstance(returned, dict):
        return Answer(draw, missing=f"{_by_name(exercise.points)}; yours returned {_describe(returned)}")
    values = {name: returned[name] for name in exercise.points if name in returned}
    left_out = ", ".join(name for name in exercise.points if name not in returned)
    expected, remarks = dict(draw.expected), {}
    for name, follows in exercise.stages.items():
        instead = _follows(follows, draw, values, name)
        if instead is not None:
            expected[name] = instead
            remarks[name] = f"`{name}` follows rightly from your values before it; it is off only because they are"
    draw, missing = (
        dataclasses.replace(draw, expected=expected),
        f"{_by_name(exercise.points)}; in yours is no {left_out}",
    )
    return Answer(draw, values, missing=missing, remarks=remarks)


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
    returned = _returned(value)
    if exercise.tries:
        return _read_tries(exercise, draw, returned)
    names = list(inspect.signature(exercise.innocents[0]).parameters)
    if not isinstance(returned, dict) or set(returned) != set(names):
        return Answer(draw, missing=f"{_by_name(names)}; yours returned {_describe(returned)}")
    try:
        inputs = {name: np.array(returned[name], float) for name in names}
        if (count := sum(array.size for array in inputs.values())) > MOST_NUMBERS:
            return Answer(draw, missing=f"your inputs hold {count} numbers; at most {MOST_NUMBERS} can be read by eye")
        if not all(array.size and np.isfinite(array).all() for array in inputs.values()):
            return Answer(draw, missing="your inputs must be finite numbers, and none of them empty")
        return _accused(exercise, draw, lambda function: _outcome(function, inputs))
    except (ValueError, TypeError, IndexError) as error:
        return Answer(draw, missing=f"the right function cannot take your inputs: {error}")


def _read_tries(exercise: Exercise, draw: Draw, returned: Any) -> Answer:
    """The same, where the exercise says how a function is tried on what came back."""
    try:
        return _accused(exercise, draw, lambda function: [exercise.tries(function, returned)])
    except (ValueError, ArithmeticError) as error:
        return Answer(draw, missing=str(error))


def _accused(exercise: Exercise, draw: Draw, outcome: Callable[[Callable], list[np.ndarray]]) -> Answer:
    """1.0 for each suspect that differs from the right functions, if these agree."""
    right, *others = [outcome(innocent) for innocent in exercise.innocents]
    if not all(_alike(right, other) for other in others):
        return Answer(draw, missing="on your inputs two right functions differ, so nobody could be accused")
    return Answer(draw, {name: _exposed(exercise.suspects[name], outcome, right) for name in exercise.points})


def _outcome(function: Callable, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    with np.errstate(all="ignore"):
        returned = function(**copy.deepcopy(dict(inputs)))
    return [np.asarray(each) for each in (returned if isinstance(returned, tuple) else (returned,))]


def _alike(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    return len(a) == len(b) and all(rules.close(x, y) and x.shape == y.shape for x, y in zip(a, b))


def _exposed(suspect: Callable, outcome: Callable, right: list[np.ndarray]) -> float:
    """1.0 where the suspect differs from what is right, or breaks down; else 0.0."""
    try:
        return float(not _alike(outcome(suspect), right))
    except Exception:
        return 1.0


# ----- choice: one letter for each question -----


def _draw_choice(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    key = getattr(exercise.reference, exercise.id)()
    return Draw(case.name, {}, None, None, {name: np.asarray(float(ord(key[name]))) for name in exercise.points})


def _read_choice(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    returned = _returned(value)
    if not isinstance(returned, dict):
        return Answer(draw, missing=f"{_by_name(exercise.points)}; yours returned {_describe(returned)}")
    letters = {name: str(returned.get(name, "")).strip().lower() for name in exercise.points}
    values = {name: float(ord(letter)) for name, letter in letters.items() if re.fullmatch("[a-z]", letter)}
    return Answer(draw, values, missing="choose a letter for each: " + ", ".join(exercise.points))


# ----- engine: operations that record their links, judged with our sweep; their sweep, on links that we record -----

MOST_LINKS = 1000  # of a program with a handful of names


def _draw_engine(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """A program for each operation; for each of its ends the number and the rates with respect to what it is given."""
    inputs, expected, what = case.make(rng), {}, {}
    for name, program in inputs.items():
        values, leaves = programs.run(program), programs.leaves(program)
        rates = {end: programs.true_rates(values, end) for end in programs.ends(program)}
        expected[name] = np.array([[values[end].value, *(rate[x] for x in leaves)] for end, rate in rates.items()])
        what[name] = [
            each for end in rates for each in [f"{end} is", *(f"nudging {x} moves {end} at rate" for x in leaves)]
        ]
    return Draw(case.name, inputs, None, {"what": what, "within": {n: _in(p) for n, p in inputs.items()}}, expected)


@functools.cache
def _ways_of_engine(exercise: Exercise) -> list[Way]:
    """One operation at a time, so that one which fails costs no other."""

    def asks(name):
        def question(draw):
            program = draw.inputs[name]
            known = dict(program=dict(program), operations=[name], ends=programs.ends(program))
            return known | dict(most=MOST_LINKS)

        return question

    return [Way(f"{name} alone", [name], [name], asks(name)) for name in exercise.points]


def _read_engine(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    (name,) = way.brings
    try:
        return Answer(draw, {name: programs.swept(value, len(programs.leaves(draw.inputs[name])))})
    except ValueError as error:
        return Answer(draw, missing=f"{name}: {error}")


MOST_ASKED = 1000  # gradients that come back


def _draw_sweep(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    """A program, as numbers and links, and the rate of each value; of a long one, of some."""
    program = case.make(rng)["program"]
    values = programs.run(program)
    rates = programs.true_rates(values, [*program][-1])
    asked = np.unique(np.linspace(0, len(rates) - 1, MOST_ASKED).astype(int))
    names = [*program]
    known = dict(graph=programs.plain(values), asked=asked.tolist(), names=[names[i] for i in asked])
    what = [f"nudging {name} moves {names[-1]} at rate" for name in known["names"]]
    known |= {"what": {"gradient": what}, "within": {"gradient": _in(program)}}
    return Draw(case.name, {"program": program}, None, known, {"gradient": np.array([rates[names[i]] for i in asked])})


@functools.cache
def _ways_of_sweep(exercise: Exercise) -> list[Way]:
    """As it stands; then with the judge's own sweep over edges in the place of the student's."""

    def asks(part):
        return lambda draw: dict(name=exercise.id, graph=draw.cache["graph"], asked=draw.cache["asked"], part=part)

    ways = [Way("your own functions", [exercise.id], list(exercise.points), asks(None))]
    for part in exercise.parts:
        ways.append(Way("right functions", [exercise.id], list(exercise.points), asks(part), exercise.parts))
    return ways


def _read_sweep(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    asked, found = draw.cache["asked"], value.get("gradients") if isinstance(value, dict) else None
    if not isinstance(found, dict):
        returned = _returned(value)
        return Answer(draw, missing=f"return a dictionary {{value: gradient}}; yours returned {_describe(returned)}")
    if not found and value.get("unasked"):
        return Answer(
            draw, missing="the keys of the dictionary are the values themselves, the objects that the links name"
        )
    # What the end does not depend on has no gradient, or 0.
    reached = _reached(draw)
    for number, name in zip(asked, draw.cache["names"]):
        if number not in found and number in reached:
            return Answer(draw, missing=f"gradient: there is none for {name}{draw.cache['within']['gradient']}")
    return Answer(draw, {"gradient": [found.get(number, 0.0) for number in asked]})


def _reached(draw: Draw) -> set[int]:
    """The places of the values that the end was computed from."""
    numbers, children, parents, _ = draw.cache["graph"]
    reached = {len(numbers) - 1}
    for child, parent in sorted(zip(children.tolist(), parents.tolist()), reverse=True):  # parents come first
        if child in reached:
            reached.add(parent)
    return reached


def _in(program: Mapping) -> str:
    text = programs.written(program)
    return f" in {text}" if text else ""


# ----- table: a function that returns {thing: number} -----


def _draw_table(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    inputs = case.make(rng)
    (name,) = exercise.points
    table = getattr(exercise.reference, exercise.id)(*copy.deepcopy(list(inputs.values())))
    what = [f"nudging {node} moves {inputs.get('end', 'the end')} at rate" for node in table]
    known = {"names": list(table), "what": {name: what}, "within": {name: _edges(inputs)}}
    return Draw(case.name, inputs, None, known, {name: np.array([*table.values()], float)})


def _edges(inputs: Mapping) -> str:
    """The edges, to be copied into a cell; "" where there are many."""
    return f" in {inputs['edges']}" if len(inputs["edges"]) <= 8 else ""


def _read_table(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    """The numbers, in the order of the reference's names."""
    (name,), returned = exercise.points, _returned(value)
    if not isinstance(returned, dict):
        return Answer(draw, missing=f"return a dictionary; yours returned {_describe(returned)}")
    names = draw.cache["names"]
    for each in names:
        if each not in returned:
            return Answer(draw, missing=f"{name}: {each!r} is missing from your dictionary")
    if len(returned) > len(names):
        extra = next(each for each in returned if each not in names)
        return Answer(draw, missing=f"{name}: {str(extra)[:40]!r} is in your dictionary, and nothing is called so")
    return Answer(draw, {name: [returned[each] for each in names]})


# ----- order: a list in which each node stands behind its parents -----


def _draw_order(exercise: Exercise, case: Case, rng: np.random.Generator) -> Draw:
    inputs = case.make(rng)
    return Draw(case.name, inputs, None, None, dict.fromkeys(exercise.points, np.ones(())))


def _read_order(exercise: Exercise, way: Way, draw: Draw, value: Any) -> Answer:
    """Every order that is one is right; else what is wrong with it."""
    returned = _returned(value)
    if not isinstance(returned, (list, tuple)):
        return Answer(draw, missing=f"return a list of nodes; yours returned {_describe(returned)}")
    links, end = draw.inputs["links"], draw.inputs["end"]
    said = _misplaced(list(returned), links, getattr(exercise.reference, exercise.id)(links, end))
    return Answer(draw, missing=f"order: {said}") if said else Answer(draw, dict.fromkeys(exercise.points, 1.0))


def _misplaced(order: list, links: Mapping, wanted: Sequence) -> str:
    place: dict[Any, int] = {}
    for node in order:
        if not isinstance(node, (str, int)):
            return "a node is no key of `links`"
        if node in place:
            return f"{str(node)[:40]!r} stands there twice"
        place[node] = len(place)
    for node in wanted:
        if node not in place:
            return f"{node!r} is missing"
        for parent, _ in links.get(node, ()):
            if parent in place and place[parent] > place[node]:
                return f"{node!r} stands before its parent {parent!r}"
    extra = place.keys() - set(wanted)
    return f"{min(map(str, extra))[:40]!r} is there, and the end was not computed from it" if extra else ""


_COMPUTED = [rules.runs, rules.returns, rules.numbers, rules.shapes, rules.outputs, rules.gradients, rules.keeps]
_RATES = [rules.runs, rules.returns, rules.numbers, rules.shapes, rules.values, rules.rates]

# fmt: off
KINDS = {
    #                what runs inside  what is drawn   how it is tried   how it is read  who decides, in order
    "pair":     Kind(probes.pair,     _draw_pair,     _ways_of_pair,     _read_pair,     _COMPUTED),
    "stranger": Kind(probes.pair,     _draw_stranger, _ways_of_stranger, _read_pair,     _COMPUTED, reusable=False),
    "function": Kind(probes.function, _draw_function, _ways_of_function, _read_function, _COMPUTED),
    "takes a function": Kind(probes.takes_a_function, _draw_takes_a_function, _ways_of_taking_a_function, _read_function, _COMPUTED),
    "stages":   Kind(probes.function, _draw_stages,   _ways_of_function, _read_stages,   _COMPUTED),
    "hunt":     Kind(probes.function, _draw_marks,    _ways_of_function, _read_hunt,     [rules.runs, rules.returns, rules.exposes], reusable=False),
    "engine":   Kind(probes.engine,   _draw_engine,   _ways_of_engine,   _read_engine,   _RATES),
    "sweep":    Kind(probes.sweep,    _draw_sweep,    _ways_of_sweep,    _read_sweep,    _RATES),
    "table":    Kind(probes.table,    _draw_table,    _ways_of_function, _read_table,    _RATES),
    "order":    Kind(probes.function, _draw_order,    _ways_of_function, _read_order,    [rules.runs, rules.returns]),
    "choice":   Kind(probes.function, _draw_choice,   _ways_of_function, _read_choice,   [rules.runs, rules.returns, rules.chosen], reusable=False),
}
# fmt: on
