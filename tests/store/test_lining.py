"""A line: whoever waits to write to a file is let in by the order in which they came."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import event as sqlalchemy_event

from journeys.store.database import open_database
from journeys.store.inbox import backlog, receive
from journeys.store.lining import Line, TooLong

from .making import event

PATIENCE = 30.0


def test_they_are_let_in_in_the_order_in_which_they_came():
    line = Line(patience=PATIENCE)
    places = [line.join() for _ in range(5)]
    came: list[int] = []

    def enter(number: int) -> None:
        with places[number]:
            came.append(number)

    others = [Thread(target=enter, args=(number,)) for number in (4, 2, 3, 1)]
    with places[0]:
        for each in others:
            each.start()
        came.append(0)
    for each in others:
        each.join()

    assert came == [0, 1, 2, 3, 4]


def test_who_waited_too_long_leaves_and_holds_up_nobody():
    line = Line(patience=0.0)
    first, second, third = line.join(), line.join(), line.join()

    with pytest.raises(TooLong), second:
        pass
    with first, pytest.raises(TooLong), line.join():
        pass
    with third:
        pass
    with line.join():
        pass


def test_a_failure_inside_lets_the_next_in():
    line = Line(patience=0.0)

    with pytest.raises(ZeroDivisionError), line.join():
        raise ZeroDivisionError

    with line.join():
        pass


def test_on_sqlite_no_thread_asks_to_write_while_another_writes(tmp_path: Path):
    """SQLite would let it sleep, and whoever asked at the right moment would overtake it."""
    database = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    database.migrate()
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("BEGIN"):
            asked.append("begin")

    sqlalchemy_event.listen(database._engine, "before_cursor_execute", note)
    sqlalchemy_event.listen(database._engine, "commit", lambda connection: asked.append("commit"))
    all_there = Event()

    def write_often(writer: int) -> None:
        all_there.wait(PATIENCE)
        for number in range(25):
            with database.writing() as connection:
                receive(connection, [event(f"{writer}-{number}")], 100)

    writers = [Thread(target=write_often, args=(number,)) for number in range(4)]
    for each in writers:
        each.start()
    all_there.set()
    for each in writers:
        each.join()

    assert asked == ["begin", "commit"] * 100
    with database.reading() as connection:
        assert backlog(connection, 100).pending == 100
    database.close()
