"""Together: several at once on one database never do one thing twice, and never wait for each other in a circle."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest
from sqlalchemy import event as sqlalchemy_event

from journeys.store.claiming import lock_whose
from journeys.store.customers import claim, introduce, lock, park, retry_failed, save, turns_of, unpark
from journeys.store.database import Database, open_database
from journeys.store.inbox import backlog, receive
from journeys.store.outbox import Outcome, decide, failed, lease, settle, withdraw
from journeys.store.publications import publish
from journeys.store.settings import secret

from .making import event, touch, turn


def at_once(*tasks: Callable[[], object]) -> list[object]:
    """All of them begin together; what each returns."""
    begin = threading.Barrier(len(tasks))

    def run(task: Callable[[], object]) -> object:
        begin.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as executor:
        return [future.result() for future in [executor.submit(run, task) for task in tasks]]


def known(database: Database, *ids: str, wake_at: int = 50) -> None:
    with database.writing() as connection:
        introduce(connection, ids)
        save(connection, [turn(id, wake_at=wake_at) for id in ids], 10)


def test_two_who_claim_at_once_never_get_the_same_customer(postgres: Database):
    known(postgres, *(f"k{number}" for number in range(10)))
    with postgres.writing() as connection:
        receive(connection, [event(f"n{number}") for number in range(10)], 100)

    with postgres.writing() as first, postgres.writing() as second:
        ours = {each.id for each in claim(first, 100, 12)}
        theirs = {each.id for each in claim(second, 100, 12)}

    assert (len(ours), len(theirs)) == (12, 8)
    assert not ours & theirs


def test_what_others_hold_is_stepped_over_however_much_it_is(postgres: Database):
    flood = [event("loud", str(number), at=1) for number in range(2_000)]
    with postgres.writing() as connection:
        receive(connection, [*flood, event("quiet", at=2)], 100)

    with postgres.writing() as first, postgres.writing() as second, postgres.writing() as third:
        assert [each.id for each in claim(first, 100, 1)] == ["loud"]
        assert [each.id for each in claim(second, 100, 1)] == ["quiet"]
        assert claim(third, 100, 1) == []


def test_one_who_claims_does_not_wait_for_a_new_customer_of_another(postgres: Database):
    with postgres.writing() as connection:
        receive(connection, [event("new")], 100)

    with postgres.writing() as first, postgres.writing() as second:
        assert [each.id for each in claim(first, 100, 10)] == ["new"]
        assert claim(second, 100, 10) == []


def test_what_another_has_just_done_is_not_done_again(postgres: Database):
    known(postgres, "ana")
    with postgres.writing() as connection:
        receive(connection, [event("ana"), event("ben")], 100)

    has_begun: list[bool] = []

    def let_first_end(_1: object, _2: object, statement: str, *_: object) -> None:
        """The other's whole turn falls between the look and the lock."""
        if "SKIP LOCKED" in statement and not has_begun:
            has_begun.append(True)
            with postgres.writing() as first:
                done = claim(first, 100, 10)
                save(first, [turn(one.id, 2 if one.kept else 1, heard=(("shop", "1"),)) for one in done], 100)

    sqlalchemy_event.listen(postgres._engine, "before_cursor_execute", let_first_end)
    with postgres.writing() as second:
        assert claim(second, 100, 10) == []
    with postgres.reading() as connection:
        assert [len(list(turns_of(connection, id))) for id in ("ana", "ben")] == [2, 1]


def test_who_was_forestalled_looks_for_other_work(postgres: Database):
    """Between the look and the lock somebody else does all that was seen; there is more, and it is found at once."""
    with postgres.writing() as connection:
        receive(connection, [event("ana", at=1), event("ben", at=2)], 100)
        introduce(connection, ["ana", "ben"])
    forestalling: list[str] = []

    def forestall(_1: object, _2: object, statement: str, *_: object) -> None:
        if "SKIP LOCKED" in statement and not forestalling:
            forestalling.append("ana")
            with postgres.writing() as other:
                save(other, [turn("ana", heard=(("shop", "1"),))], 100)

    sqlalchemy_event.listen(postgres._engine, "before_cursor_execute", forestall)
    with postgres.writing() as connection:
        claimed = claim(connection, 100, 1)

    assert forestalling
    assert [each.id for each in claimed] == ["ben"]


