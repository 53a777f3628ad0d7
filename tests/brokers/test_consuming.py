"""Events from real brokers: durable before they are acknowledged, each taken once, and none held up by another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
import structlog
from sqlalchemy import event, text

from journeys.brokers.address import address_of
from journeys.brokers.consuming import Consumer
from journeys.clock import now
from journeys.runtime.figures import Figures
from journeys.store.database import Database
from journeys.web.events import EVENTS_MAX
from journeys.web.writer import ROWS_WAITING
from tests.brokers.servers import GROUP, Broker, Nats, Rabbit, RabbitServer, Redis
from tests.crashing import gone
from tests.web.house import PROGRAM

WITHIN = 60.0  # seconds


def order(id: str, customer: str = "ana") -> dict[str, Any]:
    return {"id": id, "source": "shop", "name": "order_placed", "customer": customer, "properties": {"total": 6.5}}


def written(value: object) -> bytes:
    return msgspec.json.encode(value)


class Log:
    """What is logged, and somebody who waits for it."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self._changed = threading.Condition()

    def __call__(self, _: object, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        with self._changed:
            self.lines.append(dict(fields))
            self._changed.notify_all()
        raise structlog.DropEvent

    def of(self, name: str) -> list[dict[str, Any]]:
        return [each for each in self.lines if each["event"] == name]

    def wait_for(self, name: str, count: int = 1) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.of(name)) >= count, WITHIN), self.lines


@pytest.fixture
def log() -> Iterator[Log]:
    said = Log()
    structlog.configure(processors=[said])
    yield said
    structlog.reset_defaults()


