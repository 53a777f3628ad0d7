"""Real brokers: NATS with JetStream, Redis and RabbitMQ, each started once a session, on a port of its own; and of
Kafka the cluster that its C library brings for tests, which speaks the same protocol.

They are seen as whoever sends sees them: `send` puts messages there, and `unacknowledged` counts what the group of
consumers has not acknowledged, handed out or not.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import aio_pika
import nats
import pytest
import redis
from aio_pika.abc import AbstractChannel
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RabbitServer:
    url: str
    program: str
    environment: Mapping[str, str]

    def count(self, queue: str) -> int:
        """As it sees it itself: whoever asks by AMQP is told of those alone that nobody has been handed."""
        command = [str(Path(self.program).with_name("rabbitmqctl")), "--quiet", "list_queues", "name", "messages"]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=_WITHIN, check=True
        )
        return int(dict(line.split("\t") for line in done.stdout.splitlines())[queue])


class Rabbit:
    """A queue of its own."""

    def __init__(self, server: RabbitServer, *, dead_letters: str | None = None) -> None:
        self.url = server.url
        self.name = f"events-{uuid4().hex}"
        self._server = server
        to = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead_letters} if dead_letters else None
        asyncio.run(_on_channel(self.url, lambda channel: channel.declare_queue(self.name, durable=True, arguments=to)))

    def send(self, bodies: Sequence[bytes]) -> None:
        messages = [aio_pika.Message(body, delivery_mode=2, reply_to="anyone") for body in bodies]

        async def publish(channel: AbstractChannel) -> None:
            # Each waits until it is on the disk, and they need not wait for one another.
            await asyncio.gather(*[channel.default_exchange.publish(message, self.name) for message in messages])

        asyncio.run(_on_channel(self.url, publish))

    def unacknowledged(self) -> int:
        return self._server.count(self.name)


async def _on_channel(url: str, ask: Callable[[AbstractChannel], Awaitable[T]]) -> T:
    async with await aio_pika.connect(url) as connection:
        return await ask(await connection.channel())


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
        port = _free_port()
        command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", name]
        with _running(command), redis.Redis(port=port) as client:
            _once(client.ping)
            yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture(scope="session")
def rabbit_server() -> Iterator[RabbitServer]:
    # What Debian has in the path insists on a user and on folders of its own; beside its library is the program itself.
    program = shutil.which("rabbitmq-server", path=f"/usr/lib/rabbitmq/bin{os.pathsep}{os.environ['PATH']}")
    names = shutil.which("epmd")
    if program is None or names is None:
        pytest.skip("no RabbitMQ server here: install rabbitmq-server")
    with tempfile.TemporaryDirectory(prefix="journeys-") as name:
        folder, port, names_port = Path(name), _free_port(), str(_free_port())
        (folder / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\n")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": name,
            "ERL_EPMD_PORT": names_port,
            "RABBITMQ_NODENAME": f"{folder.name}@localhost",
            "RABBITMQ_MNESIA_BASE": name,
            "RABBITMQ_LOG_BASE": name,
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "none"),
            "RABBITMQ_DIST_PORT": str(_free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }
        # It would begin one for the whole machine, which stays when it goes.
        with _running([names, "-port", names_port, "-address", "127.0.0.1"]), _running([program], environment):
            _once(lambda: socket.create_connection(("127.0.0.1", port)).close(), within=90)
            yield RabbitServer(url=f"amqp://127.0.0.1:{port}/", program=program, environment=environment)


@pytest.fixture(params=["nats", "redis", "kafka", "rabbit"])
def broker(request: pytest.FixtureRequest) -> Broker:
    if request.param == "nats":
        return Nats(request.getfixturevalue("nats_server"))
    if request.param == "kafka":
        return Kafka(request.getfixturevalue("kafka_cluster"))
    if request.param == "rabbit":
        return Rabbit(request.getfixturevalue("rabbit_server"))
    return Redis(request.getfixturevalue("redis_server"))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def _running(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[None]:
    """With whatever it starts itself."""
    nothing = subprocess.DEVNULL
    process = subprocess.Popen(
        command, env=environment, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(_WITHIN)


def _once(ask: Callable[[], T], *, within: float = _WITHIN) -> T:
    """What it says as soon as it can say anything."""
    waiting, until = threading.Event(), time.monotonic() + within
    while True:
        try:
            return ask()
        except (OSError, StopIteration, ValueError, redis.ConnectionError):
            assert time.monotonic() < until
            waiting.wait(0.02)
