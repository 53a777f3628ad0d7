"""What a provider took while its customer could not be told: it is kept, and told once, in its place."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Event
from typing import Any

import msgspec
import pytest

from journeys.core.calendar import format_moment
from journeys.delivery.parcel import Parcel
from journeys.errors import Permanent
from journeys.runtime.publishing import publish
from journeys.runtime.relaying import LEASE_FOR
from journeys.runtime.retracing import retrace
from journeys.runtime.signals import read_signals_file, write_turn
from journeys.store.customers import park, parked, turns_of, unpark
from journeys.store.database import Database, Unavailable
from journeys.store.inbox import Received
from journeys.store.outbox import failed, retry
from tests.core.walk import journey
from tests.crashing import Crash, crashing, gone
from tests.runtime.house import HOUR, MINUTE, House
from tests.runtime.test_live import publish_from_tomorrow

from .resting import WITHIN, see_rests

# A clock follows what was sent.
PATIENT = journey("""
need:
  rest: true
  send: [spark]
  move:
    - {on: spark.sent, to: research}
    - {on: ordered, to: end.bought}
    - {after: 10 days, to: end.lapsed}
research:
  rest: true
  send: [{touch: thanks, after: 1 hour}]
  move:
    - {on: ordered, to: end.paid}
    - {after: 2 days, to: end.waited}
""")


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    house = House(database, tmp_path / "definitions", PATIENT)
    begin(house)
    return house


def begin(house: House, id: str = "ana") -> None:
    house.knows(id)
    house.on("began", customer=id)
    house.work()


class Broken:
    """A customer's value that nobody can read, until it is mended."""

    def __init__(self, house: House, id: str = "ana") -> None:
        self._house, self._id = house, id
        with house.database.writing() as connection:
            self._value = connection.exec_driver_sql(f"SELECT value FROM customer WHERE id = '{id}'").scalar_one()
        self._write(b"\x90")

    def mend(self) -> None:
        self._write(self._value)

    def _write(self, value: bytes) -> None:
        form = "'\\x{}'::bytea" if self._house.database.is_postgres else "x'{}'"
        with self._house.database.writing() as connection:
            connection.exec_driver_sql(
                f"UPDATE customer SET value = {form.format(value.hex())} WHERE id = '{self._id}'"
            )


def let_go(house: House, id: str = "ana") -> None:
    with house.database.writing() as connection:
        assert unpark(connection, id)


def while_under_way(house: House, happens: Callable[[], object]) -> None:
    """It happens while the touch is with its provider, who takes it."""

    def happen(parcel: Parcel) -> None:
        happens()

    house.recorder.failure = happen
    house.relay.relay()
    house.relay.rest()
    house.relay.relay()
    house.recorder.failure = lambda parcel: None


def broken_while_under_way(house: House, *, id: str = "ana") -> Broken:
    breaks: list[Broken] = []

    def happen(parcel: Parcel) -> None:
        if parcel.customer == id:
            breaks.append(Broken(house, id))

    house.recorder.failure = happen
    house.send()
    house.recorder.failure = lambda parcel: None
    [broken] = breaks
    return broken


def see_retraced(house: House, id: str = "ana") -> None:
    with house.database.reading() as connection:
        turns = list(turns_of(connection, id))
    assert list(retrace(turns, lambda number: house.live.engine)) == [turn.whys for turn in turns]


def told(house: House, id: str = "ana") -> list[dict[str, Any]]:
    """All that happened to a customer but what they said."""
    rows = [row for row in house.trace(id) if row["kind"] != "event"]
    return [{name: said for name, said in row.items() if name != "event_id"} for row in rows]


def sent_at(house: House, touch: str = "spark") -> list[str]:
    return [row["at"] for row in house.trace() if row.get("touch") == touch and row["answer"] == "sent"]


def statuses(house: House) -> list[tuple[str, str]]:
    with house.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT touch, status FROM outbox ORDER BY customer, decided_at").all()
    return [(touch, status) for touch, status in rows]


# ---------------------------------------------------------------- in its place


def test_what_was_taken_while_a_value_could_not_be_read_is_told_once_it_is_mended(house: House) -> None:
    """As if it had been told at once, though that is a day ago."""
    begin(house, "ben")

    broken = broken_while_under_way(house)
    house.work()
    with house.database.reading() as connection:
        waits = [each.id for each in parked(connection)]
    house.wait(days=1)
    house.run()
    broken.mend()
    let_go(house)
    house.run()
    house.wait(days=1, hours=2)
    house.run()

    assert waits == ["ana"]
    # What follows at once comes a day later, and all else when it would have.
    expected = [{**row, "customer": "ana"} for row in told(house, "ben") if row.get("touch") != "thanks"]
    assert [row for row in told(house) if row.get("touch") != "thanks"] == expected
    assert [row["reason"] for row in told(house) if row["kind"] == "ended"] == ["waited"]
    assert sorted(house.recorder.sent) == ["spark", "spark", "thanks", "thanks"]
    assert set(house.recorder.taken.values()) == {1}
    see_retraced(house)
    see_rests(house)


