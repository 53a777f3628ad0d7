from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys.store.database import Database
from tests.databases import (
    database,
    database_url,
    migrated_postgres,
    migrated_sqlite,
    postgres_server,
    postgres_url,
)
from tests.web.house import House, open_house

__all__ = [
    "database",
    "database_url",
    "house",
    "migrated_postgres",
    "migrated_sqlite",
    "postgres_server",
    "postgres_url",
]


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with open_house(database) as opened:
        yield opened


# What is the same on both databases is tried on one of them every day; these on both, for they write.
_ON_BOTH = ("test_events.py", "test_writer.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.name not in _ON_BOTH:
            if "postgres" in item.name:
                item.add_marker("long")
