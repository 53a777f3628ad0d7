"""Bare rows: the floor of deciding, which is the database alone.

The rows that a worker reads and writes, in batches as large and as durable, on a copy of the same database, and
nothing else: no engine, no SQLAlchemy, and not a thing decided.

In it: finding who is next, by the same index; reading their values, and their events where they have any, since
nobody can decide without; writing customers, turns, the marks of events, touches and consents, with the very
bytes that the worker wrote.  SQLite is written by `executemany` of its driver.  PostgreSQL has one statement for
each table, which takes the rows as one parameter of JSON and one of bytes: the fastest way there is, but for
COPY, which can only insert.

Not in it is what lets many workers share the work and each turn be taken once (conditions, locks, another look):
it is what no worker can be faster than.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final, Protocol

import msgspec
from sqlalchemy import make_url, text

from journeys.store.database import Database
from journeys.store.tables import ConsentRow, OutboxRow, TurnRow

Row = tuple[Any, ...]

_CUSTOMER: Final = ("publication", "value", "as_of", "wake_at", "turns", "id")
_MARK: Final = ("status", "turn", "customer", "source", "id")
_TURN: Final = tuple(TurnRow.model_fields)
# What a touch gets only once it is attempted is left out: it is NULL, and SQLite's driver takes long over each None.
_LATER: Final = ("leased_until", "settled_at", "problem", "receipt")
_TOUCH: Final = tuple(name for name in OutboxRow.model_fields if name not in _LATER)
_CONSENT: Final = tuple(ConsentRow.model_fields)
_BYTES: Final = ("value", "signals", "whys")
_TEXTS: Final = (
    "id", "customer", "source", "status", "kind", "journey", "touch", "channel", "person", "words", "purpose",
)  # fmt: skip

_VALUE: Final = "SELECT id, publication, value, as_of, wake_at, turns FROM customer"
_PENDING: Final = "SELECT customer, source, id, at, body FROM inbox WHERE status = 'pending' AND at <= {} {}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a worker wrote at one instant, by customer."""

    customers: dict[str, list[Row]]
    turns: dict[str, list[Row]]
    marks: dict[str, list[Row]]
    touches: dict[str, list[Row]]
    consents: dict[str, list[Row]]


def written(database: Database, *, after: int, at: int) -> Written:
    """The rows of the turns that were taken at an instant, where the customers had stood at an earlier one."""
    turns = "SELECT customer, number FROM turn WHERE at = :at"
    with database.reading() as connection:

        def rows(table: str, columns: Sequence[str], where: str, customer: str = "customer") -> dict[str, list[Row]]:
            listed = ", ".join(f'"{name}"' for name in columns)
            found: dict[str, list[Row]] = {}
            place = columns.index(customer)
            query = f"SELECT {listed} FROM {table} WHERE {where}"
            bound = {"at": at} if ":at" in query else {"after": after}
            for row in connection.execute(text(query), bound):
                found.setdefault(row[place], []).append(tuple(row))
            return found

        return Written(
            customers=rows("customer", _CUSTOMER, f"(id, turns) IN ({turns})", "id"),
            turns=rows("turn", _TURN, "at = :at"),
            marks=rows("inbox", _MARK, f"(customer, turn) IN ({turns})"),
            touches=rows("outbox", _TOUCH, "decided_at > :after"),
            consents=rows("consent", _CONSENT, f"(customer, turn) IN ({turns})"),
        )


class Driver(Protocol):
    """One of the two databases, by its driver alone."""

    def begin(self) -> None: ...
    def find(self, query: str, bound: Row) -> list[Row]: ...
    def among(self, ids: list[str]) -> list[Row]: ...
    def insert(self, table: str, columns: Sequence[str], rows: list[Row]) -> None: ...
    def update(self, table: str, columns: Sequence[str], keys: int, rows: list[Row]) -> None: ...
    def commit(self) -> None: ...
    def close(self) -> None: ...


def write_again(driver: Driver, rows: Written, *, now: int, batch: int) -> float:
    """Seconds for these rows, on a database that stands as it did before them."""
    mark = "?" if isinstance(driver, Sqlite) else "%b"
    pending = _PENDING.format(mark, f"ORDER BY at, customer LIMIT {mark}")
    due = f"{_VALUE} WHERE wake_at <= {mark} AND parked_at IS NULL ORDER BY wake_at, id LIMIT {mark}"
    left = len(rows.customers)
    start = perf_counter()
    while left > 0:
        driver.begin()
        if rows.marks:
            ids = list(dict.fromkeys([row[0] for row in driver.find(pending, (now, batch))]))
            driver.among(ids)
        else:
            ids = [row[0] for row in driver.find(due, (now, batch))]
        driver.update("customer", _CUSTOMER, 1, _of(rows.customers, ids))
        driver.insert("turn", _TURN, _of(rows.turns, ids))
        for table, columns, by_customer in (("outbox", _TOUCH, rows.touches), ("consent", _CONSENT, rows.consents)):
            if by_customer and (found := _of(by_customer, ids)):
                driver.insert(table, columns, found)
        if rows.marks:
            driver.update("inbox", _MARK, 3, _of(rows.marks, ids))
        driver.commit()
        left -= len(ids)
    return perf_counter() - start


