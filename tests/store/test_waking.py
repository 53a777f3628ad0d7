"""Waking: who listens hears of what there is to do at once, and hears again after whatever broke the connection."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

import pytest
from sqlalchemy import text

from journeys.runtime.running import Part
from journeys.store.database import Database, open_database
from journeys.store.inbox import backlog, receive
from journeys.store.waking import Listener, ring
from tests.databases import Server, binaries

from .making import event

PATIENCE = 60  # seconds: only a failure takes that long


@contextmanager
def heard(database: Database, *bells: str) -> Iterator[SimpleQueue[str]]:
    """What a listener answers, once it listens: it answers each bell when it begins."""
    answers: SimpleQueue[str] = SimpleQueue()
    listener = Listener(database, {bell: lambda bell=bell: answers.put(bell) for bell in bells})  # type: ignore[misc]
    listener.start()
    try:
        assert {answers.get(timeout=PATIENCE) for _ in bells} == set(bells)
        yield answers
    finally:
        listener.stop()


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    opened = open_database(postgres_url)
    yield opened
    opened.close()


@pytest.fixture
def server() -> Iterator[Server]:
    place = binaries()
    if place is None:
        pytest.skip("no PostgreSQL here")
    folder = Path(tempfile.mkdtemp(prefix="journeys-"))
    made = Server(place, folder)
    yield made
    made.stop(how="immediate")
    shutil.rmtree(folder)


def test_a_bell_is_heard_by_all_who_listen_for_it(postgres: Database) -> None:
    with heard(postgres, "worker", "relay") as one, heard(postgres, "worker") as other:
        ring(postgres, "worker")
        assert (one.get(timeout=PATIENCE), other.get(timeout=PATIENCE)) == ("worker", "worker")
        ring(postgres, "relay")
        ring(postgres, "worker")
        assert other.get(timeout=PATIENCE) == "worker"
        assert {one.get(timeout=PATIENCE), one.get(timeout=PATIENCE)} == {"relay", "worker"}
        assert (one.empty(), other.empty()) == (True, True)


def test_who_stops_listening_leaves_nothing_behind(postgres: Database) -> None:
    with heard(postgres, "worker"):
        pass

    with postgres.reading() as connection:
        others = connection.execute(
            text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
        )
        assert others.scalar_one() == 0


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_what_comes_in_elsewhere_wakes_a_worker_that_would_have_slept(postgres_url: str, database: Database) -> None:
    elsewhere = open_database(postgres_url)
    seen: SimpleQueue[int] = SimpleQueue()

    def look() -> int:
        with database.reading() as connection:
            seen.put(backlog(connection, 100).pending)
        return 0

    part = Part("worker", look, lambda: None, poll_for=10 * PATIENCE)
    with heard(database, "worker"):
        listener = Listener(database, {"worker": part.knock})
        part.start()
        listener.start()
        assert seen.get(timeout=PATIENCE) == 0
        with elsewhere.writing() as connection:
            receive(connection, [event()], 20)
        ring(elsewhere, "worker")

        while seen.get(timeout=PATIENCE) == 0:
            pass

        listener.stop()
        part.stop()
    elsewhere.close()


def test_after_a_restart_of_the_server_bells_are_heard_again(server: Server) -> None:
    database = open_database(server.url)
    with heard(database, "worker") as answers:
        server.stop(how="immediate")
        ring(database, "worker")
        server.start()

        # What was rung meanwhile is answered for.
        assert answers.get(timeout=PATIENCE) == "worker"
        ring(database, "worker")
        assert answers.get(timeout=PATIENCE) == "worker"
    database.close()


def test_a_listener_that_is_stopped_while_the_server_is_away_ends(server: Server) -> None:
    database = open_database(server.url)
    with heard(database, "worker"):
        server.stop(how="immediate")
    server.start()
    database.close()


def test_where_there_is_one_process_nobody_listens(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/journeys.db")
    listener = Listener(database, {"worker": lambda: None})

    listener.start()
    ring(database, "worker")
    listener.stop()

    database.close()
