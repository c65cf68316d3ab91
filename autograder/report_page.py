"""The report as one page and as a table: no script, nothing from elsewhere, and no text of a student's as markup."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from autograder.report import Item, Report, Row
from autograder.verdict import printable, rich
from autograder.verdicts import private

__all__ = ["html", "table", "write"]

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: .5em 0 2em } caption { text-align: left; opacity: .75 }
th, td { padding: .25em .7em; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
.full { background: #d9f0e8 } .part { background: #fdf0d5 } .none { background: #fbe0d0 }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would compute what begins so


def write(report: Report, classroom: Path) -> tuple[Path, Path]:
    """Write both beside the marks, for their owner alone; returns their paths."""
    folder = private(classroom / "report")
    page, rows = folder / f"{report.lesson.name}.html", folder / f"{report.lesson.name}.csv"
    page.write_text(html(report), encoding="utf-8")
    rows.write_text(table(report), encoding="utf-8", newline="")
    return page, rows


def table(report: Report) -> str:
    """A line for each student and exercise, for a spreadsheet."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(["student", "exercise", "points", "of", "counts", "status", "wrong", "mistakes", "note"])
    for row in report.rows:
        if not row.verdicts:
            lines.writerow(map(_cell, [row.student, "", "", "", "", "", "", "", row.note]))
        for item in report.items:
            if verdict := row.verdicts.get(item.exercise.id):
                status = "not written" if verdict.empty else verdict.status
                numbers = [f"{verdict.points:g}", f"{verdict.max_points:g}", "yes" if item.exercise.counts else "no"]
                lists = ["; ".join(verdict.wrong), "; ".join(verdict.causes)]
                lines.writerow(map(_cell, [row.student, verdict.exercise, *numbers, status, *lists, verdict.place]))
    return out.getvalue()


def _cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    text = printable(text).replace("\n", " ")
    return f"'{text}" if text.startswith(FORMULA) else text


def html(report: Report) -> str:
    """The page."""
    judged = sum(bool(row.verdicts) for row in report.rows)
    title = f"{report.lesson.name}: {judged} of {len(report.rows)} submissions judged"
    body = [
        f"<h1>{rich(title)}</h1>",
        _section("Exercises", _items(report.items)),
        _section("Mistakes", _mistakes(report)),
        _section("Students", _students(report)),
        _section("Nearly the same code", _copies(report)),
    ]
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{rich(title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><style>{STYLE}</style></head>'
        f"<body>{''.join(body)}</body></html>\n"
    )


def _section(title: str, inner: str) -> str:
    return f"<h2>{title}</h2>{inner}"


def _items(items: Sequence[Item]) -> str:
    said = (
        "Difficulty is the mean share of the points that was lost. Discrimination is how far the share of this exercise"
        " goes with that of all others: near 0 or below, it measures something else. Exercises in brackets do not count."
    )
    heads = ["exercise", "right", "wrong", "not written", "difficulty", "discrimination"]
    rows = []
    for item in items:
        name = item.exercise.id if item.exercise.counts else f"({item.exercise.id})"
        hard = "–" if item.easy is None else f"{1 - item.easy:.0%}"
        tells = "–" if item.tells is None else f"{item.tells:.2f}"
        rows.append([name, item.right, item.wrong, item.empty, hard, tells])
    return _table(said, heads, rows, numbers=range(1, 6))


def _mistakes(report: Report) -> str:
    said = "How many made each mistake. Where no name is given, none was found, and the numbers stand in the feedback."
    rows = [
        [len(seen.students), seen.exercise, seen.name.replace("_", " "), seen.says, ", ".join(seen.students)]
        for seen in report.mistakes
    ]
    return _table(said, ["students", "exercise", "mistake", "what they were told", "who"], rows, numbers=[0])


def _students(report: Report) -> str:
    exercises = [item.exercise for item in report.items]
    heads = ["student", *(exercise.id for exercise in exercises), "stuck at"]
    body = "".join(_student(row, [e.id for e in exercises], row.stuck(exercises)) for row in report.rows)
    return f"<table><thead>{_line('th', heads)}</thead><tbody>{body}</tbody></table>"


def _student(row: Row, exercises: Iterable[str], stuck: str) -> str:
    cells = []
    for name in exercises:
        verdict = row.verdicts.get(name)
        if verdict is None:
            cells.append("<td></td>")
            continue
        share = verdict.points / verdict.max_points
        colour = "full" if share >= 1 else "part" if share > 0 else "none"
        text = "not written" if verdict.empty else f"{verdict.points:g} of {verdict.max_points:g}"
        cells.append(f'<td class="number {colour}">{rich(text)}</td>')
    return f"<tr><td>{rich(row.student)}</td>{''.join(cells)}<td>{rich(stuck or row.note)}</td></tr>"


def _copies(report: Report) -> str:
    said = "Functions of some length that are alike but for names, comments and layout. A reason to ask, and no proof."
    rows = [[copy.exercise, copy.student, copy.like, f"{copy.alike:.0%}"] for copy in report.copies]
    return _table(said, ["exercise", "student", "like", "alike"], rows, numbers=[3]) if rows else "<p>None.</p>"


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence], numbers: Iterable[int] = ()) -> str:
    numbers = set(numbers)
    body = "".join(_line("td", row, numbers) for row in rows)
    return (
        f"<table><caption>{caption}</caption><thead>{_line('th', heads, numbers)}</thead><tbody>{body}</tbody></table>"
    )


def _line(tag: str, cells: Sequence, numbers: Iterable[int] = ()) -> str:
    numbers = set(numbers)
    made = (
        f"<{tag}{' class=number' if i in numbers else ''}>{rich(str(cell))}</{tag}>" for i, cell in enumerate(cells)
    )
    return f"<tr>{''.join(made)}</tr>"
