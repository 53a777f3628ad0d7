"""What is told to whoever watches is what was done, and how things stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from journeys.delivery.parcel import Parcel
from journeys.errors import Permanent, Transient
from journeys.runtime.figures import LOOK_EVERY, Figures
from journeys.store.customers import park
from journeys.store.database import Database

from .house import MINUTE, WELCOME, House

on_both = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True
)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    house = House(database, tmp_path / "definitions", WELCOME)
    house.worker.figures = house.relay.figures
    house.relay.figures.ways = lambda: house.relay.standing
    return house


def told(house: House, figures: Figures | None = None) -> dict[str, float]:
    """Every figure by its name and labels, as one who reads them sees it."""
    text = (figures or house.relay.figures).tell(house.database, house.clock).decode()
    return {
        sample.name + "".join(f" {name}={value}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("journeys_")
    }


@on_both
def test_how_things_stand_is_told(house: House) -> None:
    house.knows()
    house.on("began")
    house.on("began", customer="ben")
    house.work()
    house.wait(minutes=2)
    house.on("ordered", customer="cleo", at=house.clock() - 30 * MINUTE)
    house.wait(minutes=1)
    with house.database.writing() as connection:
        park(connection, "ben", "InputError: it does not fit", house.clock())

    found = told(house)

    assert found["journeys_database_up"] == 1
    assert found["journeys_publication_newest"] == 1
    assert found["journeys_inbox_pending"] == 1
    assert found["journeys_inbox_oldest_seconds"] == 60, "from when it came in, and not from when it happened"
    assert found["journeys_customers_due"] == 0
    assert found["journeys_customers_parked"] == 1
    assert found["journeys_outbox_waiting channel=email"] == 1
    assert found["journeys_outbox_late_seconds channel=email"] == 180
    assert found["journeys_outbox_failed channel=email"] == 0


@on_sqlite
def test_clocks_that_nobody_works_off_are_told(house: House) -> None:
    house.knows()
    house.on("began")
    house.run()
    house.wait(hours=1, minutes=5)

    before = told(house)
    house.wait(minutes=1)
    house.run()
    after = told(house)

    assert (before["journeys_customers_due"], before["journeys_customers_due_seconds"]) == (1, 300)
    assert (after["journeys_customers_due"], after["journeys_customers_due_seconds"]) == (0, 0)
    assert after["journeys_due_to_decision_seconds_count"] == 1
    assert after["journeys_due_to_decision_seconds_sum"] == 360


@on_sqlite
def test_a_look_at_the_database_does_for_a_few_seconds(house: House) -> None:
    told(house)
    house.on("began")
    house.clock.now += LOOK_EVERY - 1
    soon = told(house)
    house.clock.now += 1
    later = told(house)
    for _ in range(2):
        house.on("began", at=house.clock() - 2 * MINUTE)
    house.clock.now -= MINUTE
    set_back = told(house)

    assert (soon["journeys_inbox_pending"], later["journeys_inbox_pending"]) == (0, 1)
    assert set_back["journeys_inbox_pending"] == 2, "the last two: the first is still to come, by this clock"
    assert set_back["journeys_inbox_oldest_seconds"] == 0, "they came in by a clock that was ahead"


@on_sqlite
def test_each_turn_counts_with_the_longest_wait_of_its_events(house: House) -> None:
    house.knows()
    house.wait(minutes=2)
    house.on("began")
    house.wait(minutes=1)
    house.run()

    found = told(house)

    assert found["journeys_turns_total by=worker"] == 1
    assert found["journeys_event_to_decision_seconds_count"] == 1
    assert found["journeys_event_to_decision_seconds_sum"] == 180


@on_sqlite
def test_a_wait_is_counted_in_the_first_span_that_it_does_not_exceed(house: House) -> None:
    figures = Figures()

    figures.count_decided(heard_after=[-5, 25_000, 25_001, 86_400_000_001], due_after=[3_600_000_000])

    found = told(house, figures)
    heard = {name: count for name, count in found.items() if name.startswith("journeys_event_to_decision_seconds_b")}
    assert [*heard.values()] == [2, *[3] * 15, 4], "each span holds those before it"
    assert [name.partition("le=")[2] for name in heard][:2] == ["0.025", "0.05"]
    assert found["journeys_event_to_decision_seconds_bucket le=+Inf"] == 4
    assert found["journeys_event_to_decision_seconds_sum"] == 86_400.050_002, (
        "a clock that was set back takes nothing off"
    )
    assert found["journeys_due_to_decision_seconds_bucket le=1800.0"] == 0
    assert found["journeys_due_to_decision_seconds_bucket le=3600.0"] == 1


@on_sqlite
def test_turns_that_come_of_what_a_provider_says_are_counted(house: House) -> None:
    house.recorder.failure = lambda parcel: Transient("it is busy")
    house.knows()
    house.on("began")
    house.run()
    refused = told(house)
    house.recorder.failure = lambda parcel: None
    house.wait(minutes=10)
    house.run()

    found = told(house)

    assert "journeys_turns_total by=relay" not in refused
    assert found["journeys_turns_total by=worker"] == 1
    assert found["journeys_turns_total by=relay"] == 2, "one asks the gate anew, one tells that it was taken"


@on_sqlite
def test_no_figure_says_when_it_was_made(house: House) -> None:
    house.knows()
    house.on("began")
    house.run()

    assert [name for name in told(house) if "_created" in name] == []


@on_sqlite
def test_what_became_of_touches_is_counted_by_channel(house: House) -> None:
    answers: list[Exception | None] = [Transient("it is busy"), None, Permanent("it says no")]
    house.recorder.failure = lambda parcel: answers.pop(0)
    house.knows()
    house.on("began")
    house.run()
    house.wait(minutes=10)
    house.run()
    house.wait(hours=1)
    house.run()

    found = told(house)

    assert found["journeys_touches_total channel=email outcome=retried"] == 1
    assert found["journeys_touches_total channel=email outcome=sent"] == 1
    assert found["journeys_touches_total channel=email outcome=failed"] == 1
    assert found["journeys_due_to_sent_seconds_count channel=email"] == 1
    assert found["journeys_due_to_sent_seconds_sum channel=email"] == 600
    assert found["journeys_outbox_failed channel=email"] == 1


@on_sqlite
def test_what_is_taken_back_is_counted_by_whoever_took_it_back(house: House) -> None:
    house.knows()
    house.on("began")
    house.work()
    house.on("ordered")
    house.work()
    by_worker = told(house)
    for customer in ("ben", "cleo"):
        house.knows(customer)
        house.on("began", customer=customer)
    house.work()
    house.wait(days=400)
    house.send()
    by_relay = told(house)
    with house.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT count(*) FROM outbox WHERE status = 'withdrawn'").scalar_one()

    assert by_worker["journeys_touches_total channel=email outcome=withdrawn"] == 1
    assert house.recorder.sent == []
    assert by_relay["journeys_touches_total channel=email outcome=withdrawn"] == rows > 1


@on_sqlite
def test_a_provider_that_is_left_alone_is_told(house: House) -> None:
    def is_down(parcel: Parcel) -> Exception:
        return Transient("nobody is there")

    house.recorder.failure = is_down
    before = told(house)
    for number in range(6):
        house.knows(f"c{number}")
        house.on("began", customer=f"c{number}")
    house.work()
    house.send()

    after = told(house)

    assert before["journeys_provider_left_alone channel=email person="] == 0
    assert after["journeys_provider_left_alone channel=email person="] == 1
    assert after["journeys_provider_left_alone channel=sms person="] == 0


@on_sqlite
def test_no_figure_names_a_customer(house: House) -> None:
    house.recorder.failure = lambda parcel: Permanent("no such user", said=f"no such user {parcel.to}")
    house.knows("ana-secret-17")
    house.on("began", customer="ana-secret-17")
    house.run()

    text = house.relay.figures.tell(house.database, house.clock).decode()

    assert "secret" not in text and "@" not in text and "example" not in text


@on_sqlite
def test_a_database_that_is_away_is_told_of_and_what_was_done_all_the_same(house: House) -> None:
    house.knows()
    house.run()
    before = told(house)
    house.clock.now += LOOK_EVERY
    with house.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE outbox RENAME TO elsewhere")
    away = told(house)
    with house.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO outbox")
    back = told(house)

    assert (before["journeys_database_up"], before["journeys_inbox_pending"]) == (1, 0)
    assert away["journeys_database_up"] == 0
    assert away["journeys_turns_total by=worker"] == 1
    assert "journeys_inbox_pending" not in away
    assert (back["journeys_database_up"], back["journeys_inbox_pending"]) == (1, 0)
