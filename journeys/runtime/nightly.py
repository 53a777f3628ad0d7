"""Nightly: what is done once a night, by one of all processes.

Each process looks now and then whether the night's job is still to be done, and takes it up.  What it did is kept a
batch at a time, each with how far it came, so that who takes up a job that was left begins where that ended.  It
rests between two batches for as long as the last one took: the night is long, and the engine works through it.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Final

import structlog

from journeys.core.calendar import HOUR, MINUTE, Zone, date_of, days_for, to_instant
from journeys.store.database import Connection, Database, Unavailable
from journeys.store.jobs import Shift, finish_job, go_on, leave_job, take_up_job

from .failing import log_failure
from .live import Live
from .parking import say_failure

BEGINS_AT: Final = 3 * HOUR  # in the brand's zone, when few customers are up
LOOK_EVERY: Final = 60.0  # seconds between two looks whether there is something to do
_HELD_FOR: Final = 5 * MINUTE  # longer than a batch and a rest take: after it a run counts as left
_REST_MOST: Final = MINUTE  # a clock that was set forward, or a machine that slept, makes no batch long
_AGAIN_AFTER: Final = HOUR  # what failed is tried again
_SECOND: Final = 1_000_000

_log = structlog.get_logger("journeys")


class Lost(Exception):
    """Somebody else has taken the job up meanwhile: what was not kept yet is theirs to do."""


class Ended(Exception):
    """This process ends."""


class Run:
    """One night's run of a job, as whoever does it sees it.  `reached` is how far it came, in the job's own words."""

    def __init__(self, shift: Shift, due_at: int, clock: Callable[[], int], ending: Event) -> None:
        self.shift = shift
        self.due_at = due_at
        self._clock = clock
        self._ending = ending
        self._began_at = clock()

    def keep(self, connection: Connection, reached: bytes) -> None:
        """Writes down how far it came, in the transaction of what was done.  Raises Lost."""
        if not go_on(connection, self.shift, until=self._clock() + _HELD_FOR, reached=reached):
            raise Lost

    def rest(self) -> None:
        """Between two batches.  Raises Ended."""
        took = self._clock() - self._began_at
        if self._ending.wait(min(max(0, took), _REST_MOST) / _SECOND):
            raise Ended
        self._began_at = self._clock()


class Nightly:
    """One job: `do` does all of it, and raises what `Run` raises."""

    def __init__(self, live: Live, name: str, do: Callable[[Run], None]) -> None:
        self.live = live
        self.name = name
        self._do = do
        self._ending = Event()

    def look(self) -> None:
        """Does the job if it is due and nobody's.  Raises Unavailable; any other failure is kept with the job."""
        database, clock = self.live.database, self.live.clock
        now = clock()
        due_at = last_night(self.live.engine.program.brand_zone, now)
        with database.writing() as connection:
            shift = take_up_job(connection, self.name, due_at=due_at, now=now, until=now + _HELD_FOR)
        if shift is None:
            return
        try:
            self._do(Run(shift, due_at, clock, self._ending))
        except Unavailable:
            raise  # it is taken up again when nobody has held it for a while
        except Lost:
            _log.warning("job_lost", job=self.name)
        except Ended:
            self._leave(database, shift, clock(), None)
        except Exception as error:
            log_failure("job_failed", error, job=self.name)
            self._leave(database, shift, clock() + _AGAIN_AFTER, say_failure(error))
        else:
            with database.writing() as connection:
                finish_job(connection, shift, clock())
            _log.info("job_done", job=self.name)

    def stop(self) -> None:
        """Ends it after the batch it is in."""
        self._ending.set()

    def _leave(self, database: Database, shift: Shift, again_at: int, problem: str | None) -> None:
        with database.writing() as connection:
            leave_job(connection, shift, again_at=again_at, problem=problem)


def last_night(zone: Zone, now: int) -> int:
    """The newest instant at which a night's jobs were due."""
    today = date_of(zone, now)
    due_at = to_instant(zone, days_for(today) + BEGINS_AT)
    return due_at if due_at <= now else to_instant(zone, days_for(today - 1) + BEGINS_AT)
