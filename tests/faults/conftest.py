from __future__ import annotations

from pathlib import Path

import pytest

from journeys.store.database import Database
from tests.databases import at_length_on_postgres
from tests.runtime.house import House

from .resting import WELCOME


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path / "definitions", WELCOME)


# What SQLite proves of our own logic is tried on PostgreSQL at length; of each kind there is one for every day.
_DAILY_ON_POSTGRES = (
    "test_a_worker_that_ends_anywhere_leaves_its_work_to_the_next",
    "test_nothing_is_lost_and_nothing_goes_twice_in_a_storm",
    "test_a_database_that_fails_at_any_statement_is_waited_for_by_a_worker",
    "test_a_clock_set_back_an_hour_loses_nothing_and_repeats_nothing",
    "test_a_relay_behind_a_publication_takes_it_up_before_it_sends_or_settles",
    "test_after_two_days_without_a_worker_what_expired_is_withheld_and_the_rest_goes_once",
    "test_the_answers_of_two_attempts_that_come_together_are_one",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    at_length_on_postgres(items, Path(__file__).parent, but=_DAILY_ON_POSTGRES)
