"""Deciding: the worker takes customers with something to do, decides for each, and writes it all down at once.

The unit of work is a customer, not an event.  One transaction claims some, turns each, and keeps
what came of it: their new values, their history, the touches to send, and which events are taken.
So whatever ends a worker, at whatever statement, either all of it happened or none.

A customer who cannot be decided for stops nobody: they are parked with the reason, and listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import structlog

from journeys.core.customer import Customer, Event
from journeys.core.intake import read_event
from journeys.core.turn import Turn, advance
from journeys.errors import InputError
from journeys.store.claiming import claim
from journeys.store.customers import park, save
from journeys.store.database import Connection, Unavailable
from journeys.store.values import Claimed, Consent, Taken

from .engine import Engine, Superseded, see_newest
from .figures import Figures
from .live import Live

BATCH: Final = 200  # customers in one transaction: enough to share its cost, few enough to wait for
_log = structlog.get_logger("journeys")
_decoder: Final = msgspec.json.Decoder()


class Worker:
    """Takes customers, a batch at a time."""

    def __init__(self, live: Live, *, batch: int = BATCH, figures: Figures | None = None) -> None:
        self.live = live
        self.batch = batch
        self.figures = figures or Figures()

    def work(self) -> int:
        """Decides for the customers that have something to do, a batch at most; how many there were."""
        return self.live.newest(self._work)

    def _work(self, engine: Engine) -> int:
        now = self.live.clock()
        with self.live.database.writing() as connection:
            claimed = claim(connection, now, self.batch)
            if claimed:
                # After the claim: what let in an event was published before that event was there.
                see_newest(connection, engine)
            taken: list[Taken] = []
            decided: list[Claimed] = []
            withdrawn: list[str | None] = []
            for each in claimed:
                try:
                    turn, given_up = _decide(engine, each, now)
                except Exception as error:
                    put_aside(connection, each.id, error, now)
                    continue
                taken.append(turn)
                decided.append(each)
                withdrawn += given_up
            save(connection, taken, now)
        self._count(decided, withdrawn, now=now, kept_at=self.live.clock())
        return len(claimed)

    def _count(self, decided: list[Claimed], withdrawn: list[str | None], *, now: int, kept_at: int) -> None:
        """What was kept by now, for customers that were claimed at `now`."""
        self.figures.count_turns("worker", len(decided))
        self.figures.count_decided(
            heard_after=[
                kept_at - min([event.received_at for event in each.events]) for each in decided if each.events
            ],
            due_after=[kept_at - each.kept.wake_at for each in decided if each.kept and each.kept.wake_at <= now],
        )
        for channel in withdrawn:
            self.figures.count_touch(channel, "withdrawn")


def put_aside(connection: Connection, id: str, error: Exception, now: int) -> None:
    """Parks a customer for whom something failed: whatever it is, it is about them.

    What is about the database or the publication, and so about everybody, is raised again.
    """
    if isinstance(error, Superseded | Unavailable):
        raise error
    because = say_failure(error)
    park(connection, id, because, now)
    _log.error("customer_parked", because=because)


def _decide(engine: Engine, claimed: Claimed, now: int) -> tuple[Taken, list[str | None]]:
    """A customer's turn, and the channels of the touches on their way that it took back."""
    kept = claimed.kept
    signals = b"[" + b",".join([each.body for each in claimed.events]) + b"]"
    events = read_signals(engine, signals)
    customer = None if kept is None else engine.customer_of(kept)
    sending = [] if customer is None else customer.sending
    taken = engine.taken(
        kept,
        begin_or_go_on(engine, claimed.id, customer, events, now),
        kind="turn",
        signals=signals,
        heard=[(each.source, each.id) for each in claimed.events],
        consents=_consents(engine, events),
    )
    if not taken.withdrawn:
        return taken, []
    names = engine.program.channel_names
    given_up = [each.channel for each in sending if (claimed.id, *each.waiting.key) in taken.withdrawn]
    return taken, [names[channel] if channel >= 0 else None for channel in given_up]


def begin_or_go_on(engine: Engine, id: str, customer: Customer | None, events: Sequence[Event], until: int) -> Turn:
    """A turn of a customer, in place; one who was never seen begins with the first of the events."""
    if customer is None:
        customer = engine.program.new_customer(id, min([event.at for event in events], default=until))
    # A clock that was set back finds customers who are further than it is: they stay there, and hear what came.
    until = max(until, customer.as_of)
    return advance(engine.program, customer, events, until, is_accepted_at_once=False)


def read_signals(engine: Engine, signals: bytes) -> list[Event]:
    """A JSON list of events as this publication reads them; what it does not declare any more says nothing."""
    events = []
    for raw in _decoder.decode(signals):
        try:
            event = read_event(engine.program, raw)
        except InputError:
            # It was read when it came in: the definitions have changed since.
            _log.warning("event_not_read", source=raw.get("source"), event_id=raw.get("id"))
            continue
        if event is not None:
            events.append(event)
    return events


def _consents(engine: Engine, events: Sequence[Event]) -> list[Consent]:
    program = engine.program
    purposes = program.definitions.brand.purposes
    return [
        Consent(
            purpose=event.properties[0],
            version=purposes[event.properties[0]].version,
            is_given=event.event == program.consent_given,
            at=event.at,
            source=event.source,
            id=event.id,
        )
        for event in events
        if event.event in (program.consent_given, program.consent_withdrawn)
    ]


def say_failure(error: Exception) -> str:
    """Why a customer cannot be decided for, without anything of theirs: another message may hold what they said."""
    if isinstance(error, InputError):
        return f"{type(error).__name__}: {error}"
    last: Any = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = "" if last is None else f" at {last.tb_frame.f_code.co_qualname}:{last.tb_lineno}"
    return f"{type(error).__name__}{place}"
