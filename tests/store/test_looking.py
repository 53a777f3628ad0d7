"""What operators ask of the rows is answered as it is."""

from __future__ import annotations

from journeys.store.customers import park, save
from journeys.store.database import Database
from journeys.store.inbox import receive
from journeys.store.looking import (
    Due,
    Unheard,
    due,
    events_of,
    failed_by_channel,
    is_any_unheard,
    is_known,
    is_parked,
    touches_by_status,
    touches_of,
    unheard,
)
from journeys.store.outbox import Outcome, decide, lease, settle

from .making import ODD, event, touch, turn


def test_those_who_are_due_are_counted_with_the_one_who_waits_longest(database: Database):
    with database.writing() as connection:
        for id, wake_at in [("ana", 30), ("ben", 20), ("cleo", 90), ("dora", 10)]:
            connection.exec_driver_sql(f"INSERT INTO customer (id, publication, as_of, turns) VALUES ('{id}', 0, 0, 0)")
            save(connection, [turn(id, wake_at=wake_at)], now=5)
    with database.writing() as connection:
        park(connection, "dora", "she does not fit", now=5)

    with database.reading() as connection:
        assert due(connection, 40) == Due(customers=2, oldest_at=20)
        assert due(connection, 15) == Due(customers=0, oldest_at=None)
        assert [is_parked(connection, id) for id in ("dora", "ana", "nobody")] == [True, False, False]


def test_what_no_turn_has_taken_is_counted_since_it_came_in(database: Database):
    with database.writing() as connection:
        receive(connection, [event("ana", "1", at=5), event("ana", "2", at=99)], now=50)
        receive(connection, [event("ben", "1", at=1, source="import")], now=60)

    with database.reading() as connection:
        assert unheard(connection, 70) == Unheard(events=2, since=50)
        assert unheard(connection, 0) == Unheard(events=0, since=None)
        assert [is_any_unheard(connection, source) for source in ("import", "shop", "web")] == [True, True, False]


def test_a_customer_is_known_by_one_event(database: Database):
    with database.writing() as connection:
        receive(connection, [event(ODD)], now=50)

    with database.reading() as connection:
        assert is_known(connection, ODD)
        assert not is_known(connection, "ana")


def test_all_events_of_a_customer_are_read_however_many(database: Database):
    with database.writing() as connection:
        receive(connection, [event("ana", f"{n:05}", body=b"%d" % n) for n in range(1_200)], now=50)
        receive(connection, [event("ben", "x")], now=50)

    with database.reading() as connection:
        events = list(events_of(connection, "ana"))

    assert [each.body for each in events] == [b"%d" % n for n in range(1_200)]


def test_touches_are_found_by_customer_and_by_what_became_of_them(database: Database):
    mail, text, ours = touch("ana"), touch("ana", 2, channel="sms"), touch("ben", channel=None)
    with database.writing() as connection:
        decide(connection, [mail, text, ours], [], 50)
        decide(connection, [touch("cleo", at=70)], [], 70)
        for each in lease(connection, 60, 30, 10):
            status = {"email": "sent", "sms": "failed", None: "failed"}[each.touch.channel]
            said = Outcome(key=each.touch.key, attempt=1, status=status, problem="no", receipt="r")  # type: ignore[arg-type]
            settle(connection, [said], 61)

    with database.reading() as connection:
        assert [(each.key, each.status) for each in touches_of(connection, "ana")] == [
            (mail.key, "sent"),
            (text.key, "failed"),
        ]
        assert [each.key for each in touches_by_status(connection, "sent", 9)] == [mail.key]
        assert [each.key for each in touches_by_status(connection, "failed", 9)] == [text.key, ours.key]
        assert [each.key for each in touches_by_status(connection, "failed", 1)] == [text.key]
        assert [each.customer for each in touches_by_status(connection, "waiting", 9)] == ["cleo"]
        assert failed_by_channel(connection) == {"sms": 1, "": 1}
        [found] = touches_of(connection, "ben")
        assert found.channel is None
