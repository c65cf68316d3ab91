"""From a lesson's text and its exercises to the two notebooks.

    lessons/04_…/lesson.md + *.py  ->  solutions/04_…/04_….ipynb   nbgrader's source, with answers
                                   ->  course/04_…/04_….ipynb      what students open

The second is made from the first by nbgrader's own preprocessors, as `nbgrader_config.py` sets them,
so `nbgrader generate_assignment` writes the same bytes. The same text always gives the same
bytes: cells are named after what they hold.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.choices import read_quiz
from autograder.exercise import Exercise, source
from autograder.lesson import DIRECTIVE, Directive, Lesson, folder, parse
from autograder.quote import Numbers, quotes

__all__ = ["TooLong", "build", "minutes", "render", "strip"]

ROOT = Path(__file__).parent.parent
MOST_MINUTES = 90
WORDS_PER_MINUTE = 200
LONGEST_CELL = 24  # lines of suspects in one cell
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


class TooLong(ValueError):
    """A lesson that takes more than its 90 minutes."""


def build(lesson: Lesson, check: bool = False) -> list[Path]:
    """Bring the notebooks of `lesson` up to date; return what was not. With `check`, write nothing."""
    if (total := sum(minutes(lesson))) > MOST_MINUTES:
        raise TooLong(f"{lesson.name} takes {total} minutes; the most is {MOST_MINUTES}")
    instructor, figures = _rendered(lesson)
    made = {
        folder("solutions") / lesson.name / f"{lesson.name}.ipynb": instructor.encode(),
        folder("course") / lesson.name / f"{lesson.name}.ipynb": strip(instructor).encode(),
    }
    for name, picture in figures.items():
        for home in ("solutions", "course"):
            made[folder(home) / lesson.name / "figures" / name] = picture
    stale = [path for path, content in made.items() if not path.exists() or path.read_bytes() != content]
    homes = [folder(home) / lesson.name for home in ("solutions", "course")]
    extra = [path for home in homes for path in home.rglob("*") if path.is_file() and path not in made]
    extra = [path for path in extra if ".ipynb_checkpoints" not in path.parts]
    if not check:
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made[path])
        for path in extra:
            path.unlink()
    return stale + extra


def minutes(lesson: Lesson) -> tuple[int, int]:
    """Minutes of reading, and minutes of core exercises."""
    words = len(re.sub(r"```\{code-cell\}.*?^```$", "", lesson.text, flags=re.M | re.S).split())
    return round(words / WORDS_PER_MINUTE), sum(e.minutes for e in lesson.exercises if e.tier == "core")


def render(lesson: Lesson) -> str:
    """The instructor's notebook of `lesson`, as text."""
    return _rendered(lesson)[0]


def _rendered(lesson: Lesson) -> tuple[str, dict[str, bytes]]:
    """The instructor's notebook, and the lesson's pictures by file name, with the numbers that they quote."""
    exercises = {exercise.id: exercise for exercise in lesson.exercises}
    read = jupytext.reads(lesson.text, fmt="md:myst")
    pictures = {path.name: path.read_bytes() for path in sorted((lesson.folder / "figures").glob("*"))}
    waiting = {name: picture.decode() for name, picture in pictures.items() if name.endswith(".svg")}
    waiting = {name: picture for name, picture in waiting.items() if quotes(picture)}
    numbers, cells = Numbers(), []
    last = max((i for i, cell in enumerate(read.cells) if quotes(cell.source) or _shows(cell, waiting)), default=-1)
    for number, cell in enumerate(read.cells):
        for new in _expand(cell, exercises, numbers):
            if new.cell_type == "markdown":
                new.source = numbers.put(new.source)
                for name in _shows(new, waiting):
                    pictures[name] = numbers.put(waiting.pop(name)).encode()
            elif number < last and new.metadata.backprop.role != "test" and "slow" not in _tags(cell):
                numbers.run(new.source)
            cells.append(new)
    if waiting:
        raise ValueError(f"the text does not show {', '.join(waiting)}, which quotes numbers of it")
    for number, cell in enumerate(cells):
        cell.id = _name(cell, [earlier.id for earlier in cells[:number]])
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})
    return _written(notebook), pictures


def _shows(cell: NotebookNode, pictures: dict[str, str]) -> list[str]:
    return [name for name in pictures if f"(figures/{name})" in cell.source]


def strip(instructor: str) -> str:
    """The student's notebook, made from the instructor's by nbgrader's preprocessors."""
    from nbconvert.exporters import NotebookExporter
    from nbgrader.converters import GenerateAssignment
    from nbgrader.preprocessors import SaveCells
    from traitlets.config import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    config.Exporter.default_preprocessors = []
    exporter = NotebookExporter(config=config)
    for preprocessor in GenerateAssignment(config=config).preprocessors:
        if preprocessor is not SaveCells:  # the one that wants a gradebook, and changes nothing
            exporter.register_preprocessor(preprocessor, enabled=True)
    text, _ = exporter.from_notebook_node(nbformat.reads(instructor, as_version=4))
    return text if text.endswith("\n") else text + "\n"


# ----- directives become cells -----


