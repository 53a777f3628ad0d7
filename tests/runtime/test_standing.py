"""Where customers stand is counted over all of them, whatever version they are on."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeys.runtime import standing
from journeys.runtime.standing import Place, count_standing
from journeys.store.database import Database
from tests.core.walk import journey

from .house import House

SHORT = journey(
    "need: {rest: true, send: [spark], move: [{on: left_us, to: end.left}]}",
    top="goal: {on: ordered, within: 60 days}",
)
on_both = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True
)


@on_both
def test_who_has_left_and_may_still_reach_the_goal_stands_nowhere(database: Database, tmp_path: Path) -> None:
    house = House(database, tmp_path / "definitions", SHORT)
    for customer in ("ana", "ben"):
        house.knows(customer)
        house.on("began", customer=customer)
    house.on("left_us", customer="ben")
    house.run()

    found = count_standing(house.database, house.live.engine)

    assert house.customer("ben").enrollments[0].ended_at > 0
    assert found.places == (Place(journey="j", version=1, stage="need", customers=1),)
    assert (found.customers, found.nowhere, found.unreadable) == (2, 1, 0)


@on_both
def test_however_many_there_are_each_is_counted_once(database: Database, tmp_path: Path) -> None:
    house = House(database, tmp_path / "definitions", SHORT)
    for number in range(standing.BATCH + 1):
        house.on("began", customer=f"c{number}")
    house.run()
    seen: list[tuple[int, int]] = []

    found = count_standing(house.database, house.live.engine, lambda done, total: seen.append((done, total)))

    total = standing.BATCH + 1
    assert (found.customers, [each.customers for each in found.places]) == (total, [total])
    assert seen == [(standing.BATCH, total), (total, total)]
