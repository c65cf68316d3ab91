"""Strangers, many of them: do graph and complex step agree, can mistakes be told apart, how long does a draw take?

    python -m benchmarks.strangers -n 10000 --json strangers.json

Numbers are fresh: not those on which a layer was chosen. A stranger agrees where every gradient is within 1e-10
of complex step, relative to its largest entry, at three sizes. A row of the JSON is a name and a share.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autograder.strangers.layer import Layer
from autograder.strangers.primitives import JOINS
from autograder.strangers.recipes import LEVELS, SIZES, TRIED, draw
from autograder.strangers.wrong_turns import wrong_turns

AGREE, MISTAKES, MILLISECONDS = 1e-10, 3, 50


@dataclass(frozen=True)
class Drawn:
    """One stranger, as measured."""

    mark: str
    lines: int
    forks: int
    copies: int
    error: float
    mistakes: int
    milliseconds: float


def measure(level: int, number: int) -> Drawn:
    """Draw one, and hold it against complex step on numbers of its own."""
    start = time.process_time()
    layer = draw(level, f"benchmark {number}")
    spent = time.process_time() - start
    rng = np.random.default_rng([level, number])
    tried = [layer.numbers(rng, SIZES[size]) for size in TRIED]
    values = [layer.run(inputs) for inputs in tried]
    error = max(_error(layer, *each, rng.standard_normal(each[1]["out"].shape)) for each in zip(tried, values))
    return Drawn(
        layer.mark,
        len(layer.lines),
        sum(len(layer.uses(name)) > 1 for name in layer.cached),
        sum(layer.copied(n, s) for n, line in enumerate(layer.lines) if line.op in JOINS for s in (0, 1)),
        error,
        len(list(wrong_turns(layer, tried))),
        1000 * spent,
    )


def _error(layer: Layer, inputs: dict, values: dict, dout: np.ndarray) -> float:
    truth, found = layer.truth(inputs, dout), layer.back(values, dout)
    return max(float(np.abs(found[name] - truth[name]).max() / np.abs(truth[name]).max()) for name in truth)


def rows(drawn: Sequence[Drawn]) -> list[dict[str, float | str]]:
    """The shares that the course promises."""
    return [
        {"name": "agree", "ratio": float(np.mean([each.error <= AGREE for each in drawn]))},
        {"name": "mistakes", "ratio": float(np.mean([each.mistakes >= MISTAKES for each in drawn]))},
        {"name": "quick", "ratio": float(np.mean([each.milliseconds < MILLISECONDS for each in drawn]))},
    ]


def table(drawn: dict[int, list[Drawn]]) -> str:
    """A line for each level, and one for all."""
    head = (
        "level  drawn  different  lines  forks  copies  worst error  mistakes: least  median  ms: median  99.9 %   most"
    )
    lines = [head]
    for level, some in [*drawn.items(), ("all", [each for some in drawn.values() for each in some])]:
        forks, copies, lengths = (np.mean([getattr(d, name) for d in some]) for name in ("forks", "copies", "lines"))
        mistakes, ms = [d.mistakes for d in some], [d.milliseconds for d in some]
        lines.append(
            f"{level!s:>5}  {len(some):5}  {len({d.mark for d in some}):9}  {lengths:5.1f}  {forks:5.1f}  {copies:6.1f}"
            f"  {max(d.error for d in some):11.1e}  {min(mistakes):15}  {np.median(mistakes):6.0f}"
            f"  {np.median(ms):10.1f}  {np.quantile(ms, 0.999):6.1f}  {max(ms):5.1f}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", "--number", type=int, default=10_000, help="how many, over all levels")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the shares there")
    options = parser.parse_args()
    drawn: dict[int, list[Drawn]] = {level: [] for level in LEVELS}
    for number in range(options.number):
        level = 1 + number % len(LEVELS)
        drawn[level].append(measure(level, number))
    found = rows([each for some in drawn.values() for each in some])
    print(table(drawn))
    for row in found:
        print(f"{row['name']:>9}  {100 * row['ratio']:.2f} %")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    sys.exit(found[0]["ratio"] < 1 or found[1]["ratio"] < 0.95 or found[2]["ratio"] < 0.999)


if __name__ == "__main__":
    main()
