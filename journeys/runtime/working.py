"""Working: the worker takes customers with something to do, decides for each, and writes it all down at once.

The unit of work is a customer, not an event.  One transaction claims some, turns each, and keeps
what came of it: their new values, their history, the touches to send, and which events are taken.
So whatever ends a worker, at whatever statement, either all of it happened or none.

Where only one worker can be, on SQLite, a deputy decides for some of many.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Iterator
from typing import Final

import structlog

from journeys.core.calendar import MINUTE
from journeys.store.claiming import claim
from journeys.store.customers import save
from journeys.store.values import Claimed, Taken

from .deciding import Decided, decide
from .deputy import Deputy
from .engine import Engine, see_newest
from .figures import Figures
from .live import Live
from .merging import alone, gather, who_name_another
from .parking import put_aside
from .publishing import read_published

BATCH: Final = 200  # customers in one transaction: enough to share its cost, few enough to wait for
_PIECE: Final = 20  # customers that a deputy is asked for at once: few enough to wait for, where it is slow
_SAVED_AT_ONCE: Final = 80  # customers decided for, while a deputy decides for others
_KEPT_FOR: Final = MINUTE  # a deputy with little to do; and none is called twice within that

_PROCESSORS: Final = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

_log = structlog.get_logger("journeys")


class Worker:
    """Takes customers, a batch at a time."""

    def __init__(self, live: Live, *, batch: int = BATCH, figures: Figures | None = None) -> None:
        self.live = live
        self.batch = batch
        self.figures = figures or Figures()
        # On PostgreSQL another worker does more.
        self.may_share = not live.database.is_postgres and _PROCESSORS > 1
        self.deputy: Deputy | None = None
        self._called_at = self._behind_at = -_KEPT_FOR

    def work(self) -> int:
        """Decides for the customers that have something to do, a batch at most; how many there were."""
        decided = self.live.newest(self._work)
        if self.may_share:
            # Half a batch is many: of customers with many events each, a whole one is never claimed.
            self._see_to_deputy(is_behind=decided >= self.batch // 2)
        return decided

    def call_deputy(self) -> None:
        """It gets ready while the worker works."""
        self._called_at = self.live.clock()
        try:
            self.deputy = Deputy(*read_published(self.live.database, self.live.engine.publication))
        except OSError as error:
            _log.warning("deputy_not_called", because=error.strerror)

    def close(self) -> None:
        if self.deputy is not None:
            self.deputy.close()
            self.deputy = None

    def _work(self, engine: Engine) -> int:
        now = self.live.clock()
        with self.live.database.writing() as connection:
            claimed = claim(connection, now, self.batch)
            if claimed:
                # After the claim: what let in an event was published before that event was there.
                see_newest(connection, engine)
            taken: list[Taken] = []
            known: set[str] = set()  # who had a turn in here or was merged, where somebody may be merged at all
            done: list[Claimed] = []
            withdrawn: list[str | None] = []
            waiting = by_deputy = 0
            merging = who_name_another(claimed)
            if merging:
                # Who takes in another comes before they would have a turn of their own.
                claimed.sort(key=lambda each: each.id not in merging)
            for each, decided in self._shared(engine, claimed, merging, now):
                if each.id in known:
                    continue
                by_deputy += decided is not None
                try:
                    if decided is None:
                        if each.id in merging:
                            given = gather(connection, engine, each, now, known)
                        else:
                            given = alone(engine, each, now)
                        if given is None:
                            waiting += 1
                            continue
                        decided = decide(engine, given)
                except Exception as error:
                    put_aside(connection, each.id, error, now)
                    continue
                taken += decided.turns
                if merging:
                    known.update([id for turn in decided.turns for id in (turn.kept.id, *turn.merged)])
                done.append(each)
                withdrawn += decided.withdrawn
                if by_deputy and len(taken) >= _SAVED_AT_ONCE:
                    save(connection, taken, now)
                    taken = []
            save(connection, taken, now)
        self.figures.count_turns("worker", len(done) - by_deputy)
        self.figures.count_turns("deputy", by_deputy)
        self._count(done, withdrawn, now=now, kept_at=self.live.clock())
        return len(claimed) - waiting

    def _shared(
        self, engine: Engine, claimed: list[Claimed], merging: Collection[str], now: int
    ) -> Iterator[tuple[Claimed, Decided | None]]:
        """Each customer, with what the deputy decided for them, if it did; it takes the last ones, piece by piece."""
        deputy = self.deputy
        # Who is merged is gathered from rows, and a deputy has none.
        if deputy is None or merging or deputy.publication != engine.publication:
            yield from [(each, None) for each in claimed]
            return
        deputy.forget()
        pieces = deque(claimed[first : first + _PIECE] for first in range(0, len(claimed), _PIECE))
        while pieces:
            while len(pieces) > 1 and deputy.ask(pieces[-1], now):
                pieces.pop()
            yield from [(each, None) for each in pieces.popleft()]
            yield from deputy.answers(is_last=not pieces)

    def _see_to_deputy(self, *, is_behind: bool) -> None:
        """One is called where there is much to do, and let go when there was not for a while."""
        now = self.live.clock()
        number = self.live.engine.publication
        if is_behind:
            self._behind_at = now
        if self.deputy is not None:
            is_outdated = self.deputy.publication != number
            if is_outdated:
                self._called_at = -_KEPT_FOR  # nothing was wrong with it
            if is_outdated or self.deputy.has_ended or abs(now - self._behind_at) >= _KEPT_FOR:
                self.close()
        if is_behind and self.deputy is None and abs(now - self._called_at) >= _KEPT_FOR:
            self.call_deputy()

    def _count(self, decided: list[Claimed], withdrawn: list[str | None], *, now: int, kept_at: int) -> None:
        """What was kept by now, for customers that were claimed at `now`."""
        self.figures.count_decided(
            heard_after=[
                kept_at - min([event.received_at for event in each.events]) for each in decided if each.events
            ],
            due_after=[kept_at - each.kept.wake_at for each in decided if each.kept and each.kept.wake_at <= now],
        )
        for channel in withdrawn:
            self.figures.count_touch(channel, "withdrawn")
