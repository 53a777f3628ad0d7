"""Environment: what `journeys serve` is told by variables, read before anything is begun.

Who sets up an engine mends all that is wrong at once, and what is refused has done nothing yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from journeys.cli.database import DEFAULT
from journeys.cli.reached import PUBLIC_URL, public_url_of
from journeys.clock import now
from journeys.core.calendar import DAY
from journeys.definition.model import Brand
from journeys.definition.nearest import shown
from journeys.delivery.provider import SMTP_URL
from journeys.errors import ConfigurationError, Gathered
from journeys.runtime.retaining import REMEMBER_FOR
from journeys.runtime.ways import see_configured
from journeys.store.database import VARIABLE, read_url
from journeys.web.rates import SENDER_RATE, SENDERS, VISITOR_RATE, VISITORS
from journeys.web.serving import PORT_MAX

METRICS_PORT: Final = "JOURNEYS_METRICS_PORT"
REMEMBER_DAYS: Final = "JOURNEYS_REMEMBER_DAYS"
PROXIES: Final = "JOURNEYS_PROXIES"
PORT: Final = 8085  # of the web part
_REMEMBER_MAX: Final = 3_650  # days
_RATE_MAX: Final = 100_000  # requests a second
_OUTBOX: Final = Path("outbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command line.  `role` is all, web, worker or relay; `port` None is the usual one, and so is `outbox`."""

    folder: Path
    role: str
    host: str
    port: int | None
    outbox: Path | None

    @property
    def decides(self) -> bool:
        return self.role in ("all", "worker")

    @property
    def relays(self) -> bool:
        return self.role in ("all", "relay")

    @property
    def takes(self) -> bool:
        """Whether it takes events."""
        return self.role in ("all", "web")

    @property
    def may_be_files(self) -> bool:
        """Whether touches whose provider is not set may be written into files."""
        return self.role == "all" or self.outbox is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """`public_url` is empty and `port` None where nothing is said; an event is remembered for so many microseconds.

    The rates are requests a second, 0 for any number; `proxies` are believed for whom they call.
    """

    public_url: str
    port: int | None
    remember_for: int
    outbox: Path
    sender_rate: int
    visitor_rate: int
    proxies: tuple[str, ...]


def read_setup(asked: Asked, brand: Brand, environment: Mapping[str, str]) -> Setup:
    """Raises ConfigurationError with every problem."""
    gathered = Gathered()
    public_url, port, remember_for = "", None, REMEMBER_FOR
    sender_rate, visitor_rate = SENDER_RATE, VISITOR_RATE
    proxies: tuple[str, ...] = ()
    outbox = asked.outbox or _OUTBOX
    with gathered:
        read_url(environment.get(VARIABLE) or DEFAULT)
    with gathered:
        public_url = public_url_of(environment)
        if asked.relays and not public_url and (asked.role == "relay" or environment.get(SMTP_URL)):
            raise ConfigurationError(f"set {PUBLIC_URL}: mails carry links by which customers say no, and lead there")
    with gathered:
        port = _port_of(asked, environment)
    with gathered:
        remember_for = _remember_for(environment)
    with gathered:
        sender_rate = _rate_of(SENDERS, environment, SENDER_RATE)
    with gathered:
        visitor_rate = _rate_of(VISITORS, environment, VISITOR_RATE)
    with gathered:
        proxies = _proxies_of(environment)
    if asked.relays:
        with gathered:
            see_configured(brand, environment, outbox, clock=now, may_be_files=asked.may_be_files)
    gathered.see_none()
    return Setup(
        public_url=public_url,
        port=port,
        remember_for=remember_for,
        outbox=outbox,
        sender_rate=sender_rate,
        visitor_rate=visitor_rate,
        proxies=proxies,
    )


def _port_of(asked: Asked, environment: Mapping[str, str]) -> int | None:
    """Where this process listens; None where it does not."""
    if asked.takes:
        return PORT if asked.port is None else asked.port
    return metrics_port(asked.port, environment)


def metrics_port(asked: int | None, environment: Mapping[str, str]) -> int | None:
    """Where a process listens that only tells how it is; None where nobody said so.  Raises ConfigurationError."""
    said = environment.get(METRICS_PORT, "")
    if asked is not None or not said:
        return asked
    if not _is_number(said, most=PORT_MAX):
        raise ConfigurationError(f"{METRICS_PORT}: {shown(said)} is no port: a number from 0 to {PORT_MAX:,} is")
    return int(said)


def _remember_for(environment: Mapping[str, str]) -> int:
    """How long an event that was taken is known, so that it is not taken twice."""
    said = environment.get(REMEMBER_DAYS, "")
    if not said:
        return REMEMBER_FOR
    if not _is_number(said, least=2, most=_REMEMBER_MAX):
        raise ConfigurationError(
            f"{REMEMBER_DAYS}: {shown(said)} is not for how many days an event that came in is known: a number from 2 "
            f"to {_REMEMBER_MAX:,} is"
        )
    return int(said) * DAY


def _rate_of(name: str, environment: Mapping[str, str], usual: int) -> int:
    """How many requests a second one may make; 0 for any number."""
    said = environment.get(name, "")
    if not said:
        return usual
    if not _is_number(said, most=_RATE_MAX):
        raise ConfigurationError(
            f"{name}: {shown(said)} is not how many requests a second one may make: a number up to {_RATE_MAX:,} is, "
            f"and 0 says any number"
        )
    return int(said)


def _is_number(said: str, *, least: int = 0, most: int) -> bool:
    """Whether it is a whole number within these, in no more digits than the largest has."""
    return said.isdecimal() and said.isascii() and len(said) <= len(str(most)) and least <= int(said) <= most


def _proxies_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Who is believed for whom they call."""
    named = environment.get(PROXIES, "").replace(",", " ").split()
    for each in named:
        try:
            if ip_network(each).prefixlen > 0:
                continue
            because = "is everybody, and anyone could say to be anyone: name your proxies"
        except ValueError:
            because = "is no address and no network: 10.0.0.8 is, or 10.0.0.0/24"
        raise ConfigurationError(f"{PROXIES}: {shown(each)} {because}")
    return tuple(named)
