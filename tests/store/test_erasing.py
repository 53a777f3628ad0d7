"""Of a customer who is erased nothing stays that tells of them, from whatever turn; of all others everything does."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from journeys.store.customers import Taken, consents_of, save, turns_of
from journeys.store.database import Database
from journeys.store.inbox import receive
from journeys.store.looking import events_of, touches_of
from journeys.store.outbox import Outcome, lease, settle

from .making import consent, event, touch, turn

TELLING = b'{"note": "I am Ana"}'


def lived(database: Database, id: str) -> None:
    """A turn that heard an event and let a touch go, which a provider refused in words of its own."""
    with database.writing() as connection:
        receive(connection, [event(id, "1", body=TELLING), event(id, "2", at=30, body=TELLING)], now=10)
        connection.exec_driver_sql(f"INSERT INTO customer (id, publication, as_of, turns) VALUES ('{id}', 0, 0, 0)")
        first = turn(id, heard=(("shop", "1"),), touches=(touch(id),), consents=(consent(),))
        save(connection, [replace(first, signals=b"[" + TELLING + b"]", whys=TELLING)], now=20)
        [leased] = lease(connection, 60, 30, 10)
        said = Outcome(
            key=leased.touch.key, attempt=1, status="failed", problem="550: no such user ana@example.com", receipt="r1"
        )
        settle(connection, [said], 61)


def taken(database: Database, *turns: Taken) -> None:
    with database.writing() as connection:
        save(connection, turns, now=40)


def erased(id: str = "ana", number: int = 2, **more: Any) -> Taken:
    return replace(turn(id, number, **more), signals=b"[" + TELLING + b"]", whys=TELLING, is_erased=True)


def told(database: Database, id: str) -> list[object]:
    """All bytes and words that could tell of a customer, and what is kept beside them."""
    with database.reading() as connection:
        return [
            [(each.number, each.kind, each.signals, each.whys) for each in turns_of(connection, id)],
            [(each.id, each.status, each.body) for each in events_of(connection, id)],
            [(each.key, each.status, each.problem, each.receipt) for each in touches_of(connection, id)],
            [(each.purpose, each.is_given) for each in consents_of(connection, id)],
        ]


def test_nothing_that_tells_of_an_erased_customer_is_kept_and_counts_and_keys_are(database: Database):
    lived(database, "ana")

    taken(database, erased(heard=(("shop", "2"),)))

    assert told(database, "ana") == [
        [(1, "turn", b"[]", b""), (2, "turn", b"[]", b"")],
        [("1", "taken", b"{}"), ("2", "taken", b"{}")],
        [(("ana", 1, 2, 3, 0), "failed", None, None)],
        [("news", True)],
    ]


def test_others_keep_all_they_have(database: Database):
    lived(database, "ben")
    before = told(database, "ben")
    lived(database, "ana")

    taken(database, erased(), replace(turn("ben", 2), signals=b"[]", whys=b"why"))

    after = told(database, "ben")
    assert after[0] == [*before[0], (2, "turn", b"[]", b"why")]  # type: ignore[misc]
    assert after[1:] == before[1:]


def test_what_waits_for_a_turn_is_emptied_only_by_the_turn_that_hears_it(database: Database):
    lived(database, "ana")

    taken(database, erased())
    between = told(database, "ana")[1]
    taken(database, erased(number=3, heard=(("shop", "2"),)))

    assert between == [("1", "taken", b"{}"), ("2", "pending", TELLING)]
    assert told(database, "ana")[1] == [("1", "taken", b"{}"), ("2", "taken", b"{}")]


def test_which_touches_were_accepted_is_numbers_and_stays(database: Database):
    lived(database, "ana")

    taken(database, replace(erased(), kind="accepted", signals=b"[[1,2,3,0]]"))

    [_, accepted] = told(database, "ana")[0]  # type: ignore[misc]
    assert accepted == (2, "accepted", b"[[1,2,3,0]]", b"")
