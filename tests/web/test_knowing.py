"""Customers see what is known of them and why, take all of it with them, and are forgotten when they say so."""

from __future__ import annotations

from html import unescape
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from journeys.content.tokens import Use, make_token
from journeys.core.calendar import DAY, MINUTE, NEVER
from journeys.core.intake import new_customer
from journeys.core.keeping import pack
from journeys.store.customers import Kept, Taken, claim, save
from journeys.store.inbox import Received, receive
from journeys.store.outbox import Touch
from journeys.store.values import Consent
from tests.web.house import NOW, PROGRAM, SECRET, House

TOKEN = make_token(SECRET, Use.PREFERENCES, "c-17", str(NOW))
PAGE = f"/preferences/{TOKEN}"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def keep(house: House, *, customer: str = "c-17", events: int = 1, touches: int = 0) -> None:
    """Ana after a turn, as a worker leaves her, and what was sent her."""
    said = {"first_name": "Ana", "budget": 649.5, "interests": ["tea"], "health_note": "nuts", "email": "ana@x.example"}
    ana = new_customer(PROGRAM, customer, said, at=NOW, consents=["offers"], timezone="Asia/Tokyo")
    happened = {"name": "profile.updated", "properties": {"first_name": "Ana", "health_note": "nuts"}}
    signals = [{**happened, "at": f"2026-03-0{1 + place % 9}T09:00:00Z"} for place in range(events)]
    kept = Kept(id=customer, publication=1, value=pack(ana), as_of=NOW, wake_at=NEVER, turns=1)
    consent = Consent(purpose="offers", version=3, is_given=True, at=NOW - DAY, source="shop", id="1")
    taken = Taken(
        kept=kept,
        kind="turn",
        until=NOW,
        signals=msgspec.json.encode(signals),
        whys=b'{"kind":"event"}',
        heard=((customer, "", "first"),),
        consents=(consent,),
        touches=tuple(touch(customer, place) for place in range(touches)),
    )
    with house.database.writing() as connection:
        receive(connection, [Received(customer=customer, source="", id="first", at=0, body=b"{}")], NOW)
        claim(connection, NOW, 10)
        save(connection, [taken], NOW)
        connection.exec_driver_sql(f"UPDATE outbox SET status = 'sent', settled_at = {NOW}")


def touch(customer: str, place: int) -> Touch:
    return Touch(
        customer=customer,
        enrollment=1,
        entry=place,
        visit=1,
        occurrence=0,
        journey="espresso",
        version=1,
        publication=1,
        touch="spark",
        channel="email",
        person=None,
        words="personalized",
        due_at=NOW,
        decided_at=NOW,
    )


def words(house: House, path: str, **headers: str) -> str:
    return unescape(house.client.get(path, headers=headers).text)


def told(house: House) -> list[tuple[str, dict[str, Any]]]:
    return [(each["name"], each.get("properties", {})) for each in house.inbox().get("c-17", [])]


def test_the_page_tells_what_is_known_and_why(house: House):
    keep(house)

    page = words(house, f"{PAGE}/known")

    for line in (
        "<dt>First name</dt><dd>Ana<br><small>We may use what you do with us",
        "<dt>Email</dt><dd>ana@x.example<br><small>so that we can reach you",
        "<dd>€649.50",
        "about coffee and food, and remind you of a cart you left.</dt><dd>yes, since Mar 9, 2026",
        "We may ask you how it was.</dt><dd>no",
        "<dt>Mar 1, 2026</dt><dd>Profile updated",
    ):
        assert line in page
    assert "c-17" not in page


def test_what_is_sensitive_is_neither_shown_nor_in_the_file(house: House):
    keep(house)

    page, file = words(house, f"{PAGE}/known"), words(house, f"{PAGE}/download")

    assert "nuts" not in page and "health" not in page.lower()
    assert "We keep more that we do not show by a link" in page
    assert "nuts" not in file


def test_what_went_to_one_of_us_and_what_a_provider_said_is_not_in_the_file(house: House):
    keep(house, touches=2)
    with house.database.writing() as connection:
        connection.exec_driver_sql("UPDATE outbox SET person = 'rep', problem = 'refused: 550 <rep@x>' WHERE entry = 0")
        connection.exec_driver_sql("UPDATE outbox SET problem = 'refused: 550 <someone@x>' WHERE entry = 1")

    file = house.client.get(f"{PAGE}/download")

    assert [each["touch"] for each in file.json()["touches"]] == ["spark"]
    assert "550" not in file.text and "rep" not in file.text


