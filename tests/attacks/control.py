"""A grader that decides where the student's code runs: the positive control of the battery.

It is what ours is not. All cells run in one namespace, the test cells among them; the comparison, the
expected values and the record of what happened lie beside the code that is being marked; results come
back in a file that anybody may write; the grades, the model solution and the neighbours' work are in
folders next door. If the attacks did nothing here, they would prove nothing there.

Points are read from a cell's outputs as nbgrader reads them: the first error or result counts, a result
that is no number is full marks, and so is no result at all.
"""

from __future__ import annotations

import ast
import copy
import gc
import importlib
import json
import os
import pickle
import resource
import signal
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from autograder import examiner, submission
from autograder.exercise import Exercise
from autograder.lesson import find_exercise, find_lesson

__all__ = ["marks"]

ROOT = Path(__file__).parents[2]
LESSON = find_lesson("04")
SECONDS = 6
MODULES = {"affine_backward": "layers", "relu_backward": "activations"}
EXERCISES = [find_exercise(name) for name in MODULES]


def marks(handed_in: bytes, folder: Path) -> dict[str, float | None]:
    """The points of a submission by exercise, as its gradebook has them in the end."""
    notebook, db = _course(handed_in, folder)
    child = os.fork()
    if child == 0:
        try:
            _forget_the_tests()
            _run(notebook, folder)
        finally:
            os._exit(0)
    _wait(child)
    _record(_points(notebook, folder / "results.pickle"), db)
    time.sleep(0.1)  # grades are exported when everybody is done
    with sqlite3.connect(db) as gradebook:
        return dict(gradebook.execute("SELECT name, score FROM grade"))


def _forget_the_tests() -> None:
    """Let the garbage collector know, as in a kernel, of nothing but the library: not of what thousands of tests left."""
    gc.freeze()
    for module in MODULES.values():
        importlib.reload(importlib.import_module(f"backprop.{module}"))


def hidden_test(exercise: Exercise) -> str:
    """The hidden test of an exercise: one public draw, the reference, and a sum of points."""
    draw = examiner.draws(exercise, examiner.public_seed, for_marks=False)[0]
    arrays = {**draw.inputs, "dout": draw.dout}
    lines = ["import numpy as np", f"from backprop import {MODULES[exercise.id]}", "points = 0"]
    lines += [f"{name} = np.array({array.tolist()})" for name, array in arrays.items()]
    cache = ", ".join(draw.inputs) if len(draw.inputs) == 1 else f"({', '.join(draw.inputs)})"
    lines += [f"returned = {exercise.id}(dout, {cache})"]
    lines += [f"expected = {MODULES[exercise.id]}.{exercise.id}(dout, {cache})"]
    if len(exercise.points) == 1:
        lines += ["returned, expected = [returned], [expected]"]
    for place, worth in enumerate(exercise.points.values()):
        lines += [f"if np.allclose(returned[{place}], expected[{place}]):", f"    points += {worth}"]
    return "\n".join([*lines, "points"])


# ----- where the student's code runs -----


class Shell:
    """What a kernel does with cells: run them in one namespace, and keep what they show."""

    def __init__(self):
        self.namespace: dict[str, Any] = {"__name__": "__main__"}
        self.outputs: list[dict[str, Any]] = []
        sys.displayhook, sys.excepthook, sys.stdout = self.show, self.fail, self

    def show(self, value) -> None:
        if value is not None:
            self.outputs.append({"output_type": "execute_result", "value": value})

    def fail(self, *error) -> None:
        self.outputs.append({"output_type": "error"})

    def write(self, text) -> None:
        self.outputs = [each for each in self.outputs if each["output_type"] != "stream"]
        self.outputs.append({"output_type": "stream", "text": text[:100]})

    def flush(self) -> None:
        pass

    def run(self, source: str) -> list[dict[str, Any]]:
        self.outputs = []
        try:
            tree = ast.parse(source)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "<cell>", "exec"), self.namespace)
            if last:
                sys.displayhook(eval(compile(ast.Expression(last.value), "<cell>", "eval"), self.namespace))
        except BaseException:
            sys.excepthook(*sys.exc_info())
        return self.outputs


