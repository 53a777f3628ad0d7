"""A database that goes away at any moment: whoever needed it tries again, and nobody is parked for it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Event

import pytest
from structlog.testing import capture_logs

from journeys.runtime.publishing import publish
from journeys.runtime.relaying import LEASE_FOR
from journeys.runtime.running import Part
from journeys.runtime.sweeping import Sweep
from journeys.store.customers import parked
from journeys.store.database import Unavailable, open_database
from journeys.store.looking import touches_of
from tests.crashing import crashing, gone
from tests.runtime.house import MINUTE, House

from .resting import see_rests

CUSTOMERS = ("ana", "ben")


@pytest.fixture
def behind(house: House) -> House:
    """Everybody was planned under an earlier publication: whoever decides for them reads more than their row."""
    for id in CUSTOMERS:
        house.knows(id)
    house.work()
    for id in CUSTOMERS:
        house.on("began", customer=id)
    add_a_field(house)
    house.start()
    return house


def add_a_field(house: House) -> None:
    brand = house.folder / "brand.yaml"
    brand.write_text(brand.read_text().replace("  plain: {", "  shoe: {type: number}\n  plain: {"))
    publish(house.database, house.folder, house.clock())


def fails_everywhere(house: House, work: Callable[[], object]) -> int:
    """Lets the database fail before each statement in turn, until the work is done without; how often it failed."""
    for place in count():
        # A process that begins anew remembers nothing of what it had read.
        house.live.engine.layouts.clear()
        try:
            with crashing(house.database, before=place, by=gone):
                work()
        except Unavailable:
            with house.database.reading() as connection:
                assert parked(connection) == [], place
            continue
        return place
    raise AssertionError


def test_a_database_that_fails_at_any_statement_is_waited_for_by_a_worker(behind: House) -> None:
    house = behind

    assert fails_everywhere(house, house.worker.work) >= 8

    house.run()
    assert sorted(parcel.customer for parcel in house.recorder.parcels) == list(CUSTOMERS)
    see_rests(house)


def test_a_database_that_fails_at_any_statement_is_waited_for_by_a_sweep(behind: House) -> None:
    house = behind
    sweep = Sweep(house.live)

    assert fails_everywhere(house, sweep.work) >= 4

    house.run()
    assert sorted(parcel.customer for parcel in house.recorder.parcels) == list(CUSTOMERS)
    see_rests(house)


def test_a_database_that_fails_at_any_statement_is_waited_for_by_a_relay(behind: House) -> None:
    """What was leased when it failed is leased again; what had gone goes again under its key, at the worst."""
    house = behind
    house.work()
    add_another_field(house)

    def work() -> None:
        house.wait(minutes=LEASE_FOR / MINUTE + 1)
        house.send()

    assert fails_everywhere(house, work) >= 10

    house.run()
    assert house.recorder.taken.keys() and len(house.recorder.taken) == len(CUSTOMERS)
    assert {touch.status for id in CUSTOMERS for touch in touches(house, id)} <= {"sent", "waiting"}
    see_rests_but_for_clocks(house)


def test_what_has_gone_is_written_down_once_the_database_is_back(behind: House) -> None:
    """Those who took it were planned under a publication that is not the newest any more when it comes back."""
    house = behind
    house.work()
    house.relay.relay()
    for attempt in list(house.relay._under_way):
        attempt.result(timeout=60)
    add_another_field(house)

    assert fails_everywhere(house, house.relay.relay) >= 6

    house.run()
    assert house.recorder.sent == ["spark"] * len(CUSTOMERS)
    assert {house.state(id) for id in CUSTOMERS} == {"research"}
    see_rests(house)


def add_another_field(house: House) -> None:
    brand = house.folder / "brand.yaml"
    brand.write_text(brand.read_text().replace("  plain: {", "  hat: {type: number}\n  plain: {"))
    publish(house.database, house.folder, house.clock())
    house.live.refresh()


def touches(house: House, id: str) -> list:
    with house.database.reading() as connection:
        return touches_of(connection, id)


def see_rests_but_for_clocks(house: House) -> None:
    house.wait(hours=2)
    house.run()
    see_rests(house)


def test_a_part_whose_database_comes_back_goes_on_and_says_why_it_waited(house: House) -> None:
    house.knows()
    house.on("began")
    is_done = Event()

    def step() -> int:
        moved = house.worker.work()
        if not moved:
            is_done.set()
        return moved

    part = Part("worker", step, lambda: None)
    with capture_logs() as lines, crashing(house.database, before=2, by=gone):
        part.start()
        assert is_done.wait(60)
        part.stop()

    assert part.failure is None
    assert [(line["event"], line["part"]) for line in lines] == [("database_unavailable", "worker")]
    assert "server closed the connection" in lines[0]["because"]
    house.run()
    assert house.recorder.sent == ["spark"]


def test_a_part_that_fails_otherwise_ends_and_its_log_repeats_nothing_of_it() -> None:
    has_failed = Event()

    def step() -> int:
        try:
            raise KeyError("ana@example.com")
        except KeyError as error:
            raise ValueError("DETAIL: Key (id)=(ana@example.com) already exists.") from error

    part = Part("worker", step, has_failed.set)
    with capture_logs() as lines:
        part.start()
        assert has_failed.wait(60)
        part.stop()

    [line] = lines
    assert (line["event"], line["part"], line["error"]) == ("part_failed", "worker", "ValueError")
    assert "KeyError\nwhich led to:" in line["trace"]
    assert f"{Path(__file__).name}:" in line["trace"] and "in step" in line["trace"]
    assert "ana" not in str(lines)
    assert isinstance(part.failure, ValueError)


def test_the_words_of_our_own_setup_are_logged(tmp_path: Path) -> None:
    def step() -> int:
        open_database(f"sqlite:///{tmp_path}/nowhere/journeys.db")
        return 0

    has_failed = Event()
    part = Part("relay", step, has_failed.set)
    with capture_logs() as lines:
        part.start()
        assert has_failed.wait(60)
        part.stop()

    assert f"ConfigurationError: JOURNEYS_DATABASE_URL: there is no folder {tmp_path}/nowhere" in lines[0]["trace"]
