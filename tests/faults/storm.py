"""A storm: real processes on a real database, killed at random moments while events come in and a provider fails.

    python -m tests.faults.storm --kills 50 --database postgres

When it has passed nothing is lost and nothing is done twice: every event that was acknowledged is in exactly one
turn, every touch that came due has gone or was withheld for a reason, and nobody is stuck.
"""

from __future__ import annotations

import argparse
import socket
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import httpx
import msgspec

from journeys.clock import now
from journeys.core.calendar import format_moment
from journeys.delivery.private import PRIVATE_HOSTS
from journeys.runtime.engine import ACCEPTED, OUTBOX
from journeys.runtime.live import Live
from journeys.runtime.publishing import publish
from journeys.runtime.retracing import retrace
from journeys.runtime.wording import Wording
from journeys.store.customers import find, parked, turns_of
from journeys.store.database import VARIABLE, Database, open_database
from journeys.store.keys import make_key
from journeys.store.outbox import Touch
from tests.core.walk import ANA, HOUR, MINUTE, SECOND, journey, lay
from tests.databases import Server, binaries

from .part import UP
from .processes import JOURNEYS, Process
from .sink import Sink

STORY = journey(
    """
need:
  rest: true
  send:
    - spark
    - {touch: more, after: 1 hour}
  move:
    - {on: ordered, to: research}
    - {on: left_us, to: end.bought}
research:
  rest: true
  send: [thanks, {touch: extra, after: 1 hour}]
  move: [{on: left_us, to: end.bought}]
""",
    top="reenter: always",
)
TOUCHES = {
    "spark": "purpose: offers\nchannels: [sms]",
    "more": "purpose: offers\nchannels: [sms]",
    "extra": "purpose: offers\nchannels: [sms]",
    "thanks": "purpose: orders\nchannels: [sms]",
}
OFFERS = ("spark", "more", "extra")
A_BATCH = 100
PASSES_WITHIN = 300.0  # seconds that the engine has to come to rest once the storm is over


@dataclass(kw_only=True)
class Figures:
    """A row of the table."""

    database: str
    seed: int
    customers: int
    events: int
    kills: int
    seconds: float = 0
    answers: Counter[str] = field(default_factory=Counter)
    offered_again: int = 0
    problems: list[str] = field(default_factory=list)

    def row(self) -> str:
        told = ", ".join(f"{count:,} {answer}" for answer, count in sorted(self.answers.items()))
        verdict = "; ".join(self.problems[:5]) or "nothing lost, nothing twice"
        return (
            f"| {self.database} | {self.seed} | {self.customers:,} | {self.events:,} | {self.kills} | {told} | "
            f"{self.offered_again:,} | {self.seconds:.0f} s | {verdict} |"
        )


