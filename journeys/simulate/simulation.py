"""Simulation: a whole population through journeys, in virtual time, on as many processes as there are.

Customers are numbered, and each lives the same life whoever lives beside them.  They are walked in
chunks by any `Executor` and what came of the chunks is added up in their order; counts are
integers.  So nothing depends on how many processes there are, on how long chunks are, or on
who was faster.
"""

from __future__ import annotations

import pickle
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Final

import msgspec

from journeys.core.calendar import DAY
from journeys.core.compiling import compile_program
from journeys.core.trace import Teller, header_of
from journeys.definition.model import Definitions
from journeys.definition.population_model import Population
from journeys.errors import ConfigurationError
from journeys.measure.comparison import Comparison
from journeys.measure.report import Report, make_report
from journeys.measure.tally import Tally

from .behaviour import compile_populations
from .comparing import Partings, deeds_of
from .life import Life
from .tracefile import opened, paths_of

CHUNK: Final = 1_000  # customers; a second's work or less
AHEAD: Final = 3  # chunks under way for each process: enough to keep it busy, few enough to hold

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is simulated.  `populations` stand in the order of `journeys`; `until` is the last instant.

    `before` is another version of the definitions, through which the same customers are walked as well.
    """

    definitions: Definitions
    populations: tuple[Population, ...]
    journeys: tuple[str, ...]
    customers: int
    days: int
    seed: int
    before: Definitions | None = None

    @property
    def salt(self) -> str:
        """What arms and lives are drawn with: another seed is another world."""
        return f"simulate {self.seed}"

    @property
    def start(self) -> int:
        return self.populations[0].start

    @property
    def until(self) -> int:
        return self.start + self.days * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What came of it.  `signals` are events from outside and due clocks; `events` the first of these alone.

    `tally` is what the report was made of; `before` what came of the other version, and `comparison` how
    the two treat customers.
    """

    report: Report
    tally: Tally = field(repr=False, compare=False)
    signals: int
    events: int
    before: Report | None = None
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """What came of some customers in one version: counts, and their part of the trace where one is wanted."""

    counts: dict[tuple[int | str, ...], int]
    signals: int
    events: int
    trace: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """What came of one chunk, by version."""

    customers: int
    walked: tuple[Walked, ...]
    partings: Partings


def simulate(
    plan: Plan,
    *,
    executor: Executor | None = None,
    jobs: int = 1,
    chunk: int = CHUNK,
    trace: Path | None = None,
    on_progress: Progress = lambda done, total: None,
) -> Simulated:
    """Walks every customer of a plan; without an executor here and now.

    `jobs` is how many chunks the executor works on at once.  With another version its trace is written
    beside, as `before_path` names it.  Raises InputError for a value of the population that no event could
    carry, and for a trace that cannot be written.
    """
    # Made ready here too: what is wrong with the population is told before the work begins.
    packed = pickle.dumps(plan)
    tallies = [Tally(world.program) for world in _worlds_of(packed)]
    partings = Partings()
    signals = events = done = 0
    with ExitStack() as stack:
        files = [stack.enter_context(opened(path)) for path in paths_of(trace, versions=len(tallies))]
        for file, tally in zip(files, tallies):
            if file is not None:
                file.write([header_of(tally.program, plan.journeys, plan.until)])
        for part in _walked(packed, plan.customers, executor, jobs, chunk, trace is not None):
            for tally, walked in zip(tallies, part.walked):
                tally.merge(walked.counts)
            for file, walked in zip(files, part.walked):
                if file is not None:
                    file.write_lines(zlib.decompress(walked.trace))
            signals += part.walked[0].signals
            events += part.walked[0].events
            partings.merge(part.partings)
            done += part.customers
            on_progress(done, plan.customers)
    reports = [make_report(tally, until=plan.until) for tally in tallies]
    if plan.before is None:
        return Simulated(report=reports[0], tally=tallies[0], signals=signals, events=events)
    return Simulated(
        report=reports[0],
        tally=tallies[0],
        signals=signals,
        events=events,
        before=reports[1],
        comparison=partings.comparison(),
    )


