"""The database: what it is called, what a transaction is, and what an operator reads when something is wrong."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, make_url
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from journeys.errors import ConfigurationError
from journeys.store import tables as tables  # so that the metadata holds them
from journeys.store.database import Database, Unavailable, open_database
from journeys.store.inbox import backlog, receive
from journeys.store.migrating import FORMS
from tests.crashing import Crash, crashing
from tests.faults.processes import Process

from .making import event

VARIABLE = "JOURNEYS_DATABASE_URL"


def refused(url: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        open_database(url)
    return str(caught.value)


# What may be wrong


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("", "sqlite:///journeys.db"),
        ("journeys.db", "sqlite:///journeys.db"),
        ("://", "sqlite:///journeys.db"),
        ("postgresql://user:secret@host:port/name", "sqlite:///journeys.db"),
        ("mysql://ana:secret@host/name", "there is no database 'mysql' here"),
        ("postgresql+asyncpg://ana:secret@host/name", "there is no database 'postgresql+asyncpg' here"),
        ("sqlite+aiosqlite:///a.db", "there is no database 'sqlite+aiosqlite' here"),
        ("sqlite://", "in memory"),
        ("sqlite:///", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite://journeys.db", "three strokes"),
        ("sqlite:///a.db?mode=ro", "`?`"),
        ("sqlite:////no/such/folder/a.db", "there is no folder /no/such/folder"),
        ("sqlite:////proc", "/proc is a folder"),
    ],
)
def test_a_url_that_cannot_be_is_refused_with_its_variable_and_without_its_password(url: str, hint: str):
    words = refused(url)

    assert VARIABLE in words
    assert hint in words
    assert "secret" not in words


def test_a_file_that_is_no_database_is_refused(tmp_path: Path):
    (tmp_path / "a.db").write_bytes(b"plain words, and many of them " * 40)

    assert "file is not a database" in refused(f"sqlite:///{tmp_path / 'a.db'}")


def refused_to_others(url: str, folder: Path) -> str:
    """What somebody is told who may do in this folder what its permissions say."""
    if os.geteuid() != 0:
        return refused(url)
    # Root may write anywhere: somebody else tries it, who must be let through to here.
    for parent in folder.parents:
        if parent != Path(tempfile.gettempdir()) and parent.is_relative_to(tempfile.gettempdir()):
            parent.chmod(0o755)
    told, tells = os.pipe()
    child = os.fork()
    if child == 0:
        words = ""
        try:
            os.setuid(65534)
            open_database(url)
        except ConfigurationError as error:
            words = str(error)
        finally:
            os.write(tells, words.encode())
            os._exit(0)
    os.close(tells)
    os.waitpid(child, 0)
    with os.fdopen(told, encoding="utf-8") as stream:
        return stream.read()


def test_a_folder_that_only_reads_is_told_of_at_once(tmp_path: Path):
    tmp_path.chmod(0o555)

    words = refused_to_others(f"sqlite:///{tmp_path / 'a.db'}", tmp_path)

    assert VARIABLE in words
    assert "unable to open" in words


def rights_in(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_nobody_else_reads_a_file_that_was_made_here(tmp_path: Path):
    (tmp_path / "linked.db").symlink_to("a.db")
    database = open_database(f"sqlite:///{tmp_path / 'linked.db'}")
    with database.alone():
        database.migrate()
        (tmp_path / "linked.db").unlink()

        assert rights_in(tmp_path) == dict.fromkeys(["a.db", "a.db-shm", "a.db-wal", "a.db.lock"], 0o600)

    database.close()


def test_a_file_that_is_there_keeps_its_rights(tmp_path: Path):
    for name in ("a.db", "a.db.lock"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o660)
    database = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    with database.alone():
        database.migrate()

        assert rights_in(tmp_path) == dict.fromkeys(["a.db", "a.db-shm", "a.db-wal", "a.db.lock"], 0o660)

    database.close()


@pytest.mark.parametrize(("rights", "may"), [(0o000, "not be read"), (0o444, "only be read")], ids=["nothing", "reads"])
def test_a_file_that_is_not_ours_to_write_is_told_of_at_once(tmp_path: Path, rights: int, may: str):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    open_database(url).close()
    tmp_path.chmod(0o777)
    (tmp_path / "a.db").chmod(rights)

    assert f"may {may}: give the file to the user that this runs as" in refused_to_others(url, tmp_path)


def test_a_server_that_is_not_there_is_told_of(tmp_path: Path):
    words = refused(f"postgresql://ana:secret@/name?host={tmp_path}")

    assert VARIABLE in words
    assert "No such file or directory" in words
    assert "secret" not in words


def test_a_database_that_the_server_does_not_have_is_told_of(postgres_url: str):
    words = refused(postgres_url.replace("/journeys_", "/nowhere_"))

    assert "does not exist" in words


def test_without_its_driver_postgres_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)

    assert "pip install 'journeys[postgres]'" in refused("postgresql://ana@host/name")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_the_names_that_hosts_give_postgres_are_understood(postgres_url: str, scheme: str):
    opened = open_database(scheme + postgres_url[postgres_url.index(":") :])

    assert opened.is_postgres
    assert opened.shown.startswith("postgresql://")
    opened.close()


def test_no_password_is_shown(tmp_path: Path):
    words = refused(f"postgresql://ana:secret@/name?host={tmp_path}&password=secret2&sslpassword=secret3")

    assert "postgresql://ana:***@/name" in words
    assert "secret" not in words


def test_a_relative_file_is_found_again_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    opened = open_database("sqlite:///a.db")
    monkeypatch.chdir("/")

    opened.migrate()

    assert opened.shown == "sqlite:///a.db"
    assert (tmp_path / "a.db").is_file()
    opened.close()


# Transactions


def test_a_block_that_raises_keeps_nothing(database: Database):
    with pytest.raises(KeyError), database.writing() as connection:
        receive(connection, [event()], 100)
        raise KeyError

    with database.reading() as connection:
        assert backlog(connection, 100).pending == 0


def test_one_who_reads_cannot_write(database: Database):
    for id in ("1", "2"):
        with pytest.raises((DBAPIError, Unavailable)), database.reading() as connection:
            receive(connection, [event(id=id)], 100)
        with database.writing() as connection:
            assert receive(connection, [event(id=id)], 100) == [True]


def test_one_who_reads_sees_one_state(database: Database):
    with database.reading() as reading:
        before = backlog(reading, 100).pending
        with database.writing() as writing:
            receive(writing, [event()], 100)
        assert (before, backlog(reading, 100).pending) == (0, 0)

    with database.reading() as reading:
        assert backlog(reading, 100).pending == 1


def test_sqlite_loses_nothing_that_was_committed(tmp_path: Path):
    opened = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    with opened.writing() as connection:
        said = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    opened.close()

    assert said == ["wal", 2]


def test_postgres_lets_go_of_what_a_lost_host_held(postgres_url: str):
    opened = open_database(postgres_url + "&options=-c%20work_mem%3D5MB")
    with opened.reading() as connection:
        names = ("idle_in_transaction_session_timeout", "application_name", "work_mem", "transaction_isolation")
        said = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names]
    opened.close()

    assert said == ["1min", "journeys", "5MB", "repeatable read"]


def test_a_server_that_went_away_is_unavailable_and_comes_back_by_itself(postgres_url: str):
    opened = open_database(postgres_url)
    opened.migrate()
    killing = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"

    with pytest.raises(Unavailable) as caught, opened.writing() as connection:
        receive(connection, [event()], 100)
        with opened.writing() as other:
            other.exec_driver_sql(f"{killing} AND datname = current_database()")
        backlog(connection, 100)

    assert opened.shown in str(caught.value)
    with opened.writing() as connection:
        assert receive(connection, [event()], 100) == [True]
    opened.close()


def test_a_restart_between_two_transactions_is_not_noticed(postgres_url: str):
    opened, other = open_database(postgres_url), open_database(postgres_url)
    opened.migrate()

    with other.writing() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )

    with opened.writing() as connection:
        assert receive(connection, [event()], 100) == [True]
    opened.close()
    other.close()


def test_a_full_disk_is_unavailable_and_keeps_nothing(tmp_path: Path):
    opened = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    opened.migrate()

    with pytest.raises(Unavailable, match="full"), opened.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        receive(connection, [event(id=str(number), body=b"x" * 5_000) for number in range(100)], 100)

    with opened.writing() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        assert receive(connection, [event()], 100) == [True]
    opened.close()


# One worker on SQLite


def test_a_second_worker_on_sqlite_is_refused_politely(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    first, second = open_database(url), open_database(url)

    with first.alone(), pytest.raises(ConfigurationError, match=r"another worker is at work on .*a\.db"):
        second.alone()
    with second.alone(), pytest.raises(ConfigurationError):
        first.alone()
    second.alone()
    second.close()
    with first.alone():
        pass
    first.close()


def test_a_file_has_one_lock_by_whatever_name_it_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "folder").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "folder")
    monkeypatch.chdir(tmp_path)
    urls = ("sqlite:///folder/a.db", f"sqlite:///{tmp_path}/folder/a.db", "sqlite:///linked/a.db")
    opened = [open_database(url) for url in urls]
    monkeypatch.chdir("/")

    with opened[0].alone():
        for other in opened[1:]:
            with pytest.raises(ConfigurationError):
                other.alone()

    for each in opened:
        each.close()


def test_a_worker_that_was_killed_leaves_its_place(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    holding = (
        "import sys, os; from journeys.store.database import open_database\n"
        "database = open_database(sys.argv[1]); database.alone(); print('held', flush=True); sys.stdin.read()"
    )
    opened = open_database(url)

    with subprocess.Popen(
        [sys.executable, "-c", holding, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        with pytest.raises(ConfigurationError):
            opened.alone()
        worker.kill()

    with opened.alone():
        pass
    opened.close()


def test_on_postgres_any_number_work(postgres_url: str):
    first, second = open_database(postgres_url), open_database(postgres_url)

    with first.alone(), second.alone():
        pass

    first.close()
    second.close()


# The steps from form to form


def test_the_steps_lead_to_the_tables_that_are_declared(database: Database):
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_the_steps_make_every_partial_index_that_is_declared(database: Database):
    # What Alembic compares of an index are its columns alone.
    with database.reading() as connection:
        if database.is_postgres:
            query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        else:
            query = "SELECT name, sql FROM sqlite_master WHERE type = 'index'"
        made = {row[0]: row[1] for row in connection.exec_driver_sql(query)}

    for table in SQLModel.metadata.tables.values():
        for index in table.indexes:
            where = index.dialect_options["sqlite"]["where"]
            words = made[index.name].replace("(", "").replace(")", "").replace("::text", "")
            assert words.partition(" WHERE ")[2] == ("" if where is None else str(where))


def test_words_are_ordered_by_code_point_in_every_column(postgres_url: str):
    opened = open_database(postgres_url)
    opened.migrate()
    query = "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'text'"

    with opened.reading() as connection:
        every = connection.exec_driver_sql(query).scalar()
        assert connection.exec_driver_sql(f"{query} AND collation_name = 'C'").scalar() == every
    opened.close()


def test_a_migrated_database_is_left_as_it_is(database: Database):
    with database.writing() as connection:
        receive(connection, [event()], 100)

    database.migrate()

    with database.reading() as connection:
        assert backlog(connection, 100).pending == 1


def test_a_database_of_a_newer_form_is_refused(database: Database):
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(ConfigurationError, match="newer version of journeys") as caught:
        database.migrate()

    assert database.shown in str(caught.value)
    assert VARIABLE in str(caught.value)


def test_a_step_that_fails_leaves_nothing_behind(database_url: str):
    opened = open_database(database_url)

    with pytest.raises(Crash), crashing(opened, before=25):
        opened.migrate()

    with opened.writing() as connection:
        assert inspect(connection).get_table_names() == []
    opened.migrate()
    opened.close()


# What somebody else has made


@contextmanager
def as_it_was(path: Path) -> Iterator[None]:
    before = path.read_bytes()
    yield
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("made", "told"),
    [
        pytest.param(["CREATE TABLE orders (id text)"], "it holds orders", id="another's tables"),
        pytest.param(["CREATE TABLE customer (id text)"], "it holds customer", id="a name of ours"),
        pytest.param(["CREATE VIEW a AS SELECT 1", "CREATE VIEW b AS SELECT 1"], "it holds a, b", id="views"),
        pytest.param(
            [f"CREATE TABLE {name} (id text)" for name in "abcdefgh"], "it holds a, b, c, d, …)", id="many tables"
        ),
        pytest.param(
            [
                "CREATE TABLE alembic_version (version_num text)",
                "INSERT INTO alembic_version VALUES ('0001')",
                "CREATE TABLE orders (id text)",
            ],
            "it holds alembic_version, orders",
            id="whose forms are numbered as ours",
        ),
    ],
)
def test_a_file_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path, made: list[str], told: str):
    path = tmp_path / "theirs.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in made:
            connection.execute(statement)

    with as_it_was(path):
        opened = open_database(f"sqlite:///{path}")
        for ask in (opened.migrate, opened.see_migrated):
            with pytest.raises(ConfigurationError, match="another program") as caught:
                ask()
            assert VARIABLE in str(caught.value)
            assert told in str(caught.value)
        opened.close()


def test_tables_of_ours_whose_form_nobody_wrote_down_are_left_as_they_are(database: Database):
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")

    for ask in (database.migrate, database.see_migrated):
        with pytest.raises(ConfigurationError, match="another program"):
            ask()


def test_a_schema_is_shared_with_whoever_has_other_names(postgres_url: str):
    opened = open_database(postgres_url)
    with opened.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE orders (id text)")

    opened.migrate()
    opened.see_migrated()
    opened.close()


@pytest.mark.parametrize(
    "made",
    [
        pytest.param("CREATE TABLE customer (id text)", id="a table"),
        pytest.param("CREATE VIEW turn AS SELECT 1", id="a view"),
        pytest.param("CREATE TABLE alembic_version (number integer)", id="the form of another's tables"),
    ],
)
def test_a_schema_with_a_name_of_ours_is_refused_and_one_of_its_own_will_do(postgres_url: str, made: str):
    opened = open_database(postgres_url)
    with opened.writing() as connection:
        connection.exec_driver_sql(made)

    for ask in (opened.migrate, opened.see_migrated):
        with pytest.raises(ConfigurationError, match="another program under the names of ours") as caught:
            ask()
    assert VARIABLE in str(caught.value)
    with opened.writing() as connection:
        connection.exec_driver_sql("CREATE SCHEMA journeys")
        assert len([*inspect(connection).get_table_names(), *inspect(connection).get_view_names()]) == 1
    opened.close()

    url = make_url(postgres_url).update_query_dict({"options": "-csearch_path=journeys"})
    apart = open_database(url.render_as_string(hide_password=False))
    apart.migrate()
    with apart.writing() as connection:
        receive(connection, [event()], 100)
    apart.see_migrated()
    apart.close()


def test_many_processes_may_take_the_steps_at_once(database_url: str, tmp_path: Path):
    migrating = (
        "import fcntl, sys; from journeys.store.database import open_database\n"
        "database = open_database(sys.argv[1]); print('ready', flush=True)\n"
        "fcntl.flock(open(sys.argv[2]), fcntl.LOCK_SH); database.migrate(); database.close()"
    )
    door = tmp_path / "door"
    processes = [Process(f"{number}", ["-c", migrating, database_url, str(door)], "ready", {}) for number in range(4)]

    with door.open("w") as closed:
        fcntl.flock(closed, fcntl.LOCK_EX)
        for process in processes:
            process.start()
        for process in processes:
            assert process.up.wait(60), process.lines

    assert [(process.wait(), process.lines) for process in processes] == [(0, ["ready"])] * 4
    opened = open_database(database_url)
    with opened.reading() as connection:
        assert backlog(connection, 0).pending == 0
    opened.close()


def test_the_steps_are_part_of_what_is_installed():
    steps = Path(str(tables.__file__)).parent / "migrations"

    assert (steps / "env.py").is_file()
    found = sorted(path.name for path in (steps / "versions").glob("0*.py"))
    assert found == ["0001_first.py", "0002_erased.py"]


def test_what_is_in_tables_of_an_earlier_form_is_there_after_the_steps(database_url: str):
    opened = open_database(database_url)
    config = Config()
    config.set_main_option("script_location", str(Path(str(tables.__file__)).parent / "migrations"))
    with opened.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, FORMS[0])
        connection.exec_driver_sql("INSERT INTO customer (id, publication, as_of, turns) VALUES ('ana', 1, 2, 3)")

    opened.migrate()

    with opened.reading() as connection:
        opened.see_migrated()
        rows = connection.exec_driver_sql("SELECT id, publication, as_of, turns, erased_at FROM customer").all()
    opened.close()
    assert [tuple(row) for row in rows] == [("ana", 1, 2, 3, None)]


def test_the_forms_that_are_known_are_those_that_the_steps_lead_to():
    taken = ScriptDirectory(str(Path(str(tables.__file__)).parent / "migrations")).walk_revisions()

    assert [step.revision for step in taken][::-1] == FORMS


def test_a_process_that_finds_the_tables_made_goes_without_what_makes_them(migrated_sqlite: Path):
    """It would take a tenth of each start."""
    opening = (
        "import sys; from journeys.store.database import open_database\n"
        "database = open_database(sys.argv[1]); database.migrate(); database.see_migrated(); database.close()\n"
        "sys.exit('alembic' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", opening, f"sqlite:///{migrated_sqlite}"]).returncode == 0


def test_sqlite_waits_for_the_one_who_writes(tmp_path: Path):
    opened = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    opened.migrate()
    with sqlite3.connect(tmp_path / "a.db", isolation_level=None) as other:
        other.execute("PRAGMA busy_timeout = 0")

        with opened.writing() as connection:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            receive(connection, [event()], 100)

        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    other.close()
    opened.close()