def test_of_a_field_that_the_brand_has_no_more_nothing_is_in_the_file(house: House):
    keep(house)
    with house.database.writing() as connection:
        properties = b'{"old_note":"nuts","timezone":"UTC"}'
        said = b'[{"name":"profile.updated","at":"2026-03-01T09:00:00Z","properties":%b}]' % properties
        connection.execute(text("UPDATE turn SET signals = :said"), {"said": said})

    [event] = house.client.get(f"{PAGE}/download").json()["events"]

    assert event["properties"] == {"timezone": "UTC"}


def test_days_are_those_of_where_the_customer_lives(house: House):
    keep(house)
    with house.database.writing() as connection:
        said = b'[{"name":"order_placed","at":"2026-03-01T20:00:00Z","properties":{}}]'
        connection.execute(text("UPDATE turn SET signals = :said"), {"said": said})

    assert "<dt>Mar 2, 2026</dt><dd>Order placed" in words(house, f"{PAGE}/known")


def test_the_page_tells_what_was_sent_and_by_which_journey(house: House):
    keep(house, touches=1)
    page = words(house, f"{PAGE}/known")

    title = PROGRAM.definitions.journeys["espresso"].title
    assert f"<dt>Mar 10, 2026</dt><dd>Spark (email)<br><small>because of: {title}" in page


def test_of_much_the_last_is_shown_and_all_is_in_the_file(house: House):
    keep(house, events=23)

    page, file = words(house, f"{PAGE}/known"), house.client.get(f"{PAGE}/download")

    assert page.count("Profile updated") == 20
    assert "These are the last 20" in page
    assert len(file.json()["events"]) == 23
    assert file.headers["content-disposition"] == 'attachment; filename="what-is-known.json"'
    assert file.json()["attributes"]["first_name"] == "Ana"
    assert file.json()["consent_ledger"][0]["purpose"] == "offers"


def test_it_is_told_in_the_language_of_the_reader(house: House):
    keep(house)

    page = words(house, f"{PAGE}/known", **{"Accept-Language": "de"})

    assert "Was wir über Sie wissen" in page
    assert "649,50\xa0€" in page
    assert "ja, seit 09.03.2026" in page


@pytest.mark.parametrize("path", ["/known", "/download", "/erase"])
def test_the_link_of_an_old_message_does_not_open_what_is_known(house: House, path: str):
    keep(house)
    house.clock.now += 30 * DAY
    assert house.client.get(f"{PAGE}{path}").status_code == 200

    house.clock.now += 1
    answer = house.client.get(f"{PAGE}{path}")

    assert answer.status_code == 403
    assert "This link is too old for that" in answer.text
    assert "Ana" not in answer.text
    assert house.client.get(PAGE).status_code == 200


def test_who_says_so_surely_is_forgotten(house: House):
    keep(house)
    page = words(house, f"{PAGE}/erase")

    answer = house.client.post(f"{PAGE}/erase", content="surely=yes", headers=FORM)

    assert 'name="surely"' in page and "Kaffa" in page
    assert answer.status_code == 200
    assert "We have your word" in answer.text
    assert told(house) == [("customer.erased", {})]


@pytest.mark.parametrize("body", [b"", b"yes", b"surely=", b"\xff\x00", b"other=yes"])
def test_without_a_tick_nobody_is_forgotten(house: House, body: bytes):
    keep(house)

    answer = house.client.post(f"{PAGE}/erase", content=body, headers=FORM)

    assert answer.status_code == 200
    assert 'name="surely"' in answer.text
    assert told(house) == []


def test_nobody_is_forgotten_by_another_site_or_an_old_link_or_a_look(house: House):
    keep(house)
    for other in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        house.client.post(f"{PAGE}/erase", content="surely=yes", headers={**FORM, **other})
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
        house.client.request(method, f"{PAGE}/erase")
    house.clock.now += 31 * DAY
    old = house.client.post(f"{PAGE}/erase", content="surely=yes", headers=FORM)

    assert old.status_code == 403
    assert told(house) == []


def test_a_button_that_is_hit_twice_erases_once_and_who_came_back_may_go_again(house: House):
    keep(house)

    for _ in range(2):
        house.client.post(f"{PAGE}/erase", content="surely=yes", headers=FORM)
    once = len(told(house))
    house.clock.now += MINUTE
    house.client.post(f"{PAGE}/erase", content="surely=yes", headers=FORM)

    assert (once, len(told(house))) == (1, 2)


@pytest.mark.parametrize("path", ["", "/known", "/download"])
def test_of_who_was_forgotten_nothing_is_known(house: House, path: str):
    gone = new_customer(PROGRAM, "c-17", {"first_name": "Ana"}, at=NOW)
    gone.erased = True
    house.save(gone)

    answer = house.client.get(f"{PAGE}{path}")

    assert "Nothing is known about you here" in answer.text
    assert "Ana" not in answer.text
