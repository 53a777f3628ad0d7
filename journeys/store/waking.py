"""Waking: who waits for something to do is told of it at once, on whatever machine, where the database is PostgreSQL.

A bell is rung after a commit and never within a transaction: PostgreSQL lets only one that rings commit at a time.
By itself it is cheap, a fifth of a millisecond: it writes nothing that would have to reach the disk.
It may be lost, with a connection or with who rang, and so whoever waits looks for themselves as well, less often.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Event, Thread
from typing import Any, Final

import structlog
from sqlalchemy import text

from .database import Database, Unavailable

_PREFIX: Final = "journeys_"
_LISTEN_FOR: Final = 0.5  # seconds at a time, so that it ends when it is told to
_RECOVER_FOR: Final = 1.0  # seconds between two tries of a database that is away

_RING: Final = text("SELECT pg_notify(:bell, '')")

_log = structlog.get_logger("journeys")


def ring(database: Database, bell: str) -> None:
    """Wakes those who listen for this bell.  A database that is away is none of the caller's concern."""
    if not database.is_postgres:
        return
    try:
        with database.at_once() as connection:
            connection.execute(_RING, {"bell": _PREFIX + bell})
    except Unavailable as error:
        _log.warning("bell_not_rung", bell=bell, because=str(error))


class Listener:
    """Hears bells, in a thread of its own: `answers` are what is done for each, and must be quick.

    A connection that breaks is made anew; what may have been rung meanwhile is answered then.
    """

    def __init__(self, database: Database, answers: Mapping[str, Callable[[], None]]) -> None:
        self._database = database
        self._answers = dict(answers)
        self._ending = Event()
        self._thread = Thread(target=self._run, name="listener", daemon=True)

    def start(self) -> None:
        if self._database.is_postgres:
            self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._listen()
            except Unavailable as error:
                _log.warning("bells_not_heard", because=str(error))
                self._ending.wait(_RECOVER_FOR)

    def _listen(self) -> None:
        import psycopg

        with self._database.at_once() as connection:
            connection.detach()  # who got it next would hear them too
            for bell in self._answers:
                connection.exec_driver_sql(f'LISTEN "{_PREFIX}{bell}"')
            for answer in self._answers.values():
                answer()
            driver: Any = connection.connection.dbapi_connection
            while not self._ending.is_set():
                try:
                    rung = {each.channel for each in driver.notifies(timeout=_LISTEN_FOR, stop_after=1)}
                except psycopg.OperationalError:
                    raise Unavailable("the connection on which bells are heard has ended") from None
                for bell in rung:
                    self._answers[bell.removeprefix(_PREFIX)]()
