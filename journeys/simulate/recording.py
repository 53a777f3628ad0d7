"""Recordings: customers and events as a file holds them, read whole, checked line by line.

`.jsonl`, `.jsonl.gz` or `.csv`.  Every line that cannot be taken is named by its number with
what is wrong; nothing is dropped in silence.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from journeys.core.customer import Event
from journeys.core.intake import NAME_MAX, new_customer, read_event
from journeys.core.program import Program
from journeys.errors import InputError

LINE_MAX: Final = 1_000_000  # bytes of one line
BAD_MAX: Final = 10_000  # bad lines that are remembered; more are only counted

Progress = Callable[[int, int], None]  # (done, in all)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line that cannot be taken; `line` counts from 1."""

    line: int
    message: str


@dataclass(slots=True, kw_only=True)
class Recording:
    """Events by customer, in order of the customers' names; `names` are events nobody declared, with their number."""

    events: dict[str, list[Event]] = field(default_factory=dict)
    first_at: int = 0
    last_at: int = 0
    count: int = 0
    repeated: int = 0
    undeclared: dict[str, int] = field(default_factory=dict)
    bad: list[BadLine] = field(default_factory=list)
    bad_count: int = 0

    def complain(self, line: int, message: str) -> None:
        self.bad_count += 1
        if len(self.bad) < BAD_MAX:
            self.bad.append(BadLine(line=line, message=message))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a customer file says of one customer, as raw values."""

    attributes: Mapping[str, Any]
    consents: tuple[str, ...]
    timezone: str | None


def read_recording(program: Program, path: Path, on_progress: Progress) -> Recording:
    """Reads all events.  The same (customer, source, id) is taken once, the first time."""
    recording = Recording()
    seen: set[tuple[str, str, str]] = set()
    for line, raw in _objects(path, recording, on_progress, program):
        try:
            customer = _name_of(raw)
            if "id" not in raw or raw["id"] in ("", None):
                raise InputError("an event needs an `id`, so that it is taken once")
            event = read_event(program, raw)
        except InputError as error:
            recording.complain(line, str(error))
            continue
        recording.count += 1
        if event is None:
            name = str(raw["name"])[:60]
            recording.undeclared[name] = recording.undeclared.get(name, 0) + 1
            continue
        key = (customer, event.source, event.id)
        if key in seen:
            recording.repeated += 1
            continue
        seen.add(key)
        recording.events.setdefault(customer, []).append(event)
        if recording.first_at == 0 or event.at < recording.first_at:
            recording.first_at = event.at
        recording.last_at = max(recording.last_at, event.at)
    return recording


def read_customers(program: Program, path: Path, recording: Recording) -> dict[str, Known]:
    """Reads `{"customer", "attributes", "consents", "timezone"}` lines; a customer twice is a bad line."""
    known: dict[str, Known] = {}
    for line, raw in _objects(path, recording, lambda done, total: None, None):
        try:
            customer = _name_of(raw)
            if customer in known:
                raise InputError("this customer stood in an earlier line")
            attributes, consents, timezone = raw.get("attributes") or {}, raw.get("consents") or (), raw.get("timezone")
            if not isinstance(attributes, dict):
                raise InputError("`attributes` must be an object")
            if not isinstance(consents, list | tuple) or not all(isinstance(each, str) for each in consents):
                raise InputError("`consents` must be a list of purposes")
            one = Known(attributes=attributes, consents=tuple(consents), timezone=timezone)
            new_customer(program, customer, attributes, at=0, consents=one.consents, timezone=timezone)
        except InputError as error:
            recording.complain(line, str(error))
            continue
        known[customer] = one
    return known


def _name_of(raw: Mapping[str, Any]) -> str:
    customer = raw.get("customer")
    if not isinstance(customer, str) or not customer or len(customer) > NAME_MAX or "\x00" in customer:
        raise InputError(f"`customer` must be text of 1 to {NAME_MAX} characters")
    return customer


def _objects(
    path: Path, recording: Recording, on_progress: Progress, program: Program | None
) -> Iterator[tuple[int, dict[str, Any]]]:
    if path.is_dir():
        raise InputError(f"{path} is a folder, and a file is wanted")
    try:
        total = path.stat().st_size
        with path.open("rb") as raw:
            if path.name.endswith(".csv"):
                yield from _csv_rows(raw, recording, program)
                return
            if not path.name.endswith((".jsonl", ".jsonl.gz")):
                raise InputError(f"{path}: the name must end in .jsonl, .jsonl.gz or .csv")
            lines: BinaryIO = gzip.GzipFile(fileobj=raw) if path.name.endswith(".gz") else raw  # type: ignore[assignment]
            yield from _json_lines(lines, recording, lambda: on_progress(raw.tell(), total))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None


def _json_lines(
    lines: BinaryIO, recording: Recording, tick: Callable[[], None]
) -> Iterator[tuple[int, dict[str, Any]]]:
    decode = msgspec.json.Decoder().decode
    number = 0
    while True:
        try:
            line = lines.readline(LINE_MAX + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            recording.complain(number + 1, f"the compressed file cannot be read past here: {error}")
            return
        if not line:
            return
        number += 1
        if number % 2_000 == 0:
            tick()
        if len(line) > LINE_MAX:
            recording.complain(number, f"longer than {LINE_MAX:,} bytes")
            while line and not line.endswith(b"\n"):
                line = lines.readline(LINE_MAX)
            continue
        if line.isspace():
            continue
        try:
            raw = decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            recording.complain(number, "not a JSON object")
            continue
        if isinstance(raw, dict):
            yield number, raw
        else:
            recording.complain(number, "not a JSON object")


_EVENT_COLUMNS: Final = ("id", "name", "customer", "at", "source", "import")
_CUSTOMER_COLUMNS: Final = ("customer", "timezone", "consents")


def _csv_rows(raw: BinaryIO, recording: Recording, program: Program | None) -> Iterator[tuple[int, dict[str, Any]]]:
    """A line a row; columns that are not an event's own are its properties (a customer's: attributes)."""
    text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
    csv.field_size_limit(LINE_MAX)
    reader = csv.DictReader(text, strict=True)
    try:
        for row in reader:
            if None in row or None in row.values():
                recording.complain(
                    reader.line_num, f"has not the {len(reader.fieldnames or ())} cells of the first line"
                )
                continue
            yield reader.line_num, _from_cells(row, program)
    except (csv.Error, UnicodeDecodeError) as error:
        recording.complain(reader.line_num + 1, f"not a line of a CSV file: {error}")


def _from_cells(row: Mapping[str, str], program: Program | None) -> dict[str, Any]:
    """Cells are text: each is read by the type its property declares, and an empty one is missing."""
    own = _CUSTOMER_COLUMNS if program is None else _EVENT_COLUMNS
    entry: dict[str, Any] = {name: row[name] for name in own if row.get(name)}
    values = {name: cell for name, cell in row.items() if name not in own and cell != ""}
    if program is None:
        entry["attributes"] = values
        entry["consents"] = [each.strip() for each in row.get("consents", "").split(";") if each.strip()]
        return entry
    if "import" in entry:
        entry["import"] = _boolean(entry["import"])
    event = program.definitions.heard.get(row.get("name", ""))
    types = {} if event is None else event.properties
    entry["properties"] = {name: _cell(types.get(name, "text"), cell) for name, cell in values.items()}
    return entry


def _cell(kind: str, cell: str) -> Any:
    """What cannot be read stays text, and is then refused by its name."""
    if kind.startswith("list of "):
        return [_cell(kind.removeprefix("list of "), item.strip()) for item in cell.split(";")]
    if kind in ("number", "money"):
        try:
            return int(cell) if cell.lstrip("-").isdecimal() and len(cell) < 16 else float(cell)
        except ValueError:
            return cell
    return _boolean(cell) if kind == "boolean" else cell


def _boolean(cell: str) -> Any:
    return {"true": True, "false": False}.get(cell, cell)
