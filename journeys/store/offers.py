"""Offers: how often each was given, counted where all relays see it.

An offer with a limit is given to a touch once, by its key, before a provider first hears of it, and it stays given
whatever becomes of that: an attempt again is the same touch with the same code.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text

from .many import is_postgres
from .outbox import Key

_KEY: Final = ("customer", "enrollment", "entry", "visit", "occurrence")
# One relay counts at a time.  For all offers there is one lock: whoever gives two waits for nobody in between.
_ALONE: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('journeys offers', 0))")
_THIS: Final = " AND ".join(f"{each} = :{each}" for each in _KEY)
_IS_GIVEN: Final = text(f"SELECT 1 FROM offer WHERE {_THIS} AND touch = :touch")
_LAST: Final = text("SELECT max(number) FROM offer WHERE touch = :touch")
_GIVE: Final = text(f"""
    INSERT INTO offer (touch, number, {", ".join(_KEY)}) VALUES (:touch, :number, :{", :".join(_KEY)})
""")


def give_offer(connection: Connection, touch: str, key: Key, limit: int) -> bool:
    """Whether the offer of a touch is given to this key, now or before; not where so many others have it."""
    asked = {"touch": touch, **dict(zip(_KEY, key, strict=True))}
    if is_postgres(connection):
        connection.execute(_ALONE)
    if connection.execute(_IS_GIVEN, asked).one_or_none() is not None:
        return True
    last = connection.execute(_LAST, {"touch": touch}).scalar_one() or 0
    if last >= limit:
        return False
    connection.execute(_GIVE, {**asked, "number": last + 1})
    return True
