"""Receiving: how many events are acknowledged in a second, each durable before it is, and how long one waits for it.

`journeys serve --role web` is a process of its own, and who sends is another, over connections that stay open: one
event a request, then a hundred.  The floor is an endpoint of the same framework that makes the same rows durable,
and does nothing else.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import uuid4

import msgspec

from journeys.clock import now
from journeys.runtime.publishing import publish
from journeys.store.database import VARIABLE, open_database
from journeys.store.keys import make_key
from journeys.web.rates import SENDERS

from .load import Seen
from .measured import Speed, share
from .processes import JOURNEYS, listening

CONNECTIONS: Final = 64
REQUESTS_A_SECOND: Final = {1: 500, 100: 60}  # by events in each, for each second that it should take
REQUESTS_MAX: Final = {1: 50_000, 100: 900}  # fewer events than may wait for a worker
_ROUNDS: Final = 2
# One key sends all that there is: how often it may is looked at, and never too often.
MANY: Final = {SENDERS: "100000"}
SAID: Final = {1: "acknowledged, one by one", 100: "acknowledged, in hundreds"}


def measure_receiving(
    url: str,
    folder: Path,
    seconds: int,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Speed]:
    """`url` is a database in which nothing is, `folder` the definitions; seconds are about what a round takes."""
    key = _ready(url, folder)
    serve = (*JOURNEYS, "serve", "--role", "web", "--port", "0")
    bare = (sys.executable, "-m", "journeys.bench.bare", url)
    speeds, done = [], 0
    with listening(bare, {}) as (_, floor), listening(serve, {VARIABLE: url, **MANY}) as (_, ours):
        for events in REQUESTS_A_SECOND:
            count = min(REQUESTS_A_SECOND[events] * seconds, REQUESTS_MAX[events])
            best: dict[str, Seen] = {}
            # In turn, so that whatever else the machine does meets both of them.
            for where in (floor, ours) * _ROUNDS:
                emptied(url)
                seen = loaded(f"{where}/v1/events", key, count, events)
                if where not in best or seen.took < best[where].took:
                    best[where] = seen
                done += 1
                on_progress(done, 2 * _ROUNDS * len(REQUESTS_A_SECOND))
            speeds.append(
                Speed(
                    name=SAID[events],
                    a_second=count * events / best[ours].took,
                    floor=count * events / best[floor].took,
                    p50=share(best[ours].each, 50),
                    p99=share(best[ours].each, 99),
                )
            )
    return speeds


def loaded(url: str, key: str, count: int, events: int) -> Seen:
    """What a process that sends so many requests sees; each must be taken."""
    sender = [sys.executable, "-m", "journeys.bench.load", url, key]
    numbers = [str(CONNECTIONS), str(count), str(events), uuid4().hex]
    said = subprocess.run([*sender, *numbers], check=True, stdout=subprocess.PIPE).stdout
    seen = msgspec.json.decode(said, type=Seen)
    if seen.statuses != {"202": count}:
        raise RuntimeError(f"not all were taken: {seen.statuses}")
    return seen


def emptied(url: str) -> None:
    """Nothing waits in this database any more."""
    database = open_database(url)
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM inbox")
    database.close()


def _ready(url: str, folder: Path) -> str:
    """A key to a database in which the definitions are published."""
    database = open_database(url)
    publish(database, folder, now())
    with database.writing() as connection:
        key = make_key(connection, "bench", ["ingest"], now())
    database.close()
    return key
