"""`journeys serve`: the whole engine in one process, or a part of it beside others.

What is said at the start is what an operator asks first: where it listens, which database, which
definitions, and where touches go.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from journeys.check.folder import open_definitions
from journeys.cli.database import open_here
from journeys.cli.reached import PUBLIC_URL, public_url_of
from journeys.clock import now
from journeys.content.message import Message
from journeys.core.calendar import DAY
from journeys.core.customer import Customer
from journeys.core.program import Program
from journeys.definition.nearest import shown
from journeys.delivery.provider import SMTP_URL
from journeys.errors import ConfigurationError
from journeys.runtime.deciding import Worker
from journeys.runtime.figures import Figures
from journeys.runtime.live import Live
from journeys.runtime.nightly import LOOK_EVERY, Nightly
from journeys.runtime.publishing import newest_number, publish
from journeys.runtime.relaying import Relay
from journeys.runtime.retaining import JOB, REMEMBER_FOR, Retaining
from journeys.runtime.running import POLL_FOR, POLL_FOR_RUNG, Part
from journeys.runtime.scheduler import Scheduler
from journeys.runtime.sweeping import Sweep
from journeys.runtime.ways import ways_by
from journeys.runtime.wording import Undeliverable, Wording
from journeys.sources.signatures import secrets_of
from journeys.store.database import Database
from journeys.store.keys import list_keys, make_key
from journeys.store.outbox import Touch
from journeys.store.values import Kept
from journeys.store.waking import Listener, ring
from journeys.web.app import make_app, make_watching_app
from journeys.web.serving import PORT_MAX, Serving, serve

METRICS_PORT: Final = "JOURNEYS_METRICS_PORT"
REMEMBER_DAYS: Final = "JOURNEYS_REMEMBER_DAYS"
PORT: Final = 8085  # of the web part
_OUTBOX: Final = Path("outbox")
_REMEMBER_MAX: Final = 3_650  # days
INBOX_MAX: Final = 100_000  # events that may wait for a worker before more are refused
LOOK_FOR_PUBLICATIONS_EVERY: Final = 2.0  # seconds between two looks for a new publication
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command line.  `role` is all, web, worker or relay; `port` None is the usual one, and so is `outbox`."""

    folder: Path
    role: str
    host: str
    port: int | None
    outbox: Path | None


def run_engine(asked: Asked) -> int:
    """Serves until a signal.  Raises ConfigurationError, and DefinitionError for definitions with errors."""
    log_to_stderr()
    # Before there is a database: where there is nothing to run none is made.
    reading = open_definitions(asked.folder) if asked.role == "all" else None
    with open_here(is_made=True, is_new_allowed=reading is not None) as database:
        if asked.role in ("all", "worker"):
            database.alone()
        if reading is not None:
            published = publish(database, asked.folder, now(), reading=reading)
            say("definitions", f"{asked.folder}, publication {published.number}{' (new)' if published.is_new else ''}")
        elif not newest_number(database):
            raise ConfigurationError(f"nothing is published in {database.shown}: run `journeys publish` first")
        _Engine(asked, database).run()
    return 0