def test_events_that_come_in_meanwhile_are_heard_by_whoever_is_next(postgres: Database):
    with postgres.writing() as connection:
        receive(connection, [event("ana", "1")], 100)

    with postgres.writing() as worker:
        claimed = claim(worker, 100, 10)
        with postgres.writing() as web:
            assert receive(web, [event("ana", "2"), event("ana", "1")], 100) == [True, False]
        save(worker, [turn("ana", heard=(("shop", "1"),))], 100)

    assert [each.id for one in claimed for each in one.events] == ["1"]
    with postgres.writing() as connection:
        assert [each.id for one in claim(connection, 100, 10) for each in one.events] == ["2"]


def test_a_lock_by_name_waits_for_whoever_works_on_the_customer(postgres: Database):
    known(postgres, "ana")
    asked = threading.Event()

    def second() -> int:
        with postgres.writing() as connection:
            asked.set()
            return lock(connection, ["ana"])["ana"].turns

    with ThreadPoolExecutor(1) as executor:
        with postgres.writing() as first:
            claim(first, 100, 10)
            answer = executor.submit(second)
            asked.wait()
            save(first, [turn("ana", 2)], 100)
        assert answer.result() == 2


@pytest.mark.parametrize("workers", [2, 4])
def test_one_customer_hammered_by_all_hears_each_event_once_and_in_order(postgres: Database, workers: int):
    count = 60

    def sends() -> None:
        for number in range(count):
            with postgres.writing() as connection:
                receive(connection, [event("ana", f"{number:03}", at=number)], 1_000)

    def works() -> None:
        while True:
            with postgres.writing() as connection:
                for one in claim(connection, 1_000, 10):
                    number = 1 if one.kept is None else one.kept.turns + 1
                    heard = tuple((each.source, each.id) for each in one.events)
                    save(connection, [turn(one.id, number, heard=heard, touches=(touch("ana", number),))], 1_000)
            with postgres.reading() as connection:
                if connection.exec_driver_sql("SELECT count(*) FROM inbox WHERE status = 'taken'").scalar() == count:
                    return

    at_once(sends, *[works] * workers)

    with postgres.reading() as connection:
        assert backlog(connection, 1_000).pending == 0
        numbers = [each.number for each in turns_of(connection, "ana")]
        heard = connection.exec_driver_sql("SELECT turn FROM inbox ORDER BY id").scalars().all()
    assert numbers == list(range(1, len(numbers) + 1))
    assert heard == sorted(heard)
    assert set(heard) == set(numbers)


def test_the_same_events_received_at_once_in_any_order_are_new_once(postgres: Database):
    events = [event(f"c{number}", str(number)) for number in range(4_000)]

    def receiving(order: int) -> Callable[[], object]:
        def receives() -> list[bool]:
            with postgres.writing() as connection:
                return receive(connection, events[::order], 100)[::order]

        return receives

    for_each = zip(*at_once(*(receiving(order) for order in (1, -1, 1, -1))))  # type: ignore[arg-type]

    assert Counter(sum(said) for said in for_each) == {1: 4_000}


def test_events_are_written_in_the_order_of_their_keys_so_that_nobody_waits_in_a_circle(postgres: Database):
    written: list[str] = []

    def note(_1: object, _2: object, statement: str, parameters: dict[str, str], *_: object) -> None:
        if "INSERT INTO inbox" in statement:
            written.extend(row["customer"] for row in json.loads(parameters["rows"]))

    sqlalchemy_event.listen(postgres._engine, "before_cursor_execute", note)
    with postgres.writing() as connection:
        receive(connection, [event(name) for name in ("c", "ä", "B", "a", "😀", "\ue000")], 100)

    assert written == ["B", "a", "c", "ä", "\ue000", "😀"]


def test_several_relays_never_lease_the_same_touch(postgres: Database):
    with postgres.writing() as connection:
        decide(connection, [touch(f"c{number}", channel="email") for number in range(50)], (), 100)

    with postgres.writing() as first, postgres.writing() as second:
        ours = {each.touch.key for each in lease(first, 100, 10, 30)}
        theirs = {each.touch.key for each in lease(second, 100, 10, 30)}

    assert (len(ours), len(theirs)) == (30, 20)
    assert not ours & theirs


