"""Watching: whether a process lives, whether it could work, and what it counts.

Every role has these three routes: the web part beside its others, a worker or a relay alone.  They ask for no
key, and tell of nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fastapi import FastAPI, Request, Response

from journeys.clock import Clock
from journeys.runtime.figures import CONTENT_TYPE, Figures
from journeys.store.database import Database
from journeys.store.settings import setting

from .answers import Ready, answer
from .describing import OPERATIONS
from .reading import read_off, unavailable


def add_watching(
    app: FastAPI, *, database: Database, clock: Clock, figures: Figures, takes: Callable[[], bool]
) -> None:
    """`takes` says whether this process is up to its work, as long as its database answers."""

    @app.get("/healthz", **OPERATIONS["get_health"])
    async def get_health(_: Request) -> Response:
        return answer(200, Ready())

    @app.get("/readyz", **OPERATIONS["get_ready"])
    async def get_ready(_: Request) -> Response:
        await read_off(database, lambda connection: setting(connection, "ready"))
        if not takes():
            raise unavailable()
        return answer(200, Ready())

    @app.get("/metrics", **OPERATIONS["get_metrics"])
    async def get_metrics(_: Request) -> Response:
        # On a thread: it asks the database.
        return Response(await asyncio.to_thread(figures.tell, database, clock), media_type=CONTENT_TYPE)
