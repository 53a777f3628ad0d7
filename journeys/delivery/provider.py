"""Which provider a channel has, by its `via` and by what the environment says.

Where nothing is said, touches go to files: a channel whose variables are all missing writes them into
the outbox folder, and one of whose variables only some are there is a mistake in the setup.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol, assert_never

from journeys.clock import Clock, now
from journeys.definition.model import Channel, Person, Request
from journeys.definition.request import texts_of, variables_of
from journeys.delivery.file import FileProvider
from journeys.delivery.http import HttpProvider
from journeys.delivery.in_app import InAppProvider
from journeys.delivery.parcel import Accepted, Parcel
from journeys.delivery.signing import signer_of
from journeys.delivery.smtp import SmtpProvider
from journeys.delivery.webhook import SECRET, WebhookProvider
from journeys.errors import ConfigurationError

SMTP_URL = "JOURNEYS_SMTP_URL"


class Provider(Protocol):
    """Hands parcels to the world.  Several threads may send at once.

    `where` says in a few words where they go, for whoever starts the engine, and holds no secret.  Who `knows_keys`
    takes a parcel once, however often it comes: it is told the key, and may be asked again without a thought.
    """

    knows_keys: bool

    @property
    def where(self) -> str: ...

    def send(self, parcel: Parcel) -> Accepted:
        """Raises Transient or Permanent, and nothing else."""
        ...

    def close(self) -> None: ...


def provider_of(channel: Channel, *, environment: Mapping[str, str], outbox: Path, clock: Clock = now) -> Provider:
    """The provider of a channel that has passed the check.  Raises ConfigurationError, which names the variable."""
    if missing_of(channel, environment):
        return FileProvider(outbox)
    match channel.via:
        case "smtp":
            return SmtpProvider(environment[SMTP_URL], variable=SMTP_URL, signer=signer_of(environment))
        case "http":
            return HttpProvider(_request_of(channel), environment=environment, clock=clock)
        case "webhook":
            return _webhook(_request_of(channel), environment, clock)
        case "in-app":
            return InAppProvider()
        case "file":
            return FileProvider(outbox)
        case _:
            assert_never(channel.via)


def provider_of_person(
    person: Person, *, environment: Mapping[str, str], outbox: Path, clock: Clock = now
) -> Provider | None:
    """The provider of a person who is a machine; None of one who is reached on the touch's channel."""
    if person.webhook is None:
        return None
    if missing_of_person(person, environment):
        return FileProvider(outbox)
    return _webhook(Request(url=person.webhook), environment, clock)


def missing_of(channel: Channel, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The variables for want of which a channel's touches are files; none where they are not, or are meant to be."""
    match channel.via:
        case "smtp":
            return _missing((SMTP_URL,), environment)
        case "http" | "webhook":
            return _missing_of_request(_request_of(channel), environment)
        case "in-app" | "file":
            return ()
        case _:
            assert_never(channel.via)


def missing_of_person(person: Person, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The same of somebody of ours who is a machine."""
    return () if person.webhook is None else _missing_of_request(Request(url=person.webhook), environment)


def _webhook(request: Request, environment: Mapping[str, str], clock: Clock) -> Provider:
    return WebhookProvider(request, secret=request.secret or f"${{{SECRET}}}", environment=environment, clock=clock)


def _request_of(channel: Channel) -> Request:
    if channel.request is None:
        raise ConfigurationError(f"the channel '{channel.name}' has no request: brand.yaml says where it goes")
    return channel.request


def _missing_of_request(request: Request, environment: Mapping[str, str]) -> tuple[str, ...]:
    return _missing(variables_of(*(text for _, text in texts_of(request))), environment)


def _missing(names: Iterable[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """All of them, where not one is set: where some are there the others are a mistake."""
    wanted = tuple(names)
    return () if any(environment.get(name, "").strip() for name in wanted) else wanted
