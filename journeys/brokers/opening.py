"""Opening: what all brokers have in common when they are asked for messages.

FastStream would read what a message holds, answer whoever it names, and decide by itself when it is done.  None of
that is wanted: messages come as the client has them, and are acknowledged here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from faststream.message import StreamMessage

from .address import Address
from .hearing import Message

AT_ONCE: Final = 500  # messages that are asked for at once

Hear = Callable[[Sequence[Message]], Awaitable[list[bool]]]

_CLIENTS: Final = ("nats", "aiokafka", "aio_pika", "aiormq", "redis")
_log = structlog.get_logger("journeys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is read, for which group of consumers, and who hears it.

    What was not acknowledged comes again after so many seconds, where it is for us to say.
    """

    name: str
    group: str
    hear: Hear
    again_after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """`broker` is a broker of FastStream.

    `look` is asked now and then; it raises ConfigurationError where nothing could come any more, whatever one waits.
    """

    broker: Any
    look: Callable[[], Awaitable[None]]


class _Complaints(logging.Handler):
    """What the libraries say by themselves become lines of our log.  A trace does not: it may hold what was sent."""

    def __init__(self, address: Address) -> None:
        super().__init__(logging.WARNING)
        self._address = address

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        said = self._address.cleaned(record.getMessage().partition("\n")[0])
        _log.log(record.levelno, "broker_complained", because=said, error=type(error).__name__ if error else None)


def _logger(address: Address) -> logging.Logger:
    complaints = _Complaints(address)
    for name in _CLIENTS:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [complaints], False
    logger = logging.Logger("brokers", logging.WARNING)
    logger.addHandler(complaints)
    return logger


async def _as_it_came(raw: Any) -> StreamMessage[Any]:
    return StreamMessage(raw_message=raw, body=b"")


async def _whole(message: StreamMessage[Any]) -> Any:
    return message.raw_message


def bare(address: Address) -> dict[str, Any]:
    """What each broker of FastStream is made with, so that it leaves messages alone."""
    return {"apply_types": False, "parser": _as_it_came, "decoder": _whole, "logger": _logger(address)}


async def begin(broker: Any, prepare: Callable[[], Awaitable[None]] | None = None) -> None:
    """Starts it, prepared where there is something to prepare, and leaves nothing behind where that fails."""
    try:
        if prepare is not None:
            await prepare()
        await broker.start()
    except BaseException:
        with contextlib.suppress(Exception):
            await broker.stop()
        raise


async def acknowledge(doing: Awaitable[object]) -> None:
    """A broker that is gone meanwhile hands the message out again, and its events are known then."""
    try:
        await doing
    except asyncio.CancelledError:
        raise
    except Exception as error:
        _log.warning("not_acknowledged", error=type(error).__name__)