class _Engine:
    """The parts of this process, and how they begin and end."""

    def __init__(self, asked: Asked, database: Database) -> None:
        self.asked = asked
        self.database = database
        self.live = Live(database, now)
        self.public_url = public_url_of(os.environ)
        self.port = _port_of(asked)
        self.figures = Figures()
        self.figures.running = lambda: self.live.engine.publication
        self.ended = threading.Event()
        self.has_failed = False
        self.stop_web: Callable[[], None] = lambda: None
        self.scheduler = Scheduler()
        self.scheduler.every(LOOK_FOR_PUBLICATIONS_EVERY, "publications", self.live.refresh, self._fail)
        self.parts: dict[str, Part] = {}
        self.relay: Relay | None = None
        self.nightly: Nightly | None = None
        poll_for = POLL_FOR_RUNG if database.is_postgres else POLL_FOR
        if asked.role in ("all", "worker"):
            worker, sweep = Worker(self.live, figures=self.figures), Sweep(self.live, figures=self.figures)
            self.parts["worker"] = Part("worker", lambda: self._decide(worker, sweep), self._fail, poll_for=poll_for)
            retaining = Retaining(self.live, remember_for=_remember_for(), figures=self.figures)
            self.nightly = Nightly(self.live, JOB, retaining.run)
            self.scheduler.every(LOOK_EVERY, JOB, self.nightly.look, self._fail)
        self.sources = (
            _sources(self.live.engine.program, os.environ, is_alone=asked.role == "all")
            if asked.role in ("all", "web")
            else []
        )
        if asked.role in ("all", "relay"):
            if not self.public_url and (asked.role == "relay" or os.environ.get(SMTP_URL)):
                raise ConfigurationError(
                    f"set {PUBLIC_URL}: mails carry links by which customers say no, and lead there"
                )
            relay = self.relay = Relay(
                self.live,
                ways_by(
                    os.environ,
                    asked.outbox or _OUTBOX,
                    clock=now,
                    may_be_files=asked.role == "all" or asked.outbox is not None,
                ),
                self.public_url,
                on_done=lambda: self._knock("relay"),
                figures=self.figures,
            )
            self.figures.ways = lambda: relay.standing
            self.parts["relay"] = Part("relay", relay.relay, self._fail, poll_for=poll_for)
        self.listener = Listener(database, {name: part.knock for name, part in self.parts.items()})

    def run(self) -> None:
        say("database", self.database.shown)
        for name, words in self.sources:
            say(name, words)
        if self.relay is not None:
            for channel, where in self.relay.told:
                say(channel or "to us", where)
        try:
            if self.asked.role in ("all", "web"):
                self._serve()
            elif self.port is not None:
                self._serve_watching(self.port)
            else:
                self._start()
                self._wait()
        finally:
            # In the order in which things flow: what was decided last is still begun by the relay.
            for part in self.parts.values():
                part.stop()
            if self.relay is not None:
                self.relay.close()
            self.listener.stop()
            if self.nightly is not None:
                self.nightly.stop()
            self.scheduler.stop()
        if self.has_failed:
            raise SystemExit(1)
        say("stopped", "nothing is lost: what is under way goes on with the next start")

    def _start(self) -> None:
        self.scheduler.start()
        for part in self.parts.values():
            part.start()
        if self.parts:
            self.listener.start()

    def _serve(self) -> None:
        app = make_app(
            database=self.database,
            program=self._program,
            clock=now,
            on_received=lambda: self._knock("worker"),
            secret=self.live.secret,
            inbox_max=INBOX_MAX,
            customer_of=self._customer_of,
            message_of=self._message_of,
            figures=self.figures,
        )
        serve(app, host=self.asked.host, port=PORT if self.port is None else self.port, on_ready=self._ready)

    def _ready(self, serving: Serving) -> None:
        self.stop_web = serving.stop
        # Nothing goes before it is known where links lead.
        self.public_url = self.public_url or serving.url
        if self.relay is not None:
            self.relay.public_url = self.public_url
        self._start()
        with self.database.writing() as connection:
            if not list_keys(connection):
                say("key", f"{make_key(connection, 'first', ['admin'], now())}  (shown once; more: journeys key new)")
        say("listening", serving.url)

    def _serve_watching(self, port: int) -> None:
        """A worker or a relay that is watched: it answers how it is, and nothing else."""

        def ready(serving: Serving) -> None:
            self.stop_web = serving.stop
            self._start()
            say("watched", f"{serving.url}/metrics")
            say("working", "until Ctrl-C")

        app = make_watching_app(
            database=self.database, clock=now, figures=self.figures, takes=lambda: not self.has_failed
        )
        serve(app, host=self.asked.host, port=port, on_ready=ready)

    def _wait(self) -> None:
        for each in _SIGNALS:
            signal.signal(each, lambda number, frame: self.ended.set())
        say("working", "until Ctrl-C")
        self.ended.wait()

    # ------------------------------------------------------------ what the parts ask of each other

    def _decide(self, worker: Worker, sweep: Sweep) -> int:
        decided = worker.work() or sweep.work()
        if decided:
            self._knock("relay")
        return decided

    def _knock(self, part: str) -> None:
        """There may be something to do for it, here or elsewhere."""
        if part in self.parts:
            self.parts[part].knock()
        else:
            ring(self.database, part)

    def _fail(self) -> None:
        """A part has failed, and a process with a part missing would look well."""
        self.has_failed = True
        self.ended.set()
        self.stop_web()

    def _program(self) -> Program:
        return self.live.engine.program

    def _customer_of(self, kept: Kept) -> Customer:
        return self.live.newest(lambda engine: engine.customer_of(kept))

    def _message_of(self, touch: Touch, customer: Customer, at: int) -> Message | None:
        wording = Wording(self.live.engine.program, self.live.secret, self.public_url)
        try:
            return wording.parcel(touch, customer, at).message
        except Undeliverable:
            return None


def _sources(program: Program, environment: Mapping[str, str], *, is_alone: bool) -> list[tuple[str, str]]:
    """Each source, and where it is heard.

    One without its secret is closed where all is one process, as a channel without its own writes files there.
    Elsewhere it raises ConfigurationError.
    """
    told = []
    for source in program.definitions.sources.values():
        try:
            secrets_of(source, environment)
        except ConfigurationError as error:
            if not is_alone:
                raise
            told.append((source.name, f"closed: {error}"))
        else:
            told.append((source.name, f"heard at /v1/hooks/{source.name}"))
    return told


def _port_of(asked: Asked) -> int | None:
    """Where this process listens; None where nobody said so."""
    return asked.port if asked.role in ("all", "web") else metrics_port(asked.port)


def metrics_port(asked: int | None) -> int | None:
    """Where a process listens that only tells how it is; None where nobody said so."""
    said = os.environ.get(METRICS_PORT, "")
    if asked is not None or not said:
        return asked
    if not said.isdecimal() or not said.isascii() or int(said) > PORT_MAX:
        raise ConfigurationError(f"{METRICS_PORT}: {shown(said)} is no port: a number from 0 to {PORT_MAX:,} is")
    return int(said)


def _remember_for() -> int:
    """How long an event that was taken is known, so that it is not taken twice."""
    said = os.environ.get(REMEMBER_DAYS, "")
    if not said:
        return REMEMBER_FOR
    if not said.isdecimal() or not said.isascii() or len(said) > 4 or not 2 <= int(said) <= _REMEMBER_MAX:
        raise ConfigurationError(
            f"{REMEMBER_DAYS}: {shown(said)} is not for how many days an event that came in is known: a number from 2 "
            f"to {_REMEMBER_MAX:,} is"
        )
    return int(said) * DAY


def say(what: str, words: str) -> None:
    print(f"{what:<12} {words}", flush=True)


def log_to_stderr() -> None:
    """Log lines are events with fields, for whoever gathers them: never a customer's address, name or words."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
