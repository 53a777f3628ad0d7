"""Keys: shown once, kept as a hash, refused once revoked."""

from __future__ import annotations

import pytest

from journeys.store.database import Database
from journeys.store.keys import ApiKey, find_key, list_keys, make_key, revoke_key

from .making import ODD


def test_a_key_is_found_by_all_of_it_and_by_nothing_less(database: Database):
    with database.writing() as connection:
        whole = make_key(connection, ODD, ("ingest", "read"), 10)
        other = make_key(connection, "other", ("admin",), 20)

    with database.reading() as connection:
        key = find_key(connection, whole)
        assert key is not None
        assert (key.name, key.scopes, key.made_at, key.revoked_at) == (ODD, ("ingest", "read"), 10, None)
        assert whole.startswith(f"jrn_{key.id}_")
        for wrong in (whole[:-1], whole + "x", whole.upper(), f"jrn_{key.id}_", f"jrn_{key.id}", key.id):
            assert find_key(connection, wrong) is None
        assert find_key(connection, f"jrn_{key.id}_{other.split('_', 2)[2]}") is None


@pytest.mark.parametrize(
    "text",
    ["", "jrn", "jrn__", "jrn_0_x", "jrn_\0_x", "jrn_\ud800_x", "jrn_é_x", "Bearer x", "_" * 1_000, "jrn_a_\ud800"],
)
def test_garbage_is_no_key(database: Database, text: str):
    with database.reading() as connection:
        assert find_key(connection, text) is None


def test_the_secret_is_nowhere_in_the_database(database: Database):
    with database.writing() as connection:
        whole = make_key(connection, "one", ("read",), 10)

    with database.reading() as connection:
        row = connection.exec_driver_sql("SELECT * FROM api_key").one()
    secret = whole.split("_", 2)[2]
    assert len(secret) == 43  # 256 bits
    assert not any(secret in str(value) or secret.encode() in bytes(str(value), "utf-8") for value in row)


def test_a_revoked_key_is_listed_and_opens_nothing(database: Database):
    with database.writing() as connection:
        whole = make_key(connection, "one", ("read",), 10)
        (key,) = list_keys(connection)
        assert revoke_key(connection, key.id, 20)
        assert not revoke_key(connection, key.id, 30)
        assert not revoke_key(connection, "nobody", 30)

    with database.reading() as connection:
        assert find_key(connection, whole) is None
        assert list_keys(connection) == [ApiKey(id=key.id, name="one", scopes=("read",), made_at=10, revoked_at=20)]
