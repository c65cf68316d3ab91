"""A verdict: what is right, what is not, and how to say so in a notebook, a terminal or a page."""

from __future__ import annotations

import html
import re
import textwrap
from dataclasses import dataclass, field

__all__ = ["OURS", "STATUSES", "Verdict", "folded", "framed", "printable", "rich"]

OURS = "our fault"
STATUSES = ("right", "wrong", "raised", "too slow", "too much memory", "broken reply", "crashed", OURS)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
MARKED = re.compile(r"`([^`]+)`|(?<![\w*])\*(\w[\w ]*)\*(?![\w*])")
MARKS = {True: "✓", False: "✗"}
STAGES = {"exact": "✓", "close": "≈", "wrong": "✗", "follows": "↳", "missing": "–"}
COLOURS = {"✓": "#009e73", "✗": "#d55e00"}
WIDTH = 78
WIDE = 96


@dataclass(frozen=True)
class Verdict:
    """What the judge says of one exercise. `names` says of each value whether it holds on every case."""

    exercise: str
    points: float
    max_points: float
    names: dict[str, bool]
    complaints: list[str] = field(default_factory=list)
    diagnosis: str | None = None
    causes: list[str] = field(default_factory=list)
    evidence: str = ""
    place: str = ""
    stages: list[list[str]] = field(default_factory=list)  # of each value on the way: name, status, note
    status: str = "right"
    remarks: list[str] = field(default_factory=list)
    help: list[str] = field(default_factory=list)
    isolation: str | None = None
    layer: str = ""  # what was drawn for the learner, where that is

    def __post_init__(self):
        if self.status not in STATUSES:
            raise ValueError(f"{self.status!r} is not a status; there are: {', '.join(STATUSES)}")
        if not 0 <= self.points <= self.max_points:
            raise ValueError(f"{self.points} is not between 0 and {self.max_points}")

    def to_json(self) -> dict:
        return dict(vars(self))

    @property
    def wrong(self) -> list[str]:
        """The names of the values that do not hold."""
        return [name for name, holds in self.names.items() if not holds]

    @property
    def empty(self) -> bool:
        """Whether the exercise is still the stub."""
        return self.complaints == [f"{self.exercise} is not written yet"]

    @property
    def _marks(self) -> list[str]:
        return [f"{name} {MARKS[holds]}" for name, holds in self.names.items()]

    @property
    def _score(self) -> str:
        return f"{self.points:g} of {self.max_points:g} points"

    def text(self) -> str:
        """For a terminal or a page; help is not in it."""
        marks = "   ".join(self._marks)
        lines = [f"{marks}{self._score:>{max(WIDTH - len(marks), len(self._score) + 3)}}", *self.complaints]
        if self.diagnosis:
            lines += [_wrapped(hint, "Why? ") for hint in self.diagnosis.splitlines()]
            lines += [f"     ({self.evidence})"] * bool(self.evidence)
        lines += [_wrapped(where, "Where? ") for where in self.place.splitlines()]
        lines += [_wrapped(self._staged, "Stage by stage: ")] * bool(self.stages)
        lines += [f"Remark: {remark}" for remark in self.remarks]
        if self.layer:
            lines.append(self.layer)
        if self.isolation == "none":
            lines += ["Marked without walls (isolation: none)."]
        return printable("\n".join(lines))

    @property
    def _staged(self) -> str:
        """Every value on the way with its mark; what is to say of it in brackets."""
        return ", ".join(self._stage_lines)

    @property
    def _stage_lines(self) -> list[str]:
        return [f"`{name}` {STAGES[status]}{f' ({note})' if note else ''}" for name, status, note in self.stages]

    def html(self, picture: str = "") -> str:
        """For a notebook: the property and the numbers at once; cause, place with its picture, and help folded."""
        marks = "".join(
            f'<span style="margin-right:1.2em;white-space:nowrap">{rich(f"`{name}` {MARKS[holds]}")}</span>'
            for name, holds in self.names.items()
        )
        body = [f'<div>{marks}<span style="float:right">{self._score}</span></div>']
        body += [f'<div style="margin-top:.4em">{rich(text)}</div>' for text in self.complaints]
        if self.diagnosis:
            evidence = f'<div style="opacity:.75">({self.evidence})</div>' if self.evidence else ""
            body.append(folded("Why?", rich(self.diagnosis) + evidence))
        if self.place or picture:
            body.append(folded("Where?", rich(self.place) + picture))
        if self.stages:
            body.append(folded("Stage by stage", "".join(f"<div>{rich(each)}</div>" for each in self._stage_lines)))
        if self.help and self.points < self.max_points:
            body.append(_folds(self.help))
        body += [f'<div style="margin-top:.4em;opacity:.75">{rich(text)}</div>' for text in self.remarks]
        if self.layer:
            text = html.escape(printable(self.layer))
            body.append(folded("The layer that was tried", f'<pre style="white-space:pre-wrap">{text}</pre>'))
        return framed("".join(body))


def printable(text: str) -> str:
    """Text without characters that would steer a terminal or a page."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def framed(body: str) -> str:
    """What every answer in a notebook has around it."""
    return f'<div role="status" style="max-width:54em;line-height:1.5;padding-left:8px">{body}</div>'


def _wrapped(text: str, lead: str) -> str:
    return textwrap.fill(text, WIDE, initial_indent=lead, subsequent_indent=" " * len(lead))


def _folds(hints: list[str]) -> str:
    """Hints inside one another: the next can be opened only once this one is."""
    inner = ""
    for number, hint in reversed(list(enumerate(hints, 1))):
        summary = "Help" if number == 1 else f"More help ({number} of {len(hints)})"
        inner = folded(summary, rich(hint) + inner)
    return inner


def folded(summary: str, inner: str) -> str:
    return f'<details style="margin-top:.4em"><summary>{summary}</summary><div style="margin-left:1.2em">{inner}</div></details>'


def rich(text: str) -> str:
    """Plain text as HTML: code in backquotes as code, *a word* between asterisks slanted, ✓ and ✗ in their colours."""
    text = html.escape(printable(text)).replace("\n", "<br>")
    text = MARKED.sub(lambda m: f"<code>{m[1]}</code>" if m[1] else f"<em>{m[2]}</em>", text)
    return re.sub("[✓✗]", lambda mark: f'<b style="color:{COLOURS[mark[0]]}">{mark[0]}</b>', text)
