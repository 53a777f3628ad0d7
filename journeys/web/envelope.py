"""The envelope: what stands around every answer, whatever answered.

One layer of plain ASGI, because it is passed by every request: HEAD is answered as GET, a path keeps the escapes it
came with (an id may hold a stroke), each answer carries what a browser must be told and is counted.  A refusal is said
as the problem it is, and so is a failure of ours, which shows nothing.  The log is told where a failure came from and
never of whom.

Nothing else lies between the server and a route.  What the framework would make of a request and of what is
returned takes half as long as all that is done here for an event, and our routes do it themselves.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from journeys.clock import Clock
from journeys.runtime.figures import Figures

from .answers import refuse
from .problems import FAILED, Refusal, kind_of
from .reading import log_failure

# As long as an answer says nothing else itself: a page needs its style, and a mail shows our picture.
_HEADERS: Final = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_ASKED: Final = "journeys.method"
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
        inner[_ASKED] = method
        status = 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                said = {name for name, _ in message["headers"]}
                headers = [*message["headers"], *[header for header in _HEADERS if header[0] not in said]]
                message = {**message, "headers": headers}
            await send(message)

        try:
            try:
                await self._app(inner, receive, send_on)
            except Refusal as refusal:
                await refuse(refusal)(inner, receive, send_on)
            except HTTPException as error:
                await _say(error, inner)(inner, receive, send_on)
        except Exception as error:
            log_failure("request_failed", error)
            if status == 0:
                await refuse(Refusal(FAILED, _OURS))(inner, receive, send_on)
        route = getattr(inner.get("route"), "path", "none")
        self._figures.count_request(route=route, method=method, status=status, took=self._clock() - started_at)


def is_head(request: Request) -> bool:
    """Whether it asks what it would get, and not for it."""
    return bool(request.scope[_ASKED] == "HEAD")


class PlainRoute(APIRoute):
    """A route of a function that takes the request as it is and gives the answer as it goes out."""

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.app = self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        response: Response = await self.endpoint(Request(scope, receive))
        await response(scope, receive, send)


def _say(error: HTTPException, scope: Scope) -> Response:
    """What the framework refuses by itself: a path that is not there, or a method that it does not have."""
    allowed = sorted(_methods_at(scope))
    headers = {"Allow": ", ".join(allowed)} if allowed else {}
    if error.status_code == 405 and scope["method"] == "OPTIONS":
        return Response(status_code=204, headers=headers)
    detail = f"here one may {', '.join(allowed)}" if allowed else "there is nothing at this path: see /openapi.json"
    return refuse(Refusal(kind_of(error.status_code), detail, headers=headers))


def _methods_at(scope: Scope) -> set[str]:
    """The framework names those of one route, and a path may have several."""
    methods: set[str] = set()
    for route in scope["app"].routes:
        if route.matches(scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set()) if methods else set()
