"""What is said of a customer becomes events; where a customer stands is read as of the last turn."""

from __future__ import annotations

from typing import Any

import pytest

from journeys.core.customer import Customer, new_enrollment
from journeys.core.intake import new_customer
from tests.web.house import NOW, PROGRAM, House, problem


def ana(id: str = "c-17", **attributes: Any) -> Customer:
    said = {"first_name": "Ana", "budget": 649.5, "interests": ["tea"], "health_note": "nuts", **attributes}
    return new_customer(PROGRAM, id, said, at=NOW, consents=["offers"], timezone="Asia/Tokyo")


def told(house: House, id: str = "c-17") -> list[tuple[str, dict[str, Any]]]:
    return [(each["name"], each["properties"]) for each in house.inbox()[id]]


def test_what_is_said_becomes_events(house: House):
    answer = house.put(
        "c-17",
        {
            "attributes": {"first_name": "Ana", "shoe_size": 42, "phone": None},
            "timezone": "Asia/Tokyo",
            "consents": {"offers": True, "personalization": False},
        },
    )

    assert answer.status_code == 202
    assert answer.json() == {"id": "c-17", "accepted": 3, "ignored": ["shoe_size"]}
    assert told(house) == [
        ("consent.given", {"purpose": "offers"}),
        ("consent.withdrawn", {"purpose": "personalization"}),
        ("profile.updated", {"first_name": "Ana", "phone": None, "timezone": "Asia/Tokyo"}),
    ]
    kept = house.inbox()["c-17"]
    assert {(each["source"], each["at"]) for each in kept} == {("profile", "2026-03-10T09:00:00Z")}
    assert len({each["id"] for each in kept}) == 3
    assert house.woken == [NOW]


def test_what_is_said_twice_is_said_twice(house: House):
    for _ in range(2):
        assert house.put("c-17", {"attributes": {"first_name": "Ana"}}).json()["accepted"] == 1

    assert len(told(house)) == 2


def test_what_customers_choose_becomes_an_event_of_its_own(house: House):
    topic = PROGRAM.definitions.topics[0]
    said = {"without_topics": [topic], "at_most": "1 per 7 days", "timezone": "UTC", "without_topic": ["x"]}

    answer = house.put("c-17", {"attributes": {"first_name": "Ana"}, "preferences": {**said, "first_name": "Anna"}})

    assert answer.json() == {"id": "c-17", "accepted": 2, "ignored": ["without_topic"]}
    del said["without_topic"]
    assert told(house) == [
        ("profile.updated", {"first_name": "Ana"}),
        ("preferences.set", {**said, "first_name": "Anna"}),
    ]


def test_who_says_nothing_of_a_customer_changes_nothing(house: House):
    for said in ({}, {"attributes": {}, "consents": None, "timezone": None, "preferences": {}}):
        assert house.put("c-17", said).json() == {"id": "c-17", "accepted": 0, "ignored": []}
    assert house.inbox() == {}


def test_a_choice_that_cannot_be_meant_is_told_where_it_stands(house: House):
    answers = [
        house.put("c-17", {"preferences": said})
        for said in (
            {"at_most": "often"},
            {"timezone": "Mars"},
            {"first_name": 7},
            ["often"],
            {"without_topics": ["Beans"]},
        )
    ]

    assert [answer.status_code for answer in answers] == [400, 409, 400, 400, 409]
    assert [answer.json().get("pointer") for answer in answers] == [
        "/preferences/at_most",
        "/preferences/timezone",
        "/preferences/first_name",
        "/preferences",
        "/preferences/without_topics",
    ]
    assert "did you mean 'beans'?" in answers[-1].json()["detail"]
    assert house.inbox() == {}


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "kaffa.example/a", "https://", "http:///a", " https://kaffa.example",
     "https://kaffa.example/a b", "https://kaffa.example/\n", "mailto:ana@example.com", ""],
)  # fmt: skip
def test_an_address_that_is_not_on_the_web_is_refused_at_its_place(house: House, address: str):
    refused = house.put("c-17", {"attributes": {"room_url": address}})

    assert refused.status_code == 400
    assert refused.json()["pointer"] == "/attributes/room_url"
    assert "is no address on the web, which begins with https:// or http://" in refused.json()["detail"]
    assert house.put("c-17", {"attributes": {"room_url": "HTTPS://kaffa.example/a?b=c#d"}}).status_code == 202


