"""Consuming: a broker's messages heard in a thread of their own, until they are told to stop.

To stop is to ask for nothing more, to let what is being written be written and acknowledged, and then to go.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from importlib.util import find_spec
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

import structlog

from journeys.clock import Clock
from journeys.core.program import Program
from journeys.errors import ConfigurationError
from journeys.runtime.failing import log_failure
from journeys.runtime.figures import Figures
from journeys.store.database import Database
from journeys.web.pressure import Pressure
from journeys.web.writer import Writer

from .address import Address
from .hearing import Hearing, Parts, came

if TYPE_CHECKING:
    from .opening import Opened

AGAIN_AFTER: Final = 30.0  # seconds after which what was not acknowledged comes again, where we say so
_CONNECT_WITHIN: Final = 10.0  # seconds
_LOOK_EVERY: Final = 5.0  # seconds
# The module by which a client is found, for each extra.
_CLIENTS: Final = {"kafka": "aiokafka", "nats": "nats", "rabbit": "aio_pika", "redis": "redis"}

_log = structlog.get_logger("journeys")


class Consumer:
    """`on_received` wakes a worker, on a thread of its own; `on_failure` is told when nothing more is heard."""

    def __init__(
        self,
        address: Address,
        *,
        name: str,
        group: str,
        again_after: float = AGAIN_AFTER,
        database: Database,
        program: Callable[[], Program],
        clock: Clock,
        figures: Figures,
        inbox_max: int,
        on_received: Callable[[], None],
        on_failure: Callable[[], None],
    ) -> None:
        see_installed(address)
        self._address = address
        self._name = name
        self._group = group
        self._again_after = again_after
        self._parts = Parts(
            program=program,
            clock=clock,
            writer=Writer(database=database, clock=clock, on_received=on_received),
            pressure=Pressure(database=database, clock=clock, inbox_max=inbox_max),
            figures=figures,
        )
        self._on_failure = on_failure
        self._tried = Event()
        self._refused: ConfigurationError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = Thread(target=self._run, name="consumer", daemon=True)

    @property
    def takes(self) -> bool:
        return self._parts.writer.takes

    def start(self) -> None:
        """Returns when the broker has us.  Raises ConfigurationError where it does not."""
        self._thread.start()
        self._tried.wait()
        if self._refused is not None:
            raise self._refused

    def stop(self) -> None:
        """Returns when what was being written is written and acknowledged."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ending.set)
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._consume())
        except ConfigurationError as error:
            self._refused = error
            if self._tried.is_set():
                _log.error("consuming_ended", because=str(error))
                self._on_failure()
        except Exception as error:
            log_failure("consuming_failed", error)
            self._on_failure()
        finally:
            self._tried.set()

    async def _consume(self) -> None:
        self._ending = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._parts.writer.start()
        hearing = Hearing(self._parts, self._ending, self._on_failure)
        try:
            await hearing.begin()
            opened = await self._open(hearing)
            self._tried.set()
            try:
                while not await came(self._ending, within=min(_LOOK_EVERY, self._again_after)):
                    await opened.look()
            finally:
                self._ending.set()
                try:
                    await opened.broker.stop()
                except Exception as error:
                    # It is away; what it has not heard of comes again.
                    _log.warning("broker_not_told", error=type(error).__name__)
        finally:
            await asyncio.to_thread(self._parts.writer.stop)

    async def _open(self, hearing: Hearing) -> Opened:
        # Imported where the extra is known to be there.
        from .opening import Wanted

        module = importlib.import_module(f"journeys.brokers.{self._address.broker}")
        wanted = Wanted(name=self._name, group=self._group, hear=hearing.hear, again_after=self._again_after)
        try:
            async with asyncio.timeout(_CONNECT_WITHIN):
                opened: Opened = await module.open_broker(self._address, wanted)
                return opened
        except ConfigurationError:
            raise
        except TimeoutError:
            raise ConfigurationError(f"{self._address.shown} does not answer") from None
        except Exception as error:
            raise ConfigurationError(
                f"cannot read {self._name!r} at {self._address.shown}: {self._address.words_of(error)}"
            ) from None


def see_installed(address: Address) -> None:
    """Raises ConfigurationError where the extra is not there."""
    if not all(find_spec(each) for each in ("faststream", _CLIENTS[address.broker])):
        raise ConfigurationError(f"{address.shown} takes `pip install 'journeys[{address.broker}]'`")
