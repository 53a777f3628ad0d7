"""Merging: ids that turn out to be one customer, on a real database: one turn after the other, one queue of touches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.errors import Transient
from journeys.runtime.merging import IDS_MAX
from journeys.runtime.nightly import Nightly
from journeys.runtime.retaining import JOB, Retaining
from journeys.runtime.retracing import history, retrace
from journeys.store.customers import consents_of, find, park, parked, turns_of, unpark
from journeys.store.database import Database, Unavailable, open_database
from journeys.store.identity import ids_of
from journeys.store.inbox import backlog
from journeys.store.values import KeptTurn
from tests.core.walk import journey
from tests.crashing import Crash, crashing, gone
from tests.streams import relaxed

from .house import DAY, HOUR, WELCOME, House
from .test_retracing import BRAND, CART

CAPPED = "caps: [{most: 1, per: 1 day, each: channel}]\n"


def known(database: Database, folder: Path, *journeys: str, brand: str = "") -> House:
    """Ana, who is known, and a device that is."""
    house = House(database, folder, *(journeys or (WELCOME,)), brand=brand)
    for id in ("ana", "device"):
        house.knows(id)
    house.work()
    return house


def merge(house: House, other: str = "device", *, into: str = "ana", at: int | None = None) -> None:
    house.count += 1
    event = house.event("customer.merged", customer=into, at=at, id=f"{house.count:06}", properties={"from": other})
    house.hear([event])


def heard(house: House, id: str = "ana") -> list[tuple[str, str]]:
    return [(row["event"], row["heard"]) for row in house.trace(id) if row["kind"] == "event"]


def ids(house: House, id: str = "ana") -> list[str]:
    with house.database.reading() as connection:
        return list(ids_of(connection, id))


# ---------------------------------------------------------------- events of several ids


def test_what_is_sent_for_either_id_is_heard_by_the_one_customer(database: Database, tmp_path: Path) -> None:
    house = known(database, tmp_path)
    house.on("began", customer="device")
    house.work()
    merge(house)
    house.run()

    house.on("ordered", customer="device")
    house.run()

    assert house.state() == "nowhere"
    assert ("ordered", "heard") in heard(house)
    assert heard(house, "device")[-1] == ("began", "heard")
    assert ids(house, "device") == ["ana", "device"]


def test_what_waited_before_a_merge_is_heard_by_who_said_it_and_what_came_after_by_the_one_who_stays(
    database: Database, tmp_path: Path
) -> None:
    house = known(database, tmp_path)
    start = house.clock()
    house.wait(hours=5)
    for name, customer, at in (
        ("began", "device", 1),
        ("looked", "ana", 2),
        ("watched", "device", 3),
        ("ordered", "device", 5),
    ):
        house.on(name, customer=customer, at=start + at * HOUR)
    merge(house, at=start + 4 * HOUR)

    house.work()

    assert [name for name, _ in heard(house, "device")][-2:] == ["began", "watched"]
    assert [name for name, _ in heard(house, "ana")][-3:] == ["looked", "customer.merged", "ordered"]
    assert house.state() == "nowhere"


def test_a_merge_of_somebody_nobody_knows_yet_gives_what_comes_later_to_the_customer(
    database: Database, tmp_path: Path
) -> None:
    house = known(database, tmp_path)
    merge(house, "tablet")
    house.work()

    house.on("began", customer="tablet")
    house.run()

    assert house.state() == "research"
    assert house.trace("tablet") == []


def test_who_is_not_known_yet_takes_in_one_who_is(database: Database, tmp_path: Path) -> None:
    house = known(database, tmp_path)
    house.on("began", customer="device")
    merge(house, into="new")
    house.run()

    assert house.state("new") == "research"
    assert ids(house, "device") == ["new", "device"]


def test_one_who_took_in_others_brings_them_along(database: Database, tmp_path: Path) -> None:
    house = known(database, tmp_path)
    house.knows("tablet")
    house.on("began", customer="tablet")
    merge(house, "tablet", into="device")
    house.run()
    merge(house)
    house.run()

    house.on("ordered", customer="tablet")
    house.run()

    assert ids(house, "tablet") == ["ana", "device", "tablet"]
    assert house.state() == "nowhere"


@pytest.mark.parametrize("is_at_once", [True, False], ids=["in one batch", "one after the other"])
def test_a_chain_of_merges_ends_with_one_customer(database: Database, tmp_path: Path, is_at_once: bool) -> None:
    house = known(database, tmp_path)
    house.knows("tablet")
    house.on("began", customer="tablet")
    for other, into in (("tablet", "device"), ("device", "ana")):
        merge(house, other, into=into)
        if not is_at_once:
            house.work()
    house.run()

    assert ids(house) == ["ana", "device", "tablet"]
    assert house.state() == "research"


def test_one_who_takes_in_another_and_is_taken_in_at_once_is_not_taken_two_ways(
    database: Database, tmp_path: Path
) -> None:
    house = known(database, tmp_path)
    house.knows("tablet")
    house.work()
    start = house.clock()
    house.wait(hours=4)
    house.on("looked", customer="device", at=start + HOUR)
    merge(house, at=start + 2 * HOUR)
    merge(house, "tablet", into="device", at=start + 3 * HOUR)
    house.on("began", customer="tablet", at=start + 3 * HOUR)

    house.run()

    assert ids(house) == ["ana", "device", "tablet"]
    assert house.state() == "research"


def test_two_who_name_each_other_become_one(database: Database, tmp_path: Path) -> None:
    house = known(database, tmp_path)
    merge(house, "ana", into="device")
    merge(house, "device", into="ana")

    house.work()

    assert ids(house) == ["device", "ana"]
    assert heard(house, "device")[-2:] == [("customer.merged", "heard"), ("customer.merged", "one already")]


def test_two_who_name_each_other_after_another_wait_for_nobody_for_ever(database: Database, tmp_path: Path) -> None:
    house = known(database, tmp_path)
    house.knows("tablet")
    house.on("looked", customer="device")
    house.work()
    for other, into in (("tablet", "device"), ("device", "ana"), ("ana", "device")):
        house.wait(minutes=1)
        merge(house, other, into=into)

    house.run()

    assert ids(house) == ["ana", "device", "tablet"]
    with database.reading() as connection:
        assert backlog(connection, house.clock()).pending == 0
        turns = list(history(lambda id: turns_of(connection, id), "ana"))
    assert list(retrace(turns, lambda number: house.live.engine)) == [turn.whys for turn in turns]


def test_a_device_that_is_somebody_elses_joins_nobody(database: Database, tmp_path: Path) -> None:
    house = known(database, tmp_path)
    house.knows("ben")
    merge(house)
    house.work()

    merge(house, into="ben")
    house.work()

    assert heard(house, "ben")[-1] == ("customer.merged", "somebody else's")
    assert ids(house, "device") == ["ana", "device"]


def test_a_customer_has_so_many_ids_and_no_more(database: Database, tmp_path: Path) -> None:
    house = known(database, tmp_path)
    house.hear(
        [
            house.event("customer.merged", customer="ana", id=f"d{number}", properties={"from": f"d{number}"})
            for number in range(IDS_MAX + 1)
        ]
    )
    house.wait(hours=1)
    merge(house)
    house.work()

    assert heard(house)[-1] == ("customer.merged", "too many ids")
    assert len(ids(house)) == IDS_MAX
    assert ids(house, "device") == ["device"]


def test_merging_again_does_nothing(database: Database, tmp_path: Path) -> None:
    house = known(database, tmp_path)
    merge(house)
    merge(house)
    house.work()
    merge(house)
    merge(house, "ana")
    house.work()

    assert [what for name, what in heard(house) if name == "customer.merged"] == ["heard"] + 3 * ["one already"]


def test_a_parked_other_is_waited_for(database: Database, tmp_path: Path) -> None:
    house = known(database, tmp_path)
    with database.writing() as connection:
        park(connection, "device", "it failed", house.clock())
    merge(house)
    house.work()
    assert ids(house, "device") == ["device"]

    with database.writing() as connection:
        assert unpark(connection, "device")
        assert unpark(connection, "ana")
    house.work()

    assert ids(house, "device") == ["ana", "device"]


def test_what_is_sent_for_another_id_of_who_is_parked_is_on_hold_until_they_are_let_go(
    database: Database, tmp_path: Path
) -> None:
    house = known(database, tmp_path)
    merge(house)
    house.work()
    house.on("looked", customer="device")
    with database.writing() as connection:
        park(connection, "ana", "it failed", house.clock())
    house.on("began", customer="device")
    house.work()
    assert house.state() == "nowhere"
    with database.reading() as connection:
        assert backlog(connection, house.clock()).pending == 0

    with database.writing() as connection:
        assert unpark(connection, "device")
    house.run()

    assert house.state() == "research"
    assert [name for name, _ in heard(house)][-3:-1] == ["looked", "began"]


# ---------------------------------------------------------------- consents and erasure


def test_the_ledger_says_which_merge_changed_a_consent(database: Database, tmp_path: Path) -> None:
    house = known(database, tmp_path)
    house.on("consent.withdrawn", customer="device", purpose="offers")
    house.on("consent.given", customer="device", purpose="news")
    merge(house)
    house.work()

    with database.reading() as connection:
        said = [(each.purpose, each.version, each.is_given) for each in consents_of(connection, "ana")]
    assert said[-2:] == [("news", None, True), ("offers", None, False)]


def test_erasing_by_any_id_erases_what_every_id_left(database: Database, tmp_path: Path) -> None:
    house = known(database, tmp_path)
    house.on("began", customer="device")
    merge(house)
    house.run()

    house.on("customer.erased", customer="device")
    house.run()
    house.on("began", customer="device")
    house.run()

    assert house.customer().erased
    assert house.trace("device") == []
    assert [row["heard"] for row in house.trace()] == []
    with database.reading() as connection:
        assert all(turn.signals == b"[]" for turn in turns_of(connection, "device") if turn.kind == "turn")
        bodies = connection.exec_driver_sql("SELECT body FROM inbox WHERE status = 'taken'").scalars()
        assert {bytes(body) for body in bodies} == {b"{}"}


@pytest.mark.parametrize("who", ["ana", "device"])
def test_who_was_erased_before_is_merged_with_nobody(database: Database, tmp_path: Path, who: str) -> None:
    house = known(database, tmp_path)
    house.on("customer.erased", customer=who)
    merge(house)
    house.on("profile.updated", customer="device", size=7)
    house.work()

    assert ids(house, "device") == ["device"]
    assert house.customer("device").erased is (who == "device")


# ---------------------------------------------------------------- one queue of touches


def test_what_waited_at_the_provider_of_both_goes_once_each_under_its_own_key(
    database: Database, tmp_path: Path
) -> None:
    house = known(
        database,
        tmp_path,
        WELCOME,
        journey("need: {rest: true, send: [extra]}", name="k", enter="[{on: looked, to: need}]"),
    )
    house.on("began", customer="ana")
    house.on("looked", customer="device")
    house.work()
    merge(house)
    house.run()

    assert sorted(house.recorder.sent) == ["extra", "spark"]
    assert house.answers("extra") == ["admitted", "sent"]
    assert set(house.recorder.taken.values()) == {1}
    assert house.customer().sending == []


def test_caps_count_both_for_what_was_let_go_and_not_sent(database: Database, tmp_path: Path) -> None:
    other = journey("need: {rest: true, send: [extra]}", name="k", enter="[{on: looked, to: need}]")
    house = known(database, tmp_path, WELCOME, other, brand=CAPPED)
    house.on("began", customer="ana")
    house.on("looked", customer="device")
    house.work()
    assert len(house.customer("ana").sending + house.customer("device").sending) == 2
    merge(house)
    house.run()

    assert house.recorder.sent == ["spark"]
    house.wait(days=1)
    house.run()
    assert [touch for touch in house.recorder.sent if touch != "thanks"] == ["spark", "extra"]


def test_what_was_tried_before_a_merge_is_tried_again_under_the_same_key(database: Database, tmp_path: Path) -> None:
    house = known(database, tmp_path)
    keys: list[str] = []
    house.recorder.failure = lambda parcel: keys.append(parcel.key) or Transient("down")  # type: ignore[func-returns-value]
    house.on("began", customer="device")
    house.work()
    house.send()
    merge(house)
    house.work()
    house.recorder.failure = lambda parcel: None
    house.wait(hours=1)
    house.run()

    assert house.recorder.taken == {keys[0]: 1}
    assert house.state() == "research"


def test_an_answer_that_comes_back_after_a_merge_reaches_the_one_who_stays(database: Database, tmp_path: Path) -> None:
    house = known(database, tmp_path)

    def meanwhile(parcel: Any) -> None:
        merge(house)
        house.work()

    house.recorder.failure = meanwhile
    house.on("began", customer="device")
    house.work()
    house.send()
    house.work()

    assert house.recorder.sent == ["spark"]
    assert house.answers("spark", "ana") == ["sent"]
    assert house.state() == "research"


def test_a_click_on_what_was_sent_before_is_the_customers(database: Database, tmp_path: Path) -> None:
    clicked = journey("need: {send: [spark], move: [{on: spark.clicked, to: research}]}\nresearch: {rest: true}")
    house = known(database, tmp_path, clicked.replace("need: {", "need: {rest: true, "))
    house.on("began", customer="device")
    house.run()
    merge(house)
    house.work()

    house.on("spark.clicked", customer="device")
    house.run()

    assert house.state() == "research"


def test_a_withdrawal_sent_for_another_id_is_heard_before_what_waited_goes(database: Database, tmp_path: Path) -> None:
    house = known(database, tmp_path)
    merge(house)
    house.on("began")
    house.work()
    house.wait(hours=1)

    house.on("consent.withdrawn", customer="device", purpose="offers")
    house.send()
    assert house.recorder.sent == []
    house.run()

    assert house.recorder.sent == []
    assert house.answers("spark") == ["admitted", "withheld: consent"]


# ---------------------------------------------------------------- what is kept for a time


def test_what_is_kept_for_a_time_goes_whichever_id_it_was_sent_for(database: Database, tmp_path: Path) -> None:
    house = known(database, tmp_path)
    merge(house)
    house.on("visited", customer="device", page="prices")
    house.on("consent.given", customer="device", purpose="news")
    house.work()

    house.wait(days=51)
    retaining = Retaining(house.live, remember_for=100 * DAY)
    Nightly(house.live, JOB, retaining.run).look()
    with database.reading() as connection:
        said = list(connection.exec_driver_sql("SELECT body FROM inbox").scalars())
        said += [turn.signals for turn in turns_of(connection, "ana")]
    assert not any(b"prices" in bytes(each) for each in said)

    house.wait(days=51)
    Nightly(house.live, JOB, retaining.run).look()
    with database.reading() as connection:
        left = list(connection.exec_driver_sql("SELECT customer, body FROM inbox").all())
    # By what the ledger names it is known for ever that it was taken.
    assert {each.customer for each in left} == {"ana", "device"}
    assert all(b"consent" in bytes(each.body) for each in left)
    assert sum(b"news" in bytes(each.body) for each in left) == 1


# ---------------------------------------------------------------- crashes


def test_a_crash_before_any_statement_of_a_merge_changes_nothing_in_the_end(database: Database, tmp_path: Path) -> None:
    house = known(database, tmp_path, WELCOME, brand=CAPPED)
    house.on("began", customer="device")
    house.work()
    house.on("consent.withdrawn", customer="device", purpose="personalization")
    merge(house)
    house.on("looked", customer="device")

    place = 0
    while True:
        try:
            with crashing(database, before=place):
                house.worker.work()
        except Crash:
            place += 1
            house.begin_anew()
            with database.reading() as connection:
                assert list(ids_of(connection, "device")) == ["device"]
                kept = find(connection, "device")
                assert kept is not None and kept.turns == 2
        else:
            break

    assert place > 5
    house.run()
    assert house.state() == "research"
    assert house.recorder.sent == ["spark"]
    assert [name for name, _ in heard(house)][-3:] == ["customer.merged", "looked", "spark.sent"]


def test_a_database_that_goes_away_within_a_merge_parks_nobody(database: Database, tmp_path: Path) -> None:
    house = known(database, tmp_path)
    merge(house)

    place, times = 0, 0
    while True:
        try:
            with crashing(database, before=place, by=gone):
                house.worker.work()
        except Unavailable:
            place += 1
            times += 1
        else:
            break

    assert times > 5
    assert ids(house) == ["ana", "device"]
    with database.reading() as connection:
        assert parked(connection) == []


# ---------------------------------------------------------------- live equals replay


STEPS = st.one_of(
    st.tuples(
        st.sampled_from(["ana", "device", "tablet"]), st.sampled_from(["began", "looked", "moved_on", "ordered"])
    ),
    st.tuples(st.sampled_from(["ana", "device", "tablet"]), st.sampled_from(["give", "withdraw", "size", "clicked"])),
    st.tuples(st.sampled_from(["late", "merge", "merge"]), st.sampled_from(["ana", "device", "tablet"])),
    st.tuples(st.just("wait"), st.sampled_from([0, 1, 7, 26, 90])),
    st.tuples(st.just("work"), st.just(0)),
    st.tuples(st.just("send"), st.just(0)),
    st.tuples(st.just("provider"), st.sampled_from([True, False])),
)


def walked(house: House, steps: list[tuple[str, Any]]) -> None:
    for who in ("ana", "device", "tablet"):
        house.knows(who, consent=("offers", "news", "personalization"))
    for kind, what in steps:
        match kind:
            case "merge":
                others = [each for each in ("ana", "device", "tablet") if each != what]
                merge(house, others[house.count % 2], into=what)
            case "late":
                house.on("began", customer=what, at=house.clock() - 2 * HOUR)
            case "wait":
                house.wait(hours=what)
            case "work":
                house.work()
            case "send":
                house.relay.relay()
                if house.relay.is_busy:
                    house.relay.rest()
            case "provider":
                house.recorder.failure = lambda parcel, what=what: None if what else Transient("down")  # type: ignore[misc]
            case _:
                match what:
                    case "give" | "withdraw":
                        word = "given" if what == "give" else "withdrawn"
                        house.on(f"consent.{word}", customer=kind, purpose="offers")
                    case "size":
                        house.on("profile.updated", customer=kind, size=house.count, timezone="Asia/Tokyo")
                    case "clicked":
                        house.on("spark.clicked", customer=kind)
                    case _:
                        house.on(what, customer=kind)
    house.work()


@contextmanager
def a_house() -> Iterator[House]:
    with TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/journeys.db")
        database.migrate()
        house = House(database, Path(folder) / "definitions", CART, brand=BRAND)
        yield house
        house.relay.close()
        database.close()


def told(house: House, id: str) -> list[KeptTurn]:
    with house.database.reading() as connection:
        return [replace(turn) for turn in history(lambda each: turns_of(connection, each), id)]


@relaxed(25)
@given(st.lists(STEPS, min_size=3, max_size=40))
def test_with_merges_too_recorded_signals_taken_again_give_the_same_trace(steps: list[tuple[str, Any]]) -> None:
    with a_house() as house:
        walked(house, steps)

        for id in {ids(house, each)[0] for each in ("ana", "device", "tablet")}:
            turns = told(house, id)
            assert list(retrace(turns, lambda number: house.live.engine)) == [turn.whys for turn in turns]


@relaxed(25)
@given(st.lists(STEPS, min_size=3, max_size=40))
def test_with_merges_too_no_touch_goes_twice_and_none_is_lost(steps: list[tuple[str, Any]]) -> None:
    with a_house() as house:
        walked(house, steps)
        house.recorder.failure = lambda parcel: None
        for _ in range(3):
            house.run()
            house.wait(hours=3)
        house.run()

        assert set(house.recorder.taken.values()) <= {1}
        for id in {ids(house, each)[0] for each in ("ana", "device", "tablet")}:
            assert house.customer(id).sending == []
        with house.database.reading() as connection:
            left = connection.exec_driver_sql("SELECT count(*) FROM outbox WHERE status = 'waiting'").scalar_one()
            parked = connection.exec_driver_sql("SELECT count(*) FROM customer WHERE parked_at > 0").scalar_one()
        assert (left, parked) == (0, 0)
