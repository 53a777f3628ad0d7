"""Sweeping: after a publication every customer is planned anew, a batch at a time, when nothing else is to do.

What a publication changes (a segment, a clock of a journey that nobody stands in) would otherwise be noticed
only when something happens to a customer.
"""

from __future__ import annotations

from journeys.store.claiming import lock
from journeys.store.customers import behind, save
from journeys.store.inbox import unheard_of
from journeys.store.publications import newest_number
from journeys.store.values import Taken

from .deciding import begin_or_go_on
from .figures import Figures
from .live import Live
from .parking import put_aside
from .working import BATCH


class Sweep:
    """Goes through the customers once for each publication."""

    def __init__(self, live: Live, *, batch: int = BATCH, figures: Figures | None = None) -> None:
        self.live = live
        self.batch = batch
        self.figures = figures or Figures()
        self._publication = 0
        self._after: str | None = None

    def work(self) -> int:
        """Plans a batch anew; how many there were."""
        engine = self.live.engine
        if engine.publication != self._publication:
            self._publication, self._after = engine.publication, ""
        if self._after is None:
            return 0
        now = self.live.clock()
        with self.live.database.writing() as connection:
            if newest_number(connection) != engine.publication:
                # Another is on its way here, and will plan everybody once.
                return 0
            ids = behind(connection, engine.publication, after=self._after, limit=self.batch)
            taken: list[Taken] = []
            locked = lock(connection, ids)
            # What they said comes first, or clocks would ring without it; and the turn that hears it plans them anew.
            unheard = unheard_of(connection, locked, now)
            for id, kept in locked.items():
                if kept.publication >= engine.publication or id in unheard:
                    continue
                try:
                    turn = begin_or_go_on(engine, id, engine.customer_of(kept), [], now)
                    taken.append(engine.taken(kept, turn, kind="turn"))
                except Exception as error:
                    put_aside(connection, id, error, now)
            save(connection, taken, now)
        self.figures.count_turns("sweep", len(taken))
        self._after = ids[-1] if ids else None
        return len(ids)
