"""The same judging on a Dask cluster: `backprop grade 04 --scheduler tcp://…`. Theory of operation.

    here                                  scheduler          a worker, on any machine
      read, harden, ask the store   ──▶     queue     ──▶     the judge, as it is here
      one writer, gradebook, store  ◀──   verdicts    ◀──       └─ a box, one for each thread: student code

The box stands where the worker is, and student code runs in it alone: never in the worker, whose walls
are those that `backprop doctor` tries there. A worker with weaker walls than were asked for, or with
another version of any file that decides a mark, refuses.

The secret stays here. Truth is needed where the values are compared, and a value may be megabytes, so
the judge goes to the worker and the truth with it; but of what makes it unknowable only the seeds of one
lesson's cases go, as arguments of each task. They cannot be turned back into the secret or into another
lesson's seeds. They are never a result, and results are all that Dask ever spills to a worker's disk;
nor does a task's text show them, which Dask writes into its log where a task fails. Nothing of this
enters the box: what does is said in `box/__init__.py`, and it is the same everywhere.

A task may run twice, and has one effect. Dask gives a task whose worker died to another worker, and
gives it up after some deaths. It may have been a bystander. So it is asked once more with nothing else
on the cluster, and only if it ends its workers again is it given up: `our fault`, which takes no point,
stops nobody else, and is tried again at the next run. Verdicts come back as each is done, into the one
store by the one writer; workers know neither.

Whoever can reach a Dask scheduler can run anything on its workers: keep it in a network of your own, or
use TLS (`tls://…`), as Dask's documentation says. `deploy/dask/` has files to start with.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import Client, KilledWorker, get_worker

from autograder import examiner, judge
from autograder.box import Limits, NoSandbox, Sandbox, Shown
from autograder.exercise import Exercise
from autograder.lesson import Lesson, find_lesson
from autograder.submission import Step
from autograder.verdict import Verdict
from autograder.verdicts import Verdicts, version

__all__ = ["Asked", "Cluster", "Lost", "NoCluster", "VerdictsFromAfar", "judged", "ready", "shown"]

PATIENCE = 30  # seconds for a scheduler to answer, and for a first worker
AGES = 1800  # for a submission, with those before it in the queue: as when all workers have gone for good


class NoCluster(ConnectionError):
    """Nobody is there who could judge; the message says what is missing."""


class Lost(RuntimeError):
    """Each worker that judged a submission ended."""


class OtherVersion(RuntimeError):
    """A worker's files are not those that decide marks here."""


@dataclass(frozen=True, repr=False)  # Dask writes what tasks are asked into its log
class Asked:
    """What a worker is asked, but for what is to be judged or shown."""

    lesson: str
    version: str
    isolation: str
    limits: Limits
    seeds: dict[str, int]


# ----- here -----


class VerdictsFromAfar(Verdicts):
    """The verdicts of a classroom, judged by the workers of a cluster."""

    def __init__(self, classroom: Path, isolation: str, scheduler: str, limits: Limits = Limits()):
        self._cluster = Cluster(scheduler)
        super().__init__(classroom, isolation, 2 * self._cluster.threads, limits)  # so that none ever waits for us
        self._suspects: set[str] = set()

    def prepare(self, lesson: Lesson) -> None:
        """See that every worker has our files and walls; raises NoSandbox or OtherVersion."""
        self._cluster.everywhere(ready, self._asked(lesson))

    def judge(
        self, lesson: Lesson, steps: Sequence[Step], exercises: Sequence[Exercise], student: str
    ) -> list[Verdict]:
        names = [exercise.id for exercise in exercises]
        return self._ask(student, judged, self._asked(lesson), list(steps), names, student)

    def show(self, lesson: Lesson, cells: Sequence[str | None], student: str) -> list[Shown | None]:
        return self._ask(student, shown, self._asked(lesson), list(cells))

    def close(self) -> None:
        self._cluster.close()

    def _asked(self, lesson: Lesson) -> Asked:
        seeds = examiner.seeds(self.secret, lesson.exercises)
        return Asked(lesson.name, version(lesson), self.isolation, self.limits, seeds)

    def _ask(self, student: str, *task: Any) -> Any:
        """Who was there when workers ended is asked again alone, as whoever grades asks once more what failed."""
        try:
            return self._cluster.ask(*task, alone=student in self._suspects)
        except Lost:
            self._suspects.add(student)
            raise


