"""Merging: an event of a customer names another id of theirs, and whoever was known by it goes into them.

Both are held.  First the other one hears what was said before, in a last turn of their own; what was said for them
since is heard by the one who stays.  Who is held elsewhere is waited for: nothing is decided then, and the next claim
tries again.  Who has a merge of their own to hear first is waited for with what comes after it, and no more: merges
have one order, and the first of all waits for nobody.

What was found stands with the event in the recorded turn, which can so be taken again without the rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Any, Final

import msgspec

from journeys.core.customer import Customer
from journeys.core.why import ERASED, ERASED_BEFORE, HEARD_WORDS, SOMEBODY_ELSES, TOO_MANY_IDS
from journeys.errors import InputError
from journeys.store.claiming import claim_other
from journeys.store.database import Connection
from journeys.store.values import Claimed, Kept, Pending

from .engine import Engine

MERGE: Final = "customer.merged"
# Of a merge that stands against nothing it is not said what was found.
FOUND: Final = "found"
REFUSALS: Final = {HEARD_WORDS[each]: each for each in (ERASED, ERASED_BEFORE, SOMEBODY_ELSES, TOO_MANY_IDS)}
IDS_MAX: Final = 1_000  # of one customer: whoever has more is a machine that many share
_ERASE: Final = "customer.erased"
_GLANCE: Final = MERGE.encode()

_decode: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode

_Place = tuple[int, str, str, str]


# One is made for every turn.
class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn is given, up to an instant; `others` take their last one before it, and go into this customer."""

    id: str
    kept: Kept | None
    customer: Customer | None
    events: tuple[Pending, ...]
    signals: bytes
    until: int
    others: tuple[Gathered, ...] = ()


def who_name_another(claimed: Iterable[Claimed]) -> set[str]:
    """Those for whom something waits that may be a merge; at a glance, as nearly always nothing is."""
    return {each.id for each in claimed for event in each.events if _GLANCE in event.body}


def other_named(raw: Mapping[str, Any]) -> str | None:
    """The other id that an event names."""
    id = (raw.get("properties") or {}).get("from") if raw.get("name") == MERGE else None
    return id if isinstance(id, str) else None


def alone(engine: Engine, claimed: Claimed, now: int) -> Gathered:
    """What the turn of a customer is given who names no other."""
    customer = None if claimed.kept is None else engine.customer_of(claimed.kept)
    events = claimed.events
    bodies = [event.body for event in events if event.customer == claimed.id]
    if len(bodies) < len(events):
        return _given(claimed, customer, events, _raws(claimed.id, events), now)
    # As they came in, which is cheaper and nearly always so.
    signals = b"[" + b",".join(bodies) + b"]"
    return Gathered(id=claimed.id, kept=claimed.kept, customer=customer, events=events, signals=signals, until=now)


def gather(
    connection: Connection, engine: Engine, claimed: Claimed, now: int, decided: Collection[str]
) -> Gathered | None:
    """What a customer's turn is given who names others; None where they must wait.

    `decided` had a turn in this transaction.  Raises InputError where one who is to go into them is parked.
    """
    customer = None if claimed.kept is None else engine.customer_of(claimed.kept)
    until = 0 if customer is None else customer.as_of
    known = {claimed.id, *_ids_of(customer)}
    is_erased = customer is not None and customer.erased
    others: list[Gathered] = []
    events: list[Pending] = []
    recorded: list[dict[str, Any]] = []
    waiting = [(_place_of(event), event) for event in claimed.events]
    heapify(waiting)
    while waiting:
        place, event = heappop(waiting)
        [raw] = _raws(claimed.id, (event,))
        events.append(event)
        recorded.append(raw)
        is_erased = is_erased or raw["name"] == _ERASE
        id = other_named(raw)
        if id is None or id in known:
            continue
        if is_erased:
            raw[FOUND] = HEARD_WORDS[ERASED]
            continue
        if len(known) >= IDS_MAX:
            raw[FOUND] = HEARD_WORDS[TOO_MANY_IDS]
            continue
        other = None if id in decided else claim_other(connection, id, now)
        if other is None:
            return None
        if other.customer is not None:
            raw[FOUND] = HEARD_WORDS[SOMEBODY_ELSES]
            continue
        if other.is_parked:
            raise InputError("another of their ids is parked, and is to be let go first")
        theirs = None if other.claimed.kept is None else engine.customer_of(other.claimed.kept)
        before = tuple([each for each in other.claimed.events if _place_of(each) < place])
        said = list(_raws(id, before))
        if any([other_named(each) for each in said]):
            if len(events) == 1:
                return None
            # Theirs may be one that waits for us: what comes before is heard now, and lets it go on.
            del events[-1], recorded[-1]
            return _given(claimed, customer, events, recorded, max(events[-1].at, until), others)
        if (theirs is not None and theirs.erased) or any([each["name"] == _ERASE for each in said]):
            raw[FOUND] = HEARD_WORDS[ERASED_BEFORE]
            continue
        if theirs is not None or before:
            others.append(_given(other.claimed, theirs, before, said, max(event.at, until)))
        for each in other.claimed.events[len(before) :]:
            heappush(waiting, (_place_of(each), each))
        known |= {id, *_ids_of(theirs)}
    return _given(claimed, customer, events, recorded, now, others)


def _given(
    claimed: Claimed,
    customer: Customer | None,
    events: Sequence[Pending],
    raws: Iterable[Mapping[str, Any]],
    until: int,
    others: Sequence[Gathered] = (),
) -> Gathered:
    return Gathered(
        id=claimed.id,
        kept=claimed.kept,
        customer=customer,
        events=tuple(events),
        signals=_encode([*raws]),
        until=until,
        others=tuple(others),
    )


def _raws(id: str, events: Iterable[Pending]) -> Iterator[dict[str, Any]]:
    """Events as a turn records them: with the id that they were sent for, where that is another one."""
    for event in events:
        raw = _decode(event.body)
        yield raw if event.customer == id else {**raw, "sent_for": event.customer}


def _ids_of(customer: Customer | None) -> list[str]:
    return [] if customer is None else [id for id, *_ in customer.others]


def _place_of(event: Pending) -> _Place:
    return (event.at, event.source, event.id, event.customer)
