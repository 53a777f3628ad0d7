"""Places: where the databases of a benchmark are, by name, and how one is copied as it stands."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import psycopg
from sqlalchemy import make_url

from journeys.bench import bare_rows
from tests.databases import GIVEN, Server, binaries


class Place(Protocol):
    title: str

    def url(self, name: str) -> str: ...

    def make(self, name: str) -> None: ...

    def copy(self, name: str, to: str) -> None:
        """Anew, whatever was there; nobody has either of them open."""

    def settle(self, name: str) -> None:
        """What goes on by itself after much was written is done now, and not while something is measured."""

    def bare(self, name: str) -> bare_rows.Driver: ...


class Files:
    """SQLite, with a file for each."""

    title = "SQLite, synchronous=FULL"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def url(self, name: str) -> str:
        return f"sqlite:///{self._path(name)}"

    def make(self, name: str) -> None:
        """It comes to be when it is opened."""

    def copy(self, name: str, to: str) -> None:
        shutil.copy(self._path(name), self._path(to))
        os.sync()

    def settle(self, name: str) -> None:
        os.sync()

    def bare(self, name: str) -> bare_rows.Driver:
        return bare_rows.Sqlite(str(self._path(name)))

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.db"


class OnServer:
    """PostgreSQL, with a database for each."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._admin = psycopg.connect(server, autocommit=True)
        found = self._admin.execute("SELECT current_setting('server_version'), current_setting('fsync')").fetchone()
        assert found is not None
        self.title = f"PostgreSQL {found[0].split()[0]}, fsync={found[1]}"
        self._made: set[str] = set()

    def url(self, name: str) -> str:
        return make_url(self._server).set(database=f"bench_{name}").render_as_string(hide_password=False)

    def make(self, name: str) -> None:
        self._make(name, "template1")

    def copy(self, name: str, to: str) -> None:
        self._make(to, f"bench_{name}")
        self._admin.execute("CHECKPOINT")

    def settle(self, name: str) -> None:
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        self._admin.execute("CHECKPOINT")

    def bare(self, name: str) -> bare_rows.Driver:
        return bare_rows.Postgres(self.url(name))

    def close(self) -> None:
        for name in self._made:
            self._drop(name)
        self._admin.close()

    def _make(self, name: str, like: str) -> None:
        self._drop(name)
        self._admin.execute(f"CREATE DATABASE bench_{name} TEMPLATE {like} STRATEGY file_copy".encode())
        self._made.add(name)

    def _drop(self, name: str) -> None:
        self._admin.execute(f"DROP DATABASE IF EXISTS bench_{name} WITH (FORCE)".encode())


@contextmanager
def on(database: str) -> Iterator[Place]:
    """A place for databases of this kind, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="journeys-") as folder:
        if database == "sqlite":
            yield Files(Path(folder))
            return
        given = os.environ.get(GIVEN)
        server = None if given else _server(Path(folder))
        place = OnServer(given or server.url if server else str(given))
        try:
            yield place
        finally:
            place.close()
            if server is not None:
                server.stop(how="immediate")


def _server(folder: Path) -> Server:
    found = binaries()
    if found is None:
        raise SystemExit(f"no PostgreSQL here: install it, or name a server in {GIVEN}")
    return Server(found, folder, fsync="on")
