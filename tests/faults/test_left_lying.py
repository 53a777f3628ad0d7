"""Work that was left lying: for days without a worker, for hours with a provider that is down."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from journeys.delivery.parcel import Parcel
from journeys.errors import Transient
from journeys.store.database import Database
from tests.core.walk import journey
from tests.runtime.house import HOUR, House

from .resting import see_rests


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


@pytest.mark.parametrize("customers", [pytest.param(1, marks=pytest.mark.long), 10])
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
