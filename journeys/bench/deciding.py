"""Deciding: how many customers a worker decides for in a second, and has on disk.

First one event comes for each of them, then time passes until something is due for each.  The worker is a process of
its own.  The floor is `bare_rows`: what the worker wrote is taken back, and written again by bare statements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from journeys.core.calendar import HOUR, parse_moment
from journeys.runtime.deciding import BATCH, Worker
from journeys.runtime.live import Live
from journeys.runtime.publishing import publish
from journeys.store.database import Database, open_database
from journeys.store.inbox import receive

from .at_work import at_work
from .bare_rows import driver_of, plain, write_again, written
from .measured import Speed
from .subject import NEXT, known, received

START: Final = parse_moment("2026-03-02T09:00:00Z")
_AT_ONCE: Final = 1_000  # customers in one transaction, while all is made ready

_TURNS: Final = "SELECT customer, number FROM turn WHERE at = {now}"
_TAKE_BACK: Final = (
    f"UPDATE inbox SET status = 'pending', turn = NULL WHERE (customer, turn) IN ({_TURNS})",
    f"DELETE FROM consent WHERE (customer, turn) IN ({_TURNS})",
    "DELETE FROM turn WHERE at = {now}",
    "DELETE FROM outbox WHERE decided_at > {after}",
    "DELETE FROM customer",
    "INSERT INTO customer SELECT * FROM bench_before",
    "DROP TABLE bench_before",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What is decided: `after` is where the customers stood before, `now` the instant up to which they are taken."""

    name: str
    after: int
    now: int


def measure_deciding(
    url: str, folder: Path, customers: int, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> list[Speed]:
    """Of events and of clocks; `url` is a database in which nothing is, `folder` the definitions."""
    steps = 2 * customers + 4
    database = open_database(url)
    try:
        now = _prepare(database, folder, customers, lambda done: on_progress(done, steps))
        speeds = []
        for phase in _phases(database, now):
            speeds.append(_measure(database, url, phase, customers))
            on_progress(2 * customers + 2 * len(speeds), steps)
        return speeds
    finally:
        database.close()


def _prepare(database: Database, folder: Path, customers: int, on_progress: Callable[[int], None]) -> int:
    """Customers who stand in a journey, and an event for each in the inbox."""
    publish(database, folder, START)
    worker = Worker(Live(database, lambda: START + HOUR))
    for numbers in _thousands(customers):
        with database.writing() as connection:
            receive(connection, list(known(numbers, START)), START)
        on_progress(numbers.stop)
    done = customers
    while count := worker.work():
        done += count
        on_progress(done)
    now = START + 2 * HOUR
    for numbers in _thousands(customers):
        with database.writing() as connection:
            receive(connection, [received(number, "n", now, *NEXT) for number in numbers], now)
    return now


def _thousands(count: int) -> Iterator[range]:
    return (range(first, min(first + _AT_ONCE, count)) for first in range(0, count, _AT_ONCE))


def _phases(database: Database, now: int) -> Iterator[Phase]:
    """Events first; then, when these were heard, what comes due next."""
    yield Phase(name="decisions", after=now - HOUR, now=now)
    with database.reading() as connection:
        wakes_at = connection.exec_driver_sql("SELECT max(wake_at) FROM customer").scalar_one()
    yield Phase(name="clocks fired", after=now, now=int(wakes_at))


def _measure(database: Database, url: str, phase: Phase, customers: int) -> Speed:
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE bench_before AS SELECT * FROM customer")
    _settle(database, url)
    worked = at_work(url, phase.now, 1)
    rows = written(database, after=phase.after, at=phase.now)
    assert worked.decided == len(rows.customers) == customers, (worked.decided, len(rows.customers))
    with database.writing() as connection:
        for statement in _TAKE_BACK:
            connection.exec_driver_sql(statement.format(now=phase.now, after=phase.after))
    _settle(database, url)
    bare = driver_of(url)
    took = write_again(bare, rows, now=phase.now, batch=BATCH)
    bare.close()
    return Speed(name=phase.name, a_second=customers / worked.took, floor=customers / took)


def _settle(database: Database, url: str) -> None:
    """What goes on by itself after much was written is done now, and not while something is measured."""
    if database.is_postgres:
        import psycopg

        with psycopg.connect(plain(url), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
