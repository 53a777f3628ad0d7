"""A crash: the end of a process at a statement of one's choice, as far as it can be had without ending the tests.

Or the end of its database there, which the process survives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from journeys.store.database import Database


class Crash(BaseException):
    """Not an Exception, so that nothing swallows it."""


def gone() -> OperationalError:
    """What a driver says whose server is not there any more."""
    return OperationalError(None, None, ConnectionError("server closed the connection unexpectedly"))


@contextmanager
def crashing(database: Database, *, before: int, by: Callable[[], BaseException] = Crash) -> Iterator[None]:
    """Ends the process before a statement of this number, counted from 0; a commit counts as one.

    `by` makes what is raised there, once.
    """
    engine = database._engine
    left = before

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == -1:
            raise by()

    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "commit", count)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", count)
        event.remove(engine, "commit", count)
