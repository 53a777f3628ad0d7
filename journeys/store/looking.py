"""Looking: what an operator asks of the rows, or a night's job, and nobody on the hot path does.

Nothing is locked and nothing is changed.  What reads a whole table says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text

from .claiming import COLUMNS, kept_of
from .identity import customer_of
from .many import is_postgres
from .outbox import Touch
from .values import Kept

_AT_ONCE: Final = 500

_DUE: Final = text("SELECT count(*), min(wake_at) FROM customer WHERE wake_at <= :now AND parked_at IS NULL")
_WAITING: Final = text("""
    SELECT count(*), min(received_at) FROM inbox WHERE status = 'pending' AND at <= :now
""")
_FAILED: Final = text("SELECT channel, count(*) AS failed FROM outbox WHERE status = 'failed' GROUP BY channel")
_COUNT_PARKED: Final = text("SELECT count(*) FROM customer WHERE parked_at IS NOT NULL")
_IS_ANY_UNHEARD: Final = text("""
    SELECT EXISTS (SELECT 1 FROM inbox WHERE status = 'pending' AND source = :source)
""")
_RETRIED: Final = text("""
    SELECT count(*), coalesce(max(tries), 0) FROM outbox
    WHERE status = 'waiting' AND channel = :channel AND problem IS NOT NULL
""")
_LAST_PROBLEM: Final = text("""
    SELECT problem FROM outbox WHERE status = 'waiting' AND channel = :channel AND problem IS NOT NULL
    ORDER BY next_at DESC LIMIT 1
""")
_LAST_FAILURE: Final = text("""
    SELECT problem FROM outbox WHERE status = 'failed' AND channel = :channel ORDER BY settled_at DESC LIMIT 1
""")
_COUNT_CUSTOMERS: Final = text("SELECT count(*) FROM customer WHERE value IS NOT NULL")
_CUSTOMERS: Final = text(f"""
    SELECT {COLUMNS} FROM customer
    WHERE id > :after AND value IS NOT NULL ORDER BY id LIMIT :limit
""")
_IS_KNOWN: Final = text("""
    SELECT EXISTS (SELECT 1 FROM customer WHERE id = :id) OR EXISTS (SELECT 1 FROM inbox WHERE customer = :id)
""")
_IS_PARKED: Final = text("SELECT parked_at IS NOT NULL FROM customer WHERE id = :id")
_EVENTS: Final = text("""
    SELECT source, id, at, body, received_at, status, turn FROM inbox
    WHERE customer = :customer AND (source, id) > (:source, :id) ORDER BY source, id LIMIT :count
""")
_TOUCH: Final = """
    SELECT customer, enrollment, entry, visit, occurrence, journey, version, publication, touch, channel, person, words,
        due_at, decided_at, status, next_at, attempt, settled_at, problem, receipt
    FROM outbox
"""
_OF_CUSTOMER: Final = text(f"""
    {_TOUCH} WHERE customer = :customer ORDER BY enrollment, entry, visit, occurrence
