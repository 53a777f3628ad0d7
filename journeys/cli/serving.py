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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from journeys.cli.database import open_here
from journeys.clock import now
from journeys.content.message import Message
from journeys.core.customer import Customer
from journeys.core.program import Program
from journeys.delivery.provider import SMTP_URL
from journeys.errors import ConfigurationError
from journeys.runtime.deciding import Worker
from journeys.runtime.live import Live
from journeys.runtime.publishing import newest_number, publish
from journeys.runtime.relaying import Relay
from journeys.runtime.running import Part
from journeys.runtime.scheduler import Scheduler
from journeys.runtime.sweeping import Sweep
from journeys.runtime.ways import ways_by
from journeys.runtime.wording import Undeliverable, Wording
from journeys.store.database import Database
from journeys.store.keys import list_keys, make_key
from journeys.store.outbox import Touch
from journeys.store.values import Kept
from journeys.web.app import make_app
from journeys.web.serving import Serving, serve

PUBLIC_URL: Final = "JOURNEYS_PUBLIC_URL"
INBOX_MAX: Final = 100_000  # events that may wait for a worker before more are refused
_LOOK_EVERY: Final = 2.0  # seconds between two looks for a new publication
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command line.  `role` is all, web, worker or relay."""

    folder: Path
    role: str
    host: str
    port: int
    outbox: Path


def run_engine(asked: Asked) -> int:
    """Serves until a signal.  Raises ConfigurationError, and DefinitionError for definitions with errors."""
    _log_to_stderr()
    with open_here(is_made=True) as database:
        if asked.role in ("all", "worker"):
            database.alone()
        if asked.role == "all":
            published = publish(database, asked.folder, now())
            _say("definitions", f"{asked.folder}, publication {published.number}{' (new)' if published.is_new else ''}")
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
        self.public_url = os.environ.get(PUBLIC_URL, "")
        self.ended = threading.Event()
        self.has_failed = False
        self.stop_web: Callable[[], None] = lambda: None
        self.scheduler = Scheduler()
        self.scheduler.every(_LOOK_EVERY, "publications", self.live.refresh, self._fail)
        self.parts: dict[str, Part] = {}
        self.relay: Relay | None = None
        if asked.role in ("all", "worker"):
            worker, sweep = Worker(self.live), Sweep(self.live)
            self.parts["worker"] = Part("worker", lambda: self._decide(worker, sweep), self._fail)
        if asked.role in ("all", "relay"):
            if not self.public_url and (asked.role == "relay" or os.environ.get(SMTP_URL)):
                raise ConfigurationError(
                    f"set {PUBLIC_URL}: mails carry links by which customers say no, and lead there"
                )
            self.relay = Relay(
                self.live,
                ways_by(os.environ, asked.outbox),
                self.public_url,
                on_done=lambda: self._knock("relay"),
            )
            self.parts["relay"] = Part("relay", self.relay.relay, self._fail)

    def run(self) -> None:
        _say("database", self.database.shown)
        if self.relay is not None:
            for channel, where in self.relay.told:
                _say(channel or "to us", where)
        try:
            if self.asked.role in ("all", "web"):
                self._serve()
            else:
                self._start()
                self._wait()
        finally:
            # In the order in which things flow: what was decided last is still begun by the relay.
            for part in self.parts.values():
                part.stop()
            if self.relay is not None:
                self.relay.close()
            self.scheduler.stop()
        if self.has_failed:
            raise SystemExit(1)
        _say("stopped", "nothing is lost: what is under way goes on with the next start")

    def _start(self) -> None:
        self.scheduler.start()
        for part in self.parts.values():
            part.start()

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
        )
        serve(app, host=self.asked.host, port=self.asked.port, on_ready=self._ready)

    def _ready(self, serving: Serving) -> None:
        self.stop_web = serving.stop
        # Nothing goes before it is known where links lead.
        self.public_url = self.public_url or serving.url
        if self.relay is not None:
            self.relay.public_url = self.public_url
        self._start()
        with self.database.writing() as connection:
            if not list_keys(connection):
                _say("key", f"{make_key(connection, 'first', ['admin'], now())}  (shown once; more: journeys key new)")
        _say("listening", serving.url)

    def _wait(self) -> None:
        for each in _SIGNALS:
            signal.signal(each, lambda number, frame: self.ended.set())
        _say("working", "until Ctrl-C")
        self.ended.wait()

    # ------------------------------------------------------------ what the parts ask of each other

    def _decide(self, worker: Worker, sweep: Sweep) -> int:
        decided = worker.work() or sweep.work()
        if decided:
            self._knock("relay")
        return decided

    def _knock(self, part: str) -> None:
        if part in self.parts:
            self.parts[part].knock()

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


def publish_folder(folder: Path) -> int:
    """`journeys publish`."""
    with open_here(is_made=True) as database:
        published = publish(database, folder, now())
    if published.is_new:
        print(f"published {folder} as publication {published.number}")
    else:
        print(f"{folder} is what publication {published.number} says already")
    return 0


def _say(what: str, words: str) -> None:
    print(f"{what:<12} {words}", flush=True)


def _log_to_stderr() -> None:
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
