"""The inbox: what is accepted is there, once."""

from __future__ import annotations

import pytest

from journeys.store.customers import claim, park
from journeys.store.database import Database
from journeys.store.inbox import Backlog, backlog, receive

from .making import EVERY_BYTE, ODD, event


def test_an_event_is_new_once(database: Database):
    with database.writing() as connection:
        first = receive(connection, [event(id="1"), event(id="2"), event(id="1", body=b"other")], 100)
    with database.writing() as connection:
        again = receive(connection, [event(id="2"), event(id="3")], 200)

    assert first == [True, True, False]
    assert again == [False, True]


def test_of_two_with_one_id_the_first_is_kept(database: Database):
    with database.writing() as connection:
        receive(connection, [event(body=b"first"), event(body=b"second")], 100)
        receive(connection, [event(body=b"third")], 100)
        (claimed,) = claim(connection, 100, 10)

    assert [each.body for each in claimed.events] == [b"first"]


def test_the_same_id_of_another_source_or_customer_is_another_event(database: Database):
    events = [event("ana", "1", source="shop"), event("ana", "1", source="crm"), event("ben", "1", source="shop")]

    with database.writing() as connection:
        assert receive(connection, events, 100) == [True, True, True]


def test_nothing_received_is_nothing_said(database: Database):
    with database.writing() as connection:
        assert receive(connection, [], 100) == []


@pytest.mark.parametrize("now", [0, 2**53 + 1, 2**62], ids=["the first instant", "past any float", "far away"])
def test_any_words_bytes_and_instants_come_back_as_they_were(database: Database, now: int):
    odd = event(ODD, ODD, source=ODD, at=now, body=EVERY_BYTE)
    plain = event("", "", source="", at=now, body=b"")

    with database.writing() as connection:
        assert receive(connection, [odd, plain, odd], now) == [True, True, False]
    with database.writing() as connection:
        assert receive(connection, [odd, plain], now) == [False, False]
        found = {each.id: each.events for each in claim(connection, now, 10)}

    assert found.keys() == {ODD, ""}
    assert [(each.source, each.id, each.at, each.body) for each in found[ODD]] == [(ODD, ODD, now, EVERY_BYTE)]
    assert [(each.source, each.id, each.at, each.body) for each in found[""]] == [("", "", now, b"")]


def test_a_thousand_at_once_are_as_good_as_one(database: Database):
    events = [event(f"c{number % 7}", str(number), at=number) for number in range(1_000)]

    with database.writing() as connection:
        assert receive(connection, events[::2], 100) == [True] * 500
        assert receive(connection, events, 100) == [False, True] * 500


def test_the_backlog_is_what_waits_up_to_now(database: Database):
    with database.writing() as connection:
        before = backlog(connection, 100)
        receive(connection, [event(id="1", at=30), event(id="2", at=20), event(id="3", at=101)], 100)

    with database.reading() as connection:
        assert before == Backlog(pending=0, oldest_at=None)
        assert backlog(connection, 100) == Backlog(pending=2, oldest_at=20)
        assert backlog(connection, 101) == Backlog(pending=3, oldest_at=20)


def test_what_is_on_hold_for_a_parked_customer_is_no_backlog(database: Database):
    with database.writing() as connection:
        receive(connection, [event("ana"), event("ben")], 100)
        park(connection, "ana", "it failed", 100)

    with database.reading() as connection:
        assert backlog(connection, 100).pending == 1
