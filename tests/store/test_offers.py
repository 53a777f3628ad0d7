"""Offers: each is given so often, and once to a touch, whoever asks and however often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from journeys.store.database import Database
from journeys.store.offers import give_offer

from .making import touch


def test_an_offer_is_given_up_to_its_limit_and_once_to_a_touch(database: Database) -> None:
    names = ["ana", "ben", "ana", "cleo", "dora", "ben"]
    with database.writing() as connection:
        given = [give_offer(connection, "spark", touch(name).key, 3) for name in names]

    assert given == [True, True, True, True, False, True]


def test_each_touch_has_an_offer_of_its_own_and_a_limit_may_be_raised(database: Database) -> None:
    ana, ben, cleo = touch("ana").key, touch("ben").key, touch("cleo").key
    with database.writing() as connection:
        first = [give_offer(connection, name, ana, 1) for name in ("spark", "more")]
        second = [give_offer(connection, "spark", ben, limit) for limit in (1, 2)]
        lowered = [give_offer(connection, "spark", key, 1) for key in (ben, cleo)]

    assert (first, second, lowered) == ([True, True], [False, True], [True, False])


def test_what_was_given_in_a_transaction_that_failed_was_not(database: Database) -> None:
    try:
        with database.writing() as connection:
            assert give_offer(connection, "spark", touch("ana").key, 1)
            raise LookupError
    except LookupError:
        pass

    with database.writing() as connection:
        assert give_offer(connection, "spark", touch("ben").key, 1)


def test_many_relays_at_once_give_no_more_than_the_limit(database: Database) -> None:
    together = Barrier(4)

    def give(relay: int) -> int:
        count = 0
        together.wait(30)
        for number in range(10):
            with database.writing() as connection:
                count += give_offer(connection, "spark", touch(f"c{relay}-{number}").key, 25)
        return count

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(give, range(4))) == 25
