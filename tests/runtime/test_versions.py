"""A journey is published anew while customers are on their way through it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from journeys.check.folder import open_definitions
from journeys.errors import DefinitionError, Transient
from journeys.runtime.deciding import begin_or_go_on, read_signals
from journeys.runtime.nightly import Nightly
from journeys.runtime.planning import plan
from journeys.runtime.publishing import go_live, open_engine, publish
from journeys.runtime.retaining import JOB, Retaining
from journeys.runtime.retracing import retrace
from journeys.runtime.sweeping import Sweep
from journeys.store.claiming import claim
from journeys.store.customers import parked, save, turns_of
from journeys.store.database import Connection, Database
from journeys.store.publications import newest_number, versions
from tests.core.walk import journey

from .house import House
from .revising import anew, edit, enter, go, open_house, stands, take_away, told


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return open_house(database, tmp_path)


# ---------------------------------------------------------------- who is on their way, and who comes


def test_who_is_on_their_way_goes_on_as_they_entered_and_who_comes_takes_the_newest(house: House) -> None:
    enter(house, "ana")
    anew(house)
    go(house)
    enter(house, "ben")
    house.wait(days=2.5)
    house.run()
    first = [parcel.customer for parcel in house.recorder.parcels]
    house.wait(days=1)
    house.run()

    assert first == ["ana"]
    assert [parcel.customer for parcel in house.recorder.parcels] == ["ana", "ben"]
    assert stands(house) == {("j", 1): (1, 0), ("j", 2): (1, 0)}


def test_each_meaning_has_a_number_and_keeps_it(house: House) -> None:
    enter(house, "ana")
    anew(house, "3 days")
    second = told(house)
    anew(house, "4 days")
    third = told(house)
    edit(house, "j.yaml", "A journey", "The same in other words")
    words = told(house)
    anew(house, "2 days")
    back = told(house)

    assert second == [("j", 2, "new", 0, 0), ("j", 1, "goes on", 1, 0)]
    assert third == [("j", 3, "new", 0, 0), ("j", 2, "goes on", 0, 0), ("j", 1, "goes on", 1, 0)]
    assert words[0] == ("j", 3, "same", 0, 0)
    assert back == [("j", 1, "back", 1, 0), ("j", 3, "goes on", 0, 0), ("j", 2, "goes on", 0, 0)]
    with house.database.reading() as connection:
        known = versions(connection)
    assert [(each.journey, each.number, each.publication) for each in known] == [
        ("j", 1, 1), ("j", 2, 2), ("j", 3, 3), ("other", 1, 1),
    ]  # fmt: skip


def test_a_version_in_which_nobody_is_left_is_dropped_at_the_next_publication(house: House) -> None:
    enter(house, "ana")
    anew(house)
    go(house)
    house.wait(hours=1)
    house.on("ordered")
    house.work()
    edit(house, "other.yaml", "need: {rest: true}", "need: {rest: true, send: [thanks]}")
    waits_for_goal = told(house)
    house.wait(days=40)
    house.on("began")
    house.work()
    edit(house, "other.yaml", "thanks", "spark")
    gone = told(house)

    assert waits_for_goal == [("j", 2, "same", 0, 0), ("j", 1, "goes on", 0, 1)]
    assert gone == [("j", 2, "same", 1, 0), ("j", 1, "done", 0, 0)]


def test_what_was_superseded_this_moment_is_kept_though_nobody_stands_in_it(house: House) -> None:
    anew(house, "3 days")
    go(house)
    anew(house, "4 days")

    assert told(house) == [("j", 3, "new", 0, 0), ("j", 2, "goes on", 0, 0), ("j", 1, "goes on", 0, 0)]


def test_a_journey_that_is_gone_goes_on_for_who_stands_in_it(house: House) -> None:
    enter(house, "ana")
    (house.folder / "j.yaml").unlink()
    go(house)
    house.wait(days=3)
    enter(house, "ben")
    house.run()

    assert (house.state("ana"), house.state("ben")) == ("need", "nowhere")
    assert house.recorder.sent == ["spark"]


def test_the_words_of_a_touch_that_only_an_earlier_version_sends_may_say_what_it_kept(house: House) -> None:
    edit(house, "j.yaml", "{on: began, to: need}", "{on: began, to: need, keep: {note: event.note}}")
    edit(house, "touches/spark.md", "---\nHello.", "---\nHello, {{ journey.note | default: 'you' }}.")
    go(house)
    house.knows()
    house.on("began", note="the first")
    house.work()
    (house.folder / "j.yaml").unlink()
    go(house)
    house.wait(days=3)
    house.run()

    [parcel] = house.recorder.parcels
    assert "Hello, the first." in parcel.message.text


def test_a_touch_under_way_is_accepted_in_the_version_that_sent_it(house: House) -> None:
    enter(house, "ana")
    house.wait(days=2)
    house.recorder.failure = lambda parcel: Transient("down")
    house.work()
    house.send()
    edit(
        house,
        "j.yaml",
        "send: [{touch: spark, after: 2 days}]",
        "send: [{touch: thanks}, {touch: spark, after: 5 days}]",
    )
    go(house)
    house.recorder.failure = lambda parcel: None
    house.wait(hours=1)
    house.run()

    [row] = [row for row in house.trace() if row.get("answer") == "sent"]
    assert (row["touch"], row["version"]) == ("spark", 1)
    assert stands(house) == {("j", 1): (1, 0)}


def test_a_touch_that_was_taken_back_and_went_all_the_same_is_told_in_its_version(house: House) -> None:
    enter(house, "ana")
    house.wait(days=2)
    house.work()
    house.relay.relay()
    house.relay.rest()
    house.on("ordered")
    house.work()
    edit(house, "j.yaml", "send: [{touch: spark,", "send: [{touch: thanks}, {touch: spark,")
    go(house)
    house.send()

    [row] = [row for row in house.trace() if row.get("answer") == "sent"]
    assert (row["touch"], row["version"]) == ("spark", 1)


def test_a_customer_with_two_carts_is_one_customer_who_is_on_their_way(house: House) -> None:
    edit(house, "j.yaml", "reenter: always", "reenter: always\nkey: event.cart")
    go(house)
    house.knows()
    house.on("began", cart="a")
    house.on("began", cart="b")
    house.work()
    house.on("ordered", cart="b")
    house.work()

    assert stands(house) == {("j", 2): (1, 0)}


def test_the_same_files_are_the_same_publication_whoever_has_left_an_earlier_version(house: House) -> None:
    anew(house)
    go(house)
    house.wait(days=1)

    assert not publish(house.database, house.folder, house.clock()).is_new


def test_stories_across_publications_are_retraced(house: House) -> None:
    enter(house, "ana")
    house.wait(hours=30)
    anew(house, "3 days")
    go(house)
    enter(house, "ben")
    while Sweep(house.live).work():
        pass
    house.wait(hours=30)
    house.run()
    house.on("ordered", customer="ana")
    house.work()
    house.wait(hours=1)
    house.on("began", customer="ana")
    house.work()
    anew(house, "2 days")
    go(house)
    house.wait(days=4)
    house.run()

    for name in ("ana", "ben"):
        with house.database.reading() as connection:
            turns = list(turns_of(connection, name))
        assert {turn.publication for turn in turns} >= {2, 3}
        engines = {number: open_engine(house.database, number) for number in (1, 2, 3)}
        assert list(retrace(turns, engines.__getitem__)) == [turn.whys for turn in turns]


# ---------------------------------------------------------------- at the very moment


@contextmanager
def at_work(house: House, name: str) -> Iterator[Connection]:
    """A worker who began with what was published before, and whose transaction ends with the block."""
    engine, now = house.live.engine, house.clock()
    with house.database.writing() as connection:
        [claimed] = claim(connection, now, 10)
        newest_number(connection)
        yield connection
        events = read_signals(engine, b"[" + b",".join([each.body for each in claimed.events]) + b"]")
        turn = begin_or_go_on(engine, name, None, events, now)
        heard = [(each.customer, each.source, each.id) for each in claimed.events]
        save(connection, [engine.taken(None, turn, kind="turn", heard=heard)], now)


def test_who_enters_while_it_is_published_stands_in_the_version_they_entered(house: House) -> None:
    house.knows("ana")
    house.on("began", customer="ana")
    anew(house)
    publish(house.database, house.folder, house.clock())
    with at_work(house, "ana"):
        pass

    house.work()
    house.wait(days=2)
    house.run()

    with house.database.reading() as connection:
        assert parked(connection) == []
    assert stands(house) == {("j", 1): (1, 0)}
    assert house.recorder.sent == ["spark"]


def test_who_enters_what_would_be_let_go_before_it_is_gone_is_seen(house: House) -> None:
    take_away(house, "a touch")
    now = house.clock()
    planned = plan(house.database, house.folder, open_definitions(house.folder), salt="", now=now)
    enter(house, "ana")

    with pytest.raises(DefinitionError) as caught:
        go_live(house.database, planned, now)

    assert "1 customer stands in version 1 of 'j'" in caught.value.problems[0].why
    assert open_engine(house.database).publication == 1


def test_whoever_is_at_work_is_waited_for_before_a_version_is_let_go(house: House) -> None:
    take_away(house, "a touch")
    now = house.clock()
    planned = plan(house.database, house.folder, open_definitions(house.folder), salt="", now=now)
    house.knows("ana")
    house.on("began", customer="ana")
    refusals: list[DefinitionError] = []

    def publishes() -> None:
        try:
            go_live(house.database, planned, now)
        except DefinitionError as error:
            refusals.append(error)

    publisher = Thread(target=publishes)
    with at_work(house, "ana") as connection:
        publisher.start()
        while house.database.is_postgres and publisher.is_alive() and not waits(connection):
            pass
    publisher.join()

    assert "1 customer stands in version 1 of 'j'" in refusals[0].problems[0].why


def waits(connection: Connection) -> bool:
    """Whether somebody waits for a lock."""
    return bool(connection.exec_driver_sql("SELECT 1 FROM pg_locks WHERE NOT granted LIMIT 1").all())


def test_of_two_who_publish_at_once_the_second_sees_what_the_first_did(house: House) -> None:
    anew(house)
    now = house.clock()
    planned = plan(house.database, house.folder, open_definitions(house.folder), salt="", now=now)
    go(house)

    assert go_live(house.database, planned, now) is None


def test_the_sweep_does_not_plan_by_what_is_superseded(house: House) -> None:
    enter(house, "ana", "ben")
    anew(house, "3 days")
    go(house)
    sweep = Sweep(house.live)
    anew(house, "4 days")
    publish(house.database, house.folder, house.clock())

    assert sweep.work() == 0
    house.live.refresh()
    assert sweep.work() == 2


NEXT = journey("need: {rest: true, send: [spark]}", name="next", enter="[{on: other.ended, to: need}]")
BEFORE = journey(
    "need: {send: [thanks], move: [{on: thanks.sent, to: end.done}, {after: 9 days, to: end.late}]}", name="other"
)


def let_go_of_next(house: House) -> None:
    """Nobody stands in it yet."""
    edit(house, "next.yaml", "send: [spark]", "send: [thanks]")
    (house.folder / "touches" / "spark.md").unlink()
    publish(house.database, house.folder, house.clock())


def see_nobody_parked_and_all_on_their_way(house: House) -> None:
    house.live.refresh()
    house.on("visited")
    house.run()
    with house.database.reading() as connection:
        assert parked(connection) == []
    assert stands(house)["next", 2] == (1, 0)


def test_whom_a_provider_s_answer_leads_into_what_was_let_go_meanwhile_enters_what_is_there(
    database: Database, tmp_path: Path
) -> None:
    house = House(database, tmp_path / "definitions", NEXT, BEFORE)
    enter(house, "ana")
    house.relay.relay()
    house.relay.rest()
    let_go_of_next(house)

    house.send()

    see_nobody_parked_and_all_on_their_way(house)


def test_whom_a_clock_leads_into_what_was_let_go_meanwhile_when_a_touch_is_asked_about_enters_what_is_there(
    database: Database, tmp_path: Path
) -> None:
    late = BEFORE.replace("{on: thanks.sent, to: end.done}", "{after: 1 hour, to: end.done}")
    house = House(
        database, tmp_path / "definitions", NEXT, late.replace("[thanks]", "[{touch: thanks, outlives: true}]")
    )
    enter(house, "ana")
    house.wait(hours=2)
    let_go_of_next(house)

    house.send()

    see_nobody_parked_and_all_on_their_way(house)


def test_whom_a_night_leads_into_what_was_let_go_meanwhile_enters_what_is_there(
    database: Database, tmp_path: Path
) -> None:
    tired = BEFORE.replace("{on: thanks.sent, to: end.done}", "{if: 'not has(customer.interests)', to: end.done}")
    house = House(
        database,
        tmp_path / "definitions",
        NEXT,
        tired.replace("{after: 9 days, to: end.late}", "{after: 1 year, to: end.late}"),
    )
    house.on("profile.updated", interests=["coffee"])
    enter(house, "ana")
    house.wait(days=100)
    let_go_of_next(house)

    Nightly(house.live, JOB, Retaining(house.live).run).look()

    see_nobody_parked_and_all_on_their_way(house)
