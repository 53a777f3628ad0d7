"""Answers of providers that come at a bad moment."""

from __future__ import annotations

import threading

from journeys.delivery.parcel import Parcel
from journeys.runtime.relaying import LEASE_FOR
from journeys.store.customers import parked
from tests.runtime.house import MINUTE, House

from .resting import WITHIN, see_rests


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
    house.relay.drain()
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
