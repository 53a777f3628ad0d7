"""The page: how things look, for a person at a terminal or for a pipe.

One layout for both.  At a terminal there are colours, rules and bars, as wide as it is; in a pipe
plain aligned text that fits 80 columns, the same on every machine.  NO_COLOR is respected.
Nothing here knows what it prints.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH: Final = 80
# A space at which no line breaks.  (rich takes a no-break space for an ordinary one; this blank sign it keeps whole.)
TOGETHER: Final = "\u2800"
_NAME_WIDTH: Final = 26
_WIDEST: Final = 110  # further to the right nobody's eye follows a row

Style = Literal["", "bold", "dim", "red", "yellow", "green", "cyan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`is_number` aligns to the right and never wraps; `is_name` keeps its words whole, where others wrap.

    `style` is for terminals.
    """

    title: str
    is_number: bool = False
    is_name: bool = False
    is_bar: bool = False
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
        """A line as it is: the terminal may fold it, and a search in a pipe finds it whole."""
        if not self.is_terminal:
            text = "".join([part if isinstance(part, str) else part[0] for part in parts])
            self.stream.write(text + "\n")
            return
        from rich.text import Text

        self.console.print(Text.assemble(*parts), soft_wrap=True)

    def paragraph(self, text: str, *, indent: int = 0, hang: int = 0, style: Style = "") -> None:
        """Words wrapped to the width, further lines indented by `hang` more."""
        from textwrap import wrap

        lines = wrap(
            text,
            self.width,
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent + hang),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in lines:
            self.line((line.replace(TOGETHER, " "), style))

    def heading(self, text: str) -> None:
        self.line()
        self.line((text, "bold"))

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
        """Rows of text under titles.  Columns of words share what width there is, and wrap."""
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        table = Table(
            box=SIMPLE_HEAD if self.is_terminal else None,
            show_edge=False,
            pad_edge=False,
            padding=(0, 1),
            collapse_padding=False,
            header_style="bold" if self.is_terminal else "",
            border_style="dim",
        )
        for place, column in enumerate(columns):
            longest = max([len(column.title), *[len(row[place]) for row in rows]])
            table.add_column(
                Text(column.title),
                justify="right" if column.is_number else "left",
                no_wrap=column.is_number or column.is_bar,
                overflow="fold",
                style=column.style,
                min_width=min(longest, _NAME_WIDTH) if column.is_name else None,
            )
        for row in rows:
            table.add_row(*[Text(cell) for cell in row])
        with self.console.capture() as captured:
            self.console.print(table)
        lines = captured.get().replace(TOGETHER, " ").splitlines()
        # Padding at the end of a line is of no use to anybody.
        self.stream.writelines([line.rstrip() + "\n" for line in lines])


def print_json(value: Any) -> None:
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def count_of(count: int, thing: str) -> str:
    """`1 journey`, `1,238 customers`."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
