"""Phases: what a worker is measured with.  First one event comes for each customer, then time passes until something
is due for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from journeys.core.calendar import DAY, HOUR, parse_moment
from journeys.runtime.live import Live
from journeys.runtime.publishing import publish
from journeys.runtime.working import Worker
from journeys.store.database import Database
from journeys.store.inbox import Received, receive

from .subject import received

START: Final = parse_moment("2026-03-02T09:00:00Z")
FAR: Final = 300 * DAY  # who waits for a day as far away only rests
_AT_ONCE: Final = 1_000  # customers in one transaction, while all is made ready


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What is decided: `after` is where the customers stood before, `now` the instant up to which they are taken."""

    name: str
    after: int
    now: int


def prepare(
    database: Database,
    folder: Path,
    customers: int,
    *,
    known: Callable[[range, int], Iterable[Received]],
    then: tuple[str, Mapping[str, Any]],
    on_progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Customers who stand in a journey, by what is `known` of them, and an event for each in the inbox.

    Returns the instant of these.
    """
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
    worker.close()
    now = START + 2 * HOUR
    name, properties = then
    for numbers in _thousands(customers):
        with database.writing() as connection:
            receive(connection, [received(number, "n", now, name, dict(properties)) for number in numbers], now)
    return now


def _thousands(count: int) -> Iterator[range]:
    return (range(first, min(first + _AT_ONCE, count)) for first in range(0, count, _AT_ONCE))


def phases(database: Database, now: int) -> Iterator[Phase]:
    """Events first; then, when these were heard, what comes due of those who do not rest."""
    yield Phase(name="decisions", after=now - HOUR, now=now)
    with database.reading() as connection:
        due = connection.exec_driver_sql(f"SELECT max(wake_at) FROM customer WHERE wake_at < {now + FAR}")
        wakes_at = due.scalar_one()
    yield Phase(name="clocks fired", after=now, now=int(wakes_at))