HEAD = (
    "| database | seed | customers | events | kills | touches | offered again after taken | took | verdict |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def storm(url: str, folder: Path, *, customers: int, kills: int, seed: int) -> Figures:
    """Raises AssertionError where a process ends by itself; what was lost or done twice is in the figures."""
    random = Random(seed)
    database = open_database(url)
    database.migrate()
    lay(folder / "definitions", STORY, touches=TOUCHES)
    publish(database, folder / "definitions", now())
    with database.writing() as connection:
        key = make_key(connection, "storm", ["ingest"], now())
    kind = "postgres" if database.is_postgres else "sqlite"
    events = _events(random, customers)
    figures = Figures(database=kind, seed=seed, customers=customers, events=len(events), kills=kills)
    sink = Sink(seed)
    begun_at = monotonic()
    with _processes(url, folder, sink, 2 if database.is_postgres else 1) as (web, address, processes):
        feeder = _Feeder(address, key, events, releases=kills + 1)
        feeder.start()
        victims = [web, *processes]
        for _ in range(kills):
            feeder.release()
            victim = random.choice(victims)
            _wait_for(victims, victim.up.is_set, f"{victim.name} to be up")
            pause(random.uniform(0.05, 1.0))
            victim.see_alive()
            victim.kill()
            victim.start()
        feeder.release()
        _wait_for(victims, feeder.is_done.is_set, "the events to be acknowledged")
        _wait_for(victims, lambda: _rests(database), "the engine to come to rest")
        figures.seconds = monotonic() - begun_at
        figures.problems += [
            f"{each.name} ended with {ended}:\n" + "\n".join(each.lines[-40:])
            for each in victims
            if (ended := each.stop())
        ]
    sink.close()
    _see(database, sink, {event["id"] for event in events}, figures)
    database.close()
    return figures


def _events(random: Random, customers: int) -> list[dict[str, Any]]:
    """Ten events a customer, each in its order but for some, and all customers at once."""
    moment = now()
    events: list[tuple[float, dict[str, Any]]] = []
    for number in range(customers):
        # An hour ago, so that what comes an hour later comes during the storm.
        began_at = moment - HOUR + random.randrange(-MINUTE, 8 * SECOND)
        withdraws = random.random() < 0.3
        told: list[tuple[str, int, dict[str, Any]]] = [
            ("profile.updated", began_at - 3 * MINUTE, {**ANA}),
            ("consent.given", began_at - 2 * MINUTE, {"purpose": "offers"}),
            ("consent.given", began_at - 2 * MINUTE, {"purpose": "personalization"}),
            ("began", began_at, {"cart": "c1"}),
            ("looked", began_at + MINUTE, {"sku": "s1"}),
            ("ordered" if random.random() < 0.6 else "looked", began_at + random.randrange(50 * MINUTE), {}),
            ("looked", began_at + 51 * MINUTE, {"sku": "s2"}),
            ("consent.withdrawn" if withdraws else "looked", moment - MINUTE, _withdrawn if withdraws else {}),
            ("left_us" if random.random() < 0.3 else "looked", moment - MINUTE, {}),
            ("began", moment - SECOND, {"cart": "c2"}),
        ]
        for place, (name, at, properties) in enumerate(told):
            event = {
                "id": f"{number}-{place}",
                "name": name,
                "customer": f"c{number}",
                "at": format_moment(at),
                "properties": properties,
            }
            events.append((number / customers * 5 + place + random.random() * 1.5, event))
    return [event for _, event in sorted(events, key=lambda each: each[0])]


_withdrawn = {"purpose": "offers"}


class _Feeder(threading.Thread):
    """Hands the events over, a share at each release, each batch again and again until it is acknowledged."""

    def __init__(self, address: str, key: str, events: list[dict[str, Any]], *, releases: int) -> None:
        super().__init__(daemon=True)
        batches = [events[first : first + A_BATCH] for first in range(0, len(events), A_BATCH)]
        count = len(batches)
        self._shares = [
            batches[count * place // releases : count * (place + 1) // releases] for place in range(releases)
        ]
        self._released = threading.Semaphore(0)
        self._url = f"{address}/v1/events"
        self._key = key
        self.is_done = threading.Event()

    def release(self) -> None:
        self._released.release()

    def run(self) -> None:
        headers = {"authorization": f"Bearer {self._key}"}
        with httpx.Client(headers=headers, timeout=10) as client:
            for share in self._shares:
                self._released.acquire()
                for batch in share:
                    while not self._is_acknowledged(client, batch):
                        pause(0.1)
        self.is_done.set()

    def _is_acknowledged(self, client: httpx.Client, batch: list[dict[str, Any]]) -> bool:
        try:
            answer = client.post(self._url, json=batch)
        except httpx.HTTPError:
            return False
        if answer.status_code != 202:
            return False
        return all(item["status"] in ("accepted", "repeated") for item in answer.json()["events"])


@contextmanager
def _processes(url: str, folder: Path, sink: Sink, count: int) -> Iterator[tuple[Process, str, list[Process]]]:
    environment = {VARIABLE: url, "SMS_URL": sink.url, PRIVATE_HOSTS: "127.0.0.1"}
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    serve = [*JOURNEYS, "serve", "--role", "web", "--port", str(port)]
    web = Process("web", serve, "listening", environment)
    roles = [["worker", "relay"]] if count == 1 else [[role] for role in ("worker", "relay") for _ in range(count)]
    parts = [Process("+".join(each), ["-m", "tests.faults.part", url, *each], UP, environment) for each in roles]
    for each in (web, *parts):
        each.start()
    try:
        yield web, f"http://127.0.0.1:{port}", parts
    finally:
        for each in (web, *parts):
            each.kill()


def _wait_for(processes: list[Process], is_so: Any, what: str) -> None:
    until = monotonic() + PASSES_WITHIN
    while not is_so():
        for each in processes:
            each.see_alive()
        assert monotonic() < until, f"waited in vain for {what}"
        pause(0.1)


def pause(seconds: float) -> None:
    threading.Event().wait(seconds)


def _rests(database: Database) -> bool:
    """Whether nothing is to be done now."""
    with database.reading() as connection:
        pending = connection.exec_driver_sql("SELECT count(*) FROM inbox WHERE status = 'pending'").scalar_one()
        waiting = connection.exec_driver_sql("SELECT count(*) FROM outbox WHERE status = 'waiting'").scalar_one()
        wake_at = connection.exec_driver_sql("SELECT min(wake_at) FROM customer").scalar_one()
    return not pending and not waiting and (wake_at is None or wake_at > now() + 10 * SECOND)


# ---------------------------------------------------------------- what must be so


def _see(database: Database, sink: Sink, acknowledged: set[str], figures: Figures) -> None:
    """Notes what is not as it must be."""
    live = Live(database, now)
    problems = figures.problems
    with database.reading() as connection:
        inbox = connection.exec_driver_sql("SELECT customer, source, id, status, turn FROM inbox").all()
        ids = list(connection.exec_driver_sql("SELECT id FROM customer ORDER BY id").scalars())
        outbox = connection.exec_driver_sql("SELECT * FROM outbox").mappings().all()
        problems += [f"{each.id} is parked: {each.because}" for each in parked(connection)]
        late = connection.exec_driver_sql(f"SELECT count(*) FROM customer WHERE wake_at < {now() - SECOND}")
        if count := late.scalar_one():
            problems.append(f"{count} customers are due and nobody takes them")
    if {row.id for row in inbox if row.source != OUTBOX} != acknowledged:
        problems.append("an event that was acknowledged is not in the inbox")
    problems += [f"event {row.id} is {row.status}" for row in inbox if row.status != "taken"]

    names = list(Touch.__struct_fields__)
    wording = Wording(live.engine.program, live.secret, "")
    keys = {wording.key_of(Touch(**{name: row[name] for name in names})): row["status"] for row in outbox}
    figures.offered_again = sink.answers["known already"]
    for key in sink.taken:
        if keys.get(key) not in ("sent", "withdrawn"):
            problems.append(f"a provider has taken a touch that is {keys.get(key)}")
    for key, status in keys.items():
        if status == "sent" and key not in sink.taken:
            problems.append("a touch is said to be sent, and nobody took it")
        elif status not in ("sent", "withdrawn"):
            problems.append(f"a touch is {status}")

    heard: Counter[str] = Counter()
    for id in ids:
        heard.update(_see_customer(live, id, problems, figures.answers))
    if heard != Counter(acknowledged):
        problems.append(
            f"{len(Counter(acknowledged) - heard)} events are in no turn, {len(heard - Counter(acknowledged))} in two"
        )


def _see_customer(live: Live, id: str, problems: list[str], answers: Counter[str]) -> list[str]:
    """The events that their turns have heard."""
    with live.database.reading() as connection:
        turns = list(turns_of(connection, id))
        kept = find(connection, id)
    assert kept is not None
    if [turn.number for turn in turns] != list(range(1, kept.turns + 1)):
        problems.append(f"{id}: a turn is missing")
    if any(later.until < earlier.until for earlier, later in pairwise(turns)):
        problems.append(f"{id}: a turn went back in time")
    customer = live.engine.customer_of(kept)
    if customer.sending:
        problems.append(f"{id}: a touch is under way for ever")
    if b"".join(retrace(turns, lambda number: live.engine)) != b"".join(turn.whys for turn in turns):
        problems.append(f"{id}: the same signals would have given other decisions")
    rows = [msgspec.json.decode(line) for turn in turns for line in turn.whys.splitlines() if line]
    _see_answers(id, rows, problems, answers)
    heard = [signal for turn in turns if turn.kind == "turn" for signal in msgspec.json.decode(turn.signals)]
    return [signal["id"] for signal in heard if signal["name"] != ACCEPTED]


def _see_answers(id: str, rows: list[dict[str, Any]], problems: list[str], answers: Counter[str]) -> None:
    """Each touch was sent once or withheld for a reason, and no offer was decided once it was not allowed."""
    last: dict[tuple[Any, ...], dict[str, Any]] = {}
    sent: Counter[tuple[Any, ...]] = Counter()
    is_allowed = False
    for row in rows:
        if row["kind"] == "event" and row["heard"] == "heard" and row["event"].startswith("consent."):
            # The other purpose of this story is never taken back, and is given together with the first.
            if row["event"] == "consent.withdrawn":
                is_allowed = False
            elif row["id"].endswith("-1"):
                is_allowed = True
        if row["kind"] != "touch":
            continue
        key = (row["enrollment"], row["entry"], row["visit"], row["occurrence"])
        last[key] = row
        sent[key] += row["answer"] == "sent"
        if row["answer"] == "admitted" and row["touch"] in OFFERS and not is_allowed:
            problems.append(f"{id}: {row['touch']} was decided without a consent")
    for row in last.values():
        answers[row["answer"] + (f": {row['because']}" if "because" in row else "")] += 1
        if row["answer"] not in ("sent", "withheld") or (row["answer"] == "withheld" and not row["because"]):
            problems.append(f"{id}: {row['touch']} was left at {row['answer']}")
    problems += [f"{id}: {key} was sent {count} times" for key, count in sent.items() if count > 1]


# ---------------------------------------------------------------- by one command


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--customers", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=Random().randrange(1_000_000))
    asked = parser.parse_args()
    print(f"seed {asked.seed}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="storm-") as name:
        folder = Path(name)
        url, server = f"sqlite:///{folder / 'journeys.db'}", None
        if asked.database == "postgres":
            place = binaries()
            assert place is not None, "there is no PostgreSQL here"
            folder.chmod(0o755)
            (folder / "server").mkdir()
            server = Server(place, folder / "server")
            url = server.url
        try:
            figures = storm(url, folder, customers=asked.customers, kills=asked.kills, seed=asked.seed)
        finally:
            if server is not None:
                server.stop(how="immediate")
    print(HEAD)
    print(figures.row())
    return int(bool(figures.problems))


if __name__ == "__main__":
    sys.exit(main())
