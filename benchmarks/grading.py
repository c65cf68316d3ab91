"""What it takes to grade a class: ours beside stock nbgrader and others, on the same submissions, in one run.

    python -m benchmarks.grading [-n 60] [--json FILE] [--growth]

Every row grades the same sample class (`backprop class`, without the files that cannot be read, and without
the one that never ends: stock nbgrader waits 30 s for that, which would flatter us): of lesson 04, and of a
synthetic lesson that is eight answers and eight tests. Reports, verdicts and diagnoses are included. Time is
wall-clock time of the whole command, start-up included, divided by the number of submissions; the ratio is that
of stock nbgrader over the row's, so above 1 is faster. No two submissions are the same, so that none is looked
up. Both sides get compiled bytecode and one BLAS thread.

The floor is a fork of a warm process that runs what we run for a mark, the setup, the answers and the tests, with
`check` in there: no walls, no gradebook, no pages. Stock nbgrader and the row "floor, demos too" also run the
lesson's demonstrations. Otter-Grader is measured where it is installed.

At the end, what one person waits for; the ratio is that of a limit over the time.
"""

from __future__ import annotations

import argparse
import compileall
import importlib.util
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from autograder import sample
from autograder.check import tried
from autograder.diagnose import attempt
from autograder.exercise import Exercise
from autograder.lesson import Lesson, find_lesson, folder, lessons
from benchmarks import synthetic
from benchmarks.timing import machine

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
NOT_LIKE_FOR_LIKE = ("endless", "broken-file")


class Row(NamedTuple):
    """seconds and cpu per submission; memory: MB of the largest process; ratio: stock over this."""

    name: str
    seconds: float
    cpu: float
    memory: float
    ratio: float | None = None
    bar: float | None = None


class Class(NamedTuple):
    """A sample class on disk, to be copied for every row."""

    lesson: Lesson
    submitted: Path
    size: int

    def copy(self, to: Path) -> Path:
        shutil.copytree(self.submitted, to / "submitted")
        return to


def write_class(lesson: Lesson, home: Path, number: int) -> Class:
    """At least `number` submissions of the mix, each with a cell of its own: what two hand in alike is judged once."""
    sample.write(lesson, home, number + len(NOT_LIKE_FOR_LIKE))
    for each, path in enumerate(sorted((home / "submitted").glob("*/*/*.ipynb"))):
        if path.parent.parent.name.endswith(NOT_LIKE_FOR_LIKE):
            shutil.rmtree(path.parent.parent)
            continue
        notebook = json.loads(path.read_text())
        notebook["cells"].insert(0, sample.own_cell(f"number = {each}", "number"))
        path.write_text(json.dumps(notebook))
    return Class(lesson, home / "submitted", len(list((home / "submitted").iterdir())))


def clocked(command: list[str], cwd: Path, expects: tuple[int, ...] = (0,), **environment: str) -> Row:
    """Run a command. Processor time is that of the whole machine: what runs in a box is nobody's child."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | ENVIRONMENT | environment
    before, start = _busy(), time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds, cpu = time.monotonic() - start, _busy() - before
        if process.returncode not in expects:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{said.read().decode()[-2000:]}")
    return Row("", seconds, cpu, usage.ru_maxrss / 1024)


def _busy() -> float:
    """Seconds in which the machine's cores were not idle."""
    user, nice, system, idle, iowait, irq, soft, *_ = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


# ----- the ways to grade -----


