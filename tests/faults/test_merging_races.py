"""Races of merges: ids that turn out to be one customer, in any order, by several workers and a relay at once."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path
from random import Random

import msgspec
import pytest

from journeys.runtime.engine import ACCEPTED
from journeys.runtime.retracing import history, retrace
from journeys.store.customers import turns_of
from journeys.store.database import Database, Unavailable
from journeys.store.identity import ids_of
from tests.runtime.house import House

from .test_races import IN_CIRCLES, at_once, work_until

IDS = [f"c{number}" for number in range(12)]
SAID = ("began", "looked", "looked", "ordered")


@pytest.mark.parametrize("seed", [1, *[pytest.param(seed, marks=pytest.mark.long) for seed in (2, 3)]])
def test_ids_merged_by_all_at_once_end_as_whole_customers(postgres: Database, tmp_path: Path, seed: int) -> None:
    house = House(postgres, tmp_path / "definitions", IN_CIRCLES)
    for id in IDS:
        house.knows(id)
    is_fed = threading.Event()
    left = threading.Semaphore(0)
    random = Random(seed)

    def feed() -> None:
        for number in range(240):
            id, other = random.sample(IDS, 2)
            house.clock.now += 1_000
            if number % 8 == 0:
                said = house.event("customer.merged", customer=id, id=f"m{number}", properties={"from": other})
            else:
                said = house.event(random.choice(SAID), customer=id, id=f"e{number}")
            house.hear([said])
            left.release(2)
        is_fed.set()

    def work() -> None:
        work_until(postgres, house, is_fed, left, batch=4, wait=0.01)

    def send() -> None:
        while not is_fed.is_set():
            try:
                house.relay.relay()
            except Unavailable:
                # Somebody was merged at that very moment: as a process does, it asks again.
                continue

    at_once(feed, work, work, work, send)
    for _ in range(3):
        house.run()

    with postgres.reading() as connection:
        customers = {ids_of(connection, id)[0] for id in IDS}
        whose = [id for customer in customers for id in ids_of(connection, customer)]
        waits = connection.exec_driver_sql("SELECT count(*) FROM inbox WHERE status <> 'taken'").scalar_one()
        parked = connection.exec_driver_sql("SELECT count(*) FROM customer WHERE parked_at > 0").scalar_one()
        histories = {id: list(history(lambda each: turns_of(connection, each), id)) for id in customers}
    assert sorted(whose) == sorted(IDS)
    assert 1 <= len(customers) < len(IDS)
    assert (waits, parked) == (0, 0)
    assert set(house.recorder.taken.values()) <= {1}
    heard = [
        (signal.get("sent_for", turn.customer), signal["id"])
        for turns in histories.values()
        for turn in turns
        if turn.kind == "turn"
        for signal in msgspec.json.decode(turn.signals)
        if signal["name"] != ACCEPTED
    ]
    assert len(heard) == len(set(heard)) == 240 + 3 * len(IDS)
    for id, turns in histories.items():
        assert house.customer(id).sending == []
        assert list(retrace(turns, lambda number: house.live.engine)) == [turn.whys for turn in turns]
        own = [turn for turn in turns if turn.customer == id]
        assert all(later.until >= earlier.until for earlier, later in pairwise(own))
