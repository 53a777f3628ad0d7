"""Ways: how the touches of a publication go out, as the environment says.

Where it says nothing they are files, which is right for whoever tries the engine on one machine, and a loss
nobody notices where one of several processes lacks what the others have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from journeys.clock import Clock
from journeys.definition.model import Brand, Channel
from journeys.delivery.provider import Provider, missing_of, missing_of_person, provider_of, provider_of_person
from journeys.delivery.rate import Rate
from journeys.errors import ConfigurationError

from .attempting import Lane, Ways
from .engine import Engine

# What goes to somebody of ours and names no channel: a machine by its own way, a person by mail.
_TO_US = Channel(name="", via="smtp", address=None)


def ways_by(
    environment: Mapping[str, str], outbox: Path, *, clock: Clock, may_be_files: bool
) -> Callable[[Engine], Ways]:
    """What makes the ways of a publication.

    It raises ConfigurationError, which names the variable: where a channel is half configured and, unless it
    `may_be_files`, where one is not configured at all.
    """

    def make(engine: Engine) -> Ways:
        brand = engine.program.definitions.brand
        if not may_be_files:
            _see_configured(brand, environment)

        def provider(channel: Channel) -> Provider:
            return provider_of(channel, environment=environment, outbox=outbox, clock=clock)

        lanes = {
            channel.name: Lane(
                provider=provider(channel),
                at_most_once=channel.at_most_once,
                rate=None if channel.rate is None else Rate(channel.rate),
            )
            for channel in (_TO_US, *brand.channels.values())
        }
        found = {
            name: provider_of_person(person, environment=environment, outbox=outbox, clock=clock)
            for name, person in brand.people.items()
        }
        return Ways(lanes, {name: Lane(provider=each) for name, each in found.items() if each is not None})

    return make


def _see_configured(brand: Brand, environment: Mapping[str, str]) -> None:
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
