"""Reading: what a request asks of the database, asked on a thread so that the loop goes on.

A database that does not answer is the caller's 503.  What an error says may hold the values that were asked for,
so the log is told its kind and its place, and words only where they are known to name nobody.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from typing import TypeVar

import structlog

from journeys.store.database import Connection, Database, Unavailable

from .problems import UNAVAILABLE, Refusal

T = TypeVar("T")

_log = structlog.get_logger()


async def read_off(database: Database, ask: Callable[[Connection], T]) -> T:
    """What `ask` finds in one reading transaction.  It may do nothing but ask."""

    def asked() -> T:
        with database.reading() as connection:
            return ask(connection)

    try:
        return await asyncio.to_thread(asked)
    except Unavailable as error:
        log_failure("database_unreadable", error)
        raise unavailable() from None


def unavailable(because: str = "the database does not answer") -> Refusal:
    return Refusal(UNAVAILABLE, f"{because}: send it again", headers={"Retry-After": "1"})


def log_failure(event: str, error: Exception) -> None:
    if isinstance(error, Unavailable):
        _log.error(event, because=str(error))
    else:
        # A failure of ours: the last lines of where it came from, without the values.
        trace = "".join(traceback.format_tb(error.__traceback__, limit=-6))
        _log.error(event, error=type(error).__name__, trace=trace)
