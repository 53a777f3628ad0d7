"""Real brokers: NATS with JetStream and Redis, each started once a session, on a port of its own; and of Kafka the
cluster that its C library brings for tests, which speaks the same protocol.

They are seen as whoever sends sees them: `send` puts messages there, and `unacknowledged` counts what the group of
consumers has not acknowledged, handed out or not.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import nats
import pytest
import redis
from confluent_kafka import Consumer, Producer, TopicPartition
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

GROUP = "journeys"
_WITHIN = 20  # seconds

T = TypeVar("T")


class Broker(Protocol):
    url: str
    name: str

    def send(self, bodies: Sequence[bytes]) -> None: ...
    def unacknowledged(self) -> int: ...


class Nats:
    """A stream of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.stream = f"S{uuid4().hex}"
        self.name = f"{self.stream}.events"
        self._ask(lambda js: js.add_stream(name=self.stream, subjects=[f"{self.stream}.>"]))

    def send(self, bodies: Sequence[bytes]) -> None:
        async def publish(js: JetStreamContext) -> None:
            for body in bodies:
                await js.publish(self.name, body, headers={"reply_to": "anyone"})

        self._ask(publish)

    def unacknowledged(self) -> int:
        async def count(js: JetStreamContext) -> int:
            try:
                told = await js.consumer_info(self.stream, GROUP)
            except NotFoundError:
                return (await js.stream_info(self.stream)).state.messages
            return (told.num_pending or 0) + (told.num_ack_pending or 0)

        return self._ask(count)

    def forget_consumer(self) -> None:
        self._ask(lambda js: js.delete_consumer(self.stream, GROUP))

    def _ask(self, ask: Callable[[JetStreamContext], Awaitable[T]]) -> T:
        async def asked() -> T:
            client = await nats.connect(self.url)
            try:
                return await ask(client.jetstream())
            finally:
                await client.close()

        return asyncio.run(asked())


class Redis:
    """A stream of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.name = f"events-{uuid4().hex}"

    def send(self, bodies: Sequence[bytes]) -> None:
        with redis.Redis.from_url(self.url) as client:
            for body in bodies:
                client.xadd(self.name, {"event": body})

    def unacknowledged(self) -> int:
        with redis.Redis.from_url(self.url) as client:
            groups: Any = client.xinfo_groups(self.name)
            if not groups:
                return int(client.xlen(self.name))  # type: ignore[arg-type]
            (group,) = groups
            return int(group["lag"] or 0) + int(group["pending"])

    def take_and_vanish(self, count: int) -> None:
        """Another consumer of the group takes so many, and is never seen again."""
        with redis.Redis.from_url(self.url) as client:
            client.xgroup_create(self.name, GROUP, id="0")
            client.xreadgroup(GROUP, "gone", {self.name: ">"}, count=count)

    def forget_group(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.xgroup_destroy(self.name, GROUP)


class Kafka:
    """A topic of its own."""

    def __init__(self, cluster: Producer) -> None:
        (host,) = cluster.list_topics(timeout=_WITHIN).brokers.values()
        self.url = f"kafka://{host.host}:{host.port}"
        self.name = f"events-{uuid4().hex}"
        self._cluster = cluster

    def send(self, bodies: Sequence[bytes]) -> None:
        for body in bodies:
            self._cluster.produce(self.name, body)
            self._cluster.poll(0)
        assert self._cluster.flush(_WITHIN) == 0

    def unacknowledged(self) -> int:
        host = self.url.removeprefix("kafka://")
        consumer = Consumer({"bootstrap.servers": host, "group.id": GROUP})
        try:
            told = consumer.list_topics(self.name, timeout=_WITHIN).topics[self.name]
            places = consumer.committed([TopicPartition(self.name, each) for each in told.partitions], _WITHIN)
            spans = [(each.offset, consumer.get_watermark_offsets(each, _WITHIN)) for each in places]
            return sum(high - max(low, offset) for offset, (low, high) in spans)
        finally:
            consumer.close()


@pytest.fixture(scope="session")
def kafka_cluster() -> Producer:
    """It lives within this client, as long as that does."""
    return Producer({"bootstrap.servers": "none", "test.mock.num.brokers": 1, "log_level": 3})


@pytest.fixture(scope="session")
def nats_server() -> Iterator[str]:
    program = shutil.which("nats-server")
    if program is None:
        pytest.skip("no NATS server here: install nats-server")
    with tempfile.TemporaryDirectory(prefix="journeys-") as name:
        folder = Path(name)
        # It takes a port that is free, and writes down which.
        command = [program, "-js", "-a", "127.0.0.1", "-p", "-1", "-sd", name, "--ports_file_dir", name]
        with _running(command):
            yield _once(lambda: json.loads(next(folder.glob("*.ports")).read_text())["nats"][0])


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no Redis server here: install redis-server")
    with tempfile.TemporaryDirectory(prefix="journeys-") as name:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", name]
        with _running(command), redis.Redis(port=port) as client:
            _once(client.ping)
            yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture(params=["nats", "redis", "kafka"])
def broker(request: pytest.FixtureRequest) -> Broker:
    if request.param == "nats":
        return Nats(request.getfixturevalue("nats_server"))
    if request.param == "kafka":
        return Kafka(request.getfixturevalue("kafka_cluster"))
    return Redis(request.getfixturevalue("redis_server"))


@contextmanager
def _running(command: Sequence[str]) -> Iterator[None]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait(_WITHIN)


def _once(ask: Callable[[], T]) -> T:
    """What it says as soon as it can say anything."""

    async def asked() -> T:
        async with asyncio.timeout(_WITHIN):
            while True:
                try:
                    return ask()
                except (OSError, StopIteration, ValueError, redis.ConnectionError):
                    await asyncio.sleep(0.02)

    return asyncio.run(asked())
