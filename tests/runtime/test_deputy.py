"""A deputy decides for some of a worker's customers as the worker would, and nothing but time depends on it."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest
import structlog

from journeys.runtime.publishing import publish
from journeys.runtime.working import Worker
from journeys.store.claiming import claim
from journeys.store.customers import parked
from journeys.store.database import Database, open_database
from tests.core.walk import lay
from tests.crashing import Crash, crashing

from .house import WELCOME, House

READY_WITHIN = 60  # seconds, on the slowest machine
COUNT = 100
IDS = [f"c{number:03}" for number in range(COUNT)]

_CALLS_AND_DIES = """
import os, signal, sys
from journeys.clock import now
from journeys.runtime.live import Live
from journeys.runtime.working import Worker
from journeys.store.database import open_database

worker = Worker(Live(open_database(sys.argv[1]), now))
worker.call_deputy()
print("ready" if worker.deputy.is_ready(within=60) else "not ready", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    """Everybody has been heard of, and something comes for each."""
    house = House(database, tmp_path / "definitions", WELCOME)
    for id in IDS:
        house.knows(id)
    house.work()
    for id in IDS:
        house.on("began", customer=id)
    house.worker = Worker(house.live, batch=COUNT)
    yield house
    house.worker.close()


def call(house: House) -> int:
    """A deputy, when it is ready: the number of its process."""
    before = {each.pid for each in active_children()}
    house.worker.call_deputy()
    assert house.worker.deputy is not None
    assert house.worker.deputy.is_ready(within=READY_WITHIN)
    [pid] = {each.pid for each in active_children()} - before
    assert pid is not None
    return pid


def end(pid: int) -> None:
    """As the machine does that has no more memory."""
    os.kill(pid, signal.SIGKILL)
    [process] = [each for each in active_children() if each.pid == pid]
    process.join(READY_WITHIN)


def turns(house: House, by: str) -> int:
    """How many were taken by the worker or by its deputy since the worker began."""
    said = house.worker.figures.tell(house.database, house.clock).decode()
    found = re.search(rf'^journeys_turns_total{{by="{by}"}} (\S+)$', said, re.MULTILINE)
    return int(float(found[1])) if found else 0


def sparked(house: House) -> list[str]:
    with house.database.reading() as connection:
        return list(
            connection.exec_driver_sql("SELECT customer FROM outbox WHERE touch = 'spark' ORDER BY 1").scalars()
        )


def rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    tables = {
        "customer": "id",
        "turn": "customer, number",
        "inbox": "customer, source, id",
        "outbox": "customer, enrollment, entry, visit, occurrence",
        "consent": "customer, turn, place",
    }
    with database.reading() as connection:
        return {
            table: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY {order}")]
            for table, order in tables.items()
        }


@sqlite_only
def test_what_a_deputy_decides_is_what_the_worker_would(house: House, tmp_path: Path) -> None:
    path = tmp_path / "alone.db"
    with closing(sqlite3.connect(house.database.shown.removeprefix("sqlite:///"))) as connection:
        connection.execute("VACUUM INTO ?", (str(path),))
    beside = open_database(f"sqlite:///{path}")
    alone = House(beside, tmp_path / "definitions", WELCOME)
    alone.count = house.count

    call(house)
    for each in (house, alone):
        each.work()
        each.wait(days=1)
        for id in IDS[::10]:
            each.on("ordered", customer=id)
        for id in IDS[1::10]:
            each.on("consent.withdrawn", customer=id, purpose="offers")
        for id in IDS[2::50]:
            each.on("customer.erased", customer=id)
        each.work()
        each.wait(days=1)
        each.work()

    assert turns(house, "deputy") > COUNT // 4
    assert turns(house, "deputy") + turns(house, "worker") == turns(alone, "worker") > COUNT
    assert turns(alone, "deputy") == 0
    assert rows(house.database) == rows(beside)
    assert all(rows(beside).values())
    beside.close()


@sqlite_only
def test_a_deputy_that_is_killed_leaves_its_work_to_the_worker(house: House) -> None:
    end(call(house))

    house.work()

    assert turns(house, "deputy") == 0
    assert turns(house, "worker") == COUNT
    assert sparked(house) == IDS


@pytest.mark.long
@sqlite_only
def test_of_whom_a_deputy_had_still_to_decide_for_when_it_was_killed_it_is_told(house: House) -> None:
    pid = call(house)
    deputy = house.worker.deputy
    assert deputy is not None
    with house.database.writing() as connection:
        claimed = claim(connection, house.clock(), COUNT)
    os.kill(pid, signal.SIGSTOP)  # with all its work before it

    is_asked = [deputy.ask(claimed[first : first + 10], house.clock()) for first in range(0, 50, 10)]
    end(pid)
    answers = list(deputy.answers(is_last=True))

    assert is_asked == [True, True, True, True, False]
    assert answers == [(each, None) for each in claimed[:40]]
    assert deputy.has_ended
    assert not deputy.ask(claimed, house.clock())


@pytest.mark.long
@sqlite_only
def test_a_deputy_that_is_stopped_is_waited_for_only_so_long(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeys.runtime.deputy._ANSWERS_WITHIN", 0.1)
    os.kill(call(house), signal.SIGSTOP)

    house.work()

    assert turns(house, "worker") == COUNT
    assert sparked(house) == IDS
    assert house.worker.deputy is None or house.worker.deputy.has_ended


@sqlite_only
def test_more_is_said_than_a_pipe_can_hold(house: House) -> None:
    """Both ways at once, and neither waits for the other for ever."""
    for id in IDS:
        house.hear([house.event("wrote", customer=id, id=f"{id}-{number}") for number in range(60)])
    call(house)

    house.work()

    assert turns(house, "deputy") > 0
    assert sparked(house) == IDS


@pytest.mark.long
@sqlite_only
def test_a_deputy_of_what_was_installed_since_is_not_asked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeys.runtime.deputy._HERE", b"another")
    house.worker.call_deputy()
    assert house.worker.deputy is not None
    with pytest.raises(EOFError):
        house.worker.deputy.is_ready(within=READY_WITHIN)

    house.work()

    assert turns(house, "worker") == COUNT


@pytest.mark.long
@sqlite_only
def test_whom_a_deputy_cannot_decide_for_the_worker_parks_with_the_reason(house: House) -> None:
    with house.database.writing() as connection:
        # One of them falls to the worker and one to its deputy.
        connection.exec_driver_sql(f"UPDATE customer SET value = x'90' WHERE id IN ('{IDS[0]}', '{IDS[-1]}')")
    call(house)

    house.work()

    with house.database.reading() as connection:
        found = parked(connection)
    assert [each.id for each in found] == [IDS[0], IDS[-1]]
    assert len({each.because for each in found}) == 1
    assert turns(house, "deputy") > 0
    assert sparked(house) == IDS[1:-1]


@pytest.mark.long
@sqlite_only
def test_an_event_that_cannot_be_read_any_more_is_told_once_and_by_the_worker(house: House) -> None:
    for id in IDS:
        house.on("profile.updated", customer=id, first_name=5)
    call(house)

    with structlog.testing.capture_logs() as logs:
        house.work()

    assert [each["event"] for each in logs] == ["event_not_read"] * COUNT
    assert turns(house, "worker") == COUNT
    assert sparked(house) == IDS


@sqlite_only
def test_a_crash_at_any_statement_leaves_all_of_a_batch_or_nothing_of_it(house: House, tmp_path: Path) -> None:
    with house.database.writing() as connection:
        # The worker parks one at once, while its deputy is at work.
        connection.exec_driver_sql(f"UPDATE customer SET value = x'90' WHERE id = '{IDS[0]}'")
    call(house)
    before = rows(house.database)

    # The last first: in the end a deputy is left with what it was asked for in a transaction that was given up.
    for statement in reversed(range(15)):
        with pytest.raises(Crash), crashing(house.database, before=statement):
            house.worker.work()
        assert rows(house.database) == before
    house.worker.work()

    assert turns(house, "deputy") > 0
    assert sparked(house) == IDS[1:]
    assert len(rows(house.database)["turn"]) == len(before["turn"]) + COUNT - 1


@sqlite_only
def test_a_worker_that_is_behind_calls_a_deputy_and_lets_it_go_when_it_is_not(house: House) -> None:
    if not house.worker.may_share:
        pytest.skip("one processor has nothing to share")
    began = house.worker.deputy
    house.worker.work()
    called = house.worker.deputy
    house.worker.work()
    kept = house.worker.deputy
    house.wait(minutes=2)
    house.worker.work()

    assert began is None
    assert called is not None
    assert kept is called
    assert house.worker.deputy is None


@pytest.mark.long
@sqlite_only
def test_another_is_called_when_one_has_ended_but_not_at_once(house: House) -> None:
    if not house.worker.may_share:
        pytest.skip("one processor has nothing to share")
    end(call(house))
    house.worker.batch = COUNT // 2

    house.worker.work()
    at_once = house.worker.deputy
    house.wait(minutes=1)
    house.worker.work()

    assert at_once is None
    assert house.worker.deputy is not None


@pytest.mark.long
@sqlite_only
def test_after_a_publication_another_deputy_is_called(house: House) -> None:
    if not house.worker.may_share:
        pytest.skip("one processor has nothing to share")
    call(house)
    first = house.worker.deputy
    lay(house.folder, WELCOME.replace("2 days", "3 days"))
    publish(house.database, house.folder, house.clock())
    house.worker.batch = COUNT // 2

    house.worker.work()
    second = house.worker.deputy
    assert second is not None
    assert second.is_ready(within=READY_WITHIN)
    house.work()

    assert second is not first
    assert second.publication == house.live.engine.publication == 2
    # Who was kept under an earlier one is the worker's to carry over.
    assert turns(house, "deputy") == 0
    assert sparked(house) == IDS


@pytest.mark.long
@sqlite_only
def test_a_merge_is_gathered_by_the_worker_alone(house: House) -> None:
    house.on("customer.merged", customer=IDS[0], **{"from": IDS[1]})
    call(house)

    house.work()

    assert turns(house, "deputy") == 0
    assert turns(house, "worker") == COUNT - 1
    assert [each[0] for each in house.customer(IDS[0]).others] == [IDS[1]]


@pytest.mark.long
@sqlite_only
def test_a_deputy_ends_when_its_worker_is_killed(house: House) -> None:
    """What both write to is at its end only when neither of them is there any more."""
    url = house.database.shown

    done = subprocess.run([sys.executable, "-c", _CALLS_AND_DIES, url], stdout=subprocess.PIPE, timeout=READY_WITHIN)

    assert done.stdout == b"ready\n"
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_on_postgres_where_any_number_of_workers_may_be_no_deputy_is_called(house: House) -> None:
    house.worker.work()

    assert house.worker.deputy is None