def _run(notebook: dict[str, Any], folder: Path) -> None:
    """Run all cells but the lesson's demonstrations, and leave the outputs of the test cells in a file."""
    _confine()
    os.chdir(folder / "submitted" / "somebody")
    shell, results = Shell(), {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            shown_only = cell["metadata"].get("backprop", {}).get("role") in ("demo", "explore")
            skipped = shown_only or "skip-execution" in cell["metadata"].get("tags", [])
            outputs = [] if skipped else shell.run(cell["source"])
            if name := cell["metadata"].get("nbgrader", {}).get("grade_id"):
                results[name] = outputs
    with open(folder / "results.pickle", "wb") as file:
        pickle.dump(results, file)


def _confine() -> None:
    """No wall, only enough that nothing outlives a test or harms a developer's machine."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.closerange(3, 256)
    for which, most in (("CPU", SECONDS), ("AS", 8 << 30), ("FSIZE", 64 << 20), ("CORE", 0)):
        resource.setrlimit(getattr(resource, f"RLIMIT_{which}"), (most, most))


def _wait(child: int) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            break
        time.sleep(0.01)
    try:
        os.kill(child, signal.SIGKILL)
    finally:
        os.waitpid(child, 0)


# ----- the course around it -----


def _course(handed_in: bytes, folder: Path) -> tuple[dict[str, Any], Path]:
    """A folder with a gradebook, the model solution, a neighbour's work and this submission; its notebook,
    with the hidden tests put back."""
    solution = json.loads((ROOT / "solutions" / LESSON.name / f"{LESSON.name}.ipynb").read_text())
    for place in ("source", "submitted/neighbour", "submitted/somebody"):
        (folder / place).mkdir(parents=True)
    for place in ("source", "submitted/neighbour"):
        (folder / place / "notebook.ipynb").write_text(json.dumps(solution))
    (folder / "submitted/somebody/notebook.ipynb").write_bytes(handed_in)
    with sqlite3.connect(folder / "gradebook.db") as gradebook:
        gradebook.execute("CREATE TABLE grade (name TEXT PRIMARY KEY, score REAL)")
    notebook, tests = _read(handed_in), {exercise.id: hidden_test(exercise) for exercise in EXERCISES}
    for cell in notebook["cells"]:
        name = (cell["metadata"].get("nbgrader") or {}).get("grade_id", "")
        if isinstance(name, str) and name.removeprefix("check_") in tests and name.startswith("check_"):
            cell["source"] = tests[name.removeprefix("check_")]
    return notebook, folder / "gradebook.db"


def _read(handed_in: bytes) -> dict[str, Any]:
    """The notebook, or an empty one: that of a bad file is never marked here."""
    try:
        notebook = copy.deepcopy(json.loads(handed_in))
        for cell in notebook["cells"]:
            cell["source"] = submission._text(cell)
            cell["metadata"] = dict(cell["metadata"])
            cell["metadata"]["nbgrader"] = dict(cell["metadata"].get("nbgrader", {}))
        return notebook
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
        return {"cells": []}


def _points(notebook: dict[str, Any], results: Path) -> dict[str, float]:
    """What nbgrader reads from outputs, out of the points that the submission says a cell is worth."""
    try:
        outputs = pickle.loads(results.read_bytes())
    except Exception:
        return {}
    found = {}
    for cell in notebook["cells"]:
        name, points = (cell["metadata"]["nbgrader"].get(key) for key in ("grade_id", "points"))
        if isinstance(points, (int, float)) and name in outputs:
            found[name.removeprefix("check_")] = _score(outputs[name], points)
    return found


def _score(outputs: list[dict[str, Any]], most: float) -> float:
    for output in outputs:
        if output["output_type"] == "error":
            return 0.0
        if output["output_type"] == "execute_result":
            try:
                score = float(output["value"])
            except (TypeError, ValueError):
                return most
            return score if score >= 0 else most
    return most


def _record(points: dict[str, float], db: Path) -> None:
    """Write the grades, except those that are there already."""
    with sqlite3.connect(db, timeout=5) as gradebook:
        for exercise in EXERCISES:
            row = exercise.id, points.get(exercise.id)
            gradebook.execute("INSERT OR IGNORE INTO grade VALUES (?, ?)", row)
