"""Deciding: how many customers a worker decides for in a second, and has on disk.

By events and by clocks, as `phases` has them.  The worker is a process of its own, with its deputy where it has one.
The floor is `bare_rows`: what the worker wrote is taken back, and written again by bare statements.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from journeys.runtime.working import BATCH
from journeys.store.database import Database, open_database

from .at_work import at_work
from .bare_rows import driver_of, plain, write_again, written
from .measured import Speed
from .phases import Phase, phases, prepare
from .subject import NEXT, known

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


def measure_deciding(
    url: str, folder: Path, customers: int, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> list[Speed]:
    """Of events and of clocks; `url` is a database in which nothing is, `folder` the definitions."""
    steps = 2 * customers + 4
    database = open_database(url)
    try:
        now = prepare(
            database, folder, customers, known=known, then=NEXT, on_progress=lambda done: on_progress(done, steps)
        )
        speeds = []
        for phase in phases(database, now):
            speeds.append(_measure(database, url, phase, customers))
            on_progress(2 * customers + 2 * len(speeds), steps)
        return speeds
    finally:
        database.close()


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
