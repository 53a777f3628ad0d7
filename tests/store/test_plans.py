"""Plans: what runs at every event and every clock finds its rows by an index, however much was done before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text

from journeys.store.claiming import claim, claim_other, introduce, lock, lock_whose
from journeys.store.customers import find, park, retry_failed, save, turns_of, unpark
from journeys.store.database import Connection, Database, open_database
from journeys.store.identity import ids_of, merge, with_others
from journeys.store.inbox import backlog, receive, unheard_of
from journeys.store.jobs import go_on, take_up_job
from journeys.store.keys import find_key, make_key
from journeys.store.looking import customers_after
from journeys.store.offers import give_offer
from journeys.store.outbox import Outcome, decide, failed, in_app, lease, settle, waiting, withdraw
from journeys.store.retaining import (
    Remnant,
    customers_between,
    keep_less,
    keep_less_held,
    next_instant,
    remove_taken,
    signals_of,
    turns_between,
)

from .making import consent, event, touch, turn

ROWS = 20_000
WAITING = 300

# What a year leaves behind, and a little that still waits: customers c00000 to c19999.
HISTORY = f"""
    WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < {ROWS - 1}),
    row(n, id, is_waiting) AS (
        SELECT n, 'c' || substr(CAST(100000 + n AS text), 2), n % {ROWS // WAITING} = 0 FROM number
    )
"""
FILL = (
    f"""
    INSERT INTO customer (id, publication, value, as_of, wake_at, turns) {HISTORY}
    SELECT id, 1, NULL, 0, CASE WHEN is_waiting THEN n % 50 ELSE 1000000 + n END, 0 FROM row
    """,
    f"""
    INSERT INTO inbox (customer, source, id, at, body, received_at, status) {HISTORY}
    SELECT id, 'shop', id, n % 60, '', 0, CASE WHEN is_waiting THEN 'pending' ELSE 'taken' END FROM row
    """,
    f"""
    INSERT INTO outbox (customer, enrollment, entry, visit, occurrence, journey, version, publication, touch,
        channel, words, due_at, decided_at, status, next_at, attempt, tries, unsure, settled_at) {HISTORY}
    SELECT id, 1, 2, 3, 0, 'espresso', 1, 1, 'spark', CASE WHEN n % 2 = 0 THEN 'email' ELSE 'sms' END, 'a',
        0, 0, CASE WHEN is_waiting THEN 'waiting' WHEN n % 997 = 1 THEN 'failed' ELSE 'sent' END, n % 60, 0, 0, 0, 9
    FROM row
    """,
    f"""
    INSERT INTO offer (touch, number, customer, enrollment, entry, visit, occurrence) {HISTORY}
    SELECT 'spark', n + 1, id, 1, 2, 3, 0 FROM row
    """,
    f"""
    INSERT INTO turn (customer, number, at, until, publication, kind, signals, whys) {HISTORY}
    SELECT id, 1 - 2, n, 0, 1, 'turn', '', '' FROM row
    """,
)


@pytest.fixture(params=["never counted", "counted"])
def filled(request: pytest.FixtureRequest, database: Database) -> Database:
    """A year's rows; before the database has counted them, and after."""
    with database.writing() as connection:
        for statement in FILL:
            if database.is_postgres:
                statement = statement.replace("''", "CAST('' AS bytea)")
            connection.execute(text(statement))
        if request.param == "counted":
            connection.exec_driver_sql("ANALYZE")
    return database


@contextmanager
def plans(connection: Connection) -> Iterator[list[str]]:
    """How the database would find the rows of each statement within the block."""
    found: list[str] = []
    ran: list[tuple[str, Any]] = []

    def note(_1: Any, _2: Any, statement: str, parameters: Any, _3: Any, is_many: bool) -> None:
        ran.append((statement, parameters[0] if is_many else parameters))

    sqlalchemy_event.listen(connection.engine, "before_cursor_execute", note)
    yield found
    sqlalchemy_event.remove(connection.engine, "before_cursor_execute", note)
    driver: Any = connection.connection.driver_connection
    for statement, parameters in ran:
        if re.match(r"\s*(BEGIN|PRAGMA)", statement):
            continue
        if connection.dialect.name == "postgresql":
            found += _postgres_plans(driver, statement, parameters)
        else:
            rows = driver.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            found.append(f"{statement}\n-- " + "\n-- ".join(row[3] for row in rows))
    assert found


def _postgres_plans(driver: psycopg.Connection[Any], statement: str, parameters: dict[str, Any]) -> Iterator[str]:
    """The plan for these values, and the one for any values, which a prepared statement comes to use."""
    names: list[str] = []

    def numbered(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    prepared = re.sub(r"%\((\w+)\)s", numbered, statement).replace("%%", "%")
    with psycopg.ClientCursor(driver) as cursor:
        cursor.execute(f"PREPARE planned AS {prepared}".encode())
        values = ", ".join(["%s"] * len(names))
        for mode in ("force_custom_plan", "force_generic_plan"):
            cursor.execute(f"SET LOCAL plan_cache_mode = {mode}".encode())
            given = f"({values})" if names else ""
            cursor.execute(f"EXPLAIN EXECUTE planned{given}".encode(), [parameters[name] for name in names])
            yield f"{statement}\n-- " + "\n-- ".join(row[0] for row in cursor.fetchall())
        cursor.execute("DEALLOCATE planned")


_TABLES = "customer|inbox|outbox|offer|turn|consent|api_key"
_WALKS = re.compile(
    rf"""
    Seq\ Scan\ on\ ({_TABLES})\b
    | Scan\ (using|on)\ (\w+_pkey|turn_by_age)\b (?!.*\n.*Index\ Cond)  # a whole index of all rows is no better
    | --\ SCAN\ ({_TABLES})\b (?!\ USING)
    | --\ SCAN\ \w+\ USING\ .*(sqlite_autoindex|turn_by_age)
    """,
    re.VERBOSE,
)


def walks(plan: str) -> bool:
    """Whether a table is read from one end to the other."""
    return bool(_WALKS.search(plan))


def test_a_walk_through_a_table_is_seen(filled: Database):
    with filled.reading() as connection, plans(connection) as found:
        connection.exec_driver_sql("SELECT count(body) FROM inbox WHERE received_at = 3").all()
        connection.exec_driver_sql("SELECT count(*) FROM turn").all()

    assert [plan for plan in found if not walks(plan)] == []


def test_what_runs_for_every_event_finds_its_rows_by_an_index(filled: Database):
    with filled.writing() as connection, plans(connection) as found:
        receive(connection, [event(f"c{number:05}", str(number)) for number in range(100)], 100)
        claimed = claim(connection, 100, 100)
        assert len(claimed) == 100
        save(
            connection,
            [
                turn(
                    each.id,
                    1,
                    heard=tuple((one.source, one.id) for one in each.events),
                    touches=(touch(each.id, 9),),
                    withdrawn=(touch(each.id, 1).key,),
                    consents=(consent(),),
                )
                for each in claimed
            ],
            100,
        )
        lock(connection, [each.id for each in claimed])
        introduce(connection, ["somebody new"])
        backlog(connection, 100)

    assert [plan for plan in found if walks(plan)] == []


def test_what_runs_for_every_touch_finds_its_rows_by_an_index(filled: Database):
    with filled.writing() as connection, plans(connection) as found:
        lease(connection, 100, 10, 100, person="crm")
        leased = lease(connection, 100, 10, 100, closed=["fax"], careful=["sms"])
        assert len(leased) == 100
        outcomes = [Outcome(key=each.touch.key, attempt=each.attempt, status="sent") for each in leased]
        assert all(settle(connection, outcomes, 100))
        withdraw(connection, [each.touch.key for each in leased], 100)
        decide(connection, [touch("c00001")], [touch("c00002").key], 100)
        waiting(connection)
        retry_failed(connection, failed(connection), 100)

    assert [plan for plan in found if walks(plan)] == []


def test_an_offer_is_found_by_an_index_however_often_it_was_given(filled: Database):
    with filled.writing() as connection, plans(connection) as found:
        assert give_offer(connection, "spark", ("c00001", 1, 2, 3, 0), ROWS)
        assert not give_offer(connection, "spark", ("c00001", 1, 2, 4, 0), ROWS)
        assert give_offer(connection, "spark", ("c00001", 1, 2, 4, 0), ROWS + 1)

    assert [plan for plan in found if walks(plan)] == []
    by_touch = [plan for plan in found if "SELECT 1 FROM offer" in plan]
    assert [plan for plan in by_touch if "offer_of_touch" not in plan] == []


def test_what_is_asked_about_one_customer_finds_its_rows_by_an_index(filled: Database):
    with filled.writing() as connection, plans(connection) as found:
        find(connection, "c00001")
        list(turns_of(connection, "c00001"))
        in_app(connection, "c00001")
        in_app(connection, "c00001", "email")
        park(connection, "c00001", "it failed", 100)
        unpark(connection, "c00001")

    assert [plan for plan in found if walks(plan)] == []


def test_what_a_merge_asks_finds_its_rows_by_an_index_however_many_ids_were_merged(filled: Database):
    with filled.writing() as connection:
        connection.exec_driver_sql("UPDATE customer SET merged_into = 'c00000' WHERE substr(id, 6) = '7'")
    with filled.writing() as connection, plans(connection) as found:
        for id in ("c00001", "c00007", "nobody"):
            assert claim_other(connection, id, 100) is not None
        lock_whose(connection, ["c00007", "c00009"])
        merge(connection, "c00001", "c00002")
        assert list(ids_of(connection, "c00001")) == ["c00002", "c00001"]
        with_others(connection, ["c00002", "c00003"])
        unheard_of(connection, ["c00002", "c00003"], 100)

    assert [plan for plan in found if walks(plan)] == []


def test_what_is_done_each_night_finds_its_rows_by_an_index(filled: Database):
    with filled.writing() as connection, plans(connection) as found:
        assert len(customers_after(connection, "c00100", 50)) == 0
        unheard_of(connection, ["c00001", "c00002"], 100)
        until = next_instant(connection, after=1_000, until=15_000, limit=200)
        assert until == 1_200
        turns = turns_between(connection, after=1_000, until=until)
        customers = customers_between(connection, after=1_000, until=until)
        assert (len(turns), len(customers)) == (200, 200)
        signals_of(connection, [each.key for each in turns])
        left = Remnant(customer="c00001", source="shop", id="c00001", body=b"{}")
        keep_less(connection, {("c00001", -1): b"[]"}, [left])
        keep_less_held(connection, [left])
        assert remove_taken(connection, customers[:100], 100) > 90
        shift = take_up_job(connection, "retain", due_at=5, now=6, until=9)
        assert shift is not None
        assert go_on(connection, shift, until=10, reached=b"far")

    assert [plan for plan in found if walks(plan)] == []


def test_what_was_counted_while_nothing_waited_is_not_read_whole_when_much_does(postgres_url: str):
    postgres = open_database(postgres_url)
    postgres.migrate()
    with postgres.writing() as connection:
        connection.execute(text(FILL[0].replace("''", "CAST('' AS bytea)")))
        receive(connection, [event(f"c{number:05}", at=number) for number in range(1_000)], 1)
        connection.exec_driver_sql("UPDATE inbox SET status = 'taken'")
    with postgres.at_once() as connection:
        connection.exec_driver_sql("VACUUM ANALYZE inbox")

    with postgres.writing() as connection:
        receive(connection, [event(f"c{number:05}", "2", at=number) for number in range(1_000)], 1)
        with plans(connection) as found:
            assert len(unheard_of(connection, ["c00900", "c00901"], 2_000)) == 2
            assert len(claim(connection, 2_000, 10)) == 10

    by_customer = [plan for plan in found if "FROM inbox" in plan and "listed" in plan]
    assert len(by_customer) == 4  # of two statements, for these values and for any
    assert [plan for plan in by_customer if "inbox_of_customer" not in plan or "inbox_oldest" in plan] == []
    postgres.close()


def test_a_key_is_found_by_an_index(database: Database):
    with database.writing() as connection:
        keys = [make_key(connection, "one", ("read",), 1) for _ in range(2_000)]
        with plans(connection) as found:
            find_key(connection, keys[0])

    assert [plan for plan in found if walks(plan)] == []
