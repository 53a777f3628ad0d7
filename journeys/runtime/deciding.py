"""Deciding: a customer's turn, from what was claimed to what is to be kept of it.

It opens no connection and keeps nothing, so that it is the same wherever it is done: by the worker itself, or
by its deputy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import msgspec
import structlog

from journeys.core.customer import Customer, Event
from journeys.core.intake import read_event
from journeys.core.turn import Turn, advance
from journeys.core.why import MERGED, Why
from journeys.errors import InputError
from journeys.store.values import Consent, Taken

from .engine import ACCEPTED, Engine, key_of
from .merging import FOUND, REFUSALS, Gathered

_log = structlog.get_logger("journeys")
_decoder: Final = msgspec.json.Decoder()

OnUnread = Callable[[Mapping[str, Any]], None]


class Decided(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What came of a customer: their turn, after those of who goes into them, and the channels of what it took back."""

    turns: list[Taken]
    withdrawn: list[str | None]


def log_unread(raw: Mapping[str, Any]) -> None:
    """Of an event that was read when it came in: the definitions have changed since."""
    _log.warning("event_not_read", source=raw.get("source"), event_id=raw.get("id"))


def decide(engine: Engine, given: Gathered, *, on_unread: OnUnread = log_unread) -> Decided:
    """A customer's turn after those of who goes into them."""
    turns: list[Taken] = []
    withdrawn: list[str | None] = []
    absorbed: dict[str, Customer] = {}
    for other in given.others:
        turn, taken, theirs = _decide_one(engine, other, {}, on_unread)
        absorbed[other.id] = turn.customer
        turns.append(taken)
        withdrawn += theirs
    turn, taken, theirs = _decide_one(engine, given, absorbed, on_unread)
    return Decided(turns=[*turns, taken], withdrawn=withdrawn + theirs)


def _decide_one(
    engine: Engine, given: Gathered, absorbed: Mapping[str, Customer], on_unread: OnUnread
) -> tuple[Turn, Taken, list[str | None]]:
    events = read_signals(engine, given.signals, absorbed, on_unread)
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
    engine: Engine,
    signals: bytes,
    absorbed: Mapping[str, Customer] = MappingProxyType({}),
    on_unread: OnUnread = log_unread,
) -> list[Event]:
    """A JSON list of events as this publication reads them; what it does not declare any more says nothing.

    `absorbed` are those who go into the customer by one of them, as they stand before it.
    """
    events = []
    for raw in _decoder.decode(signals):
        try:
            event = engine.accepted(raw) if raw.get("name") == ACCEPTED else read_event(engine.program, raw)
        except InputError:
            on_unread(raw)
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
