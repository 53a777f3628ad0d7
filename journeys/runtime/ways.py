"""Ways: how the touches of a publication go out, as the environment says.

Where it says nothing they are files, which is right for whoever tries the engine on one machine, and a loss
nobody notices where one of several processes lacks what the others have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import structlog

from journeys.clock import Clock
from journeys.definition.model import Brand, Channel
from journeys.delivery.provider import missing_of, missing_of_person, provider_of, provider_of_person
from journeys.delivery.rate import Rate
from journeys.delivery.unready import UnreadyProvider
from journeys.errors import ConfigurationError, Gathered

from .attempting import Lane, Ways
from .engine import Engine
from .figures import TO_US

T = TypeVar("T")

# What goes to somebody of ours and names no channel: a machine by its own way, a person by mail.
_TO_US: Final = Channel(name="", via="smtp", address=None)

_log = structlog.get_logger("journeys")


def ways_by(
    environment: Mapping[str, str], outbox: Path, *, clock: Clock, may_be_files: bool
) -> Callable[[Engine], Ways]:
    """What makes the ways of a publication.

    One that is not configured, as it came with what was published later, stops no other: its touches wait, and the log
    says why.
    """

    def make(engine: Engine) -> Ways:
        brand = engine.program.definitions.brand
        ways = _ways(brand, environment, outbox, clock=clock, may_be_files=may_be_files)
        for name, provider in _unready(ways):
            _log.error("provider_not_configured", to=name or TO_US, because=str(provider.problem))
        return ways

    return make


def see_configured(
    brand: Brand, environment: Mapping[str, str], outbox: Path, *, clock: Clock, may_be_files: bool
) -> None:
    """Raises ConfigurationError with every problem, each of which names the variable.

    A channel that is half configured is one and, unless it `may_be_files`, one that is not configured at all.
    """
    gathered = Gathered()
    if not may_be_files:
        with gathered:
            _see_none_missing(brand, environment)
    ways = _ways(brand, environment, outbox, clock=clock, may_be_files=True)
    ways.close()
    for _, provider in _unready(ways):
        with gathered:
            raise provider.problem
    gathered.see_none()


def _ways(brand: Brand, environment: Mapping[str, str], outbox: Path, *, clock: Clock, may_be_files: bool) -> Ways:
    lanes: dict[str, Lane] = {}
    people: dict[str, Lane] = {}
    for channel in (_TO_US, *brand.channels.values()):
        lanes[channel.name] = Lane(
            provider=_ready(
                () if may_be_files else missing_of(channel, environment),
                partial(provider_of, channel, environment=environment, outbox=outbox, clock=clock),
            ),
            at_most_once=channel.at_most_once,
            rate=None if channel.rate is None else Rate(channel.rate),
        )
    for name, person in brand.people.items():
        found = _ready(
            () if may_be_files else missing_of_person(person, environment),
            partial(provider_of_person, person, environment=environment, outbox=outbox, clock=clock),
        )
        if found is not None:
            people[name] = Lane(provider=found)
    return Ways(lanes, people)


def _ready(missing: tuple[str, ...], make: Callable[[], T]) -> T | UnreadyProvider:
    """What is made, or what says why it cannot be."""
    try:
        if missing:
            raise ConfigurationError(f"set {' and '.join(missing)}")
        return make()
    except ConfigurationError as error:
        return UnreadyProvider(error)


def _unready(ways: Ways) -> Iterator[tuple[str, UnreadyProvider]]:
    """By the name of the channel, or of the machine of ours."""
    for name, lane in (*ways.lanes.items(), *ways.people.items()):
        if isinstance(lane.provider, UnreadyProvider):
            yield name, lane.provider


def _see_none_missing(brand: Brand, environment: Mapping[str, str]) -> None:
    missing = {channel.name: missing_of(channel, environment) for channel in brand.channels.values()}
    missing |= {name: missing_of_person(person, environment) for name, person in brand.people.items()}
    if any(person.webhook is None for person in brand.people.values()):
        missing["people of ours"] = missing_of(_TO_US, environment)
    told = "; ".join(f"{' and '.join(names)} for {whose}" for whose, names in missing.items() if names)
    if told:
        raise ConfigurationError(
            f"a relay that runs apart sends for all, and would write touches into files of its own: set {told}; "
            "or say --outbox DIR, if files are meant"
        )
