"""Accepting: a touch that a provider took is told to its customer's journeys, exactly once.

It is told at once, in the transaction that writes it down.  Where that cannot be (they are parked, their value cannot
be read, something of theirs waits to be heard first, nobody here can run what is published) it waits in their inbox
from that same transaction on, with whatever else is told of them, and a worker's turn hears it in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from journeys.core.calendar import MINUTE
from journeys.core.turn import accept_touch
from journeys.store.customers import save
from journeys.store.database import Connection
from journeys.store.inbox import Received, receive, unheard_of
from journeys.store.outbox import Touch
from journeys.store.values import Kept, Taken

from .engine import OUTBOX, Engine, say_accepted, say_sent, see_newest
from .parking import put_aside

# What comes back about a touch must find it sent, and providers' clocks go behind ours, or tell whole seconds.
_BEFORE: Final = MINUTE  # never before it was let go, as nobody's time is turned back


def tell_accepted(
    connection: Connection,
    engine: Engine | None,
    touches: Sequence[Touch],
    owners: Mapping[str, str],
    locked: Mapping[str, Kept],
    now: int,
) -> int:
    """Tells of touches that were taken just now, or keeps that to be told: how many turns were taken.

    `owners` says whose each id is; they are `locked`.  Without an engine nobody is told yet.

    Raises Superseded where the engine is not that of the newest publication.
    """
    if not touches:
        return 0
    stands = dict(locked)
    waits = {id for id, kept in stands.items() if kept.is_parked}
    if engine is not None:
        see_newest(connection, engine)
        waits |= unheard_of(connection, {owners[touch.customer] for touch in touches}, now).keys()
    taken: dict[str, Taken] = {}
    later: list[Touch] = []
    turns = 0
    for touch in touches:
        owner = owners[touch.customer]
        if owner not in stands:
            # Nothing is kept of them that could be told.
            continue
        if engine is None or owner in waits:
            later.append(touch)
            continue
        if owner in taken:
            # Their next turn comes after this one.
            turns += _save(connection, taken, now)
        try:
            theirs = _told(engine, stands[owner], touch, now)
        except Exception as error:
            # It went, and that is written down; nobody else waits for them.
            put_aside(connection, owner, error, now)
            waits.add(owner)
            later.append(touch)
            continue
        if theirs is not None:
            taken[owner] = theirs
            stands[owner] = theirs.kept
    turns += _save(connection, taken, now)
    receive(connection, [_to_be_heard(touch, now) for touch in later], now)
    return turns


def _told(engine: Engine, kept: Kept, touch: Touch, now: int) -> Taken | None:
    """The turn that tells of it; None where these definitions do not know the touch any more."""
    customer, sent = engine.customer_of(kept), engine.sent(touch)
    if sent is None:
        return None
    turn = accept_touch(engine.program, customer, sent, now)
    return engine.taken(kept, turn, kind="accepted", signals=say_sent(touch))


def _to_be_heard(touch: Touch, now: int) -> Received:
    # Once for each touch, and so known by its key.
    id, at = "/".join(map(str, touch.key)), now - _BEFORE
    return Received(customer=touch.customer, source=OUTBOX, id=id, at=at, body=say_accepted(touch, id, at))


def _save(connection: Connection, taken: dict[str, Taken], now: int) -> int:
    """Keeps one turn of each customer, and is ready for the next: how many there were."""
    count = len(taken)
    save(connection, list(taken.values()), now)
    taken.clear()
    return count
