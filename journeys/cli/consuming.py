"""`journeys consume`: events from a broker into the inbox, beside a worker that hears them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from journeys.brokers.address import Address, address_of
from journeys.brokers.consuming import AGAIN_AFTER, Consumer
from journeys.cli.database import open_here
from journeys.cli.ending import End, log_to_stderr, say
from journeys.cli.environment import metrics_port
from journeys.cli.front import INBOX_MAX
from journeys.cli.parts import LOOK_FOR_PUBLICATIONS_EVERY
from journeys.clock import now
from journeys.errors import ConfigurationError, InputError
from journeys.runtime.figures import Figures
from journeys.runtime.live import Live
from journeys.runtime.publishing import newest_number
from journeys.runtime.scheduler import Scheduler
from journeys.store.database import Database
from journeys.store.waking import ring
from journeys.web.app import make_watching_app
from journeys.web.serving import Serving, listen, serve

BROKER_URL: Final = "JOURNEYS_BROKER_URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command line; `url` None is the one of the environment, and `port` None none at all."""

    url: str | None
    name: str
    group: str
    host: str
    port: int | None
    again_after: float = AGAIN_AFTER


def consume_events(asked: Asked) -> int:
    """Consumes until a signal.  Raises InputError, and ConfigurationError where it cannot begin."""
    log_to_stderr()
    address = _address(asked.url, os.environ)
    with open_here(is_made=True) as database:
        if not newest_number(database):
            raise ConfigurationError(f"nothing is published in {database.shown}: run `journeys publish` first")
        _Consuming(asked, address, database).run()
    return 0


class _Consuming:
    """The consumer in this process, and how it begins and ends."""

    def __init__(self, asked: Asked, address: Address, database: Database) -> None:
        self.asked = asked
        self.address = address
        self.database = database
        self.port = metrics_port(asked.port, os.environ)
        self.live = Live(database, now)
        self.figures = Figures()
        self.figures.running = lambda: self.live.engine.publication
        self.end = End()
        self.scheduler = Scheduler()
        self.scheduler.every(LOOK_FOR_PUBLICATIONS_EVERY, "publications", self.live.refresh, self.end.fail)
        self.consumer = Consumer(
            address,
            name=asked.name,
            group=asked.group,
            again_after=asked.again_after,
            database=database,
            program=lambda: self.live.engine.program,
            clock=now,
            figures=self.figures,
            inbox_max=INBOX_MAX,
            on_received=lambda: ring(database, "worker"),
            on_failure=self.end.fail,
        )

    def run(self) -> None:
        say("database", self.database.shown)
        try:
            if self.port is None:
                self.end.listen()
                self._start()
                self.end.wait()
            else:
                self._serve_watching(self.port)
        finally:
            self.consumer.stop()
            self.scheduler.stop()
        if self.end.has_failed:
            raise SystemExit(1)
        say("stopped", "what was not acknowledged comes again")

    def _start(self) -> None:
        self.scheduler.start()
        self.consumer.start()
        say("consuming", f"the {self.address.word} {self.asked.name} of {self.address.shown}, until Ctrl-C")

    def _serve_watching(self, port: int) -> None:
        refused: list[ConfigurationError] = []

        def ready(serving: Serving) -> None:
            self.end.stop_serving = serving.stop
            say("watched", f"{serving.url}/metrics")
            try:
                self._start()
            except ConfigurationError as error:
                refused.append(error)
                serving.stop()

        app = make_watching_app(
            database=self.database, clock=now, figures=self.figures, takes=lambda: self.consumer.takes
        )
        serve(app, listen(self.asked.host, port), on_ready=ready)
        if refused:
            raise refused[0]


def _address(url: str | None, environment: Mapping[str, str]) -> Address:
    if url is None:
        url = environment.get(BROKER_URL, "")
        if not url:
            raise InputError(f"say where the broker is, as nats://host:4222, or set {BROKER_URL}")
        return address_of(url, where=BROKER_URL)
    address = address_of(url, where="URL")
    if address.secrets:
        raise InputError(f"whoever is on this machine can read a command line: set {BROKER_URL} to what holds a secret")
    return address
