"""Crashes at night: whatever statement a process ends before, the next one finishes the night to the same rows."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from journeys.core.calendar import parse_moment
from journeys.runtime.nightly import Nightly
from journeys.runtime.retaining import JOB, Retaining
from journeys.store.database import Database
from journeys.store.jobs import jobs
from tests.core.walk import START, journey
from tests.crashing import Crash, crashing
from tests.runtime.house import House

STORY = journey("""
need: {rest: true, send: [spark], move: [{if: 'not has(customer.interests)', to: research}]}
research: {rest: true, send: [more]}
""")
KEPT_THROUGHOUT = ("publication", "setting")


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path / "definitions", STORY)


def given(house: House) -> None:
    """Two customers who were told of long ago, and a night that is due."""
    with house.database.writing() as connection:
        for name, table in SQLModel.metadata.tables.items():
            if name not in KEPT_THROUGHOUT:
                connection.execute(table.delete())
    house.clock.now = parse_moment(START)
    house.count = 0
    for customer in ("ana", "ben"):
        house.knows(customer)
        house.on("profile.updated", customer=customer, interests=["tea"])
        house.on("began", customer=customer)
        house.on("visited", customer=customer, page="home")
        house.work()
    house.wait(days=100)


def night(house: House) -> None:
    Nightly(house.live, JOB, Retaining(house.live, customers=1).run).look()


def rows_of(database: Database) -> dict[str, list[str]]:
    """All rows; how often a job was begun is left out."""
    with database.reading() as connection:
        return {
            name: sorted(
                repr([value for key, value in row._mapping.items() if (name, key) != ("job", "run")])
                for row in connection.execute(table.select())
            )
            for name, table in SQLModel.metadata.tables.items()
        }


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.long)], ids=lambda every: f"one in {every}")
def test_a_night_that_ends_anywhere_is_finished_by_the_next_process(house: House, every: int) -> None:
    given(house)
    before = rows_of(house.database)
    night(house)
    without_a_crash = rows_of(house.database)
    assert [len(without_a_crash[name]) for name in ("turn", "inbox", "outbox")] == [
        len(before["turn"]) + 2,
        4,
        len(before["outbox"]) + 2,
    ]

    for place in count(step=every):
        given(house)
        try:
            with crashing(house.database, before=place):
                night(house)
        except Crash:
            pass
        else:
            break
        with house.database.writing() as connection:
            # Nobody has held it for a while.
            connection.execute(text("UPDATE job SET held_until = :now"), {"now": house.clock()})
        house.start()
        night(house)
        assert rows_of(house.database) == without_a_crash, place

    assert place > 20
    assert rows_of(house.database) == without_a_crash
    with house.database.reading() as connection:
        [job] = jobs(connection)
    assert (job.held_until, job.ran_at) == (None, house.clock())
