"""The application: every route in one place.

Made whole from what it is handed: the database, the definitions, the clock, the secret.  While it runs it has one
thread of its own, the writer's, which ends when everything handed over is committed.  Nothing here decides anything:
what came in waits in the inbox for a worker.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from journeys.clock import Clock
from journeys.content.message import Message
from journeys.core.customer import Customer
from journeys.core.program import Program
from journeys.runtime.figures import Figures
from journeys.store.customers import Kept
from journeys.store.database import Database
from journeys.store.outbox import Touch

from .access import Access
from .cloudevents import add_cloudevents
from .customers import add_customers
from .describing import document
from .envelope import Envelope, PlainRoute
from .events import add_events
from .hooks import CLICKS_WAIT, add_hooks
from .pages.answering import add_answering
from .pages.following import add_following
from .pages.knowing import add_knowing
from .pages.preferring import add_preferring
from .pages.unsubscribing import add_unsubscribing
from .parts import Parts
from .pressure import Pressure
from .rates import SENDER_RATE, VISITOR_RATE, Rates
from .segment import add_segment
from .touches import add_touches
from .watching import add_watching
from .writer import Writer


def make_app(
    *,
    database: Database,
    program: Callable[[], Program],
    clock: Clock,
    on_received: Callable[[], None],
    secret: bytes,
    public_url: str,
    inbox_max: int,
    customer_of: Callable[[Kept], Customer],
    message_of: Callable[[Touch, Customer, int], Message | None],
    figures: Figures | None = None,
    environment: Mapping[str, str] = os.environ,
    clicks_wait: float = CLICKS_WAIT,
    sender_rate: int = SENDER_RATE,
    visitor_rate: int = VISITOR_RATE,
) -> FastAPI:
    """The application; what the functions do is told at `Parts`.

    `on_received` wakes a worker, and is called on the writer's thread.  From `inbox_max` events on that wait, no more
    are taken.  `figures` are those of the process, if more of it is told with them.  `clicks_wait` is for how many
    seconds a click waits for others, which would tell that a machine does them.  The rates are told at `Rates`.
    """
    figures = figures or Figures()
    rates = Rates(senders=sender_rate, visitors=visitor_rate, clock=clock, figures=figures)
    parts = Parts(
        database=database,
        program=program,
        clock=clock,
        secret=secret,
        public_url=public_url,
        customer_of=customer_of,
        message_of=message_of,
        access=Access(database=database, clock=clock, rates=rates),
        rates=rates,
        pressure=Pressure(database=database, clock=clock, inbox_max=inbox_max),
        writer=Writer(database=database, clock=clock, on_received=on_received),
        figures=figures,
        environment=environment,
    )

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        parts.writer.start()
        yield
        parts.writer.stop()

    app = _bare(figures, clock, running)
    add_events(app, parts)
    add_segment(app, parts)
    add_cloudevents(app, parts)
    add_hooks(app, parts, clicks_wait=clicks_wait)
    add_customers(app, parts)
    add_touches(app, parts)
    add_unsubscribing(app, parts)
    add_answering(app, parts)
    add_following(app, parts)
    add_preferring(app, parts)
    add_knowing(app, parts)
    add_watching(app, database=database, clock=clock, figures=figures, takes=lambda: parts.writer.takes)
    return app


def make_watching_app(*, database: Database, clock: Clock, figures: Figures, takes: Callable[[], bool]) -> FastAPI:
    """What a process answers that takes no events: whether it lives, whether it could work, and its figures."""
    app = _bare(figures, clock)
    add_watching(app, database=database, clock=clock, figures=figures, takes=takes)
    return app


def _bare(
    figures: Figures, clock: Clock, lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None
) -> FastAPI:
    """An application without a route: how it answers, and how it refuses."""
    app = FastAPI(
        title="journeys",
        version=version("journeys"),
        description="Events in, and what became of them. Every refusal is a problem as RFC 9457 has it.",
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
    )
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    # The envelope alone, instead of the framework's six layers: what they see to, it does.
    app.middleware_stack = Envelope(app.router, figures=figures, clock=clock)
    app.router.route_class = PlainRoute
    return app
