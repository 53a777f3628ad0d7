"""`journeys retrace`: a customer's exported signals through a folder, and whether it decides as was decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec

from journeys.check.folder import open_definitions
from journeys.cli.files import see_readable
from journeys.cli.main import FINE, PROBLEMS
from journeys.cli.page import Page, count_of, print_json
from journeys.core.calendar import format_moment
from journeys.core.compiling import compile_program
from journeys.errors import InputError
from journeys.measure.story import say_moment, say_row
from journeys.runtime.engine import engine_of
from journeys.runtime.retracing import retrace
from journeys.runtime.signals import Began, read_signals_file
from journeys.simulate.lines import read_objects
from journeys.store.values import KeptTurn

Row = dict[str, Any]

_decoder: Final = msgspec.json.Decoder()


def retrace_file(file: Path, folder: Path, *, is_json: bool) -> int:
    """Raises InputError for what is no such file, and for a history that cannot be walked again."""
    see_readable(file)
    reading = open_definitions(folder)
    assert reading.definitions is not None
    began, turns = _read(file)
    engine = engine_of(compile_program(reading.definitions, salt=began.salt, numbers=began.versions))
    try:
        again = [_decoder.decode_lines(whys) for whys in retrace(turns, lambda number: engine)]
    except InputError as error:
        raise InputError(f"{file}: {error}") from None
    before = [_decoder.decode_lines(turn.whys) for turn in turns]
    differing = [each for each in zip(turns, before, again, strict=True) if each[1] != each[2]]
    if is_json:
        decided = [{"turn": turn.number, "decided": now} for turn, now in zip(turns, again, strict=True)]
        print_json(
            {"customer": began.customer, "differing": [turn.number for turn, _, _ in differing], "turns": decided}
        )
    else:
        _print(Page(), began, turns, differing, reading.definitions.brand.timezone)
    return PROBLEMS if differing else FINE


def _read(file: Path) -> tuple[Began, list[KeptTurn]]:
    def complain(line: int, message: str) -> None:
        raise InputError(f"{file}:{line}: {message}")

    lines = read_objects(
        file, complain=complain, on_progress=lambda done, total: None, from_cells=lambda cells: dict(cells), columns=()
    )
    try:
        return read_signals_file(lines)
    except InputError as error:
        said = str(error)
        raise InputError(said if said.startswith(f"{file}") else f"{file}: {said}") from None


def _print(
    page: Page, began: Began, turns: list[KeptTurn], differing: list[tuple[KeptTurn, list[Row], list[Row]]], zone: str
) -> None:
    page.line((began.customer, "bold"))
    if not differing:
        page.paragraph(f"{count_of(len(turns), 'turn')} taken again: the same decisions")
        return
    turn, then, now = differing[0]
    until = say_moment(format_moment(turn.until), timezone=zone)
    page.paragraph(
        f"{len(differing):,} of {count_of(len(turns), 'turn')} decide otherwise; the first is turn {turn.number}, "
        f"up to {until}:"
    )
    for title, rows, others in (("then", then, now), ("now", now, then)):
        only = [row for row in rows if row not in others]
        for place, row in enumerate(only):
            page.paragraph(f"{'' if place else title:<6}{say_row(row, timezone=zone)}", indent=2, hang=8)
        if not only:
            page.paragraph(f"{title:<6}nothing", indent=2, hang=8)
