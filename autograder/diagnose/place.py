"""Where nothing else is known: which entries are wrong, and by how much, in one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from autograder.diagnose.paths import _is_floats
from autograder.rules import Answer, Draw, close

__all__ = ["errors", "has_names", "place"]

MOST_NAMES = 16  # in a sentence
OFF = 1e-6  # an entry that is farther off, relative to the largest true one, is wrong


def place(name: str, answers: Sequence[Answer]) -> str:
    """Which entries of a value are wrong, on which cases, and by how much; "" for what has no entries to compare."""
    seen = [answer for answer in answers if errors(name, answer) is not None]
    wrong = [answer for answer in seen if not close(answer.values[name], answer.draw.expected[name])]
    if not wrong:
        return ""
    everywhere = {each.draw.case for each in wrong} == {each.draw.case for each in seen}
    cases = "" if everywhere or len(seen) < len(answers) else f" {_on_cases(seen, wrong)}"
    if has_names(wrong[0]):
        said = _by_name(name, wrong[0])
        return f"`{name}` is {said}.{cases}" if said else ""
    answer = max(wrong, key=lambda each: each.draw.expected[name].ndim > 0 and len(set(np.shape(each.values[name]))))
    where, size = _which(name, wrong, answer), _how_much(errors(name, answer), answer.draw.expected[name])
    return f"`{name}` is off {where + ', ' if where else ''}{size}.{cases}"


def has_names(answer: Answer) -> bool:
    """Whether its entries belong to nodes or values: then their places in the array mean nothing to a learner."""
    return isinstance(answer.draw.cache, dict) and "what" in answer.draw.cache


def _by_name(name: str, answer: Answer) -> str:
    """For which nodes it is wrong and for which right; "" where these have no names, or too many."""
    names = answer.draw.cache.get("names", ())
    if not 0 < len(names) <= MOST_NAMES:
        return ""
    off = _mask(name, answer)
    wrong, right = (", ".join(str(n) for n, m in zip(names, off) if m == want) for want in (True, False))
    return f"wrong for {wrong}" + (f", right for {right}" if right else "") + f" (case: {answer.draw.in_words})"


def _on_cases(seen: Sequence[Answer], wrong: Sequence[Answer]) -> str:
    """On which cases it is wrong, or on which it is right, where these are fewer."""
    spoiled = {answer.draw.case for answer in wrong}
    sound = [answer for answer in seen if answer.draw.case not in spoiled]
    fewer = sound and len({answer.draw.case for answer in sound}) < len(spoiled)
    return f"It is right on {_listed(sound)} alone." if fewer else f"It is wrong on {_listed(wrong)} alone."


def errors(name: str, answer: Answer) -> np.ndarray | None:
    """Entry by entry what is too much, in the shape of what is right; None where the shapes differ, and where the entries
    were drawn by chance."""
    value = answer.values.get(name)
    if answer.draw.variance is not None or not _is_floats(value):
        return None
    want, got = answer.draw.expected[name], np.asarray(value, float)
    got = got[0] if got.shape == (1, *want.shape) else got
    return got - want if got.shape == want.shape else None


def _which(name: str, wrong: Sequence[Answer], answer: Answer) -> str:
    """The entries, by the smallest description that holds on every case."""
    masks = [_mask(name, each) for each in wrong]
    mask = _mask(name, answer)
    if mask.ndim == 0:
        return ""
    if all(m.all() for m in masks):
        return "in every entry"
    for words, selections in _selections(name, wrong):
        if all(s.any() and not m[~s].any() for m, s in zip(masks, selections)):
            every = all(m[s].all() for m, s in zip(masks, selections))
            return (
                f"wherever {words}, and nowhere else" if every else f"only where {words}, though not everywhere there"
            )
    for axis, called in ((0, "row"), (1, "column")):
        if mask.ndim == 2 and 0 < (lines := mask.any(axis=1 - axis)).sum() < len(lines):
            return f"in {called} {_numbers(np.flatnonzero(lines))} of {len(lines)} (case: {answer.draw.in_words})"
    return f"in {int(mask.sum())} of {mask.size} entries (case: {answer.draw.in_words})"


def _mask(name: str, answer: Answer) -> np.ndarray:
    want = answer.draw.expected[name]
    return np.abs(errors(name, answer)) > OFF * np.abs(want).max(initial=0.0)


def _selections(name: str, wrong: Sequence[Answer]) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Ways to choose entries that a learner can see: by the sign of something beside them, by the right class."""
    known = [_beside(answer.draw, answer.draw.expected[name].shape) for answer in wrong]
    for label in known[0]:
        if all(label in each for each in known):
            yield label, [each[label] for each in known]
    shapes = [answer.draw.expected[name].shape for answer in wrong]
    if all(shapes) and any(shape[0] > 1 for shape in shapes):
        for called, index in (("last", -1), ("first", 0)):
            yield f"the row is the {called} one", [_row(shape, index) for shape in shapes]
            yield f"the row is not the {called} one", [~_row(shape, index) for shape in shapes]


def _row(shape: tuple, index: int) -> np.ndarray:
    selected = np.zeros(shape, bool)
    selected[index] = True
    return selected


def _beside(draw: Draw, shape: tuple) -> dict[str, np.ndarray]:
    found = {}
    arrays = {**draw.inputs, "dout": draw.dout}
    for called, array in arrays.items():
        if isinstance(array, np.ndarray) and array.shape == shape and array.dtype.kind == "f":
            found |= {f"`{called}` is negative": array < 0, f"`{called}` is positive": array > 0}
    labels = draw.inputs.get("y")
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "iu" and len(shape) == 2 and shape[0] == len(labels):
        right = np.arange(shape[1]) == labels[:, None]
        found |= {"the class is the right one": right, "the class is a wrong one": ~right}
    return found


def _how_much(error: np.ndarray, want: np.ndarray) -> str:
    worst = tuple(int(i) for i in np.unravel_index(np.argmax(np.abs(error)), want.shape))
    share = np.linalg.norm(error) / max(np.linalg.norm(want), 1e-300)
    off = "by a rounding that is too coarse" if share < 1e-4 else f"by {_percent(share)} its size"
    at = f"most at {list(worst)}: " if worst else ""
    right = want[worst] + 0.0  # which makes 0 of -0
    return f"{off}, {at}{right + error[worst]:.4g} where {right:.4g} is right"


def _percent(share: float) -> str:
    return f"{share:.0f} times" if share >= 10 else f"{share:.0%} of" if share > 0.005 else f"{100 * share:.1g}% of"


def _listed(wrong: Sequence[Answer]) -> str:
    return ", ".join(dict.fromkeys(f"the case “{answer.draw.in_words}”" for answer in wrong))


def _numbers(indices: np.ndarray) -> str:
    shown = ", ".join(str(int(i)) for i in indices[:4])
    return shown if len(indices) <= 4 else f"{shown}, …"
