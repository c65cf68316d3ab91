"""The `backprop` command. Each command reads its arguments, calls one function, says what it did."""

from __future__ import annotations

import os
from pathlib import Path

import click

from autograder.box import NoSandbox
from autograder.lesson import Lesson, Unknown, find_lesson, folder, lessons

NO_WALLS = "backprop doctor says what works; --isolation none grades without walls, and says so on every page."
MARKS = {True: "PASS", None: "PART", False: "FAIL"}
COMMANDS = {"context_settings": {"help_option_names": ["-h", "--help"]}}


class LessonType(click.ParamType):
    """A lesson by its number or its name: 4, 04 and 04_backward_pass are the same."""

    name = "lesson"

    def convert(self, value, param, ctx):
        try:
            return value if isinstance(value, Lesson) else find_lesson(value)
        except Unknown as error:
            self.fail(str(error), param, ctx)


LESSON = click.argument("lesson", type=LessonType())
CLASSROOM = click.option(
    "--classroom",
    type=click.Path(file_okay=False, path_type=Path, resolve_path=True),
    default="classroom",
    show_default=True,
    envvar="BACKPROP_CLASSROOM",
    help="The folder with submissions, marks and feedback.",
)


@click.group(**COMMANDS)
@click.version_option(package_name="backprop-course")
def cli():
    """Learn backpropagation by writing it; build, check and grade the course."""


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def lab(arguments):
    """Say how far you are, and open the course in JupyterLab; without a screen, print its address.

    You work on a copy of your own, ./my-course. Later calls add lessons that are new and leave
    everything that is there as it is. ARGUMENTS go to JupyterLab.

        backprop lab
    """
    from autograder import progress
    from autograder.lab import become

    for line in progress.course():
        click.echo(line)
    become(list(arguments))


@cli.command()
@click.argument("chosen", metavar="[LESSON]...", nargs=-1, type=LessonType())
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a notebook is out of date.")
def build(chosen, check):
    """Write the notebooks of each LESSON (default: all) into solutions/ and course/.

        backprop build 04
    """  # fmt: skip
    from autograder import build as builder

    stale = []
    for lesson in chosen or lessons():
        try:
            found = builder.build(lesson, check)
        except (ValueError, LookupError) as error:
            raise click.ClickException(f"{lesson.name}: {error}") from None
        reading, writing = builder.minutes(lesson)
        click.echo(f"{lesson.name}: {reading} minutes of reading, {writing} of core exercises")
        for path in found:
            click.echo(f"  {'out of date' if check else 'wrote'} {path.relative_to(folder('course').parent)}")
        stale += found
    if check and stale:
        raise click.ClickException("run `backprop build` and commit what it writes")


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--student", metavar="ID", help="Whose notebook it is; else yours. Solutions are nobody's: ''.")
def check(file, student):
    """Try the exercises in a notebook FILE, as marking would, and say what holds.

    The name of the file says which lesson it is.

        backprop check course/04_backward_pass/04_backward_pass.ipynb
    """
    from autograder import judge, progress, submission

    lesson = LessonType().convert(file.stem, None, None)
    released = submission.released(lesson)
    try:
        notebook = submission.harden(submission.read(file, released), released)
    except submission.Unreadable as reason:
        raise click.ClickException(f"{file}: {reason}") from None
    with judge.sandbox(lesson.exercises, "any") as walls:
        steps, student = submission.steps(notebook, released), progress.learner() if student is None else student
        found = judge.mark_cells(steps, lesson.exercises, os.urandom(32), walls, student)
    for verdict in found:
        click.echo(f"{verdict.exercise}\n{_indented(verdict.text())}\n")
    counting = [verdict for verdict, exercise in zip(found, lesson.exercises, strict=True) if exercise.counts]
    click.echo(f"{sum(v.points for v in counting):g} of {sum(v.max_points for v in counting):g} points")


