"""Clocks: what functions cost compared with each other, on a machine that others use too.

Time is CPU time of this process, so that waiting for a core does not count. The functions take turns, round by round
and every other round in reverse order, so that whatever else slows the machine slows all of them. A round gives each
function the median of its calls; two functions are compared round by round, and the median of these ratios is the
answer.
"""

import ctypes
import gc
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from time import process_time
from typing import NamedTuple

__all__ = ["Row", "interleaved", "machine", "ratio", "row", "show"]


class Row(NamedTuple):
    """One line of a table. ours and peer in seconds unless the name says otherwise; bar: what may not be exceeded."""

    name: str
    dtype: str
    ours: float
    peer: float | None = None
    ratio: float | None = None
    bar: float | None = None

    def met(self):
        """Whether the ratio, or where nothing is compared the cost itself, is within the bar. None without a bar."""
        value = self.ours if self.ratio is None else self.ratio
        return None if self.bar is None else value <= self.bar


def interleaved(functions, rounds=15, seconds=0.02, before=None):
    """What each call costs: functions, a dictionary of callables  ->  {name: [median CPU seconds of each round]}.

    seconds: CPU time of one function in one round. before: called, off the clock, before each turn.
    """
    calls = {name: max(1, int(seconds / max(_warm(f), 1e-7))) for name, f in functions.items()}
    found = {name: [] for name in functions}
    for i in range(rounds):
        for name in list(functions)[:: 1 if i % 2 else -1]:
            if before:
                before()
            found[name].append(median(_clocked(functions[name]) for _ in range(calls[name])))
    return found


def _clocked(f):
    start = process_time()
    f()
    return process_time() - start


def _warm(f):
    f()
    return min(_clocked(f) for _ in range(2))


def ratio(found, ours, peer):
    """The median over rounds of what `ours` cost over what `peer` cost."""
    return median(a / b for a, b in zip(found[ours], found[peer]))


def row(found, ours, peers, name, dtype, bar=None):
    """The row for `ours` against the cheapest of `peers`."""
    best = min(peers, key=lambda peer: median(found[peer]))
    return Row(name, dtype, median(found[ours]), median(found[best]), ratio(found, ours, best), bar)


def machine(packages):
    """A line that says on what all this was measured: processor, Python, packages, BLAS and the kernels it chose."""
    versions = [f"Python {platform.python_version()}", *(_version(package) for package in packages)]
    collector = "on" if gc.isenabled() else "off"
    return f"{_processor()} · {' · '.join(versions)} · {_blas()} · one thread · garbage collector {collector}"


def _version(package):
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"no {package}"


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _blas():
    """OpenBLAS picks its kernels when it is loaded; which, it says itself. They matter more than most code."""
    import numpy as np

    folder = Path(np.__file__).parent
    for path in sorted([*folder.parent.glob("numpy.libs/*openblas*"), *folder.glob(".dylibs/*openblas*")]):
        library = ctypes.CDLL(str(path))
        for prefix in ("scipy_openblas", "openblas"):
            for suffix in ("64_", ""):
                if name := getattr(library, f"{prefix}_get_corename{suffix}", None):
                    name.restype = ctypes.c_char_p
                    return f"OpenBLAS, kernels for {name().decode()}"
    return np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]


def show(rows):
    """The rows as a table."""
    lines = [("", "", "ours", "peer", "ratio", "bar", "")]
    for r in rows:
        costs = [_short(cost) if cost is None or "bytes" in r.name else _time(cost) for cost in (r.ours, r.peer)]
        bar = _short(r.bar) if r.ratio is not None or r.bar is None else _time(r.bar)
        lines.append((r.name, r.dtype, *costs, _short(r.ratio), bar, {True: "✓", False: "✗", None: ""}[r.met()]))
    widths = [max(map(len, column)) for column in zip(*lines)]
    left = lambda i, text: text.ljust(widths[i]) if i < 2 else text.rjust(widths[i])  # noqa: E731
    return "\n".join("  ".join(left(i, text) for i, text in enumerate(line)).rstrip() for line in lines)


def _short(number):
    return "" if number is None else f"{number:.3g}"


def _time(seconds):
    unit, size = next(((u, s) for u, s in (("s", 1), ("ms", 1e-3)) if seconds >= s), ("µs", 1e-6))
    return f"{seconds / size:.3g} {unit}"
