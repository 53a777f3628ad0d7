"""Known: all that is kept of one customer, told in the values that were handed in.

For whoever answers for it, and for the customer: where they stand, what they agreed to, what happened, what was
decided, and what was sent.  Nothing is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from journeys.core.calendar import format_moment, parse_moment
from journeys.core.customer import Customer
from journeys.core.program import Program
from journeys.core.telling import moment_or_none, tell_consents, tell_enrollment, tell_fields, tell_preferences
from journeys.core.trace import Row
from journeys.store.customers import consents_of, turns_of
from journeys.store.database import Connection
from journeys.store.identity import ids_of
from journeys.store.looking import OnItsWay, events_of, touches_of
from journeys.store.outbox import Key
from journeys.store.values import KeptTurn


def tell_everything(
    connection: Connection, program: Program, id: str, customer: Customer | None, now: int
) -> dict[str, Any]:
    """All of it, as JSON has it; `customer` as the last turn left them, None before the first."""
    ids = ids_of(connection, id)
    return {
        "exported_at": format_moment(now),
        **({"customer": id} if customer is None else tell_standing(program, customer)),
        "consent_ledger": tell_ledger(connection, id),
        "events": tell_events(connection, ids),
        "decisions": [row for each in ids for turn in turns_of(connection, each) for row in decisions_of(turn)],
        "touches": [
            {**tell_touch(touch), "words": touch.words, "problem": touch.problem, "receipt": touch.receipt}
            for each in ids
            for touch in touches_of(connection, each)
        ],
    }


def tell_standing(program: Program, customer: Customer) -> dict[str, Any]:
    channels = list(program.channel_names)
    return {
        "customer": customer.id,
        "other_ids": [id for id, *_ in customer.others],
        "as_of": format_moment(customer.as_of),
        "is_erased": customer.erased,
        "timezone": customer.zone.name,
        "attributes": tell_fields(program, customer),
        "consents": tell_consents(program, customer),
        "preferences": tell_preferences(customer),
        "segments": [name for name, bit in program.names.segments.items() if customer.segments >> bit & 1],
        "bounced": [name for place, name in enumerate(channels) if customer.bounced >> place & 1],
        "complained": [name for place, name in enumerate(channels) if customer.complained >> place & 1],
        "enrollments": [tell_enrollment(each) for each in customer.enrollments],
    }


def tell_ledger(connection: Connection, id: str) -> list[dict[str, Any]]:
    """As it happened, under whichever of the customer's ids."""
    ledger = [said for each in ids_of(connection, id) for said in consents_of(connection, each)]
    ledger.sort(key=lambda said: said.at)
    return [
        {
            "purpose": said.purpose,
            "version": said.version,
            "is_given": said.is_given,
            "at": format_moment(said.at),
            "source": said.source,
            "id": said.id,
        }
        for said in ledger
    ]


def tell_events(connection: Connection, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Those that wait as they came in, and those that were taken as their turns keep them, which is for longer."""
    told = [
        {**event, "at": format_moment(parse_moment(event["at"])), "taken_at": format_moment(turn.at), "status": "taken"}
        for id in ids
        for turn in turns_of(connection, id)
        if turn.kind == "turn"
        for event in msgspec.json.decode(turn.signals)
    ]
    told += [
        {
            **msgspec.json.decode(event.body),
            "source": event.source,
            "id": event.id,
            "at": format_moment(event.at),
            "received_at": format_moment(event.received_at),
            "status": event.status,
        }
        for id in ids
        for event in events_of(connection, id)
        if event.status != "taken"
    ]
    return sorted(told, key=lambda event: parse_moment(event["at"]))


def decisions_of(turn: KeptTurn) -> list[Row]:
    return [msgspec.json.decode(line) for line in turn.whys.splitlines() if line]


def tell_touch(touch: OnItsWay) -> dict[str, Any]:
    return {
        "key": say_key(touch.key),
        "customer": touch.customer,
        "journey": touch.journey,
        "publication": touch.publication,
        "touch": touch.touch,
        "channel": touch.channel,
        "person": touch.person,
        "status": touch.status,
        "due_at": moment_or_none(touch.due_at),
        "decided_at": moment_or_none(touch.decided_at),
        "next_at": moment_or_none(touch.next_at),
        "settled_at": moment_or_none(touch.settled_at),
        "attempts": touch.attempt,
        "why": why_of(touch.problem),
    }


def say_key(key: Key) -> str:
    """`household-7/1/4/0/0`: the customer, and the four numbers that name one touch of theirs."""
    return "/".join(map(str, key))


def why_of(problem: str | None) -> str | None:
    """The part of a problem that is ours: what the provider said behind it may name the address."""
    return None if problem is None else problem.partition(": ")[0]
