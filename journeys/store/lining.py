"""Lining up: those of one process who write to one file go one after the other, in the order in which they came.

SQLite has room for one writer.  It lets another sleep and look again, for longer each time, so that whoever comes at
the right moment goes first, and who has waited longest waits on.  Here the next one is let in at once.  Writers of
other processes are not in this line, and with them SQLite's own waiting remains.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock


class TooLong(Exception):
    """Whoever was before them did not end."""


class Line:
    """Whoever is first in it is let in.  `patience` is for how many seconds anyone waits."""

    def __init__(self, *, patience: float) -> None:
        self.patience = patience
        self._changing = Lock()
        self._waiting: deque[Lock] = deque()  # the first is in; a lock that is let go lets one in

    def join(self) -> AbstractContextManager[None]:
        """A place at its end.  The block begins when it has become the first, or raises TooLong."""
        mine = Lock()
        mine.acquire()
        with self._changing:
            self._waiting.append(mine)
            if self._waiting[0] is mine:
                mine.release()
        return self._in(mine)

    @contextmanager
    def _in(self, mine: Lock) -> Iterator[None]:
        try:
            if not mine.acquire(timeout=self.patience):
                raise TooLong
            yield
        finally:
            with self._changing:
                was_first = self._waiting[0] is mine
                self._waiting.remove(mine)
                if was_first and self._waiting:
                    self._waiting[0].release()
