"""Deciding: the worker takes customers with something to do, decides for each, and writes it all down at once.

The unit of work is a customer, not an event.  One transaction claims some, turns each, and keeps
what came of it: their new values, their history, the touches to send, and which events are taken.
So whatever ends a worker, at whatever statement, either all of it happened or none.

A customer who cannot be decided for stops nobody: they are parked with the reason, and listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import msgspec
import structlog

from journeys.core.customer import Customer, Event
from journeys.core.intake import read_event
from journeys.core.turn import Turn, advance
from journeys.core.why import MERGED, Why
from journeys.errors import InputError
from journeys.store.claiming import claim
from journeys.store.customers import park, save
from journeys.store.database import FAILURES, Connection, Unavailable
from journeys.store.values import Claimed, Consent, Taken

from .engine import ACCEPTED, Engine, Superseded, key_of, see_newest
from .figures import Figures
from .live import Live
from .merging import FOUND, REFUSALS, Gathered, alone, gather, who_name_another

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
            known: set[str] = set()  # who had a turn in here or was merged, where somebody may be merged at all
            decided: list[Claimed] = []
            withdrawn: list[str | None] = []
            waiting = 0
            merging = who_name_another(claimed)
            if merging:
                # Who takes in another comes before they would have a turn of their own.
                claimed.sort(key=lambda each: each.id not in merging)
            for each in claimed:
                if each.id in known:
                    continue
                try:
                    if each.id in merging:
                        given = gather(connection, engine, each, now, known)
                    else:
                        given = alone(engine, each, now)
                    if given is None:
                        waiting += 1
                        continue
                    turns, given_up = _decide(engine, given)
                except Exception as error:
                    put_aside(connection, each.id, error, now)
                    continue
                taken += turns
                if merging:
                    known.update([id for turn in turns for id in (turn.kept.id, *turn.merged)])
                decided.append(each)
                withdrawn += given_up
            save(connection, taken, now)
        self._count(decided, withdrawn, now=now, kept_at=self.live.clock())
        return len(claimed) - waiting

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
    if isinstance(error, (Superseded, Unavailable, *FAILURES)):
        raise error
    because = say_failure(error)
    park(connection, id, because, now)
    _log.error("customer_parked", because=because)


def _decide(engine: Engine, given: Gathered) -> tuple[list[Taken], list[str | None]]:
    """A customer's turn after those of who goes into them, and the channels of the touches that it took back."""
    turns: list[Taken] = []
    given_up: list[str | None] = []
    absorbed: dict[str, Customer] = {}
    for other in given.others:
        turn, taken, theirs = _decide_one(engine, other, {})
        absorbed[other.id] = turn.customer
        turns.append(taken)
        given_up += theirs
    turn, taken, theirs = _decide_one(engine, given, absorbed)
    return [*turns, taken], given_up + theirs


def _decide_one(
    engine: Engine, given: Gathered, absorbed: Mapping[str, Customer]
) -> tuple[Turn, Taken, list[str | None]]:
    events = read_signals(engine, given.signals, absorbed)
    sending = [] if given.customer is None else given.customer.sending
    until = given.until
    if absorbed:
        # Whoever comes along is not further than the turn goes.
        until = max([until, *[each.as_of for each in absorbed.values()]])
    turn = begin_or_go_on(engine, given.id, given.customer, events, until)
    merges, consents = _of_identity_and_consent(engine, turn, events)
    taken = engine.taken(
        given.kept,
        turn,
        kind="turn",
        signals=given.signals,
        heard=[(each.customer, each.source, each.id) for each in given.events],
        merged=[why[2].properties[0] for why in merges],
        consents=consents,
    )
    if not taken.withdrawn:
        return turn, taken, []
    names = engine.program.channel_names
    given_up = [each.channel for each in sending if key_of(turn.customer, each.waiting.key) in taken.withdrawn]
    return turn, taken, [names[channel] if channel >= 0 else None for channel in given_up]


def begin_or_go_on(engine: Engine, id: str, customer: Customer | None, events: Sequence[Event], until: int) -> Turn:
    """A turn of a customer, in place; one who was never seen begins with the first of the events."""
    if customer is None:
        customer = engine.program.new_customer(id, min([event.at for event in events], default=until))
    # A clock that was set back finds customers who are further than it is: they stay there, and hear what came.
    until = max(until, customer.as_of)
    return advance(engine.program, customer, events, until, is_accepted_at_once=False)


def read_signals(
    engine: Engine, signals: bytes, absorbed: Mapping[str, Customer] = MappingProxyType({})
) -> list[Event]:
    """A JSON list of events as this publication reads them; what it does not declare any more says nothing.

    `absorbed` are those who go into the customer by one of them, as they stand before it.
    """
    events = []
    for raw in _decoder.decode(signals):
        try:
            event = engine.accepted(raw) if raw.get("name") == ACCEPTED else read_event(engine.program, raw)
        except InputError:
            # It was read when it came in: the definitions have changed since.
            _log.warning("event_not_read", source=raw.get("source"), event_id=raw.get("id"))
            continue
        if event is not None:
            events.append(event)
            if event.event == engine.program.merged:
                event.refused = REFUSALS.get(raw.get(FOUND), 0)
                event.absorbed = None if event.refused else absorbed.get(event.properties[0])
    return events


def _of_identity_and_consent(
    engine: Engine, turn: Turn, events: Sequence[Event]
) -> tuple[Sequence[Why], Sequence[Consent]]:
    """The merges of a turn, and what was said of consents or came of these, of which nobody saw the words."""
    program = engine.program
    if program.first_heard.isdisjoint([event.event for event in events]):
        return (), ()  # nearly always
    merges = [why for why in turn.whys if why[0] == MERGED]
    purposes = program.definitions.brand.purposes
    said: list[tuple[Event, str, int | None, bool]] = [
        (event, event.properties[0], purposes[event.properties[0]].version, event.event == program.consent_given)
        for event in events
        if event.event in (program.consent_given, program.consent_withdrawn)
    ]
    for why in merges:
        said += [(why[2], program.purpose_names[purpose], None, True) for purpose in why[4]]
        said += [(why[2], program.purpose_names[purpose], None, False) for purpose in why[5]]
    return merges, [
        Consent(purpose=purpose, version=version, is_given=is_given, at=event.at, source=event.source, id=event.id)
        for event, purpose, version, is_given in said
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
