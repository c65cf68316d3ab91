"""Ten thousand broken notebooks and as many broken frames: what the grader must survive, and never pay for.

    python -m tests.fuzz --notebooks 10000 --frames 10000 --seed 1

Everything that is broken was whole before, and earned about half of its points; so a mark that is too
high can be seen. What was wrong there is far from right: a function that returns a constant. No slip of
a byte mends it, and the code that would is nowhere in the notebook; so whatever is paid more than the
unbroken submission, for any exercise, is the grader's mistake and not the mutant's luck.

The mutant of a number is made of the seed and that number alone: `--from 4711 --notebooks 1` makes it again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

__all__ = ["Counterexample", "above", "generator"]


@dataclass(frozen=True)
class Counterexample:
    """What should not have happened, to which mutant, and how to see it again."""

    number: int
    said: str
    mutant: str
    command: str

    def __str__(self) -> str:
        return f"mutant {self.number} ({self.mutant}): {self.said}\n  again: {self.command}"


def generator(seed: int, number: int) -> random.Random:
    """What decides how the mutant of that number is broken."""
    return random.Random(f"{seed}:{number}")


def above(got: dict[str, float], most: dict[str, float]) -> str:
    """What is paid more than the unbroken submission gets, or less than nothing; empty where all is well."""
    paid = {name: got[name] for name in most if not 0 <= got[name] <= most[name]}
    return "; ".join(f"{name} {points:g}, unbroken {most[name]:g}" for name, points in paid.items())
