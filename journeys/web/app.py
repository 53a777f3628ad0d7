"""The application: every route in one place, and how each refusal is said.

Made whole from what it is handed: the database, the definitions, the clock, the secret.  While it runs it has one
thread of its own, the writer's, which ends when everything handed over is committed.  Nothing here decides anything:
what came in waits in the inbox for a worker.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI, Request, Response
from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException
from starlette.routing import Match

from journeys.clock import Clock
from journeys.content.message import Message
from journeys.core.customer import Customer
from journeys.core.program import Program
from journeys.store.customers import Kept
from journeys.store.database import Database
from journeys.store.outbox import Touch
from journeys.store.settings import setting

from .access import Access
from .answers import Ready, answer, refuse
from .customers import add_customers
from .describing import OPERATIONS, document
from .envelope import Envelope
from .events import add_events
from .metrics import Figures
from .parts import Parts
from .pressure import Pressure
from .problems import Refusal, kind_of
from .reading import read_off, unavailable
from .touches import add_touches
from .unsubscribing import add_unsubscribing
from .writer import Writer


def make_app(
    *,
    database: Database,
    program: Callable[[], Program],
    clock: Clock,
    on_received: Callable[[], None],
    secret: bytes,
    inbox_max: int,
    customer_of: Callable[[Kept], Customer],
    message_of: Callable[[Touch, Customer, int], Message | None],
    registry: CollectorRegistry | None = None,
) -> FastAPI:
    """The application; what the functions do is told at `Parts`.

    `on_received` wakes a worker, and is called on the writer's thread.  From `inbox_max` events on that wait, no more
    are taken.  `registry` is where the figures are kept, if others are told with them.
    """
    figures = Figures(CollectorRegistry() if registry is None else registry)
    parts = Parts(
        database=database,
        program=program,
        clock=clock,
        secret=secret,
        customer_of=customer_of,
        message_of=message_of,
        access=Access(database=database, clock=clock),
        pressure=Pressure(database=database, clock=clock, inbox_max=inbox_max),
        writer=Writer(database=database, clock=clock, on_received=on_received),
        figures=figures,
    )

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        parts.writer.start()
        yield
        parts.writer.stop()

    app = FastAPI(
        title="journeys",
        version=version("journeys"),
        description="Events in, and what became of them. Every refusal is a problem as RFC 9457 has it.",
        lifespan=running,
        redirect_slashes=False,
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
    )
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    app.add_middleware(Envelope, figures=figures, clock=clock)
    app.add_exception_handler(Refusal, _say_refusal)
    app.add_exception_handler(HTTPException, _say_http)
    add_events(app, parts)
    add_customers(app, parts)
    add_touches(app, parts)
    add_unsubscribing(app, parts)
    _add_watching(app, parts)
    return app


def _add_watching(app: FastAPI, parts: Parts) -> None:
    @app.get("/healthz", **OPERATIONS["get_health"])
    async def get_health() -> Response:
        return answer(200, Ready())

    @app.get("/readyz", **OPERATIONS["get_ready"])
    async def get_ready() -> Response:
        await read_off(parts.database, lambda connection: setting(connection, "ready"))
        if not parts.writer.takes:
            raise unavailable()
        return answer(200, Ready())

    @app.get("/metrics", **OPERATIONS["get_metrics"])
    async def get_metrics() -> Response:
        return await parts.figures.tell(database=parts.database, clock=parts.clock)


async def _say_refusal(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)
    return refuse(refusal)


async def _say_http(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: a path that is not there, or a method that it does not have."""
    assert isinstance(error, HTTPException)
    allowed = sorted(_methods_at(request))
    headers = {"Allow": ", ".join(allowed)} if allowed else {}
    if error.status_code == 405 and request.method == "OPTIONS":
        return Response(status_code=204, headers=headers)
    detail = f"here one may {', '.join(allowed)}" if allowed else "there is nothing at this path: see /openapi.json"
    return refuse(Refusal(kind_of(error.status_code), detail, headers=headers))


def _methods_at(request: Request) -> set[str]:
    """The framework names those of one route, and a path may have several."""
    methods: set[str] = set()
    for route in request.app.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set()) if methods else set()
