"""A cohort: ten thousand submissions judged by workers that are killed at random, each graded once.

    python -m benchmarks.cohort [-n 10000] [--workers 2] [--kill 10] [--json FILE]

There are 200 different submissions: right, mistaken, half empty, broken and hostile. They are graded once by
this process, undisturbed; these are the marks that count. Then each of n students hands in one of them, by a
hard link, and all are judged anew by a Dask cluster on this machine: no verdict is looked up. Every few seconds
a worker, or the sandbox of one, is killed. Said is whether every student was graded once, with the mark that
their submission has undisturbed; how much memory the grader and the workers took in each quarter of the run;
and what a submission costs the workers and the one process that writes, from which follows what more
machines would do.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import dask
import psutil
from distributed import LocalCluster

from autograder import grade as grading
from autograder import sample, submission
from autograder.gradebook import books
from autograder.lesson import Lesson, find_lesson
from autograder.scale import VerdictsFromAfar
from benchmarks.timing import machine

DIFFERENT = 200
MB = 1 << 20


class Afresh(VerdictsFromAfar):
    """Judges everything, and keeps nothing."""

    def of(self, lesson, steps, student):
        return {each.exercise: each for each in self.judge(lesson, steps, lesson.exercises, student)}


def different(lesson: Lesson, count: int) -> Iterator[str]:
    """The texts of so many different notebooks. What is drawn for each student stays open."""
    released = submission.released(lesson)
    exercises = [exercise for exercise in lesson.exercises if not exercise.personal]
    for number in range(count):
        rng = random.Random(number)
        answers = {e.id: f"# {number}\n{_answer(e, rng)}" for e in exercises if rng.random() < 0.9}
        own = sample.HOSTILE if number % 50 == 7 else f"number = {number}"
        text = json.dumps(sample.filled(released, sample.Sample("", answers, 0.0, own)))
        yield text[: len(text) // 2] if number % 100 == 50 else text


def _answer(exercise, rng: random.Random) -> str:
    """Right, or one of the mistakes; now and then no Python at all."""
    mistakes = [mistake for mistake in exercise.mistakes if sample.is_text(exercise, mistake)]
    if mistakes and rng.random() < 0.3:
        return sample.answer(exercise, rng.choice(mistakes))
    return sample.answer(exercise).replace("return", "retrun" if rng.random() < 0.05 else "return")


def undisturbed(lesson: Lesson, classroom: Path) -> tuple[dict[str, float], float]:
    """The marks of the different submissions, by name; and seconds of one core for each."""
    for number, text in enumerate(different(lesson, DIFFERENT)):
        path = _path(classroom, lesson, f"{number:03}")
        path.parent.mkdir(parents=True)
        path.write_text(text)
    start = time.monotonic()
    marks = grading.grade(lesson, classroom, jobs=1, isolation="any")
    return {mark.student: mark.points for mark in marks}, (time.monotonic() - start) / DIFFERENT


def linked(lesson: Lesson, few: Path, many: Path, count: int) -> None:
    """Many students, each with one of the few submissions."""
    for number in range(count):
        path = _path(many, lesson, _student(number))
        path.parent.mkdir(parents=True)
        os.link(_path(few, lesson, f"{number % DIFFERENT:03}"), path)


def _path(classroom: Path, lesson: Lesson, student: str) -> Path:
    return classroom / "submitted" / student / lesson.name / f"{lesson.name}.ipynb"


def _student(number: int) -> str:
    return f"{number:06}-{number % DIFFERENT:03}"


# ----- what happens meanwhile -----


class Disturber(threading.Thread):
    """Kills, every few seconds, a worker of the cluster or a sandbox below one; looks at everybody's memory."""

    def __init__(self, cluster: LocalCluster, every: float):
        super().__init__(daemon=True)
        self.cluster, self.every = cluster, every
        self.killed, self.memory, self._over, self._rng = Counter(), [], threading.Event(), random.Random(1)

    def __enter__(self) -> Disturber:
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        due = time.monotonic() + self.every
        while not self._over.wait(1):
            with contextlib.suppress(psutil.Error):  # somebody ended just now
                workers = self._workers()
                grader, theirs = psutil.Process(), [worker.memory_info().rss for worker in workers]
                ours = [grader, *(child for child in grader.children() if child.cmdline() == grader.cmdline())]
                self.memory.append((sum(each.memory_info().rss for each in ours) / MB, max(theirs, default=0) / MB))
                if self.every and time.monotonic() > due:
                    due += self.every
                    self._kill(workers)

    def _workers(self) -> list[psutil.Process]:
        processes = [nanny.process for nanny in self.cluster.workers.values()]
        return [psutil.Process(process.pid) for process in processes if process and process.pid]

    def _kill(self, workers: list[psutil.Process]) -> None:
        """Only what this run has started."""
        boxes = [child for worker in workers for child in worker.children() if child.name() == "bwrap"]
        what, chosen = self._rng.choice([("worker", workers), ("sandbox", boxes)])
        if chosen:
            self._rng.choice(chosen).send_signal(signal.SIGKILL)
            self.killed[what] += 1

    def quarters(self) -> list[list[float]]:
        """The largest memory of the grader and its writing process, and of a worker, in each quarter of the run, in MB."""
        size = max(1, len(self.memory) // 4)
        parts = [self.memory[start : start + size] for start in range(0, 4 * size, size)]
        return [[round(max(column)) for column in zip(*part)] for part in parts if part]


def disturbed(lesson: Lesson, classroom: Path, workers: int, every: float) -> dict[str, Any]:
    """Grade the cohort on a cluster whose workers are killed; what came of it."""
    seen: Counter[str] = Counter()
    settings = {"distributed.worker.daemon": False, "temporary-directory": str(classroom)}
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs="CRITICAL"
        ) as cluster,
        Disturber(cluster, every) as disturber,
    ):
        judges = mock.patch.object(grading, "_judges", lambda room, isolation, *_: Afresh(room, isolation, address))
        address, start, cpu = cluster.scheduler_address, time.monotonic(), time.process_time()
        with judges, _writing_timed() as writing:
            marks = grading.grade(lesson, classroom, isolation="any", progress=lambda student: seen.update([student]))
        seconds, grader = time.monotonic() - start, time.process_time() - cpu
    return {
        "marks": {mark.student: mark.points for mark in marks},
        "twice": [student for student, times in seen.items() if times != 1],
        "faults": [mark.note for mark in marks if mark.points is None],
        "seconds": seconds,
        "grader": grader,
        "writer": writing(),
        "killed": dict(disturber.killed),
        "memory": disturber.quarters(),
    }


