"""Setbacks: a database that restarts, a clock that jumps, definitions that change, work left lying for days."""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from journeys.core.calendar import parse_moment
from journeys.delivery.parcel import Parcel
from journeys.errors import Transient
from journeys.runtime.deciding import Worker
from journeys.runtime.live import Live
from journeys.runtime.publishing import publish
from journeys.runtime.relaying import LEASE_FOR
from journeys.runtime.running import Part
from journeys.store.customers import parked, turns_of
from journeys.store.database import Connection, Database, open_database
from tests.core.walk import journey, program
from tests.databases import Server, binaries
from tests.runtime.house import HOUR, MINUTE, House

WELCOME = journey("""
need:
  rest: true
  send: [spark]
  move:
    - {on: spark.sent, to: research}
    - {on: ordered, to: end.bought}
research:
  rest: true
  send: [{touch: thanks, after: 1 hour}]
  move: [{on: ordered, to: end.bought}]
""")
WITHIN = 120.0  # seconds


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path / "definitions", WELCOME)


def rests(connection: Connection, now: int) -> bool:
    """Whether nothing is to be done now, and nobody is stuck."""
    counts = [
        connection.exec_driver_sql(query).scalar_one()
        for query in (
            "SELECT count(*) FROM inbox WHERE status <> 'taken'",
            "SELECT count(*) FROM outbox WHERE status = 'waiting'",
            f"SELECT count(*) FROM customer WHERE wake_at <= {now}",
            "SELECT count(*) FROM customer WHERE parked_at IS NOT NULL",
        )
    ]
    return counts == [0, 0, 0, 0]


def see_rests(house: House) -> None:
    with house.database.reading() as connection:
        assert rests(connection, house.clock())


# ---------------------------------------------------------------- the database


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


# ---------------------------------------------------------------- the clock


def test_a_clock_set_back_an_hour_loses_nothing_and_repeats_nothing(house: House) -> None:
    house.knows("ana")
    house.on("began", customer="ana")
    house.run()
    assert house.recorder.sent == ["spark"]

    house.clock.now -= HOUR
    house.on("looked", customer="ana", sku="s1")
    house.knows("ben")
    house.on("began", customer="ben")
    house.run()

    heard = [row["id"] for row in house.trace("ana") if row["kind"] == "event" and "id" in row]
    assert heard[-1] == "000005"
    assert [(parcel.customer, parcel.touch) for parcel in house.recorder.parcels] == [
        ("ana", "spark"),
        ("ben", "spark"),
    ]
    see_rests(house)

    for _ in range(5):
        house.wait(minutes=30)
        house.run()
    assert Counter(house.recorder.sent) == {"spark": 2, "thanks": 2}
    assert set(house.recorder.taken.values()) == {1}
    assert_in_order(house, "ana", "ben")


def test_what_an_order_answers_goes_at_once_though_the_clock_was_set_back(database: Database, tmp_path: Path) -> None:
    at_once = journey("need: {rest: true, send: [spark], move: [{on: ordered, to: end.bought}]}")
    house = House(database, tmp_path / "definitions", at_once)
    house.knows("ana")
    house.work()

    house.clock.now -= HOUR
    house.on("began", customer="ana")
    house.run()

    assert house.recorder.sent == ["spark"]
    see_rests(house)
    assert_in_order(house, "ana")


def assert_in_order(house: House, *customers: str) -> None:
    with house.database.reading() as connection:
        for id in customers:
            untils = [turn.until for turn in turns_of(connection, id)]
            assert untils == sorted(untils)


def test_in_the_hour_that_comes_twice_a_time_of_day_comes_once(database: Database, tmp_path: Path) -> None:
    story = journey('need: {rest: true, send: [{touch: thanks, at: "02:30"}], move: [{on: ordered, to: end.bought}]}')
    house = House(database, tmp_path / "definitions", story)
    house.clock.now = parse_moment("2026-10-24T20:00:00Z")
    house.start()
    house.knows()
    house.on("began")

    gone: list[tuple[str, int]] = []
    for _ in range(40):
        house.run()
        gone = gone or [(touch, house.clock()) for touch in house.recorder.sent]
        house.wait(minutes=15)

    # 02:30 in Madrid, for the first time: two hours ahead of UTC.
    assert gone == [("thanks", parse_moment("2026-10-25T00:30:00Z"))]
    assert house.recorder.sent == ["thanks"]
    see_rests(house)


