"""The database: where it is, how one speaks to it, and what a transaction of ours is.

`writing` is one transaction that may write: on SQLite it takes the one place of a writer at its very
start, so that nothing it read can be changed by another before it writes.  `reading` sees one state
of everything, and the database itself refuses to write in it.

What can go wrong with a setup is a `ConfigurationError`.  What may go by itself (a restart, a full
disk, a lock held too long) is `Unavailable`: nothing of the transaction is kept, and it may be tried again.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError, InternalError, OperationalError

from journeys.errors import ConfigurationError

from .lining import Line, TooLong
from .lockfile import IsHeld, LockFile
from .migrating import in_the_way, is_current, see_current, upgrade

# Those who are handed a connection name its type by us.
__all__ = ["VARIABLE", "Connection", "Database", "Unavailable", "open_database", "read_url"]

VARIABLE: Final = "JOURNEYS_DATABASE_URL"

_LOCKED_FOR: Final = 30  # seconds a second writer waits on SQLite
_CONNECT_FOR: Final = 10  # seconds
_SQLITE_OLDEST: Final = (3, 35, 0)  # RETURNING

# A host that is lost without a word is noticed after about a minute, and its locks are let go.
_KEEPALIVES: Final[Mapping[str, str]] = {
    "keepalives": "1",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "connect_timeout": str(_CONNECT_FOR),
    "application_name": "journeys",
}
_SESSION: Final = (
    # Who says nothing for a minute within a transaction is gone, and its locks are let go.
    "SET idle_in_transaction_session_timeout = '60s'",
    # All that runs here reads a few rows by their keys.  The planner goes by how large a table was when it was last
    # counted: a queue that was empty then, and is full now, would be read whole at every look.
    "SET enable_seqscan = off",
    "SET enable_hashjoin = off",
    "SET enable_mergejoin = off",
)
_SECRETS: Final = ("password", "passfile", "sslpassword")


# What a database says of itself.  The last is PostgreSQL's for a session that it ended, and for a server that only
# reads after a failover.
FAILURES: Final = (OperationalError, InterfaceError, InternalError)


class Unavailable(ConfigurationError):
    """The database did not do it, and may the next time; nothing of the transaction is kept.

    A transaction whose end was not heard of may have been kept all the same, as with any database: what
    is written here can be written again.
    """


class Database:
    """An open database; made by `open_database`."""

    def __init__(self, engine: Engine, url: URL) -> None:
        self._engine = engine
        self._url = url
        self._alone: LockFile | None = None
        self._line = None if self.is_postgres else Line(patience=_LOCKED_FOR)

    @property
    def is_postgres(self) -> bool:
        return self._engine.dialect.name == "postgresql"

    @property
    def shown(self) -> str:
        """The URL for people: without its password."""
        return _shown(self._url)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that may write: kept whole when the block ends, and not at all when it raises."""
        with self._told(), self._engine.connect() as connection, self._in_line(), connection.begin():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One state of everything, in which nothing can be written."""
        options: dict[str, Any] = {"is_reading": True}
        if self.is_postgres:
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._told(), self._engine.connect() as connection:
            connection.execution_options(**options)
            with connection.begin():
                yield connection

    @contextmanager
    def at_once(self) -> Iterator[Connection]:
        """A connection on which each statement stands by itself: nothing is begun and nothing is kept with it."""
        with self._told(), self._engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def migrate(self) -> None:
        """Brings the tables to the form this code knows; many processes may ask for it at once.

        Raises ConfigurationError where they are of a newer form, or somebody else's.
        """
        with self.reading() as connection:
            if is_current(connection, shown=self.shown):
                return
        with self.writing() as connection:
            upgrade(connection, shown=self.shown)

    def see_migrated(self) -> None:
        """Raises ConfigurationError where the tables are not of the form this code knows, and changes nothing."""
        with self.reading() as connection:
            see_current(connection, shown=self.shown)

    def alone(self) -> AbstractContextManager[object]:
        """Sees to it that no other worker is on this database, where only one can be: on SQLite.

        It holds from the call until the block or the database is closed.  Raises ConfigurationError where another
        is at work.
        """
        if self.is_postgres:
            return nullcontext()
        path = Path(f"{self._engine.url.database}.lock")
        try:
            self._alone = LockFile(path)
        except IsHeld:
            raise ConfigurationError(
                f"another worker is at work on {self.shown}, and SQLite has room for one: stop it, or let {VARIABLE} "
                "name a PostgreSQL database, where any number share the work"
            ) from None
        except OSError as error:
            raise ConfigurationError(f"{VARIABLE}: {path} cannot be written: {error.strerror}") from None
        return self._alone

    def close(self) -> None:
        if self._alone is not None:
            self._alone.close()
        self._engine.dispose()

    def _in_line(self) -> AbstractContextManager[None]:
        return nullcontext() if self._line is None else self._line.join()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the database says of itself, said in our words."""
        try:
            yield
        except FAILURES as error:
            raise Unavailable(f"the database {self.shown} did not answer as it should: {_said(error)}") from error
        except DatabaseError as error:
            # Of no kind: SQLite's word for a file whose pages make no sense.  Nothing mends that by itself.
            if type(error) is not DatabaseError:
                raise
            raise ConfigurationError(f"{VARIABLE}: {self.shown} is damaged: {_said(error)}") from error
        except TooLong:
            raise Unavailable(f"somebody has been writing to {self.shown} for {_LOCKED_FOR} seconds") from None


