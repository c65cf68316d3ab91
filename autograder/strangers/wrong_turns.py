"""The wrong ways back through a stranger, each a change of its graph at one edge, with a hint.

An edge is one operand of one line. What goes back along it can be missing, counted twice, not summed where
the operand had been copied, averaged there instead, or have the wrong slope (the primitive's own slips). Kept
are those that can be told apart, from the truth and from one another, on the numbers that are tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.strangers.layer import Arrays, Layer, axis_of_copies, generic, shown
from autograder.strangers.primitives import ALL

__all__ = ["Turn", "all_turns", "wrong_turns"]

SEEN, SAME = 1e-4, 1e-9  # relative differences: what is between them could be taken for either
STATISTICS = ("sum", "mean", "rms", "max")


@dataclass(frozen=True)
class Turn:
    """A wrong way back: its name, what to say about it, and what it puts on which edges."""

    name: str
    hint: str
    changes: dict[Any, str]


def wrong_turns(layer: Layer, tried: Sequence[Arrays]) -> Iterator[tuple[Turn, bool]]:
    """The turns that differ from the truth and from one another; of each, whether a shape gives it away.

    A turn that breaks only some gradients leaves the others exactly right, in every case alike.
    """
    rng = np.random.default_rng(0)
    values = [layer.run(inputs) for inputs in tried]
    douts = [rng.standard_normal(each["out"].shape) for each in values]
    right = [layer.back(*each) for each in zip(values, douts)]
    hints: set[str] = set()
    made: list[list[Arrays]] = []
    for turn in all_turns(layer):
        try:
            wrong = [layer.back(*each, turn.changes) for each in zip(values, douts)]
        except ValueError:  # shapes that do not fit: no gradient comes out, so there is nothing to recognise
            continue
        broken = _broken(wrong[0], right[0])
        if not broken or any(set(_broken(*each) or {}) - set(broken) for each in zip(wrong, right)):
            continue
        by_shape = list(broken.values())
        if any(by_shape[1:]) and not by_shape[0] or any(_broken(wrong[0], other[0]) == {} for other in made):
            continue
        if turn.hint not in hints:
            hints.add(turn.hint)
            made.append(wrong)
            yield turn, by_shape[0]


def _broken(wrong: Arrays, right: Arrays) -> dict[str, bool] | None:
    """The gradients that differ, and whether in their shape; None where a difference is neither seen nor nothing."""
    broken = {}
    for name, array in right.items():
        if wrong[name].shape != array.shape:
            broken[name] = True
            continue
        far = np.abs(wrong[name] - array).max() / (np.abs(array).max() or 1.0)
        if far > SEEN:
            broken[name] = False
        elif not far < SAME:
            return None
    return broken


def all_turns(layer: Layer) -> Iterator[Turn]:
    """Every wrong turn of the layer's graph, the likeliest first."""
    edges = [(n, slot) for n, line in enumerate(layer.lines) for slot, name in enumerate(line.operands) if name != "y"]
    for edge in edges:
        yield from _cut(layer, *edge)
    for edge in edges:
        yield from _copies(layer, *edge)
    for number, line in enumerate(layer.lines):
        for slip in ALL[line.op].slips:
            names = dict(zip("abc", line.operands), o=line.target, **line.details)
            text = layer.summed(number, slip.operand, generic(line, slip.back))
            name = f"{slip.name}_from_{line.target}_to_{line.operands[slip.operand]}"
            yield Turn(name, slip.hint.format(**names), {(number, slip.operand): text})
    yield Turn(
        "ignores_dout",
        "Your gradients do not depend on `dout`. A slope is multiplied by what arrives from above; an all-ones `dout` "
        "would hide this.",
        {"dout": ""},
    )
    for edge in edges:
        yield from _twice(layer, *edge)


def _cut(layer: Layer, number: int, slot: int) -> Iterator[Turn]:
    """Nothing comes back along one edge, though something does along another."""
    line = layer.lines[number]
    operand, o = line.operands[slot], line.target
    uses = layer.uses(operand)
    if len(uses) < 2:
        return
    if line.op in STATISTICS:
        hint = (
            f"`{o}` {ALL[line.op].says} `{operand}`, so it moves when `{operand}` is nudged. Your way back treats it "
            "as a constant: what returns through it is missing."
        )
    else:
        places = " and in ".join(f"`{use}`" for use in uses)
        hint = (
            f"`{operand}` is used in {places}, and what comes back from there adds up. What returns through `{o}` is "
            "missing."
        )
    yield Turn(f"misses_the_path_from_{o}_to_{operand}", hint, {(number, slot): ""})


def _twice(layer: Layer, number: int, slot: int) -> Iterator[Turn]:
    line = layer.lines[number]
    operand, o = line.operands[slot], line.target
    if len(layer.uses(operand)) > 1:
        hint = f"What returns through `{o}` is counted twice in your `d{operand}`."
        yield Turn(f"counts_{o}_twice_in_{operand}", hint, {(number, slot): f"2 * ({layer.edge(number, slot)})"})


def _copies(layer: Layer, number: int, slot: int) -> Iterator[Turn]:
    """What was copied forward is not summed backward, or averaged."""
    if not layer.copied(number, slot):
        return
    line = layer.lines[number]
    operand, o = line.operands[slot], line.target
    small, text = layer.shapes[operand], generic(line, ALL[line.op].back[slot])
    along = "rows" if axis_of_copies(small) == 0 else "columns"
    fact = f"`{operand}` {shown(small)} serves all {along} of `{o}` {shown(line.shape)}"
    yield Turn(
        f"does_not_sum_over_the_copies_of_{operand}",
        f"{fact}: it was copied to them. What was copied forward is summed backward, and your `d{operand}` lacks that "
        "sum.",
        {(number, slot): text},
    )
    yield Turn(
        f"averages_over_the_copies_of_{operand}",
        f"{fact}: a nudge acts through all of them, and the effects add up. Your `d{operand}` is their mean.",
        {(number, slot): layer.summed(number, slot, text, by="mean")},
    )
