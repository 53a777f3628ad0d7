"""What is wrong with a piece of words, and where in its text.

The text is one part of a touch (a subject, a body); which file and which line of it that
is, only the loader knows.  So an error here speaks in places of the text it was given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from journeys.errors import JourneysError


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Line and column count from 1, `offset` from 0; `length` is what a caret underlines."""

    line: int
    column: int
    offset: int
    length: int


def place(source: str, offset: int, length: int = 1) -> Place:
    """The place of an offset; one outside the text is brought inside."""
    offset = max(0, min(offset, len(source)))
    before = source.rfind("\n", 0, offset)
    return Place(
        line=source.count("\n", 0, offset) + 1,
        column=offset - before,
        offset=offset,
        length=max(1, min(length, len(source) - offset)),
    )


# A name as authors write it: `customer.first_name`, `recommended[0].title`.
_NAME = re.compile(r"(?:[\w?-]|\.(?!\.)|\[[^\]\n]{0,100}\])+")


def place_of_name(source: str, offset: int) -> Place:
    """The place of the name that begins at an offset, up to its end."""
    name = _NAME.match(source, offset)
    return place(source, offset, len(name[0]) if name else 1)


class WordsError(JourneysError, ValueError):
    """Words that cannot be read, or cannot be said; `help` is for the author who mends them."""

    def __init__(self, message: str, *, at: Place, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.help = help

    @property
    def line(self) -> int:
        return self.at.line

    @property
    def column(self) -> int:
        return self.at.column
