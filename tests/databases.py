"""A database for each test that asks for one: SQLite in a file, and PostgreSQL.

A room's conftest.py says `from tests.databases import database, database_url` (and `postgres_server`), and its tests
run on both.  PostgreSQL is the one that JOURNEYS_TEST_DATABASE_URL names, in which each test makes and drops
a database of its own; else a server that is started from the machine's binaries, once a session, on a port of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from journeys.store.database import Database, open_database

GIVEN = "JOURNEYS_TEST_DATABASE_URL"
_MEMORY = Path("/dev/shm")


class Server:
    """A PostgreSQL server of our own, in a temporary folder; only with `fsync` on does it outlive its machine."""

    def __init__(self, binaries: Path, folder: Path, *, fsync: str = "off") -> None:
        self._binaries = binaries
        self._fsync = fsync
        self.folder = folder
        # The server refuses to be run by root, and the folder must be its own.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user is not None:
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", folder / "data", "-U", "journeys", "-A", "trust", "-E", "UTF8", "--no-sync")
        # Only a socket: its folder is new, so that there is no port to be found free and lost again.
        self.url = f"postgresql://journeys@/postgres?host={folder}"
        self.start()

    def start(self) -> None:
        options = (
            f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync={self._fsync} "
            "-c max_connections=200"
        )
        self._run("pg_ctl", "-D", self.folder / "data", "-o", options, "-l", self.folder / "log", "-w", "start")

    def stop(self, *, how: str = "fast") -> None:
        self._run("pg_ctl", "-D", self.folder / "data", "-m", how, "-w", "stop")

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [self._binaries / program, *arguments],
            user=self._user,
            cwd=self.folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )


def binaries() -> Path | None:
    """Where the newest server of this machine is; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("pg_ctl")
    return None if on_path is None else Path(on_path).resolve().parent


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server in which databases can be made."""
    given = os.environ.get(GIVEN)
    if given:
        yield given
        return
    place = binaries()
    if place is None:
        pytest.skip(f"no PostgreSQL here: install it, or name a server in {GIVEN}")
    with tempfile.TemporaryDirectory(prefix="journeys-") as folder:
        server = Server(place, Path(folder))
        yield server.url
        server.stop(how="immediate")


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> Iterator[str]:
    """The name of a database with tables, from which others are copied: that is ten times as fast as making them."""
    with _new_database(postgres_server) as name:
        _migrate(_url_of(postgres_server, name))
        yield name


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with tables, from which others are copied."""
    path = tmp_path_factory.mktemp("migrated") / "journeys.db"
    _migrate(f"sqlite:///{path}")
    return path


def _migrate(url: str) -> None:
    opened = open_database(url)
    opened.migrate()
    opened.close()


@contextmanager
def _new_database(server: str, *, like: str = "template1") -> Iterator[str]:
    name = f"journeys_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
        yield name
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _url_of(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, postgres_server: str) -> Iterator[str]:
    """A new database on PostgreSQL; with its tables, where the test asks for `database` as well."""
    like = request.getfixturevalue("migrated_postgres") if "database" in request.fixturenames else "template1"
    with _new_database(postgres_server, like=like) as name:
        yield _url_of(postgres_server, name)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new database's URL; nothing is in it, unless the test asks for `database` as well."""
    if request.param == "postgres":
        yield request.getfixturevalue("postgres_url")
        return
    # In memory where there is some: half of the time went into waiting for the disk, and no test takes the power away.
    place = _MEMORY if os.access(_MEMORY, os.W_OK) else tmp_path
    with tempfile.TemporaryDirectory(prefix="journeys-", dir=place) as folder:
        path = Path(folder) / "journeys.db"
        if "database" in request.fixturenames:
            shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A new database with its tables."""
    opened = open_database(database_url)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def postgres(migrated_postgres: str, postgres_server: str) -> Iterator[Database]:
    """A new database with its tables, where a test is of PostgreSQL alone."""
    with _new_database(postgres_server, like=migrated_postgres) as name:
        opened = open_database(_url_of(postgres_server, name))
        yield opened
        opened.close()


def at_length_on_postgres(items: Sequence[pytest.Item], folder: Path, *, but: Collection[str] = ()) -> None:
    """Marks what a folder's tests do on PostgreSQL as long, `but` those of these names."""
    for item in items:
        if item.path.parent == folder and "[postgres" in item.name and item.name.partition("[")[0] not in but:
            item.add_marker("long")
