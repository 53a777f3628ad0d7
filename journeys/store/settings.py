"""Settings: values that were made once and must stay, or every customer's chance and every signed link would change."""

from __future__ import annotations

import secrets
from typing import Final

from sqlalchemy import Connection, text

_SECRET_BYTES: Final = 32

_FIND: Final = text("SELECT value FROM setting WHERE name = :name")
_MAKE: Final = text("INSERT INTO setting (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING")


def setting(connection: Connection, name: str) -> bytes | None:
    value: bytes | None = connection.execute(_FIND, {"name": name}).scalar_one_or_none()
    return value


def secret(connection: Connection, name: str) -> bytes:
    """The random value of this name, made when it is first asked for: many may ask at once, and get the same."""
    found = setting(connection, name)
    if found is None:
        connection.execute(_MAKE, {"name": name, "value": secrets.token_bytes(_SECRET_BYTES)})
        found = setting(connection, name)
        assert found is not None
    return found