# ---------------------------------------------------------------- definitions


def republish(house: House, **changes: str) -> None:
    program(house.folder, WELCOME, **changes)
    publish(house.database, house.folder, house.clock())


def test_words_that_change_in_mid_flight_are_the_words_that_go(house: House) -> None:
    house.knows()
    house.on("began")
    house.work()

    program(house.folder, WELCOME, words={"spark": "The new words.\n\n--- generic ---\nThe new words.\n"})
    publish(house.database, house.folder, house.clock())
    house.live.refresh()
    house.run()
    house.wait(hours=1)
    house.run()

    [spark, thanks] = house.recorder.parcels
    assert "The new words." in spark.message.text
    assert "Hello." in thanks.message.text
    see_rests(house)


def test_a_process_behind_a_publication_loses_nothing_of_what_is_new(house: House) -> None:
    """Another process has taken up the new definitions; this one has not looked yet."""
    house.knows()
    house.run()
    brand = house.folder / "brand.yaml"
    known = brand.read_text(encoding="utf-8")
    brand.write_text(
        known.replace("  plain: {", "  shoe: {type: number}\n  plain: {").replace(
            "  left_us: {", "  came_by: {properties: {note: text}}\n  left_us: {"
        ),
        encoding="utf-8",
    )
    publish(house.database, house.folder, house.clock())
    ahead = Live(house.database, house.clock)
    assert (house.live.engine.publication, ahead.engine.publication) == (1, 2)

    house.on("profile.updated", shoe=38)
    house.on("came_by", note="hello")
    house.work()
    house.on("began")
    Worker(ahead).work()
    house.send()
    house.work()

    customer = house.customer()
    assert customer.fields[house.live.engine.program.names.fields["shoe"]] == 38
    assert [row["event"] for row in house.trace() if row["kind"] == "event"].count("came_by") == 1
    assert house.recorder.sent == ["spark"]
    see_rests(house)


def test_a_relay_behind_a_publication_takes_it_up_before_it_sends_or_settles(house: House) -> None:
    brand = house.folder / "brand.yaml"
    known = brand.read_text(encoding="utf-8")
    house.knows()
    house.run()
    brand.write_text(known.replace("  plain: {", "  shoe: {type: number}\n  plain: {"), encoding="utf-8")
    publish(house.database, house.folder, house.clock())
    ahead = Worker(Live(house.database, house.clock))
    house.on("profile.updated", shoe=38)
    house.on("began")
    ahead.work()

    house.send()

    assert house.live.engine.publication == 2
    assert house.recorder.sent == ["spark"]
    assert house.customer().fields[house.live.engine.program.names.fields["shoe"]] == 38
    see_rests(house)


# ---------------------------------------------------------------- work that was left lying


def test_after_two_days_without_a_worker_what_expired_is_withheld_and_the_rest_goes_once(
    database: Database, tmp_path: Path
) -> None:
    story = journey("""
need:
  rest: true
  send:
    - {touch: thanks, after: 1 hour, valid_for: 6 hours}
    - {touch: alert, after: 2 hours}
  move: [{on: ordered, to: end.bought}]
""")
    house = House(database, tmp_path / "definitions", story)
    ids = [f"c{number}" for number in range(20)]
    for id in ids:
        house.knows(id, ("offers", "alerts", "personalization"))
        house.on("began", customer=id)
    house.run()

    house.wait(days=2)
    house.on("ordered", customer="c0", at=house.clock() - HOUR)
    house.run()
    house.run()

    assert {house.answers("thanks", id)[-1] for id in ids[1:]} == {"withheld: expired"}
    assert Counter(house.recorder.sent) == {"alert": 19}
    assert house.answers("alert", "c0")[-1] == "withheld: left"
    assert set(house.recorder.taken.values()) == {1}
    see_rests(house)


