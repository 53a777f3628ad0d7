"""The outbox: a touch is sent once for its key, by the newest attempt, and nobody's failure holds up the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from journeys.store.database import Database
from journeys.store.looking import touches_by_status
from journeys.store.outbox import (
    NOBODY_KNOWS,
    Key,
    Leased,
    Outcome,
    Sent,
    Touch,
    Waiting,
    decide,
    failed,
    in_app,
    lease,
    retry,
    settle,
    waiting,
    withdraw,
)

from .making import ODD, touch

LEASE = 30


def decided(database: Database, *touches: Touch, withdrawn: Sequence[Key] = (), now: int = 100) -> None:
    with database.writing() as connection:
        decide(connection, touches, withdrawn, now)


def leased(database: Database, now: int, limit: int = 10, **options: Any) -> list[Leased]:
    with database.writing() as connection:
        return lease(connection, now, LEASE, limit, **options)


def settled(database: Database, *outcomes: Outcome, now: int = 200) -> list[bool]:
    with database.writing() as connection:
        return settle(connection, outcomes, now)


def outcome(touch: Touch, attempt: int, status: Any, **more: Any) -> Outcome:
    return Outcome(key=touch.key, attempt=attempt, status=status, **more)


def status_of(database: Database, touch: Touch) -> str:
    with database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT customer, enrollment, occurrence, status FROM outbox").all()
    return {row[:3]: row[3] for row in rows}[(touch.customer, touch.enrollment, touch.occurrence)]


def test_a_touch_is_leased_as_it_was_decided(database: Database):
    plain = touch("ana", words=ODD)
    odd = touch(ODD, channel=None)

    decided(database, plain, odd)

    assert leased(database, 49) == []
    found = {each.touch.customer: each for each in leased(database, 50)}
    assert found == {"ana": Leased(touch=plain, attempt=1), ODD: Leased(touch=odd, attempt=1)}


def test_what_is_leased_is_left_alone_until_the_lease_runs_out(database: Database):
    decided(database, touch())

    first = leased(database, 50)
    during = leased(database, 50 + LEASE - 1)
    after = leased(database, 50 + LEASE)

    assert [each.attempt for each in first] == [1]
    assert during == []
    assert [(each.attempt, each.tries) for each in after] == [(2, 2)]


def test_what_was_sent_is_never_leased_again(database: Database):
    decided(database, touch())
    leased(database, 50)

    assert settled(database, outcome(touch(), 1, "sent", receipt="r1")) == [True]

    assert leased(database, 10_000) == []
    decided(database, touch(at=300))
    assert leased(database, 10_000) == []
    assert status_of(database, touch()) == "sent"


def test_an_old_attempts_answer_does_not_count(database: Database):
    decided(database, touch())
    leased(database, 50)
    leased(database, 50 + LEASE)

    assert settled(database, outcome(touch(), 1, "failed", problem="late")) == [False]
    assert settled(database, outcome(touch(), 3, "sent")) == [False]
    assert settled(database, outcome(touch("nobody"), 1, "sent")) == [False]
    assert status_of(database, touch()) == "waiting"
    assert settled(database, outcome(touch(), 2, "sent")) == [True]
    assert settled(database, outcome(touch(), 2, "failed")) == [False]
    assert status_of(database, touch()) == "sent"


def test_an_attempt_is_settled_once_even_within_one_batch(database: Database):
    decided(database, touch())
    leased(database, 50)

    assert settled(database, outcome(touch(), 1, "sent"), outcome(touch(), 1, "failed")) == [True, False]
    assert settled(database) == []
    assert status_of(database, touch()) == "sent"


def test_one_to_be_tried_again_waits_for_its_instant(database: Database):
    decided(database, touch())
    leased(database, 50)

    assert settled(database, outcome(touch(), 1, "waiting", next_at=500, problem=f"busy\0 {ODD}")) == [True]

    assert leased(database, 499) == []
    assert [each.attempt for each in leased(database, 500)] == [2]


def test_a_withdrawn_touch_is_not_sent(database: Database):
    decided(database, touch("ana"), touch("ben"))

    with database.writing() as connection:
        assert withdraw(connection, [touch("ana").key, touch("nobody").key], 60) == 1
        assert withdraw(connection, [touch("ana").key], 60) == 0
        assert withdraw(connection, [], 60) == 0

    assert [each.touch.customer for each in leased(database, 100)] == ["ben"]


@pytest.mark.parametrize(
    ("said", "becomes"),
    [("sent", "sent"), ("failed", "withdrawn"), ("waiting", "withdrawn")],
    ids=["accepted after all", "refused", "to be tried again"],
)
def test_what_was_withdrawn_in_flight_is_sent_only_if_it_was_accepted(database: Database, said: str, becomes: str):
    decided(database, touch())
    leased(database, 50)
    decided(database, withdrawn=[touch().key])

    assert settled(database, outcome(touch(), 1, said, next_at=300)) == [True]

    assert status_of(database, touch()) == becomes
    assert leased(database, 10_000) == []


def test_a_withdrawn_touch_that_is_decided_anew_waits_with_its_new_words(database: Database):
    decided(database, touch(at=50))
    decided(database, withdrawn=[touch().key])

    decided(database, touch(at=500, words="new"), now=500)

    assert leased(database, 499) == []
    assert [(each.touch, each.attempt) for each in leased(database, 500)] == [(touch(at=500, words="new"), 1)]


def test_what_a_clock_that_was_set_back_has_decided_goes_at_once(database: Database):
    decided(database, touch(at=500), now=200)

    assert [each.touch for each in leased(database, 200)] == [touch(at=500)]


def test_what_is_asked_about_anew_while_it_waits_goes_on_being_counted(database: Database):
    decided(database, touch(at=50))
    for number in (1, 2, 3):
        [one] = leased(database, number * 1_000)
        assert (one.attempt, one.tries) == (number, number)
        decided(database, touch(at=number * 1_000), now=number * 1_000)
        assert settled(database, outcome(touch(), number, "waiting", next_at=number * 1_000)) == [True]


def test_what_was_decided_by_a_clock_that_was_set_back_since_goes_now(database: Database):
    decided(database, touch(at=5_000), now=100)

    assert leased(database, 99) == []
    assert [each.touch.decided_at for each in leased(database, 100)] == [5_000]


def test_tries_begin_anew_for_what_was_withdrawn_and_go_on_for_what_still_waits(database: Database):
    decided(database, touch("ana"), touch("ben"))
    leased(database, 50)
    decided(database, withdrawn=[touch("ana").key])
    decided(database, touch("ana"), touch("ben"))

    found = {each.touch.customer: (each.attempt, each.tries) for each in leased(database, 1_000)}

    assert found == {"ana": (2, 1), "ben": (2, 2)}


def test_decided_anew_while_an_attempt_is_in_flight_it_waits_for_that_attempt(database: Database):
    decided(database, touch(at=50))
    leased(database, 100)
    decided(database, withdrawn=[touch().key])
    decided(database, touch(at=110, words="new"))

    assert leased(database, 100 + LEASE - 1) == []
    assert settled(database, outcome(touch(), 1, "sent")) == [True]
    assert leased(database, 10_000) == []


def test_withdrawn_and_decided_in_one_turn_it_waits_with_its_new_words(database: Database):
    decided(database, touch())

    decided(database, touch(words="new"), withdrawn=[touch().key])

    assert [each.touch.words for each in leased(database, 100)] == ["new"]


def test_what_has_failed_comes_back_only_by_hand(database: Database):
    decided(database, touch("ana"), touch("ben"))
    leased(database, 50)
    settled(
        database,
        outcome(touch("ana"), 1, "failed", problem=f"no such address\0 {ODD}"),
        outcome(touch("ben"), 1, "failed", problem="no"),
    )
    decided(database, touch("ana", at=300))

    assert leased(database, 1_000) == []
    with database.reading() as connection:
        found = {each.customer: each for each in touches_by_status(connection, "failed", 10)}
        ana = found["ana"]
        assert (ana.key, ana.attempt, ana.settled_at) == (touch("ana").key, 1, 200)
        assert ana.problem == f"no such address {ODD}"
        assert len(touches_by_status(connection, "failed", 1)) == 1
    with database.writing() as connection:
        assert retry(connection, [touch("ana").key, touch("nobody").key], 1_000) == 1
        assert retry(connection, [], 1_000) == 0
    assert [(each.touch.customer, each.attempt, each.tries) for each in leased(database, 1_000)] == [("ana", 2, 1)]
    with database.writing() as connection:
        assert retry(connection, failed(connection), 1_000) == 1
        assert retry(connection, failed(connection), 1_000) == 0
        assert touches_by_status(connection, "failed", 10) == []
    assert [each.touch.customer for each in leased(database, 1_000)] == ["ben"]


def test_a_careful_channel_gives_up_a_lease_that_nobody_answered(database: Database):
    decided(database, touch("ana", channel="sms"), touch("ben", channel="email"))
    leased(database, 50, careful=["sms"])

    again = leased(database, 50 + LEASE, careful=["sms"])

    assert [each.touch.customer for each in again] == ["ben"]
    with database.reading() as connection:
        gone = touches_by_status(connection, "failed", 10)
    assert [(each.customer, each.problem) for each in gone] == [("ana", NOBODY_KNOWS)]
    assert settled(database, outcome(touch("ana"), 1, "sent")) == [True]
    assert status_of(database, touch("ana")) == "sent"


def test_a_careful_channel_tries_again_what_the_provider_refused_for_now(database: Database):
    decided(database, touch(channel="sms"))
    leased(database, 50, careful=["sms"])
    settled(database, outcome(touch(), 1, "waiting", next_at=60))

    assert [each.attempt for each in leased(database, 60, careful=["sms"])] == [2]


def test_a_closed_channel_keeps_its_touches_and_holds_up_no_other(database: Database):
    flood = [touch(f"c{number}", channel="email", at=1) for number in range(50)]
    decided(database, *flood, touch("ana", channel="sms", at=90), touch("ben", channel=None, at=90))

    assert {each.touch.customer for each in leased(database, 100, 10, closed=["email"])} == {"ana", "ben"}
    assert len(leased(database, 100, 100)) == 50


def test_each_channel_has_its_share_and_what_one_does_not_need_is_the_others(database: Database):
    flood = [touch(f"c{number:02}", channel="email", at=number) for number in range(50)]
    decided(database, *flood, *(touch(f"s{number}", channel="sms", at=90) for number in range(3)))

    taken = leased(database, 100, 10)

    assert sorted(each.touch.channel or "" for each in taken) == ["email"] * 7 + ["sms"] * 3
    assert {each.touch.customer for each in taken if each.touch.channel == "email"} == {f"c0{n}" for n in range(7)}


def test_each_key_is_a_touch_of_its_own(database: Database):
    keys = [touch("ana", 1), touch("ana", 2), touch("ana", 1, occurrence=1), touch("ben", 1)]

    decided(database, *keys)

    assert len(leased(database, 100)) == 4


def test_what_waits_is_counted_by_channel(database: Database):
    decided(database, touch("ana", at=50), touch("ben", at=40), touch("cem", channel=None), touch("dia", channel="sms"))
    decided(database, withdrawn=[touch("dia").key])

    with database.reading() as connection:
        assert waiting(connection) == {
            "": Waiting(waiting=1, oldest_at=50),
            "email": Waiting(waiting=2, oldest_at=40),
        }


def test_what_a_customer_was_sent_is_listed_the_last_first(database: Database):
    sent = [touch("ana", 1, channel="app"), touch("ana", 2, channel="app"), touch("ana", 3, channel="email")]
    decided(database, *sent, touch("ana", 4, channel="app"), touch("ben", 1, channel="app"))
    leased(database, 50)
    for at, each in enumerate(sent, 200):
        settled(database, outcome(each, 1, "sent", receipt=ODD), now=at)

    with database.reading() as connection:
        everything = in_app(connection, "ana")
        assert everything == [Sent(touch=sent[place], at=200 + place, receipt=ODD) for place in (2, 1, 0)]
        assert in_app(connection, "ana", "app") == everything[1:]
        assert in_app(connection, "ana", "app", 1) == everything[1:2]
        assert in_app(connection, "nobody") == []
