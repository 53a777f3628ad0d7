"""A small engine on a real database: events in by hand, time by hand, and a channel that records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from journeys.core.calendar import format_moment, parse_moment
from journeys.core.customer import Customer
from journeys.delivery.parcel import Accepted, Parcel
from journeys.runtime.attempting import Lane, Ways
from journeys.runtime.live import Live
from journeys.runtime.publishing import engine_as, publish
from journeys.runtime.relaying import Relay
from journeys.runtime.working import Worker
from journeys.store.claiming import lock
from journeys.store.customers import turns_of
from journeys.store.database import Database
from journeys.store.identity import erased_as
from journeys.store.inbox import Received, receive
from tests.core.walk import ANA, START, journey, lay

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WELCOME = journey("""
need:
  rest: true
  send:
    - spark
    - {touch: more, after: 2 days}
  move:
    - {on: spark.sent, to: research}
    - {on: ordered, to: end.bought}
research:
  rest: true
  send: [{touch: thanks, after: 1 hour}]
  move: [{on: ordered, to: end.bought}]
""")


class ManualClock:
    def __init__(self, moment: str = START) -> None:
        self.now = parse_moment(moment)

    def __call__(self) -> int:
        return self.now


class Recorder:
    """A provider that knows keys: it takes each once, or fails as it is told to."""

    where = "recorded"
    knows_keys = True

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []
        self.failure: Callable[[Parcel], Exception | None] = lambda parcel: None

    def send(self, parcel: Parcel) -> Accepted:
        failure = self.failure(parcel)
        if failure is not None:
            raise failure
        self.parcels.append(parcel)
        return Accepted(receipt=f"r{len(self.parcels)}")

    def close(self) -> None:
        pass

    @property
    def sent(self) -> list[str]:
        return [parcel.touch for parcel in self.parcels]

    @property
    def taken(self) -> dict[str, int]:
        """How often each key arrived."""
        counts: dict[str, int] = {}
        for parcel in self.parcels:
            counts[parcel.key] = counts.get(parcel.key, 0) + 1
        return counts


class House:
    """`folder` holds definitions as `tests.core.walk` writes them."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        *journeys: str,
        brand: str = "",
        touches: Mapping[str, str] | None = None,
        words: Mapping[str, str] | None = None,
        careful: bool = False,
    ) -> None:
        self.database = database
        self.folder = folder
        self.clock = ManualClock()
        self.recorder = Recorder()
        self.count = 0
        lay(folder, *journeys, brand=brand, touches=touches, words=words)
        # As a process does that publishes and goes on: it reads nothing again.
        published = publish(database, folder, self.clock())
        self.live = Live(database, self.clock, engine_as(database, published))
        self.begin_anew(careful=careful)

    def start(self, *, careful: bool = False) -> None:
        """As a process does when it begins."""
        self.live = Live(self.database, self.clock)
        self.begin_anew(careful=careful)

    def begin_anew(self, *, careful: bool = False) -> None:
        """As a process does that remembers nothing but the definitions, which would be the same."""
        self.worker = Worker(self.live)
        self.relay = Relay(self.live, lambda engine: self._ways(careful), "https://kaffa.example", seed=1)

    def _ways(self, careful: bool) -> Ways:
        return Ways(
            {name: Lane(provider=self.recorder, at_most_once=careful) for name in ("", "email", "sms")},
            {},
        )

    def limit_to(self, limit: int) -> None:
        """Publishes a spark with an offer that so many can have."""
        path = self.folder / "touches" / "spark.md"
        _, purpose, rest = path.read_text().partition("purpose: ")
        offer = f"offer: {{percent: 10, code: unique, expires: 7 days, limit: {limit}}}"
        path.write_text(f"---\n{offer}\n{purpose}{rest}")
        publish(self.database, self.folder, self.clock())
        self.live.refresh()

    # ------------------------------------------------------------ events and time

    def knows(self, customer: str = "ana", consent: tuple[str, ...] = ("offers", "personalization")) -> None:
        """Who they are, and what they allow."""
        self.on("profile.updated", customer=customer, **ANA)
        for purpose in consent:
            self.on("consent.given", customer=customer, purpose=purpose)

    def on(self, name: str, *, customer: str = "ana", at: int | None = None, **properties: Any) -> None:
        self.count += 1
        self.hear([self.event(name, customer=customer, at=at, id=f"{self.count:06}", properties=properties)])

    def event(
        self, name: str, *, customer: str, id: str, at: int | None = None, properties: Mapping[str, Any] | None = None
    ) -> Received:
        moment = self.clock() if at is None else at
        raw = {"id": id, "name": name, "customer": customer, "at": format_moment(moment), "properties": properties}
        return Received(customer=customer, source="", id=id, at=moment, body=msgspec.json.encode(raw))

    def hear(self, events: list[Received]) -> list[bool]:
        with self.database.writing() as connection:
            return receive(connection, events, self.clock())

    def wait(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> None:
        self.clock.now += round(days * DAY + hours * HOUR + minutes * MINUTE)

    # ------------------------------------------------------------ work

    def work(self) -> None:
        """Until there is nothing to decide."""
        while self.worker.work():
            pass

    def send(self) -> None:
        """Until nothing goes any more and all has come back."""
        # What is settled may be still on its way out of its thread: nothing was moved then, and yet it is not over.
        while self.relay.relay() or self.relay.is_busy:
            self.relay.rest()

    def run(self) -> None:
        self.work()
        self.send()
        self.work()

    # ------------------------------------------------------------ what is so

    def customer(self, id: str = "ana") -> Customer:
        with self.database.writing() as connection:
            id = erased_as(connection, [id]).get(id, id)
            return self.live.engine.customer_of(lock(connection, [id])[id])

    def state(self, id: str = "ana") -> str:
        customer = self.customer(id)
        live = [each for each in customer.enrollments if each.ended_at < 0]
        return live[0].journey.state_names[live[0].state] if live else "nowhere"

    def trace(self, id: str = "ana") -> list[dict[str, Any]]:
        with self.database.reading() as connection:
            turns = list(turns_of(connection, erased_as(connection, [id]).get(id, id)))
        return [msgspec.json.decode(line) for turn in turns for line in turn.whys.splitlines() if line]

    def answers(self, touch: str, id: str = "ana") -> list[str]:
        return [
            row["answer"] + (f": {row['because']}" if "because" in row else "")
            for row in self.trace(id)
            if row.get("touch") == touch
        ]
