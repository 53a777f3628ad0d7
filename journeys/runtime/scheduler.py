"""The scheduler: what is done now and then, by ticks alone.  Home of apscheduler.

It stores no jobs: customers' clocks are rows, claimed when they are due.  What ticks here is the process's own
upkeep, and a tick that was missed is made up for by the next.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC
from typing import Final

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from journeys.store.database import Unavailable

from .failing import log_failure

_THREADS: Final = 4  # more than there are jobs

# That a tick was skipped, since the last has not ended, is how it is meant to be, and no log line of ours.
logging.getLogger("apscheduler").setLevel(logging.ERROR)

_log = structlog.get_logger("journeys")


class Scheduler:
    """Ticks in a thread of its own; each job has one as well, so that a long one holds up no other."""

    def __init__(self) -> None:
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(_THREADS)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def every(self, seconds: float, name: str, job: Callable[[], None], on_failure: Callable[[], None]) -> None:
        """A database that is away is waited for; any other failure is told to `on_failure`."""

        def tick() -> None:
            try:
                job()
            except Unavailable as error:
                _log.error("database_unavailable", part=name, because=str(error))
            except Exception as error:
                log_failure("part_failed", error, part=name)
                on_failure()

        self._scheduler.add_job(tick, "interval", seconds=seconds, name=name)

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        """Waits for the jobs that run."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)
