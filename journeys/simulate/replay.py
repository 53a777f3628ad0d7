"""Replay: what journeys would have done with recorded customers, in virtual time.

One customer at a time, from the start of the recording to its end, every clock and every
gate at its due instant.  Sending is virtual: a touch that the gate lets go is sent at once.

Held in memory are the recording and one customer's year at a time: a trace is written as it
goes, and the report's counts do not grow with the number of customers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from journeys.core.compiling import compile_program
from journeys.core.customer import Customer
from journeys.core.intake import new_customer
from journeys.core.machine import Reference
from journeys.core.program import Program
from journeys.core.turn import advance
from journeys.definition.model import Definitions, Given
from journeys.errors import InputError
from journeys.measure.report import Report, Tally, make_report

from .recording import BadLine, Known, Progress, Recording, read_customers, read_recording
from .trace import Teller, header_of
from .tracefile import TraceFile

SALT: Final = "journeys"
BAD_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """`skipped` are the bad lines (only with `skip_bad`), `repeated` the events that came again."""

    report: Report
    customers: int
    events: int
    repeated: int
    undeclared: Mapping[str, int]
    skipped: tuple[BadLine, ...]
    skipped_count: int
    signals: int


def replay(
    definitions: Definitions,
    journeys: Sequence[str],
    events: Path,
    *,
    customers: Path | None = None,
    assume: Given | None = None,
    skip_bad: bool = False,
    trace: Path | None = None,
    reference: bool = False,
    salt: str = SALT,
    on_reading: Progress = lambda done, total: None,
    on_progress: Progress = lambda done, total: None,
) -> Replayed:
    """Replays a file of events through journeys.

    `customers` names a file of attributes, consents and zones; `assume` gives them to those
    who lack them.  Raises InputError for files that cannot be read, with every bad line
    (unless `skip_bad`), and for a trace that cannot be written, before anything is read.
    """
    program = compile_program(definitions, salt=salt, journeys=journeys)
    _see_assumed(program, assume)
    # Opened first: that it cannot be written should not be learned after the reading.
    with _opened(trace) as file:
        recording = read_recording(program, events, on_reading)
        known = {} if customers is None else read_customers(program, customers, recording)
        _refuse_bad(recording, skip_bad)
        if recording.count == 0:
            raise InputError(f"{events}: there is no event in it")
        names = sorted({*recording.events, *known})
        tally = Tally(program)
        teller = Teller(program)
        chooser = Reference(program) if reference else None
        signals = 0
        if file is not None:
            file.write([header_of(program, journeys, recording.last_at)])
        for done, name in enumerate(names):
            customer = _begin(program, name, recording.first_at, known.get(name), assume)
            turn = advance(program, customer, recording.events.get(name, []), recording.last_at, chooser=chooser)
            signals += turn.signals
            tally.add(turn.whys)
            if file is not None:
                file.write(teller.rows(name, turn.whys))
            if done % 20 == 0:
                on_progress(done, len(names))
        on_progress(len(names), len(names))
    return Replayed(
        report=make_report(tally, until=recording.last_at),
        customers=len(names),
        events=recording.count,
        repeated=recording.repeated,
        undeclared=dict(sorted(recording.undeclared.items())),
        skipped=tuple(recording.bad),
        skipped_count=recording.bad_count,
        signals=signals,
    )


def _opened(trace: Path | None) -> TraceFile | nullcontext[None]:
    if trace is None:
        return nullcontext()
    try:
        return TraceFile(trace)
    except OSError as error:
        raise InputError(f"{trace} cannot be written: {(error.strerror or str(error)).lower()}") from None


def _see_assumed(program: Program, assume: Given | None) -> None:
    if assume is None:
        return
    try:
        new_customer(program, "", assume.fields, at=0, consents=assume.consent, timezone=assume.timezone)
    except InputError as error:
        raise InputError(f"what is assumed of customers: {error}") from None


def _begin(program: Program, name: str, at: int, known: Known | None, assume: Given | None) -> Customer:
    """A customer at the start of the recording; what is assumed fills only what is not known."""
    attributes = {} if known is None else dict(known.attributes)
    consents = None if known is None else known.consents
    timezone = None if known is None else known.timezone
    if assume is not None:
        for field, value in assume.fields.items():
            if attributes.get(field) is None:
                attributes[field] = value
        # Whoever is known to have consented to nothing does not lack consents.
        consents = assume.consent if consents is None else consents
        timezone = timezone or assume.timezone
    return new_customer(program, name, attributes, at=at, consents=consents or (), timezone=timezone)


def _refuse_bad(recording: Recording, skip_bad: bool) -> None:
    if skip_bad or not recording.bad_count:
        return
    shown = [f"{bad.file}:{bad.line}: {bad.message}" for bad in recording.bad[:BAD_SHOWN]]
    if recording.bad_count > BAD_SHOWN:
        shown.append(f"… and {recording.bad_count - BAD_SHOWN:,} more bad lines")
    shown.append("mend them, or leave them out with --skip-bad")
    raise InputError("\n".join(shown))
