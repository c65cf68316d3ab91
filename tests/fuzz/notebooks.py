"""Broken notebooks, handed in as a class and graded as one: reading, judging in the box, gradebook.

Most are of lesson 01, whose submissions cost a third of those of lesson 04.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from autograder import grade as grading
from autograder import sample, submission
from autograder.gradebook import books
from autograder.lesson import Lesson, find_lesson
from tests.fuzz import Counterexample, above, generator
from tests.fuzz.mutate import mutant

__all__ = ["broken", "lesson_of", "unbroken"]

CLASS = 100  # mutants that are graded together
RARE = 10  # one in so many is of the dearer lesson
WRONG = {"01": ("chain_of_three", "sum_over_paths", "numeric_gradient"),
         "04": ("relu_backward", "softmax_loss", "stranger_04_backward", "every_gradient", "mse_loss", "svm_loss")}  # fmt: skip


def lesson_of(number: int) -> Lesson:
    return find_lesson("01" if number % RARE else "04")


def unbroken(lesson: Lesson) -> bytes:
    """A submission that earns about half: what is not right returns a constant, and no slip makes that right."""
    wrong = {name: f"def {name}(*arguments):\n    return 7.25" for name in WRONG[lesson.name[:2]]}
    right = {exercise.id: sample.answer(exercise) for exercise in lesson.exercises}
    filled = sample.filled(submission.released(lesson), sample.Sample("half", right | wrong, 0.0))
    return json.dumps(filled).encode()


def broken(count: int, seed: int, jobs: int, first: int = 0, say: Callable = print) -> Iterator[Counterexample]:
    """Grade so many mutants, and yield those that crash the grader or are paid more than the unbroken notebook."""
    numbers, levels = range(first, first + count), Counter()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        for lesson in {lesson_of(number).name: lesson_of(number) for number in numbers}.values():
            mine = [number for number in numbers if lesson_of(number).name == lesson.name]
            classroom, file = Path(folder, lesson.name), unbroken(lesson)
            most = _graded(lesson, classroom, {"unbroken": file}, jobs)["unbroken"]
            say(f"{lesson.name}: the unbroken notebook earns {sum(most.values()):g}")
            for start in range(0, len(mine), CLASS):
                made = {number: mutant(file, generator(seed, number)) for number in mine[start : start + CLASS]}
                levels.update(level for names, _ in made.values() for level in names.split(", "))
                yield from _counterexamples(lesson, classroom, made, most, seed, jobs)
                say(f"{lesson.name}: {start + len(made):,} of {len(mine):,}")
            say(f"{lesson.name}: {len(list(classroom.glob('verdicts/*/*.json'))):,} different programs were judged")
            shutil.rmtree(classroom)
    say("broken in: " + ", ".join(f"{level} {number:,}" for level, number in sorted(levels.items())))


def _counterexamples(
    lesson: Lesson, classroom: Path, made: dict[int, tuple[str, bytes]], most: dict, seed: int, jobs: int
) -> Iterator[Counterexample]:
    try:
        paid = _graded(lesson, classroom, {_name(number): file for number, (_, file) in made.items()}, jobs)
    except Exception as error:
        if len(made) > 1:  # which of them?
            for number in made:
                yield from _counterexamples(lesson, classroom, {number: made[number]}, most, seed, jobs)
            return
        paid = {_name(number): f"the grader raised {type(error).__name__}: {error}" for number in made}
    for number, (level, _) in made.items():
        got = paid[_name(number)]
        if said := got if isinstance(got, str) else above(got, most):
            again = f"python -m tests.fuzz --notebooks 1 --frames 0 --seed {seed} --from {number}"
            yield Counterexample(number, said, f"{lesson.name}, {level}", again)


def _graded(lesson: Lesson, classroom: Path, files: dict[str, bytes], jobs: int) -> dict[str, dict[str, float] | str]:
    """Grade a class; by student the points of each test cell, or why there are none."""
    shutil.rmtree(classroom / "submitted", ignore_errors=True)
    for student, file in files.items():
        path = classroom / "submitted" / student / lesson.name / f"{lesson.name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(file)
    marks = grading.grade(lesson, classroom, jobs, "any")
    if {mark.student for mark in marks} != files.keys():
        raise AssertionError("not everybody was graded once")
    with books.gradebook().opened(classroom).gradebook as gradebook:
        return {
            mark.student: mark.note if mark.points is None else _points(gradebook, lesson, mark.student)
            for mark in marks
        }


def _points(gradebook, lesson: Lesson, student: str) -> dict[str, float]:
    (notebook,) = gradebook.find_submission(lesson.name, student).notebooks
    return {grade.name: grade.auto_score or 0.0 for grade in notebook.grades}


def _name(number: int) -> str:
    return f"mutant-{number:05}"