def _of(by_customer: dict[str, list[Row]], ids: Iterable[str]) -> list[Row]:
    return [row for id in ids for row in by_customer.get(id, ())]


def driver_of(url: str) -> Driver:
    """The driver of a database, by its URL."""
    parsed = make_url(url)
    return Sqlite(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else Postgres(plain(url))


def plain(url: str) -> str:
    """The URL of a PostgreSQL database as its driver reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


class Sqlite:
    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            self._connection.execute(f"PRAGMA {pragma}")

    def begin(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def find(self, query: str, bound: Row) -> list[Row]:
        return self._connection.execute(query, bound).fetchall()

    def among(self, ids: list[str]) -> list[Row]:
        return self.find(f"{_VALUE} WHERE id IN (SELECT value FROM json_each(?))", (_json(ids),))

    def insert(self, table: str, columns: Sequence[str], rows: list[Row]) -> None:
        self._connection.executemany(
            f"INSERT INTO {table} ({_listed(columns)}) VALUES ({', '.join('?' * len(columns))})", rows
        )

    def update(self, table: str, columns: Sequence[str], keys: int, rows: list[Row]) -> None:
        sets = ", ".join(f"{name} = ?" for name in columns[:-keys])
        found = " AND ".join(f"{name} = ?" for name in columns[-keys:])
        self._connection.executemany(f"UPDATE {table} SET {sets} WHERE {found}", rows)

    def commit(self) -> None:
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


class Postgres:
    def __init__(self, url: str) -> None:
        import psycopg

        self._connection = psycopg.connect(url)

    def begin(self) -> None:
        """The driver does, at the first statement."""

    def find(self, query: str, bound: Row) -> list[Row]:
        return self._connection.execute(query.encode(), bound, binary=True).fetchall()

    def among(self, ids: list[str]) -> list[Row]:
        return self.find(f"{_VALUE} WHERE id = ANY(ARRAY(SELECT json_array_elements_text(%b)))", (_said(ids),))

    def insert(self, table: str, columns: Sequence[str], rows: list[Row]) -> None:
        said, bound = self._read(columns, rows)
        self._connection.execute(f"INSERT INTO {table} ({_listed(columns)}) SELECT * FROM {said}".encode(), bound)

    def update(self, table: str, columns: Sequence[str], keys: int, rows: list[Row]) -> None:
        said, bound = self._read(columns, rows)
        sets = ", ".join(f"{name} = n.{name}" for name in columns[:-keys])
        found = " AND ".join(f"{table}.{name} = n.{name}" for name in columns[-keys:])
        self._connection.execute(f"UPDATE {table} SET {sets} FROM {said} WHERE {found}".encode(), bound)

    def _read(self, columns: Sequence[str], rows: list[Row]) -> tuple[str, Row]:
        """The rows as a table `n`: each names its parts of the one parameter of bytes by where they begin."""
        parts: list[bytes] = []
        begin = 1
        said = [dict(zip(columns, row)) for row in rows]
        holders = [name for name in columns if name in _BYTES]
        for told in said:
            for name in holders:
                part: bytes = told[name]
                parts.append(part)
                told[name], told[f"{name}_for"] = begin, len(part)
                begin += len(part)
        plain = [
            f'substring(bytes FROM {name}::int FOR {name}_for::int) AS "{name}"' if name in holders else f'"{name}"'
            for name in columns
        ]
        typed = [*(f'"{name}" {_kind(name)}' for name in columns), *(f"{name}_for bigint" for name in holders)]
        return (
            f"(SELECT {', '.join(plain)} FROM (SELECT %b::bytea AS bytes) AS held, "
            f"json_to_recordset(%b) AS said({', '.join(typed)})) AS n",
            (b"".join(parts), _said(said)),
        )

    def commit(self) -> None:
        self._connection.commit()

    def close(self) -> None:
        self._connection.close()


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _kind(name: str) -> str:
    return "text" if name in _TEXTS else "boolean" if name == "is_given" else "bigint"


def _json(values: Any) -> str:
    return msgspec.json.encode(values).decode()


def _said(values: Any) -> Any:
    from psycopg.types.json import Json

    return Json(values, dumps=msgspec.json.encode)
