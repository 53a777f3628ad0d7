from pathlib import Path

import pytest

from tests.brokers.servers import broker, kafka_cluster, nats_server, redis_server
from tests.databases import at_length_on_postgres

__all__ = ["broker", "kafka_cluster", "nats_server", "redis_server"]

_DAILY_ON_POSTGRES = ("test_what_is_sent_is_durable_before_it_is_acknowledged",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    at_length_on_postgres(items, Path(__file__).parent, but=_DAILY_ON_POSTGRES)
