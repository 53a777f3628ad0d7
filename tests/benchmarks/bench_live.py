"""What real time costs: `python -m tests.benchmarks.bench_live [CUSTOMERS] [--database sqlite|postgres]
[--workers 1|2] [--resting CUSTOMERS] [--rounds ROUNDS]`.

Customers stand in `espresso`.  First one event comes for each; then time passes until something is due for each.
Measured is how long the worker, a process of its own, takes to decide for all of them and to have it on disk.  The
floor is `bare_rows`: the same rows on a copy of the same database.  The best of the rounds counts, of both.

With `--workers 2` two processes share the work, against one.  With `--resting` so many more customers, each with a
past, stand among them and wait for a far day, against none; then every statement of the worker must find its rows
by an index.  PostgreSQL is a server of its own, with fsync, or the one that JOURNEYS_TEST_DATABASE_URL names.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import text

from journeys.bench.at_work import Worked, at_work
from journeys.bench.bare_rows import Driver, Written, write_again, written
from journeys.bench.phases import FAR, Phase, phases, prepare
from journeys.bench.subject import received
from journeys.runtime.live import Live
from journeys.runtime.working import BATCH, Worker
from journeys.store.database import open_database
from journeys.store.inbox import Received
from tests.runtime.house import ManualClock
from tests.store.test_plans import plans, walks

from .places import Place, on

ROOT = Path(__file__).parents[2]
AIM, LEAST = 0.5, 0.35  # of the floor's speed
TWO_LEAST = 1.3  # times one worker's speed
RESTING_LEAST = 0.8  # of the speed with nobody resting

_KNOWN: list[tuple[str, dict[str, Any]]] = [
    ("profile.updated", {"first_name": "Ana", "email": "ana@example.com"}),
    ("consent.given", {"purpose": "offers"}),
    ("consent.given", {"purpose": "personalization"}),
    ("guide_downloaded", {}),
]
_NEXT = ("product_viewed", {"category": "espresso", "sku": "E1"})

# Neighbours of each customer, by key and in every index, with the same value and the same first turn and events.
_RESTING = (
    """
    INSERT INTO customer (id, publication, value, as_of, wake_at, turns)
    SELECT id || '-' || n, publication, value, as_of, wake_at + :far, turns FROM customer CROSS JOIN number
    """,
    """
    INSERT INTO turn (customer, number, at, until, publication, kind, signals, whys)
    SELECT customer || '-' || n, number, at, until, publication, kind, signals, whys FROM turn CROSS JOIN number
    """,
    """
    INSERT INTO inbox (customer, source, id, at, body, received_at, status, turn)
    SELECT customer || '-' || n, source, id, at, body, received_at, status, turn FROM inbox CROSS JOIN number
    WHERE status = 'taken'
    """,
)
_NUMBERS = "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :each)"


def _known(numbers: range, at: int) -> Iterator[Received]:
    """What is told of customers beforehand."""
    for number in numbers:
        for place, (name, properties) in enumerate(_KNOWN):
            yield received(number, f"k{place}", at + place, name, properties)


def _prepare(place: Place, customers: int) -> int:
    """What `phases` makes ready, in the database `base`."""
    place.make("base")
    database = open_database(place.url("base"))
    database.migrate()
    now = prepare(database, ROOT / "definitions", customers, known=_known, then=_NEXT)
    database.close()
    place.settle("base")
    return now


def _rest(place: Place, resting: int, customers: int) -> None:
    """The same with others among them who rest, as `resting`."""
    place.copy("base", "resting")
    database = open_database(place.url("resting"))
    for statement in _RESTING:
        insert, select = statement.split("SELECT", 1)
        with database.writing() as connection:
            query = f"{insert} {_NUMBERS} SELECT {select}"
            far = {"far": FAR} if ":far" in query else {}
            connection.execute(text(query), {"each": resting // customers, **far})
    database.close()
    place.settle("resting")


def _phases(place: Place, name: str, now: int) -> Iterator[Phase]:
    database = open_database(place.url(name))
    yield from phases(database, now)
    database.close()


_Speeds = dict[str, Worked]


def _walk(place: Place, base: str, now: int, workers: int, then: Callable[[Phase], None] = lambda _: None) -> _Speeds:
    """Customers a second in each phase, on a copy of a database."""
    place.copy(base, "worked")
    seen = {}
    for phase in _phases(place, "worked", now):
        seen[phase.name] = at_work(place.url("worked"), phase.now, workers)
        then(phase)
    return seen


def _against_floor(place: Place, now: int, rounds: int) -> None:
    """One worker, and the floor in turn with it."""
    best: dict[str, float] = {}
    floors: dict[str, float] = {}
    touches: dict[str, int] = {}
    for _ in range(rounds):
        place.copy("base", "bare")
        bare = place.bare("bare")

        def write(phase: Phase, bare: Driver = bare) -> None:
            rows = _written(place, phase)
            taken = write_again(bare, rows, now=phase.now, batch=BATCH)
            touches[phase.name] = sum(map(len, rows.touches.values()))
            floors[phase.name] = max(floors.get(phase.name, 0), len(rows.customers) / taken)

        for name, worked in _walk(place, "base", now, 1, write).items():
            best[name] = max(best.get(name, 0), worked.decided / worked.took)
        bare.close()
    print(f"{'':14}{'decisions/s':>12}{'floor/s':>12}{'ratio':>8}   aim {AIM}, at least {LEAST}")
    for name, speed in best.items():
        ratio = speed / floors[name]
        met = "met" if ratio >= AIM else "enough" if ratio >= LEAST else "MISSED"
        print(f"{name:14}{speed:12,.0f}{floors[name]:12,.0f}{ratio:8.2f}   {met}; {touches[name]:,} touches decided")


def _written(place: Place, phase: Phase) -> Written:
    database = open_database(place.url("worked"))
    rows = written(database, after=phase.after, at=phase.now)
    database.close()
    return rows


def _compare(walks_of: Mapping[str, Callable[[], _Speeds]], rounds: int, least: float) -> None:
    """Two ways, in turn: how much faster the second is."""
    best: dict[tuple[str, str], float] = {}
    memory: dict[str, str] = {}
    for _ in range(rounds):
        for way, walk in walks_of.items():
            for name, worked in walk().items():
                best[name, way] = max(best.get((name, way), 0), worked.decided / worked.took)
                memory[way] = f"{worked.memory:.0f} MB, of which {worked.grew:.0f} after its tenth batch"
    first, second = walks_of
    print(f"{'decisions/s':14}{first:>16}{second:>16}{'ratio':>8}   at least {least}")
    for name in dict.fromkeys(name for name, _ in best):
        ratio = best[name, second] / best[name, first]
        met = "met" if ratio >= least else "MISSED"
        print(f"{name:14}{best[name, first]:16,.0f}{best[name, second]:16,.0f}{ratio:8.2f}   {met}")
    for way, held in memory.items():
        print(f"a worker with {way} holds {held}")


def _see_plans(place: Place, base: str, now: int) -> None:
    """Every statement of a batch of events and of one of clocks, as the database would find its rows."""
    place.copy(base, "worked")
    for phase in _phases(place, "worked", now):
        database = open_database(place.url("worked"))
        clock = ManualClock()
        clock.now = phase.now
        worker = Worker(Live(database, clock))
        with database.reading() as connection, plans(connection) as found:
            worker.work()
        while worker.work():
            pass
        worker.close()
        database.close()
        # Of publications there are a few, and the newest of them is asked for.
        walking = [plan for plan in found if walks(plan) and "FROM publication" not in plan]
        print(f"{phase.name}: {len(found)} plans, {len(walking)} of which read a table from one end to the other")
        for plan in walking:
            print(plan)


def main() -> None:
    said = argparse.ArgumentParser(prog="bench_live")
    said.add_argument("customers", type=int, nargs="?", default=20_000)
    said.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    said.add_argument("--workers", type=int, choices=[1, 2], default=1)
    said.add_argument("--resting", type=int, default=0)
    said.add_argument("--rounds", type=int, default=3)
    asked = said.parse_args()
    with on(asked.database) as place:
        now = _prepare(place, asked.customers)
        print(f"{place.title}: {asked.customers:,} customers, batches of {BATCH}; the best of {asked.rounds} rounds")
        if asked.resting:
            _rest(place, asked.resting, asked.customers)
            ways = {"none rest": "base", f"{asked.resting:,} rest": "resting"}
            walks = {way: partial(_walk, place, base, now, 1) for way, base in ways.items()}
            _compare(walks, asked.rounds, RESTING_LEAST)
            _see_plans(place, "resting", now)
        elif asked.workers == 2:
            crews = {f"{count} at work": partial(_walk, place, "base", now, count) for count in (1, 2)}
            _compare(crews, asked.rounds, TWO_LEAST)
        else:
            _against_floor(place, now, asked.rounds)


if __name__ == "__main__":
    main()
