"""The databases that any test may ask for, and how long the random tests look.

Where the long tests are asked for, those of chance try five times as many examples as every day;
`pytest --hypothesis-profile=long` tries fifty times as many.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.databases import (
    database,
    database_url,
    migrated_postgres,
    migrated_sqlite,
    postgres,
    postgres_server,
    postgres_url,
)

__all__ = [
    "database",
    "database_url",
    "migrated_postgres",
    "migrated_sqlite",
    "postgres",
    "postgres_server",
    "postgres_url",
]

# The processes that tests begin read what the first of them compiled: each would compile all of it anew otherwise.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# How long an example takes depends on what else the machine does, and fails no test.
for _name, _examples in (("everyday", 20), ("at length", 100), ("long", 1_000)):
    settings.register_profile(
        _name, max_examples=_examples, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
settings.load_profile("everyday")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("markexpr") != "not long" and not config.getoption("--hypothesis-profile"):
        settings.load_profile("at length")


def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are cores: many tests wait for a process, a browser or a database."""
    return (os.cpu_count() or 1) + 2


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Iterator[None]:
    """What is imported and collected stays: to search all of it for garbage, again and again, took half of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
