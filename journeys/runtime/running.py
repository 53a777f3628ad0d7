"""Running: the parts of the engine in this process, each in a thread of its own, until they are told to stop.

Each part does what there is to do and then waits: for a knock, or for a little while.  A database
that is away for a moment is waited for; any other failure is our own, and ends the process, which
loses nothing by it.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Final

import structlog

from journeys.store.database import Unavailable

from .failing import log_failure

POLL_FOR: Final = 0.25  # seconds; a knock comes sooner, where both live in one process
POLL_FOR_RUNG: Final = 1.0  # seconds, where a bell tells what came in from elsewhere, and only time is looked for
_RECOVER_FOR: Final = 1.0  # seconds between two tries of a database that is away

_log = structlog.get_logger("journeys")


class Part:
    """One part: `step` does something and says how much there was, 0 when there is nothing to do."""

    def __init__(
        self, name: str, step: Callable[[], int], on_failure: Callable[[], None], *, poll_for: float = POLL_FOR
    ) -> None:
        self.name = name
        self.poll_for = poll_for
        self.failure: BaseException | None = None
        self._step = step
        self._on_failure = on_failure
        self._knock = Event()
        self._is_ending = False
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def knock(self) -> None:
        """There may be something to do."""
        self._knock.set()

    def stop(self) -> None:
        """Ends after the step it is in, and waits for that."""
        self._is_ending = True
        self._knock.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._is_ending:
                try:
                    moved = self._step()
                except Unavailable as error:
                    _log.error("database_unavailable", part=self.name, because=str(error))
                    self._wait(_RECOVER_FOR)
                    continue
                if not moved:
                    self._wait(self.poll_for)
        except BaseException as error:
            self.failure = error
            log_failure("part_failed", error, part=self.name)
            self._on_failure()

    def _wait(self, seconds: float) -> None:
        self._knock.wait(seconds)
        self._knock.clear()
