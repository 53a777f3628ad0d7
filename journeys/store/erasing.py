"""Erasing: what was kept of a person goes, and what counts and keys stay.

A customer who is erased has forgotten themselves in the core: no field, no consent, no place.  Their rows still tell
of them: what each event said, why each decision was made, what a provider answered.  Here those are
emptied.  What stays is the customer's id, when and how often, and the ledger of consents, by which is shown
that what was sent had been allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, text

from .many import as_json, is_postgres

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
_LISTED: Final = "IN (SELECT value FROM json_each(:ids))"
_ARRAY: Final = "= ANY(ARRAY(SELECT json_array_elements_text(CAST(:ids AS json))))"
_EMPTIED: Final = {"nothing": b"", "no_event": b"{}", "no_events": b"[]"}

_FORGET: Final = {
    is_array: [text(f"{each} {_ARRAY if is_array else _LISTED}") for each in (_TURNS, _EVENTS, _TOUCHES)]
    for is_array in (False, True)
}


def forget(connection: Connection, ids: Sequence[str]) -> None:
    """Empties all that rows tell of these customers, whose rows are held and whose newest turn is kept already."""
    if not ids:
        return
    for statement in _FORGET[is_postgres(connection)]:
        connection.execute(statement, {**_EMPTIED, "ids": as_json(sorted(ids))})
