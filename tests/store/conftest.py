from pathlib import Path

import pytest

# Rows as a database mostly has them: SQLite counts none by itself, PostgreSQL soon does.
_RARE = ("[never counted-postgres", "[counted-sqlite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent and any(each in item.nodeid for each in _RARE):
            item.add_marker("long")
