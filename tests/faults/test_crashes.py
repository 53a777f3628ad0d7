"""Crashes: whatever statement a process ends before, the next one goes on as if nothing had been.

What a provider has taken and nobody wrote down is offered to it again, under the same key: that is the one thing
that a crash can do twice, and a provider that knows keys takes it once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlmodel import SQLModel

from journeys.core.calendar import parse_moment
from journeys.runtime.publishing import publish
from journeys.runtime.wording import Wording
from journeys.store.customers import turns_of
from journeys.store.database import Database
from journeys.store.outbox import Touch
from tests.core.walk import START, journey, lay
from tests.crashing import Crash, crashing
from tests.runtime.house import House

STORY = journey("""
need:
  rest: true
  send: [spark]
  move:
    - {on: spark.sent, to: research}
    - {on: ordered, to: end.bought}
research:
  rest: true
  send: [more, {touch: thanks, after: 1 hour}]
  move: [{on: ordered, to: end.bought}]
""")
KEPT_THROUGHOUT = ("publication", "setting")
_LONG_AGO = 10**14  # microseconds: a number beyond it is an instant


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path / "definitions", STORY)


def given(house: House) -> None:
    """The same beginning each time: an empty database but for what is published, and two customers who come in."""
    with house.database.writing() as connection:
        for name, table in SQLModel.metadata.tables.items():
            if name not in KEPT_THROUGHOUT:
                connection.execute(table.delete())
    house.clock.now = parse_moment(START)
    house.count = 0
    house.recorder.parcels.clear()
    house.knows("ana", ("offers", "news", "personalization"))
    house.knows("ben")
    house.on("began", customer="ana")
    house.on("began", customer="ben")


def crashes(house: House, before: int, work: Callable[[], Any]) -> bool:
    """Whether it came to the statement of this number.  The threads of a process end with it, and what they know."""
    try:
        with crashing(house.database, before=before):
            work()
    except Crash:
        house.relay.drain()
        return True
    return False


def rows_of(database: Database) -> dict[str, list[str]]:
    with database.reading() as connection:
        return {
            name: sorted(repr(tuple(row)) for row in connection.execute(table.select()))
            for name, table in SQLModel.metadata.tables.items()
        }


def test_a_worker_that_ends_anywhere_leaves_its_work_to_the_next(house: House) -> None:
    given(house)
    house.work()
    without_a_crash = rows_of(house.database)

    for place in count():
        given(house)
        before = rows_of(house.database)
        if not crashes(house, place, house.worker.work):
            break
        # On PostgreSQL somebody new has a row of their own by now, which says nothing yet.
        after = rows_of(house.database)
        assert {**after, "customer": before["customer"]} == before, place
        house.begin_anew()
        house.work()
        assert rows_of(house.database) == without_a_crash, place

    assert place >= 9
    assert rows_of(house.database) == without_a_crash


def test_a_worker_that_ends_in_a_later_turn_leaves_its_work_to_the_next(house: House) -> None:
    """An order takes back what waits, a consent goes: more is written than at the beginning."""

    def given_more() -> None:
        given(house)
        house.work()
        house.wait(hours=1)
        house.on("consent.withdrawn", customer="ana", purpose="offers")
        house.on("ordered", customer="ben")

    given_more()
    house.work()
    without_a_crash = rows_of(house.database)

    for place in count():
        given_more()
        before = rows_of(house.database)
        if not crashes(house, place, house.worker.work):
            break
        assert rows_of(house.database) == before, place
        house.begin_anew()
        house.work()
        assert rows_of(house.database) == without_a_crash, place

    assert place >= 10


# ---------------------------------------------------------------- the relay


def test_a_relay_that_ends_anywhere_sends_each_touch_under_one_key(house: House) -> None:
    given_to_send(house)
    house.send()
    finish(house)
    without_a_crash = told(house)
    keys = house.recorder.taken
    assert set(keys.values()) == {1}
    assert sorted(house.recorder.sent) == sorted(2 * ["spark", "more", "thanks"])

    fell_between = 0
    for place in count():
        given_to_send(house)
        if not crashes(house, place, house.send):
            break
        unrecorded = set(house.recorder.taken) - recorded(house)
        fell_between += bool(unrecorded)
        house.begin_anew()
        finish(house)

        assert house.recorder.taken == {key: 1 + (key in unrecorded) for key in keys}, place
        assert told(house) == without_a_crash, place

    assert place >= 20
    assert fell_between >= 5


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.long)], ids=lambda every: f"one in {every}")
def test_a_relay_that_ends_anywhere_gives_an_offer_as_often_as_its_limit_says(house: House, every: int) -> None:
    house.limit_to(1)

    for place in count(step=every):
        given_to_send(house)
        if not crashes(house, place, house.send):
            break
        house.begin_anew()
        finish(house)

        sparks = {parcel.customer for parcel in house.recorder.parcels if parcel.touch == "spark"}
        assert len(sparks) == 1, place
        assert offers(house) == [*sparks], place
        assert Counter(house.answers("spark", "ana") + house.answers("spark", "ben"))["withheld: offer"] == 1, place

    assert place >= 20


def offers(house: House) -> list[str]:
    """To whom they were given."""
    with house.database.reading() as connection:
        return list(connection.exec_driver_sql("SELECT customer FROM offer").scalars())


def given_to_send(house: House) -> None:
    """What waits has waited for so long that it is asked about anew."""
    given(house)
    house.work()
    house.wait(minutes=2)


def finish(house: House) -> None:
    """All that is still to come, with time for what a crash left to run out."""
    for _ in range(4):
        house.wait(minutes=30)
        house.run()


def recorded(house: House) -> set[str]:
    """The keys of those of which it is written down that they went."""
    wording = Wording(house.live.engine.program, house.live.secret, "")
    with house.database.reading() as connection:
        rows = connection.execute(SQLModel.metadata.tables["outbox"].select()).all()
    names = Touch.__struct_fields__
    return {
        wording.key_of(Touch(**{name: row._mapping[name] for name in names})) for row in rows if row.status == "sent"
    }


def told(house: House) -> dict[str, Any]:
    """All that is so in the end, apart from when, and from how often the gate was asked."""
    with house.database.reading() as connection:
        outbox = connection.exec_driver_sql(
            "SELECT customer, enrollment, entry, visit, occurrence, touch, words, status FROM outbox "
            "ORDER BY 1, 2, 3, 4, 5"
        ).all()
        inbox = connection.exec_driver_sql("SELECT customer, id, status FROM inbox ORDER BY 1, 2").all()
        ledger = connection.exec_driver_sql("SELECT customer, purpose, is_given, id FROM consent ORDER BY 1, 4").all()
        values = connection.exec_driver_sql("SELECT id, value FROM customer ORDER BY 1").all()
        whys = {
            id: [
                {name: said for name, said in msgspec.json.decode(line).items() if not name.endswith("at")}
                for turn in turns_of(connection, id)
                if turn.kind != "asked"
                for line in turn.whys.splitlines()
                if line
            ]
            for id in ("ana", "ben")
        }
    return {
        "outbox": [tuple(row) for row in outbox],
        "inbox": [tuple(row) for row in inbox],
        "ledger": [tuple(row) for row in ledger],
        "values": [(id, _without_instants(msgspec.msgpack.decode(value, strict=False))) for id, value in values],
        "whys": whys,
    }


def _without_instants(value: Any) -> Any:
    match value:
        case list():
            return [_without_instants(each) for each in value]
        case dict():
            return {_without_instants(key): _without_instants(each) for key, each in value.items()}
        case int() if value > _LONG_AGO:
            return "then"
    return value


# ---------------------------------------------------------------- publishing


def test_publishing_that_ends_anywhere_has_published_nothing_or_all(house: House) -> None:
    given(house)
    house.run()
    lay(house.folder, STORY, words={"spark": "Other words.\n\n--- generic ---\nHello.\n"})
    before = rows_of(house.database)

    def work() -> None:
        publish(house.database, house.folder, house.clock())

    for place in count():
        if not crashes(house, place, work):
            break
        assert rows_of(house.database) == before, place
        house.start()
        assert house.live.engine.publication == 1

    assert place >= 5
    house.start()
    assert house.live.engine.publication == 2
    house.wait(hours=2)
    house.run()
    assert set(house.recorder.taken.values()) == {1}
