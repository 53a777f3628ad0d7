"""`journeys sources test`: what a sample of a sender's body becomes, before anybody sends one.

It is read as the web part reads it, but for the signature: of a sample there is none.  What is refused is told
where the file says it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from journeys.check.folder import open_definitions
from journeys.check.problems import text_of
from journeys.cli.main import FINE, PROBLEMS
from journeys.cli.page import Page, Style, count_of, print_json
from journeys.clock import now
from journeys.core.compiling import compile_program
from journeys.core.program import Program
from journeys.definition.load import Reading
from journeys.definition.model import Finding
from journeys.definition.model import Path as Place
from journeys.definition.nearest import nearest, shown
from journeys.definition.sources_model import Source
from journeys.errors import InputError, Problem
from journeys.sources.hooks import Heard, read_hook
from journeys.web.bodies import BODY_MAX, read_json
from journeys.web.events import to_row
from journeys.web.problems import Refusal

_MARK: Final[Mapping[str, Style]] = {"accepted": "green", "ignored": "yellow", "machine": "yellow", "refused": "red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command line; `source` None is the only one that there is."""

    file: Path
    source: str | None
    headers: list[str]
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one thing became: `event` is as it would be kept, and `problem` where the file says what was refused."""

    status: str
    event: Mapping[str, Any] | None = None
    because: str = ""
    problem: Problem | None = None


def test_source(asked: Asked, *, is_json: bool) -> int:
    """Raises InputError for a source that is not there, and for a sample that is no JSON."""
    reading = open_definitions(asked.folder)
    assert reading.definitions is not None
    program = compile_program(reading.definitions, salt="")
    source = _source(asked, reading.definitions.sources)
    body, headers = _body(asked.file), _headers(asked.headers)
    try:
        heard = read_hook(program, source, headers, body)
    except InputError as error:
        heard = [Heard(raw=error)]
    told = [_told(program, reading, source, each) for each in heard]
    if is_json:
        print_json({"source": source.name, "events": [_as_json(each) for each in told]})
    else:
        _print(told, source)
    return PROBLEMS if any([each.status == "refused" for each in told]) else FINE


def _source(asked: Asked, sources: Mapping[str, Source]) -> Source:
    if not sources:
        raise InputError(f"no sources: there is no sources.yaml in '{asked.folder}', or nothing in it")
    if asked.source is None and len(sources) > 1:
        raise InputError(f"say which source it is: --source {' or '.join(sources)}")
    name = asked.source or next(iter(sources))
    if name not in sources:
        raise InputError(f"there is no source {shown(name)}: {nearest(name, sources)}")
    return sources[name]


def _headers(said: list[str]) -> dict[str, str]:
    headers = {}
    for each in said:
        name, colon, value = each.partition(":")
        if not colon or not name.strip():
            raise InputError(f"{shown(each)} is no header, as in --header 'X-Shopify-Topic: orders/create'")
        headers[name.strip().lower().replace("-", "_")] = value.strip()
    return headers


def _body(file: Path) -> Any:
    try:
        body = file.read_bytes()
    except OSError as error:
        raise InputError(f"'{file}' cannot be read: {(error.strerror or 'it cannot be opened').lower()}") from None
    if len(body) > BODY_MAX:
        raise InputError(f"'{file}' is longer than {BODY_MAX:,} bytes, which no request may be")
    try:
        return read_json(body)
    except Refusal as refusal:
        raise InputError(f"{file}{_place(body)}: {refusal.detail}") from None


def _place(body: bytes) -> str:
    """Where it is no JSON, as `:LINE:COLUMN`."""
    try:
        json.loads(body)
    except json.JSONDecodeError as error:
        return f":{error.lineno}:{error.colno}"
    except (ValueError, RecursionError):
        pass
    return ""


def _told(program: Program, reading: Reading, source: Source, heard: Heard) -> Told:
    if heard.by_machine:
        return Told(status="machine", because="a machine did it: it is counted, and nothing else")
    if heard.raw is None:
        return Told(status="ignored", because=heard.because)
    if isinstance(heard.raw, InputError):
        return Told(status="refused", because=str(heard.raw), problem=_problem(reading, source, heard.raw))
    try:
        row = to_row(program, heard.raw, now=now())
    except Refusal as refusal:
        path = refusal.path or ()
        place = (*heard.meaning.path, *path) if heard.meaning is not None and path[:1] == ("properties",) else ()
        error = InputError(refusal.detail, tuple(place) or ("sources", source.name, *path))
        return Told(status="refused", because=refusal.detail, problem=_problem(reading, source, error))
    assert row is not None  # what is not declared is not made
    return Told(status="accepted", event={"customer": row.customer, **msgspec.json.decode(row.body)})


def _problem(reading: Reading, source: Source, error: InputError) -> Problem | None:
    """Where the file says it; None for what only a preset says."""
    place: Place = error.path
    if place[:1] != ("sources",):
        return None
    return reading.problem(
        Finding(
            file=source.file,
            path=place,
            rule="sample",
            message=str(error),
            why="what is sent like this sample would be refused",
            help="see what stands there in the sample, and where what you want stands",
        )
    )


def _print(told: list[Told], source: Source) -> None:
    page = Page()
    for each in told:
        if each.event is not None:
            event = each.event
            page.line((event["name"], "bold"), f" of {shown(event['customer'])}, at {event['at']}, id {event['id']}")
            for name, value in event["properties"].items():
                page.paragraph(f"{name}: {msgspec.json.encode(value).decode()}", indent=2, hang=2)
        elif each.problem is not None:
            for line in text_of(each.problem).splitlines():
                page.line_to_copy(line)
        else:
            page.line((each.status, _MARK[each.status]), f": {each.because}")
    counts = {status: sum(each.status == status for each in told) for status in _MARK}
    words = [f"{count} {status}" for status, count in counts.items() if count] or ["nothing"]
    page.line(f"{source.name}: {count_of(len(told), 'event')}: {', '.join(words)}")


def _as_json(told: Told) -> dict[str, Any]:
    said: dict[str, Any] = {"status": told.status}
    if told.event is not None:
        said["event"] = told.event
    if told.because:
        said["because"] = told.because
    if told.problem is not None:
        said |= {"file": told.problem.file, "line": told.problem.line, "column": told.problem.column}
    return said
