"""Figures for whoever watches, as Prometheus reads them: what this process did, and how the database stands.

What was done is counted where it is done.  How things stand is looked up when somebody asks, at most once
in a few seconds, so that it is right whatever process asks and costs nothing when none does.

None of it names a customer; a label is a channel, a person of ours, a route or a word of this house, so
that there are never more than a few.  Home of prometheus-client.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from threading import Lock
from typing import Final

import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from journeys.clock import Clock
from journeys.core.calendar import SECOND
from journeys.store import outbox
from journeys.store.database import Connection, Database, Unavailable
from journeys.store.looking import Due, Unheard, count_parked, due, failed_by_channel, unheard
from journeys.store.publications import newest_number

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
TO_US: Final = "to us"  # what goes to somebody of ours, by no channel; no channel can have this name
LOOK_EVERY: Final = 5 * SECOND

_QUICK: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SLOW: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600, 21_600, 86_400)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "OPTIONS", "DELETE", "PATCH"})

# When each figure was first counted is one more of each, and nobody's question: Prometheus sees a process begin anew.
disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no annotations

_log = structlog.get_logger("journeys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way out, as it stands: `person` is empty unless it leads to a machine of ours."""

    channel: str
    person: str = ""
    is_left_alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """How things stood at an instant."""

    at: int
    number: int
    unheard: Unheard
    due: Due
    parked: int
    waiting: dict[str, outbox.Waiting]
    failed: dict[str, int]


class Figures:
    """What a process counts, and tells.

    `running` says which publication it runs, and `ways` how its ways out stand, where it has any.
    """

    def __init__(self) -> None:
        self.running: Callable[[], int] | None = None
        self.ways: Callable[[], Iterable[Way]] = lambda: ()
        self._registry = registry = CollectorRegistry()
        self._lock = Lock()
        self._seen: _Seen | None = None
        ProcessCollector(registry=registry)
        self._events = Counter(
            "journeys_events_received", "Events handed in, by what became of them", ["status"], registry=registry
        )
        self._requests = Histogram(
            "journeys_http_request_seconds",
            "How long an answer took",
            ["route", "method", "status"],
            registry=registry,
            buckets=_QUICK,
        )
        self._too_often = Counter(
            "journeys_http_too_often",
            "Requests beyond the rate of who makes them, by how they are known",
            ["by"],
            registry=registry,
        )
        self._turns = Counter(
            "journeys_turns", "Turns of customers that were committed, by who took them", ["by"], registry=registry
        )
        self._heard = _Spans(
            "journeys_event_to_decision_seconds",
            "From when an event came in until what was decided on it was kept; of each turn the longest",
        )
        self._rung = _Spans(
            "journeys_due_to_decision_seconds", "From when a customer was due by time until what was decided was kept"
        )
        registry.register(self._heard)
        registry.register(self._rung)
        self._sent = Histogram(
            "journeys_due_to_sent_seconds",
            "From when a touch was due until a provider took it; what the gate put off is in it",
            ["channel"],
            registry=registry,
            buckets=_SLOW,
        )
        self._touches = Counter(
            "journeys_touches", "What became of touches that were let go", ["channel", "outcome"], registry=registry
        )

    # ------------------------------------------------------------ what was done

    def count_events(self, status: str, count: int) -> None:
        if count:
            self._events.labels(status).inc(count)

    def count_request(self, *, route: str, method: str, status: int, took: int) -> None:
        """`took` in microseconds."""
        # Anyone may send any method; each would be a figure of its own, for ever.
        method = method if method in _METHODS else "other"
        self._requests.labels(route, method, str(status)).observe(_seconds(took))

    def count_too_often(self, by: str) -> None:
        """`by` is key, source, link or address."""
        self._too_often.labels(by).inc()

    def count_turns(self, by: str, count: int) -> None:
        if count:
            self._turns.labels(by).inc(count)

    def count_decided(self, *, heard_after: Sequence[int], due_after: Sequence[int]) -> None:
        """How long those who were decided for had waited, in microseconds: with events, and by time alone."""
        self._heard.count(heard_after)
        self._rung.count(due_after)

    def count_touch(self, channel: str | None, outcome: str) -> None:
        """`outcome` is sent, failed, withdrawn or retried."""
        self._touches.labels(channel or TO_US, outcome).inc()

    def count_sent(self, channel: str | None, after: int) -> None:
        """A provider took a touch; `after` in microseconds since it was due."""
        self.count_touch(channel, "sent")
        self._sent.labels(channel or TO_US).observe(_seconds(after))

    # ------------------------------------------------------------ what is told

    def tell(self, database: Database, clock: Clock) -> bytes:
        """All of it; of a database that is away, only that it is."""
        now = clock()
        standing = CollectorRegistry()
        standing.register(_Standing([*self._of_process(), *_of_database(self._look(database, now), now)]))
        return generate_latest(self._registry) + generate_latest(standing)

    def _of_process(self) -> Iterator[Metric]:
        if self.running is not None:
            yield _gauge("journeys_publication_running", "The publication that this process runs", self.running())
        left_alone = GaugeMetricFamily(
            "journeys_provider_left_alone",
            "1 while a provider that failed again and again is left alone",
            labels=["channel", "person"],
        )
        for way in self.ways():
            left_alone.add_metric([way.channel or TO_US, way.person], int(way.is_left_alone))
        if left_alone.samples:
            yield left_alone

    def _look(self, database: Database, now: int) -> _Seen | None:
        with self._lock:
            seen = self._seen
            if seen is not None and 0 <= now - seen.at < LOOK_EVERY:
                return seen
            try:
                with database.reading() as connection:
                    self._seen = _look(connection, now)
            except Unavailable as error:
                _log.error("database_unavailable", part="figures", because=str(error))
                self._seen = None
            return self._seen


