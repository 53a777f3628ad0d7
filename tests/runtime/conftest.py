from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases import at_length_on_postgres

# What SQLite proves of our own logic is tried on PostgreSQL at length; of each kind there is one for every day.
_DAILY_ON_POSTGRES = (
    "test_an_event_moves_a_customer_and_sends_a_touch",
    "test_what_waited_is_asked_about_anew_and_goes_if_it_still_may",
    "test_a_customer_who_cannot_be_decided_for_stops_nobody",
    "test_after_a_publication_everybody_is_planned_anew",
    "test_a_story_with_everything_in_it_is_retraced_on_any_database",
    "test_what_a_provider_without_keys_may_have_taken_is_offered_a_few_times_only",
    "test_what_the_relay_itself_took_back_is_not_lost_on_a_careful_channel",
    "test_a_provider_that_answers_after_its_customer_was_erased_brings_nothing_back",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    at_length_on_postgres(items, Path(__file__).parent, but=_DAILY_ON_POSTGRES)
