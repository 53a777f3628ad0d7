"""Races: several workers and relays on few customers, who are never taken two ways, and never stop each other."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from time import monotonic

import msgspec
import pytest
from sqlalchemy import event as sqlalchemy_event

from journeys.errors import Transient
from journeys.runtime.engine import ACCEPTED
from journeys.runtime.live import Live
from journeys.runtime.relaying import Relay
from journeys.runtime.retracing import retrace
from journeys.runtime.working import Worker
from journeys.store.claiming import lock
from journeys.store.customers import find, turns_of
from journeys.store.database import Connection, Database, Unavailable
from tests.core.walk import journey
from tests.runtime.house import House

COUNTED = journey("""
need:
  rest: true
  send: [{touch: thanks, after: 1 hour}]
  move: [{on: ordered, to: end.bought}]
""")
# Each acceptance makes the next touch due, while events come in.
IN_CIRCLES = journey(
    """
need:
  rest: true
  send: [spark]
  move: [{on: looked, to: research}, {on: ordered, to: end.bought}]
research:
  rest: true
  send: [thanks]
  move: [{on: looked, to: need}, {on: ordered, to: end.bought}]
""",
    top="reenter: always",
)
WITHIN = 120.0  # seconds


def at_once(*tasks: Callable[[], object]) -> None:
    """All of them begin together; what fails in one of them fails here."""
    begin = threading.Barrier(len(tasks))

    def run(task: Callable[[], object]) -> None:
        begin.wait()
        task()

    with ThreadPoolExecutor(len(tasks)) as executor:
        for future in [executor.submit(run, task) for task in tasks]:
            future.result()


def work_until(
    database: Database, house: House, is_fed: threading.Event, left: threading.Semaphore, *, batch: int, wait: float
) -> None:
    """Works as a worker of its own, until there is nothing more to come and nothing more to do."""
    worker = Worker(Live(database, house.clock), batch=batch)
    until = monotonic() + WITHIN
    while True:
        was_fed = is_fed.is_set()
        if not worker.work() and was_fed:
            return
        assert monotonic() < until
        left.acquire(timeout=wait)


def see(house: House, customer: str, events: set[str]) -> None:
    """Each event in one turn, the turns in order, and the whole as if one worker had taken them all."""
    with house.database.reading() as connection:
        turns = list(turns_of(connection, customer))
        kept = find(connection, customer)
    assert kept is not None
    heard = Counter(
        signal["id"]
        for turn in turns
        if turn.kind == "turn"
        for signal in msgspec.json.decode(turn.signals)
        if signal["name"] != ACCEPTED
    )
    assert heard == Counter(events)
    assert [turn.number for turn in turns] == list(range(1, kept.turns + 1))
    assert all(later.until >= earlier.until for earlier, later in pairwise(turns))
    assert list(retrace(turns, lambda number: house.live.engine)) == [turn.whys for turn in turns]


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("customers", [["ana"], ["ana", "ben", "cem"]], ids=["one customer", "a few customers"])
def test_workers_at_once_hear_each_event_once_and_in_order(
    postgres: Database, tmp_path: Path, count: int, customers: list[str]
) -> None:
    house = House(postgres, tmp_path / "definitions", COUNTED)
    each = 60
    told = {id: [house.event("looked", customer=id, id=f"{n:04}") for n in range(each)] for id in customers}
    left = threading.Semaphore(0)
    is_fed = threading.Event()

    def feed() -> None:
        for place in range(each):
            house.hear([told[id][place] for id in customers])
            left.release()
        is_fed.set()

    def work() -> None:
        work_until(postgres, house, is_fed, left, batch=2, wait=0.05)

    at_once(feed, *[work] * count)
    # Whoever looked last may have stepped over what another held.
    house.work()

    for id in customers:
        see(house, id, {event.id for event in told[id]})


@pytest.mark.parametrize("count", [pytest.param(1, marks=pytest.mark.long), 2])
def test_workers_and_relays_at_once_lose_neither_an_event_nor_an_answer(
    postgres: Database, tmp_path: Path, count: int
) -> None:
    house = House(postgres, tmp_path / "definitions", IN_CIRCLES)
    customers = ["ana", "ben", "cem"]
    events = {}
    for id in customers:
        first = house.count + 1
        house.knows(id)
        house.on("began", customer=id)
        events[id] = {f"{number:06}" for number in range(first, house.count + 1)}
    house.wait(minutes=2)
    is_over = threading.Event()
    rounds = 30

    def feed() -> None:
        try:
            for n in range(rounds):
                house.hear([house.event("looked", customer=id, id=f"look {n:03}") for id in customers])
                pause.wait(0.02)
        finally:
            is_over.set()

    def work() -> None:
        worker = Worker(Live(postgres, house.clock), batch=2)
        while not (is_over.is_set() and not worker.work()):
            worker.work()

    def relay() -> None:
        relay = Relay(Live(postgres, house.clock), lambda engine: house._ways(False), "https://kaffa.example")
        while not (is_over.is_set() and not relay.relay() and not relay.is_busy):
            if not relay.relay():
                pause.wait(0.01)
        relay.close()

    pause = threading.Event()
    at_once(feed, *[work] * count, *[relay] * count)
    for _ in range(3):
        house.run()

    for id in customers:
        see(house, id, events[id] | {f"look {n:03}" for n in range(rounds)})
        assert not house.customer(id).sending
    assert set(house.recorder.taken.values()) == {1}
    with postgres.reading() as connection:
        stands = Counter(connection.exec_driver_sql("SELECT status FROM outbox").scalars())
    assert set(stands) <= {"sent", "withdrawn"}
    assert stands["sent"] == len(house.recorder.parcels)


def test_a_touch_that_was_not_taken_waits_for_who_holds_its_customer(postgres: Database, tmp_path: Path) -> None:
    """Else two could hold rows of the outbox that the other waits for."""
    house = House(postgres, tmp_path / "definitions", IN_CIRCLES)
    house.knows()
    house.on("began")
    house.work()
    house.recorder.failure = lambda parcel: Transient("the provider answered 503")
    house.relay.relay()
    house.relay.rest()

    def be_impatient(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '100ms'")

    sqlalchemy_event.listen(postgres._engine, "begin", be_impatient)
    with postgres.writing() as connection:
        lock(connection, ["ana"])
        with pytest.raises(Unavailable, match="lock timeout"):
            house.relay.relay()
    sqlalchemy_event.remove(postgres._engine, "begin", be_impatient)
    house.send()

    with postgres.reading() as connection:
        assert connection.exec_driver_sql("SELECT status, problem FROM outbox").all() == [
            ("waiting", "the provider answered 503")
        ]