def open_database(url: str, *, is_new_allowed: bool = True) -> Database:
    """The database of this URL, reached once: `sqlite:///folder/file.db` or `postgresql://…`.

    Raises ConfigurationError, naming the variable, where the URL is none or nothing can be opened there; and for a
    file that is not there yet, unless `is_new_allowed`.
    """
    parsed = read_url(url)
    if not is_new_allowed and parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).exists():
        raise ConfigurationError(
            f"there is no database {_shown(parsed)} yet: `journeys publish` makes one; one that is elsewhere is named "
            f"by {VARIABLE}"
        )
    engine = _postgres(parsed) if parsed.get_backend_name() == "postgresql" else _sqlite(parsed)
    database = Database(engine, parsed)
    try:
        # A transaction that may write, as a worker's will be: a folder or a standby that only reads is told of now.
        with engine.connect() as connection, connection.begin():
            if database.is_postgres and connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar():
                raise ConfigurationError(f"{VARIABLE}: {database.shown} is a standby that only reads: name the primary")
    except DBAPIError as error:
        database.close()
        raise ConfigurationError(f"{VARIABLE}: {database.shown} cannot be opened: {_said(error)}") from None
    except ConfigurationError:
        database.close()
        raise
    return database


def read_url(url: str) -> URL:
    """Where that leads; nothing is opened.  Raises ConfigurationError where it is no URL of a database."""
    known = (
        "write sqlite:///journeys.db (a file), sqlite:////var/lib/journeys.db (by its full path) or "
        "postgresql://user:password@host/name"
    )
    try:
        parsed = make_url(url.strip())
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError):
        # Not quoted: what is not understood may hold a password.
        raise ConfigurationError(f"{VARIABLE} is not the URL of a database: {known}") from None
    if backend == "postgres":  # as some hosts write it
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername != "sqlite":
        raise ConfigurationError(f"{VARIABLE}: there is no database {parsed.drivername!r} here: {known}")
    if parsed.host is not None:
        raise ConfigurationError(f"{VARIABLE}: a file has three strokes before it, or four with its full path: {known}")
    if parsed.query:
        raise ConfigurationError(f"{VARIABLE}: nothing can be asked of a SQLite file with `?`: {known}")
    if parsed.database in (None, "", ":memory:"):
        raise ConfigurationError(f"{VARIABLE}: a database in memory would be forgotten: {known}")
    return parsed


def _sqlite(url: URL) -> Engine:
    if sqlite3.sqlite_version_info < _SQLITE_OLDEST:
        raise ConfigurationError(
            f"Python's SQLite is {sqlite3.sqlite_version}, and 3.35 is the oldest that will do: "
            "use a newer Python, or PostgreSQL"
        )
    path = Path(str(url.database))
    if not path.parent.is_dir():
        raise ConfigurationError(f"{VARIABLE}: there is no folder {path.parent}")
    if path.is_dir():
        raise ConfigurationError(f"{VARIABLE}: {path} is a folder, and a file is wanted")
    path = path.resolve()
    _see_allowed(path, _shown(url))
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        connect_args={"timeout": _LOCKED_FOR, "check_same_thread": False},
        pool_size=5,
        max_overflow=60,
        hide_parameters=True,  # they are what customers said, and an error's words end in logs
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _see_allowed(path: Path, shown: str) -> None:
    """That we may read and write the file; a new one is made, and nobody else may."""
    # What SQLite puts beside it has the same rights.  It makes the file itself where we could not, or says why not.
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    # SQLite begins a writer's transaction on a file of others, such as a backup that root put back, and says at the
    # first write that it only reads.
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        may = "only be read" if os.access(path, os.R_OK) else "not be read"
        raise ConfigurationError(f"{VARIABLE}: {shown} may {may}: give the file to the user that this runs as")


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    # The driver begins no transaction of its own: ours begin as they must.
    connection.isolation_level = None
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
    if not in_the_way(names, is_shared=False):
        # It is written into the file, and another program's is none of ours to change.
        connection.execute("PRAGMA journal_mode = WAL")
    for pragma in ("synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    is_reading = connection.get_execution_options().get("is_reading", False)
    if connection.info.get("is_reading") != is_reading:
        # Said only where it changes: after it SQLite compiles every statement of the connection anew.
        connection.exec_driver_sql(f"PRAGMA query_only = {int(is_reading)}")
        connection.info["is_reading"] = is_reading
    # Begun as a reader, a writer would be refused at its first write if another had written since.
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


def _postgres(url: URL) -> Engine:
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise ConfigurationError(
            f"{VARIABLE} names a PostgreSQL database, and its driver is not installed: pip install 'journeys[postgres]'"
        ) from None
    engine = create_engine(
        url.set(query={**_KEEPALIVES, **url.query}),
        pool_pre_ping=True,  # after a restart the next transaction finds a new connection, and not a dead one
        pool_size=5,
        max_overflow=60,
        hide_parameters=True,  # they are what customers said, and an error's words end in logs
    )
    event.listen(engine, "connect", _prepare_postgres)
    return engine


def _prepare_postgres(connection: Any, _: object) -> None:
    connection.autocommit = True
    for setting in _SESSION:
        connection.execute(setting)
    connection.autocommit = False


def _shown(url: URL) -> str:
    hidden = {name: "***" for name in _SECRETS if name in url.query}
    plain = url.set(drivername=url.get_backend_name()).update_query_dict(hidden)
    return plain.render_as_string(hide_password=True)


def _said(error: DBAPIError) -> str:
    """The first line of the database's own words: what follows may hold values of a row."""
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else "it said nothing"
