"""Crashes: a process that ends before any statement of a transaction leaves the rows as they were; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import SQLModel

from journeys.store.customers import claim, introduce, park, retry_failed, save, unpark
from journeys.store.database import Connection, Database
from journeys.store.inbox import receive
from journeys.store.keys import make_key
from journeys.store.outbox import Outcome, decide, failed, lease, settle, withdraw
from journeys.store.publications import publish
from journeys.store.settings import secret
from tests.crashing import Crash, crashing

from .making import consent, event, touch, turn


def rows_of(database: Database) -> dict[str, list[Any]]:
    """All rows; without customers that were made and have had no turn, which say nothing."""
    with database.reading() as connection:
        found = {
            name: sorted(map(repr, connection.execute(table.select()).all()))
            for name, table in SQLModel.metadata.tables.items()
        }
    return {
        **found,
        "customer": [row for row in found["customer"] if ", None, 0, None, 0, None, None, None, None)" not in row],
    }


def given(connection: Connection) -> None:
    """Something of everything: what is pending, waiting, leased, failed, parked."""
    introduce(connection, ["ana", "ben", "cem"])
    receive(connection, [event("ana"), event("new"), event("cem", "held")], 100)
    save(
        connection,
        [
            turn("ana", touches=(touch("ana", 1), touch("ana", 2)), wake_at=50),
            turn("ben", touches=tuple(touch("ben", number) for number in (1, 2))),
        ],
        100,
    )
    lease(connection, 60, 20, 10)
    settle(connection, [Outcome(key=touch("ben", 1).key, attempt=1, status="failed", problem="no")], 70)
    park(connection, "cem", "it failed", 100)


def turns(connection: Connection) -> None:
    claimed = claim(connection, 100, 10)
    assert {each.id for each in claimed} == {"ana", "new"}
    save(
        connection,
        [
            turn(
                each.id,
                1 if each.kept is None else 2,
                heard=tuple((one.source, one.id) for one in each.events),
                touches=(touch(each.id, 9),),
                withdrawn=(touch(each.id, 1).key,),
                consents=(consent(),),
            )
            for each in claimed
        ],
        100,
    )


def relayed(connection: Connection) -> None:
    leased = lease(connection, 100, 10, 10, careful=["sms"])
    outcomes = [Outcome(key=each.touch.key, attempt=each.attempt, status="sent") for each in leased]
    assert leased
    assert all(settle(connection, outcomes, 100))


WORK: dict[str, Callable[[Connection], Any]] = {
    "turns of a batch": turns,
    "events coming in": lambda c: receive(c, [event("ana"), event("ana", "2"), event("dia")], 100),
    "an attempt": relayed,
    "withdrawing": lambda c: withdraw(c, [touch("ana", 1).key], 100),
    "deciding": lambda c: decide(c, [touch("dia")], [touch("ana", 1).key], 100),
    "retrying": lambda c: retry_failed(c, failed(c), 100),
    "parking": lambda c: park(c, "ana", "it failed", 100),
    "letting go": lambda c: unpark(c, "cem"),
    "publishing": lambda c: publish(c, "f", b"l", b"files", 100),
}


@pytest.mark.parametrize("work", WORK.values(), ids=WORK.keys())
def test_a_crash_before_any_statement_leaves_the_rows_as_they_were(database: Database, work: Callable[..., Any]):
    with database.writing() as connection:
        given(connection)
    before = rows_of(database)

    place = 0
    while True:
        try:
            with crashing(database, before=place), database.writing() as connection:
                work(connection)
        except Crash:
            place += 1
            assert rows_of(database) == before
        else:
            break

    after = rows_of(database)
    assert after != before
    assert place >= 2


def test_what_was_crashed_at_every_statement_ends_as_if_it_had_not_been(database: Database):
    """One customer, one event, one touch, however often it had to be begun."""
    with database.writing() as connection:
        given(connection)
    for work in (turns, relayed):
        place = 0
        while True:
            try:
                with crashing(database, before=place), database.writing() as connection:
                    work(connection)
            except Crash:
                place += 1
            else:
                break

    with database.reading() as connection:

        def found(query: str) -> list[Any]:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

        assert found("SELECT customer, number FROM turn ORDER BY 1, 2") == [
            ("ana", 1), ("ana", 2), ("ben", 1), ("new", 1),
        ]  # fmt: skip
        assert found("SELECT customer, enrollment, status, attempt FROM outbox ORDER BY 1, 2") == [
            ("ana", 1, "withdrawn", 1), ("ana", 2, "sent", 2), ("ana", 9, "sent", 1),
            ("ben", 1, "failed", 1), ("ben", 2, "sent", 2), ("new", 9, "sent", 1),
        ]  # fmt: skip
        assert found("SELECT customer, status, turn FROM inbox ORDER BY 1") == [
            ("ana", "taken", 2), ("cem", "held", None), ("new", "taken", 1),
        ]  # fmt: skip


@pytest.mark.parametrize("made", [lambda c: make_key(c, "one", ("read",), 1), lambda c: secret(c, "salt")])
def test_a_key_or_a_secret_that_was_not_kept_was_never_made(database: Database, made: Callable[[Connection], Any]):
    before = rows_of(database)

    with pytest.raises(Crash), database.writing() as connection:
        made(connection)
        raise Crash

    assert rows_of(database) == before
