"""`journeys show`: a journey as tables for a person, as a diagram for a page, as rows for a program."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from journeys.check.folder import open_definitions
from journeys.cli.main import FINE
from journeys.cli.page import Column, Page, print_json
from journeys.core.table import MoveRow, SendRow, say_when, sends, table
from journeys.definition.model import Definitions, Journey
from journeys.definition.nearest import nearest, shown
from journeys.errors import InputError


def show_journey(name: str, *, folder: Path, format: str) -> int:
    definitions = open_definitions(folder).definitions
    assert definitions is not None
    journey = choose_journey(definitions, name)
    match format:
        case "mermaid":
            from journeys.core.machine import mermaid

            print(mermaid(journey).rstrip("\n"))
        case "dot":
            from journeys.core.machine import dot

            print(dot(journey).rstrip("\n"))
        case "markdown":
            from journeys.cli.markdown import write_journey

            print("\n".join(write_journey(journey)))
        case "json":
            print_json(_as_json(journey))
        case _:
            _print_tables(Page(), journey)
    return FINE


def choose_journey(definitions: Definitions, name: str) -> Journey:
    """Raises InputError, with the name that may have been meant."""
    try:
        return definitions.journeys[name]
    except KeyError:
        message = f"there is no journey {shown(name)}: {nearest(Path(name).stem or name, definitions.journeys)}"
        raise InputError(message) from None


def _print_tables(page: Page, journey: Journey) -> None:
    page.line((journey.name, "bold"), f": {journey.title}")
    key = f"one enrollment for each {journey.key}, " if journey.key is not None else ""
    page.line((f"{journey.audience}, {key}owner {journey.owner}, priority {journey.priority}", "dim"))
    page.heading("Moves, in the order in which they are tried")
    columns = [
        Column(title="in", is_name=True, style="bold"),
        Column(title="to", is_name=True, style="cyan"),
        Column(title="when"),
    ]
    page.table(columns, _move_cells(table(journey)))
    touches = sends(journey)
    if touches:
        page.heading("Touches")
        columns = [
            Column(title="in", is_name=True, style="bold"),
            Column(title="touch", is_name=True, style="green"),
            Column(title="when"),
        ]
        page.table(columns, _send_cells(touches))


def _move_cells(rows: list[MoveRow]) -> list[list[str]]:
    cells, before = [], ""
    for row in rows:
        cells.append(["" if row.state == before else row.state, row.to, say_when(row)])
        before = row.state
    return cells


def _send_cells(rows: list[SendRow]) -> list[list[str]]:
    cells, before = [], ""
    for row in rows:
        cells.append(["" if row.state == before else row.state, row.touch, say_when(row)])
        before = row.state
    return cells


def _as_json(journey: Journey) -> dict[str, object]:
    return {
        "journey": journey.name,
        "title": journey.title,
        "owner": journey.owner,
        "audience": journey.audience,
        "priority": journey.priority,
        "moves": [asdict(row) for row in table(journey)],
        "sends": [asdict(row) for row in sends(journey)],
    }
