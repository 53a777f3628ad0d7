"""Which provider a channel has, by its `via` and by what the environment says.

Where nothing is said, touches go to files: a channel whose variables are all missing writes them into
the outbox folder, and one of whose variables only some are there is a mistake in the setup.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, assert_never

from journeys.clock import Clock, now
from journeys.definition.model import Channel, Person, Request
from journeys.definition.request import texts_of, variables_of
from journeys.delivery.file import FileProvider
from journeys.delivery.http import HttpProvider
from journeys.delivery.in_app import InAppProvider
from journeys.delivery.parcel import Accepted, Parcel
from journeys.delivery.smtp import SmtpProvider
from journeys.delivery.webhook import WebhookProvider
from journeys.errors import ConfigurationError

SMTP_URL = "JOURNEYS_SMTP_URL"
WEBHOOK_SECRET = "${JOURNEYS_WEBHOOK_SECRET}"


class Provider(Protocol):
    """Hands parcels to the world.  Several threads may send at once.

    `where` says in a few words where they go, for whoever starts the engine, and holds no secret.
    """

    @property
    def where(self) -> str: ...

    def send(self, parcel: Parcel) -> Accepted:
        """Raises Transient or Permanent, and nothing else."""
        ...

    def close(self) -> None: ...


def provider_of(channel: Channel, *, environment: Mapping[str, str], outbox: Path, clock: Clock = now) -> Provider:
    """The provider of a channel that has passed the check.  Raises ConfigurationError, which names the variable."""
    match channel.via:
        case "smtp":
            url = environment.get(SMTP_URL)
            return FileProvider(outbox) if not url else SmtpProvider(url, variable=SMTP_URL)
        case "http":
            request = _request_of(channel)
            if _is_unset(request, environment):
                return FileProvider(outbox)
            return HttpProvider(request, environment=environment, clock=clock)
        case "webhook":
            return _webhook(_request_of(channel), environment, outbox, clock)
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
    return _webhook(Request(url=person.webhook), environment, outbox, clock)


def _webhook(request: Request, environment: Mapping[str, str], outbox: Path, clock: Clock) -> Provider:
    secret = request.secret or WEBHOOK_SECRET
    if _is_unset(request, environment):
        return FileProvider(outbox)
    return WebhookProvider(request, secret=secret, environment=environment, clock=clock)


def _request_of(channel: Channel) -> Request:
    if channel.request is None:
        raise ConfigurationError(f"the channel '{channel.name}' has no request: brand.yaml says where it goes")
    return channel.request


def _is_unset(request: Request, environment: Mapping[str, str]) -> bool:
    """Whether the request names variables, and not one of them is set."""
    names = variables_of(*(text for _, text in texts_of(request)))
    return bool(names) and not any(environment.get(name, "").strip() for name in names)