@pytest.mark.parametrize("customers", [1, 10])
def test_a_provider_that_is_down_for_ten_hours_gets_what_is_still_worth_sending(house: House, customers: int) -> None:
    ids = [f"c{number}" for number in range(customers)]
    for id in ids:
        house.knows(id)
        house.on("began", customer=id)
    tries: Counter[str] = Counter()
    back_at = house.clock() + 10 * HOUR

    def down(parcel: Parcel) -> Exception | None:
        tries[parcel.customer] += house.clock() < back_at
        return Transient("the server answered 503") if house.clock() < back_at else None

    house.recorder.failure = down
    while house.clock() < back_at + 5 * HOUR:
        house.run()
        house.wait(minutes=2)

    assert Counter(house.recorder.sent) == {"spark": customers, "thanks": customers}
    # The waits grow: not every ten seconds for ten hours.
    assert max(tries.values()) < 32
    assert min(tries.values()) >= 1


# ---------------------------------------------------------------- very much at once


def many_at_once(house: House, customers: int) -> None:
    """All their clocks come due within one second."""
    for first in range(0, customers, 5_000):
        house.hear(
            [
                house.event(name, customer=f"c{number}", id=f"{place}", at=house.clock() - 3 + place, properties=said)
                for number in range(first, min(first + 5_000, customers))
                for place, (name, said) in enumerate([("profile.updated", {"email": "a@b.example"}), ("began", {})])
            ]
        )
    house.work()
    house.wait(hours=1)

    house.work()
    with house.database.reading() as connection:
        decided = connection.exec_driver_sql("SELECT count(*) FROM outbox WHERE status = 'waiting'").scalar_one()
    assert decided == customers
    see_decided_at_one_second(house)


def see_decided_at_one_second(house: House) -> None:
    with house.database.reading() as connection:
        late = connection.exec_driver_sql(
            f"SELECT count(*) FROM customer WHERE wake_at <= {house.clock()} OR parked_at IS NOT NULL"
        )
        instants = connection.exec_driver_sql("SELECT min(due_at), max(due_at) FROM outbox").one()
    assert late.scalar_one() == 0
    assert instants[1] - instants[0] < 1_000_000


MANY = journey("need: {rest: true, send: [{touch: thanks, after: 1 hour}], move: [{on: ordered, to: end.bought}]}")


def test_a_thousand_clocks_in_one_second_are_all_taken(database: Database, tmp_path: Path) -> None:
    house = House(database, tmp_path / "definitions", MANY)

    many_at_once(house, 1_000)
    house.send()

    assert Counter(house.recorder.taken.values()) == {1: 1_000}
    see_rests(house)


@pytest.mark.long
def test_a_hundred_thousand_clocks_in_one_second_are_all_taken(database: Database, tmp_path: Path) -> None:
    many_at_once(House(database, tmp_path / "definitions", MANY), 100_000)


# ---------------------------------------------------------------- answers at a bad moment


def test_the_answers_of_two_attempts_that_come_together_are_one(house: House) -> None:
    """The first hung for longer than its lease."""
    house.knows()
    house.on("began")
    house.work()
    both = threading.Barrier(2)

    def meet(parcel: Parcel) -> None:
        both.wait(WITHIN)

    house.recorder.failure = meet
    house.relay.relay()
    house.wait(minutes=LEASE_FOR / MINUTE + 1)
    house.relay.relay()
    house.relay._pool.shutdown(wait=True)
    house.relay.relay()

    assert house.recorder.sent == ["spark", "spark"]
    assert len(house.recorder.taken) == 1
    assert house.state() == "research"
    assert not house.customer().sending
    see_rests(house)


def test_a_customer_who_breaks_while_a_touch_is_under_way_stops_nobody(house: House) -> None:
    for id in ("ana", "ben"):
        house.knows(id)
        house.on("began", customer=id)
    house.work()
    broken = "'\\x90'::bytea" if house.database.is_postgres else "x'90'"

    def breaks(parcel: Parcel) -> None:
        if parcel.customer == "ana":
            with house.database.writing() as connection:
                connection.exec_driver_sql(f"UPDATE customer SET value = {broken} WHERE id = 'ana'")

    house.recorder.failure = breaks
    house.send()
    house.work()

    assert house.state("ben") == "research"
    with house.database.reading() as connection:
        assert [each.id for each in parked(connection)] == ["ana"]
        stands = connection.exec_driver_sql("SELECT status FROM outbox").scalars().all()
    assert stands == ["sent", "sent"]
