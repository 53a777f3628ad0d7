"""Bare endpoints: `python -m journeys.bench.bare DATABASE_URL`, the floors of what HTTP in costs.

The same framework on the same server, twice.  `/nothing` reads the body and acknowledges it.  `/v1/events` decodes
the body, inserts the same rows by the same statement, and answers once they are on disk; what gathers while one
commit is under way is in the next.  Neither asks for a key, reads a definition, or looks at an event.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from queue import SimpleQueue
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response

from journeys.store.database import Database, open_database
from journeys.store.many import InsertMany
from journeys.store.tables import InboxRow
from journeys.web.serving import listen, serve

_COLUMNS = ("customer", "source", "id", "at", "body", "received_at", "status")
_INSERT = InsertMany(InboxRow, _COLUMNS, "ON CONFLICT DO NOTHING")
_ANSWER = b'{"accepted":1}'

_Handed = tuple[list[tuple[Any, ...]], "asyncio.Future[None]"]


class Event(msgspec.Struct):
    id: str
    customer: str
    name: str
    at: str
    properties: msgspec.Raw


_decode = msgspec.json.Decoder(Event | list[Event]).decode
_encode = msgspec.json.Encoder().encode


def app_of(database: Database) -> FastAPI:
    handed: SimpleQueue[_Handed | None] = SimpleQueue()

    def tell(batch: list[_Handed]) -> None:
        for _, kept in batch:
            kept.set_result(None)

    def write(loop: asyncio.AbstractEventLoop) -> None:
        while (first := handed.get()) is not None:
            batch = [first]
            while not handed.empty():
                another = handed.get()
                if another is None:
                    return
                batch.append(another)
            with database.writing() as connection:
                _INSERT.run(connection, [row for rows, _ in batch for row in rows])
            loop.call_soon_threadsafe(tell, batch)

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncIterator[None]:
        writer = threading.Thread(target=write, args=(asyncio.get_running_loop(),))
        writer.start()
        yield
        handed.put(None)
        writer.join()

    app = FastAPI(lifespan=running)

    @app.post("/nothing")
    async def acknowledge(request: Request) -> Response:
        await request.body()
        return Response(_ANSWER, 202, media_type="application/json")

    @app.post("/v1/events")
    async def keep(request: Request) -> Response:
        read = _decode(await request.body())
        events = read if isinstance(read, list) else [read]
        rows: list[tuple[Any, ...]] = [(each.customer, "", each.id, 0, _encode(each), 0, "pending") for each in events]
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        handed.put((rows, kept))
        await kept
        return Response(_ANSWER, 202, media_type="application/json")

    return app


def main(url: str) -> None:
    database = open_database(url)
    serve(
        app_of(database),
        listen("127.0.0.1", 0),
        on_ready=lambda serving: print(f"listening {serving.url}", flush=True),
    )
    database.close()


if __name__ == "__main__":
    main(sys.argv[1])
