"""One request over HTTP, and what its answer means: accepted, not yet, or never.

The one user of httpx.  An answer is read to a bound only, and a redirect is not followed: it would
carry a customer's words to someone whom nobody wrote down.
"""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Iterable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from json import loads
from urllib.parse import urlsplit

import httpx

from journeys.clock import Clock
from journeys.delivery.parcel import Accepted
from journeys.delivery.private import Allowed
from journeys.delivery.said import kept_of
from journeys.errors import ConfigurationError, Permanent, Transient

_SECOND = 1_000_000
TIMEOUT_S = 10.0  # for each step: to connect, to hear something, to hear more
_ANSWER_MAX = 65_536
_RECEIPT_MAX = 200
# Asked to come later: 408 the request was too slow, 425 too early, 429 too many.
_LATER = (408, 425, 429)
# Those among them, and of the 5xx, that say it was not even begun.
_NOT_BEGUN = (*_LATER, 503)
# Of us and not of the touch: no key or a wrong one, an account that is empty or may not, a method that is not there.
# Somebody will mend it.
_OF_US = (401, 402, 403, 405, 407)
_RECEIPTS = ("id", "message_id", "messageId", "sid", "uuid")

# httpx logs every address and httpcore every header, and both hold secrets.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class Exchange:
    """Keeps connections open; several threads may send at once."""

    def __init__(self, *, clock: Clock, allowed: Allowed, timeout_s: float) -> None:
        self._clock = clock
        self._allowed = allowed
        self._timeout_s = timeout_s
        self._client = httpx.Client(
            verify=_trusted(),
            timeout=timeout_s,
            follow_redirects=False,
            headers={"user-agent": "journeys", "accept": "application/json", "accept-encoding": "identity"},
        )

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes | None, hidden: Iterable[str]
    ) -> Accepted:
        """Raises Transient or Permanent.  `hidden` is what the provider's words must not repeat."""
        try:
            request = self._client.build_request(
                method, url, headers=dict(headers), content=content, extensions={"trace": self._allowed.watch()}
            )
            response = self._client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, OSError) as error:
            # The system's own error is of a connection that broke before it was seen where it leads.
            raise Transient(f"the provider cannot be reached ({type(error).__name__})") from None
        except httpx.TimeoutException:
            raise Transient(f"the provider gave no answer for {self._timeout_s:g} s", is_unsure=True) from None
        except (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL):
            raise Permanent("no request can be made of this touch: its url or a header is malformed") from None
        except httpx.HTTPError as error:
            raise Transient(
                f"the connection broke before an answer came ({type(error).__name__})", is_unsure=True
            ) from None
        try:
            return self._meaning(response, hidden)
        finally:
            response.close()

    def close(self) -> None:
        self._client.close()

    def _meaning(self, response: httpx.Response, hidden: Iterable[str]) -> Accepted:
        status, body = response.status_code, self._answer(response)
        if response.is_success:
            return Accepted(receipt=_receipt(body))
        said = kept_of(body, hidden)
        if status in _LATER or status >= 500:
            raise Transient(
                f"the provider answered {status}",
                said=said,
                retry_after=retry_after(response.headers.get("retry-after"), self._clock()),
                is_unsure=status not in _NOT_BEGUN,
            )
        if status in _OF_US:
            raise Transient(f"the provider answered {status}, which is about our access to it", said=said)
        if response.is_redirect:
            raise Permanent(f"the provider answered {status}, which leads elsewhere and is not followed", said=said)
        raise Permanent(f"the provider answered {status}", said=said)

    def _answer(self, response: httpx.Response) -> bytes:
        """The answer's beginning.  What follows the status changes nothing, and so it may break off."""
        body = bytearray()
        until = self._clock() + int(self._timeout_s * _SECOND)
        try:
            for piece in response.iter_raw():
                body += piece
                if len(body) >= _ANSWER_MAX or self._clock() >= until:
                    break
        except httpx.HTTPError:
            pass
        return bytes(body[:_ANSWER_MAX])


@cache
def _trusted() -> ssl.SSLContext:
    """Whom we trust.  Read once for all: to read the world's certificates takes longer than all else of a client."""
    return httpx.create_ssl_context()


def host_of(url: str, *, variable: str | None, example: str = "https://sms.example/send") -> str:
    """The scheme, host and port of an address on the web.

    The ConfigurationError names the variable, and not what it holds.
    """
    whose = f"{variable} holds" if variable else "a request of brand.yaml has"
    try:
        httpx.URL(url)
        parts = urlsplit(url)
        port = parts.port
    except (httpx.InvalidURL, ValueError):
        raise ConfigurationError(f"{whose} an address that cannot be read") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"{whose} no address on the web, such as {example}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{'' if port is None else f':{port}'}"


def retry_after(text: str | None, now: int) -> int | None:
    """The microseconds that a Retry-After asks for: a number of seconds, or a date.  None if it says nothing."""
    if text is None:
        return None
    if re.fullmatch(r" *[0-9]{1,9} *", text):
        return int(text) * _SECOND
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, int(moment.timestamp()) * _SECOND - now)


def _receipt(body: bytes) -> str | None:
    """The provider's name for what it took, where providers usually put it."""
    try:
        answer = loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict):
        return None
    found = next((answer[name] for name in _RECEIPTS if isinstance(answer.get(name), str | int)), None)
    return None if found is None else str(found)[:_RECEIPT_MAX]
