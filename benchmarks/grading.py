"""What it takes to grade a class: ours beside stock nbgrader and others, on the same submissions, in one run.

    python -m benchmarks.grading [-n 20] [--json FILE] [--growth]

Every row grades the same sample class (`backprop class`, without the files that cannot be read, and without
the one that never ends: stock nbgrader waits 30 s for that, which would flatter us). Reports, verdicts and
diagnoses are included. Time is wall-clock time of the whole command, start-up included, divided by the
number of submissions; the ratio is that of stock nbgrader over the row's, so above 1 is faster. Both sides
get compiled bytecode and one BLAS thread.
"""

from __future__ import annotations

import argparse
import compileall
import itertools
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from autograder import sample
from autograder.lesson import Lesson, find_lesson
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
    """At least `number` submissions of the mix."""
    sample.write(lesson, home, number + len(NOT_LIKE_FOR_LIKE))
    for folder in (home / "submitted").iterdir():
        if folder.name.endswith(NOT_LIKE_FOR_LIKE):
            shutil.rmtree(folder)
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
    shutil.copytree(ROOT / "solutions", home / "source")
    of.copy(home)
    (home / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "backprop"\n')
    clocked(_nbgrader("generate_assignment", of.lesson), home)
    return clocked(_nbgrader("autograde", of.lesson), home, expects=(0, 1))


def our_config(of: Class, home: Path) -> Row:
    """`nbgrader autograde` with our configuration."""
    for name in ("solutions", "course", "lessons"):
        shutil.copytree(ROOT / name, home / name)
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
for path in sys.argv[1:]:
    if (child := os.fork()) == 0:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1), os.dup2(null, 2)
        names = {"__name__": "__main__"}
        for cell in json.load(open(path))["cells"]:
            if cell["cell_type"] == "code":
                try:
                    exec("".join(cell["source"]), names)
                except BaseException:
                    pass
        os._exit(0)
    os.waitpid(child, 0)
"""


def floor(of: Class, home: Path) -> Row:
    """A fork of a warm process that runs all cells, `check` among them: no walls, no gradebook, no pages."""
    notebooks = [str(path) for path in of.copy(home).glob("submitted/*/*/*.ipynb")]
    return clocked([sys.executable, "-c", FLOOR, *notebooks], home, BACKPROP_HOME=str(home / "learner"))


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
    "floor":      (floor, None),
}
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
    """`backprop grade` on classes of growing size, in which everybody hands in something different."""
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="backprop-bench-") as folder:
            few = write_class(lesson, Path(folder) / "few", 20)
            many = _multiplied(few, Path(folder) / "many", size)
            yield _each(graded("--jobs", "2")(many, Path(folder) / "home"), size)._replace(name=f"class of {size:,}")


def _multiplied(of: Class, home: Path, size: int) -> Class:
    """The class again and again, each time with a cell of its own, so that no two submissions are the same."""
    paths = sorted(of.submitted.glob("*/*/*.ipynb"))
    for number in range(size):
        path = paths[number % len(paths)]
        notebook = json.loads(path.read_text())
        own = {"cell_type": "code", "id": "own", "metadata": {}, "outputs": [], "execution_count": None}
        notebook["cells"].insert(0, own | {"source": f"mine = {number}"})
        to = home / "submitted" / f"student-{number:05}" / path.parent.name / path.name
        to.parent.mkdir(parents=True)
        to.write_text(json.dumps(notebook))
    return Class(of.lesson, home / "submitted", size)


def _each(row: Row, size: int) -> Row:
    return row._replace(seconds=row.seconds / size, cpu=row.cpu / size)


def show(row: Row) -> str:
    ratio = "" if row.ratio is None else f"{row.ratio:8.2f}"
    bar = "" if row.bar is None else f"  {row.bar:g} {'✓' if row.ratio >= row.bar else '✗'}"
    return f"{row.name:16}{1e3 * row.seconds:8.0f} ms{1e3 * row.cpu:8.0f} ms{row.memory:8.0f} MB{ratio}{bar}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-n", type=int, default=20, help="submissions in the class")
    parser.add_argument("--lesson", type=find_lesson, default="04")
    parser.add_argument("--growth", action="store_true", help="also classes of 20, 200 and 2,000")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    compileall.compile_dir(sysconfig.get_path("purelib"), quiet=2)
    print(machine(["numpy", "nbgrader", "nbconvert"]))
    print(f"{arguments.lesson.name}, per submission\n{'':16}{'time':>11}{'cpu':>11}{'memory':>11}{'ratio':>8}  bar")
    rows = []
    for row in itertools.chain(
        table(arguments.lesson, arguments.n), growth(arguments.lesson) if arguments.growth else ()
    ):
        print(show(row), flush=True)
        rows.append(row._asdict())
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
