"""The web part as it runs: a real server on a free port, a real database, and a clock that stands where it is put."""

from __future__ import annotations

import asyncio
import atexit
import ssl
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Queue
from threading import Thread
from types import MappingProxyType
from typing import Any, Final

import httpx
import msgspec
from fastapi import FastAPI

from journeys.clock import Clock
from journeys.content.about import values_about
from journeys.content.message import Message, compose
from journeys.core.calendar import NEVER, parse_moment
from journeys.core.compiling import compile_program
from journeys.core.customer import Customer
from journeys.core.keeping import pack, unpack
from journeys.core.program import Program
from journeys.definition.model import Channel, Field
from journeys.store.customers import Kept, Taken, claim, save
from journeys.store.database import Database, open_database
from journeys.store.inbox import Received, receive
from journeys.store.keys import make_key
from journeys.store.outbox import Touch
from journeys.web.app import make_app
from journeys.web.rates import SENDER_RATE, VISITOR_RATE
from journeys.web.serving import Serving, listen, serve
from tests.streams import definitions

NOW = parse_moment("2026-03-10T09:00:00Z")
SECRET = b"a secret of this installation"
PUBLIC_URL = "https://post.kaffa.example/news"


class ManualClock:
    """Stands where it is put."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def make_program() -> Program:
    """The shipped definitions, with a channel that is shown inside the shop, and a touch in German."""
    shipped = definitions("shipped")
    brand = shipped.brand
    channels = {**brand.channels, "banner": Channel(name="banner", via="in-app", address=None)}
    channels["email"] = replace(channels["email"], track=("opens", "clicks"))
    fields = {**brand.fields, **{name: Field(name=name, type="text") for name in ("language", "tone")}}
    spark = replace(shipped.touches["spark"], translations={"de": replace(shipped.touches["spark"], language="de")})
    return compile_program(
        replace(
            shipped,
            brand=replace(brand, channels=channels, fields=fields),
            touches={**shipped.touches, "spark": spark},
        ),
        salt="salt",
    )


PROGRAM = make_program()


def message_of(touch: Touch, customer: Customer, now: int) -> Message | None:
    definition = PROGRAM.definitions.touches.get(touch.touch)
    if definition is None:
        return None
    values = values_about(PROGRAM, definition, customer, None, at=now)
    return compose(definition, channel=str(touch.channel), words=touch.words, values=values)


def customer_of(kept: Kept) -> Customer:
    return unpack(PROGRAM, kept.id, kept.value)


@dataclass(kw_only=True)
class House:
    """A web part that is open, and what it stands on."""

    database: Database
    clock: ManualClock
    url: str
    client: httpx.Client
    woken: list[int]
    keys: dict[tuple[str, ...], str] = field(default_factory=dict)

    def key(self, *scopes: str) -> dict[str, str]:
        """The header of a key that has these scopes."""
        if scopes not in self.keys:
            with self.database.writing() as connection:
                self.keys[scopes] = make_key(connection, "test", scopes, self.clock())
        return {"Authorization": f"Bearer {self.keys[scopes]}"}

    def post(self, body: object, *, type: str | None = "application/json", scope: str = "ingest") -> httpx.Response:
        """Posts to the events: what is no bytes as JSON."""
        headers = self.key(scope) | ({} if type is None else {"Content-Type": type})
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return self.client.post("/v1/events", content=content, headers=headers)

    def put(self, id: str, body: object, *, scope: str = "ingest") -> httpx.Response:
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return self.client.put(f"/v1/customers/{id}", content=content, headers=self.key(scope))

    def get(self, path: str, *, scope: str = "read") -> httpx.Response:
        return self.client.get(path, headers=self.key(scope))

    def inbox(self) -> dict[str, list[dict[str, Any]]]:
        """What waits for a worker, by customer."""
        with self.database.writing() as connection:
            claimed = claim(connection, NEVER - 1, 1_000)
            connection.rollback()
        return {each.id: [msgspec.json.decode(event.body) for event in each.events] for each in claimed}

    def save(self, customer: Customer, touches: Sequence[Touch] = ()) -> None:
        """Keeps a customer as a worker does."""
        kept = Kept(
            id=customer.id,
            publication=1,
            value=pack(customer),
            as_of=customer.as_of,
            wake_at=NEVER,
            turns=1,
        )
        heard = Received(customer=customer.id, source="", id="first", at=0, body=b"{}")
        taken = Taken(
            kept=kept,
            kind="turn",
            until=NOW,
            signals=b"[]",
            whys=b"[]",
            heard=((customer.id, "", "first"),),
            touches=tuple(touches),
        )
        with self.database.writing() as connection:
            receive(connection, [heard], NOW)
            claim(connection, NOW, 10)
            save(connection, [taken], NOW)


def event(id: str = "e-1", customer: str = "c-17", /, name: str = "order_placed", **more: Any) -> dict[str, Any]:
    return {
        "id": id,
        "name": name,
        "customer": customer,
        "at": "2026-03-10T08:59:00Z",
        "properties": {"order_id": "A1", "total": 649},
        **more,
    }


def app_of(
    database: Database,
    *,
    clock: Clock = lambda: NOW,
    program: Callable[[], Program] = lambda: PROGRAM,
    on_received: Callable[[], None] = lambda: None,
    inbox_max: int = 100_000,
    environment: Mapping[str, str] = MappingProxyType({}),
    clicks_wait: float = 0.0,
    sender_rate: int = SENDER_RATE,
    visitor_rate: int = VISITOR_RATE,
) -> FastAPI:
    return make_app(
        database=database,
        program=program,
        clock=clock,
        on_received=on_received,
        secret=SECRET,
        public_url=PUBLIC_URL,
        inbox_max=inbox_max,
        customer_of=customer_of,
        message_of=message_of,
        environment=environment,
        clicks_wait=clicks_wait,
        sender_rate=sender_rate,
        visitor_rate=visitor_rate,
    )


@contextmanager
def open_house(
    database: Database,
    *,
    program: Callable[[], Program] = lambda: PROGRAM,
    inbox_max: int = 100_000,
    environment: Mapping[str, str] = MappingProxyType({}),
    clicks_wait: float = 0.0,
    sender_rate: int = SENDER_RATE,
    visitor_rate: int = VISITOR_RATE,
    proxies: Sequence[str] = (),
) -> Iterator[House]:
    manual = ManualClock()
    woken: list[int] = []
    app = app_of(
        database,
        clock=manual,
        program=program,
        on_received=lambda: woken.append(manual()),
        inbox_max=inbox_max,
        environment=environment,
        clicks_wait=clicks_wait,
        sender_rate=sender_rate,
        visitor_rate=visitor_rate,
    )
    free = _FREE[tuple(proxies)]
    ground = free.pop() if free else _Ground(proxies)
    with ground.serving(app), httpx.Client(base_url=ground.url, timeout=60, verify=_TRUST) as client:
        yield House(database=database, clock=manual, url=ground.url, client=client, woken=woken)
    free.append(ground)


class _Ground:
    """A server on which one house is opened after the other: to begin and to end one takes longer than most tests."""

    def __init__(self, proxies: Sequence[str]) -> None:
        self._app: FastAPI | None = None
        ready: Queue[Serving] = Queue()
        arguments = (self, listen("127.0.0.1", 0))
        options: dict[str, Any] = {"on_ready": ready.put, "proxies": proxies}
        thread = Thread(target=serve, args=arguments, kwargs=options, daemon=True)
        thread.start()
        serving = ready.get(timeout=60)
        self.url = serving.url

        @atexit.register
        def end() -> None:
            serving.stop()
            thread.join()

    @contextmanager
    def serving(self, app: FastAPI) -> Iterator[None]:
        """The application begins and ends as a server has it begin and end."""
        running = app.router.lifespan_context(app)
        self._do(running.__aenter__())
        self._app = app
        try:
            yield
        finally:
            self._app = None
            self._do(running.__aexit__(None, None, None))

    def _do(self, work: Coroutine[Any, Any, Any]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            self._loop = asyncio.get_running_loop()
        await (self._app or FastAPI())(scope, receive, send)


_FREE: Final[dict[tuple[str, ...], list[_Ground]]] = defaultdict(list)
# Nothing here is asked for over TLS: to read the world's certificates anew took longer than most tests.
_TRUST: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@contextmanager
def open_house_on_sqlite(folder: Path, *, program: Callable[[], Program] = lambda: PROGRAM) -> Iterator[House]:
    """One for many tests, of what stands before a database."""
    database = open_database(f"sqlite:///{folder / 'journeys.db'}")
    database.migrate()
    with open_house(database, program=program) as opened:
        yield opened
    database.close()


def problem(answer: httpx.Response) -> Mapping[str, Any]:
    """The problem that an answer is, whole as RFC 9457 wants it."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    said: dict[str, Any] = answer.json()
    assert said["status"] == answer.status_code
    assert said["type"].startswith("urn:problem-type:journeys:")
    assert said["title"] and said["detail"]
    return said
