"""Layers that nobody has seen, as a learner asks for them: `stranger`, which is marked, and `practice`, which never ends.

What draws them is imported when the first one is asked for: most notebooks never do.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from autograder import progress
from autograder.check import show

if TYPE_CHECKING:
    from autograder.strangers.drawn import Practice, Shown

__all__ = ["practice", "stranger"]


def practice(level: int = 1, seed: str | None = None) -> Practice:
    """A fresh layer to practise on: each time another one, and the same one for the same seed.

    Level 1 is a chain; in 2 two paths meet; in 3 something is shared; in 4 every entry pays for every other; in 5
    there is all of it, and picks.

    layer = practice(2)
    layer
    """
    from autograder.strangers.drawn import Practice
    from autograder.strangers.recipes import LEVELS, draw

    if level not in LEVELS:
        raise ValueError(f"there is no level {level!r}; there are: {', '.join(map(str, LEVELS))}")
    if seed is None:
        progress.practised(level, "drawn")
    seed = secrets.token_hex(3) if seed is None else str(seed)
    return Practice(draw(level, f"practice\n{seed}"), level, seed)


def stranger(lesson: str, student: str | None = None) -> Shown | None:
    """The stranger that closes a lesson, drawn for you. Who you are is said once, and remembered.

    stranger("04")
    stranger("04", student="anna")
    """
    from autograder.lesson import Unknown, find_exercise
    from autograder.strangers.drawn import Shown, wanted

    lesson = str(lesson)[:2].zfill(2)
    try:
        learner = progress.learner(student)
        exercise = find_exercise(f"stranger_{lesson}_backward").drawn_for(learner)
    except Unknown:
        return show(f"No stranger waits in lesson {lesson}.")
    layer = exercise.reference.layer
    head = f"Drawn for `{learner}`, {layer.mark}: a layer of level {layer.level}."
    asks = f"{wanted(layer, f'stranger_{lesson}')} "
    if progress.made_up(learner):
        asks += "You are a guest here. In a class, "
    else:
        asks += f"If `{learner}` is not the name under which you hand in, "
    return Shown(layer, f"stranger_{lesson}", head, f'{asks}say who you are: `stranger("{lesson}", student="…")`.')
