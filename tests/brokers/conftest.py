import gc
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers.servers import broker, kafka_cluster, nats_server, rabbit_server, redis_server
from tests.databases import at_length_on_postgres

__all__ = ["broker", "kafka_cluster", "nats_server", "rabbit_server", "redis_server"]

_DAILY_ON_POSTGRES = ("test_what_is_sent_is_durable_before_it_is_acknowledged",)


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
        if "rabbit" in item.name:
            item.add_marker("long")  # and so does its server
