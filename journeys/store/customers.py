"""Customers: whoever works on one holds their row, and writes all that a turn left in one transaction.

`claim` finds those with something to do and locks them; `lock` waits for some that are known by name.
`save` keeps a turn whole or not at all: the new value, the turn itself, the events it heard, its touches,
the consents.  The turn's number is the fence: a value that somebody else has written since is refused.

A customer whose turn fails is parked: their clocks and events wait, and nobody else's do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, text

from journeys.core.calendar import NEVER

from .claiming import COLUMNS, claim, hold, introduce, kept_of, lock, lock_whose
from .erasing import forget
from .identity import customer_of, ids_of, merge
from .many import InsertMany, UpdateMany
from .outbox import Key, decide, retry
from .tables import ConsentRow, CustomerRow, InboxRow, TurnRow
from .texts import keepable
from .values import Claimed, Consent, Kept, KeptTurn, Parked, Pending, StaleCustomer, Taken

__all__ = [
    "Claimed", "Consent", "Kept", "KeptTurn", "Parked", "Pending", "StaleCustomer", "Taken", "behind", "claim",
    "consents_of", "find", "introduce", "lock", "park", "parked", "retry_failed", "save", "turns_of", "unpark",
]  # fmt: skip

_UPDATE: Final = UpdateMany(
    CustomerRow,
    ("publication", "value", "as_of", "wake_at", "turns"),
    ("id",),
    where="customer.turns = {turns} - 1",
)
_TURN: Final = InsertMany(TurnRow, ("customer", "number", "at", "until", "publication", "kind", "signals", "whys"))
_HEAR: Final = UpdateMany(InboxRow, ("status", "turn"), ("customer", "source", "id"), where="inbox.status = 'pending'")
_CONSENT: Final = InsertMany(
    ConsentRow, ("customer", "turn", "place", "purpose", "version", "is_given", "at", "source", "id")
)

_FIND: Final = text(f"SELECT {COLUMNS} FROM customer WHERE id = :id")
_PARK: Final = text("UPDATE customer SET parked_at = :now, parked_because = :because WHERE id = :id")
_PARKED: Final = text("""
    SELECT id, parked_at, parked_because FROM customer WHERE parked_at IS NOT NULL ORDER BY parked_at, id
""")
_UNPARK: Final = text("""
    UPDATE customer SET parked_at = NULL, parked_because = NULL WHERE id = :id AND parked_at IS NOT NULL
""")
_LET_GO: Final = text("UPDATE inbox SET status = 'pending' WHERE customer = :id AND status = 'held'")
_TURNS: Final = text("""
    SELECT customer, number, at, until, publication, kind, signals, whys FROM turn
    WHERE customer = :id AND number > :after ORDER BY number LIMIT :count
""")
_CONSENTS: Final = text("""
    SELECT purpose, version, is_given, at, source, id FROM consent WHERE customer = :id ORDER BY turn, place
""")
_BEHIND: Final = text("""
    SELECT id FROM customer
    WHERE id > :after AND publication < :publication AND value IS NOT NULL AND parked_at IS NULL
    ORDER BY id LIMIT :limit
""")
_TURNS_AT_ONCE: Final = 500


def save(connection: Connection, taken: Sequence[Taken], now: int) -> None:
    """Keeps turns, each of another customer whose row is held, with everything they left.

    Raises StaleCustomer, and the transaction must be given up, where a turn is not the one after the newest kept or an
    event was heard before.
    """
    if not taken:
        return
    turns = sorted(taken, key=lambda turn: turn.kept.id)
    kept = [turn.kept for turn in turns]
    changed = _UPDATE.run(
        connection,
        [(each.publication, each.value, each.as_of, _or_null(each.wake_at), each.turns, each.id) for each in kept],
    )
    if changed != len(turns):
        raise StaleCustomer
    _TURN.run(
        connection,
        [
            (turn.kept.id, turn.kept.turns, now, turn.until, turn.kept.publication, turn.kind, turn.signals, turn.whys)
            for turn in turns
        ],
    )
    heard = [("taken", turn.kept.turns, *key) for turn in turns for key in turn.heard]
    if heard and _HEAR.run(connection, heard) != len(heard):
        raise StaleCustomer
    decide(
        connection,
        [touch for turn in turns for touch in turn.touches],
        [key for turn in turns for key in turn.withdrawn],
        now,
    )
    consents = [
        (turn.kept.id, turn.kept.turns, place, said.purpose, said.version, said.is_given, said.at, said.source, said.id)
        for turn in turns
        for place, said in enumerate(turn.consents)
    ]
    if consents:
        _CONSENT.run(connection, consents)
    for turn in turns:
        for id in turn.merged:
            merge(connection, id, turn.kept.id)
    forget(connection, [turn.kept.id for turn in turns if turn.is_erased], now)


def find(connection: Connection, id: str) -> Kept | None:
    """Who is known by an id, as they stand, read without a lock; None for one who has had no turn."""
    row = connection.execute(_FIND, {"id": customer_of(connection, id)}).one_or_none()
    return None if row is None else kept_of(row)


def park(connection: Connection, id: str, because: str, now: int) -> None:
    """Lets a customer wait, whatever comes, until they are let go; waits for whoever works on them."""
    introduce(connection, [id])
    connection.execute(_PARK, {"id": id, "because": keepable(because), "now": now})
    hold(connection, [id])


def parked(connection: Connection) -> list[Parked]:
    """Those who wait, the longest first."""
    return [Parked(id=row.id, at=row.parked_at, because=row.parked_because) for row in connection.execute(_PARKED)]


def unpark(connection: Connection, id: str) -> bool:
    """Lets a customer go on with all that came meanwhile; False where they were not parked."""
    id = customer_of(connection, id)
    if connection.execute(_UNPARK, {"id": id}).rowcount == 0:
        return False
    for each in ids_of(connection, id):
        connection.execute(_LET_GO, {"id": each})
    return True


def retry_failed(connection: Connection, keys: Sequence[Key], now: int) -> int:
    """Lets touches that were given up wait to be sent anew: how many of these there were.

    Their customers are held before their rows, as by all who change these; whoever works on them is waited for.
    """
    lock_whose(connection, {key[0] for key in keys})
    return retry(connection, keys, now)


def turns_of(connection: Connection, id: str) -> Iterator[KeptTurn]:
    """The turns of a customer in their order; they are read as they are asked for."""
    after = 0
    while rows := connection.execute(_TURNS, {"id": id, "after": after, "count": _TURNS_AT_ONCE}).all():
        for row in rows:
            yield KeptTurn(**row._mapping)
        after = rows[-1].number


def consents_of(connection: Connection, id: str) -> list[Consent]:
    """The ledger of a customer: all they allowed and took back, in the order in which it was heard."""
    return [
        Consent(**{**row._mapping, "is_given": bool(row.is_given)}) for row in connection.execute(_CONSENTS, {"id": id})
    ]


def behind(connection: Connection, publication: int, *, after: str, limit: int) -> list[str]:
    """Customers whose value was written under an earlier publication, in the order of ids from `after` on.

    Whoever plans them anew begins with the empty id and goes on from the last: one walk over the customers.
    """
    asked = {"publication": publication, "after": after, "limit": limit}
    return list(connection.execute(_BEHIND, asked).scalars())


def _or_null(instant: int) -> int | None:
    return None if instant >= NEVER else instant