def test_who_withdraws_decides_and_settles_the_same_touches_does_not_wait_in_a_circle(postgres: Database):
    touches = [touch(f"c{number}") for number in range(400)]
    keys = [each.key for each in touches]
    with postgres.writing() as connection:
        decide(connection, touches, (), 100)
        lease(connection, 100, 10, 1_000)
    outcomes = [Outcome(key=key, attempt=1, status="waiting", next_at=1) for key in keys]

    def withdraws() -> None:
        for _ in range(20):
            with postgres.writing() as connection:
                withdraw(connection, keys[::-1], 100)

    def decides() -> None:
        for place in range(20):
            with postgres.writing() as connection:
                # Half of them up, the other half down, and the other way round.
                if place % 2:
                    decide(connection, touches[:200], keys[:199:-1], 100)
                else:
                    decide(connection, touches[200:], keys[199::-1], 100)

    def settles() -> None:
        for place in range(20):
            with postgres.writing() as connection:
                settle(connection, outcomes[:: -1 if place % 2 else 1], 100)

    at_once(withdraws, decides, settles, decides)


def test_a_customer_may_be_parked_and_let_go_while_others_work(postgres: Database):
    with postgres.writing() as connection:
        receive(connection, [event("ana", str(number)) for number in range(5)], 100)

    def parks() -> None:
        for _ in range(20):
            with postgres.writing() as connection:
                park(connection, "ana", "it failed", 100)
            with postgres.writing() as connection:
                unpark(connection, "ana")

    def claims() -> None:
        for _ in range(40):
            with postgres.writing() as connection:
                claim(connection, 100, 10)

    at_once(parks, claims, claims)

    with postgres.writing() as connection:
        assert [len(each.events) for each in claim(connection, 100, 10)] == [5]


def test_those_who_publish_at_once_get_numbers_of_their_own(postgres: Database):
    def publishes(number: int) -> Callable[[], object]:
        def run() -> int:
            with postgres.writing() as connection:
                return publish(connection, f"f{number}", b"l", b"files", 10)

        return run

    assert sorted(map(int, at_once(*map(publishes, range(4))))) == [1, 2, 3, 4]  # type: ignore[call-overload]


def test_a_secret_asked_for_at_once_is_one(database: Database):
    def asks() -> bytes:
        with database.writing() as connection:
            return secret(connection, "salt")

    assert len(set(at_once(*[asks] * 4))) == 1


def test_on_sqlite_the_second_writer_waits_for_the_first(tmp_path: object):
    opened = open_database(f"sqlite:///{tmp_path}/a.db")
    opened.migrate()
    asked = threading.Event()

    def second() -> list[bool]:
        asked.set()
        with opened.writing() as connection:
            return receive(connection, [event(id="1"), event(id="2")], 100)

    with ThreadPoolExecutor(1) as executor:
        with opened.writing() as connection:
            answer = executor.submit(second)
            asked.wait()
            assert receive(connection, [event(id="1")], 100) == [True]
        assert answer.result() == [False, True]
    opened.close()


def test_who_retries_by_hand_waits_for_the_customers_and_for_nobody_in_a_circle(database: Database):
    """A relay that has written down a late answer takes back another touch, which comes before it."""
    known(database, "ana")
    first, last = touch("ana", 1), touch("ana", 9)
    with database.writing() as connection:
        decide(connection, [first, last], [], 100)
        leased = lease(connection, 100, 60, 10)
        settle(connection, [Outcome(key=each.touch.key, attempt=1, status="failed") for each in leased], 110)

    def retry_all() -> int:
        with database.writing() as connection:
            return retry_failed(connection, failed(connection), 200)

    with ThreadPoolExecutor(1) as executor:
        with database.writing() as connection:
            lock_whose(connection, {"ana"})
            settle(connection, [Outcome(key=last.key, attempt=1, status="sent")], 150)
            retried = executor.submit(retry_all)
            wait_until_somebody_waits(database)
            decide(connection, [], [first.key], 160)

        assert retried.result() == 1
    with database.reading() as connection:
        stands = connection.exec_driver_sql("SELECT enrollment, status FROM outbox ORDER BY enrollment").all()
    assert [tuple(row) for row in stands] == [(1, "waiting"), (9, "sent")]


def wait_until_somebody_waits(database: Database) -> None:
    """On SQLite whoever is second has not begun."""
    until = monotonic() + 60
    while database.is_postgres:
        with database.reading() as connection:
            query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            if connection.exec_driver_sql(query).scalar_one():
                return
        assert monotonic() < until
        threading.Event().wait(0.01)
