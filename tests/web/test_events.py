"""What is handed in is durable before it is acknowledged, taken once, and told item by item."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from tests.web.house import House, event, problem


def statuses(answer: httpx.Response) -> list[str]:
    return [item["status"] for item in answer.json()["events"]]


def test_one_event_is_durable_when_it_is_acknowledged(house: House):
    answer = house.post(event())

    assert answer.status_code == 202
    assert answer.json() == {
        "accepted": 1,
        "repeated": 0,
        "ignored": 0,
        "refused": 0,
        "events": [{"id": "e-1", "status": "accepted"}],
    }
    assert house.inbox() == {
        "c-17": [
            {
                "id": "e-1",
                "source": "",
                "name": "order_placed",
                "at": "2026-03-10T08:59:00Z",
                "properties": {"order_id": "A1", "total": 649},
            }
        ]
    }
    assert house.woken == [house.clock()]


def test_an_event_that_does_not_say_when_happens_now(house: House):
    raw = event()
    del raw["at"]

    assert statuses(house.post(raw)) == ["accepted"]
    assert house.inbox()["c-17"][0]["at"] == "2026-03-10T09:00:00Z"


def test_the_same_event_is_taken_once_and_wakes_nobody_again(house: House):
    first = house.post(event())
    again = house.post([event(), event("e-2"), event("e-2")])
    elsewhere = house.post([event(source="shop"), event("e-1", "c-18")])

    assert statuses(first) == ["accepted"]
    assert statuses(again) == ["repeated", "accepted", "repeated"]
    assert (again.json()["accepted"], again.json()["repeated"]) == (1, 2)
    assert statuses(elsewhere) == ["accepted", "accepted"]
    assert len(house.inbox()["c-17"]) == 3
    house.woken.clear()
    assert statuses(house.post(event())) == ["repeated"]
    assert house.woken == []


def test_one_bad_event_loses_none_of_the_good(house: House):
    answer = house.post([event("e-1"), {**event("e-2"), "at": "soon"}, 7, event("e-4"), event("e-5", name="rained")])

    assert answer.status_code == 202
    assert statuses(answer) == ["accepted", "refused", "refused", "accepted", "ignored"]
    assert [item["id"] for item in answer.json()["events"]] == ["e-1", "e-2", None, "e-4", "e-5"]
    assert answer.json()["events"][1]["problem"]["pointer"] == "/1/at"
    assert [each["id"] for each in house.inbox()["c-17"]] == ["e-1", "e-4"]


def test_an_item_with_a_doubled_key_is_refused_alone(house: House):
    body = (
        b"["
        + msgspec.json.encode(event("e-1"))
        + b', {"id": "x", "id": "e-2"}, '
        + msgspec.json.encode(event("e-3"))
        + b"]"
    )

    answer = house.post(body)

    assert statuses(answer) == ["accepted", "refused", "accepted"]
    assert answer.json()["events"][1]["problem"]["pointer"] == "/1/id"


@pytest.mark.parametrize("type", ["application/x-ndjson", "application/jsonl", "Application/JSONL; charset=UTF-8"])
def test_json_lines_are_read_line_by_line(house: House, type: str):
    lines = [msgspec.json.encode(event("e-1")), b"", b'{"id": "e-2", "name', msgspec.json.encode(event("e-3")), b"\r"]

    answer = house.post(b"\n".join(lines), type=type)

    assert answer.status_code == 202
    assert statuses(answer) == ["accepted", "refused", "accepted"]
    assert answer.json()["events"][1]["problem"]["detail"] == "it ends too early"
    assert answer.json()["events"][1]["problem"]["pointer"] == "/1"
    assert [each["id"] for each in house.inbox()["c-17"]] == ["e-1", "e-3"]


def test_only_what_is_declared_is_kept(house: House):
    house.post([
        event("e-1", properties={"order_id": "A1", "card_number": "4111", "total": None}, mood="good"),
        event("e-2", name="profile.updated", properties={"first_name": "Ana", "size": 42, "timezone": "Asia/Tokyo"}),
    ])  # fmt: skip

    kept = house.inbox()["c-17"]
    assert kept[0]["properties"] == {"order_id": "A1", "total": None}
    assert set(kept[0]) == {"id", "source", "name", "at", "properties"}
    assert kept[1]["properties"] == {"first_name": "Ana", "timezone": "Asia/Tokyo"}


def test_an_event_of_another_name_is_ignored_and_not_kept(house: House):
    answer = house.post(event(name="rained"))

    assert answer.status_code == 202
    assert statuses(answer) == ["ignored"]
    assert house.inbox() == {}


def test_history_stays_history(house: House):
    house.post(event(**{"import": True}))

    assert house.inbox()["c-17"][0]["import"] is True


def test_a_body_without_a_type_and_with_a_byte_order_mark_is_json(house: House):
    assert house.post(event("e-1"), type=None).status_code == 202
    assert house.post(b"\xef\xbb\xbf" + msgspec.json.encode(event("e-2"))).status_code == 202
    doubled = b'\xef\xbb\xbf{"id": 1, "id": 2}'
    assert problem(house.post(doubled))["pointer"] == "/id"


def test_an_id_of_a_number_is_the_same_as_its_text(house: House):
    answers = house.post([{**event(), "id": id} for id in (17, "17", 17.0)])

    assert answers.json()["events"] == [
        {"id": "17", "status": "accepted"},
        *[{"id": "17", "status": "repeated"}] * 2,
    ]


def test_an_event_five_minutes_ahead_is_the_sender_s_clock(house: House):
    assert house.post(event(at="2026-03-10T09:05:00Z")).status_code == 202
    assert house.post(event("e-2", at="2026-03-10T09:05:00.000001Z")).status_code == 409


def test_what_became_of_a_touch_and_what_was_agreed_may_be_told(house: House):
    names = {"spark.opened": {}, "how-was-it.answered": {"answer": 9}, "consent.given": {"purpose": "offers"}}

    answer = house.post([event(name, name=name, properties=properties) for name, properties in names.items()])

    assert statuses(answer) == ["accepted"] * 3


def test_an_answer_is_one_that_the_touch_asks_for(house: House):
    def answered(id: str, touch: str, said: dict[str, object]) -> dict[str, object]:
        return event(id, name=f"{touch}.answered", properties=said)

    scale = [{"answer": each} for each in (99, -1, 9.5, "9", None)] + [{}]
    choice = [{"answer": "Price"}, {}]
    bad = [("how-was-it", each) for each in scale] + [("trial-why", each) for each in choice]
    good = [("how-was-it", {"answer": 0}), ("how-was-it", {"answer": 10}), ("trial-why", {"answer": "price"})]

    answer = house.post([answered(str(place), *each) for place, each in enumerate(bad + good)])

    assert statuses(answer) == ["refused"] * len(bad) + ["accepted"] * len(good)
    problems = [each["problem"] for each in answer.json()["events"][: len(bad)]]
    assert [each["pointer"] for each in problems] == [f"/{place}/properties/answer" for place in range(len(bad))]
    assert problems[0]["detail"] == "how-was-it.answered: `answer` must be one of [0..10]"
    assert problems[-1]["detail"] == (
        "trial-why.answered: `answer` must be one of [price, taste, machine, timing, something else]"
    )


def test_only_admin_may_have_a_customer_forgotten(house: House):
    erased = event(name="customer.erased", properties={})

    assert house.post(erased, scope="ingest").status_code == 400
    assert house.post(erased, scope="admin").status_code == 202


def test_a_thousand_events_go_in_at_once_in_the_order_told(house: House):
    events = [event(f"e-{number}", f"c-{number % 10}") for number in range(1_000)]

    answer = house.post(events)

    assert answer.json()["accepted"] == 1_000
    assert [item["id"] for item in answer.json()["events"]] == [each["id"] for each in events]
    assert sum(len(each) for each in house.inbox().values()) == 1_000


def test_a_chunked_body_is_one_body(house: House):
    body = msgspec.json.encode(event())

    answer = house.client.post("/v1/events", content=iter([body[:7], body[7:]]), headers=house.key("ingest"))

    assert answer.json()["accepted"] == 1
