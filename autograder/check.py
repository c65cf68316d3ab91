"""What a learner calls in a notebook: `check`, `guess`, `quiz`; `mine` is in a file of its own.

Each shows its answer, rich in Jupyter and plain in a terminal, and never raises, with one
exception: where nbgrader runs the notebook by itself, without our judge, `check` fails closed.
Anything short of full points raises there, and full points are returned as a number.
"""

from __future__ import annotations

import contextlib
import gc
import html
import io
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from autograder.exercise import Exercise
from autograder.verdict import Verdict, folded, framed, rich

__all__ = ["check", "guess", "quiz"]

GUESSES: dict[str, tuple[Any, str]] = {}
OBJECTS = 100_000  # made since garbage was collected last, before it is again: some tens of megabytes
PRINTED = 2000  # characters of what a student's code prints that are shown back


def check(name: str | None = None) -> float | None:
    """Try the function called `name`, as it is defined now, on fresh numbers; show what holds.

    Without a name: show how far you are in this lesson. What passes is kept, and is `mine` later.

    check("affine_backward")
    check()
    """
    __tracebackhide__ = True
    from autograder.lesson import Unknown, find_exercise

    namespace = sys._getframe(1).f_globals
    if name is None:
        return _show_state(namespace)
    try:
        exercise = _mine(find_exercise(name))
        verdict, printed, picture = tried(exercise, namespace)
    except Unknown as error:
        if _graded():
            raise
        return show(str(error))
    except KeyboardInterrupt:
        if _graded():
            raise
        return show("Stopped before an answer came.")
    if _graded():
        if exercise.counts and verdict.points < verdict.max_points:
            raise AssertionError("\n" + verdict.text())
        return exercise.counts
    show_verdict(verdict, printed, picture, _remember(exercise, verdict, namespace))


def show_verdict(verdict: Verdict, printed: str, picture: str = "", said: str = "") -> None:
    """Show a verdict, where it is wrong as a picture, what else there is to say, and what the student's code printed."""
    text, shown = verdict.text(), verdict.html(picture)
    if said:
        text, shown = f"{text}\n{said}", shown + framed(rich(said))
    if printed:
        text += f"\nYour code printed:\n{printed}"
        shown += framed(folded("Your code printed", f"<pre>{html.escape(printed)}</pre>"))
    show(text, shown)


def _mine(exercise):
    """The exercise as it is drawn for the learner. Where nbgrader marks without our judge, nobody knows who that
    is, and the answer to another one's would be taken for right: there it fails."""
    if exercise.personal is None:
        return exercise
    if _graded() and not os.environ.get("NBGRADER_VALIDATING"):
        raise AssertionError(f"{exercise.id} is drawn for each student; only the course's own judge can mark it")
    from autograder import progress

    return exercise.drawn_for(progress.learner())


def tried(exercise: Exercise, namespace: dict[str, Any]) -> tuple[Verdict, str, str]:
    """The verdict on what stands in a namespace, on fresh numbers; what it printed; and a picture of what is wrong."""
    from autograder import examiner, judge
    from autograder.diagnose import Here
    from autograder.diagnose.picture import picture as drawn

    venue = Here(namespace)
    with undisturbed():
        with quietly() as printed:
            found = examiner.examine(exercise, venue, examiner.draws(exercise, examiner.fresh_seed, for_marks=False))
        with quietly():
            found = examiner.ask_again(exercise, venue, found, examiner.fresh_seed)
        picture = drawn(found.answers, list(found.complaints))
        return judge.verdict(exercise, found, found), printed.getvalue()[:PRINTED], picture


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Collect garbage less often: looking through deep graphs, made again and again, takes as long as all else."""
    before = gc.get_threshold()
    gc.set_threshold(OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextlib.contextmanager
def quietly() -> Iterator[io.StringIO]:
    """What is printed goes here; warnings go nowhere: an overflow shows in the values, and is told there."""
    with contextlib.redirect_stdout(io.StringIO()) as printed, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield printed


def _remember(exercise, verdict, namespace):
    """Count the check; keep what is right. Returns what there is to say about it."""
    from autograder import kept, progress
    from autograder.kinds import KINDS

    progress.record(exercise, verdict)
    if verdict.points < verdict.max_points or not KINDS[exercise.kind].reusable:
        return ""
    with quietly():
        why_not = kept.keep(exercise, namespace)
    return f"Right, but not kept as `mine.{exercise.id}`: {why_not}." if why_not else ""


def _show_state(namespace):
    from autograder import progress

    lesson = progress.lesson_here(namespace)
    text = progress.state(lesson) if lesson else "\n".join(progress.course())
    show(text, framed(f"<pre>{rich(text)}</pre>"))


def guess(name: str, value: Any = ..., because: str = "", *, actual: Any = ...) -> None:
    """Commit to a prediction before you run the next cell; later, see it beside what came out.

    guess("db_of_ones", 3.0, because="three rows")
    guess("db_of_ones", actual=db[0])
    """
    if actual is not ...:
        said = f"you guessed {GUESSES[name][0]}" if name in GUESSES else "you did not guess"
        return show(f"{_number(actual)}; {said}.")
    if value is ...:
        return show("Put your guess in place of the three dots, then run the cell again.")
    GUESSES[name] = value, because
    show(f"Noted: {value}{f', because {because}' if because else ''}.")


def quiz(name: str, letter: str = "") -> None:
    """Answer a question of the lesson by its letter. A wrong letter gets its own hint.

    quiz("who_sums", "b")
    """
    from autograder.choices import find_quiz
    from autograder.lesson import Unknown

    try:
        show(find_quiz(name).reply(letter))
    except Unknown as error:
        show(str(error))


def _number(value):
    try:
        return f"{float(value):.6g}"
    except (TypeError, ValueError):
        return str(value)


def _graded() -> bool:
    """Whether nbgrader itself runs this notebook."""
    return bool(os.environ.get("NBGRADER_EXECUTION") or os.environ.get("NBGRADER_VALIDATING"))


class _Shown:
    """Text with a richer form, for whichever front end is there."""

    def __init__(self, text, html):
        self.bundle = {"text/plain": text, "text/html": html}

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self.bundle


def show(text: str, html: str | None = None) -> None:
    """Show a text, or its richer form where the front end can."""
    ipython = sys.modules.get("IPython")
    if ipython and ipython.get_ipython():
        from IPython.display import display

        display(_Shown(text, html or framed(rich(text))))
    else:
        print(text)
