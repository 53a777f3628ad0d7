from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys.store.database import Database
from tests.databases import at_length_on_postgres
from tests.web.house import House, open_house


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with open_house(database) as opened:
        yield opened


# What is the same on both databases is tried on one of them every day; these on both, for they write.
_ON_BOTH = ("test_events.py", "test_writer.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    at_length_on_postgres([each for each in items if each.path.name not in _ON_BOTH], Path(__file__).parent)
