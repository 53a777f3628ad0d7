"""`journeys customer`: what is kept of one customer, for whoever answers for it.

What is shown goes to standard output, and to a file where one is named; nothing of a customer is said in an
error or a log.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import msgspec

from journeys.cli.database import open_here
from journeys.cli.dead_letters import with_dead_letters
from journeys.cli.explaining import print_story
from journeys.cli.files import see_writable, write_json
from journeys.cli.main import FINE
from journeys.cli.moments import say_utc
from journeys.cli.page import Column, Page, count_of, print_json
from journeys.clock import now
from journeys.core.calendar import format_moment, parse_moment
from journeys.core.customer import Customer
from journeys.core.merging import number_of
from journeys.core.program import Program
from journeys.core.trace import Row, header_of
from journeys.definition.model import Field
from journeys.definition.nearest import nearest, shown
from journeys.errors import InputError, JourneysError
from journeys.measure.story import Story, tell
from journeys.runtime.engine import Engine
from journeys.runtime.known import decisions_of, tell_everything, tell_ledger, tell_standing
from journeys.runtime.publishing import open_engine
from journeys.runtime.retracing import history
from journeys.store.customers import find, parked, turns_of, unpark
from journeys.store.database import Connection
from journeys.store.identity import ids_of
from journeys.store.inbox import Received, receive
from journeys.store.looking import OnItsWay, is_known, is_parked, touches_of
from journeys.store.texts import is_text
from journeys.store.values import Kept

SOURCE: Final = "operator"
NO_TURN: Final = "{} has had no turn yet: their events wait for `journeys serve`"
_ERASED: Final = "they were erased: nothing that tells of them is kept"


def show_customer(id: str, *, is_json: bool) -> int:
    with open_here() as database:
        engine = open_engine(database)
        with database.reading() as connection:
            customer = _customer(connection, engine, id)
            ledger = tell_ledger(connection, id)
            waits = is_parked(connection, customer.id)
    told = tell_standing(engine.program, customer)
    if is_json:
        print_json({**told, "is_parked": waits, "consent_ledger": ledger})
        return FINE
    page = Page()
    page.line((customer.id, "bold"))
    if customer.others:
        page.paragraph(f"Also {', '.join(told['other_ids'])}.", style="dim")
    page.paragraph(f"As of {say_utc(customer.as_of)} UTC; {customer.zone.name}.", style="dim")
    if waits:
        page.paragraph("Parked: their turn fails, and all that concerns them waits (journeys status).", style="yellow")
    if customer.erased:
        page.paragraph(f"{_ERASED[:1].upper()}{_ERASED[1:]}.", style="yellow")
    _print_enrollments(page, told["enrollments"])
    _print_fields(page, engine.program, told["attributes"])
    _print_consents(page, told, ledger)
    return FINE


def explain_customer(id: str, touch: str | None, *, is_json: bool) -> int:
    with open_here() as database:
        engine = open_engine(database)
        with database.reading() as connection:
            customer = _customer(connection, engine, id)
            touches = [
                _as_theirs(customer, touch) for each in ids_of(connection, id) for touch in touches_of(connection, each)
            ]
            rows = with_dead_letters(_story(connection, customer), touches)
    if not rows:
        raise InputError(f"there is no story of {shown(id)}: {_ERASED if customer.erased else 'nothing happened yet'}")
    program = engine.program
    story = tell(header_of(program, list(program.names.journeys), customer.as_of), rows)
    return print_story(story if touch is None else _only(story, touch), is_json=is_json)


def export_customer(id: str, file: Path) -> int:
    """Everything, as one JSON file."""
    see_writable([("FILE", file)])
    with open_here() as database:
        engine = open_engine(database)
        with database.reading() as connection:
            see_known(connection, id)
            kept = find(connection, id)
            customer = None if kept is None else _read(engine, kept)
            everything = tell_everything(connection, engine.program, id, customer, now())
    write_json(file, everything, is_private=True)
    counts = f"{count_of(len(everything['events']), 'event')}, {count_of(len(everything['decisions']), 'decision')}"
    print(f"wrote {file}: {counts}")
    return FINE


def erase_customer(id: str, *, is_sure: bool) -> int:
    with open_here() as database:
        with database.reading() as connection:
            see_known(connection, id)
            ids = ids_of(connection, id)
            waits = is_parked(connection, ids[0])
        if len(ids) > 1:
            print(f"{ids[0]} is also {', '.join(ids[1:])}: all of it goes")
        if not is_sure and not _is_agreed(id):
            print("nothing was done")
            return FINE
        at = now()
        word = {"id": uuid4().hex, "source": SOURCE, "name": "customer.erased", "at": format_moment(at)}
        row = Received(customer=id, source=SOURCE, id=word["id"], at=at, body=msgspec.json.encode(word))
        with database.writing() as connection:
            receive(connection, [row], at)
    print(f"{ids[0]} will be erased by their next turn, which is at once where `journeys serve` runs")
    if waits:
        print(f"they are parked, so that no turn comes: `journeys customer unpark {ids[0]}` lets them go on")
    return FINE


def unpark_customer(id: str) -> int:
    with open_here() as database, database.writing() as connection:
        if not is_text(id) or not unpark(connection, id):
            others = [each.id for each in parked(connection)]
            raise InputError(f"{shown(id)} is not parked: {nearest(id, others) if others else 'nobody is'}")
    print(f"{id} goes on with the next turn")
    return FINE


# ---------------------------------------------------------------- what is kept


def see_known(connection: Connection, id: str) -> None:
    """Raises InputError for a customer of whom nothing was ever heard."""
    if not is_text(id) or not is_known(connection, id):
        raise InputError(f"nothing is known of a customer {shown(id)}")


def _customer(connection: Connection, engine: Engine, id: str) -> Customer:
    see_known(connection, id)
    kept = find(connection, id)
    if kept is None:
        raise InputError(NO_TURN.format(shown(id)))
    return _read(engine, kept)


def _read(engine: Engine, kept: Kept) -> Customer:
    try:
        return engine.customer_of(kept)
    except JourneysError as error:
        # Published while they were on their way; the worker has parked them for it.
        raise InputError(f"{shown(kept.id)} cannot be read under publication {engine.publication}: {error}") from None


def _story(connection: Connection, customer: Customer) -> list[Row]:
    """All that was decided for a customer, also under other ids of theirs, each enrollment by the number it has now."""
    rows = []
    for turn in history(lambda id: turns_of(connection, id), customer.id):
        for row in decisions_of(turn):
            if turn.customer != customer.id and "enrollment" in row:
                journey, _, number = row["enrollment"].rpartition("#")
                row["enrollment"] = f"{journey}#{number_of(customer, turn.customer, int(number))}"
            rows.append({**row, "customer": customer.id})
    return sorted(rows, key=lambda row: parse_moment(row["at"])) if customer.others else rows


def _as_theirs(customer: Customer, touch: OnItsWay) -> OnItsWay:
    return msgspec.structs.replace(touch, enrollment=number_of(customer, touch.customer, touch.enrollment))


def _only(story: Story, touch: str) -> Story:
    """The lines about one touch, in their chapters."""
    told = {str(line.row["touch"]) for chapter in story.chapters for line in chapter.lines if "touch" in line.row}
    if touch not in told:
        raise InputError(f"no decision about a touch {shown(touch)} in this story: {nearest(touch, sorted(told))}")
    chapters = []
    for chapter in story.chapters:
        lines = tuple(line for line in chapter.lines if line.row.get("touch") == touch)
        if lines:
            chapters.append(replace(chapter, lines=lines))
    return Story(customer=story.customer, summary=story.summary, chapters=tuple(chapters))


def _is_agreed(id: str) -> bool:
    if not sys.stdin.isatty():
        raise InputError("nobody is there to be asked: say --yes")
    print("This forgets them for good. Type the customer's id to go on: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip() == id


# ---------------------------------------------------------------- how it looks


def _print_enrollments(page: Page, enrollments: list[dict[str, Any]]) -> None:
    page.heading("Journeys")
    if not enrollments:
        page.line("  none yet")
        return
    columns = [
        Column(title="journey", is_name=True, style="bold"),
        Column(title="stands in", is_name=True, style="cyan"),
        Column(title="since (UTC)", is_number=True),
        Column(title="entered (UTC)", is_number=True),
    ]
    page.table(columns, [_enrollment_cells(each) for each in enrollments])


def _enrollment_cells(told: dict[str, Any]) -> list[str]:
    key = f" ({told['key']})" if "key" in told else ""
    version = f", version {told['version']}" if "version" in told else ""
    where = f"ended: {told['end']}" if "end" in told else str(told["state"])
    since = str(told.get("ended_at", told["arrived_at"]))
    name = f"{told['journey']}#{told['enrollment']}{key}{version}"
    return [name, where, _short(since), _short(str(told["entered_at"]))]


def _short(moment: str) -> str:
    """To the minute, out of what JSON has."""
    return f"{moment[:10]} {moment[11:16]}"


def _print_fields(page: Page, program: Program, attributes: dict[str, Any]) -> None:
    page.heading("Fields")
    if not attributes:
        page.line("  nothing is known")
        return
    fields = program.definitions.brand.fields
    columns = [
        Column(title="kind"),
        Column(title="field", is_name=True, style="bold"),
        Column(title="value"),
    ]
    cells = [[_kind(fields[name]), name, _say(value)] for name, value in attributes.items()]
    page.table(columns, sorted(cells))


def _kind(field: Field) -> str:
    """As brand.yaml sorts its data, and what an operator must know before they show it to anybody."""
    sorted_as = field.kind or ("address" if field.address else "other")
    return f"{sorted_as}, sensitive" if field.sensitive else sorted_as


def _say(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _print_consents(page: Page, told: dict[str, Any], ledger: list[dict[str, Any]]) -> None:
    page.heading("Consents")
    allowed = [purpose for purpose, is_given in told["consents"].items() if is_given]
    page.paragraph(f"Allowed now: {', '.join(allowed) or 'nothing'}.", indent=2)
    for part, value in told["preferences"].items():
        page.paragraph(f"They chose {part.replace('_', ' ')}: {_say(value)}.", indent=2)
    for name in ("bounced", "complained"):
        if told[name]:
            page.paragraph(f"Stopped, as they {name}: {', '.join(told[name])}.", indent=2, style="yellow")
    if not ledger:
        return
    columns = [
        Column(title="at (UTC)", is_number=True),
        Column(title="purpose", is_name=True, style="bold"),
        Column(title="said"),
        Column(title="by"),
    ]
    page.table(columns, [_consent_cells(said) for said in ledger])


def _consent_cells(said: dict[str, Any]) -> list[str]:
    version = "" if said["version"] is None else f", words version {said['version']}"
    given = f"given{version}" if said["is_given"] else "withdrawn"
    return [_short(said["at"]), said["purpose"], given, said["source"] or said["id"]]
