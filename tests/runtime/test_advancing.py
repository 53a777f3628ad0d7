"""Real customers advance: events become decisions, decisions become touches, and what was sent is heard."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Event

import pytest

from journeys.content.tokens import Use, read_token
from journeys.delivery.parcel import Parcel
from journeys.errors import Permanent, Transient
from journeys.runtime.publishing import publish
from journeys.store.database import Database

from .house import MINUTE, WELCOME, House


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path / "definitions", WELCOME)


def test_an_event_moves_a_customer_and_sends_a_touch(house: House) -> None:
    house.knows()
    house.on("began")

    house.run()

    assert house.recorder.sent == ["spark"]
    assert house.state() == "research"
    assert house.answers("spark") == ["admitted", "sent"]
    [parcel] = house.recorder.parcels
    assert parcel.to == "ana@example.com"
    assert parcel.headers["List-Unsubscribe"].startswith("<https://kaffa.example/unsubscribe/")
    assert parcel.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "\nPreferences: https://kaffa.example/preferences/" in parcel.message.text


def test_what_asks_leads_to_a_page_that_knows_whom_it_asked(database: Database, tmp_path: Path) -> None:
    asks = {"spark": "purpose: offers\nask: [0..10]"}
    words = {"spark": "[Answer]({{ ask_url }})\n\n--- generic ---\n[Answer]({{ ask_url }})"}
    house = House(database, tmp_path / "definitions", WELCOME, touches=asks, words=words)
    house.knows()
    house.on("began")

    house.run()

    [parcel] = house.recorder.parcels
    [token] = set(re.findall(r"https://kaffa.example/answer/([\w-]+)[?]answer=9", str(parcel.message.html)))
    named = read_token(house.live.secret, Use.ANSWER, token)
    assert named is not None
    assert named.names == ("ana", "spark", parcel.key)


def test_who_reads_german_gets_german_words(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    (folder / "touches").mkdir(parents=True)
    (folder / "touches" / "spark.de.md").write_text(
        "---\nsubject: Guten Tag\ngeneric: {subject: Guten Tag}\n---\nHallo.\n\n--- generic ---\nHallo.\n"
    )
    house = House(database, folder, WELCOME)
    for customer, language in (("ana", "de-AT"), ("ben", "fr")):
        house.knows(customer)
        house.on("profile.updated", customer=customer, language=language)
        house.on("began", customer=customer)

    house.run()

    said = {parcel.customer: (parcel.message.subject, parcel.message.text) for parcel in house.recorder.parcels}
    assert said["ana"][0] == "Guten Tag"
    assert said["ana"][1].startswith("Hallo.") and "Abmelden: https://" in said["ana"][1]
    assert said["ben"][0] == "Hello"


def test_links_of_who_allows_it_are_led_by_us_and_those_of_others_are_not(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    words = "[The grinder](https://kaffa.example/grinder). [Choose]({{ preferences_url }})"
    house = House(database, folder, WELCOME, words={"spark": f"{words}\n\n--- generic ---\n{words}"})
    brand = folder / "brand.yaml"
    said = brand.read_text().replace("customer.email, cost: 0}", "customer.email, cost: 0, track: [opens, clicks]}")
    brand.write_text(said)
    publish(database, folder, house.clock())
    house.knows("ana")
    house.knows("ben", consent=("offers",))
    for customer in ("ana", "ben"):
        house.on("began", customer=customer)

    house.run()

    ana, ben = sorted(house.recorder.parcels, key=lambda parcel: parcel.customer)
    [token] = re.findall(r'href="https://kaffa.example/click/([\w-]+)"', str(ana.message.html))
    named = read_token(house.live.secret, Use.CLICK, token)
    assert named is not None
    assert named.names == ("ana", "spark", ana.key, "https://kaffa.example/grinder")
    assert "https://kaffa.example/open/" in str(ana.message.html)
    # Who goes to choose is not told to have clicked.
    assert str(ana.message.html).count('href="https://kaffa.example/preferences/') == 2
    assert "https://kaffa.example/grinder" in ana.message.text
    assert 'href="https://kaffa.example/grinder"' in str(ben.message.html)
    assert "/click/" not in str(ben.message.html) and "/open/" not in str(ben.message.html)


def test_a_clock_that_comes_due_sends(house: House) -> None:
    house.knows()
    house.on("began")
    house.run()

    house.wait(minutes=59)
    house.run()
    before = list(house.recorder.sent)
    house.wait(minutes=1)
    house.run()

    assert before == ["spark"]
    assert house.recorder.sent == ["spark", "thanks"]
    assert "List-Unsubscribe" not in house.recorder.parcels[1].headers


def test_the_same_event_twice_is_one(house: House) -> None:
    house.knows()
    again = house.event("began", customer="ana", id="x1")

    assert house.hear([again]) == [True]
    house.run()
    assert house.hear([again]) == [False]
    house.run()

    assert house.recorder.sent == ["spark"]
    assert sum(row["kind"] == "event" and row["event"] == "began" for row in house.trace()) == 1


def test_an_order_takes_back_what_waits_to_be_sent(house: House) -> None:
    house.knows()
    house.on("began")
    house.work()

    house.on("ordered")
    house.run()

    assert house.recorder.sent == []
    assert house.answers("spark") == ["admitted", "withheld: left"]
    assert house.state() == "nowhere"


def test_a_consent_taken_back_takes_back_what_waits(house: House) -> None:
    house.knows()
    house.on("began")
    house.work()

    house.on("consent.withdrawn", purpose="offers")
    house.run()

    assert house.recorder.sent == []
    assert house.answers("spark")[-1] == "withheld: consent"


def test_who_has_only_been_away_is_not_sent_what_is_old(house: House) -> None:
    house.knows()
    house.on("began")
    house.work()

    house.wait(days=10)
    house.run()

    # Three days is how long a touch is worth sending.
    assert "spark" not in house.recorder.sent
    assert house.answers("spark")[-1] == "withheld: expired"


def test_what_waited_is_asked_about_anew_and_goes_if_it_still_may(house: House) -> None:
    house.knows()
    house.on("began")
    house.work()

    house.wait(hours=1)
    house.run()

    assert house.recorder.sent == ["spark"]
    assert house.answers("spark") == ["admitted", "admitted", "sent"]


def test_a_night_that_fell_meanwhile_puts_off_what_waited(database: Database, tmp_path: Path) -> None:
    quiet = 'quiet: {from: "21:00", to: "08:00", spread: 30 minutes}\n'
    house = House(database, tmp_path / "definitions", WELCOME, brand=quiet)
    house.knows()
    house.on("began")
    house.work()

    house.wait(hours=12)
    house.run()
    at_night = list(house.recorder.sent)
    house.wait(hours=12)
    house.run()

    assert at_night == []
    assert house.recorder.sent[0] == "spark"
    assert house.answers("spark") == ["admitted", "deferred: quiet", "admitted", "admitted", "sent"]


def test_what_was_on_its_way_when_it_was_taken_back_is_told_as_sent(house: House) -> None:
    house.knows()
    house.on("began")
    house.work()
    has_begun, may_end = Event(), Event()

    def slow(parcel: Parcel) -> None:
        has_begun.set()
        assert may_end.wait(30)

    house.recorder.failure = slow
    house.relay.relay()
    assert has_begun.wait(30)
    house.on("ordered")
    house.work()
    may_end.set()
    house.relay.rest()
    house.run()

    assert house.recorder.sent == ["spark"]
    assert house.answers("spark") == ["admitted", "withheld: left", "sent"]


# ---------------------------------------------------------------- providers that fail


def test_a_provider_that_fails_for_now_is_tried_again_with_the_same_key(house: House) -> None:
    house.knows()
    house.on("began")
    tries: list[str] = []

    def fail_twice(parcel: Parcel) -> Exception | None:
        tries.append(parcel.key)
        return Transient("the server answered 503") if len(tries) <= 2 else None

    house.recorder.failure = fail_twice
    for _ in range(10):
        house.run()
        house.wait(minutes=2)

    assert house.recorder.sent[0] == "spark"
    assert len(tries) >= 3
    assert len(set(tries[:3])) == 1
    assert house.answers("spark")[-1] == "sent"


def test_what_a_provider_refuses_for_good_is_not_tried_again(house: House) -> None:
    house.knows()
    house.on("began")
    tries: list[str] = []

    def refuse(parcel: Parcel) -> Exception | None:
        tries.append(parcel.key)
        return Permanent("the server answered 400")

    house.recorder.failure = refuse
    for _ in range(5):
        house.run()
        house.wait(minutes=10)

    assert len(tries) == 1


def test_a_channel_that_rather_sends_none_than_two_gives_up_what_nobody_knows(
    database: Database, tmp_path: Path
) -> None:
    house = House(database, tmp_path / "definitions", WELCOME, careful=True)
    house.knows()
    house.on("began")
    tries: list[str] = []

    def hang(parcel: Parcel) -> Exception | None:
        tries.append(parcel.key)
        return Transient("no answer within 10 s", is_unsure=True)

    house.recorder.failure = hang
    for _ in range(5):
        house.run()
        house.wait(minutes=10)

    assert len(tries) == 1


# ---------------------------------------------------------------- what must stop nobody


def test_a_customer_who_cannot_be_decided_for_stops_nobody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from journeys.store.customers import parked

    house.knows("ana")
    house.knows("ben")
    house.run()
    with house.database.writing() as connection:
        connection.exec_driver_sql("UPDATE customer SET value = x'90' WHERE id = 'ana'") if not (
            house.database.is_postgres
        ) else connection.exec_driver_sql("UPDATE customer SET value = '\\x90'::bytea WHERE id = 'ana'")
    house.on("began", customer="ana")
    house.on("began", customer="ben")

    house.run()

    assert [parcel.customer for parcel in house.recorder.parcels] == ["ben"]
    with house.database.reading() as connection:
        [one] = parked(connection)
    assert one.id == "ana"
    assert "UnreadableCustomer" in one.because or "cannot be read" in one.because


def test_an_event_from_the_near_future_waits_for_its_time(house: House) -> None:
    house.knows()
    house.run()
    house.on("began", at=house.clock() + 2 * MINUTE)

    house.run()
    before = list(house.recorder.sent)
    house.wait(minutes=2)
    house.run()

    assert before == []
    assert house.recorder.sent == ["spark"]
