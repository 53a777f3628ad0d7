"""Serving: the home of uvicorn.  Listens, says where, and stops without dropping anyone.

To stop is to take no new connection, to let every request that is in be answered, and then to let the
application commit what it was handed.  A signal does that, or whoever was told that it is ready.  A second
signal waits for nobody any more: what was not answered then was never promised.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from journeys.errors import ConfigurationError

from .reading import log_failure

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_DRAIN_WITHIN: Final = 30  # seconds for requests that are in, when all is to end
PORT_MAX: Final = 65_535
_WAITING_MAX: Final = 2_048  # connections that nobody has accepted yet
_HEAD_MAX: Final = 65_536  # bytes of a request that are not of its body
_HEAD_WITHIN: Final = 10.0  # seconds from when a connection is there, or has had its answer, to the next whole head

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """A port that is ours, at `url`: who calls before it is served waits."""

    socket: socket.socket
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A server that takes requests at `url`; `stop` asks it to end and does not wait, from any thread."""

    url: str
    stop: Callable[[], None]


def listen(host: str, port: int) -> Listening:
    """Takes a port, of which 0 is any that is free.  Raises ConfigurationError where it cannot."""
    bound = _bind(host, port)
    shown = f"[{host}]" if ":" in host else host
    return Listening(socket=bound, url=f"http://{shown}:{bound.getsockname()[1]}")


def serve(
    app: FastAPI, listening: Listening, *, on_ready: Callable[[Serving], None], proxies: Sequence[str] = ()
) -> int | None:
    """Serves until a signal or `Serving.stop`, and closes the port; the number of the signal that ended it.

    Of `proxies`, addresses and networks, it is believed for whom they call (X-Forwarded-For), and of nobody else.
    """
    with listening.socket:
        server = _Server(app, proxies)
        serving = Serving(url=listening.url, stop=server.stop)
        server.on_ready = lambda: on_ready(serving)
        server.run(sockets=[listening.socket])
    return server.signal


def _bind(host: str, port: int) -> socket.socket:
    because = f"a port is a number from 0 to {PORT_MAX}"
    if not host:
        because = "an empty address would be every one of this machine's; 0.0.0.0 says so, if that is meant"
    elif 0 <= port <= PORT_MAX:
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            return socket.create_server((host, port), family=family, backlog=_WAITING_MAX)
        except (OSError, UnicodeError) as error:
            # The library says behind it where it was, and that is told already.
            because = (getattr(error, "strerror", None) or str(error)).partition(" (while ")[0]
    raise ConfigurationError(f"cannot listen on {host}, port {port}: {because}")


class _Reader(HttpToolsProtocol):
    """Reads no more of a request beside its body than anyone could mean, and waits for it no longer.

    By itself it would keep all that is sent, and a connection for as long as a byte comes now and then.
    """

    _unread = 0  # bytes since the last that were of a body, or the end of a request
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._late is not None:
            self._late.cancel()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        if self._late is not None:
            self._late.cancel()
        self._late = self.loop.call_later(_HEAD_WITHIN, self._close_unless_asked)

    def _close_unless_asked(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        self._unread += len(data)
        super().data_received(data)
        if self._unread > _HEAD_MAX and not self.transport.is_closing():
            self.send_400_response("The head of this request is too long.")

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unread = 0
        super().on_message_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Whoever would rather speak something else is answered in HTTP, and it is nobody's mistake."""


class _Complaints(logging.Handler):
    """What the server says by itself becomes lines of our log.  A trace does not: it may hold what somebody sent."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        said = record.getMessage().partition("\n")[0]
        if isinstance(error, Exception):
            log_failure("server_failed", error)
        elif not said.startswith("Traceback"):
            _log.log(record.levelno, "server_complained", because=said)


class _Server(uvicorn.Server):
    on_ready: Callable[[], None]

    def __init__(self, app: FastAPI, proxies: Sequence[str]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=_Reader,
                lifespan="on",
                log_config=None,  # it would print lines of its own shape
                access_log=False,  # a path holds the name of a customer
                server_header=False,
                proxy_headers=bool(proxies),
                forwarded_allow_ips=[*proxies],
                ws="none",
                timeout_graceful_shutdown=_DRAIN_WITHIN,
            )
        )
        self.signal: int | None = None
        logger = logging.getLogger("uvicorn")
        logger.handlers, logger.propagate = [_Complaints(logging.WARNING)], False

    def stop(self) -> None:
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self.on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # Uvicorn's own raises each signal anew once it has stopped, and would end the process before whoever
        # called us has stopped the rest of it.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self._on_signal) for each in _SIGNALS}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def _on_signal(self, number: int, frame: object) -> None:
        if self.signal is not None:
            self.force_exit = True
        self.signal = number
        self.should_exit = True
