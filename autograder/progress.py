"""What a learner has done so far, kept on their own disk and never used for a mark.

One small file for each exercise: the points of the best check, how many checks it took and how many
of them named the mistake, and which version of the exercise that was. The folder is `~/.backprop`, or
what BACKPROP_HOME says.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from autograder.exercise import Exercise
from autograder.lesson import Lesson, directives, lessons
from autograder.verdict import Verdict

__all__ = [
    "Progress",
    "course",
    "home",
    "learner",
    "lesson_here",
    "made_up",
    "of",
    "practised",
    "record",
    "state",
    "write",
]

GUEST = "guest-"
_GUESTS: dict[Path, str] = {}  # where nothing can be written


@dataclass(frozen=True)
class Progress:
    """Where a learner stands with one exercise."""

    version: str
    points: float = 0.0  # of the best check
    checks: int = 0
    checks_until_right: int | None = None
    reasons: int = 0  # how often the mistake was named


def home() -> Path:
    """The folder in which a learner's own things are kept."""
    return Path(os.environ.get("BACKPROP_HOME") or Path.home() / ".backprop")


def learner(said: str | None = None) -> str:
    """Who learns here: what they said last, else what BACKPROP_STUDENT or JupyterHub says, else a guest's id,
    which is made up once. What is drawn for each learner is drawn from this."""
    path = home() / "student"
    if said and said.strip():
        _GUESTS[path] = said.strip()
        with contextlib.suppress(OSError):
            write(path, said.strip())
        return said.strip()
    try:
        kept = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        kept = _GUESTS.get(path, "")
    known = os.environ.get("BACKPROP_STUDENT") or os.environ.get("JUPYTERHUB_USER") or ""
    if known.strip() and made_up(kept or GUEST):
        return known.strip()
    return kept or learner(GUEST + secrets.token_hex(3))


def made_up(name: str) -> bool:
    """Whether an id is a guest's."""
    return name.startswith(GUEST)


def practised(level: int, *events: str) -> None:
    """Count what happened in practice: layers drawn, checks, layers solved."""
    counts = _practice()
    for event in events:
        counts[event][str(level)] = counts[event].get(str(level), 0) + 1
    with contextlib.suppress(OSError):
        write(home() / "practice.json", json.dumps(counts))


def _practice() -> dict[str, dict[str, int]]:
    """By event and level, how often; nothing, where the file was spoiled."""
    nothing: dict[str, dict[str, int]] = {"drawn": {}, "checks": {}, "solved": {}}
    try:
        kept = json.loads((home() / "practice.json").read_text(encoding="utf-8"))
        return {event: {str(k): int(v) for k, v in kept[event].items()} for event in nothing}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return nothing


def _in_practice() -> Iterator[str]:
    solved = {level: number for level, number in sorted(_practice()["solved"].items()) if number}
    if solved:
        levels = ", ".join(f"{number} of level {level}" for level, number in solved.items())
        yield f"practice  {levels}"


def of(exercise: Exercise) -> Progress:
    """What is kept about an exercise as it is now; nothing, where it has changed since."""
    try:
        kept = Progress(**json.loads(_file(exercise).read_text(encoding="utf-8")))
        float(kept.points), int(kept.checks)
    except (OSError, ValueError, TypeError):
        return Progress(exercise.version)
    return kept if kept.version == exercise.version else Progress(exercise.version)


def record(exercise: Exercise, verdict: Verdict) -> None:
    """Count a check. Where nothing can be written, nothing is kept, and the check goes on."""
    if verdict.empty:
        return
    before = of(exercise)
    after = replace(
        before,
        points=max(before.points, verdict.points),
        checks=before.checks + 1,
        reasons=before.reasons + bool(verdict.diagnosis),
    )
    if verdict.points == verdict.max_points and after.checks_until_right is None:
        after = replace(after, checks_until_right=after.checks)
    with contextlib.suppress(OSError):
        write(_file(exercise), json.dumps(asdict(after)))


def write(path: Path, content: str | bytes) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def lesson_here(namespace: dict[str, Any]) -> Lesson | None:
    """The lesson whose notebook calls, as far as Jupyter or the folder say; else None."""
    said = [namespace.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME"), Path.cwd() / "_"]
    places = [part for path in said if path for part in (Path(path).stem, Path(path).parent.name)]
    return next((lesson for place in places for lesson in lessons() if lesson.name == place), None)


def state(lesson: Lesson) -> str:
    """The learner's state of a lesson: a line for each exercise, and what is next."""
    exercises, kept, points = _standing(lesson)
    width = max(len(e.id) for e in exercises)
    lines = [f"{lesson.name}: {points}"]
    lines += [f"{_sign(e, kept[e.id])} {e.id:{width}}  {_line(e, kept[e.id])}" for e in exercises]
    written = [d for d in directives(lesson.text) if d.kind == "rubric"]
    lines += [f"✎ {d.name}  {d.options['points']} points, read by a person" for d in written]
    todo = [e for e in exercises if kept[e.id].points < e.max_points]
    core = [e for e in todo if e.counts]
    if core or todo:
        lines.append(f"Next: {(core or todo)[0].id}" + ("" if core else ", for whoever wants more"))
    else:
        lines.append("Everything here is right.")
    return "\n".join(lines)


def course() -> Iterator[str]:
    """The learner's state of the course, a line for each lesson."""
    for lesson in lessons():
        exercises, kept, points = _standing(lesson)
        todo = next((e.id for e in exercises if e.counts and kept[e.id].points < e.max_points), None)
        yield f"{lesson.name}  {points}" + (f"; next: {todo}" if todo else "")
    yield from _in_practice()


def _standing(lesson: Lesson) -> tuple[list[Exercise], dict[str, Progress], str]:
    """The exercises as the learner gets them, what is kept of each, and how many points there are of how many."""
    exercises = [exercise.drawn_for(learner()) if exercise.personal else exercise for exercise in lesson.exercises]
    kept = {e.id: of(e) for e in exercises}
    done = sum(min(kept[e.id].points, e.counts) for e in exercises)
    return exercises, kept, f"{done:g} of {sum(e.counts for e in exercises):g} points"


def _sign(exercise: Exercise, kept: Progress) -> str:
    if kept.points == exercise.max_points:
        return "✓"
    return "✗" if kept.checks else "·"


def _line(exercise: Exercise, kept: Progress) -> str:
    if not kept.checks:
        said = f"{exercise.max_points:g} points, about {exercise.minutes} minutes"
    else:
        number = kept.checks_until_right or kept.checks
        said = f"{kept.points:g} of {exercise.max_points:g} points, {number} check{'s' * (number > 1)}"
        said += f", {kept.reasons} with its reason" if kept.reasons else ""
    return said if exercise.counts else f"{said}, more"


def _file(exercise: Exercise) -> Path:
    return home() / "progress" / f"{exercise.id}.json"
