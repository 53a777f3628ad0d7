"""Ways: how the touches of a publication go out, as the environment says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from journeys.definition.model import Channel
from journeys.delivery.provider import Provider, provider_of, provider_of_person
from journeys.delivery.rate import Rate

from .engine import Engine
from .relaying import Lane, Ways

# What goes to somebody of ours and names no channel: a machine by its own way, a person by mail.
_TO_US = Channel(name="", via="smtp", address=None)


def ways_by(environment: Mapping[str, str], outbox: Path) -> Callable[[Engine], Ways]:
    """What makes the ways of a publication.  It raises ConfigurationError, which names the variable."""

    def make(engine: Engine) -> Ways:
        brand, clock = engine.program.definitions.brand, engine.clock

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
