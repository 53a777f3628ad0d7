"""To a machine that knows us, signed as Standard Webhooks says, so that it can know us.

https://www.standardwebhooks.com: `webhook-id` is the touch's key, the same for every attempt;
`webhook-timestamp` is the attempt's, so that an old one cannot be played again;
`webhook-signature` is over both and the content.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from json import dumps

from journeys.clock import Clock
from journeys.definition.model import Request
from journeys.definition.request import variables_of
from journeys.delivery.exchange import TIMEOUT_S, Exchange
from journeys.delivery.http import address_of, filled_headers, filled_url, headers_of, secrets_of
from journeys.delivery.parcel import Accepted, Parcel
from journeys.delivery.private import Allowed
from journeys.delivery.template import template_of
from journeys.errors import ConfigurationError, Gathered

SECRET = "JOURNEYS_WEBHOOK_SECRET"  # of webhooks that have none of their own

_PREFIX = "whsec_"


class WebhookProvider:
    """`secret` is a text such as `${CRM_SECRET}`: one, or two with a space between while one replaces the other."""

    knows_keys = True

    def __init__(
        self,
        request: Request,
        *,
        secret: str,
        environment: Mapping[str, str],
        clock: Clock,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        allowed = Allowed(environment)
        gathered = Gathered()
        with gathered:
            self._url, self.where = address_of(request, environment, allowed)
        with gathered:
            self._headers = headers_of(request, environment)
        with gathered:
            self._keys = _keys(secret, environment)
        gathered.see_none()
        self._secrets = secrets_of(request, environment)
        self._clock = clock
        self._exchange = Exchange(clock=clock, allowed=allowed, timeout_s=timeout_s)

    def send(self, parcel: Parcel) -> Accepted:
        values = parcel.values()
        content = dumps({"type": "touch", "timestamp": values["at"], "data": _data(parcel)}).encode()
        attempted_at = self._clock() // 1_000_000
        return self._exchange.send(
            "POST",
            filled_url(self._url, values),
            headers={
                **filled_headers(self._headers, values),
                "content-type": "application/json",
                "webhook-id": parcel.key,
                "webhook-timestamp": str(attempted_at),
                "webhook-signature": " ".join(_signed(key, parcel.key, attempted_at, content) for key in self._keys),
            },
            content=content,
            hidden=(*self._secrets, *parcel.personal()),
        )

    def close(self) -> None:
        self._exchange.close()


def _data(parcel: Parcel) -> dict[str, object]:
    return {
        "key": parcel.key,
        "customer": parcel.customer,
        "touch": parcel.touch,
        "channel": parcel.channel,
        "to": parcel.to,
        "subject": parcel.message.subject,
        "text": parcel.message.text,
        "html": parcel.message.html,
    }


def _signed(key: bytes, id: str, at: int, content: bytes) -> str:
    signature = hmac.digest(key, f"{id}.{at}.".encode() + content, hashlib.sha256)
    return f"v1,{base64.b64encode(signature).decode('ascii')}"


def _keys(secret: str, environment: Mapping[str, str]) -> tuple[bytes, ...]:
    names = variables_of(secret)
    whose = names[0] if names else "the secret of a webhook"
    if whose == SECRET and not environment.get(SECRET, "").strip():
        raise ConfigurationError(f"{SECRET} is not set: webhooks that have no secret of their own are signed with it")
    keys = []
    for text in template_of(secret, environment).head.split():
        try:
            key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not 24 <= len(key) <= 64:
            raise ConfigurationError(
                f"{whose} is no secret for webhooks: it is '{_PREFIX}' and then 24 to 64 random bytes in base64"
            )
        keys.append(key)
    return tuple(keys)
