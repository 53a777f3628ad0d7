"""Options: what several commands can be told, and how a number or a file of the command line is read.

What cannot be read is refused in our words, for the library's own are those of its innards.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from journeys.definition.nearest import shown
from journeys.errors import InputError

T = TypeVar("T", bound=StrEnum)

HERE: Final = Path("definitions")
# As anybody types it, or as our own words write it: 10000, 10,000.
_WHOLE: Final = re.compile(r"[0-9]{1,18}|[0-9]{1,3}(,[0-9]{3}){1,5}")


def show_help(context: typer.Context) -> None:
    """What a group does that is called by its name alone: it says what there is in it."""
    if context.invoked_subcommand is None:
        print(context.get_help())


def named(given: str | Path) -> Path:
    """A file or folder, as the command line names it."""
    if given == "":
        raise ValueError("'' names no file and no folder")
    return Path(given)


def number(option: str, help: str, *, least: int, most: int | None = None) -> Any:
    """An option that takes a whole number.  Its help ends in what is allowed."""
    allowed = f"{least:,} or more" if most is None else f"{least:,} to {most:,}"

    def read(given: str | int) -> int:
        said = int(str(given).replace(",", "")) if _WHOLE.fullmatch(str(given)) else -1
        if said < least or (most is not None and said > most):
            raise ValueError(f"a whole number is wanted, {allowed}, and not {shown(str(given))}")
        return said

    first, _, rest = help.partition(".")
    return typer.Option(option, metavar="N", parser=read, help=f"{first}, {allowed}.{rest}")


def one_format(format: T | None, *, as_json: bool, json: T, otherwise: T) -> T:
    """What to print, where `--json` is short for one of the formats.  Raises InputError if both are said and differ."""
    if as_json and format not in (None, json):
        raise InputError(f"--json and --format {format} are two formats: leave one of them out")
    return json if as_json else format or otherwise


Definitions = Annotated[
    Path,
    typer.Option("--definitions", metavar="DIR", parser=named, help="The folder of definitions.", show_default=True),
]
Paths = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="PATH", parser=named, help="Folders of definitions, or files in them.  [default: definitions]"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Names = Annotated[list[str], typer.Argument(metavar="NAME", help="The journeys to walk.")]
Trace = Annotated[
    Path | None,
    typer.Option("--trace", metavar="FILE", parser=named, help="Write every decision, for `journeys explain`."),
]
Json = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", parser=named, help="Write the report, for programs.")
]
Html = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", parser=named, help="Write the report as one page, for a browser."),
]
Against = Annotated[
    str | None,
    typer.Option("--against", metavar="FOLDER|REF", help="Compare with another folder, or a Git ref of this one."),
]
UseReference = Annotated[
    bool, typer.Option("--reference", help="Let the state machine itself take every move, instead of the table.")
]
