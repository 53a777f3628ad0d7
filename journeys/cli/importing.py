"""`journeys import`: what is known already, into the inbox, before the engine goes on from there.

A file is read twice: once to see that every line can be taken, then to take them.  So nothing is
kept of a file that is refused, and a large one needs no more memory than a small one.  What was cut
short is handed in again: events are known by their ids, and a profile says the same twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from journeys.cli.database import open_here
from journeys.cli.files import see_readable
from journeys.cli.main import FINE
from journeys.cli.page import Page, count_of
from journeys.cli.progress import Tick, watched
from journeys.clock import now
from journeys.core.calendar import format_moment
from journeys.core.intake import read_customer
from journeys.core.program import Program
from journeys.errors import InputError
from journeys.runtime.publishing import open_engine
from journeys.simulate.recording import Recording, customer_lines, event_lines, read_known
from journeys.store.database import Database
from journeys.store.inbox import Received, receive
from journeys.store.looking import is_any_unheard
from journeys.web.events import to_row
from journeys.web.problems import Refusal

SOURCE: Final = "import"
_BATCH: Final = 2_000  # events in one transaction: others that write wait for it
_BAD_SHOWN: Final = 20
_NAMES_SHOWN: Final = 10

Rows = Callable[[Program, Path, int, Recording, Tick], Iterator[list[Received]]]


def import_events(file: Path, *, skip_bad: bool) -> int:
    """As history that only informs: no move is made by it, and no journey entered."""
    return _import(file, _events, skip_bad=skip_bad, is_customers=False)


def import_customers(file: Path, *, skip_bad: bool) -> int:
    """As if each had said so now."""
    return _import(file, _customers, skip_bad=skip_bad, is_customers=True)


def _import(file: Path, rows_of: Rows, *, skip_bad: bool, is_customers: bool) -> int:
    see_readable(file)
    if file.is_fifo():
        raise InputError(f"{file} is a pipe, and the file is read twice: write it to a file first")
    with open_here() as database:
        if not is_customers:
            _see_customers_taken(database)
        program, at = open_engine(database).program, now()
        recording = Recording()
        with watched(["Checking lines", "Importing"]) as (on_checking, on_importing):
            lines = sum(1 for _ in rows_of(program, file, at, recording, on_checking))
            _refuse_bad(recording, skip_bad=skip_bad)
            answers = _keep(database, rows_of(program, file, at, Recording(), on_importing))
    _print(file, recording, lines, answers, is_customers=is_customers)
    return FINE


def _see_customers_taken(database: Database) -> None:
    """They allow things from now on: heard in one turn with last year's events, it would be too late for these."""
    with database.reading() as connection:
        if is_any_unheard(connection, SOURCE):
            raise InputError(
                "imported customers wait for a worker, and events would be heard before what these allow: run "
                "`journeys serve`, and import the events when `journeys status` says that nothing waits"
            )


def _keep(database: Database, lines: Iterator[list[Received]]) -> Counter[bool]:
    """How many events were new, and how many were known."""
    answers: Counter[bool] = Counter()
    batch: list[Received] = []

    def write() -> None:
        with database.writing() as connection:
            answers.update(receive(connection, batch, now()))
        batch.clear()

    for rows in lines:
        batch += rows
        if len(batch) >= _BATCH:
            write()
    if batch:
        write()
    return answers


# ---------------------------------------------------------------- lines to rows


def _events(program: Program, file: Path, at: int, recording: Recording, on_progress: Tick) -> Iterator[list[Received]]:
    for line, raw in event_lines(program, file, recording, on_progress):
        try:
            row = to_row(program, {**raw, "import": True}, now=at, may_erase=True)
        except Refusal as refusal:
            recording.complain(file, line, refusal.detail)
            continue
        if row is None:
            recording.note_undeclared(str(raw["name"]))
        else:
            yield [row]


def _customers(
    program: Program, file: Path, at: int, recording: Recording, on_progress: Tick
) -> Iterator[list[Received]]:
    for line, raw in customer_lines(program, file, recording, on_progress):
        try:
            rows = _rows_of(program, raw, at)
        except InputError as error:
            recording.complain(file, line, str(error))
            continue
        except Refusal as refusal:
            recording.complain(file, line, refusal.detail)
            continue
        yield rows


def _rows_of(program: Program, raw: dict[str, Any], at: int) -> list[Received]:
    """What a line says of a customer, as events."""
    customer = read_customer(raw)
    known = read_known(raw)
    # A consent's id is its purpose: handed in again it is known, and brings back none that was withdrawn meanwhile.
    said: list[tuple[str, str, dict[str, Any]]] = [
        (f"allowed-{purpose}", "consent.given", {"purpose": purpose}) for purpose in dict.fromkeys(known.consents or ())
    ]
    profile = {name: value for name, value in known.attributes.items() if value is not None and name != "timezone"}
    if known.timezone is not None:
        profile["timezone"] = known.timezone
    if profile:
        # Made of nothing that was said: it stays when the customer is erased.
        said.append((uuid4().hex, "profile.updated", profile))
    rows = []
    for id, name, properties in said:
        event = {"id": id, "source": SOURCE, "name": name, "customer": customer, "properties": properties}
        row = to_row(program, {**event, "at": format_moment(at)}, now=at)
        assert row is not None
        rows.append(row)
    return rows


# ---------------------------------------------------------------- what is said


def _refuse_bad(recording: Recording, *, skip_bad: bool) -> None:
    if skip_bad or not recording.bad_count:
        return
    told = [f"{bad.file}:{bad.line}: {bad.message}" for bad in recording.bad[:_BAD_SHOWN]]
    if recording.bad_count > _BAD_SHOWN:
        told.append(f"… and {recording.bad_count - _BAD_SHOWN:,} more bad lines")
    told.append("nothing is imported: mend them, or leave them out with --skip-bad")
    raise InputError("\n".join(told))


def _print(file: Path, recording: Recording, lines: int, answers: Counter[bool], *, is_customers: bool) -> None:
    page = Page()
    of = f" of {count_of(lines, 'customer')}" if is_customers else ""
    page.paragraph(f"Took {count_of(answers[True], 'event')}{of} from {file} into the inbox.")
    left_out = []
    if answers[False]:
        left_out.append(f"{answers[False]:,} known already")
    undeclared = sorted(recording.undeclared.items(), key=lambda item: -item[1])
    left_out += [f"{count:,} {name} (not declared in brand.yaml)" for name, count in undeclared[:_NAMES_SHOWN]]
    if others := undeclared[_NAMES_SHOWN:]:
        left_out.append(f"{sum(count for _, count in others):,} of {len(others):,} other undeclared names")
    if left_out:
        page.paragraph(f"Left out: {'; '.join(left_out)}.", hang=2, style="yellow")
    if recording.bad_count:
        page.line((f"Skipped {count_of(recording.bad_count, 'bad line')}:", "yellow"))
        for bad in recording.bad[:_BAD_SHOWN]:
            page.line((f"  line {bad.line}: {bad.message}", "yellow"))
        if recording.bad_count > _BAD_SHOWN:
            page.line((f"  … and {recording.bad_count - _BAD_SHOWN:,} more", "yellow"))
