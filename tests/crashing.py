"""A crash: the end of a process at a statement of one's choice, as far as it can be had without ending the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from journeys.store.database import Database


class Crash(BaseException):
    """Not an Exception, so that nothing swallows it."""


@contextmanager
def crashing(database: Database, *, before: int) -> Iterator[None]:
    """Ends the process before a statement of this number, counted from 0; a commit counts as one."""
    engine = database._engine
    left = before

    def count(*_: object) -> None:
        nonlocal left
        if left == 0:
            raise Crash
        left -= 1

    event.listen(engine, "before_cursor_execute", count)
    event.listen(engine, "commit", count)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", count)
        event.remove(engine, "commit", count)