@pytest.mark.parametrize(
    ("ordered_after", "ended"),
    [pytest.param(30, "bought", id="an order before it"), pytest.param(90, "paid", id="an order after it")],
)
@pytest.mark.parametrize("is_broken", [False, True], ids=["parked", "broken"])
def test_it_is_told_between_what_was_said_before_it_and_after_it(
    house: House, ordered_after: int, ended: str, is_broken: bool
) -> None:
    start = house.clock()
    breaks: list[Broken] = []

    def take_an_hour() -> None:
        if is_broken:
            breaks.append(Broken(house))
        else:
            with house.database.writing() as connection:
                park(connection, "ana", "she does not fit", house.clock())
        house.wait(hours=1)

    while_under_way(house, take_an_hour)
    house.wait(hours=1)
    house.on("ordered", at=start + ordered_after * MINUTE)
    house.work()
    for broken in breaks:
        broken.mend()
    let_go(house)
    house.run()

    assert [row["reason"] for row in told(house) if row["kind"] == "ended"] == [ended]
    assert sent_at(house) == [format_moment(start + HOUR - MINUTE)]
    assert house.customer().sending == []
    see_retraced(house)
    see_rests(house)


def test_what_its_provider_tells_of_it_is_heard_after_it_though_in_whole_seconds(house: House) -> None:
    house.wait(minutes=0.011)
    house.on("looked")
    house.work()
    broken = broken_while_under_way(house)

    house.on("spark.bounced", at=house.clock() // 1_000_000 * 1_000_000)
    house.work()
    broken.mend()
    let_go(house)
    house.work()

    assert [row["heard"] for row in house.trace() if row.get("event") == "spark.bounced"] == ["heard"]
    assert house.customer().bounced
    see_retraced(house)


def test_one_that_was_taken_while_another_waits_to_be_told_is_told_after_it(database: Database, tmp_path: Path) -> None:
    two = PATIENT.replace("send: [spark]", "send: [spark, {touch: note, to: lead}]")
    house = House(database, tmp_path / "definitions", two)
    begin(house)
    may_end = Event()

    def happen(parcel: Parcel) -> None:
        if parcel.touch == "note":
            assert may_end.wait(WITHIN)

    house.recorder.failure = happen
    house.relay.relay()
    house.relay.rest()
    broken = Broken(house)
    house.relay.relay()
    broken.mend()
    let_go(house)
    may_end.set()
    house.relay.drain()
    house.relay.relay()
    house.work()

    assert house.recorder.sent == ["spark", "note"]
    assert [row["touch"] for row in told(house) if row.get("answer") == "sent"] == ["spark", "note"]
    assert house.customer().sending == []
    see_retraced(house)


def test_who_is_let_go_before_they_are_mended_is_parked_again_and_loses_nothing(house: House) -> None:
    broken = broken_while_under_way(house)
    for _ in range(2):
        let_go(house)
        house.work()
        with house.database.reading() as connection:
            assert [each.id for each in parked(connection)] == ["ana"]

    broken.mend()
    let_go(house)
    house.work()

    assert house.state() == "research"
    see_retraced(house)


def test_it_is_taken_again_from_a_file_of_signals(house: House) -> None:
    broken_while_under_way(house).mend()
    let_go(house)
    house.run()
    with house.database.reading() as connection:
        turns = list(turns_of(connection, "ana"))

    lines = [{"customer": "ana", "salt": "", "versions": {}}, *[line for turn in turns for line in write_turn(turn)]]
    text = msgspec.json.decode(msgspec.json.encode(lines))
    _, again = read_signals_file(enumerate(text, 1))

    assert [turn.whys for turn in again] == [turn.whys for turn in turns]
    assert list(retrace(again, lambda number: house.live.engine)) == [turn.whys for turn in turns]


# ---------------------------------------------------------------- what else may come to them meanwhile


def test_who_was_merged_before_they_were_told_is_told_by_their_new_id(house: House) -> None:
    house.knows("ben")
    house.work()
    broken = broken_while_under_way(house)
    broken.mend()
    let_go(house)
    house.wait(minutes=2)
    house.hear([merge(house)])

    house.work()

    assert house.state("ben") == "research"
    assert house.customer("ben").sending == []
    see_rests(house)


def test_who_was_merged_before_it_was_taken_is_told_of_it_under_their_own_number(house: House) -> None:
    begin(house, "ben")
    breaks: list[Broken] = []

    def merge_and_break(parcel: Parcel) -> None:
        if parcel.customer == "ana":
            house.hear([merge(house)])
            house.work()
            breaks.append(Broken(house, "ben"))

    house.recorder.failure = merge_and_break
    house.relay.relay()
    house.relay.drain()
    house.relay.relay()
    breaks[0].mend()
    let_go(house, "ben")
    house.work()

    # Of two in one journey one went on, and what the other's provider took counts all the same.
    assert house.state("ben") == "research"
    assert house.customer("ben").sending == []
    assert sorted(row["enrollment"] for row in told(house, "ben") if row.get("answer") == "sent") == ["j#1", "j#2"]
    see_rests(house)


def merge(house: House) -> Received:
    return house.event("customer.merged", customer="ben", id="merge", properties={"from": "ana"})


def test_nobody_is_told_who_was_erased_before_it(house: House) -> None:
    broken = broken_while_under_way(house)
    house.on("customer.erased")
    broken.mend()
    let_go(house)
    house.run()

    assert sent_at(house) == []
    assert statuses(house) == [("spark", "sent")]
    with house.database.reading() as connection:
        bodies = connection.exec_driver_sql("SELECT body FROM inbox WHERE source <> ''").scalars().all()
    assert [bytes(body) for body in bodies] == [b"{}"]
    see_rests(house)


def test_what_was_refused_while_a_value_could_not_be_read_is_a_dead_letter_and_nothing_to_be_told(house: House) -> None:
    broken: list[Broken] = []

    def refuse(parcel: Parcel) -> Exception:
        broken.append(Broken(house))
        return Permanent("the mail server answered 550")

    house.recorder.failure = refuse
    house.send()
    with house.database.reading() as connection:
        assert parked(connection) == []
    broken[0].mend()
    house.recorder.failure = lambda parcel: None
    with house.database.writing() as connection:
        assert retry(connection, failed(connection), house.clock()) == 1
    house.run()

    assert house.recorder.sent == ["spark"]
    assert house.state() == "research"
    see_retraced(house)


# ---------------------------------------------------------------- while nobody here can run what is published


def test_answers_are_durable_while_what_is_published_cannot_be_run_here(house: House) -> None:
    def publish_and_wait() -> None:
        house.wait(minutes=5)
        publish_from_tomorrow(house)

    while_under_way(house, publish_and_wait)
    # The process ends, and with it what it knew.
    assert statuses(house) == [("spark", "sent")]
    assert house.state() == "need"
    house.wait(days=1)
    publish(house.database, house.folder, house.clock())
    house.start()
    house.run()

    assert house.recorder.sent == ["spark", "thanks"]
    assert house.state() == "research"
    see_retraced(house)


# ---------------------------------------------------------------- crashes


def test_a_relay_that_ends_anywhere_while_it_keeps_what_cannot_be_told_loses_none_of_it(
    database: Database, tmp_path: Path
) -> None:
    house = House(database, tmp_path / "definitions", PATIENT)
    places = 0
    for place in count():
        id = f"c{place}"
        begin(house, id)
        house.relay.relay()
        house.relay.drain()
        broken = Broken(house, id)
        is_over = not crashes(house, place, house.relay.relay)
        house.begin_anew()
        house.wait(minutes=LEASE_FOR / MINUTE + 1)
        house.run()
        broken.mend()
        with database.writing() as connection:
            unpark(connection, id)
        house.wait(minutes=LEASE_FOR / MINUTE + 1)
        house.run()

        assert house.state(id) == "research", place
        assert house.answers("spark", id).count("sent") == 1, place
        see_retraced(house, id)
        if is_over:
            break
        places += 1
        with database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM customer")
            connection.exec_driver_sql("DELETE FROM outbox")

    assert places >= 10


@pytest.mark.parametrize("by", [Crash, gone], ids=["the process ends", "the database goes away"])
def test_a_worker_that_ends_anywhere_while_it_tells_what_was_taken_tells_it_once(
    database: Database, tmp_path: Path, by: Callable[[], BaseException]
) -> None:
    house = House(database, tmp_path / "definitions", PATIENT)
    places = 0
    for place in count():
        id = f"c{place}"
        begin(house, id)
        broken_while_under_way(house, id=id).mend()
        with database.writing() as connection:
            unpark(connection, id)
        is_over = not crashes(house, place, house.worker.work, by=by)
        before = house.state(id)
        house.begin_anew()
        house.work()

        assert before == ("research" if is_over else "need"), place
        assert house.state(id) == "research", place
        assert house.answers("spark", id).count("sent") == 1, place
        see_retraced(house, id)
        if is_over:
            break
        places += 1

    assert places >= 8


def crashes(house: House, before: int, work: Callable[[], Any], *, by: Callable[[], BaseException] = Crash) -> bool:
    """Whether it came to the statement of this number."""
    try:
        with crashing(house.database, before=before, by=by):
            work()
    except (Crash, Unavailable):
        house.relay.drain()
        return True
    return False
