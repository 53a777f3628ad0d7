"""Retaining: what is kept for a time is in no table after it, and what decisions were made by it still stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.event import listen, remove
from sqlmodel import SQLModel
from structlog.testing import capture_logs

from journeys.runtime.engine import Engine
from journeys.runtime.nightly import Nightly
from journeys.runtime.publishing import publish
from journeys.runtime.retaining import JOB, Retaining
from journeys.runtime.retracing import Forgotten, retrace
from journeys.runtime.signals import read_signals_file, write_turn
from journeys.store.customers import park, parked, turns_of, unpark
from journeys.store.database import Database
from journeys.store.values import KeptTurn
from tests.core.walk import DAY, journey
from tests.runtime.house import House

# `interests` are kept for 100 days, what `visited` says for 50.
STORY = journey(
    """
need:
  rest: true
  move:
    - {on: visited, to: research, keep: {page: event.page}}
research:
  rest: true
  move: [{if: 'not has(customer.interests)', to: evaluation}]
evaluation: {rest: true, send: [thanks]}
"""
)
pytestmark = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True
)


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    made = House(database, tmp_path / "definitions", STORY)
    yield made
    made.relay.close()


def night(house: House, **sizes: int) -> None:
    """The next night's job, as a process does it."""
    Nightly(house.live, JOB, Retaining(house.live, **sizes).run).look()


def given(house: House, customer: str = "ana") -> None:
    house.knows(customer, ("offers", "news", "personalization"))
    house.on("profile.updated", customer=customer, interests=["coffee"], size=3)
    house.on("began", customer=customer, note="long")
    house.work()
    house.on("visited", customer=customer, page="home", n=2)
    house.run()


def signals(house: House, customer: str = "ana") -> list[dict[str, Any]]:
    with house.database.reading() as connection:
        turns = [turn for turn in turns_of(connection, customer) if turn.kind == "turn"]
    return [event for turn in turns for event in msgspec.json.decode(turn.signals)]


def inbox(house: House) -> list[tuple[str, str, bytes]]:
    with house.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT customer, id, body FROM inbox ORDER BY 1, 2").all()
    return [(row.customer, row.id, bytes(row.body)) for row in rows]


def everything(house: House) -> str:
    """All that any table says, as text."""
    with house.database.reading() as connection:
        rows = [
            bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)
            for name, table in SQLModel.metadata.tables.items()
            if name != "publication"
            for row in connection.execute(table.select())
            for value in row
        ]
    return "\n".join(rows)


# ---------------------------------------------------------------- customers


def test_a_night_forgets_what_is_kept_no_longer_and_decides_what_follows(house: House) -> None:
    given(house)
    house.wait(days=100)
    night(house)
    house.run()

    assert [row["fields"] for row in house.trace() if row["kind"] == "forgotten"] == [["interests"]]
    assert house.state() == "evaluation"
    assert house.recorder.sent == ["thanks"]
    fields = house.live.engine.program.names.fields
    assert house.customer().fields[fields["interests"]] is None
    assert house.customer().fields[fields["size"]] == 3


def test_who_has_nothing_to_forget_has_no_turn(house: House) -> None:
    given(house)
    house.wait(days=40)
    with house.database.reading() as connection:
        before = len(list(turns_of(connection, "ana")))

    night(house)

    with house.database.reading() as connection:
        assert len(list(turns_of(connection, "ana"))) == before


def test_all_customers_are_gone_through_whatever_the_batch(house: House) -> None:
    names = [f"c{number}" for number in range(7)]
    for name in names:
        given(house, name)
    house.wait(days=100)

    night(house, customers=2, turns=3)

    assert [house.state(name) for name in names] == ["evaluation"] * 7
    assert "coffee" not in everything(house)


