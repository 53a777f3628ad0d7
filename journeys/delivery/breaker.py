"""A breaker: a provider that fails again and again is left alone for a while.

Closed, everything goes.  After several failures in a row it opens and nothing goes; when its pause
is over one parcel is let through as a trial.  If that is accepted it closes; if not it opens
anew, for twice as long.  So a dead provider costs one attempt a pause, and no touch its attempts.

It reads no clock.  Several threads may ask it at once.
"""

from __future__ import annotations

from threading import Lock

_SECOND = 1_000_000


class Breaker:
    """Of one channel.  Instants and spans are microseconds."""

    def __init__(
        self, *, failures_max: int = 5, pause_first: int = 5 * _SECOND, pause_most: int = 300 * _SECOND
    ) -> None:
        self._failures_max = failures_max
        self._pause_first = pause_first
        self._pause_most = pause_most
        self._lock = Lock()
        self._failures = 0
        self._pause = 0
        self._opened_at = 0
        self._open_for = 0  # 0 while closed
        self._is_trying = False

    def room(self, now: int, wanted: int) -> int:
        """How many of those `wanted` are worth beginning: none while it is open, and one where one would be a trial."""
        with self._lock:
            return 0 if self._rest(now) > 0 else min(wanted, 1) if self._open_for else wanted

    def open_until(self, now: int) -> int:
        """When a trial may go: `now` if one may."""
        with self._lock:
            return now + self._rest(now)

    def admits(self, now: int) -> bool:
        """Whether this parcel may go.  After a pause one may, and then none until its outcome is told.

        Should the outcome never be told, as of a thread that died, another one may after a pause.
        """
        with self._lock:
            if self._rest(now) > 0:
                return False
            if self._open_for:
                self._is_trying = True
                self._open(now, max(self._pause, self._pause_first))
            return True

    def succeeded(self) -> bool:
        """The provider answered as one that is alive: it accepted, or refused for good.  Whether it was left alone."""
        with self._lock:
            was_open = self._open_for > 0
            self._failures = self._pause = self._open_for = 0
            self._is_trying = False
            return was_open

    def failed(self, now: int, retry_after: int | None = None) -> int:
        """A transient failure.  A provider that asked to be left alone for a while is, from the first.

        For how long it is left alone from now on; 0 where this failure changes nothing about that.
        """
        with self._lock:
            self._failures += 1
            pause = min(retry_after or 0, self._pause_most)
            if self._failures >= self._failures_max:
                # Parcels that were under way when it opened are no trials: they do not make the pause grow.
                if self._is_trying or not self._pause:
                    self._pause = min(self._pause_most, max(self._pause_first, 2 * self._pause))
                pause = max(pause, self._pause)
            self._is_trying = False
            if pause <= self._rest(now):
                return 0
            self._open(now, pause)
            return pause

    def _open(self, now: int, pause: int) -> None:
        self._opened_at, self._open_for = now, pause

    def _rest(self, now: int) -> int:
        """How long it is still open.  A clock that was set back does not make it longer: it counts from there."""
        self._opened_at = min(self._opened_at, now)
        return max(0, self._opened_at + self._open_for - now)
