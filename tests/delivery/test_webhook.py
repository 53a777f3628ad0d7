"""To a machine that knows us: what we sign is what the standard's own library accepts."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from journeys.definition.model import Request
from journeys.delivery.private import PRIVATE_HOSTS
from journeys.delivery.webhook import WebhookProvider
from journeys.errors import ConfigurationError, Permanent, Transient

from .parts import KEY, Answer, Seen, WebServer, parcel

_MADE: list[WebhookProvider] = []
SECRET = "whsec_" + base64.b64encode(os.urandom(32)).decode("ascii")
OTHER = "whsec_" + base64.b64encode(os.urandom(24)).decode("ascii")


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while _MADE:
        _MADE.pop().close()


def at_present() -> int:
    return int(datetime.now(UTC).timestamp()) * 1_000_000  # the library compares with the machine's own clock


def provider(url: str, *, secret: str = SECRET, clock: Callable[[], int] = at_present) -> WebhookProvider:
    request = Request(url="${CRM_URL}/{{ touch }}", headers={"x-team": "care", "webhook-id": "forged"})
    environment = {"CRM_URL": url, "CRM_SECRET": secret, PRIVATE_HOSTS: "127.0.0.1"}
    _MADE.append(WebhookProvider(request, secret="${CRM_SECRET}", environment=environment, clock=clock))
    return _MADE[-1]


def verified(secret: str, seen: Seen) -> object:
    return Webhook(secret).verify(seen.body, dict(seen.headers))


def test_the_receiver_knows_that_it_is_us() -> None:
    with WebServer() as server:
        provider(server.url).send(parcel())

    (seen,) = server.seen
    assert verified(SECRET, seen) == {
        "type": "touch",
        "timestamp": "2027-01-15T08:00:00Z",
        "data": {
            "key": KEY,
            "customer": "customer-7",
            "touch": "spark",
            "channel": "email",
            "to": "ana@example.com",
            "subject": "Something new",
            "text": "Grüße, Ana.",
            "html": parcel().message.html,
        },
    }
    assert (seen.method, seen.path) == ("POST", "/spark")
    assert (seen.headers["webhook-id"], seen.headers["x-team"]) == (KEY, "care")


def test_what_was_changed_under_way_is_known() -> None:
    with WebServer() as server:
        provider(server.url).send(parcel())

    (seen,) = server.seen
    changed = Seen(seen.method, seen.path, seen.headers, seen.body.replace(b"customer-7", b"customer-8"))
    with pytest.raises(WebhookVerificationError):
        verified(SECRET, changed)
    with pytest.raises(WebhookVerificationError):
        verified(OTHER, seen)


def test_while_a_secret_is_replaced_both_are_good() -> None:
    with WebServer() as server:
        provider(server.url, secret=f"{OTHER} {SECRET}").send(parcel())

    assert verified(SECRET, server.seen[0]) == verified(OTHER, server.seen[0])


def test_an_attempt_after_the_first_has_the_same_id_and_its_own_time() -> None:
    instants = iter([1_800_000_000_000_000, 1_800_000_000_000_000, 1_800_000_060_000_000, 1_800_000_060_000_000])
    with WebServer(Answer(503)) as server:
        one = provider(server.url, clock=lambda: next(instants, 1_800_000_060_000_000))
        with pytest.raises(Transient):
            one.send(parcel())
        one.send(parcel())

    first, second = server.seen
    assert json.loads(first.body) == json.loads(second.body)
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert (first.headers["webhook-timestamp"], second.headers["webhook-timestamp"]) == ("1800000000", "1800000060")
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_a_receiver_that_is_gone_is_gone_for_good() -> None:
    with WebServer(Answer(410)) as server, pytest.raises(Permanent, match="answered 410"):
        provider(server.url).send(parcel())


@pytest.mark.parametrize(
    "secret",
    ["hush", "whsec_hush", "whsec_" + "aHVzaA==", "whsec_" + "A" * 200, f"{SECRET} hush", "whsec_ä"],
    ids=["no secret", "no base64", "too short", "too long", "one of two", "no ascii"],
)
def test_a_secret_that_protects_nothing_is_refused(secret: str) -> None:
    with pytest.raises(ConfigurationError, match="CRM_SECRET is no secret for webhooks") as caught:
        provider("https://crm.example", secret=secret)

    assert "hush" not in str(caught.value)
    assert SECRET not in str(caught.value)