def test_a_night_that_was_interrupted_goes_on_with_the_next_customer(house: House) -> None:
    for name in ("ana", "ben", "cleo"):
        given(house, name)
    house.wait(days=100)
    interrupted = Nightly(house.live, JOB, Retaining(house.live, customers=1).run)
    interrupted.stop()
    interrupted.look()
    stood = [house.state(name) for name in ("ana", "ben", "cleo")]
    with house.database.reading() as connection:
        reached = connection.execute(text("SELECT reached FROM job")).scalar_one()

    night(house)

    assert stood == ["evaluation", "research", "research"]
    assert msgspec.json.decode(reached)["customer"] == "ana"
    assert [house.state(name) for name in ("ana", "ben", "cleo")] == ["evaluation"] * 3


def test_one_who_cannot_be_decided_for_stops_nobody(house: House) -> None:
    for name in ("ana", "ben", "cleo"):
        given(house, name)
    with house.database.writing() as connection:
        connection.execute(text("UPDATE customer SET value = :value WHERE id = 'ben'"), {"value": b"?"})
    house.wait(days=100)

    night(house)

    assert (house.state("ana"), house.state("cleo")) == ("evaluation", "evaluation")
    with house.database.writing() as connection:
        assert unpark(connection, "ben")


# ---------------------------------------------------------------- who is parked


def set_aside(house: House, customer: str = "ana") -> None:
    with house.database.writing() as connection:
        park(connection, customer, "they do not fit", house.clock())


def let_go_on(house: House, customer: str = "ana") -> None:
    with house.database.writing() as connection:
        assert unpark(connection, customer)
    house.run()


def test_who_is_parked_forgets_and_what_follows_is_decided_when_they_go_on(house: House) -> None:
    given(house)
    set_aside(house)
    house.wait(days=100)

    night(house)
    parked_at = (house.state(), "coffee" in everything(house), house.customer().as_of)
    let_go_on(house)

    assert parked_at == ("research", False, house.clock() - 100 * DAY)
    assert house.state() == "evaluation"
    assert house.recorder.sent == ["thanks"]


def test_what_waits_for_who_is_parked_is_forgotten_and_the_rest_of_it_is_heard(house: House) -> None:
    given(house)
    set_aside(house)
    set_aside(house, "ben")
    for customer in ("ana", "ben"):
        house.on("visited", customer=customer, page="home again", n=7)
        house.on("profile.updated", customer=customer, interests=["tea"], size=9)
    house.work()
    house.wait(days=99)
    night(house)
    before = everything(house)
    house.wait(days=1)

    night(house, customers=1)
    after = everything(house)
    let_go_on(house)

    assert ("home again" in before, "tea" in before) == (False, True)
    assert ("home again" in after, "tea" in after) == (False, False)
    fields = house.live.engine.program.names.fields
    assert house.customer().fields[fields["size"]] == 9


def test_a_consent_taken_back_while_they_were_parked_counts_before_a_clock_of_then(
    database: Database, tmp_path: Path
) -> None:
    house = House(
        database, tmp_path / "definitions", journey("need: {rest: true, send: [{touch: spark, after: 99 days}]}")
    )
    given(house)
    set_aside(house)
    house.wait(days=98)
    house.on("consent.withdrawn", purpose="offers")
    house.wait(days=3)

    night(house)
    let_go_on(house)

    assert house.answers("spark") == ["withheld: consent"]
    house.relay.close()


def test_one_who_is_parked_and_cannot_be_read_stays_so_and_stops_nobody(house: House) -> None:
    for name in ("ana", "ben"):
        given(house, name)
        set_aside(house, name)
    with house.database.writing() as connection:
        connection.execute(text("UPDATE customer SET value = :value WHERE id = 'ana'"), {"value": b"?"})
    house.wait(days=100)

    with capture_logs() as lines:
        night(house)

    fields = house.live.engine.program.names.fields
    assert house.customer("ben").fields[fields["interests"]] is None
    with house.database.reading() as connection:
        assert [each.because for each in parked(connection)] == ["they do not fit"] * 2
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["parked_customer_not_forgotten"]


