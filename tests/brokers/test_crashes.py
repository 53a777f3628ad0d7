"""A consumer that is killed anywhere, again and again, loses nothing and takes nothing twice."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from journeys.clock import now
from journeys.runtime.publishing import publish
from journeys.store.database import Database
from tests.brokers.servers import Broker
from tests.brokers.test_consuming import order, written
from tests.faults.processes import Process
from tests.streams import FOLDERS

EVENTS = 5_000
KILLS = 3
WITHIN = 120.0  # seconds
COMMAND = """
import sys
from journeys.cli.consuming import Asked, consume_events
url, name = sys.argv[1:]
sys.exit(consume_events(Asked(url=url, name=name, group="journeys", host="127.0.0.1", port=None, again_after=1.0)))
"""


# Kafka waits ten seconds for a consumer that is gone.
@pytest.mark.parametrize(
    "broker",
    ["nats", *[pytest.param(each, marks=pytest.mark.long) for each in ("redis", "kafka", "rabbit")]],
    indirect=True,
)
@pytest.mark.parametrize("seed", [1, *[pytest.param(seed, marks=pytest.mark.long) for seed in (2, 3)]])
def test_nothing_is_lost_or_taken_twice_by_a_consumer_that_is_killed(
    database: Database, database_url: str, broker: Broker, tmp_path: Path, seed: int
) -> None:
    publish(database, FOLDERS["shipped"], now())
    consumer = Process(
        "consumer",
        ["-c", COMMAND, broker.url, broker.name],
        "consuming",
        {"JOURNEYS_DATABASE_URL": database_url},
    )
    bodies = [written(order(f"e{number}", f"c{number % 200}")) for number in range(EVENTS)]
    sending = threading.Thread(target=broker.send, args=(bodies,))
    sending.start()
    consumer.start()
    try:
        chance = random.Random(seed)
        for count in sorted(chance.sample(range(1, EVENTS), KILLS)):
            until(database, count, consumer)
            # Somewhere in what it does next: it has just written.
            threading.Event().wait(chance.uniform(0, 0.05))
            consumer.kill()
            consumer.start()
        until(database, EVENTS, consumer)
        sending.join(WITHIN)
        until_acknowledged(broker, consumer)
        assert consumer.stop() == 0, consumer.lines
    finally:
        consumer.end()

    with database.reading() as connection:
        ids = [row[0] for row in connection.execute(text("SELECT id FROM inbox"))]
    assert sorted(ids) == sorted(f"e{number}" for number in range(EVENTS))


def until(database: Database, count: int, consumer: Process) -> None:
    """As soon as so many are in the inbox."""
    waiting, started = threading.Event(), now()
    while True:
        with database.reading() as connection:
            if connection.execute(text("SELECT count(*) FROM inbox")).scalar_one() >= count:
                return
        consumer.see_alive()
        assert now() - started < WITHIN * 1_000_000, consumer.lines
        waiting.wait(0.005)


def until_acknowledged(broker: Broker, consumer: Process) -> None:
    """What was written when the consumer was killed comes again, and is acknowledged then."""
    waiting, started = threading.Event(), now()
    while broker.unacknowledged():
        consumer.see_alive()
        assert now() - started < WITHIN * 1_000_000, consumer.lines
        waiting.wait(0.05)
