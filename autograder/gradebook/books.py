"""The books of a class: a process beside the judging, in which nbgrader writes what was judged.

nbgrader takes half a second to be imported and some milliseconds for each submission, and judging need not wait for
either. The keeper of the books imports at once, touches nothing before `open`, and writes whatever waits, many
submissions in one transaction (`writing.py`). It is the only one that writes; where the judging process is
killed, it ends too, at the latest after the batch in hand.
"""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import queue
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

from autograder.box import Shown
from autograder.lesson import Lesson
from autograder.verdict import Verdict

__all__ = ["Books", "CannotWrite", "Judged", "Mark", "configuration", "gradebook"]

ROOT = Path(__file__).parent.parent.parent
WAITING = 64  # submissions at most that wait to be written: they are held in memory
FEW, MANY = 10, 100  # submissions in one transaction, where more are to come soon
PAUSE = 1.0  # seconds without a new one, after which fewer are written


class CannotWrite(RuntimeError):
    """nbgrader could not make or open the gradebook; the message says why."""


@dataclass(frozen=True)
class Mark:
    """A report line: what a student has (None: no mark yet), as `nbgrader export` writes it; how much the judge gave,
    how much waits for a person, how much lateness takes off, and why something is missing."""

    student: str
    points: float | None
    max_points: float
    judged: float
    waiting: float
    penalty: float
    note: str


@dataclass(frozen=True)
class Judged:
    """What is to be written of a student: the hardened notebook, its verdicts, and what its cells show."""

    student: str
    notebook: dict[str, Any]
    verdicts: Mapping[str, Verdict]
    shown: Sequence[Shown | None] = ()


class _Later(ModuleType):
    """Stands for a module of which only functions are imported; it is imported when one of them is called."""

    def __getattr__(self, name: str) -> Callable:
        return lambda *args, **kwargs: getattr(importlib.import_module(self.__name__), name)(*args, **kwargs)


def gradebook() -> ModuleType:
    """The module that knows nbgrader, imported without what takes most of the time and is of no use to us.

    Below nbgrader, `jsonschema` compiles 38 grammars for formats of addresses that no notebook uses, if it can; and
    all of setuptools is there to unpack archives, which nobody hands in here. What remains makes so many objects
    that last that looking for garbage among them takes a quarter of the time.
    """
    name, unpacking, collects = "autograder.gradebook.writing", "setuptools.archive_util", gc.isenabled()
    if name in sys.modules:
        return sys.modules[name]
    absent = {"rfc3987_syntax": None, unpacking: _Later(unpacking)}
    absent = {each: instead for each, instead in absent.items() if each not in sys.modules}
    sys.modules.update(absent)
    gc.disable()
    try:
        return importlib.import_module(name)
    finally:
        if collects:
            gc.enable()
        for each in absent:
            del sys.modules[each]


def configuration(classroom: Path) -> Any:
    """nbgrader's settings for a classroom, as `nbgrader_config.py` has them."""
    from traitlets.config import PyFileConfigLoader

    with mock.patch.dict(os.environ, BACKPROP_CLASSROOM=str(classroom)):
        return PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()


class Books:
    """Takes what was judged, in any order, and writes it. `close` gives a line for each student."""

    def __init__(self, lesson: Lesson, classroom: Path, isolation: str):
        fork = multiprocessing.get_context("fork")
        self._judged = fork.Queue(WAITING)
        self._said, says = fork.Pipe(duplex=False)
        task = self._judged, says, lesson, classroom, isolation, os.getpid()
        self._keeper = fork.Process(target=_keep, args=task, daemon=True)
        self._keeper.start()
        says.close()

    def __enter__(self) -> Books:
        return self

    def __exit__(self, *_) -> None:
        self._keeper.kill()
        self._keeper.join()
        self._judged.cancel_join_thread()
        self._judged.close()
        self._said.close()

    def open(self) -> None:
        """Make or open the gradebook; before this, nothing is touched."""
        self._put(None)

    def add(self, judged: Judged) -> None:
        """Have it written; waits where too many do. Raises CannotWrite."""
        self._put(judged)

    def close(self, notes: Mapping[str, str]) -> list[Mark]:
        """Have the rest written; a line for each of the students, whose notes are given. Raises CannotWrite."""
        self._put(dict(notes))
        return self._answer()

    def _put(self, what: Any) -> None:
        while True:
            if self._said.poll():
                self._answer()
            try:
                return self._judged.put(what, timeout=PAUSE)
            except queue.Full:
                continue

    def _answer(self) -> list[Mark]:
        try:
            marks, reason = self._said.recv()
        except EOFError:
            marks, reason = None, "the process that writes the gradebook was ended"
        if reason:
            raise CannotWrite(reason)
        return marks


def _keep(judged, says, lesson: Lesson, classroom: Path, isolation: str, parent: int) -> None:
    """The keeper's life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever is asked to stop is the judging process, and it ends us
    try:
        keep, batches = gradebook().keep, _batches(judged, parent)
        gc.freeze()  # the modules will last; only what comes is looked through for garbage
        next(batches)
        says.send((keep(lesson, classroom, isolation, batches), None))
    except Exception as error:
        says.send((None, f"{type(error).__name__}: {error}"))


def _batches(judged, parent: int) -> Iterator[list[Judged] | dict[str, str]]:
    """First nothing, when the books may be opened; then what is to be written together; in the end the notes."""
    batch: list[Judged] = []
    while os.getppid() == parent:
        try:
            item = judged.get(timeout=PAUSE)
        except queue.Empty:
            if batch:
                yield batch
                batch = []
            continue
        if isinstance(item, Judged):
            batch.append(item)
            if len(batch) < MANY and not (len(batch) >= FEW and judged.empty()):
                continue
        yield batch
        batch = []
        if isinstance(item, dict):
            yield item
            return
    raise SystemExit  # nobody is left to hear what becomes of it
