"""Places: where the databases of a measurement are.

A new SQLite file for each, in a folder that goes away; or one database that was named, and was found empty.  That one
is emptied before each measurement and at the end.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import SQLModel

from journeys.errors import ConfigurationError, InputError
from journeys.store.database import VARIABLE, Database, open_database

_TABLES = {
    False: "SELECT count(*) FROM sqlite_master WHERE type = 'table'",
    True: """
        SELECT count(*) FROM information_schema.tables
        WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
    """,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`fresh` gives the URL of a database with tables in which nothing is; `shown` is for people."""

    shown: str
    is_postgres: bool
    fresh: Callable[[str], str]


@contextmanager
def a_folder() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="journeys-bench-") as folder:

        def fresh(name: str) -> str:
            url = f"sqlite:///{Path(folder) / name}.db"
            database = open_database(url)
            database.migrate()
            database.close()
            return url

        yield Place(shown=f"SQLite in {Path(folder).parent}, synchronous=FULL", is_postgres=False, fresh=fresh)


@contextmanager
def an_empty_database(url: str) -> Iterator[Place]:
    """Raises InputError where there is anything in it: nothing of anybody's is ever touched."""
    try:
        database = open_database(url)
    except ConfigurationError as error:
        raise InputError(str(error).replace(VARIABLE, "--database")) from None
    try:
        with database.reading() as connection:
            count = connection.exec_driver_sql(_TABLES[database.is_postgres]).scalar_one()
        if count:
            there = "there is a table" if count == 1 else f"there are {count:,} tables"
            raise InputError(f"{there} in {database.shown}: name a database in which there is nothing")

        def fresh(name: str) -> str:
            _empty(database)
            database.migrate()
            return url

        try:
            yield Place(shown=database.shown, is_postgres=database.is_postgres, fresh=fresh)
        finally:
            _empty(database)
    finally:
        database.close()


def _empty(database: Database) -> None:
    with database.writing() as connection:
        SQLModel.metadata.drop_all(connection)
        for table in ("alembic_version", "bench_before"):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
