import gc
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers.servers import broker, kafka_cluster, nats_server, rabbit_server, redis_server
from tests.databases import at_length_on_postgres

__all__ = ["broker", "kafka_cluster", "nats_server", "rabbit_server", "redis_server"]

_DAILY_ON_POSTGRES = ("test_what_is_sent_is_durable_before_it_is_acknowledged",)
# What does not depend on the broker is tried every day with the one that answers first.
_DAILY_ON_REDIS = (
    "test_more_events_than_may_wait_to_be_written_are_written_one_part_after_the_other",
    "test_a_database_that_is_away_is_waited_for_with_nothing_acknowledged",
    "test_an_inbox_that_is_full_is_waited_for_with_nothing_acknowledged",
)


@pytest.fixture(autouse=True)
def cleared_away() -> Iterator[None]:
    """A client of Redis that ends in the midst of a read leaves its connection to whoever collects garbage."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    at_length_on_postgres(items, here, but=_DAILY_ON_POSTGRES)
    for item in items:
        if item.path.parent != here:
            continue
        if "kafka" in item.name and not (item.name.startswith(_DAILY_ON_POSTGRES) and "sqlite" in item.name):
            item.add_marker("long")  # its client takes ten seconds to begin
        if "nats" in item.name and item.name.startswith(_DAILY_ON_REDIS):
            item.add_marker("long")
        if "rabbit" in item.name:
            item.add_marker("long")  # and so does its server