def test_what_was_forgotten_while_they_were_parked_is_retraced(database: Database, tmp_path: Path) -> None:
    house = House(
        database,
        tmp_path / "definitions",
        journey(
            """
need:
  rest: true
  send: [{touch: thanks, due: 'last("visited") + days(90)'}]
  move: [{if: 'not has(last("visited"))', to: research}]
research: {rest: true, send: [spark]}
"""
        ),
    )
    house.knows()
    house.on("visited")
    house.on("began")
    house.work()
    set_aside(house)
    house.wait(days=60)
    night(house)
    let_go_on(house)
    house.wait(days=60)
    house.run()
    with house.database.reading() as connection:
        turns = list(turns_of(connection, "ana"))
    engine = house.live.engine
    lines = [(number, row) for number, row in enumerate(written(engine, turns), 1)]
    _, read = read_signals_file(lines)

    assert house.state() == "research"
    assert house.recorder.sent == ["spark"]
    assert [turn.kind for turn in turns][:2] == ["turn", "dropped"]
    assert list(retrace(turns, lambda number: engine)) == [turn.whys for turn in turns]
    assert list(retrace(read, lambda number: engine)) == [turn.whys for turn in turns]


def written(engine: Engine, turns: Sequence[KeptTurn]) -> Iterator[dict[str, Any]]:
    yield {"customer": "ana", "salt": "", "versions": engine.layout.numbers}
    for turn in turns:
        for line in write_turn(turn):
            yield msgspec.json.decode(msgspec.json.encode(line))


# ---------------------------------------------------------------- whose turn is not the night's


def test_who_has_said_something_that_waits_for_a_turn_forgets_after_it(database: Database, tmp_path: Path) -> None:
    house = House(
        database, tmp_path / "definitions", journey("need: {rest: true, send: [{touch: spark, after: 99 days}]}")
    )
    given(house)
    house.wait(days=98)
    house.on("consent.withdrawn", purpose="offers")
    house.wait(days=3)

    night(house)
    house.run()
    house.wait(days=1)
    night(house)

    assert house.answers("spark") == ["withheld: consent"]
    assert [row["fields"] for row in house.trace() if row["kind"] == "forgotten"] == [["interests"]]
    house.relay.close()


# ---------------------------------------------------------------- rows


def test_what_is_kept_no_longer_is_in_no_table(house: House) -> None:
    given(house)
    house.wait(days=100)

    before = everything(house)
    night(house)
    after = everything(house)

    for said in ("coffee", '"page":"home"', '"n":2'):
        assert said in before
        assert said not in after
    assert '"note":"long"' in after
    assert '"size":3' in after


def test_of_what_is_kept_no_longer_the_name_the_time_and_the_id_stay(house: House) -> None:
    given(house)
    told = signals(house)
    house.wait(days=50)
    night(house)

    left = signals(house)

    assert [(each["name"], each["at"], each["id"]) for each in left] == [
        (each["name"], each["at"], each["id"]) for each in told
    ]
    assert [(each["name"], each["forgotten"]) for each in left if "forgotten" in each] == [("visited", ["n", "page"])]
    assert [each["properties"] for each in left if each["name"] == "visited"] == [{}]


def test_what_lies_in_the_inbox_is_forgotten_with_the_rest(database: Database, tmp_path: Path) -> None:
    house = House(database, tmp_path / "definitions", STORY)
    given(house)
    house.wait(days=50)
    Nightly(house.live, JOB, Retaining(house.live, remember_for=400 * DAY).run).look()

    bodies = {id: msgspec.json.decode(body) for _, id, body in inbox(house)}

    assert [body["properties"] for body in bodies.values() if body["name"] == "visited"] == [{}]
    assert [body["properties"] for body in bodies.values() if body["name"] == "began"] == [{"note": "long"}]
    house.relay.close()