class Cluster:
    """The workers of a scheduler."""

    def __init__(self, scheduler: str):
        try:
            self._client = Client(scheduler, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            raise NoCluster(f"no scheduler answers at {scheduler}: {error}") from None
        try:
            self._client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            self._client.close()
            raise NoCluster(f"no worker has come to {scheduler}; start one: dask worker {scheduler}") from None
        self._gate = _Gate()

    @property
    def threads(self) -> int:
        return sum(self._client.nthreads().values())

    def ask(self, *task: Any, alone: bool = False) -> Any:
        """What a task returns, wherever it is run; with nothing else beside it if it is to be `alone`."""
        with self._gate(alone):
            future = self._client.submit(*task, pure=False)
            try:
                return future.result(AGES)
            except KilledWorker:
                raise Lost(f"judging this ended every worker that tried{', alone too' if alone else ''}") from None
            except TimeoutError:
                future.cancel()
                raise Lost(f"no worker has judged this within {AGES // 60} minutes") from None

    def everywhere(self, *task: Any) -> list[Any]:
        """What a task returns on each of the workers that there are now."""
        futures = [self._client.submit(*task, pure=False, workers=[worker]) for worker in self._client.nthreads()]
        return self._client.gather(futures)

    def close(self) -> None:
        self._client.close()


class _Gate:
    """Many may be in at a time, or one alone; who wants to be alone is waited for."""

    def __init__(self):
        self._changed, self._inside, self._waiting = threading.Condition(), 0, 0

    @contextlib.contextmanager
    def __call__(self, alone: bool) -> Iterator[None]:
        with self._changed:
            self._waiting += alone
            self._changed.wait_for(lambda: not self._inside if alone else not self._waiting)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._waiting -= alone
                self._changed.notify_all()


# ----- there -----


def ready(asked: Asked) -> None:
    """On a worker: see that it can judge as is asked."""
    _walls(asked)


def judged(asked: Asked, steps: Sequence[Step], names: Sequence[str], student: str) -> list[Verdict]:
    """On a worker: mark a submission's exercises of these names."""
    exercises = [exercise for exercise in find_lesson(asked.lesson).exercises if exercise.id in names]
    return judge.mark_cells(steps, exercises, examiner.known_seed(asked.seeds), _walls(asked), student)


def shown(asked: Asked, cells: Sequence[str | None]) -> list[Shown | None]:
    """On a worker: run a notebook's cells to be shown."""
    return judge.outputs(cells, _walls(asked, whole=True))


_lock, _standing = threading.Lock(), {}


def _walls(asked: Asked, whole: bool = False) -> Sandbox:
    """This worker's boxes, made once; raises NoSandbox, or OtherVersion."""
    lesson = find_lesson(asked.lesson)
    if version(lesson) != asked.version:
        raise OtherVersion(f"the worker {get_worker().address} has other files, Python or NumPy than the grader")
    key = None if whole else lesson.name, asked.isolation, asked.limits
    with _lock:
        if key not in _standing:
            _standing[key] = _built(None if whole else lesson.exercises, asked)
        return _standing[key]


def _built(exercises: Sequence[Exercise] | None, asked: Asked) -> Sandbox:
    """A slot for each thread, and one more, which is never started: so what the clock ended is tried again, as
    if somebody had been beside it. Who knows what else this machine does."""
    worker = get_worker()
    try:
        walls = judge.sandbox(exercises, asked.isolation, worker.state.nthreads + 1, asked.limits)
    except NoSandbox as reason:
        raise NoSandbox(f"on the worker {worker.address}: {reason}") from None
    atexit.register(walls.close)
    return walls
