"""Customers: found when there is something to do, kept whole, and parked when they fail."""

from __future__ import annotations

import pytest

from journeys.core.calendar import NEVER
from journeys.store.customers import (
    Claimed,
    KeptTurn,
    Parked,
    Pending,
    StaleCustomer,
    Taken,
    behind,
    claim,
    consents_of,
    find,
    introduce,
    lock,
    park,
    parked,
    save,
    turns_of,
    unpark,
)
from journeys.store.database import Database
from journeys.store.inbox import receive
from journeys.store.looking import Due, due
from journeys.store.outbox import lease

from .making import EVERY_BYTE, ODD, consent, event, kept, touch, turn


def began(database: Database, *turns: Taken) -> None:
    """Customers as they stand after these turns."""
    with database.writing() as connection:
        introduce(connection, [each.kept.id for each in turns])
        save(connection, turns, 100)


def claimed_ids(database: Database, now: int, limit: int = 10) -> list[str]:
    with database.writing() as connection:
        return [each.id for each in claim(connection, now, limit)]


def test_a_customer_nobody_knew_is_claimed_with_their_events(database: Database):
    with database.writing() as connection:
        receive(connection, [event(id="b", at=10, body=b"2"), event(id="a", at=9, body=b"1")], 100)

    with database.writing() as connection:
        assert claim(connection, 100, 10) == [
            Claimed(
                id="ana",
                kept=None,
                events=(
                    Pending(customer="ana", source="shop", id="a", at=9, body=b"1", received_at=100),
                    Pending(customer="ana", source="shop", id="b", at=10, body=b"2", received_at=100),
                ),
            )
        ]


def test_events_of_one_instant_come_by_source_and_id_as_python_orders_them(database: Database):
    names = ["b", "B", "ä", "a", "Z", "😀", "\ue000", "é", "e\u0301", "-"]
    events = [event(id=id, source=source) for id in names for source in names]

    with database.writing() as connection:
        receive(connection, events, 100)
        (claimed,) = claim(connection, 100, 10)

    assert [(each.source, each.id) for each in claimed.events] == sorted(
        (source, id) for id in names for source in names
    )


def test_a_customer_is_due_from_their_instant_on(database: Database):
    began(database, turn("ana", wake_at=50), turn("ben", wake_at=51), turn("cem", wake_at=NEVER))

    assert claimed_ids(database, 49) == []
    assert claimed_ids(database, 50) == ["ana"]
    assert claimed_ids(database, NEVER - 1) == ["ana", "ben"]


def test_an_event_of_the_future_waits_for_its_instant(database: Database):
    with database.writing() as connection:
        receive(connection, [event(id="1", at=50), event(id="2", at=60)], 40)

    assert claimed_ids(database, 49) == []
    with database.writing() as connection:
        assert [[each.id for each in one.events] for one in claim(connection, 50, 10)] == [["1"]]


def test_the_longest_waiting_come_first_whatever_they_wait_for(database: Database):
    began(database, turn("due late", wake_at=40), turn("due early", wake_at=20), turn("both", wake_at=60))
    with database.writing() as connection:
        receive(connection, [event("hears", at=30), event("both", at=10)], 100)

    assert claimed_ids(database, 100) == ["both", "due early", "hears", "due late"]
    assert claimed_ids(database, 100, limit=3) == ["both", "due early", "hears"]


def test_one_customer_with_many_events_does_not_hide_the_others(database: Database):
    flood = [event("loud", str(number), at=1) for number in range(300)]
    with database.writing() as connection:
        receive(connection, [*flood, event("quiet", at=2), event("late", at=3)], 100)

    assert claimed_ids(database, 100, limit=2) == ["loud", "quiet"]
    assert claimed_ids(database, 100, limit=10) == ["loud", "quiet", "late"]


def test_a_claim_is_bounded_in_events_and_brings_whole_customers(database: Database):
    events = [event(name, str(number), at=at) for at, name in enumerate(("c", "a", "b"), 1) for number in range(10)]
    with database.writing() as connection:
        receive(connection, events, 100)

    def counts(events_max: int) -> dict[str, int]:
        with database.writing() as connection:
            return {each.id: len(each.events) for each in claim(connection, 100, 10, events_max=events_max)}

    assert counts(30) == {"c": 10, "a": 10, "b": 10}
    assert counts(29) == {"c": 10, "a": 10}
    assert counts(20) == {"c": 10, "a": 10}
    assert counts(10) == {"c": 10}
    assert counts(1) == {"c": 10}


def test_a_turn_is_kept_whole(database: Database):
    with database.writing() as connection:
        receive(connection, [event(id="1"), event(id="2", at=11)], 100)
    taken = turn(
        wake_at=500,
        value=EVERY_BYTE,
        heard=(("shop", "1"),),
        touches=(touch(words=ODD),),
        consents=(consent("news", version=3), consent("news", is_given=False), consent(ODD, id=ODD)),
    )

    with database.writing() as connection:
        (claimed,) = claim(connection, 10, 10)
        save(connection, [taken], 100)

    assert claimed.kept is None
    with database.reading() as connection:
        assert find(connection, "ana") == taken.kept
        assert list(turns_of(connection, "ana")) == [
            KeptTurn(
                customer="ana", number=1, at=100, until=20, publication=1, kind="turn", signals=b"signals", whys=b"whys"
            )
        ]
        assert consents_of(connection, "ana") == list(taken.consents)
    with database.writing() as connection:
        (again,) = claim(connection, 11, 10)
        assert again.kept == taken.kept
        assert [each.id for each in again.events] == ["2"]
        assert [each.touch for each in lease(connection, 100, 10, 10)] == list(taken.touches)


