"""Folding: text into lines of a width, as a terminal counts it.

A terminal counts cells: a Chinese letter or an emoji takes two, an accent none.  Lines break at blanks; a
word that is wider than a line breaks behind one of the marks that names are put together with, and only
then anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rich.cells import cell_len, chop_cells, set_cell_size

_PIECES: Final = re.compile(r"[^-_./@]*[-_./@]+|[^-_./@]+")


def fold(text: str, width: int, *, hang: int = 0, breaks_words: bool = True) -> list[str]:
    """At least one line, none wider than `width` cells, those after the first by `hang` less.

    Lines of the text stay lines and keep their indent.
    """
    return [line for given in text.split("\n") for line in _fold_line(given, width, hang, breaks_words)]


def cut(text: str, most: int) -> str:
    """As an inbox cuts it: the last of `most` cells says that something is missing."""
    return text if cell_len(text) <= most else set_cell_size(text, most - 1).rstrip() + "…"


def filled(text: str, width: int) -> str:
    """With blanks behind it, up to the width."""
    return text + " " * (width - cell_len(text))


def widest_piece(text: str) -> int:
    """The cells of what a fold breaks only where nothing else is left."""
    return max([cell_len(piece) for word in text.split() for piece in _PIECES.findall(word)], default=0)


def widest_word(text: str) -> int:
    return max([cell_len(word) for word in text.split()], default=0)


def widest_line(text: str) -> int:
    return max(cell_len(line) for line in text.split("\n"))


def _fold_line(text: str, width: int, hang: int, breaks_words: bool) -> Iterator[str]:
    line, glue, room = "", "", width
    for word in text.split(" "):
        # A script of wide letters has no blanks and breaks anywhere.  However narrow a line, it takes one of them.
        may_break = breaks_words or cell_len(word) > len(word)
        pieces = _pieces(word, max(width - hang, 2)) if may_break and cell_len(word) > room else [word]
        for piece in pieces:
            if cell_len(line + glue + piece) > room and (line + glue).strip():
                yield line.rstrip()
                line, glue, room = "", "", width - hang
            line, glue = line + glue + piece, ""
        glue = " "
    yield line


def _pieces(word: str, width: int) -> list[str]:
    return [part for piece in _PIECES.findall(word) for part in chop_cells(piece, width)]