def stock(of: Class, home: Path) -> Row:
    """`nbgrader autograde` as it comes: the notebooks run in kernels, `check` decides in there."""
    shutil.copytree(folder("solutions"), home / "source")
    of.copy(home)
    (home / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "backprop"\n')
    clocked(_nbgrader("generate_assignment", of.lesson), home)
    return clocked(_nbgrader("autograde", of.lesson), home, expects=(0, 1))


def our_config(of: Class, home: Path) -> Row:
    """`nbgrader autograde` with our configuration."""
    for name in ("solutions", "course", "lessons"):
        shutil.copytree(folder(name), home / name)
    shutil.copy(ROOT / "nbgrader_config.py", home)
    of.copy(home / "classroom")
    clocked([*_nbgrader("generate_assignment", of.lesson), "--force"], home, BACKPROP_ISOLATION="any")
    return clocked(_nbgrader("autograde", of.lesson), home, BACKPROP_ISOLATION="any")


def graded(*options: str) -> Callable[[Class, Path], Row]:
    """`backprop grade` into a fresh classroom."""

    def run(of: Class, home: Path) -> Row:
        command = [sys.executable, "-m", "autograder.cli", "grade", of.lesson.name, "--classroom", str(of.copy(home))]
        return clocked([*command, "--isolation", "any", *options], ROOT, expects=(0, 1))

    return run


def nbconvert(of: Class, home: Path) -> Row:
    """`jupyter nbconvert --execute`, which marks nothing."""
    notebooks = [str(path) for path in of.copy(home).glob("submitted/*/*/*.ipynb")]
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--allow-errors", "--inplace"]
    return clocked([*command, *notebooks], home, expects=(0, 1))


FLOOR = """
import json, os, sys
import numpy, autograder.judge, autograder.diagnose
roles = sys.argv[1].split(",")
for path in sys.argv[2:]:
    if (child := os.fork()) == 0:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1), os.dup2(null, 2)
        names = {"__name__": "__main__"}
        for cell in json.load(open(path))["cells"]:
            if cell["cell_type"] == "code" and cell["metadata"].get("backprop", {}).get("role", "own") in roles:
                try:
                    exec("".join(cell["source"]), names)
                except BaseException:
                    pass
        os._exit(0)
    os.waitpid(child, 0)
"""


def floor(*more: str) -> Callable[[Class, Path], Row]:
    """A fork of a warm process that runs cells, `check` among them: no walls, no gradebook, no pages."""
    roles = ",".join(["setup", "answer", "test", "own", *more])

    def run(of: Class, home: Path) -> Row:
        notebooks = [str(path) for path in of.copy(home).glob("submitted/*/*/*.ipynb")]
        return clocked([sys.executable, "-c", FLOOR, roles, *notebooks], home, BACKPROP_HOME=str(home / "learner"))

    return run


OTTER = """
import os, sys
from otter.run import main
home = os.getcwd()
for path in sys.argv[1:]:
    main(path, autograder=f"{home}/autograder.zip", output_dir=f"{home}/out", no_logo=True)
"""
OTTERS_TEST = """
OK_FORMAT = True
code = '''>>> from autograder.lesson import find_exercise
>>> from autograder.check import tried
>>> float(tried(find_exercise("NAME").drawn_for("anna"), {**globals()})[0].points)
POINTS'''
cases = [{"code": code, "hidden": False, "locked": False}]
test = {"name": "NAME", "points": POINTS, "suites": [{"type": "doctest", "scored": True, "cases": cases}]}
"""


def otter(of: Class, home: Path) -> Row:
    """`otter run`, all notebooks in one process and without containers; `check` decides in there, as a test of its own."""
    notebooks = [str(path) for path in of.copy(home).glob("submitted/*/*/*.ipynb")]
    for name in ("tests", "out"):
        (home / name).mkdir()
    for exercise in of.lesson.exercises:
        test = OTTERS_TEST.replace("NAME", exercise.id).replace("POINTS", str(exercise.max_points))
        (home / "tests" / f"{exercise.id}.py").write_text(test)
    command = str(Path(sys.executable).with_name("otter"))
    clocked([command, "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment"], home)
    return clocked([sys.executable, "-c", OTTER, *notebooks], home, BACKPROP_HOME=str(home / "learner"))


def _nbgrader(step: str, lesson: Lesson) -> list[str]:
    return [sys.executable, "-m", "nbgrader", step, lesson.name]


# fmt: off
WAYS: dict[str, tuple[Callable[[Class, Path], Row], float | None]] = {
    "nbgrader":   (stock, None),
    "our config": (our_config, 2.8),
    "jobs 1":     (graded("--jobs", "1"), 12),
    "jobs 2":     (graded("--jobs", "2"), 25),
    "outputs":    (graded("--jobs", "2", "--outputs"), 10),
    "nbconvert":  (nbconvert, None),
    "floor":      (floor(), None),
    "floor, demos too": (floor("demo", "explore"), None),
} | ({"otter": (otter, None)} if importlib.util.find_spec("otter") else {})
# fmt: on


def table(lesson: Lesson, number: int) -> Iterator[Row]:
    """A row for every way, each on a copy of the same class; nbgrader's own first."""
    with tempfile.TemporaryDirectory(prefix="backprop-bench-") as folder:
        of, first = write_class(lesson, Path(folder) / "class", number), None
        for name, (way, bar) in WAYS.items():
            home = Path(folder) / name.replace(" ", "-")
            home.mkdir()
            row = _each(way(of, home), of.size)
            first = first or row.seconds
            yield row._replace(name=name, ratio=first / row.seconds, bar=bar)
            shutil.rmtree(home)


def growth(lesson: Lesson, sizes: tuple[int, ...] = (20, 200, 2000)) -> Iterator[Row]:
    """`backprop grade` on classes of growing size."""
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="backprop-bench-") as folder:
            of = write_class(lesson, Path(folder) / "class", size)
            yield _each(graded("--jobs", "2")(of, Path(folder) / "home"), of.size)._replace(name=f"class of {size:,}")


