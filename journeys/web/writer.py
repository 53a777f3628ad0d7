"""The writer: one thread through which everything that comes in goes to the inbox.

A request hands over its rows and waits.  The thread takes whatever has gathered, commits it in one
transaction, and then tells each request which of its rows were new: a hundred requests cost one commit, and one
request alone waits for nobody.  Nothing is answered before its commit.

Where the database fails, those whose rows were in that transaction are refused, and the next ones are tried as if
nothing had been: a database that comes back needs nobody to start anything anew.  Whoever was refused sends
again, and the inbox takes the same event once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Thread
from typing import Final

from journeys.clock import Clock
from journeys.store.database import Database
from journeys.store.inbox import Received, receive

from .problems import BEHIND, Refusal
from .reading import log_failure, unavailable

ROWS_AT_ONCE: Final = 5_000  # in one transaction
ROWS_WAITING: Final = 20_000  # more are refused: they would only wait longer than anyone does


# Rows that wait for their commit, and what somebody awaits.
_Request = tuple[Sequence[Received], "asyncio.Future[list[bool]]"]


class Writer:
    """`on_received` is called on the writer's own thread, once what is new is committed and before anyone is told."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        on_received: Callable[[], None],
        rows_at_once: int = ROWS_AT_ONCE,
        rows_waiting: int = ROWS_WAITING,
    ) -> None:
        self._database = database
        self._clock = clock
        self._on_received = on_received
        self._rows_at_once = rows_at_once
        self._rows_waiting = rows_waiting
        self._requests: deque[_Request] = deque()
        self._rows = 0
        self._is_stopping = False
        self._changed = Condition()
        self._thread: Thread | None = None

    @property
    def takes(self) -> bool:
        """Whether anything may be handed over."""
        return not self._is_stopping and self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Begins to work, for the requests of the running loop."""
        self._is_stopping = False
        self._loop = asyncio.get_running_loop()
        self._thread = Thread(target=self._work, name="inbox-writer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Returns when everything that was handed over is committed, or refused."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    async def keep(self, rows: Sequence[Received]) -> list[bool]:
        """Which of the rows are new, once all of them are durable.  A Refusal if they are not."""
        with self._changed:
            if not self.takes:
                raise unavailable()
            if self._rows + len(rows) > self._rows_waiting:
                raise Refusal(
                    BEHIND, "too many events wait to be written: send them again", headers={"Retry-After": "1"}
                )
            kept: asyncio.Future[list[bool]] = self._loop.create_future()
            self._requests.append((rows, kept))
            self._rows += len(rows)
            self._changed.notify()
        return await kept

    def _work(self) -> None:
        while requests := self._gathered():
            rows = [row for each, _ in requests for row in each]
            try:
                with self._database.writing() as connection:
                    is_new = receive(connection, rows, self._clock())
                if any(is_new):
                    self._on_received()
            except Exception as error:
                # Whatever it is, it concerns these alone.
                log_failure("inbox_unwritable", error)
                self._loop.call_soon_threadsafe(_tell, requests, None)
                continue
            self._loop.call_soon_threadsafe(_tell, requests, is_new)

    def _gathered(self) -> list[_Request]:
        """What is committed next; nothing once there is nothing left and nothing more may come."""
        taken: list[_Request] = []
        count = 0
        with self._changed:
            while not self._requests and not self._is_stopping:
                self._changed.wait()
            while self._requests and (not taken or count + len(self._requests[0][0]) <= self._rows_at_once):
                taken.append(self._requests.popleft())
                count += len(taken[-1][0])
            self._rows -= count
        return taken


def _tell(requests: Sequence[_Request], is_new: Sequence[bool] | None) -> None:
    """Wakes whoever waits, each with their own part of the answer; None refuses all of them."""
    start = 0
    for rows, kept in requests:
        end = start + len(rows)
        if kept.done():
            pass  # whoever asked has gone
        elif is_new is None:
            kept.set_exception(unavailable("the database did not take it"))
        else:
            kept.set_result(list(is_new[start:end]))
        start = end
