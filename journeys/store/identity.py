"""Identity: which ids are one customer.

An id that was merged into another keeps its row, without a value: it says into whom.  An id is never merged twice,
and none of those that a row names was merged itself, so that one look is enough.

Rows of the inbox, of turns, of the ledger and of the outbox stay under the id that they were written for: what was sent
twice is known by it, and so is a touch.

Of who was erased not even the id stays: their rows go on under a hash of it (`erasing`), which is keyed, so that nobody
can tell from it who they were, and whoever comes by the id again is known to be erased.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b
from typing import Final

from sqlalchemy import Connection, text

from .many import as_json, is_postgres, listed
from .settings import setting

# Where nobody was merged nobody is looked for: every claim asks, of all whom it claims.
_IDS: Final = "CASE WHEN EXISTS (SELECT 1 FROM customer WHERE merged_into IS NOT NULL) THEN :ids ELSE '[]' END"
_LISTED: Final = f"IN (SELECT value FROM json_each({_IDS}))"
_ARRAY: Final = f"= ANY(ARRAY(SELECT json_array_elements_text(CAST({_IDS} AS json))))"
_WHOSE: Final = "SELECT id, merged_into FROM customer WHERE merged_into IS NOT NULL AND id"
_OTHERS: Final = "SELECT id, merged_into FROM customer WHERE merged_into"
_FIND: Final = {
    is_array: (text(f"{_WHOSE} {among}"), text(f"{_OTHERS} {among} ORDER BY id"))
    for is_array, among in ((False, _LISTED), (True, _ARRAY))
}
# Whoever was merged before into the one who goes, goes along.
_MERGE: Final = text("UPDATE customer SET value = NULL, wake_at = NULL, merged_into = :customer WHERE id = :id")
_TAKE_ALONG: Final = text("UPDATE customer SET merged_into = :customer WHERE merged_into = :id")
KEY: Final = "erased"  # the setting that ids of the erased are hashed with
_ERASED: Final = "erased-"
_UNDER: Final = listed("SELECT id, merged_into FROM customer WHERE id")


def hashed(key: bytes, id: str) -> str:
    """What stands in the place of an id that was erased."""
    return _ERASED + blake2b(id.encode(), key=key, digest_size=16).hexdigest()


def erased_as(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Of those whose id was erased, whose rows are theirs now."""
    key = setting(connection, KEY)
    hashes = {} if key is None else {hashed(key, id): id for id in ids}
    if not hashes:
        return {}
    rows = connection.execute(_UNDER[is_postgres(connection)], {"ids": as_json(sorted(hashes))})
    return {hashes[row.id]: row.merged_into or row.id for row in rows}


def whose(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Of those that were merged, into whom."""
    if not ids:
        return {}
    statement, _ = _FIND[is_postgres(connection)]
    return {row.id: row.merged_into for row in connection.execute(statement, {"ids": as_json(sorted(ids))})}


def customer_of(connection: Connection, id: str) -> str:
    """Who is known by an id now."""
    return whose(connection, [id]).get(id) or erased_as(connection, [id]).get(id, id)


def others_of(connection: Connection, customers: Collection[str]) -> dict[str, list[str]]:
    """The ids that were merged into these customers, for those who have any."""
    if not customers:
        return {}
    _, statement = _FIND[is_postgres(connection)]
    others: dict[str, list[str]] = {}
    for row in connection.execute(statement, {"ids": as_json(sorted(customers))}):
        others.setdefault(row.merged_into, []).append(row.id)
    return others


def with_others(connection: Connection, customers: Collection[str]) -> list[str]:
    """These customers by all of their ids."""
    others = others_of(connection, customers)
    return sorted({*customers, *[id for ids in others.values() for id in ids]})


def merge(connection: Connection, id: str, customer: str) -> None:
    """Lets an id be another customer's from now on, both of whose rows are held."""
    connection.execute(_MERGE, {"id": id, "customer": customer})
    connection.execute(_TAKE_ALONG, {"id": id, "customer": customer})


def ids_of(connection: Connection, id: str) -> Sequence[str]:
    """All ids of whoever is known by one, that of the customer first."""
    customer = customer_of(connection, id)
    return [customer, *others_of(connection, [customer]).get(customer, [])]