def test_a_turn_that_is_not_the_next_is_refused_whole(database: Database):
    began(database, turn(number=1))

    for number in (1, 3):
        with pytest.raises(StaleCustomer), database.writing() as connection:
            save(connection, [turn("ana", number, value=b"stale", touches=(touch(),))], 200)

    with database.reading() as connection:
        assert find(connection, "ana") == kept()
        assert len(list(turns_of(connection, "ana"))) == 1
    with database.writing() as connection:
        assert lease(connection, 1_000, 10, 10) == []


def test_one_stale_turn_refuses_the_batch(database: Database):
    began(database, turn("ana"), turn("ben"))

    with pytest.raises(StaleCustomer), database.writing() as connection:
        save(connection, [turn("ana", 2), turn("ben", 3)], 200)

    with database.reading() as connection:
        assert find(connection, "ana") == kept("ana")


@pytest.mark.parametrize("heard", ["1", "never came"], ids=["heard before", "unknown"])
def test_an_event_is_heard_once(database: Database, heard: str):
    with database.writing() as connection:
        receive(connection, [event(id="1")], 100)
        claim(connection, 100, 10)
        save(connection, [turn(heard=(("shop", "1"),))], 100)

    with pytest.raises(StaleCustomer), database.writing() as connection:
        save(connection, [turn(number=2, heard=(("shop", heard),))], 100)


def test_nothing_saved_is_nothing_written(database: Database):
    with database.writing() as connection:
        save(connection, [], 100)


def test_turns_are_told_in_their_order_however_many(database: Database):
    with database.writing() as connection:
        introduce(connection, ["ana", "ben"])
        for number in range(1, 1_102):
            save(connection, [turn("ana", number)], number)
        save(connection, [turn("ben")], 1)

    with database.reading() as connection:
        assert [each.number for each in turns_of(connection, "ana")] == list(range(1, 1_102))
        assert list(turns_of(connection, "nobody")) == []


def test_those_who_are_known_can_be_locked_by_name(database: Database):
    began(database, turn("ben"), turn(ODD))
    with database.writing() as connection:
        introduce(connection, ["made only"])

    with database.writing() as connection:
        assert lock(connection, ["ben", ODD, "nobody", "made only"]) == {"ben": kept("ben"), ODD: kept(ODD)}
        assert lock(connection, []) == {}


def test_a_customer_made_and_given_up_is_one_never_seen(database: Database):
    with database.writing() as connection:
        receive(connection, [event()], 100)
        claim(connection, 100, 10)

    with database.writing() as connection:
        (claimed,) = claim(connection, 100, 10)
        assert (claimed.kept, find(connection, "ana")) == (None, None)


def test_a_parked_customer_waits_with_all_that_comes(database: Database):
    began(database, turn("ana", wake_at=50), turn("ben", wake_at=60))
    with database.writing() as connection:
        receive(connection, [event(id="before")], 100)
        park(connection, "ana", f"it failed\0 {ODD}", 100)
        receive(connection, [event(id="after", at=11)], 100)

    assert claimed_ids(database, 100) == ["ben"]
    with database.writing() as connection:
        assert parked(connection) == [Parked(id="ana", at=100, because=f"it failed {ODD}")]
        assert due(connection, 100) == Due(customers=1, oldest_at=60)
        assert unpark(connection, "ana")
        assert not unpark(connection, "ana")
        assert not unpark(connection, "nobody")
        assert parked(connection) == []
        ana = next(each for each in claim(connection, 100, 10) if each.id == "ana")

    assert ana.kept == kept("ana", wake_at=50)
    assert [each.id for each in ana.events] == ["before", "after"]


def test_many_events_of_a_parked_customer_are_looked_at_once(database: Database):
    with database.writing() as connection:
        park(connection, "ana", "it failed", 100)
        receive(connection, [event(id=str(number), at=1) for number in range(100)], 100)
        receive(connection, [event("ben", at=2)], 100)

    assert claimed_ids(database, 100, limit=1) == ["ben"]
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM inbox WHERE status = 'pending'").scalar() == 1


def test_a_customer_who_fails_before_they_were_ever_kept_can_be_parked(database: Database):
    with database.writing() as connection:
        receive(connection, [event()], 100)
    with database.writing() as connection:
        park(connection, "ana", "it failed\ud800", 100)

    assert claimed_ids(database, 100) == []
    with database.writing() as connection:
        assert [each.because for each in parked(connection)] == ["it failed?"]
        assert unpark(connection, "ana")
    assert claimed_ids(database, 100) == ["ana"]


def test_those_behind_a_publication_are_walked_once(database: Database):
    began(database, turn("a", publication=1), turn("b", publication=2), turn("c", publication=1), turn("d"))
    with database.writing() as connection:
        introduce(connection, ["made only"])
        park(connection, "d", "it failed", 100)

    with database.reading() as connection:
        assert behind(connection, 2, after="", limit=10) == ["a", "c"]
        assert behind(connection, 2, after="a", limit=1) == ["c"]
        assert behind(connection, 2, after="c", limit=1) == []
        assert behind(connection, 1, after="", limit=10) == []
