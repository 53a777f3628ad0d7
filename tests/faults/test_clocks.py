"""Clocks that jump, an hour that comes twice, and very many customers who are due at once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from journeys.core.calendar import parse_moment
from journeys.store.customers import turns_of
from journeys.store.database import Database
from tests.core.walk import journey
from tests.runtime.house import HOUR, House

from .resting import see_rests


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


# ---------------------------------------------------------------- very much at once


def many_at_once(house: House, customers: int) -> None:
    """All their clocks come due within one second."""
    house.knows("c0")
    house.on("began", customer="c0")
    house.work()
    copy_customer(house, "c0", customers)
    house.wait(hours=1)

    house.work()
    with house.database.reading() as connection:
        decided = connection.exec_driver_sql("SELECT count(*) FROM outbox WHERE status = 'waiting'").scalar_one()
    assert decided == customers
    see_decided_at_one_second(house)


def copy_customer(house: House, id: str, customers: int) -> None:
    """So many stand where one was led by events: deciding is tried here, and not what came in."""
    columns = ", ".join(
        f'"{column.name}"' for column in SQLModel.metadata.tables["customer"].columns if not column.primary_key
    )
    with house.database.writing() as connection:
        connection.exec_driver_sql(f"""
            WITH RECURSIVE numbered(number) AS (
                SELECT 1 UNION ALL SELECT number + 1 FROM numbered WHERE number < {customers - 1}
            )
            INSERT INTO customer (id, {columns})
            SELECT 'c' || number, {columns} FROM customer CROSS JOIN numbered WHERE id = '{id}'
        """)


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