@cli.command()
@LESSON
@CLASSROOM
@click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count(), show_default="all cores", help="Judge so many at a time."
)
@click.option(
    "--isolation",
    type=click.Choice(["safe", "any", "none"]),
    default="safe",
    show_default=True,
    envvar="BACKPROP_ISOLATION",
    help="safe: stop where student code cannot be walled in; any: the strongest walls, or none; none.",
)
@click.option("--outputs", is_flag=True, help="Also run the notebooks to show what they print and draw.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and leave the gradebook alone.")
@click.option("--scheduler", metavar="tcp://HOST:PORT", help="Have the workers of a Dask cluster judge.")
def grade(lesson, classroom, jobs, isolation, outputs, dry_run, scheduler):
    """Mark every submission of LESSON in the classroom, and fill the gradebook.

    Submissions are at CLASSROOM/submitted/STUDENT/LESSON/LESSON.ipynb. One that cannot be read
    gets its mark and its reason like any other. What was judged before is not judged again, unless
    the exercise has changed since; CLASSROOM/audit.jsonl says what was judged and written, and when.

        backprop grade 04
    """
    from tqdm import tqdm

    from autograder import grade as grading
    from autograder import sample

    files = dict(grading.submitted(lesson, classroom))
    lost = dict(grading.misplaced(lesson, classroom))
    for student, found in lost.items():
        click.echo(f"{student}: no {lesson.name}.ipynb, but {found}; rename the notebook and grade again", err=True)
    if not files:
        where = classroom / "submitted" / "STUDENT" / lesson.name / f"{lesson.name}.ipynb"
        raise click.ClickException(f"nobody has handed in {lesson.name}: put submissions at {where}")
    with tqdm(total=len(files), desc="judging", unit="", disable=None) as bar:
        try:
            one_more = (lambda student: bar.update()), scheduler
            if dry_run:
                return _say_changes(grading.changes(lesson, classroom, jobs, isolation, *one_more))
            marks = grading.grade(lesson, classroom, jobs, isolation, outputs, *one_more)
        except (ConnectionError, grading.CannotWrite) as reason:
            raise click.ClickException(str(reason)) from None
        except NoSandbox as reason:
            raise click.ClickException(f"student code cannot be walled in here: {reason}\n{NO_WALLS}") from None
    deserved, width = sample.deserved(lesson, classroom), max(map(len, files))
    wrong = 0
    for mark in marks:
        points = "  –" if mark.points is None else f"{mark.points:4g} of {mark.max_points:g}"
        waiting = f", {mark.waiting:g} wait for a person" if mark.waiting else ""
        late = f", {mark.penalty:g} off for being late" if mark.penalty else ""
        differs = mark.student in deserved and (mark.points is None or mark.judged != deserved[mark.student])
        wrong += differs
        note = f"  deserves {deserved[mark.student]:g}" if differs else ""
        click.echo(f"{mark.student:{width}}  {points}{waiting}{late}{note}{'  ' * bool(mark.note)}{mark.note}")
    if deserved:
        click.echo(f"{len(marks) - wrong} of {len(marks)} as deserved")
    click.echo(
        f"gradebook: {grading.gradebook_of(classroom)}; next: backprop feedback {lesson.name[:2]}, nbgrader export"
    )
    if wrong or lost or any(mark.points is None for mark in marks):
        raise SystemExit(1)


def _say_changes(changes):
    """The judge's points before and after, of those for whom they differ."""
    width = max(len(change.student) for change in changes)
    differing = [change for change in changes if change.before != change.after]
    for change in differing:
        before, after = ("–" if points is None else f"{points:g}" for points in (change.before, change.after))
        click.echo(f"{change.student:{width}}  {before:>4} → {after:4}  {change.note}".rstrip())
    click.echo(f"{len(differing)} of {len(changes)} would change; nothing was written")


