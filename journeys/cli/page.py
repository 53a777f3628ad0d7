"""The page: how things look, for a person at a terminal or for a pipe.

One layout for both.  At a terminal there are colours, rules and bars, as wide as it is; in a pipe
plain aligned text that fits 80 columns, the same on every machine.  NO_COLOR is respected.
Nothing here knows what it prints; what would move a cursor or turn a line around is printed as it is written.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO

from journeys.definition.visible import visible_lines

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH: Final = 80
# A space at which no line breaks.  (rich takes a no-break space for an ordinary one; this blank sign it keeps whole.)
TOGETHER: Final = "\u2800"
_NAME_WIDTH: Final = 26
_WORD_WIDTH: Final = 12  # of a column of words, before the rows of a table are stacked
_STACKED: Final = 8  # what is left to a cell of a stacked row, however wide the titles
_WIDEST: Final = 110  # further to the right nobody's eye follows a row

Style = Literal["", "bold", "dim", "red", "yellow", "green", "cyan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`is_number` aligns to the right and never wraps; `is_name` keeps its words whole, where others wrap.

    What `is_copied`, as a key or an id, never wraps either.

    `style` is for terminals.
    """

    title: str
    is_number: bool = False
    is_name: bool = False
    is_bar: bool = False
    is_copied: bool = False
    style: Style = ""


class Page:
    """Somewhere to print."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = sys.stdout if stream is None else stream
        self.is_terminal = self.stream.isatty()
        self._console: Console | None = None

    @property
    def console(self) -> Console:
        if self._console is None:
            from rich.console import Console

            if self.is_terminal:
                self._console = Console(file=self.stream, highlight=False)
                self._console.width = min(self._console.width, _WIDEST)
            else:
                self._console = Console(
                    file=self.stream,
                    highlight=False,
                    width=PIPE_WIDTH,
                    force_terminal=False,
                    color_system=None,
                    legacy_windows=False,
                )
        return self._console

    @property
    def width(self) -> int:
        return self.console.width if self.is_terminal else PIPE_WIDTH

    def clear(self) -> None:
        """An empty screen; a pipe goes on where it was."""
        if self.is_terminal:
            self.console.clear()

    def line(self, *parts: str | tuple[str, Style]) -> None:
        """A line: a terminal folds it between words, and a search in a pipe finds it whole."""
        self._write(parts, folds=True)

    def line_to_copy(self, *parts: str | tuple[str, Style]) -> None:
        """A line as it is, whatever the width: a command, or a line of a file."""
        self._write(parts, folds=False)

    def _write(self, written: Sequence[str | tuple[str, Style]], *, folds: bool) -> None:
        parts = [
            visible_lines(part) if isinstance(part, str) else (visible_lines(part[0]), part[1]) for part in written
        ]
        if not self.is_terminal:
            text = "".join([part if isinstance(part, str) else part[0] for part in parts])
            self.stream.write(text + "\n")
            return
        from rich.text import Text

        from journeys.cli.folding import fold

        whole = Text.assemble(*parts)
        end = 0
        for line in fold(whole.plain, self.width, breaks_words=False) if folds else [whole.plain]:
            start = whole.plain.index(line, end)
            end = start + len(line)
            self.console.print(whole[start:end], soft_wrap=True)

    def paragraph(self, text: str, *, indent: int = 0, hang: int = 0, style: Style = "") -> None:
        """Words wrapped to the width, further lines indented by `hang` more."""
        from journeys.cli.folding import fold

        # Words stay whole: addresses and commands are copied.
        lines = fold(text.replace("\n", " "), self.width - indent, hang=hang, breaks_words=False)
        for place, line in enumerate(lines):
            self.line((" " * (indent + (hang if place else 0)) + line.replace(TOGETHER, " "), style))

    def heading(self, text: str) -> None:
        self.line()
        self.line((text, "bold"))

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
        """Rows of text under titles.  Columns of words share what width there is, and wrap.

        Where not even the names and numbers find room, each row is a list of its own: nothing is left out.
        """
        rows = [[visible_lines(cell) for cell in row] for row in rows]
        gap = 3 if self.is_terminal else 2
        widths = _share_out(columns, rows, self.width - gap * (len(columns) - 1))
        if widths is None:
            self._stack(columns, rows)
        else:
            self._side_by_side(columns, rows, widths)

    def _side_by_side(self, columns: Sequence[Column], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        from journeys.cli.folding import fold

        table = Table(
            box=SIMPLE_HEAD if self.is_terminal else None,
            show_edge=False,
            pad_edge=False,
            padding=(0, 1),
            collapse_padding=False,
            header_style="bold" if self.is_terminal else "",
            border_style="dim",
        )
        for column, width in zip(columns, widths):
            title = Text("\n".join(fold(column.title, width)))
            table.add_column(title, justify="right" if column.is_number else "left", style=column.style, width=width)
        for row in rows:
            table.add_row(*[Text("\n".join(fold(cell, width))) for cell, width in zip(row, widths)])
        with self.console.capture() as captured:
            self.console.print(table)
        lines = captured.get().replace(TOGETHER, " ").splitlines()
        # Padding at the end of a line is of no use to anybody.
        self.stream.writelines([line.rstrip() + "\n" for line in lines])

    def _stack(self, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
        """Each row below the other: its name, then what it has, each with its title."""
        from journeys.cli.folding import filled, fold, widest_line

        first, *others = columns
        label = 2 + max([widest_line(column.title) for column in others], default=0)
        for place, (name, *cells) in enumerate(rows):
            if place:
                self.line()
            titled = f"{first.title}: {name}" if name and first.is_number else name
            for line in fold(titled, self.width, breaks_words=not first.is_copied) if name else ():
                self.line((line.replace(TOGETHER, " "), first.style or "bold"))
            indent = " " * (2 + len(name) - len(name.lstrip()))
            for column, cell in zip(others, cells):
                if not cell or column.is_bar:
                    continue
                for number, line in enumerate(fold(cell, max(self.width - len(indent) - label, _STACKED))):
                    title = filled("" if number else column.title, label)
                    self.line((indent + title, "dim"), (line.replace(TOGETHER, " "), column.style))


def _share_out(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """A width for each column; None where there is too little room to read any of them well."""
    from journeys.cli.folding import widest_line, widest_piece, widest_word

    filled = [[column.title, *[row[place] for row in rows]] for place, column in enumerate(columns)]
    most = [max(map(widest_line, cells)) for cells in filled]

    def least(names: int, words: Sequence[int]) -> list[int]:
        """Numbers are whole; names up to so many cells; words up to what is said of each column."""
        return [
            full
            if column.is_number or column.is_bar or column.is_copied
            else min(full, names if column.is_name else word)
            for column, full, word in zip(columns, most, words)
        ]

    words = [max(map(widest_word, cells)) for cells in filled]
    pieces = [max(map(widest_piece, cells)) for cells in filled]
    # What is given up first: that long names stay whole, then words, then their pieces.
    for widths in (
        least(room, words),
        least(_NAME_WIDTH, words),
        least(_NAME_WIDTH, pieces),
        least(_NAME_WIDTH, [min(piece, _WORD_WIDTH) for piece in pieces]),
    ):
        if sum(widths) <= room:
            break
    else:
        return None
    while sum(widths) < room and (wanting := [place for place, full in enumerate(most) if widths[place] < full]):
        narrowest = min(wanting, key=widths.__getitem__)
        widths[narrowest] += 1
    return widths


def print_json(value: Any) -> None:
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def count_of(count: int, thing: str) -> str:
    """`1 journey`, `1,238 customers`."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
