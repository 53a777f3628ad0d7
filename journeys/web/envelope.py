"""The envelope: what stands around every answer, whatever answered.

One layer of plain ASGI, because it is passed by every request: HEAD is answered as GET, a path keeps the escapes it
came with (an id may hold a stroke), each answer carries what a browser must be told, is counted, and a failure of
ours becomes a problem that shows nothing.  The log is told where a failure came from and never of whom.
"""

from __future__ import annotations

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from journeys.clock import Clock

from .answers import refuse
from .metrics import Figures
from .problems import FAILED, Refusal
from .reading import log_failure

# A page says what else it needs, in a policy of its own.
_POLICY: Final = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_OURS: Final = "this is a mistake of ours, and it is in our log: sending it again may help"


class Envelope:
    def __init__(self, app: ASGIApp, *, figures: Figures, clock: Clock) -> None:
        self._app = app
        self._figures = figures
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_at = self._clock()
        method = scope["method"]
        # Of what is answered to HEAD the server sends no body.
        inner = {**scope, "path": scope["raw_path"].decode("latin-1"), "method": "GET" if method == "HEAD" else method}
        status = 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message["headers"], *_HEADERS]
                if not any([name == _POLICY[0] for name, _ in headers]):
                    headers.append(_POLICY)
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._app(inner, receive, send_on)
        except Exception as error:
            log_failure("request_failed", error)
            if status == 0:
                await refuse(Refusal(FAILED, _OURS))(inner, receive, send_on)
        route = getattr(inner.get("route"), "path", "none")
        self._figures.count_request(route=route, method=method, status=status, took=self._clock() - started_at)
