"""A disk that is full: nothing that was acknowledged is lost, and all goes on by itself once there is room."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import psycopg
import pytest

from journeys.clock import now
from journeys.core.calendar import format_moment
from journeys.store.database import VARIABLE, Database, open_database
from tests.core.walk import ANA, lay
from tests.databases import Server, binaries

from .processes import JOURNEYS, Process
from .resting import WELCOME, WITHIN, rests
from .storm import pause

AT_ONCE = 20  # customers of one request
REQUESTS_MAX = 500


class Disk:
    """Where the database is; `fill` leaves no room on it, for the engine that runs there, and `free` gives it back."""

    def __init__(self, folder: Path, url: str, fill: Callable[[int], None], free: Callable[[int], None]) -> None:
        self.folder = folder
        self.url = url
        self.fill = fill
        self.free = free


def limited(folder: Path) -> Disk:
    """As a disk would be: no file of the process may grow any more."""

    def fill(pid: int) -> None:
        largest = max(path.stat().st_size for path in folder.glob("journeys.db*"))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))

    def free(pid: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    return Disk(folder, f"sqlite:///{folder / 'journeys.db'}", fill, free)


@contextmanager
def mounted(size: str) -> Iterator[Path]:
    """A small disk of its own."""
    with tempfile.TemporaryDirectory(prefix="journeys-disk-") as name:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", name], check=False)
        if done.returncode:
            pytest.skip("nobody here may mount a disk")
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


def on(disk: Path, folder: Path, url: str) -> Disk:
    ballast = disk / "ballast"

    def fill(pid: int) -> None:
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass

    return Disk(folder, url, fill, lambda pid: ballast.unlink())


@contextmanager
def disk_of(kind: str, folder: Path) -> Iterator[Disk]:
    if kind == "sqlite, limited":
        yield limited(folder)
    elif kind == "sqlite":
        with mounted("12m") as disk:
            yield on(disk, disk, f"sqlite:///{disk / 'journeys.db'}")
    else:
        place = binaries()
        if place is None:
            pytest.skip("no PostgreSQL here")
        with mounted("24m") as disk, tempfile.TemporaryDirectory(prefix="journeys-") as name:
            server = Server(place, Path(name))
            room = disk / "room"
            room.mkdir()
            subprocess.run(["chown", "postgres", room], check=os.geteuid() == 0)
            with psycopg.connect(server.url, autocommit=True) as admin:
                admin.execute(f"CREATE TABLESPACE small LOCATION '{room}'")
                admin.execute("CREATE DATABASE small TABLESPACE small")
            yield on(disk, folder, server.url.replace("/postgres?", "/small?"))
            server.stop(how="immediate")


def events_of(customers: range) -> list[dict[str, Any]]:
    at = format_moment(now())
    told = [
        ("profile.updated", {**ANA}),
        ("consent.given", {"purpose": "offers"}),
        ("began", {"cart": "c1", "note": "x" * 500}),
    ]
    return [
        {"id": f"{number}-{place}", "name": name, "customer": f"c{number:05}", "at": at, "properties": said}
        for number in customers
        for place, (name, said) in enumerate(told)
    ]


@pytest.mark.parametrize(
    "kind",
    [
        "sqlite, limited",
        pytest.param("sqlite", marks=pytest.mark.long),
        pytest.param("postgres", marks=pytest.mark.long),
    ],
)
def test_a_full_disk_is_waited_for_and_nothing_that_was_acknowledged_is_lost(kind: str, tmp_path: Path) -> None:
    lay(tmp_path / "definitions", WELCOME)
    with disk_of(kind, tmp_path) as disk:
        engine = Process(
            "engine",
            [*JOURNEYS, "serve", "--definitions", str(tmp_path / "definitions"), "--port", "0"],
            "listening",
            {VARIABLE: disk.url},
            folder=disk.folder,
        )
        engine.start()
        try:
            acknowledged = weathers(engine, disk)
            database = open_database(disk.url)
            see_nothing_lost(engine, database, acknowledged)
            database.close()
            assert engine.stop() == 0
        finally:
            engine.end()
        assert any("inbox_unwritable" in line for line in engine.lines)
        assert not any("part_failed" in line for line in engine.lines)
        mails = [path.read_text() for path in (disk.folder / "outbox").glob("*.eml")]
        assert len(mails) == len(acknowledged)


def weathers(engine: Process, disk: Disk) -> set[str]:
    """The customers whose events were acknowledged: some before it was full, and the others once there was room."""
    assert engine.up.wait(WITHIN)
    said = {line.split()[0]: line.split()[1] for line in engine.lines}
    acknowledged: set[str] = set()
    with httpx.Client(
        base_url=said["listening"], headers={"authorization": f"Bearer {said['key']}"}, timeout=WITHIN
    ) as client:

        def post(number: int) -> httpx.Response:
            customers = range(number * AT_ONCE, (number + 1) * AT_ONCE)
            answer = client.post("/v1/events", json=events_of(customers))
            if answer.status_code == 202:
                acknowledged.update(f"c{number:05}" for number in customers)
            return answer

        assert post(0).status_code == 202
        disk.fill(engine.pid)
        refused = next(answer for number in range(1, REQUESTS_MAX) if (answer := post(number)).status_code != 202)
        count = len(acknowledged) // AT_ONCE

        assert refused.status_code == 503
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["retry-after"] == "1"
        assert refused.json()["type"] == "urn:problem-type:journeys:unavailable"
        assert client.get("/healthz").status_code == 200
        engine.see_alive()

        disk.free(engine.pid)
        until = monotonic() + WITHIN
        while post(count).status_code != 202:
            assert monotonic() < until
            pause(0.1)
    return acknowledged


def see_nothing_lost(engine: Process, database: Database, acknowledged: set[str]) -> None:
    until = monotonic() + WITHIN
    is_over = False
    while not is_over:
        engine.see_alive()
        assert monotonic() < until
        pause(0.1)
        with database.reading() as connection:
            is_over = rests(connection, now())
    with database.reading() as connection:
        heard = connection.exec_driver_sql("SELECT customer, count(*) FROM inbox GROUP BY customer").all()
        sent = connection.exec_driver_sql("SELECT customer FROM outbox WHERE status = 'sent'").scalars().all()
    assert {row[0]: row[1] for row in heard} == dict.fromkeys(acknowledged, 3)
    assert sorted(sent) == sorted(acknowledged)
