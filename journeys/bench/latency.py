"""Latency: how long from an event until its touch is handed to the provider, at a steady pace.

The engine is one process, as `journeys serve` runs it, or one for each of its parts, and events come to it over HTTP,
each of another customer.  What each of them sets off is a request to a provider, which is here: it notes when the
touch of which customer came, and accepts it.  Time counts from when an event was due to be sent, so that an engine
that is slow to take events does not look quick for being asked less.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from journeys.clock import now
from journeys.delivery.private import PRIVATE_HOSTS
from journeys.runtime.publishing import publish
from journeys.store.database import VARIABLE, Database, open_database
from journeys.store.inbox import backlog, receive
from journeys.store.keys import make_key

from .measured import Speed, share
from .processes import JOURNEYS, listening
from .subject import BEFORE, FIRST, URL, device_of, event_of, known

A_SECOND: Final = 200
PUBLIC_URL: Final = "JOURNEYS_PUBLIC_URL"
_SENDERS: Final = 16  # connections: each waits for its answer, and another sends meanwhile
_WARM_UP: Final = 100  # customers whose touches are not told: all is loaded by then
_PATIENCE: Final = 30.0  # seconds for the last touches
_LOOK_EVERY: Final = 0.1


def measure_latency(
    url: str,
    folder: Path,
    seconds: int,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    *,
    is_apart: bool = False,
) -> Speed:
    """`url` is a database in which nothing is, `folder` the definitions; `is_apart` makes three processes of it."""
    count = A_SECOND * seconds
    database = open_database(url)
    try:
        publish(database, folder, now())
        with database.writing() as connection:
            key = make_key(connection, "bench", ["ingest"], now())
            receive(connection, list(known(range(count + _WARM_UP), now(), count=BEFORE)), now())
        with _sink() as sink, _engine(folder, _environment(url, sink), is_apart=is_apart) as where:
            target = _Target(f"{where}/v1/events", key, lambda number: event_of(number, "first", now(), *FIRST))
            _wait_until(lambda: _is_worked_off(database))
            _send(target, range(count, count + _WARM_UP), lambda done: None)
            _wait_until(lambda: len(sink.came_at) >= _WARM_UP)
            sent_at = _send(target, range(count), lambda done: on_progress(done, count))
            _wait_until(lambda: len(sink.came_at) >= count + _WARM_UP)
    finally:
        database.close()
    name = "event to touch, three processes" if is_apart else "event to touch"
    return _speed(f"{name}, {A_SECOND}/s", sink, sent_at)


def _environment(url: str, sink: _Sink) -> dict[str, str]:
    return {VARIABLE: url, URL: sink.url, PRIVATE_HOSTS: "127.0.0.1"}


def measure_direct(seconds: int) -> Speed:
    """The floor: the provider itself is called, at the same pace, by the same senders."""
    with _sink() as sink:
        target = _Target(sink.url, "", lambda number: {"to": device_of(number)})
        sent_at = _send(target, range(A_SECOND * seconds), lambda done: None)
    return _speed(f"the provider called, {A_SECOND}/s", sink, sent_at)


def _speed(name: str, sink: _Sink, sent_at: dict[int, float]) -> Speed:
    count = len(sent_at)
    spans = sorted([sink.came_at[device_of(number)] - sent_at[number] for number in range(count)])
    took = max(sink.came_at[device_of(number)] for number in range(count)) - min(sent_at.values())
    return Speed(
        name=name,
        a_second=count / took,
        floor=0,
        p50=share(spans, 50),
        p99=share(spans, 99),
    )


@contextmanager
def _engine(folder: Path, environment: dict[str, str], *, is_apart: bool) -> Iterator[str]:
    """Where it listens."""
    if not is_apart:
        with listening((*JOURNEYS, "serve", "--port", "0", "--definitions", str(folder)), environment) as (_, where):
            yield where
        return
    serve = (*JOURNEYS, "serve", "--role")
    environment = {**environment, PUBLIC_URL: "https://bench.example.com"}
    with (
        listening((*serve, "web", "--port", "0"), environment) as (_, where),
        listening((*serve, "worker"), environment, says="working"),
        listening((*serve, "relay"), environment, says="working"),
    ):
        yield where


@dataclass(frozen=True, slots=True)
class _Target:
    """What is sent where: a body for each number."""

    url: str
    key: str
    body_of: Callable[[int], dict[str, Any]]


def _send(target: _Target, numbers: range, on_progress: Callable[[int], None]) -> dict[int, float]:
    """When each was due; they are sent then, as evenly as it goes."""
    due_at = {number: place / A_SECOND for place, number in enumerate(numbers)}
    waiting = iter(numbers)
    taking = threading.Lock()
    failures: list[str] = []
    start = monotonic() + _LOOK_EVERY
    split = urlsplit(target.url)

    def send() -> None:
        connection = http.client.HTTPConnection(str(split.hostname), split.port)
        headers = {"Authorization": f"Bearer {target.key}", "Content-Type": "application/json"}
        while not failures:
            with taking:
                number = next(waiting, None)
            if number is None:
                break
            body = msgspec.json.encode(target.body_of(number))
            sleep(max(0.0, start + due_at[number] - monotonic()))
            connection.request("POST", split.path, body, headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 202):
                failures.append(f"it was answered {answer.status}")
            on_progress(number - numbers.start + 1)
        connection.close()

    senders = [threading.Thread(target=send) for _ in range(_SENDERS)]
    for each in senders:
        each.start()
    for each in senders:
        each.join()
    if failures:
        raise RuntimeError(failures[0])
    return {number: start + span for number, span in due_at.items()}


def _is_worked_off(database: Database) -> bool:
    with database.reading() as connection:
        return backlog(connection, now()).pending == 0


def _wait_until(is_so: Callable[[], bool]) -> None:
    waited = 0.0
    while not is_so():
        if waited > _PATIENCE:
            raise RuntimeError(f"the engine did not come to rest within {_PATIENCE:.0f} seconds")
        sleep(_LOOK_EVERY)
        waited += _LOOK_EVERY


class _Sink(ThreadingHTTPServer):
    """A provider: `came_at` is when the first touch to each address came."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Accepting)
        self.came_at: dict[str, float] = {}
        self.url = f"http://127.0.0.1:{self.server_port}/"


class _Accepting(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Sink

    def do_POST(self) -> None:  # the library's name for it
        came_at = monotonic()
        body = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.came_at.setdefault(body["to"], came_at)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Nobody reads it."""


@contextmanager
def _sink() -> Iterator[_Sink]:
    with _Sink() as sink:
        thread = threading.Thread(target=sink.serve_forever, daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            sink.shutdown()
            thread.join()