""")
_BY_STATUS: Final = {
    "waiting": text(f"{_TOUCH} WHERE status = 'waiting' ORDER BY next_at, customer LIMIT :limit"),
    "sent": text(f"{_TOUCH} WHERE status = 'sent' ORDER BY settled_at DESC, customer LIMIT :limit"),
    "failed": text(f"{_TOUCH} WHERE status = 'failed' ORDER BY settled_at DESC, customer LIMIT :limit"),
}


_WAITING_FOR: Final = text("""
    SELECT body FROM inbox WHERE customer = :customer AND status <> 'taken' ORDER BY at, source, id LIMIT :count
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Customers for whom something is to be done by now; `oldest_at` since when, None where there are none."""

    customers: int
    oldest_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheard:
    """Events that wait for a worker; `since` is when the first of them came in, None where there are none."""

    events: int
    since: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An event as it lies in the inbox: `pending`, `held` or `taken` by the turn of that number."""

    source: str
    id: str
    at: int
    body: bytes
    received_at: int
    status: str
    turn: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What a channel has trouble with: touches that were tried and wait to be tried again, at most `tries_most` times.

    Since when is not known: before each try the gate is asked anew, and what it answers is a later decision.
    `problem` is why the last of them, or else the last dead letter, did not go.
    """

    retried: int
    tries_most: int
    problem: str | None


class OnItsWay(Touch, frozen=True, kw_only=True):
    """A touch as it lies in the outbox, by names; neither an address nor its words are there."""

    status: str
    next_at: int | None
    attempt: int
    settled_at: int | None
    problem: str | None
    receipt: str | None


def due(connection: Connection, now: int) -> Due:
    """Those that are due by time; who only has events waiting is not among them, nor who is parked."""
    customers, oldest_at = connection.execute(_DUE, {"now": now}).one()
    return Due(customers=customers, oldest_at=oldest_at)


def unheard(connection: Connection, now: int) -> Unheard:
    """What came in and no turn has taken; it reads all of it, as what happened long ago may have come in just now."""
    events, since = connection.execute(_WAITING, {"now": now}).one()
    return Unheard(events=events, since=since)


def count_parked(connection: Connection) -> int:
    return int(connection.execute(_COUNT_PARKED).scalar_one())


def is_any_unheard(connection: Connection, source: str) -> bool:
    """Whether something of a source waits for a worker."""
    return bool(connection.execute(_IS_ANY_UNHEARD, {"source": source}).scalar_one())


def failed_by_channel(connection: Connection) -> dict[str, int]:
    """How many touches were given up, by channel; of those without one, by the empty name."""
    return {row.channel: row.failed for row in connection.execute(_FAILED)}


def trouble(connection: Connection, channel: str) -> Trouble:
    """The empty name is that of touches without a channel."""
    asked = {"channel": channel}
    retried, tries_most = connection.execute(_RETRIED, asked).one()
    problem = connection.execute(_LAST_PROBLEM if retried else _LAST_FAILURE, asked).scalar_one_or_none()
    return Trouble(retried=retried, tries_most=tries_most, problem=problem)


def count_customers(connection: Connection) -> int:
    """All that have had a turn; it reads every row."""
    return int(connection.execute(_COUNT_CUSTOMERS).scalar_one())


def customers_after(connection: Connection, id: str, limit: int) -> list[Kept]:
    """Those that have had a turn, in the order of ids, from the one after this id on; nobody is locked."""
    rows = connection.execute(_CUSTOMERS, {"after": id, "limit": limit})
    return [kept for row in rows if (kept := kept_of(row)) is not None]


def is_known(connection: Connection, id: str) -> bool:
    """Whether there is anything of a customer, be it one event that waits."""
    return bool(connection.execute(_IS_KNOWN, {"id": customer_of(connection, id)}).scalar_one())


def is_parked(connection: Connection, id: str) -> bool:
    return bool(connection.execute(_IS_PARKED, {"id": id}).scalar_one_or_none())


def events_of(connection: Connection, customer: str) -> Iterator[Heard]:
    """All events of a customer, by source and id; they are read as they are asked for."""
    source, id = "", ""
    while True:
        asked = {"customer": customer, "source": source, "id": id, "count": _AT_ONCE}
        rows = connection.execute(_EVENTS, asked).all()
        yield from (Heard(**row._mapping) for row in rows)
        if len(rows) < _AT_ONCE:
            return
        source, id = rows[-1].source, rows[-1].id


def waiting_for(connection: Connection, customer: str) -> list[bytes]:
    """The events of a customer that no turn has taken, as they came in, the first first; of very many the first."""
    return [*connection.execute(_WAITING_FOR, {"customer": customer, "count": _AT_ONCE}).scalars()]


def touches_of(connection: Connection, customer: str) -> list[OnItsWay]:
    """All that was ever decided to be sent to a customer."""
    return [_on_its_way(row._mapping) for row in connection.execute(_OF_CUSTOMER, {"customer": customer})]


def touches_by_status(connection: Connection, status: str, limit: int) -> list[OnItsWay]:
    """Those that wait, the next first; those that were sent or failed, the last first.

    Of those sent it reads the whole outbox: no index is kept for a question that only people ask.
    """
    if is_postgres(connection):
        connection.exec_driver_sql("SET LOCAL enable_seqscan = on")
    return [_on_its_way(row._mapping) for row in connection.execute(_BY_STATUS[status], {"limit": limit})]


def _on_its_way(row: Any) -> OnItsWay:
    return OnItsWay(**{**row, "channel": row["channel"] or None})
