"""A process of the engine with short patience: `python -m tests.faults.part URL worker relay`.

The same parts as `journeys serve` has, put together in the same way.  A lease, a wait and a pause that are
minutes there are a moment here, so that a storm of minutes holds what would take days.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from journeys.clock import now
from journeys.delivery.breaker import Breaker
from journeys.delivery.http import HttpProvider
from journeys.delivery.retrying import Retrying
from journeys.runtime.attempting import Lane, Ways
from journeys.runtime.engine import Engine
from journeys.runtime.live import Live
from journeys.runtime.relaying import Relay
from journeys.runtime.running import Part
from journeys.runtime.scheduler import Scheduler
from journeys.runtime.working import Worker
from journeys.store.database import open_database

SECOND = 1_000_000
TIMEOUT_S = 0.5
LEASE_FOR = 3 * SECOND
RETRYING = Retrying(first=SECOND // 20, most=SECOND // 2, attempts_max=1_000)
UP = "working"


def main(url: str, roles: list[str]) -> int:
    database = open_database(url)
    if "worker" in roles:
        database.alone()
    live = Live(database, now)
    ended = threading.Event()
    parts: dict[str, Part] = {}
    relay: Relay | None = None

    def knock(name: str) -> None:
        if name in parts:
            parts[name].knock()

    worker: Worker | None = None
    if "worker" in roles:
        worker = Worker(live, batch=50)

        def decide() -> int:
            decided = worker.work()
            if decided:
                knock("relay")
            return decided

        parts["worker"] = Part("worker", decide, ended.set)
    if "relay" in roles:
        relay = Relay(
            live,
            _ways,
            "https://kaffa.example",
            retrying=RETRYING,
            lease_for=LEASE_FOR,
            on_done=lambda: knock("relay"),
        )
        parts["relay"] = Part("relay", relay.relay, ended.set)
    signal.signal(signal.SIGTERM, lambda number, frame: ended.set())
    scheduler = Scheduler()
    scheduler.every(0.5, "publications", live.refresh, ended.set)
    scheduler.start()
    for part in parts.values():
        part.start()
    print(UP, flush=True)
    ended.wait()
    for part in parts.values():
        part.stop()
    if worker is not None:
        worker.close()
    if relay is not None:
        relay.close()
    scheduler.stop()
    database.close()
    return int(any(part.failure is not None for part in parts.values()))


def _ways(engine: Engine) -> Ways:
    lanes: dict[str, Lane] = {}
    for name, channel in engine.program.definitions.brand.channels.items():
        if channel.request is not None:
            provider = HttpProvider(channel.request, environment=os.environ, clock=now, timeout_s=TIMEOUT_S)
            lanes[name] = Lane(provider=provider, breaker=Breaker(pause_first=SECOND // 10, pause_most=SECOND // 5))
    return Ways(lanes, {})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
