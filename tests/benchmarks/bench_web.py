"""What taking events in costs: `python -m tests.benchmarks.bench_web [--database sqlite|postgres] [--rounds N]`.

`journeys serve --role web` is a process of its own, and who sends is another, over connections that stay open: one
event a request, then a hundred.  Two floors are measured in turn with it, of the same framework on the same server
(`journeys/bench/bare.py`): an endpoint that does nothing but acknowledge, and one that makes the same rows durable
and does nothing else.  Told is the best of the rounds.  The CPU time is that of the server's process: PostgreSQL has
its own.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from journeys.bench.measured import share
from journeys.bench.processes import JOURNEYS, listening
from journeys.bench.receiving import CONNECTIONS, MANY, emptied, loaded
from journeys.clock import now
from journeys.runtime.publishing import publish
from journeys.store.database import VARIABLE, open_database
from journeys.store.keys import make_key

from . import places

ROOT = Path(__file__).parents[2]
REQUESTS = {1: 5_000, 100: 600}  # by events in each; in all fewer than may wait for a worker
AIM = 0.5  # of the speed of a floor
P99_AIM = 0.1  # seconds


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that is measured; `database` is emptied before each round."""

    name: str
    url: str
    process: int
    database: str


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one round of one server came to, in events and seconds."""

    a_second: float
    p50: float
    p99: float
    cpu_each: float


def main(databases: Sequence[str], rounds: int) -> None:
    print(f"{CONNECTIONS} connections, best of {rounds} rounds; aim {AIM} of a floor, p99 under {P99_AIM * 1e3:.0f} ms")
    for each in databases:
        with places.on(each) as place, _serving(place) as (servers, key):
            print(f"\n{place.title}")
            for events in REQUESTS:
                _show(events, _measure(servers, key, events, rounds))


def _measure(servers: Sequence[Server], key: str, events: int, rounds: int) -> dict[str, Told]:
    """The best round of each; they take turns, so that whatever else the machine does meets all of them."""
    best: dict[str, Told] = {}
    for _ in range(rounds):
        for server in servers:
            told = _once(server, key, events)
            if server.name not in best or told.a_second > best[server.name].a_second:
                best[server.name] = told
    return best


def _once(server: Server, key: str, events: int) -> Told:
    emptied(server.database)
    before = _cpu_of(server.process)
    seen = loaded(server.url, key, REQUESTS[events], events)
    count = REQUESTS[events] * events
    return Told(
        a_second=count / seen.took,
        p50=share(seen.each, 50),
        p99=share(seen.each, 99),
        cpu_each=(_cpu_of(server.process) - before) / count,
    )


def _cpu_of(process: int) -> float:
    """Seconds that a process has used, its own and the kernel's on its behalf."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _show(events: int, told: dict[str, Told]) -> None:
    ours = told["journeys"]
    print(f"{f'{events} a request':16}{'events/s':>12}{'p50, ms':>10}{'p99, ms':>10}{'CPU, µs an event':>18}")
    for name, each in told.items():
        if each is ours:
            said = f"p99 {'met' if each.p99 < P99_AIM else 'MISSED'}"
        else:
            ratio = ours.a_second / each.a_second
            said = f"journeys is {ratio:.2f} of it: {'met' if ratio >= AIM else 'MISSED'}"
        figures = f"{each.a_second:12,.0f}{each.p50 * 1e3:10.1f}{each.p99 * 1e3:10.1f}{each.cpu_each * 1e6:18.1f}"
        print(f"{name:16}{figures}   {said}")


@contextmanager
def _serving(place: places.Place) -> Iterator[tuple[list[Server], str]]:
    """The servers, each on a database of its own, and a key to ours."""
    for name in ("web", "bare"):
        place.make(name)
        database = open_database(place.url(name))
        database.migrate()
        if name == "web":
            publish(database, ROOT / "definitions", now())
            with database.writing() as connection:
                key = make_key(connection, "bench", ["ingest"], now())
        database.close()
    web, bare = place.url("web"), place.url("bare")
    serve = (*JOURNEYS, "serve", "--role", "web", "--port", "0")
    floors = (sys.executable, "-m", "journeys.bench.bare", bare)
    with listening(floors, {}) as (floor, floor_url), listening(serve, {VARIABLE: web, **MANY}) as (process, url):
        yield (
            [
                Server(name="does nothing", url=f"{floor_url}/nothing", process=floor, database=bare),
                Server(name="durable", url=f"{floor_url}/v1/events", process=floor, database=bare),
                Server(name="journeys", url=f"{url}/v1/events", process=process, database=web),
            ],
            key,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=["sqlite", "postgres"])
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    main(["sqlite", "postgres"] if asked.database is None else [asked.database], asked.rounds)
