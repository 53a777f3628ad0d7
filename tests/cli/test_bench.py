"""`journeys bench` measures real parts, on databases of its own, and leaves nothing behind."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

import pytest

from journeys.bench.deciding import measure_deciding
from journeys.bench.latency import measure_latency
from journeys.bench.places import a_folder, an_empty_database
from journeys.bench.processes import listening
from journeys.bench.subject import lay_subject
from journeys.check.folder import check_folder
from journeys.errors import InputError
from journeys.store.database import open_database

from .conftest import run

on_both = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True
)


def tables(url: str) -> int:
    database = open_database(url)
    with database.reading() as connection:
        if database.is_postgres:
            count = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        else:
            count = "SELECT count(*) FROM sqlite_master WHERE type = 'table'"
        found = connection.exec_driver_sql(count).scalar_one()
    database.close()
    return int(found)


def test_the_company_that_is_measured_with_has_no_problems(tmp_path: Path) -> None:
    assert check_folder(lay_subject(tmp_path / "definitions")).errors == ()


@on_both
def test_what_is_decided_is_measured_against_the_same_rows(database_url: str, tmp_path: Path) -> None:
    definitions = lay_subject(tmp_path / "definitions")
    seen: list[tuple[int, int]] = []

    with an_empty_database(database_url) as place:
        url = place.fresh("deciding")
        events, clocks = measure_deciding(url, definitions, 60, lambda done, total: seen.append((done, total)))
        database = open_database(url)
        with database.reading() as connection:
            turns = connection.exec_driver_sql("SELECT number, count(*) FROM turn GROUP BY number").all()
            touches = connection.exec_driver_sql("SELECT touch, count(*) FROM outbox GROUP BY touch").all()
            due = connection.exec_driver_sql("SELECT min(turns), max(turns) FROM customer").one()
        database.close()

    # What the floor wrote last stands as the worker wrote it.
    assert sorted(map(tuple, turns)) == [(1, 60), (2, 60), (3, 60)]
    assert dict(map(tuple, touches)) == {"welcome": 60, "answer": 60}
    assert tuple(due) == (3, 3)
    assert (events.name, clocks.name) == ("decisions", "clocks fired")
    for each in (events, clocks):
        assert each.a_second > 0
        assert each.floor > 0
    assert seen[-1] == (124, 124)
    assert tables(database_url) == 0


@pytest.mark.long
def test_each_event_is_followed_to_its_touch(tmp_path: Path) -> None:
    with a_folder() as place:
        found = measure_latency(place.fresh("latency"), lay_subject(tmp_path / "definitions"), 1)

    assert found.p50 is not None and found.p99 is not None
    assert 0 < found.p50 <= found.p99


@pytest.mark.long
@on_both
def test_the_whole_table_is_told_to_people_and_to_programs(database_url: str, tmp_path: Path) -> None:
    shown = run("bench", "--seconds", "1", cwd=tmp_path)
    told = run("bench", "--seconds", "1", "--database", database_url, "--json", cwd=tmp_path)

    assert (shown.code, told.code) == (0, 0)
    measured = json.loads(told.out)["measured"]
    assert [each["name"].partition(",")[0] for each in measured] == [
        "decisions",
        "clocks fired",
        "acknowledged",
        "acknowledged",
        "event to touch",
        "the provider called",
    ]
    for each in measured:
        assert each["a_second"] > 0
        assert each["name"].partition(",")[0] in shown.out
    assert [each["ratio"] is None for each in measured] == [False, False, False, False, True, True]
    assert "huey" in shown.out
    assert tables(database_url) == 0


def test_what_the_engine_of_here_is_told_is_not_told_to_what_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider's address would be called, and a port for its figures be taken twice."""
    monkeypatch.setenv("JOURNEYS_SMTP_URL", "smtp://mail.example")
    monkeypatch.setenv("JOURNEYS_METRICS_PORT", "9100")
    told = "import os; print('listening', [name for name in os.environ if name.startswith('JOURNEYS_')])"

    with listening([sys.executable, "-c", told], {"JOURNEYS_DATABASE_URL": "sqlite:///x.db"}) as (_, said):
        assert said == "['JOURNEYS_DATABASE_URL']"


@on_both
def test_a_database_in_which_there_is_something_is_left_alone(database_url: str, tmp_path: Path) -> None:
    database = open_database(database_url)
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE ours (id integer)")
    database.close()

    done = run("bench", "--database", database_url, cwd=tmp_path)

    assert (done.code, done.out) == (2, "")
    assert "there is a table in " in done.err
    assert "name a database in which there is nothing" in done.err
    assert tables(database_url) == 1


def test_what_was_begun_and_fails_leaves_nothing_in_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bench.db'}"

    def fail_within() -> None:
        with an_empty_database(url) as place:
            place.fresh("x")
            assert tables(url) > 5
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_within()

    assert tables(url) == 0


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://localhost/x", "--database: there is no database 'mysql' here"),
        ("nonsense", "--database is not the URL of a database"),
        ("", "--database is not the URL of a database"),
        ("sqlite:///nowhere/at/all.db", "--database: there is no folder nowhere/at"),
        ("postgresql://localhost:1/x", "--database: postgresql://localhost:1/x cannot be opened"),
    ],
)
def test_a_database_that_is_none_is_told_of(tmp_path: Path, url: str, message: str) -> None:
    done = run("bench", "--database", url, cwd=tmp_path)

    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "JOURNEYS_DATABASE_URL" not in done.err


def test_a_file_that_is_no_database_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, but somebody's notes\n" * 50)

    with pytest.raises(InputError, match="cannot be opened"), an_empty_database(f"sqlite:///{tmp_path}/notes.txt"):
        pass

    assert (tmp_path / "notes.txt").read_text().startswith("not a database")


@pytest.mark.parametrize("seconds", ["0", "-1", "301", "x", ""])
def test_seconds_are_a_whole_number(tmp_path: Path, seconds: str) -> None:
    done = run("bench", "--seconds", seconds, cwd=tmp_path)

    assert done.code == 2
    assert "a whole number is wanted, 1 to 300" in done.err


def test_the_database_that_is_in_use_is_never_measured_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one of the environment is nobody's to fill: it is named, or it is left alone."""
    path = tmp_path / "journeys.db"
    monkeypatch.setenv("JOURNEYS_DATABASE_URL", f"sqlite:///{path}")
    lay_subject(tmp_path / "definitions")
    assert run("publish", cwd=tmp_path).code == 0
    before = path.read_bytes()

    done = run("bench", "--database", f"sqlite:///{path}", cwd=tmp_path)

    assert done.code == 2
    assert path.read_bytes() == before
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM publication").fetchone() == (1,)
    connection.close()
