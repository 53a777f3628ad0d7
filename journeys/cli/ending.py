"""What every long-running command does alike: what it says, what it logs, and how it comes to its end."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable
from typing import Final

import structlog

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class End:
    """How this process comes to its end: by a signal, or because a part of it has failed."""

    def __init__(self) -> None:
        self.has_failed = False
        self.stop_serving: Callable[[], None] = lambda: None
        self._ended = threading.Event()

    def fail(self) -> None:
        """A process with a part missing would look well."""
        self.has_failed = True
        self._ended.set()
        self.stop_serving()

    def listen(self) -> None:
        """From now on a signal is the end; a server that serves hears them itself."""
        for each in _SIGNALS:
            signal.signal(each, lambda number, frame: self._ended.set())

    def wait(self) -> None:
        self._ended.wait()


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
