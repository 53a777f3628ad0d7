"""The front: what a process of the engine answers to the world by HTTP, by the engine that is live."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from fastapi import FastAPI

from journeys.cli.environment import Setup
from journeys.clock import now
from journeys.content.message import Message
from journeys.core.customer import Customer
from journeys.core.program import Program
from journeys.errors import ConfigurationError
from journeys.runtime.figures import Figures
from journeys.runtime.live import Live
from journeys.runtime.wording import Undeliverable, Wording
from journeys.sources.signatures import secrets_of
from journeys.store.outbox import Touch
from journeys.store.values import Kept
from journeys.web.app import make_app

INBOX_MAX: Final = 100_000  # events that may wait for a worker before more are refused


def told_of_sources(live: Live, environment: Mapping[str, str], *, is_alone: bool) -> list[tuple[str, str]]:
    """Each source, and where it is heard.

    One without its secret is closed where all is one process, as a channel without its own writes files there.
    Elsewhere it raises ConfigurationError.
    """
    told = []
    for source in live.engine.program.definitions.sources.values():
        try:
            secrets_of(source, environment)
        except ConfigurationError as error:
            if not is_alone:
                raise
            told.append((source.name, f"closed: {error}"))
        else:
            told.append((source.name, f"heard at /v1/hooks/{source.name}"))
    return told


def front_of(live: Live, setup: Setup, *, figures: Figures, on_received: Callable[[], None]) -> FastAPI:
    def program() -> Program:
        return live.engine.program

    def customer_of(kept: Kept) -> Customer:
        return live.newest(lambda engine: engine.customer_of(kept))

    def message_of(touch: Touch, customer: Customer, at: int) -> Message | None:
        wording = Wording(live.engine.program, live.secret, setup.public_url)
        try:
            return wording.parcel(touch, customer, at).message
        except Undeliverable:
            return None

    return make_app(
        database=live.database,
        program=program,
        clock=now,
        on_received=on_received,
        secret=live.secret,
        public_url=setup.public_url,
        inbox_max=INBOX_MAX,
        customer_of=customer_of,
        message_of=message_of,
        figures=figures,
        sender_rate=setup.sender_rate,
        visitor_rate=setup.visitor_rate,
    )
