"""Replay: what journeys would have done with recorded customers, in virtual time.

One customer at a time, from the start of the recording to its end, every clock and every
gate at its due instant.  Sending is virtual: a touch that the gate lets go is sent at once.

Held in memory are the recording and one customer's year at a time: a trace is written as it
goes, and the report's counts do not grow with the number of customers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from journeys.core.compiling import compile_program
from journeys.core.customer import Customer
from journeys.core.intake import new_customer
from journeys.core.machine import Reference
from journeys.core.program import Program
from journeys.core.trace import Teller, header_of
from journeys.core.turn import advance
from journeys.core.why import Why
from journeys.definition.model import Definitions, Given
from journeys.errors import InputError
from journeys.measure.comparison import Comparison
from journeys.measure.report import Report, Tally, make_report

from .comparing import Partings, deeds_of
from .recording import BadLine, Known, Progress, Recording, read_customers, read_recording
from .tracefile import TraceFile, opened, paths_of

SALT: Final = "journeys"
BAD_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """`skipped` are the bad lines (only with `skip_bad`), `repeated` the events that came again.

    `before` is what another version would have done, and `comparison` how the two treat customers.
    """

    report: Report
    customers: int
    events: int
    repeated: int
    undeclared: Mapping[str, int]
    skipped: tuple[BadLine, ...]
    skipped_count: int
    signals: int
    before: Report | None = None
    comparison: Comparison | None = None


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
    before: Definitions | None = None,
    on_reading: Progress = lambda done, total: None,
    on_progress: Progress = lambda done, total: None,
) -> Replayed:
    """Replays a file of events through journeys.

    `customers` names a file of attributes, consents and zones; `assume` gives them to those
    who lack them.  `before` is another version of the definitions, through which the same events
    are replayed; its trace goes beside, as `before_path` names it.  Raises InputError for files that cannot
    be read, with every bad line (unless `skip_bad`), and for a trace that cannot be written, before
    anything is read.
    """
    definitions_of = [definitions] if before is None else [definitions, before]
    programs = [compile_program(each, salt=salt, journeys=journeys) for each in definitions_of]
    _see_assumed(programs[0], assume)
    with ExitStack() as stack:
        # Opened first: that it cannot be written should not be learned after the reading.
        files = [stack.enter_context(opened(path)) for path in paths_of(trace, versions=len(programs))]
        versions = [_Version(program, events, customers, reference, on_reading) for program in programs]
        recording = versions[0].recording
        for each in versions:
            _refuse_bad(each.recording, skip_bad)
        if recording.count == 0:
            raise InputError(f"{events}: there is no event in it")
        for version, file in zip(versions, files):
            version.file = file
            if file is not None:
                # Both versions are taken to the same instant, also where only one declares the last event.
                file.write([header_of(version.program, journeys, recording.last_at)])
        names = sorted({name for each in versions for name in (*each.recording.events, *each.known)})
        partings = Partings()
        for done, name in enumerate(names):
            whys = [each.walk(name, recording.first_at, recording.last_at, assume) for each in versions]
            if len(versions) > 1:
                after, earlier = (deeds_of(version.program, each) for version, each in zip(versions, whys))
                partings.add(name, earlier, after)
            if done % 20 == 0:
                on_progress(done, len(names))
        on_progress(len(names), len(names))
    reports = [make_report(each.tally, until=recording.last_at) for each in versions]
    return Replayed(
        report=reports[0],
        customers=len(names),
        events=recording.count,
        repeated=recording.repeated,
        undeclared=dict(sorted(recording.undeclared.items())),
        skipped=tuple(recording.bad),
        skipped_count=recording.bad_count,
        signals=versions[0].signals,
        before=None if before is None else reports[1],
        comparison=None if before is None else partings.comparison(),
    )


class _Version:
    """One version of the definitions, with the recording as it reads it."""

    def __init__(
        self, program: Program, events: Path, customers: Path | None, reference: bool, on_reading: Progress
    ) -> None:
        self.program = program
        self.recording = read_recording(program, events, on_reading)
        self.known = {} if customers is None else read_customers(program, customers, self.recording)
        self.chooser = Reference(program) if reference else None
        self.tally = Tally(program)
        self.teller = Teller(program)
        self.file: TraceFile | None = None
        self.signals = 0

    def walk(self, name: str, first_at: int, last_at: int, assume: Given | None) -> list[Why]:
        """One customer's whole recording."""
        customer = _begin(self.program, name, first_at, self.known.get(name), assume)
        events = self.recording.events.get(name, [])
        turn = advance(self.program, customer, events, last_at, chooser=self.chooser)
        self.signals += turn.signals
        self.tally.add(turn.whys, last_at)
        if self.file is not None:
            self.file.write(self.teller.rows(name, turn.whys))
        return turn.whys


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
