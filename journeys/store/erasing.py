"""Erasing: what was kept of a person goes, and what counts and keys stay.

A customer who is erased has forgotten themselves in the core: no field, no consent, no place.  Their rows still tell
of them: what each event said, why each decision was made, what a provider answered.  Here those are
emptied, in the turn that erases them.

Their ids follow when nothing is under way any more: a touch that a relay holds is settled by its key.  Then a keyed
hash stands in their place.  What stays is when and how often, and the ledger of consents, by which is shown that what
was sent had been allowed to whoever can say the id.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text

from .claiming import lock
from .identity import KEY, hashed, with_others
from .many import as_json, is_postgres, listed
from .settings import secret
from .values import Kept

# Which touches were asked about or accepted is told by our own names and numbers, and stays; events do not.
_TURNS: Final = """
    UPDATE turn SET whys = :nothing, signals = CASE WHEN kind = 'turn' THEN :no_events ELSE signals END
    WHERE (whys <> :nothing OR (kind = 'turn' AND signals <> :no_events)) AND customer
"""
# What came after the word that erased them waits for a turn, is heard as nothing, and is emptied by it.
_EVENTS: Final = "UPDATE inbox SET body = :no_event WHERE status = 'taken' AND body <> :no_event AND customer"
# The provider's words may name the address, and its receipt leads to it.
_TOUCHES: Final = """
    UPDATE outbox SET problem = NULL, receipt = NULL
    WHERE (problem IS NOT NULL OR receipt IS NOT NULL) AND customer
"""
_FORGET: Final = [listed(each) for each in (_TURNS, _EVENTS, _TOUCHES)]
_EMPTIED: Final = {"nothing": b"", "no_event": b"{}", "no_events": b"[]"}

_MARK: Final = text("UPDATE customer SET erased_at = :now WHERE id = :id")
# Where nothing of theirs is on its way, and no relay holds what was.
_NAMED: Final = text("""
    SELECT id FROM customer
    WHERE erased_at IS NOT NULL AND parked_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM outbox
        WHERE (outbox.status = 'waiting' OR outbox.leased_until > :now) AND outbox.customer IN (
            SELECT mine.id FROM customer AS mine WHERE mine.id = customer.id OR mine.merged_into = customer.id
        )
    )
    ORDER BY erased_at, id LIMIT :limit
""")
_UNNAME: Final = [
    text(statement)
    for statement in (
        "UPDATE customer SET id = :hash, merged_into = :into, erased_at = NULL WHERE id = :id",
        "UPDATE turn SET customer = :hash, signals = :no_events WHERE customer = :id",
        "UPDATE outbox SET customer = :hash WHERE customer = :id",
        "UPDATE offer SET customer = :hash WHERE customer = :id",
        "UPDATE consent SET customer = :hash, id = '' WHERE customer = :id",
        "DELETE FROM inbox WHERE customer = :id",
    )
]
_VALUE: Final = text("UPDATE customer SET value = :value, publication = :publication WHERE id = :id")


def forget(connection: Connection, customers: Sequence[str], now: int) -> None:
    """Empties all that rows tell of these customers, whose rows are held and whose newest turn is kept already."""
    if not customers:
        return
    ids = with_others(connection, customers)
    for statement in _FORGET:
        connection.execute(statement[is_postgres(connection)], {**_EMPTIED, "ids": as_json(ids)})
    for id in customers:
        connection.execute(_MARK, {"id": id, "now": now})


def still_named(connection: Connection, now: int, limit: int) -> list[Kept]:
    """Those who were erased, whose ids may go now; they are held."""
    ids = list(connection.execute(_NAMED, {"now": now, "limit": limit}).scalars())
    return list(lock(connection, ids).values())


def unname(connection: Connection, kept: Kept) -> None:
    """Puts a hash in the place of each id of one who was erased and is held; `kept.value` names no other id."""
    key = secret(connection, KEY)
    into = hashed(key, kept.id)
    for id in with_others(connection, [kept.id]):
        moved = {"id": id, "hash": hashed(key, id), "into": None if id == kept.id else into}
        for statement in _UNNAME:
            connection.execute(statement, {**_EMPTIED, **moved})
    connection.execute(_VALUE, {"id": into, "value": kept.value, "publication": kept.publication})
