"""The inbox: an event is durable here before anyone is told that it was accepted.

It is known by its customer, its source and its id, and what is known is not kept twice.  Whoever
receives writes this table alone, and never waits for a worker.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, text

from .identity import others_of
from .many import InsertNew, as_json, is_postgres
from .tables import InboxRow

_Key = tuple[str, str, str]
_Row = tuple[Any, ...]


# Thousands are made at once, and hold nothing that the garbage collector would have to look through.
class Received(msgspec.Struct, frozen=True, kw_only=True, gc=False):
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
_INSERT: Final = InsertNew(InboxRow, _COLUMNS, ("customer", "source", "id"))

# The words of the index, so that both databases see that it answers.
_BACKLOG: Final = text("SELECT count(*), min(at) FROM inbox WHERE status = 'pending' AND at <= :now")
_UNHEARD_LISTED: Final = text("""
    SELECT value, (
        SELECT min(at) FROM inbox WHERE inbox.customer = listed.value AND status = 'pending' AND at <= :now
    ) FROM json_each(:ids) AS listed
""")
# Said as a span of customers, and in their order, only the index of a customer's events will do.  The planner would
# take that of all events for as good when it counted them last while there were none, and read all of it for each.
_UNHEARD_ARRAY: Final = text("""
    SELECT value, (
        SELECT at FROM inbox
        WHERE customer BETWEEN listed.value AND listed.value AND status = 'pending' AND at <= :now
        ORDER BY customer, at LIMIT 1
    ) FROM json_array_elements_text(CAST(:ids AS json)) AS listed(value)
""")


# Nothing in what it begins with is a sign of LIKE: it is letters, digits and strokes.
_AHEAD: Final = text("""
    SELECT id FROM inbox WHERE customer = :customer AND source = :source AND id LIKE :begins AND at >= :now ORDER BY id
""")
_PASS_OVER: Final = text("""
    UPDATE inbox SET status = 'taken'
    WHERE customer = :customer AND source = :source AND id IN :ids AND status = 'pending'
""").bindparams(bindparam("ids", expanding=True))


def receive(connection: Connection, events: Sequence[Received], now: int) -> list[bool]:
    """For each event, whether it is new: False where it was known, from earlier or from this batch."""
    keys = [(each.customer, each.source, each.id) for each in events]
    rows: dict[_Key, _Row] = {}
    for key, each in zip(keys, events):
        if key not in rows:
            rows[key] = (*key, each.at, each.body, now, "pending")
    if not rows:
        return []
    # In order of their keys, so that two who receive the same events do not wait for each other.
    known = _INSERT.run(connection, [rows[key] for key in sorted(rows)])
    if not known and len(rows) == len(events):
        return [True] * len(events)
    answers = []
    for key in keys:
        answers.append(key not in known)
        known.add(key)
    return answers


def backlog(connection: Connection, now: int) -> Backlog:
    """What is pending up to now; what is held for a parked customer is not."""
    pending, oldest_at = connection.execute(_BACKLOG, {"now": now}).one()
    return Backlog(pending=pending, oldest_at=oldest_at)


def ahead(connection: Connection, customer: str, source: str, begins: str, now: int) -> list[str]:
    """The ids of a source that begin so and whose time is yet to come, whatever became of them."""
    told = {"customer": customer, "source": source, "begins": f"{begins}%", "now": now}
    return list(connection.execute(_AHEAD, told).scalars())


def pass_over(connection: Connection, customer: str, source: str, ids: Sequence[str]) -> None:
    """Nobody hears of these any more, as far as nobody has."""
    told = {"customer": customer, "source": source, "ids": list(ids)}
    connection.execute(_PASS_OVER, told)


def unheard_of(connection: Connection, customers: Collection[str], now: int) -> dict[str, int]:
    """Those of these customers for whom events up to now wait for a turn, and when the first of these happened.

    Whichever of their ids it was sent for.
    """
    if not customers:
        return {}
    others = others_of(connection, customers)
    whose = {id: customer for customer in customers for id in (customer, *others.get(customer, ()))}
    statement = _UNHEARD_ARRAY if is_postgres(connection) else _UNHEARD_LISTED
    found = connection.execute(statement, {"ids": as_json(sorted(whose)), "now": now}).all()
    unheard: dict[str, int] = {}
    for id, first_at in found:
        if first_at is not None:
            unheard[whose[id]] = min(unheard.get(whose[id], first_at), first_at)
    return unheard
