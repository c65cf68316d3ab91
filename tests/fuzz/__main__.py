"""Break notebooks and frames, see what the grader makes of them, and print what should not have happened."""

from __future__ import annotations

import argparse
import functools
import os
import time
from collections.abc import Iterator

from tests import fuzz
from tests.fuzz import frames, notebooks


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--notebooks", type=int, default=10_000, help="so many broken notebooks")
    parser.add_argument("--frames", type=int, default=10_000, help="so many broken conversations with the box")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--from", type=int, default=0, dest="first", help="the number of the first mutant")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    asked = parser.parse_args(arguments)
    say = functools.partial(print, flush=True)
    found = 0
    for name, module in (("notebooks", notebooks), ("frames", frames)):
        if count := getattr(asked, name):
            found += _tell(name, count, module.broken(count, asked.seed, asked.jobs, asked.first, say))
    return int(found > 0)


def _tell(name: str, count: int, counterexamples: Iterator[fuzz.Counterexample]) -> int:
    """Print the first counterexample and how many there are."""
    start = time.monotonic()
    found = list(counterexamples)
    for first in found[:1]:
        print(first)
    print(f"{count:,} broken {name}: {len(found)} counterexamples, {time.monotonic() - start:.0f} s")
    return len(found)


if __name__ == "__main__":
    raise SystemExit(main())
