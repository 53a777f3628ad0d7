"""Pressure: whether so much waits in the inbox that nothing more is taken for now.

How much waits is looked up at most once a second, by whoever comes first; what was taken since is added to it.
The bound is therefore kept within what comes in while one looks, and costs nothing in between.
"""

from __future__ import annotations

from typing import Final

from journeys.clock import Clock
from journeys.store.database import Database
from journeys.store.inbox import backlog

from .problems import BEHIND, Refusal
from .reading import read_off

_LOOK_EVERY: Final = 1_000_000  # microseconds
_RETRY_AFTER: Final = "5"  # seconds: a worker takes thousands in that time


class Pressure:
    def __init__(self, *, database: Database, clock: Clock, inbox_max: int) -> None:
        self._database = database
        self._clock = clock
        self._inbox_max = inbox_max
        self._looked_at: int | None = None
        self._pending = 0

    def add(self, taken: int) -> None:
        self._pending += taken

    async def refuse_if_behind(self) -> None:
        now = self._clock()
        if self._looked_at is None or not 0 <= now - self._looked_at < _LOOK_EVERY:
            # Said before anyone waits: those who come meanwhile go by what was known.
            self._looked_at = now
            found = await read_off(self._database, lambda connection: backlog(connection, now))
            self._pending = found.pending
        if self._pending >= self._inbox_max:
            raise Refusal(
                BEHIND,
                f"{self._pending:,} events wait, and no more than {self._inbox_max:,} may: send it later",
                headers={"Retry-After": _RETRY_AFTER},
            )
