"""Recordings: customers and events as files hold them, read whole, checked line by line.

Every line that cannot be taken is named by its number with what is wrong; nothing is dropped in
silence.  Kept is what a replay walks through: all events, as the core reads them (less than
a kilobyte each), the ids by which they are taken once, and the customers as raw values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from journeys.core.calendar import parse_moment
from journeys.core.customer import Event
from journeys.core.intake import new_customer, read_customer, read_event
from journeys.core.program import Program
from journeys.definition.visible import visible
from journeys.errors import InputError

from .lines import LINE_MAX, Numbered, Progress, read_objects

__all__ = [
    "LINE_MAX", "BadLine", "Known", "Progress", "Recording", "customer_lines", "event_lines", "read_customers",
    "read_known", "read_recording",
]  # fmt: skip

BAD_MAX: Final = 10_000  # bad lines that are remembered; more are only counted
UNDECLARED_MAX: Final = 1_000  # names nobody declared; more are counted together
OTHER_NAMES: Final = "(other names)"
_OF_CUSTOMERS: Final = frozenset({"attributes", "consents", "timezone"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line that cannot be taken; `line` counts from 1."""

    file: str
    line: int
    message: str


@dataclass(slots=True, kw_only=True)
class Recording:
    """Events by customer; whoever is only known by events that nobody declared has none.

    `count` is of all events that could be read, those that came again and those that nobody
    declared among them.  `first_at` and `last_at` are the earliest and the latest of them all.
    """

    events: dict[str, list[Event]] = field(default_factory=dict)
    first_at: int = 0
    last_at: int = 0
    count: int = 0
    repeated: int = 0
    undeclared: dict[str, int] = field(default_factory=dict)
    bad: list[BadLine] = field(default_factory=list)
    bad_count: int = 0

    def complain(self, file: Path, line: int, message: str) -> None:
        self.bad_count += 1
        if len(self.bad) < BAD_MAX:
            self.bad.append(BadLine(file=str(file), line=line, message=visible(message)))

    def note_undeclared(self, name: str) -> None:
        name = visible(name[:60])
        if name not in self.undeclared and len(self.undeclared) >= UNDECLARED_MAX:
            name = OTHER_NAMES
        self.undeclared[name] = self.undeclared.get(name, 0) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a customer file says of one customer, as raw values; None where it says nothing."""

    attributes: Mapping[str, Any]
    consents: tuple[str, ...] | None
    timezone: str | None


def event_lines(program: Program, path: Path, recording: Recording, on_progress: Progress) -> Iterator[Numbered]:
    """Events as they stand in a file, not checked yet; lines that are none are bad lines of the recording."""
    columns = ("id", "name", "customer", "at")
    for line, raw in _objects(program, path, recording, on_progress, _event_of_cells, columns):
        if "name" not in raw and not _OF_CUSTOMERS.isdisjoint(raw):
            recording.complain(path, line, "this tells of a customer, and events are wanted here")
        else:
            yield line, raw


def customer_lines(program: Program, path: Path, recording: Recording, on_progress: Progress) -> Iterator[Numbered]:
    """Customers as they stand in a file, not checked yet; lines that are none are bad lines of the recording."""
    for line, raw in _objects(program, path, recording, on_progress, _customer_of_cells, ("customer",)):
        if "name" in raw and "at" in raw:
            recording.complain(path, line, "this tells of an event, and customers are wanted here")
        else:
            yield line, raw


def read_recording(program: Program, path: Path, on_progress: Progress) -> Recording:
    """Reads all events.  The same (customer, source, id) is taken once, the first time."""
    recording = Recording()
    ids: dict[str, set[tuple[str, str]]] = {}
    for line, raw in event_lines(program, path, recording, on_progress):
        try:
            customer = read_customer(raw)
            if "id" not in raw or raw["id"] in ("", None):
                raise InputError("an event needs an `id`, so that it is taken once")
            event = read_event(program, raw)
            if event is not None and event.event == program.merged:
                raise InputError(
                    "a replay takes each customer alone, and merges none: leave customer.merged out, and let the "
                    "events of both ids name one customer"
                )
        except InputError as error:
            recording.complain(path, line, str(error))
            continue
        recording.count += 1
        taken = ids.get(customer)
        if taken is None:
            taken = ids[customer] = set()
            recording.events[customer] = []
        key = (str(raw.get("source", "")), str(raw["id"])) if event is None else (event.source, event.id)
        if key in taken:
            recording.repeated += 1
            continue
        taken.add(key)
        if event is None:
            recording.note_undeclared(raw["name"])
            at = parse_moment(raw["at"])
        else:
            recording.events[customer].append(event)
            at = event.at
        if at < recording.first_at or recording.count == 1:
            recording.first_at = at
        if at > recording.last_at:
            recording.last_at = at
    return recording


def read_customers(program: Program, path: Path, recording: Recording) -> dict[str, Known]:
    """Reads `{"customer", "attributes", "consents", "timezone"}` lines; a customer twice is a bad line."""
    known: dict[str, Known] = {}
    for line, raw in customer_lines(program, path, recording, _nobody_watches):
        try:
            customer = read_customer(raw)
            if customer in known:
                raise InputError("this customer stands in an earlier line")
            one = read_known(raw)
            new_customer(program, customer, one.attributes, at=0, consents=one.consents or (), timezone=one.timezone)
        except InputError as error:
            recording.complain(path, line, str(error))
            continue
        known[customer] = one
    return known


def read_known(raw: Mapping[str, Any]) -> Known:
    """What one line says of a customer, its shape checked and its values not yet."""
    attributes, consents, timezone = raw.get("attributes"), raw.get("consents"), raw.get("timezone")
    if "consent" in raw:
        raise InputError("`consent` is called `consents` here, a list of purposes")
    if attributes is None:
        attributes = {}
    elif not isinstance(attributes, dict):
        raise InputError("`attributes` must be an object")
    if consents is not None and (not isinstance(consents, list) or not all(isinstance(each, str) for each in consents)):
        raise InputError("`consents` must be a list of purposes")
    return Known(attributes=attributes, consents=None if consents is None else tuple(consents), timezone=timezone)


def _nobody_watches(done: int, total: int) -> None:
    pass


# ---------------------------------------------------------------- cells of a CSV file

_EVENT_COLUMNS: Final = ("id", "name", "customer", "at", "source", "import")
_CUSTOMER_COLUMNS: Final = ("customer", "timezone", "consents")
_NUMBER: Final = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)


def _objects(
    program: Program,
    path: Path,
    recording: Recording,
    on_progress: Progress,
    of_cells: Any,
    columns: tuple[str, ...],
) -> Iterator[Numbered]:
    return read_objects(
        path,
        complain=lambda line, message: recording.complain(path, line, message),
        on_progress=on_progress,
        from_cells=lambda row: of_cells(program, row),
        columns=columns,
    )


def _event_of_cells(program: Program, row: Mapping[str, str]) -> dict[str, Any]:
    """Columns that are not an event's own are its properties; an empty cell is missing."""
    entry: dict[str, Any] = {name: row[name] for name in _EVENT_COLUMNS if row.get(name)}
    if "import" in entry:
        entry["import"] = _boolean(entry["import"])
    event = program.definitions.heard.get(row["name"])
    types = {} if event is None else event.properties
    entry["properties"] = {
        name: _cell(types.get(name, "text"), cell) for name, cell in row.items() if cell and name not in _EVENT_COLUMNS
    }
    return entry


def _customer_of_cells(program: Program, row: Mapping[str, str]) -> dict[str, Any]:
    """Columns that are not a customer's own are attributes; consents stand with semicolons between."""
    fields = program.definitions.brand.fields
    columns = [*_CUSTOMER_COLUMNS, *(name for name in _EVENT_COLUMNS if name not in fields)]
    entry: dict[str, Any] = {name: row[name] for name in columns if row.get(name)}
    if "consents" in entry:
        entry["consents"] = [each.strip() for each in entry["consents"].split(";") if each.strip()]
    entry["attributes"] = {
        name: _cell(fields[name].type, cell) for name, cell in row.items() if cell and name in fields
    }
    return entry


def _cell(kind: str, cell: str) -> Any:
    """A cell by the type that is declared.  What cannot be read stays text, and is then refused by its name."""
    if kind.startswith("list of "):
        return [_cell(kind.removeprefix("list of "), item.strip(" ")) for item in cell.split(";")]
    if kind in ("number", "money"):
        if not _NUMBER.fullmatch(cell):
            return cell
        return float(cell) if "." in cell else int(cell)
    return _boolean(cell) if kind == "boolean" else cell


def _boolean(cell: str) -> Any:
    return {"true": True, "false": False}.get(cell.lower(), cell)