def _expand(cell: NotebookNode, exercises: dict[str, Exercise], numbers: Numbers) -> Iterator[NotebookNode]:
    """The cells that stand for one cell of the text."""
    if cell.cell_type == "code":
        yield _code(cell.source, next((tag for tag in ("setup", "explore") if tag in _tags(cell)), "demo"))
        return
    end = 0
    for match in DIRECTIVE.finditer(cell.source):
        yield from _prose(cell.source[end : match.start()])
        directive = parse(match)
        if directive.kind == "numbers":
            numbers.run(directive.body)
        else:
            yield from EXPAND[directive.kind](directive, exercises)
        end = match.end()
    yield from _prose(cell.source[end:])


def _tags(cell: NotebookNode) -> list[str]:
    """Those of a cell of the text: setup, explore, or slow, which the build does not run."""
    return cell.metadata.get("tags", [])


def _prose(text: str) -> Iterator[NotebookNode]:
    if text.strip():
        yield new_markdown_cell(text.strip())


def _exercise(directive: Directive, exercises: dict[str, Exercise]) -> Iterator[NotebookNode]:
    if directive.name not in exercises:
        raise ValueError(f"the text asks for {directive.name}, but there is no {directive.name}.py beside it")
    exercise = exercises[directive.name]
    prices = " · ".join(f"`{name}` {points:g}" for name, points in exercise.points.items())
    counts = "core" if exercise.counts else "more: answered, not part of the mark"
    price = f"*{exercise.max_points:g} points ({prices}), about {exercise.minutes} minutes, {counts}.*"
    yield new_markdown_cell("\n\n".join(filter(None, [f"### ✎ {exercise.title}", price, exercise.about])))
    answer = "\n\n\n".join(_with_solution_marks(getattr(exercise.reference, name)) for name in exercise.writes)
    yield _graded(_code(answer, "answer", exercise.id), exercise.id, solution=True)
    test = f'from autograder import check\n\ncheck("{exercise.id}")'
    yield _graded(_code(test, "test", exercise.id), f"check_{exercise.id}", points=exercise.counts)


def _guess(directive: Directive, _) -> Iterator[NotebookNode]:
    yield from _prose(directive.body)
    yield _code(f'guess("{directive.name}", ..., because="")', "guess")


def _quiz(directive: Directive, _) -> Iterator[NotebookNode]:
    quiz = read_quiz(directive)
    choices = "\n".join(f"- **{letter}** {text}" for letter, text in quiz.choices.items())
    yield new_markdown_cell(f"{quiz.question}\n\n{choices}")
    yield _code(f'quiz("{quiz.name}", "")', "quiz")


def _rubric(directive: Directive, _) -> Iterator[NotebookNode]:
    """The question with its criteria, locked; then an answer that waits for a person."""
    question, _, answer = directive.body.partition("\n---\n")
    if not answer.strip() or "points" not in directive.options:
        raise ValueError(f"rubric {directive.name}: needs `:points:`, and a model answer after a line `---`")
    points = float(directive.options["points"])
    head = f"### ✎ In your own words\n\n*{points:g} points, read by a person.*\n\n"
    asked = new_markdown_cell(head + question.strip())
    yield _graded(_role(asked, "question"), f"{directive.name}_question", locked=True)
    yield _graded(_role(new_markdown_cell(answer.strip()), "written"), directive.name, points=points, solution=True)


def _suspects(directive: Directive, exercises: dict[str, Exercise]) -> Iterator[NotebookNode]:
    """The wrong functions of a bug hunt, for the reader to look at and to run; long ones have a cell each."""
    texts = [source(suspect).strip() for suspect in exercises[directive.name].suspects.values()]
    together = "\n\n".join(texts)
    for text in [together] if together.count("\n") < LONGEST_CELL else texts:
        yield _code(text, "demo")


EXPAND = {"exercise": _exercise, "guess": _guess, "quiz": _quiz, "rubric": _rubric, "suspects": _suspects}


# ----- cells -----


def _code(source: str, role: str, exercise: str | None = None) -> NotebookNode:
    return _role(new_code_cell(source), role, exercise)


def _role(cell: NotebookNode, role: str, exercise: str | None = None) -> NotebookNode:
    """What the cell is for; the judge runs setup, answers and what the student added."""
    cell.metadata["backprop"] = {"role": role} | ({"exercise": exercise} if exercise else {})
    return cell


def _graded(
    cell: NotebookNode, grade_id: str, points: float | None = None, solution=False, locked=None
) -> NotebookNode:
    cell.metadata["nbgrader"] = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": points is not None,
        "solution": solution,
        "locked": not solution if locked is None else locked,
        "task": False,
    } | ({} if points is None else {"points": points})
    return cell


def _with_solution_marks(function: Any) -> str:
    """A function's source; all of its body but the docstring is the solution."""
    head, contract, body = re.fullmatch(r'(def .*?:\n)( {4}r?""".*?"""\n)(.*)', source(function), re.S).groups()
    return f"{head}{contract}    ### BEGIN SOLUTION\n{body.rstrip()}\n    ### END SOLUTION"


def _name(cell: NotebookNode, taken: list[str]) -> str:
    """An id that depends on what the cell holds and not on where it stands."""
    known = cell.metadata.get("nbgrader", {}).get("grade_id")
    base = known or f"{cell.cell_type}-{hashlib.sha1(cell.source.encode()).hexdigest()[:10]}"
    return base if base not in taken else f"{base}-{taken.count(base) + sum(t.startswith(base + '-') for t in taken)}"


def _written(notebook: NotebookNode) -> str:
    notebook.nbformat_minor = 5
    return nbformat.writes(notebook) + "\n"
