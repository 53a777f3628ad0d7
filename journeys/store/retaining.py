"""Retaining: what rows say for a time only, found by its age and taken out.

The turns are walked in the order in which they were taken, by an index, and never the tables.  What is changed is
changed by whoever holds the customers' rows: erasing empties the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, text

from .identity import with_others
from .many import FindMany, UpdateMany, as_json, is_postgres, listed
from .tables import InboxRow, TurnRow

# All turns of one instant come together, so that an instant is a place to go on from.
_NEXT: Final = text("""
    SELECT max(at) FROM (SELECT at FROM turn WHERE at > :after AND at <= :until ORDER BY at LIMIT :limit) AS next
""")
_TURNS: Final = text("""
    SELECT customer, number, at, signals FROM turn WHERE kind = 'turn' AND at > :after AND at <= :until ORDER BY at
""")
_TAKERS: Final = text("""
    SELECT DISTINCT customer FROM turn WHERE kind = 'turn' AND at > :after AND at <= :until
""")
_SIGNALS: Final = FindMany(TurnRow, ("customer", "number"), ("signals",), is_locking=False)
_WITHOUT: Final = UpdateMany(TurnRow, ("signals",), ("customer", "number"))
_BODIES: Final = UpdateMany(InboxRow, ("body",), ("customer", "source", "id"), where="inbox.status = 'taken'")
_HELD: Final = UpdateMany(InboxRow, ("body",), ("customer", "source", "id"), where="inbox.status = 'held'")
# What the ledger of consents names stays known: handed in again, it must bring back none that was withdrawn.  It is
# the ledger of whichever of the customer's ids took it.
_REMOVE: Final = listed("""
    DELETE FROM inbox WHERE status = 'taken' AND received_at <= :until AND (
        SELECT 1 FROM consent
        WHERE consent.customer IN (
            SELECT inbox.customer
            UNION SELECT mine.merged_into FROM customer AS mine WHERE mine.id = inbox.customer
            UNION SELECT other.id FROM customer AS mine JOIN customer AS other ON other.merged_into = mine.merged_into
            WHERE mine.id = inbox.customer
        )
            AND consent.turn = inbox.turn AND consent.source = inbox.source AND consent.id = inbox.id
        LIMIT 1
    ) IS NULL AND customer""")

TurnKey = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenTurn:
    """A turn that took events, with these as they were kept."""

    customer: str
    number: int
    at: int
    signals: bytes

    @property
    def key(self) -> TurnKey:
        return (self.customer, self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remnant:
    """An event of which something is kept no longer; `body` is what is left of it."""

    customer: str
    source: str
    id: str
    body: bytes


def next_instant(connection: Connection, *, after: int, until: int, limit: int) -> int | None:
    """The instant up to which the next turns after one were taken, so many or a few more; None where there are none."""
    at: int | None = connection.execute(_NEXT, {"after": after, "until": until, "limit": limit}).scalar_one()
    return at


def turns_between(connection: Connection, *, after: int, until: int) -> list[TakenTurn]:
    """The turns with events that were taken after an instant and up to another."""
    rows = connection.execute(_TURNS, {"after": after, "until": until})
    return [TakenTurn(**row._mapping) for row in rows]


def customers_between(connection: Connection, *, after: int, until: int) -> list[str]:
    """Whose turns those are."""
    return list(connection.execute(_TAKERS, {"after": after, "until": until}).scalars())


def signals_of(connection: Connection, keys: Sequence[TurnKey]) -> dict[TurnKey, bytes]:
    """What turns were given, as it is now."""
    return {(row.customer, row.number): row.signals for row in _SIGNALS.run(connection, keys)}


def keep_less(connection: Connection, signals: Mapping[TurnKey, bytes], events: Sequence[Remnant]) -> None:
    """Puts what is left of signals in their place, and of the same events in the inbox, whose customers are held."""
    if signals:
        _WITHOUT.run(connection, [(left, *key) for key, left in sorted(signals.items())])
        _BODIES.run(connection, [(each.body, each.customer, each.source, each.id) for each in events])


def keep_less_held(connection: Connection, events: Sequence[Remnant]) -> None:
    """Puts what is left of events that wait for customers who are parked, and held, in their place."""
    if events:
        _HELD.run(connection, [(each.body, each.customer, each.source, each.id) for each in events])


def remove_taken(connection: Connection, customers: Sequence[str], until: int) -> int:
    """Takes events of these customers, who are held, out of the inbox: what came in by an instant and was taken.

    How many there were.
    """
    asked = {"ids": as_json(with_others(connection, customers)), "until": until}
    return connection.execute(_REMOVE[is_postgres(connection)], asked).rowcount