class Heard:
    """A consumer at work, and what came of it."""

    def __init__(self, database: Database, broker: Broker, *, inbox_max: int = 100_000) -> None:
        self.database = database
        self.figures = Figures()
        self.failed = threading.Event()
        self._changed = threading.Condition()
        self.consumer = Consumer(
            address_of(broker.url, where="test"),
            name=broker.name,
            group=GROUP,
            again_after=1.0,
            database=database,
            program=lambda: PROGRAM,
            clock=now,
            figures=self.figures,
            inbox_max=inbox_max,
            on_received=self._received,
            on_failure=self.failed.set,
        )

    def _received(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def wait_for(self, ids: set[str]) -> None:
        self.wait_until(ids.issubset)

    def wait_until(self, is_enough: Callable[[list[str]], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: is_enough(ids_in(self.database)), WITHIN), ids_in(self.database)

    def counted(self) -> dict[str, float]:
        lines = self.figures.tell(self.database, now).decode().splitlines()
        prefix = 'journeys_events_received_total{status="'
        return {
            line.removeprefix(prefix).partition('"')[0]: float(line.rpartition(" ")[2])
            for line in lines
            if line.startswith(prefix)
        }


@contextmanager
def heard(database: Database, broker: Broker, *, inbox_max: int = 100_000) -> Iterator[Heard]:
    """When it is over, all that was heard is acknowledged: to stop waits for that."""
    hears = Heard(database, broker, inbox_max=inbox_max)
    hears.consumer.start()
    try:
        yield hears
    finally:
        hears.consumer.stop()


def ids_in(database: Database) -> list[str]:
    with database.reading() as connection:
        return [row[0] for row in connection.execute(text("SELECT id FROM inbox ORDER BY id"))]


@contextmanager
def away(database: Database) -> Iterator[None]:
    """A database that answers nobody."""

    def refuse(*_: object) -> None:
        raise gone()

    event.listen(database._engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(database._engine, "before_cursor_execute", refuse)


def test_what_is_sent_is_durable_before_it_is_acknowledged(database: Database, broker: Broker) -> None:
    broker.send([written(order(f"e{number}")) for number in range(40)])
    broker.send([written([order("l1"), order("l2"), order("e1")])])

    with heard(database, broker) as hears:
        hears.wait_for({"e0", "e39", "l1", "l2"})
        broker.send([written(order("later"))])
        hears.wait_for({"later"})

    assert ids_in(database) == sorted(["l1", "l2", "later", *(f"e{number}" for number in range(40))])
    assert hears.counted() == {"accepted": 43, "repeated": 1}
    assert broker.unacknowledged() == 0
    assert not hears.failed.is_set()


def test_more_events_than_may_wait_to_be_written_are_written_one_part_after_the_other(
    database: Database, broker: Broker
) -> None:
    ids = [[f"{message}-{number}" for number in range(EVENTS_MAX)] for message in range(ROWS_WAITING // EVENTS_MAX + 1)]
    broker.send([written([order(id) for id in each]) for each in ids])

    with heard(database, broker) as hears:
        hears.wait_for({id for each in ids for id in each})

    assert broker.unacknowledged() == 0


REFUSED = {
    b"": "bad-json",
    b"ana@kaffa.example": "bad-json",
    b"\xff\xfe": "bad-json",
    b"[]": "bad-json",
    b"[" * 100_000: "bad-json",
    b'{"id": "1", "id": "2"}': "bad-json",
    b"[" + b"1," * 1_000 + b"1]": "too-large",
    b"17": "bad-event",
    written({**order("no"), "customer": None}): "bad-event",
    written({**order("no"), "name": "customer.erased", "properties": {}}): "bad-event",
    written([order("good"), {**order("no"), "at": "2999-01-01T00:00:00Z"}]): "bad-event",
}


def test_what_is_refused_is_told_by_its_place_alone_and_holds_nothing_up(
    database: Database, broker: Broker, log: Log
) -> None:
    broker.send([*REFUSED, written(order("last"))])

    with heard(database, broker) as hears:
        hears.wait_for({"good", "last"})
        log.wait_for("message_refused", len(REFUSED))

    told = log.of("message_refused")
    assert ids_in(database) == ["good", "last"]
    assert sorted(each["because"] for each in told) == sorted(REFUSED.values())
    assert len({each["at"] for each in told}) == len(REFUSED), "each by its own"
    assert "ana" not in str(told)
    assert hears.counted() == {"accepted": 2, "refused": len(REFUSED)}
    assert broker.unacknowledged() == 0


def test_a_database_that_is_away_is_waited_for_with_nothing_acknowledged(
    database: Database, broker: Broker, log: Log
) -> None:
    broker.send([written(order(f"e{number}")) for number in range(30)])

    with away(database), heard(database, broker):
        log.wait_for("consuming_paused")
    assert ids_in(database) == []
    assert broker.unacknowledged() == 30

    with heard(database, broker) as hears:
        with away(database):
            broker.send([written(order("during"))])
            log.wait_for("consuming_paused", 2)
        hears.wait_for({"during", *(f"e{number}" for number in range(30))})
    assert broker.unacknowledged() == 0
    assert log.of("consuming_resumed")
    assert not hears.failed.is_set()


def test_an_inbox_that_is_full_is_waited_for_with_nothing_acknowledged(
    database: Database, broker: Broker, log: Log
) -> None:
    broker.send([written(order("first"))])
    with heard(database, broker) as hears:
        hears.wait_for({"first"})
    broker.send([written(order(f"e{number}")) for number in range(10)])

    with heard(database, broker, inbox_max=1) as hears:
        log.wait_for("consuming_paused")
        assert ids_in(database) == ["first"]
        assert broker.unacknowledged() == 10
        with database.writing() as connection:
            connection.execute(text("UPDATE inbox SET status = 'heard'"))
        hears.wait_until(lambda ids: len(ids) > 1)  # whichever comes first: not every broker hands them out in order


def test_what_another_consumer_took_and_never_acknowledged_comes_to_who_is_there(
    database: Database, redis_server: str
) -> None:
    broker = Redis(redis_server)
    broker.send([written(order(f"e{number}")) for number in range(20)])
    broker.take_and_vanish(12)

    with heard(database, broker) as hears:
        hears.wait_for({f"e{number}" for number in range(20)})

    assert broker.unacknowledged() == 0


def test_a_consumer_that_was_deleted_ends_the_process_rather_than_hear_nothing(
    database: Database, nats_server: str, log: Log
) -> None:
    broker = Nats(nats_server)

    with heard(database, broker) as hears:
        broker.forget_consumer()
        assert hears.failed.wait(WITHIN)

    (told,) = log.of("consuming_ended")
    assert told["because"].endswith("the consumer 'journeys' was deleted")


def test_a_group_that_was_deleted_ends_the_process_rather_than_hear_nothing(
    database: Database, redis_server: str, log: Log
) -> None:
    broker = Redis(redis_server)

    with heard(database, broker) as hears:
        broker.forget_group()
        assert hears.failed.wait(WITHIN)

    (told,) = log.of("consuming_ended")
    assert told["because"].endswith(f"the group 'journeys' of {broker.name!r} was deleted")


def test_what_rabbit_is_told_is_refused_goes_where_its_queues_dead_letters_go(
    database: Database, rabbit_server: RabbitServer
) -> None:
    dead = Rabbit(rabbit_server)
    broker = Rabbit(rabbit_server, dead_letters=dead.name)
    broker.send([b"ana@kaffa.example", written(order("good"))])

    with heard(database, broker) as hears:
        hears.wait_for({"good"})

    assert (broker.unacknowledged(), dead.unacknowledged()) == (0, 1)
