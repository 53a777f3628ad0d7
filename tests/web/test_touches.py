"""A product shows what was sent to its own slots, and nothing that went elsewhere."""

from __future__ import annotations

from typing import Any

from journeys.core.intake import new_customer
from journeys.store.outbox import Outcome, Touch, lease, settle
from tests.web.house import NOW, PROGRAM, House, problem


def touch(entry: int, name: str = "how-was-it", *, channel: str = "banner", **more: Any) -> Touch:
    place = {"customer": "c-17", "enrollment": 1, "entry": entry, "visit": 1, "occurrence": 0}
    said = {"journey": "espresso", "publication": 1, "touch": name, "channel": channel, "person": None, "words": "a"}
    return Touch(**{**place, **said, "due_at": NOW, "decided_at": NOW, **more})


def send(house: House, *touches: Touch, fail: tuple[int, ...] = ()) -> None:
    house.save(new_customer(PROGRAM, "c-17", {}, at=NOW), touches)
    with house.database.writing() as connection:
        leased = lease(connection, NOW, 60_000_000, 100)
        outcomes = [
            Outcome(key=each.touch.key, attempt=each.attempt, status="failed" if each.touch.entry in fail else "sent")
            for each in leased
        ]
        settle(connection, outcomes, NOW)


def shown(house: House, query: str = "") -> list[str]:
    return [each["key"] for each in house.get(f"/v1/customers/c-17/touches{query}").json()["touches"]]


def test_a_touch_is_shown_in_its_words(house: House):
    send(house, touch(1))

    answer = house.get("/v1/customers/c-17/touches")

    assert answer.status_code == 200
    (told,) = answer.json()["touches"]
    assert {**told, "text": "", "subject": ""} == {
        "key": "1-1-1-0",
        "touch": "how-was-it",
        "journey": "espresso",
        "slot": "banner",
        "sent_at": "2026-03-10T09:00:00Z",
        "subject": "",
        "text": "",
    }
    assert told["text"].strip()


def test_only_what_was_sent_to_a_slot_is_shown(house: House):
    send(house, touch(1), touch(2, channel="email"), touch(3), touch(4, "a-touch-of-last-year"), fail=(3,))

    assert shown(house) == ["1-1-1-0"]
    assert shown(house, "?slot=banner") == ["1-1-1-0"]
    assert shown(house, "?slot=email") == []
    assert shown(house, "?slot=nowhere") == []
    assert shown(house, "?slot=") == []


def test_nobody_has_no_touches(house: House):
    assert problem(house.get("/v1/customers/nobody/touches"))["title"] == "There is no such customer"
