"""What real time costs: `python -m tests.benchmarks.bench_live [CUSTOMERS] [DATABASE_URL]`.

Every customer is known and stands in `espresso`; then one event comes for each.  Measured is how long
the worker takes to decide for all of them and to have it on disk.  The floor is the database alone: the rows that
the worker read and wrote, read and written again by bare statements of the same batches, with
nothing decided.  SQLite is in a new file, with synchronous=FULL; a PostgreSQL database is emptied first.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from journeys.core.calendar import HOUR, format_moment
from journeys.runtime.deciding import BATCH, Worker
from journeys.runtime.live import Live
from journeys.runtime.publishing import publish
from journeys.store.database import Database, open_database
from journeys.store.inbox import Received, receive
from journeys.store.many import FindMany, InsertMany, UpdateMany
from journeys.store.tables import CustomerRow, InboxRow, TurnRow
from tests.runtime.house import ManualClock

ROOT = Path(__file__).parents[2]
START = "2026-03-02T09:00:00Z"
AIM = 0.5  # of the floor's speed
LEAST = 0.35

_KNOWN: list[tuple[str, dict[str, Any]]] = [
    ("profile.updated", {"first_name": "Ana", "email": "ana@example.com"}),
    ("consent.given", {"purpose": "offers"}),
    ("consent.given", {"purpose": "personalization"}),
    ("guide_downloaded", {}),
]
_NEXT = ("product_viewed", {"category": "espresso", "sku": "E1"})


def _received(customer: int, id: str, at: int, name: str, properties: dict[str, Any]) -> Received:
    raw = {"id": id, "name": name, "customer": f"c{customer:07}", "at": format_moment(at), "properties": properties}
    return Received(customer=f"c{customer:07}", source="", id=id, at=at, body=msgspec.json.encode(raw))


def _prepared(url: str, customers: int) -> tuple[Database, ManualClock, Worker]:
    """Customers who stand in a journey, and an event for each in the inbox."""
    database = open_database(url)
    if database.is_postgres:
        with database.writing() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    database.migrate()
    clock = ManualClock(START)
    publish(database, ROOT / "definitions", clock())
    worker = Worker(Live(database, clock))
    for first in range(0, customers, 1_000):
        known = [
            _received(number, f"k{place}", clock() + place, name, properties)
            for number in range(first, min(first + 1_000, customers))
            for place, (name, properties) in enumerate(_KNOWN)
        ]
        with database.writing() as connection:
            receive(connection, known, clock())
    clock.now += HOUR
    while worker.work():
        pass
    name, properties = _NEXT
    with database.writing() as connection:
        events = [_received(number, "n", clock(), name, properties) for number in range(customers)]
        receive(connection, events, clock())
    return database, clock, worker


def _rows(connection: Connection, table: str, columns: str, where: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(text(f"SELECT {columns} FROM {table} WHERE {where}"))]


def _floor(database: Database, customers: int) -> float:
    """The rows that the worker wrote, once more, by statements alone, in batches as large."""
    value = ("publication", "value", "as_of", "wake_at", "turns")
    turn = ("customer", "number", "at", "until", "publication", "kind", "signals", "whys")
    with database.writing() as connection:
        kept = _rows(connection, "customer", ", ".join((*value, "id")), "true")
        turns = _rows(connection, "turn", ", ".join(f'"{name}"' for name in turn), "number = 2")
        sent = _rows(connection, "outbox", "customer", "decided_at > 0")
        connection.execute(text("DELETE FROM turn WHERE number = 2"))
        connection.execute(text("UPDATE inbox SET status = 'pending', turn = NULL WHERE id = 'n'"))
    assert len(kept) == len(turns) == customers, (len(kept), len(turns), len(sent))
    find_kept = FindMany(CustomerRow, ("id",), value, is_locking=True)
    find_events = FindMany(InboxRow, ("customer", "source", "id"), ("at", "body"), is_locking=False)
    update = UpdateMany(CustomerRow, value, ("id",))
    insert = InsertMany(TurnRow, turn)
    mark = UpdateMany(InboxRow, ("status", "turn"), ("customer", "source", "id"))
    start = perf_counter()
    for batch, of_turns in zip(_batches(kept), _batches(turns)):
        with database.writing() as connection:
            find_kept.run(connection, [(row[-1],) for row in batch]).all()
            find_events.run(connection, [(row[-1], "", "n") for row in batch]).all()
            update.run(connection, batch)
            insert.run(connection, of_turns)
            mark.run(connection, [("taken", 2, row[-1], "", "n") for row in batch])
    return perf_counter() - start


def _batches(rows: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    for first in range(0, len(rows), BATCH):
        yield rows[first : first + BATCH]


def _measure(title: str, url: str, customers: int) -> None:
    database, _, worker = _prepared(url, customers)
    start = perf_counter()
    decided = 0
    while count := worker.work():
        decided += count
    taken = perf_counter() - start
    assert decided == customers, decided
    floor = _floor(database, customers)
    database.close()
    ratio = floor / taken
    met = "met" if ratio >= AIM else "enough" if ratio >= LEAST else "MISSED"
    print(f"{title:12}{customers / taken:12,.0f}{customers / floor:12,.0f}{ratio:10.2f}   {met}")


def main(customers: int, url: str | None) -> None:
    print(f"{customers:,} customers, an event each, batches of {BATCH}; aim {AIM}, at least {LEAST} of the floor")
    print(f"{'':12}{'decisions/s':>12}{'floor/s':>12}{'ratio':>10}")
    with TemporaryDirectory() as folder:
        _measure("SQLite", f"sqlite:///{folder}/journeys.db", customers)
    if url is not None:
        _measure("PostgreSQL", url, customers)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, sys.argv[2] if len(sys.argv) > 2 else None)