def test_a_customer_is_told_in_the_values_that_were_handed_in(house: House):
    house.save(ana())

    answer = house.get("/v1/customers/c-17")

    assert answer.status_code == 200
    assert answer.json() == {
        "id": "c-17",
        "other_ids": [],
        "as_of": "2026-03-10T09:00:00Z",
        "timezone": "Asia/Tokyo",
        "attributes": {"first_name": "Ana", "budget": 649.5, "interests": ["tea"]},
        "consents": {name: name == "offers" for name in PROGRAM.names.purposes},
        "preferences": {},
        "segments": [],
        "enrollments": [],
    }


def test_what_is_sensitive_is_told_to_admin_alone(house: House):
    house.save(ana())

    assert "health_note" not in house.get("/v1/customers/c-17", scope="read").json()["attributes"]
    assert house.get("/v1/customers/c-17", scope="admin").json()["attributes"]["health_note"] == "nuts"


def test_where_a_customer_stands_is_told_by_journey(house: House):
    customer = ana()
    journey = PROGRAM.journeys[PROGRAM.names.journeys["espresso"]]
    standing, ended = new_enrollment(journey, 2, None, NOW, 0), new_enrollment(journey, 1, None, NOW - 60_000_000, 0)
    for each in (standing, ended):
        each.state = journey.state_names.index("selection.paid")
        each.stage = journey.stage_names.index("selection")
    ended.ended_at, ended.end = NOW, 0
    customer.enrollments = [ended, standing]
    house.save(customer)

    told = house.get("/v1/customers/c-17").json()["enrollments"]

    place = {"journey": "espresso", "stage": "selection", "state": "selection.paid"}
    assert told == [
        {
            **place,
            "enrollment": 1,
            "entered_at": "2026-03-10T08:59:00Z",
            "arrived_at": "2026-03-10T08:59:00Z",
            "ended_at": "2026-03-10T09:00:00Z",
            "end": journey.reasons[0],
        },
        {**place, "enrollment": 2, "entered_at": "2026-03-10T09:00:00Z", "arrived_at": "2026-03-10T09:00:00Z"},
    ]


def test_nobody_and_who_was_forgotten_are_answered_alike(house: House):
    gone = ana("gone")
    gone.erased = True
    house.save(gone)

    answers = [house.get(f"/v1/customers/{id}") for id in ("nobody", "gone")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert problem(answers[0]) == problem(answers[1])
    said = [house.put(id, {"attributes": {"first_name": "Ana"}}) for id in ("nobody", "gone")]
    assert [(answer.status_code, answer.json()["accepted"]) for answer in said] == [(202, 1)] * 2


def test_any_text_may_be_an_id(house: House):
    ids = ["a/b", "a/b/touches", "Zoë 😀", "..", "%41", "a?b#c", "a+b==", "ana+1@kaffa.example", "https://x.example/7"]
    ids += ["אנה", "آنا", "می\u200cخواهم", "安娜", "👩\u200d🚀", "a b", "a\xa0b"]
    for id in ids:
        path = "".join([f"%{byte:02X}" for byte in id.encode()])
        house.save(ana(id))

        assert house.put(path, {"timezone": "UTC"}).json()["id"] == id
        assert house.get(f"/v1/customers/{path}").json()["id"] == id
        assert house.get(f"/v1/customers/{path}/touches").json() == {"touches": []}
    assert sorted(house.inbox()) == sorted(ids)
