"""Live: what is published now, as this process runs it.

Whoever decides takes the engine once, at the beginning of a batch, and stays with it to its end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog

from journeys.clock import Clock
from journeys.errors import DefinitionError, InputError
from journeys.store.database import Database, Unavailable
from journeys.store.settings import secret

from .engine import Engine, Superseded
from .publishing import newest_number, open_engine

T = TypeVar("T")

_log = structlog.get_logger("journeys")


class NotTakenUp(Unavailable):
    """What was published last cannot be run here: nothing can be decided by it."""


class Live:
    """Holds the engine of the newest publication, from that of who has published it.

    Raises ConfigurationError where nothing is published.
    """

    def __init__(self, database: Database, clock: Clock, engine: Engine | None = None) -> None:
        self.database = database
        self.clock = clock
        with database.writing() as connection:
            # What links, keys and codes are signed with: made once for the database.
            self.secret = secret(connection, "secret")
        self.engine: Engine = engine or open_engine(database)

    def refresh(self) -> None:
        """Takes up what was published since; definitions that this release cannot read leave it as it was."""
        number = newest_number(self.database)
        if number == self.engine.publication:
            return
        try:
            self.engine = open_engine(self.database)
        except (DefinitionError, InputError) as error:
            first = f", the first: {error.problems[0].message}" if isinstance(error, DefinitionError) else ""
            _log.error("publication_not_taken_up", number=number, because=f"{error}{first}")
        else:
            _log.info("publication_taken_up", number=number)

    def newest(self, do: Callable[[Engine], T]) -> T:
        """What `do` returns; it is done anew, after a refresh, where it finds that it was superseded.

        Raises NotTakenUp while what supersedes it cannot be taken up: another process may.
        """
        while True:
            engine = self.engine
            try:
                return do(engine)
            except Superseded:
                self.refresh()
            if self.engine is engine:
                raise NotTakenUp("what was published last cannot be run by this release: see the log")
