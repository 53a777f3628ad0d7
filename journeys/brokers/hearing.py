"""Hearing: messages in, and which of them were taken, once their events are durable.

Where the inbox cannot take any more, or the database is away, whoever hands messages over waits here: nothing is
acknowledged meanwhile, and so the broker sends little more.  A message with anything in it that is refused is refused,
though the good of it is kept: it is told in the log by its place, and never by its words.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from journeys.clock import Clock
from journeys.core.program import Program
from journeys.runtime.failing import log_failure
from journeys.runtime.figures import Figures
from journeys.web.answers import Item
from journeys.web.bodies import BODY_MAX, read_items
from journeys.web.events import EVENTS_MAX, hear
from journeys.web.pressure import Pressure
from journeys.web.problems import BAD_JSON, BEHIND, TOO_LARGE, UNAVAILABLE, Refusal
from journeys.web.writer import ROWS_AT_ONCE, Writer

_AGAIN_AFTER: Final = 1.0  # seconds between two tries

_log = structlog.get_logger("journeys")


class Unheard(Exception):
    """These messages are not taken now, and must not be acknowledged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`place` is where the broker has it, in the broker's own way of saying that."""

    place: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the web part's judging asks for."""

    program: Callable[[], Program]
    clock: Clock
    writer: Writer
    pressure: Pressure
    figures: Figures


class Hearing:
    """Once `ending` is set, whoever waits for the inbox or the database waits no longer.

    `on_failure` is called where it is we who fail: nothing more is heard then.
    """

    def __init__(self, parts: Parts, ending: asyncio.Event, on_failure: Callable[[], None]) -> None:
        self._parts = parts
        self._on_failure = on_failure
        self._is_paused = False
        self._ending = ending

    async def begin(self) -> None:
        """Looks how much waits, before there is anyone who would go by it."""
        with contextlib.suppress(Refusal):
            await self._parts.pressure.refuse_if_behind()

    async def hear(self, messages: Sequence[Message]) -> list[bool]:
        """For each message whether it was taken, all of it.  Raises Unheard."""
        items: list[Any] = []
        places: list[tuple[int, ...]] = []
        whose: list[int] = []
        for number, message in enumerate(messages):
            found, is_list = _read(message.body)
            items += found
            places += [(place,) if is_list else () for place in range(len(found))]
            whose += [number] * len(found)
        try:
            # More at once than the writer lets wait would wait for ever.
            told: list[Item] = []
            for start in range(0, len(items), ROWS_AT_ONCE):
                part = slice(start, start + ROWS_AT_ONCE)
                told += await self._keep(items[part], places[part])
        except Unheard:
            raise
        except Exception as error:
            log_failure("messages_unheard", error)
            self._on_failure()
            raise Unheard from None
        is_taken = [True] * len(messages)
        for number, item in zip(whose, told):
            if item.problem is not None:
                is_taken[number] = False
                _log.warning(
                    "message_refused",
                    at=messages[number].place,
                    because=item.problem.type.rpartition(":")[2],
                    pointer=item.problem.pointer,
                )
        return is_taken

    async def _keep(self, items: Sequence[Any], places: Sequence[tuple[int, ...]]) -> list[Item]:
        while not self._ending.is_set():
            try:
                await self._parts.pressure.refuse_if_behind()
                _, told = await hear(self._parts, items, places)
            except Refusal as refusal:
                if refusal.kind not in (BEHIND, UNAVAILABLE):
                    raise
                if not self._is_paused:
                    _log.warning("consuming_paused", because=refusal.detail.partition(":")[0])
                self._is_paused = True
                await came(self._ending, within=_AGAIN_AFTER)
            else:
                if self._is_paused:
                    _log.info("consuming_resumed")
                self._is_paused = False
                return told
        raise Unheard


async def came(event: asyncio.Event, *, within: float) -> bool:
    """Whether it came within so many seconds."""
    try:
        async with asyncio.timeout(within):
            return await event.wait()
    except TimeoutError:
        return False


def _read(body: bytes) -> tuple[list[Any], bool]:
    """As the web part reads a body of JSON; what is to be refused is a Refusal."""
    try:
        if len(body) > BODY_MAX:
            raise Refusal(TOO_LARGE, f"the message is longer than {BODY_MAX:,} bytes", path=())
        items, is_list = read_items(body)
        if not items:
            raise Refusal(BAD_JSON, "there is no event in it", path=())
        if len(items) > EVENTS_MAX:
            raise Refusal(TOO_LARGE, f"these are {len(items):,} events: send at most {EVENTS_MAX:,} at once", path=())
    except Refusal as refusal:
        return [refusal], False
    return items, is_list
