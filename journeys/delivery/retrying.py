"""When to try again: longer and longer waits, each drawn by chance.

Retries are rows of the outbox, which outlive a crash and a restart.  So they are a function from the
number of the attempt to an instant, and not a loop that sleeps: libraries such as stamina wait in
the process, which would hold a lease and a thread for as long and forget it all with the process.

The wait is drawn evenly between nothing and its bound ("full jitter"), and the bound doubles: what
failed together does not come back together.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

_SECOND = 1_000_000
_HOUR = 3600 * _SECOND
_DAY = 24 * _HOUR
# Whoever asks to be left alone for longer is not believed: touches of that age are of no use.
_ASKED_MAX = _DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """`first` and `most` bound the wait after the first attempt, and after any, in microseconds.

    As they are, the last of the attempts comes after 22 hours, on average.
    """

    first: int = 10 * _SECOND
    most: int = 2 * _HOUR
    attempts_max: int = 32

    def next_at(self, attempt: int, now: int, retry_after: int | None, random: Random) -> int | None:
        """When to try again after this attempt, counted from 1; None if it was the last.

        What the provider asked for is waited in full, and the drawn wait comes on top of it.
        """
        if attempt >= self.attempts_max:
            return None
        doublings = min(attempt - 1, self.most.bit_length())
        asked = min(max(retry_after or 0, 0), _ASKED_MAX)
        return now + asked + random.randint(0, min(self.most, self.first << doublings))
