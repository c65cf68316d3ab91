"""Our judge in stock nbgrader: one exporter and two preprocessors, named in `nbgrader_config.py`.

`nbgrader autograde` reads a submission (SubmissionExporter), makes its cells whole (HardenCells),
lets the judge write the outputs of the test cells (TrustedExecute), and goes on as ever: nbgrader
reads the points from those outputs. Gradebook, formgrader, feedback and export are stock.
"""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor, OverwriteCells
from traitlets import Unicode

from autograder import submission
from autograder.lesson import Unknown, find_lesson
from autograder.verdict import Verdict
from autograder.verdicts import Verdicts

__all__ = [
    "HardenCells",
    "SubmissionExporter",
    "TrustedExecute",
    "keep_timestamp_readable",
    "output",
    "write_outputs",
]

FOR_MORE = "This exercise is there for whoever wants more; it is no part of the mark."
NOT_OURS = "No exercise of the course stands behind this cell, so it was not judged; mark it by hand."


class HardenCells(OverwriteCells):
    """The lesson's own cells come back whole; what is left is the student's."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        if released := _released(resources):
            nb = nbformat.from_dict(submission.harden(nb, released))
        return super().preprocess(nb, resources)


class SubmissionExporter(NotebookExporter):
    """Reads what a student handed in. A file that cannot be read stops nobody: the untouched lesson
    stands for it, with the reason on top, and earns what that deserves."""

    def from_filename(self, filename, resources=None, **kwargs):
        released = _released(resources)
        if not released or not any(isinstance(each, HardenCells) for each in self._preprocessors):
            return super().from_filename(filename, resources=resources, **kwargs)
        try:
            notebook = submission.read(Path(filename), released)
        except submission.Unreadable as reason:
            self.log.warning("%s: %s", filename, reason)
            notebook = submission.unreadable(str(reason), released)
        return self.from_notebook_node(nbformat.from_dict(notebook), resources=resources, **kwargs)


class TrustedExecute(NbGraderPreprocessor):
    """Writes the outputs of the test cells: reasons as text, and the points as the result.

    No cell runs in this process or in a kernel. A test cell always gets exactly one result, a
    finite number between 0 and its points, and never an error: nbgrader takes a cell without
    output for full marks.
    """

    classroom = Unicode("classroom", help="Where verdicts and the secret are kept.").tag(config=True)
    isolation = Unicode("safe", help="safe: stop where there are no walls; any; none.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        verdicts = {}
        if released := _released(resources):
            lesson = find_lesson(resources["nbgrader"]["assignment"])
            store, student = _verdicts(self.classroom, self.isolation), resources["nbgrader"]["student"]
            verdicts = store.of(lesson, submission.steps(nb, released), student)
        for cell in nb.cells:
            if submission.is_test(cell):
                write_outputs(cell, verdicts)
        return nb, resources


@cache
def _verdicts(classroom: str, isolation: str) -> Verdicts:
    """One store, and one warm box, for all submissions of a run; nbgrader makes its preprocessors anew for each."""
    verdicts = Verdicts(Path(classroom), isolation)
    atexit.register(verdicts.close)
    return verdicts


def keep_timestamp_readable(assignment: str, student: str, notebooks: list[str]) -> None:
    """Before a submission is converted: a timestamp that nbgrader could not read, and would stop at, is put aside."""
    for path in {Path(notebook).with_name("timestamp.txt") for notebook in notebooks}:
        try:
            utils.parse_utc(path.read_text().strip())
        except FileNotFoundError:
            continue
        except (ValueError, OverflowError, OSError):
            path.replace(path.with_name("timestamp-unreadable.txt"))


def write_outputs(cell: NotebookNode, verdicts: Mapping[str, Verdict]) -> None:
    """A test cell's outputs, from which nbgrader reads its points, as a fraction of its own maximum."""
    verdict = verdicts.get(cell.metadata.get("backprop", {}).get("exercise"))
    share = verdict.points / verdict.max_points if verdict else 0.0
    points = round(share * float(cell.metadata.nbgrader["points"]), 6)
    text = verdict.text() if verdict else NOT_OURS
    if verdict and not cell.metadata.nbgrader["points"]:
        text += f"\n{FOR_MORE}"
    cell.execution_count = 1
    cell.outputs = [
        output("stream", name="stdout", text=text + "\n"),
        output("execute_result", data={"text/plain": repr(points)}, execution_count=1),
    ]


def output(kind: str, **fields: Any) -> NotebookNode:
    """An output as nbformat makes it, which would also try it against its schema: for longer than all the rest takes."""
    own = {} if kind == "stream" else {"metadata": {}}
    return nbformat.from_dict({"output_type": kind} | own | fields)


def _released(resources: dict) -> dict | None:
    """The released notebook of the lesson in hand, or None for an assignment that is not ours."""
    try:
        lesson = find_lesson(resources["nbgrader"]["assignment"])
    except Unknown:
        return None
    return submission.released(lesson) if resources["nbgrader"]["notebook"] == lesson.name else None