# ----- what one person waits for -----


def moments() -> Iterator[Row]:
    """`check` of the slowest exercise, the median of right and wrong answers; the help; one submission from cold."""
    with tempfile.TemporaryDirectory(prefix="backprop-bench-") as folder:
        home = Path(folder)
        with mock.patch.dict(os.environ, BACKPROP_HOME=folder):
            exercises = [e.drawn_for("anna") for lesson in lessons() for e in lesson.exercises]
            slowest = max(exercises, key=_checking)
            yield _within(0.1, Row(f"check {slowest.id}", _checking(slowest), 0, 0))
        command = [sys.executable, "-m", "autograder.cli"]
        yield _within(0.3, _median(lambda: clocked([*command, "--help"], home))._replace(name="--help"))
        alone = write_class(find_lesson("04"), home / "alone", 1)
        for student in sorted(alone.submitted.iterdir())[1:]:
            shutil.rmtree(student)
        rows = (graded()(alone, home / str(number)) for number in itertools.count())
        yield _within(2, _median(lambda: next(rows))._replace(name="one, from cold"))


def _checking(exercise: Exercise) -> float:
    """Seconds that an answer takes: the median of the right one and of every mistake, each asked twice."""
    right = {name: getattr(exercise.reference, name) for name in exercise.writes}
    seconds = []
    for names in [right, *(attempt(exercise, mistake) for mistake in exercise.mistakes)]:
        tried(exercise, names)
        start = time.perf_counter()
        tried(exercise, names)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def _median(run: Callable[[], Row]) -> Row:
    rows = sorted((run() for _ in range(5)), key=lambda row: row.seconds)
    return rows[len(rows) // 2]


def _within(limit: float, row: Row) -> Row:
    return row._replace(ratio=limit / row.seconds, bar=1)


def _each(row: Row, size: int) -> Row:
    return row._replace(seconds=row.seconds / size, cpu=row.cpu / size)


def show(row: Row) -> str:
    ratio = "" if row.ratio is None else f"{row.ratio:8.2f}"
    bar = "" if row.bar is None else f"  {row.bar:g} {'✓' if row.ratio >= row.bar else '✗'}"
    return f"{row.name:24}{1e3 * row.seconds:8.0f} ms{1e3 * row.cpu:8.0f} ms{row.memory:8.0f} MB{ratio}{bar}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-n", type=int, default=60, help="submissions in the class")
    parser.add_argument("--growth", action="store_true", help="also classes of 20, 200 and 2,000")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    compileall.compile_dir(sysconfig.get_path("purelib"), quiet=2)
    print(machine(["numpy", "nbgrader", "nbconvert"]))
    rows: list[dict] = []

    def put(title: str, found: Iterable[Row]) -> None:
        print(f"\n{title:24}{'time':>11}{'cpu':>11}{'memory':>11}{'ratio':>8}  bar", flush=True)
        for row in found:
            print(show(row), flush=True)
            rows.append({"of": title} | row._asdict())

    put("lesson 04, each", table(find_lesson("04"), arguments.n))
    with synthetic.course():
        put("synthetic, each", table(find_lesson("00"), arguments.n))
    put("one person waits", moments())
    if arguments.growth:
        put("classes, each", growth(find_lesson("04")))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
