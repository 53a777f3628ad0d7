"""A database that restarts is waited for."""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from journeys.runtime.relaying import LEASE_FOR
from journeys.runtime.running import Part
from journeys.runtime.working import Worker
from journeys.store.database import open_database
from tests.databases import Server, binaries
from tests.runtime.house import MINUTE, House

from .resting import WELCOME, WITHIN, rests


@pytest.fixture
def server() -> Iterator[Server]:
    place = binaries()
    if place is None:
        pytest.skip("no PostgreSQL here")
    with tempfile.TemporaryDirectory(prefix="journeys-") as folder:
        server = Server(place, Path(folder))
        yield server
        server.stop(how="immediate")


def test_a_database_that_restarts_is_waited_for(server: Server, tmp_path: Path) -> None:
    """Twice in the middle: once in order, once as if the power had gone."""
    database = open_database(server.url)
    database.migrate()
    house = House(database, tmp_path / "definitions", WELCOME)
    failed = threading.Event()
    worker = Part("worker", Worker(house.live, batch=3).work, failed.set)
    relay = Part("relay", house.relay.relay, failed.set)
    ids = [f"c{number:02}" for number in range(40)]
    for part in (worker, relay):
        part.start()

    for place, id in enumerate(ids):
        house.knows(id)
        house.on("began", customer=id)
        if place in (10, 25):
            server.stop(how="fast" if place == 10 else "immediate")
            server.start()
    house.clock.now += LEASE_FOR + MINUTE  # past every lease
    until = monotonic() + WITHIN
    is_over = False
    while not is_over and not failed.is_set():
        assert monotonic() < until
        threading.Event().wait(0.1)
        with database.reading() as connection:
            is_over = rests(connection, house.clock()) and len(house.recorder.taken) == len(ids)
    for part in (worker, relay):
        part.stop()

    assert [worker.failure, relay.failure] == [None, None]
    assert Counter(parcel.customer for parcel in house.recorder.parcels).keys() == set(ids)
    assert {house.state(id) for id in ids} == {"research"}
    house.relay.close()
    database.close()
