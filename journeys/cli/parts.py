"""Parts: what works in this process beside what listens; how it begins, is woken, and ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from journeys.cli.environment import Asked, Setup
from journeys.clock import now
from journeys.runtime.figures import Figures
from journeys.runtime.live import Live
from journeys.runtime.nightly import LOOK_EVERY, Nightly
from journeys.runtime.relaying import Relay
from journeys.runtime.retaining import JOB, Retaining
from journeys.runtime.running import POLL_FOR, POLL_FOR_RUNG, Part
from journeys.runtime.scheduler import Scheduler
from journeys.runtime.sweeping import Sweep
from journeys.runtime.ways import ways_by
from journeys.runtime.working import Worker
from journeys.store.waking import Listener, ring

LOOK_FOR_PUBLICATIONS_EVERY: Final = 2.0  # seconds between two looks for a new publication


class Parts:
    """Those of the role.  `on_failure` is called from any thread when one of them has failed."""

    def __init__(
        self, asked: Asked, setup: Setup, live: Live, *, environment: Mapping[str, str], on_failure: Callable[[], None]
    ) -> None:
        self.figures = Figures()
        self.figures.running = lambda: live.engine.publication
        self._live = live
        self._on_failure = on_failure
        self._scheduler = Scheduler()
        self._scheduler.every(LOOK_FOR_PUBLICATIONS_EVERY, "publications", live.refresh, on_failure)
        self._parts: dict[str, Part] = {}
        self._worker: Worker | None = None
        self._relay: Relay | None = None
        self._nightly: Nightly | None = None
        poll_for = POLL_FOR_RUNG if live.database.is_postgres else POLL_FOR
        if asked.decides:
            worker = self._worker = Worker(live, figures=self.figures)
            sweep = Sweep(live, figures=self.figures)
            self._parts["worker"] = Part("worker", lambda: self._decide(worker, sweep), on_failure, poll_for=poll_for)
            retaining = Retaining(live, remember_for=setup.remember_for, figures=self.figures)
            self._nightly = Nightly(live, JOB, retaining.run)
            self._scheduler.every(LOOK_EVERY, JOB, self._nightly.look, on_failure)
        if asked.relays:
            relay = self._relay = Relay(
                live,
                ways_by(environment, setup.outbox, clock=now, may_be_files=asked.may_be_files),
                setup.public_url,
                on_done=lambda: self.knock("relay"),
                figures=self.figures,
            )
            self.figures.ways = lambda: relay.standing
            self._parts["relay"] = Part("relay", relay.relay, on_failure, poll_for=poll_for)
        self._listener = Listener(live.database, {name: part.knock for name, part in self._parts.items()})

    @property
    def told(self) -> list[tuple[str, str]]:
        """Where touches go, for whoever starts this."""
        return [] if self._relay is None else self._relay.told

    def start(self) -> None:
        self._scheduler.start()
        for part in self._parts.values():
            part.start()
        if self._parts:
            self._listener.start()

    def stop(self) -> None:
        # In the order in which things flow: what was decided last is still begun by the relay.
        for part in self._parts.values():
            part.stop()
        if self._worker is not None:
            self._worker.close()
        if self._relay is not None:
            self._relay.close()
        self._listener.stop()
        if self._nightly is not None:
            self._nightly.stop()
        self._scheduler.stop()

    def knock(self, part: str) -> None:
        """There may be something to do for it, here or elsewhere."""
        if part in self._parts:
            self._parts[part].knock()
        else:
            ring(self._live.database, part)

    def _decide(self, worker: Worker, sweep: Sweep) -> int:
        decided = worker.work() or sweep.work()
        if decided:
            self.knock("relay")
        return decided