class _Spans(Collector):
    """A histogram that takes the spans of a whole batch at once.

    The library takes them one by one, at a tenth of what a decision costs in all.
    """

    _BOUNDS: Final = [round(bound * SECOND) for bound in _SLOW]

    def __init__(self, name: str, told: str) -> None:
        self._name = name
        self._told = told
        self._lock = Lock()
        self._counts = [0] * (len(_SLOW) + 1)
        self._sum = 0

    def count(self, spans: Sequence[int]) -> None:
        """Spans of microseconds; one below nothing comes of a clock that was set back."""
        with self._lock:
            for span in spans:
                self._counts[bisect_left(self._BOUNDS, span)] += 1
                self._sum += max(0, span)

    def collect(self) -> Iterable[Metric]:
        names = [*[str(float(bound)) for bound in _SLOW], "+Inf"]
        with self._lock:
            buckets = [*zip(names, accumulate(self._counts), strict=True)]
            total = _seconds(self._sum)
        yield HistogramMetricFamily(self._name, self._told, buckets=buckets, sum_value=total)


class _Standing(Collector):
    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _look(connection: Connection, now: int) -> _Seen:
    return _Seen(
        at=now,
        number=newest_number(connection),
        unheard=unheard(connection, now),
        due=due(connection, now),
        parked=count_parked(connection),
        waiting=outbox.waiting(connection),
        failed=failed_by_channel(connection),
    )


def _of_database(seen: _Seen | None, now: int) -> Iterator[Metric]:
    yield _gauge("journeys_database_up", "1 while the database answers", int(seen is not None))
    if seen is None:
        return
    waits, owed = seen.unheard, seen.due
    yield _gauge("journeys_inbox_pending", "Events that wait for a worker", waits.events)
    yield _gauge("journeys_inbox_oldest_seconds", "How long the first has been there", _late(waits.since, now))
    yield _gauge("journeys_customers_due", "Customers for whom something is due", owed.customers)
    yield _gauge("journeys_customers_due_seconds", "How long the first has been due", _late(owed.oldest_at, now))
    yield _gauge("journeys_customers_parked", "Customers whose turn fails, and who wait", seen.parked)
    yield _gauge("journeys_publication_newest", "What was published last", seen.number)
    waiting = GaugeMetricFamily("journeys_outbox_waiting", "Touches that wait to be sent", labels=["channel"])
    late = GaugeMetricFamily(
        "journeys_outbox_late_seconds", "How long the first of them could have gone", labels=["channel"]
    )
    failed = GaugeMetricFamily("journeys_outbox_failed", "Dead letters: touches that were given up", labels=["channel"])
    for channel in sorted({*seen.waiting, *seen.failed}):
        queue = seen.waiting.get(channel, outbox.Waiting(waiting=0, oldest_at=None))
        waiting.add_metric([channel or TO_US], queue.waiting)
        late.add_metric([channel or TO_US], _late(queue.oldest_at, now))
        failed.add_metric([channel or TO_US], seen.failed.get(channel, 0))
    yield from (waiting, late, failed)


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value=value)


def _late(since: int | None, now: int) -> float:
    return 0 if since is None else _seconds(now - since)


def _seconds(span: int) -> float:
    """A clock that was set back makes no span of less than nothing."""
    return max(0, span) / SECOND
