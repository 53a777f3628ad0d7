"""What is said of a broker that cannot be read, and what a log and an answer never say: its password."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from journeys.brokers.address import address_of
from journeys.clock import now
from journeys.runtime.publishing import publish
from journeys.store.database import open_database
from tests.brokers.servers import Nats, RabbitServer
from tests.cli.conftest import HERE, run
from tests.faults.processes import JOURNEYS, Process


@pytest.fixture(scope="module")
def published(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in which something is published, from which others are copied."""
    path = tmp_path_factory.mktemp("published") / "journeys.db"
    shutil.copy(migrated_sqlite, path)
    database = open_database(f"sqlite:///{path}")
    publish(database, HERE / "definitions", now())
    database.close()
    return path


@pytest.fixture
def folder(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(published, tmp_path / "journeys.db")
    monkeypatch.setenv("JOURNEYS_DATABASE_URL", f"sqlite:///{tmp_path / 'journeys.db'}")
    return tmp_path


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mats://host", "URL: 'mats://host' is no address of a broker: kafka://host:9092, "),
        ("host:4222", "URL: 'host:4222' is no address of a broker: "),
        ("nats://", "URL: 'nats://' is no address of a broker: "),
        ("nats://host:port", "URL: 'nats://host:port' is no address of a broker: "),
        ("nats://[host", "URL: 'nats://[host' is no address of a broker: "),
        ("mats://ana:hushhush@host", "URL: 'mats://host' is no address of a broker: "),
        ("nats://ana:hushhush@host", "whoever is on this machine can read a command line: set JOURNEYS_BROKER_URL "),
        ("kafka://host:9092/events", "URL: of Kafka only hosts are said, as kafka://one:9092,two:9092"),
    ],
)
def test_an_address_that_is_none_is_told_without_its_password(folder: Path, url: str, said: str) -> None:
    done = run("consume", url, "--from", "events", cwd=folder)

    assert done.code == 2
    assert done.err.startswith(f"journeys: {said}")
    assert "hushhush" not in done.err


def test_without_an_address_it_is_told_where_it_may_stand(folder: Path) -> None:
    done = run("consume", "--from", "events", cwd=folder)

    assert (done.code, done.err) == (
        2,
        "journeys: say where the broker is, as nats://host:4222, or set JOURNEYS_BROKER_URL\n",
    )


def test_an_extra_that_is_not_installed_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aio_pika", None)

    done = run("consume", "amqp://host/", "--from", "events", cwd=folder)

    assert (done.code, done.err) == (3, "journeys: amqp://host/ takes `pip install 'journeys[rabbit]'`\n")


def test_where_nothing_is_published_nothing_is_consumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEYS_DATABASE_URL", f"sqlite:///{tmp_path / 'journeys.db'}")

    done = run("consume", "nats://host", "--from", "events", cwd=tmp_path)

    assert done.code == 3
    assert "nothing is published" in done.err


def test_a_subject_that_no_stream_has_is_told(folder: Path, nats_server: str) -> None:
    done = run("consume", nats_server, "--from", "nobodys", cwd=folder)

    assert done.code == 3
    assert done.err == (
        f"journeys: {nats_server}: no stream of JetStream has the subject 'nobodys': `nats stream add` makes one\n"
    )


@pytest.mark.parametrize(
    "watched", [pytest.param([], id="alone", marks=pytest.mark.long), pytest.param(["--port", "0"], id="watched")]
)
def test_a_consumer_that_can_hear_nothing_any_more_ends_as_our_failure(
    folder: Path, nats_server: str, watched: list[str]
) -> None:
    broker = Nats(nats_server)
    arguments = [*JOURNEYS, "consume", broker.url, "--from", broker.name, *watched]
    consumer = Process("consumer", arguments, "consuming", {}, folder=folder)
    consumer.start()
    try:
        assert consumer.up.wait(60), consumer.lines
        broker.forget_consumer()
        ended = consumer.wait()
    finally:
        consumer.end()

    assert ended == 1
    assert [line for line in consumer.lines if "event=consuming_ended" in line and "was deleted" in line]
    assert not [line for line in consumer.lines if line.startswith("stopped")]


def test_a_key_of_redis_that_is_no_stream_is_told(folder: Path, redis_server: str) -> None:
    import redis

    with redis.Redis.from_url(redis_server) as client:
        client.set("words", "none")

    done = run("consume", redis_server, "--from", "words", "--port", "0", cwd=folder)

    assert done.code == 3
    assert done.err.startswith(f"journeys: cannot read 'words' at {redis_server}: ResponseError: WRONGTYPE ")


def test_a_queue_that_rabbit_does_not_have_is_told(folder: Path, rabbit_server: RabbitServer) -> None:
    done = run("consume", rabbit_server.url, "--from", "nobodys", "--port", "0", cwd=folder)

    assert done.code == 3
    last = done.err.splitlines()[-1]
    assert last.startswith(f"journeys: cannot read 'nobodys' at {rabbit_server.url}: ")
    assert "no queue 'nobodys'" in last


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ("redis://ana:hushhush@127.0.0.1:1/0", "redis://127.0.0.1:1/0"),
        ("amqp://ana:hushhush@127.0.0.1:1/", "amqp://127.0.0.1:1/"),
        ("kafka://127.0.0.1:1", "kafka://127.0.0.1:1"),
    ],
)
def test_a_broker_that_is_not_there_is_told_without_a_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch, said: str, url: str
) -> None:
    monkeypatch.setenv("JOURNEYS_BROKER_URL", said)

    done = run("consume", "--from", "events", cwd=folder)

    assert done.code == 3
    assert done.err.splitlines()[-1].startswith(f"journeys: cannot read 'events' at {url}: ")
    assert "hushhush" not in done.err


def test_what_a_client_says_is_told_without_what_it_was_given_to_get_in() -> None:
    address = address_of("amqps://ana:hush%20hush@mq.example/?ssl=hushhush", where="test")

    words = address.words_of(OSError("no amqps://ana:hush%20hush@mq.example/?ssl=hushhush\nwith 'hush hush'"))

    assert address.shown == "amqps://mq.example/"
    assert words == "OSError: no amqps://…:…@mq.example/?… with '…'"
