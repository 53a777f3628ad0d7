"""What a database says when it fails: in our words, and without what it was asked to keep."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from journeys.store.database import Database, Unavailable, open_database

INSERT = text("INSERT INTO setting (name, value) VALUES (:name, :value)")


def test_no_error_repeats_what_was_to_be_kept(database: Database):
    asked = {"name": "twice", "value": b"ana@example.com"}

    with pytest.raises(IntegrityError) as caught, database.writing() as connection:
        connection.execute(INSERT, asked)
        connection.execute(INSERT, asked)

    assert "ana@example.com" not in str(caught.value)


def test_a_server_that_only_reads_since_a_failover_is_unavailable(postgres_url: str):
    opened = open_database(postgres_url)
    opened.migrate()

    with pytest.raises(Unavailable, match="read-only transaction"), opened.writing() as connection:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        connection.execute(INSERT, {"name": "a", "value": b"b"})

    with opened.writing() as connection:
        connection.execute(INSERT, {"name": "a", "value": b"b"})
    opened.close()
