"""A rate: so many a second on a channel, and no burst that a provider would refuse.

A bucket of tokens that fills evenly, kept as one instant: when it will be full again.  Whole
microseconds, no clock, no thread.  It is this process's own: relays that share a channel share its
rate by being given a part each.
"""

from __future__ import annotations

_SECOND = 1_000_000


class Rate:
    """Holds the tokens of one second, one at least, and begins full."""

    __slots__ = ("_burst", "_each", "_full_at")

    def __init__(self, per_second: float) -> None:
        self._each = max(1, round(_SECOND / per_second))
        self._burst = max(1, _SECOND // self._each)
        self._full_at = 0

    def take(self, now: int, wanted: int = 1) -> int:
        """How many may go at once, `wanted` at most.  They are taken."""
        owed = self._owed(now)
        taken = max(0, min(wanted, (self._burst * self._each - owed) // self._each))
        self._full_at = now + owed + taken * self._each
        return taken

    def give_back(self, count: int) -> None:
        """Tokens that were taken and not used."""
        self._full_at -= count * self._each

    def _owed(self, now: int) -> int:
        # A clock that was set back would otherwise close the channel for as long.
        return min(max(0, self._full_at - now), self._burst * self._each)