@contextlib.contextmanager
def _writing_timed() -> Iterator[Callable[[], float]]:
    """What tells, afterwards, the computing time of the process that writes the gradebook."""
    keep = books._keep

    def timed(*task: Any) -> None:
        keep(*task)
        file.write_text(str(time.process_time()))

    with tempfile.TemporaryDirectory() as folder, mock.patch.object(books, "_keep", timed):
        file = Path(folder, "seconds")
        seconds: list[float] = []
        yield lambda: seconds[0]
        seconds.append(float(file.read_text()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-n", type=int, default=10_000, help="students")
    parser.add_argument("--lesson", type=find_lesson, default="01")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--kill", type=float, default=10, metavar="SECONDS", help="from one kill to the next; 0: none")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    lesson, count = asked.lesson, asked.n
    print(machine(["numpy", "nbgrader", "distributed"]), flush=True)
    with tempfile.TemporaryDirectory(prefix="cohort-") as folder:
        few, many = Path(folder, "few"), Path(folder, "many")
        truth, alone = undisturbed(lesson, few)
        print(f"{DIFFERENT} different submissions of {lesson.name}, undisturbed: {1e3 * alone:.0f} ms each", flush=True)
        linked(lesson, few, many, count)
        found = disturbed(lesson, many, asked.workers, asked.kill)
    marks = found.pop("marks")
    wrong = [student for student, points in marks.items() if points != truth[student[-3:]]]
    row = found | {"name": "cohort", "n": count, "graded": len(marks), "wrong": wrong, "alone": alone}
    for line in said(row, statistics.mean(truth.values())):
        print(line)
    if asked.json:
        asked.json.write_text(json.dumps([row], indent=1))
    return int(bool(len(marks) != count or wrong or found["twice"] or found["faults"]))


def said(row: dict[str, Any], mean: float) -> Iterator[str]:
    count, each = row["n"], row["seconds"] / row["n"]
    grader, writer = row["grader"] / count, row["writer"] / count
    most = 1 / max(grader, writer)
    killed = ", ".join(f"{number} × {what}" for what, number in row["killed"].items()) or "nobody"
    yield f"{row['graded']:,} of {count:,} graded, {len(row['twice'])} not exactly once, mean mark {mean:.2f}"
    yield f"killed: {killed}; marks other than undisturbed: {len(row['wrong'])}; our fault: {len(row['faults'])}"
    yield "memory by quarter, MB: " + "; ".join(f"grader {a}, worker {b}" for a, b in row["memory"])
    yield (
        f"{row['seconds']:.0f} s, {1e3 * each:.0f} ms for each; for each the grader computes {1e3 * grader:.1f} ms, and who "
        f"writes, beside it, {1e3 * writer:.1f} ms"
    )
    yield f"so one grader is busy at {most:.0f} submissions a second, that is {row['alone'] * most:.0f} cores that judge"
    for cores in (2, 8, 32, 128):
        rate = min(cores / row["alone"], most)
        yield f"  {cores:4} cores: {rate:6.1f} a second, 10,000 in {10_000 / rate / 60:6.1f} minutes"


if __name__ == "__main__":
    raise SystemExit(main())
