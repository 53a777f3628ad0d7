"""The database of a command: the one that the environment names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from journeys.store.database import VARIABLE, Database, open_database

DEFAULT: Final = "sqlite:///journeys.db"


def database_of(
    environment: Mapping[str, str], *, is_made: bool = False, is_new_allowed: bool | None = None
) -> Database:
    """The database that JOURNEYS_DATABASE_URL names, with its tables as this release knows them.

    With `is_made` it is made where there is none, unless that is not allowed, and brought up to date.  Otherwise
    nothing is changed, and ConfigurationError is raised for one that is not there, empty, or of another release.
    """
    is_new_allowed = is_made if is_new_allowed is None else is_new_allowed
    database = open_database(environment.get(VARIABLE) or DEFAULT, is_new_allowed=is_new_allowed)
    try:
        if is_made:
            database.migrate()
        else:
            database.see_migrated()
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def open_here(*, is_made: bool = False, is_new_allowed: bool | None = None) -> Iterator[Database]:
    """The database of this process's environment, closed at the end of the block.  Raises as `database_of` does."""
    database = database_of(os.environ, is_made=is_made, is_new_allowed=is_new_allowed)
    try:
        yield database
    finally:
        database.close()
