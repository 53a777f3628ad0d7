"""Parking: a customer who cannot be decided for stops nobody; they are put aside with the reason, and listed."""

from __future__ import annotations

from typing import Any

import structlog

from journeys.errors import InputError
from journeys.store.customers import park
from journeys.store.database import FAILURES, Connection, Unavailable

from .engine import Superseded

_log = structlog.get_logger("journeys")


def put_aside(connection: Connection, id: str, error: Exception, now: int) -> None:
    """Parks a customer for whom something failed: whatever it is, it is about them.

    What is about the database or the publication, and so about everybody, is raised again.
    """
    if isinstance(error, (Superseded, Unavailable, *FAILURES)):
        raise error
    because = say_failure(error)
    park(connection, id, because, now)
    _log.error("customer_parked", because=because)


def say_failure(error: Exception) -> str:
    """Why a customer cannot be decided for, without anything of theirs: another message may hold what they said."""
    if isinstance(error, InputError):
        return f"{type(error).__name__}: {error}"
    last: Any = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = "" if last is None else f" at {last.tb_frame.f_code.co_qualname}:{last.tb_lineno}"
    return f"{type(error).__name__}{place}"
