"""Figures for whoever watches, as Prometheus reads them; none of them names a customer.

The registry may be handed in, so that a process which also works and relays tells everything in one place.
"""

from __future__ import annotations

from math import nan
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.responses import Response

from journeys.clock import Clock
from journeys.store.database import Database
from journeys.store.inbox import backlog

from .problems import Refusal
from .reading import read_off

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE", "PATCH"})


class Figures:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._events = Counter(
            "journeys_events_received", "Events handed in, by what became of them", ["status"], registry=registry
        )
        self._requests = Histogram(
            "journeys_http_request_seconds",
            "How long an answer took",
            ["route", "method", "status"],
            registry=registry,
            buckets=_SECONDS,
        )
        self._pending = Gauge("journeys_inbox_pending", "Events that wait for a worker", registry=registry)
        self._oldest = Gauge(
            "journeys_inbox_oldest_seconds", "How long the oldest of them has waited", registry=registry
        )

    def count_events(self, status: str, count: int) -> None:
        if count:
            self._events.labels(status).inc(count)

    def count_request(self, *, route: str, method: str, status: int, took: int) -> None:
        """`took` in microseconds."""
        # Anyone may send any method; each would be a figure of its own, for ever.
        method = method if method in _METHODS else "other"
        self._requests.labels(route, method, str(status)).observe(max(0, took) / 1_000_000)

    async def tell(self, *, database: Database, clock: Clock) -> Response:
        now = clock()
        try:
            found = await read_off(database, lambda connection: backlog(connection, now))
        except Refusal:
            # The other figures are wanted most when the database is away.
            self._pending.set(nan)
            self._oldest.set(nan)
        else:
            self._pending.set(found.pending)
            self._oldest.set(0 if found.oldest_at is None else max(0, now - found.oldest_at) / 1_000_000)
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)
