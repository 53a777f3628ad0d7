"""The inbox: an event is durable here before anyone is told that it was accepted.

It is known by its customer, its source and its id, and what is known is not kept twice.  Whoever
receives writes this table alone, and never waits for a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from .many import FindMany, InsertMany, is_postgres
from .tables import InboxRow

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An event as it came in; `body` is its JSON object, as intake will read it."""

    customer: str
    source: str
    id: str
    at: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits; `oldest_at` is None where nothing does."""

    pending: int
    oldest_at: int | None


_COLUMNS: Final = ("customer", "source", "id", "at", "body", "received_at", "status")
_INSERT: Final = InsertMany(InboxRow, _COLUMNS)
_INSERT_NEW: Final = InsertMany(InboxRow, _COLUMNS, "ON CONFLICT DO NOTHING RETURNING customer, source, id")

_KNOWN: Final = FindMany(InboxRow, ("customer", "source", "id"), (), is_locking=False)

# The words of the index, so that both databases see that it answers.
_BACKLOG: Final = text("SELECT count(*), min(at) FROM inbox WHERE status = 'pending' AND at <= :now")


def receive(connection: Connection, events: Sequence[Received], now: int) -> list[bool]:
    """For each event, whether it is new: False where it was known, from earlier or from this batch."""
    firsts: dict[_Key, Received] = {}
    for event in events:
        firsts.setdefault((event.customer, event.source, event.id), event)
    if not firsts:
        return []
    # In order of their keys, so that two who receive the same events do not wait for each other.
    new = _insert(connection, [firsts[key] for key in sorted(firsts)], now)
    answers = []
    for event in events:
        key = (event.customer, event.source, event.id)
        answers.append(key in new)
        new.discard(key)
    return answers


def _insert(connection: Connection, events: Sequence[Received], now: int) -> set[_Key]:
    """The keys that were new."""
    rows = [(each.customer, each.source, each.id, each.at, each.body, now, "pending") for each in events]
    if is_postgres(connection):
        return {(row.customer, row.source, row.id) for row in _INSERT_NEW.run(connection, rows)}
    # SQLite has one writer, so that what is not there now will not be there a statement later.
    known = {(row.customer, row.source, row.id) for row in _KNOWN.run(connection, [row[:3] for row in rows])}
    fresh = [row for row in rows if row[:3] not in known]
    if fresh:
        _INSERT.run(connection, fresh)
    return {row[:3] for row in fresh}


def backlog(connection: Connection, now: int) -> Backlog:
    """What is pending up to now; what is held for a parked customer is not."""
    pending, oldest_at = connection.execute(_BACKLOG, {"now": now}).one()
    return Backlog(pending=pending, oldest_at=oldest_at)
