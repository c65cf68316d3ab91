"""Numbers in a lesson's text and pictures, quoted from the code beside them.

In prose and in SVG files, {n}`expression` becomes the expression's value, computed with the names
that stand after the code cells above it; an f-string's format may follow, as in {n}`loss:.2f`.
Text, picture and code therefore cannot disagree. What needs names of its own, which the reader
should not see, computes them in a block of the text:

    ```{numbers} a_name
    wrong = dw / 3
    ```
"""

from __future__ import annotations

import contextlib
import io
import re
from typing import Any

__all__ = ["Numbers", "quotes"]

ROLE = re.compile(r"\{n\}`([^`]+)`")


def quotes(text: str) -> bool:
    """Whether some of a text is still to be computed."""
    return bool(ROLE.search(text))


class Numbers:
    """The names of a lesson's code so far."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}

    def run(self, source: str) -> None:
        """Run a cell, and keep what it defines."""
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(source, "<a cell of the lesson>", "exec"), self.names)

    def put(self, text: str) -> str:
        """The text with its numbers in place; raises ValueError for one that cannot be computed."""
        return ROLE.sub(lambda role: self._number(role[1]), text)

    def _number(self, expression: str) -> str:
        try:
            number = eval(f'f"""{{{expression}}}"""', self.names)
        except Exception as error:
            raise ValueError(f"the text quotes `{expression}`: {type(error).__name__}: {error}") from None
        number = re.sub(r"-(?=0(\.0*)?$)", "", number)
        return number.replace("-", "−")
