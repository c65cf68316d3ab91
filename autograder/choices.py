"""Questions with lettered answers, written in the lesson's text, each wrong letter with its hint.

```{quiz} who_sums
:answer: c
Which gradient is a sum over the examples?

a) `dx`
hint: each row of x belongs to one example.
...
```
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from autograder.lesson import Directive, Unknown, directives, lessons

__all__ = ["Quiz", "find_quiz", "read_quiz"]

CHOICE = re.compile(r"^([a-z])\) (.+?)(?:\nhint: (.+?))?(?=\n[a-z]\) |\Z)", re.M | re.S)


@dataclass(frozen=True)
class Quiz:
    name: str
    question: str
    choices: dict[str, str]
    hints: dict[str, str | None]
    answer: str

    def reply(self, letter: str) -> str:
        """One sentence about the letter that was chosen."""
        letter = str(letter).strip().lower()
        if letter not in self.choices:
            return f"Choose one of {', '.join(self.choices)}."
        return "✓ Yes." if letter == self.answer else f"✗ {self.hints[letter]}"


def read_quiz(directive: Directive) -> Quiz:
    """The quiz that a directive describes; raises ValueError where it could not be answered."""
    question, choices, hints = CHOICE.split(directive.body)[0].strip(), {}, {}
    for letter, text, hint in CHOICE.findall(directive.body):
        choices[letter], hints[letter] = text.strip(), " ".join(hint.split()) or None
    answer = directive.options.get("answer", "")
    if answer not in choices:
        raise ValueError(f"quiz {directive.name}: the answer {answer!r} is not one of its letters")
    for letter in choices:
        if letter != answer and not hints[letter]:
            raise ValueError(f"quiz {directive.name}: the wrong answer {letter}) has no hint")
    return Quiz(directive.name, question, choices, hints, answer)


def find_quiz(name: str) -> Quiz:
    """The quiz of that name, in whichever lesson it is."""
    found = {d.name: d for lesson in lessons() for d in directives(lesson.text) if d.kind == "quiz"}
    if name not in found:
        raise Unknown(f"no quiz is called {name!r}; there are: {', '.join(sorted(found))}")
    return read_quiz(found[name])
