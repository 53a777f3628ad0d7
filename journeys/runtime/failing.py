"""Failing: what a log is told of a failure of ours, which is never what an error says.

An error's words may hold what a customer said: a database names the row that it would not take, a parser quotes
what it could not read.  So a log line has the kinds of the errors that led to each other and where each was
raised, as far as the words are not our own.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Any

import structlog

from journeys.errors import ConfigurationError, DefinitionError, DeliveryError

_FRAMES_MAX = 12
# Their words are about a setup, files or a provider, and name nobody.
_ABOUT_NOBODY = (ConfigurationError, DefinitionError, DeliveryError)

_log = structlog.get_logger("journeys")


def log_failure(event: str, error: BaseException, **fields: Any) -> None:
    """An event of our own failure, with all that may be said of it."""
    _log.error(event, **fields, error=type(error).__name__, trace="\n".join(_lines(error)))


def _lines(error: BaseException) -> Iterator[str]:
    """The last frames of each error, the first cause first, as a traceback has them."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _lines(before)
        yield "which led to:"
    for frame in traceback.extract_tb(error.__traceback__)[-_FRAMES_MAX:]:
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
    yield f"{type(error).__name__}: {error}" if isinstance(error, _ABOUT_NOBODY) else type(error).__name__
