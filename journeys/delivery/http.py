"""Over HTTP, by the request that brand.yaml describes: an SMS gateway, a push service, a CRM.

A value is put in where it lands as what it is there: escaped in an address and in a form, a text in
JSON.  It can never become structure.  Each touch carries an Idempotency-Key, the same for every
attempt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from json import dumps
from urllib.parse import quote, urlencode, urlsplit

from journeys.clock import Clock
from journeys.definition.model import Request
from journeys.definition.request import texts_of, variables_of
from journeys.delivery.exchange import TIMEOUT_S, Exchange, host_of
from journeys.delivery.parcel import Accepted, Parcel
from journeys.delivery.private import Allowed
from journeys.delivery.template import Template, filled_json, template_of, templates_in_json, variable
from journeys.errors import ConfigurationError, Gathered, Permanent

# As far as the host ends: what is put in afterwards cannot lead to another one.
_WITH_HOST = re.compile(r"(?i:https?)://[^/?#]+[/?]")


class HttpProvider:
    """Raises ConfigurationError when it is made, if the environment does not say what the request needs."""

    knows_keys = True

    def __init__(
        self, request: Request, *, environment: Mapping[str, str], clock: Clock, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._method = request.method
        allowed = Allowed(environment)
        gathered = Gathered()
        with gathered:
            self._url, self.where = address_of(request, environment, allowed)
        with gathered:
            self._headers = headers_of(request, environment)
        with gathered:
            self._json = templates_in_json(request.json, environment)
            self._form = (
                None
                if request.form is None
                else {name: template_of(text, environment) for name, text in request.form.items()}
            )
            self._body = None if request.body is None else template_of(request.body, environment)
        gathered.see_none()
        self._secrets = secrets_of(request, environment)
        self._exchange = Exchange(clock=clock, allowed=allowed, timeout_s=timeout_s)

    def send(self, parcel: Parcel) -> Accepted:
        values = parcel.values()
        kind, content = self._content(values)
        headers = {"idempotency-key": parcel.key}
        if kind is not None:
            headers["content-type"] = kind
        return self._exchange.send(
            self._method,
            filled_url(self._url, values),
            headers={**headers, **filled_headers(self._headers, values)},
            content=content,
            hidden=(*self._secrets, *parcel.personal()),
        )

    def close(self) -> None:
        self._exchange.close()

    def _content(self, values: Mapping[str, str]) -> tuple[str | None, bytes | None]:
        if self._json is not None:
            return "application/json", dumps(filled_json(self._json, values)).encode()
        if self._form is not None:
            form = {name: template.filled(values) for name, template in self._form.items()}
            return "application/x-www-form-urlencoded", urlencode(form, errors="replace").encode()
        if self._body is not None:
            return "text/plain; charset=utf-8", self._body.filled(values).encode("utf-8", "replace")
        return None, None


def address_of(request: Request, environment: Mapping[str, str], allowed: Allowed) -> tuple[Template, str]:
    """The template of the address, and its host for people to read."""
    url = template_of(request.url, environment)
    names = variables_of(request.url)
    host = host_of(url.head, variable=names[0] if names else None)
    if not url.is_whole and not _WITH_HOST.match(url.head):
        raise ConfigurationError("a request of brand.yaml has a placeholder in its host: it stands after the first '/'")
    allowed.see_host(urlsplit(host).hostname or "")
    return url, host


def headers_of(request: Request, environment: Mapping[str, str]) -> dict[str, Template]:
    return {name.lower(): template_of(text, environment) for name, text in request.headers.items()}


def secrets_of(request: Request, environment: Mapping[str, str]) -> tuple[str, ...]:
    """What the environment put in: none of it is ever shown."""
    names = variables_of(*(text for _, text in texts_of(request)))
    return tuple(variable(name, environment) for name in names)


def filled_url(url: Template, values: Mapping[str, str]) -> str:
    return url.filled(values, _in_url)


def filled_headers(headers: Mapping[str, Template], values: Mapping[str, str]) -> dict[str, str]:
    filled = {name: template.filled(values) for name, template in headers.items()}
    for name, text in filled.items():
        if not text.isascii() or not text.isprintable():
            raise Permanent(f"the header '{name}' would hold a line break, or a letter beyond ASCII")
    return filled


def _in_url(value: str) -> str:
    # No sign escapes these two, which mean a folder: `/send/..` is `/`.
    if value in (".", ".."):
        raise Permanent("the url would lead elsewhere than meant: a value in it is only dots")
    return quote(value, safe="", errors="replace")
