"""Keys to the HTTP part: `jrn_ID_SECRET`, shown once.

The secret is 256 random bits, so that its plain SHA-256 is enough: there is nothing to guess.  The id finds the
row, and the hash is compared in a time that tells nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, text

_PREFIX: Final = "jrn"
_NO_HASH: Final = bytes(32)

_INSERT: Final = text("""
    INSERT INTO api_key (id, name, scopes, secret_hash, made_at)
    VALUES (:id, :name, :scopes, :secret_hash, :made_at)
""")
_FIND: Final = text("SELECT * FROM api_key WHERE id = :id AND revoked_at IS NULL")
_LIST: Final = text("SELECT * FROM api_key ORDER BY made_at, id")
_REVOKE: Final = text("UPDATE api_key SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it may be shown: without its secret, which nobody has but its owner."""

    id: str
    name: str
    scopes: tuple[str, ...]
    made_at: int
    revoked_at: int | None


def make_key(connection: Connection, name: str, scopes: Sequence[str], now: int) -> str:
    """A new key, whole: it can never be shown again."""
    id = secrets.token_hex(6)
    secret = secrets.token_urlsafe(32)
    row = {"id": id, "name": name, "scopes": " ".join(scopes), "secret_hash": _hash(secret), "made_at": now}
    connection.execute(_INSERT, row)
    return f"{_PREFIX}_{id}_{secret}"


def find_key(connection: Connection, text: str) -> ApiKey | None:
    """The key that this is; None for one that was never made, or was revoked."""
    prefix, _, rest = text.partition("_")
    id, _, secret = rest.partition("_")
    if prefix != _PREFIX or not id.isascii() or not id.isalnum():
        return None
    row = connection.execute(_FIND, {"id": id}).one_or_none()
    is_right = hmac.compare_digest(_hash(secret), _NO_HASH if row is None else row.secret_hash)
    return None if row is None or not is_right else _key_of(row)


def list_keys(connection: Connection) -> list[ApiKey]:
    """All that were ever made, in that order; those revoked too."""
    return [_key_of(row) for row in connection.execute(_LIST)]


def revoke_key(connection: Connection, id: str, now: int) -> bool:
    """Whether there was such a key to revoke."""
    return connection.execute(_REVOKE, {"id": id, "now": now}).rowcount == 1


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _key_of(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id, name=row.name, scopes=tuple(row.scopes.split()), made_at=row.made_at, revoked_at=row.revoked_at
    )
