"""Parts: what the routes share, handed to each of them as one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from journeys.clock import Clock
from journeys.content.message import Message
from journeys.core.customer import Customer
from journeys.core.program import Program
from journeys.runtime.figures import Figures
from journeys.store.customers import Kept
from journeys.store.database import Database
from journeys.store.outbox import Touch

from .access import Access
from .pressure import Pressure
from .rates import Rates
from .writer import Writer


class Takes(Protocol):
    """What it takes to hear events, by whatever door they come."""

    @property
    def program(self) -> Callable[[], Program]: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def writer(self) -> Writer: ...
    @property
    def pressure(self) -> Pressure: ...
    @property
    def figures(self) -> Figures: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """`program` gives the definitions as now published; `public_url` is where customers reach us.

    `customer_of` reads a row as the core does, and may raise JourneysError; `message_of` puts a touch in words, for
    its customer, as of an instant: None where it has none any more.  `environment` holds what sources sign with.
    """

    database: Database
    program: Callable[[], Program]
    clock: Clock
    secret: bytes
    public_url: str
    customer_of: Callable[[Kept], Customer]
    message_of: Callable[[Touch, Customer, int], Message | None]
    access: Access
    rates: Rates
    pressure: Pressure
    writer: Writer
    figures: Figures
    environment: Mapping[str, str]