def test_each_night_goes_on_where_the_last_one_ended(house: House) -> None:
    given(house)
    house.wait(days=50)
    night(house)
    house.on("visited", page="home again", n=1)
    house.work()
    house.wait(days=49)
    night(house)
    assert "home again" in everything(house)

    house.wait(days=1)
    night(house)

    assert "home again" not in everything(house)


def test_a_keep_that_is_made_shorter_holds_for_what_was_said_before(house: House) -> None:
    given(house)
    house.wait(days=60)
    night(house)
    house.on("ordered", total=5, order_id="O-77")
    house.work()
    house.wait(hours=6)
    house.on("looked")
    house.work()
    house.wait(days=51)
    night(house)
    assert "O-77" in everything(house)
    brand = house.folder / "brand.yaml"
    said = brand.read_text(encoding="utf-8")
    brand.write_text(said.replace("  ordered: {", "  ordered: {keep: 50 days, "), encoding="utf-8")
    publish(house.database, house.folder, house.clock())
    house.live.refresh()
    house.wait(days=1)

    night(house)

    assert "O-77" not in everything(house)


# ---------------------------------------------------------------- what was sent twice


def test_what_was_taken_is_known_for_its_days_and_then_let_go(house: House) -> None:
    house.knows()
    house.on("began")
    event = house.event("looked", customer="ana", id="again", properties={"sku": "A"})
    house.hear([event])
    house.work()
    house.wait(days=29)
    night(house)
    known = house.hear([event])

    house.wait(days=1)
    night(house)

    assert known == [False]
    # The ledger of consents names the two.
    assert [id for _, id, _ in inbox(house)] == ["000002", "000003"]
    assert house.hear([event]) == [True]


def test_what_nobody_has_taken_yet_stays(house: House) -> None:
    house.on("began")
    house.wait(days=90)

    night(house)

    assert [id for _, id, _ in inbox(house)] == ["000001"]


def test_a_consent_that_is_handed_in_again_brings_back_none_that_was_withdrawn(house: House) -> None:
    house.knows(consent=("offers",))
    house.work()
    [given_] = [id for _, id, body in inbox(house) if b"consent.given" in body]
    house.on("consent.withdrawn", purpose="offers")
    house.work()
    house.wait(days=60)
    night(house)

    again = house.event("consent.given", customer="ana", id=given_, properties={"purpose": "offers"})

    assert house.hear([again]) == [False]


# ---------------------------------------------------------------- walked again


def test_who_has_forgotten_something_cannot_be_walked_again_and_it_is_said(house: House) -> None:
    given(house)
    house.wait(days=50)
    night(house)
    with house.database.reading() as connection:
        turns = list(turns_of(connection, "ana"))

    with pytest.raises(Forgotten, match="2026-03-02T09:00:00Z is kept no longer"):
        list(retrace(turns, lambda number: house.live.engine))


def test_erased_customers_stay_erased(house: House) -> None:
    given(house)
    house.on("customer.erased")
    house.work()
    house.wait(days=100)

    night(house, turns=1)

    assert house.customer().erased
    assert "coffee" not in everything(house)
    assert house.trace() == []


def test_who_is_erased_in_the_midst_of_a_night_stays_erased(house: House) -> None:
    """Between any two of its transactions."""
    for place in count():
        customer = f"c{place:02}"
        given(house, customer)
        house.wait(days=100)
        left = place

        def erase(*_: object, customer: str = customer) -> None:
            nonlocal left
            left -= 1
            if left == -1:
                house.on("customer.erased", customer=customer)
                house.work()

        listen(house.database._engine, "checkin", erase)
        night(house)
        remove(house.database._engine, "checkin", erase)
        if left >= 0:
            break
        assert house.customer(customer).erased
        assert "coffee" not in everything(house)
        assert signals(house, customer) == []

    assert place >= 8