@cli.command()
@LESSON
@CLASSROOM
def feedback(lesson, classroom):
    """Write a page for every student whose LESSON was graded: marks with their reasons.

        backprop feedback 04
    """  # fmt: skip
    from autograder import grade as grading

    pages, failed = grading.feedback(lesson, classroom)
    if not pages:
        raise click.ClickException(f"nobody's {lesson.name} was graded yet: backprop grade {lesson.name[:2]}")
    click.echo(f"{len(pages)} pages, such as {pages[0]}")
    if failed:
        lines = "".join(f"\n  {student}: {why}" for student, why in failed.items())
        raise click.ClickException(f"no page for{lines}")


@cli.command()
@LESSON
@CLASSROOM
@click.option("--names", is_flag=True, help="Show the students' names in place of numbers.")
def report(lesson, classroom, names):
    """Write what the class made of LESSON: a page without network, and a table for a spreadsheet.

    Which mistakes, how many, who is stuck where, how hard each exercise was, and nearly equal code.
    Students go by numbers unless you ask for their names.

        backprop report 04
    """
    from autograder import report as reporting
    from autograder import report_page

    try:
        page, table = report_page.write(reporting.of(lesson, classroom, names), classroom)
    except reporting.NotGraded as reason:
        raise click.ClickException(f"{reason}: backprop grade {lesson.name[:2]}") from None
    click.echo(f"wrote {page}\nwrote {table}")


@cli.command("class")
@LESSON
@CLASSROOM
@click.option("-n", "--number", type=click.IntRange(1), default=8, show_default=True, help="How many submissions.")
def class_(lesson, classroom, number):
    """Write a sample class: right, wrong, empty, broken and hostile submissions of LESSON.

    They know the marks they deserve, and `backprop grade` compares.

        backprop class 04 -n 8 --classroom classroom/sample
    """
    from autograder import sample

    marks = sample.write(lesson, classroom, number)
    click.echo(f"{len(marks)} submissions in {classroom / 'submitted'}")


@cli.command()
@click.argument("level", type=click.IntRange(1, 5), default=1)
@click.option("--seed", help="The layer of that name, instead of a fresh one.")
def practice(level, seed):
    """Show a layer that nobody has seen, of LEVEL 1 to 5, whose way back is to be found.

        backprop practice 3
    """  # fmt: skip
    from autograder import practice as draw

    layer = draw(level, seed)
    click.echo(layer)
    click.echo(f'Here and in a notebook: from autograder import practice; layer = practice({level}, "{layer.seed}")')


@cli.command()
@click.argument("chosen", metavar="[LESSON]...", nargs=-1, type=LessonType())
@click.option("--seeds", type=click.IntRange(1), default=5, show_default=True, help="Try each so many times.")
def mistakes(chosen, seeds):
    """Try every mistake that the exercises of each LESSON (default: all) know, and say whether it is caught.

    Each must be caught by the rule that it names, and get its own hint and nobody else's, on other
    numbers every time. Exits with 1 unless all of them are and do.

        backprop mistakes 04
    """
    from autograder import mistakes as catalogue

    exercises = [exercise for lesson in chosen or lessons() for exercise in lesson.exercises]
    found = list(catalogue.matrix(exercises, seeds))
    for line in catalogue.table(found):
        click.echo(line)
    whole = sum(killed.whole for killed in found)
    click.echo(f"{whole} of {len(found)} mistakes are caught by their rule and get their own hint")
    if whole < len(found):
        raise SystemExit(1)


@cli.command()
def doctor():
    """Try on this machine what the box promises, and say what mends a promise that is not kept.

        backprop doctor
    """  # fmt: skip
    from autograder import doctor as examiner

    broken = 0
    for found in examiner.examine():
        click.echo(f"{MARKS[found.kept]}  {found.promise}")
        broken += found.kept is False
        if not found.kept:
            click.echo(f"      seen: {found.seen}\n      mend: {found.mend}")
    if broken:
        raise click.ClickException(f"{broken} of the promises are not kept here")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


if __name__ == "__main__":
    cli()
