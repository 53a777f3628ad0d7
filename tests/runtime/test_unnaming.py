"""Of who was erased not even the id stays: the night puts a keyed hash in its place, by which they are known again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from journeys.core.why import ERASED_BEFORE, HEARD_WORDS
from journeys.runtime.nightly import Nightly
from journeys.runtime.retaining import JOB, Retaining
from journeys.store.customers import consents_of, find, park, parked, turns_of
from journeys.store.database import Database
from journeys.store.identity import customer_of, ids_of
from journeys.store.looking import is_known, touches_of
from tests.core.walk import journey
from tests.runtime.house import House
from tests.runtime.test_retaining import everything, inbox

STORY = journey("need:\n  rest: true\n  send: [spark, {touch: more, after: 2 days}]\n")
pytestmark = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True
)
ID, OTHER = "zoe-77", "device-99"


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    made = House(database, tmp_path / "definitions", STORY)
    yield made
    made.relay.close()


def night(house: House) -> None:
    house.wait(days=1)
    Nightly(house.live, JOB, Retaining(house.live).run).look()


def given(house: House) -> None:
    """Two ids of one customer, by each of whom something was said; a touch was sent."""
    house.knows(OTHER)
    house.on("began", customer=OTHER)
    house.run()
    house.knows(ID)
    house.on("customer.merged", customer=ID, **{"from": OTHER})
    house.run()


def erased(house: House) -> None:
    house.on("customer.erased", customer=ID)
    house.run()


def rows(house: House, table: str) -> list[Any]:
    with house.database.reading() as connection:
        return list(connection.exec_driver_sql(f"SELECT * FROM {table}").all())


def test_no_table_names_who_was_erased_after_the_night_and_what_counts_is_there(house: House) -> None:
    given(house)
    erased(house)
    before = {table: len(rows(house, table)) for table in ("turn", "outbox", "consent", "customer")}
    named = everything(house)

    night(house)

    assert ID in named and OTHER in named
    left = everything(house)
    assert ID not in left and OTHER not in left
    assert {table: len(rows(house, table)) for table in before} == before
    assert rows(house, "inbox") == []
    with house.database.reading() as connection:
        ids = ids_of(connection, ID)
        assert ids == ids_of(connection, OTHER)
        assert len(ids) == 2
        assert all(each.startswith("erased-") for each in ids)
        assert [each.status for each in touches_of(connection, ids[1])] == ["sent"]
        assert sum(len(list(turns_of(connection, each))) for each in ids) == before["turn"]
        ledger = [(each.purpose, each.id) for each in consents_of(connection, ids[0])]
        assert ledger == [("offers", ""), ("personalization", "")]


def test_who_comes_by_an_erased_id_again_is_known_to_be_erased_and_nothing_is_kept(house: House) -> None:
    given(house)
    erased(house)
    night(house)
    before = everything(house)

    for id in (ID, OTHER):
        house.knows(id)
        house.on("began", customer=id)
    house.run()

    assert inbox(house) == []
    assert everything(house) == before
    assert len(house.recorder.sent) == 1
    with house.database.reading() as connection:
        kept = find(connection, ID)
        assert is_known(connection, ID)
    assert kept is not None
    assert house.live.engine.customer_of(kept).erased


@pytest.mark.parametrize("id", [ID, OTHER])
def test_an_erased_id_is_merged_with_nobody(house: House, id: str) -> None:
    given(house)
    erased(house)
    night(house)
    house.knows("ben")

    house.on("customer.merged", customer="ben", **{"from": id})
    house.run()

    assert [row["heard"] for row in house.trace("ben") if row.get("event") == "customer.merged"] == [
        HEARD_WORDS[ERASED_BEFORE]
    ]


def test_the_hash_is_this_databases_own(house: House) -> None:
    """Who has a list of ids and no key cannot tell who was erased."""
    given(house)
    erased(house)
    night(house)
    with house.database.writing() as connection:
        first = customer_of(connection, ID)
        connection.execute(text("UPDATE setting SET value = :key WHERE name = 'erased'"), {"key": b"another"})

        assert first.startswith("erased-")
        assert customer_of(connection, ID) == ID


def test_an_id_stays_while_a_relay_holds_a_touch_of_theirs(house: House) -> None:
    given(house)
    house.wait(days=2)
    house.work()
    with house.database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE outbox SET leased_until = {house.clock() + 86_400_000_000 + 1}")
    erased(house)

    night(house)
    held = everything(house)
    night(house)

    assert ID in held
    assert ID not in everything(house)


def test_one_who_is_parked_keeps_their_id_until_they_are_let_go(house: House) -> None:
    given(house)
    erased(house)
    with house.database.writing() as connection:
        park(connection, ID, "they do not fit", house.clock())

    night(house)

    with house.database.reading() as connection:
        assert [each.id for each in parked(connection)] == [ID]


def test_one_whose_value_cannot_be_read_is_parked_and_stops_no_night(house: House) -> None:
    given(house)
    erased(house)
    house.knows("ben")
    house.on("customer.erased", customer="ben")
    house.run()
    with house.database.writing() as connection:
        connection.execute(text("UPDATE customer SET value = :value WHERE id = :id"), {"value": b"x", "id": ID})

    night(house)

    with house.database.reading() as connection:
        assert [each.id for each in parked(connection)] == [ID]
        assert customer_of(connection, "ben") != "ben"