def _walked(
    packed: bytes, customers: int, executor: Executor | None, jobs: int, chunk: int, has_trace: bool
) -> Iterator[Chunk]:
    """What came of each chunk, in order."""
    spans = ((first, min(chunk, customers - first)) for first in range(0, customers, chunk))
    if executor is None:
        for first, count in spans:
            yield walk_chunk(packed, first, count, has_trace)
        return
    under_way: deque[Future[Chunk]] = deque()
    try:
        while True:
            for first, count in islice(spans, jobs * AHEAD - len(under_way)):
                under_way.append(executor.submit(walk_chunk, packed, first, count, has_trace))
            if not under_way:
                return
            yield under_way.popleft().result()
    except BrokenExecutor:
        raise ConfigurationError(
            "a process that walked customers was ended from outside, for lack of memory perhaps: try fewer --jobs"
        ) from None
    finally:
        for future in under_way:
            future.cancel()


class _World:
    """One version of a plan, made ready in this process; many chunks are walked in it."""

    def __init__(self, plan: Plan, definitions: Definitions) -> None:
        self.program = compile_program(definitions, salt=plan.salt, journeys=plan.journeys)
        compiled = compile_populations(self.program, plan.populations, plan.definitions)
        self.life = Life(self.program, compiled, plan.until, plan.salt)
        self.until = plan.until
        self.tally = Tally(self.program)
        self.signals = self.events = 0
        self.teller = Teller(self.program)
        self.encoder = msgspec.json.Encoder()
        self.lines: list[bytes] = []

    def begin(self) -> None:
        """A chunk begins: nothing is counted yet."""
        self.tally = Tally(self.program)
        self.signals = self.events = 0
        self.lines = []

    def walk(self, number: int, has_trace: bool) -> str | None:
        """One customer; their id is given back, and their whys stand in `life`.  None of one who never came."""
        life = self.life
        customer = life.live(number)
        if not life.came:
            return None
        self.signals += life.signals
        self.events += len(life.recorded)
        self.tally.add(life.whys, self.until)
        if has_trace:
            self.lines.append(self.encoder.encode_lines(self.teller.rows(customer.id, life.whys)))
        return customer.id

    def walked(self) -> Walked:
        trace = zlib.compress(b"".join(self.lines), 1)
        return Walked(counts=self.tally.counts, signals=self.signals, events=self.events, trace=trace)


# A world is walked by one thread: the others of a cluster's worker could not walk at the same time anyway.
_walking: Final = Lock()
# The plan that this process walked last: chunk after chunk is of the same one.
_ready: dict[bytes, list[_World]] = {}


def _worlds_of(packed: bytes) -> list[_World]:
    """The versions of a plan, made ready once in each process."""
    worlds = _ready.get(packed)
    if worlds is None:
        plan: Plan = pickle.loads(packed)
        versions = [plan.definitions] if plan.before is None else [plan.definitions, plan.before]
        worlds = [_World(plan, definitions) for definitions in versions]
        _ready.clear()
        _ready[packed] = worlds
    return worlds


def walk_chunk(packed: bytes, first: int, count: int, has_trace: bool) -> Chunk:
    """Walks some customers of a plan, in whatever process this runs; one chunk at a time, whatever its threads."""
    with _walking:
        return _walk_chunk(packed, first, count, has_trace)


def _walk_chunk(packed: bytes, first: int, count: int, has_trace: bool) -> Chunk:
    worlds = _worlds_of(packed)
    partings = Partings()
    for world in worlds:
        world.begin()
    for number in range(first, first + count):
        customer = worlds[0].walk(number, has_trace)
        if customer is not None and len(worlds) > 1:
            worlds[1].walk(number, has_trace)
            after, before = (deeds_of(world.program, world.life.whys) for world in worlds)
            partings.add(customer, before, after)
    return Chunk(customers=count, walked=tuple(world.walked() for world in worlds), partings=partings)
