"""Segment's HTTP API, called by the libraries of Segment and of RudderStack as they are."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from rudderstack.analytics.client import Client as Rudder
from rudderstack.analytics.request import APIError as RudderError
from segment.analytics.client import Client as Segment
from segment.analytics.request import APIError as SegmentError

from journeys.core.calendar import HOUR, MINUTE, format_moment
from journeys.store.database import Database
from tests.clients.node import NEEDS_NODE, run_node
from tests.sources.shop import program
from tests.web.house import NOW, House, open_house, problem


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with open_house(database, program=program) as opened:
        # Clients say when they send by their own clocks, which are real.
        yield opened


def key_of(house: House, *scopes: str) -> str:
    return house.key(*scopes or ("ingest",))["Authorization"].removeprefix("Bearer ")


def post(house: House, path: str, body: object, **headers: str) -> httpx.Response:
    said = base64.b64encode(f"{key_of(house)}:".encode()).decode()
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return house.client.post(f"/v1/{path}", content=content, headers={"Authorization": f"Basic {said}", **headers})


def told(house: House, customer: str = "c-17") -> list[tuple[str, dict[str, Any]]]:
    return sorted([(each["name"], each["properties"]) for each in house.inbox().get(customer, [])], key=repr)


# What the calls below become, whichever library makes them.
EVERYTHING = [
    ("customer.merged", {"from": "anon-17"}),
    ("customer.merged", {"from": "anon-18"}),
    ("order_placed", {"order_id": "A1", "total": 649}),
    ("page_viewed", {"category": "Shop", "page": "Home", "path": "/"}),
    ("profile.updated", {"first_name": "Ana"}),
    ("profile.updated", {"group_id": "g-1", "group_name": "Kaffa"}),
]


def call_everything(client: Any) -> None:
    client.identify("c-17", {"firstName": "Ana", "shoeSize": 39}, anonymous_id="anon-17")
    client.track("c-17", "Order Placed", {"orderId": "A1", "total": 649})
    client.page("c-17", "Shop", "Home", {"path": "/"})
    client.screen("c-17", "Shop", "Home")
    client.group("c-17", "g-1", {"name": "Kaffa"})
    client.alias("anon-18", "c-17")


# ---------------------------------------------------------------- the libraries, as they are


@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "packed"])
def test_segments_library_for_python_works_unchanged(house: House, is_packed: bool):
    client = Segment(key_of(house), host=house.url, sync_mode=True, gzip=is_packed)

    call_everything(client)

    assert told(house) == EVERYTHING


@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "packed"])
def test_rudderstacks_library_for_python_works_unchanged(house: House, is_packed: bool):
    client = Rudder(key_of(house), host=house.url, sync_mode=True, gzip=is_packed)

    call_everything(client)

    assert told(house) == EVERYTHING


def test_segments_library_sends_in_batches_and_is_told_that_all_is_well(house: House):
    failed: list[object] = []
    client = Segment(key_of(house), host=house.url, on_error=lambda *said: failed.append(said), upload_size=100)

    for place in range(250):
        client.track("c-17", "order_placed", {"orderId": str(place)})
    client.shutdown()

    assert (len(told(house)), failed) == (250, [])


@NEEDS_NODE
def test_segments_library_for_node_works_unchanged(house: House):
    assert run_node("segment.js", {"key": key_of(house), "url": house.url}) == {"failed": []}

    assert told(house) == EVERYTHING


@NEEDS_NODE
@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "packed"])
def test_rudderstacks_library_for_node_works_unchanged(house: House, is_packed: bool):
    said = {"key": key_of(house), "url": house.url, "gzip": is_packed}

    assert run_node("rudder.js", said) == {"failed": []}

    assert told(house) == EVERYTHING


def test_libraries_are_told_what_is_wrong_in_the_words_they_look_for(house: House):
    segment = Segment("jrn_000000000000_wrong", host=house.url, sync_mode=True)
    rudder = Rudder(key_of(house, "read"), host=house.url, sync_mode=True)

    with pytest.raises(SegmentError) as wrong_key:
        segment.track("c-17", "order_placed")
    with pytest.raises(RudderError) as wrong_scope:
        rudder.track("c-17", "order_placed")

    assert (wrong_key.value.status, wrong_key.value.code) == (401, "no-key")
    assert (wrong_scope.value.status, wrong_scope.value.code) == (403, "wrong-scope")
    assert "`ingest` is needed" in wrong_scope.value.message


# ---------------------------------------------------------------- what a message says


def message(type: str = "track", **more: Any) -> dict[str, Any]:
    said = {"messageId": "m-1", "userId": "c-17", "type": type, "timestamp": "2026-03-10T08:58:00Z", **more}
    return said | ({"event": "order_placed"} if type == "track" and "event" not in said else {})


def test_each_kind_of_message_has_an_address_of_its_own(house: House):
    for kind, more in [
        ("track", {"event": "orderPlaced", "properties": {"ORDER-ID": "A1"}}),
        ("identify", {"traits": {"email": "ana@example.com"}}),
        ("page", {"name": "Home"}),
        ("group", {"groupId": 7}),
        ("alias", {"previousId": "anon-1"}),
    ]:
        answer = post(house, kind, {"messageId": kind, "userId": "c-17", **more})
        assert (answer.status_code, answer.json()["success"], answer.json()["accepted"]) == (200, True, 1), kind

    assert told(house) == [
        ("customer.merged", {"from": "anon-1"}),
        ("order_placed", {"order_id": "A1"}),
        ("page_viewed", {"page": "Home"}),
        ("profile.updated", {"email": "ana@example.com"}),
        ("profile.updated", {"group_id": "7"}),
    ]
    assert post(house, "screen", {"userId": "c-17", "name": "Home"}).json()["ignored"] == 1


def test_one_that_is_bad_loses_none_of_the_good(house: House):
    deep: Any = "a"
    for _ in range(40):
        deep = [deep]
    batch = [
        message(),
        message(messageId="m-2", properties={"total": "many"}),
        message(messageId="m-3", userId=None),
        message(messageId="m-4", type="dance"),
        message(messageId="m-5", event=7),
        message(messageId="m-6", timestamp="yesterday"),
        message(messageId="m-7", properties=deep),
        message(messageId="m-8", userId={"id": 1}),
        message("alias", messageId="m-9"),
        message(messageId="m-10", properties=[]),
        None,
        "nonsense",
        message("identify", messageId="m-11", traits={"email": "nowhere"}),
        message(messageId="m-12", event="customer.erased"),
        message(messageId="m-13", event="profile.updated"),
        message(messageId="m-14", userId="x" * 201),
        message(messageId="m-15", properties={"order_id": "\x00"}),
        message(messageId="m-16"),
    ]

    answer = post(house, "batch", {"batch": batch})

    assert answer.status_code == 200
    said = answer.json()
    assert (said["success"], said["accepted"], said["ignored"], said["refused"]) == (True, 2, 2, 14)
    assert [each["problem"]["pointer"] for each in said["events"]] == [
        f"/batch/{place}" for place in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16)
    ]
    assert all(each["problem"]["detail"] for each in said["events"])
    assert len(told(house)) == 2


def test_what_nothing_can_be_taken_of_is_refused_for_good(house: House):
    for body in (
        {"batch": [message(userId="")]},
        {"batch": {}},
        {},
        [],
        b"",
        b"{",
        b"\x1f\x8bnonsense",
        gzip.compress(json.dumps({"batch": [message()]}).encode())[:-9],
        gzip.compress(b" " * 6_000_000),
        b" " * 6_000_000,
        {"batch": [message()] * 1_001},
    ):
        answer = post(house, "batch", body)
        said = problem(answer)
        assert (answer.status_code, said["success"]) == (400, False)
        assert said["code"] and said["message"]
    assert house.inbox() == {}


def test_a_body_that_is_too_long_is_told_so_packed_or_not(house: House):
    for body in (b" " * 6_000_000, gzip.compress(b" " * 6_000_000), {"batch": [message()] * 1_001}):
        assert problem(post(house, "batch", body))["code"] == "too-large"


def test_a_key_is_a_user_name_for_these_libraries_alone(house: House):
    said = base64.b64encode(f"{key_of(house)}:".encode()).decode()
    for name in (said, "", "%", base64.b64encode(b"\xff:").decode()):
        answer = house.client.post("/v1/events", json={}, headers={"Authorization": f"Basic {name or chr(37)}"})
        assert answer.status_code == 401
    assert house.client.post("/v1/batch", json={"batch": []}, headers={"Authorization": "Basic %"}).status_code == 401


def test_a_body_is_read_by_its_path_whatever_it_is_called(house: House):
    packed = gzip.compress(json.dumps({"batch": [message()]}).encode())
    for type in ("application/x-www-form-urlencoded", "text/plain", "application/json; charset=ISO-8859-1"):
        assert post(house, "batch", packed, **{"Content-Type": type, "Content-Encoding": "gzip"}).status_code == 200
        assert post(house, "import", packed, **{"Content-Type": type}).status_code == 200

    assert len(told(house)) == 1


def test_a_message_is_taken_once_with_an_id_and_without(house: House):
    without = {key: value for key, value in message(properties={"orderId": "A2"}).items() if key != "messageId"}
    for sent_at in ("2026-03-10T08:59:00Z", "2026-03-10T08:59:30Z"):
        post(house, "batch", {"batch": [message(), without], "sentAt": sent_at})
        post(house, "track", {**without, "sentAt": sent_at})

    assert len(told(house)) == 2


# ---------------------------------------------------------------- who it is


def test_an_anonymous_customer_is_one_of_their_own_until_they_are_named(house: House):
    batch = [
        message(messageId="m-1", userId=None, anonymousId="anon-1"),
        message("identify", messageId="m-2", anonymousId="anon-1", traits={"first_name": "Ana"}),
        message(messageId="m-3", anonymousId="anon-1"),
        message("alias", messageId="m-4", previousId="anon-1"),
        message("alias", messageId="m-5", previousId="c-17"),
    ]

    assert post(house, "batch", {"batch": batch}).json()["refused"] == 0

    assert [name for name, _ in told(house, "anon-1")] == ["order_placed"]
    merged = [each for each in house.inbox()["c-17"] if each["name"] == "customer.merged"]
    assert [(each["id"], each["source"], each["properties"]) for each in merged] == [
        ("merge:anon-1", "segment", {"from": "anon-1"})
    ]


def test_a_companys_name_never_becomes_the_customers(house: House):
    post(
        house, "group", message("group", groupId="g-1", traits={"first_name": "Acme", "name": "Acme", "email": "a@b.c"})
    )

    assert told(house) == [("profile.updated", {"group_id": "g-1", "group_name": "Acme"})]


def test_traits_are_fitted_to_the_fields_that_are_declared(house: House):
    traits = {
        "First Name": "Ana",
        "phone": 34_600_000_000,
        "Budget": "649.50",
        "timezone": "Europe/Lisbon",
        "kids count": 3,
    }

    post(house, "identify", message("identify", traits=traits, context={"traits": {"company": "Kaffa"}}))

    assert told(house) == [
        (
            "profile.updated",
            {
                "first_name": "Ana",
                "phone": "34600000000",
                "budget": 649.5,
                "timezone": "Europe/Lisbon",
                "kids_count": "3",
                "company": "Kaffa",
            },
        )
    ]


def test_a_trait_that_its_field_cannot_hold_is_told_and_loses_none_of_the_others(house: House):
    traits = {"email": "nowhere", "first_name": "Ana", "Budget": "a lot", "shoeSize": {}, "timezone": "Mars/Olympus"}
    batch = [
        message("identify", anonymousId="anon-1", traits=traits),
        message("identify", messageId="m-2", traits=traits),
    ]

    answer = post(house, "batch", {"batch": batch}).json()

    assert told(house) == [
        ("customer.merged", {"from": "anon-1"}),
        ("profile.updated", {"first_name": "Ana"}),
        ("profile.updated", {"first_name": "Ana"}),
    ]
    assert (answer["success"], answer["accepted"], answer["ignored"], answer["refused"]) == (True, 3, 0, 2)
    assert [each["problem"]["pointer"] for each in answer["events"]] == ["/batch/0", "/batch/1"]
    [said, same] = [each["problem"]["detail"] for each in answer["events"]]
    assert said == same
    assert said.startswith("left out: `customer.email` must be an e-mail address; `customer.budget` must be a number; ")
    assert "`timezone`" in said


def test_a_trait_that_leads_into_a_program_is_left_out(house: House):
    traits = {"room_url": "javascript:alert(1)", "first_name": "Ana"}

    post(house, "identify", message("identify", traits=traits))

    assert told(house) == [("profile.updated", {"first_name": "Ana"})]


def test_an_identify_of_which_nothing_is_left_is_refused(house: House):
    answer = post(house, "identify", message("identify", traits={"email": "nowhere", "shoeSize": 39}))

    assert (answer.status_code, problem(answer)["code"]) == (400, "bad-event")
    assert house.inbox() == {}


# ---------------------------------------------------------------- when it was


@pytest.mark.parametrize(
    ("said", "sent", "at"),
    [
        ({}, None, NOW),
        ({"timestamp": NOW - HOUR}, None, NOW - HOUR),
        ({"timestamp": NOW - HOUR}, NOW - MINUTE, NOW - HOUR + MINUTE),
        ({"timestamp": NOW + 9 * HOUR}, NOW + 10 * HOUR, NOW - HOUR),
        ({"originalTimestamp": NOW - HOUR, "timestamp": NOW, "sentAt": NOW}, NOW + HOUR, NOW - HOUR),
        ({"timestamp": NOW + HOUR}, NOW, NOW),
        ({"timestamp": NOW + HOUR}, None, NOW),
    ],
    ids=[
        "nothing said is now",
        "a time alone is believed",
        "what it took to get here is added",
        "a clock that is ten hours ahead",
        "what was first said, and the message's own word",
        "after it was sent is now",
        "the future is now",
    ],
)
def test_the_time_is_segments_own_rule(house: House, said: dict[str, int], sent: int | None, at: int):
    times = {key: format_moment(value) for key, value in said.items()}
    body = {"batch": [{"messageId": "m-1", "type": "track", "userId": "c-17", "event": "order_placed", **times}]}
    if sent is not None:
        body["sentAt"] = format_moment(sent)

    post(house, "batch", body)

    assert house.inbox()["c-17"][0]["at"] == format_moment(at)


@pytest.mark.parametrize(
    ("said", "because"),
    [
        ({"timestamp": "2998-03-01T10:40:00Z"}, "`timestamp`: '2998-03-01T10:40:00Z' is after 2100"),
        ({"timestamp": "9999-12-31T23:59:59.999Z"}, "`timestamp`: '9999-12-31T23:59:59.999Z' is after 2100"),
        ({"timestamp": "1900-01-01T00:00:00Z"}, "`timestamp`: '1900-01-01T00:00:00Z' is before 1970"),
        ({"originalTimestamp": "1900-01-01T00:00:00Z"}, "`originalTimestamp`: '1900-01-01T00:00:00Z' is before 1970"),
        ({"timestamp": "2026-03-10T08:58:00"}, "has no zone: add Z for UTC"),
        ({"timestamp": 1_773_133_080}, "`timestamp` must be text, as in 2026-03-01T10:40:00Z"),
        ({"timestamp": ["2026"]}, "`timestamp` must be text, as in 2026-03-01T10:40:00Z"),
        ({"sentAt": "2998-03-01T10:40:00Z"}, "`sentAt`: '2998-03-01T10:40:00Z' is after 2100"),
    ],
)  # fmt: skip
def test_a_time_that_is_a_slip_is_told_as_what_it_is(house: House, said: dict[str, Any], because: str):
    answer = post(house, "track", message("track", event="Order Placed", **said))

    assert because in problem(answer)["detail"]
    assert answer.status_code == 400


def test_a_busy_or_broken_house_asks_to_be_tried_again(database: Database):
    with open_house(database, program=program, inbox_max=0) as house:
        answer = post(house, "track", message())

    assert (answer.status_code, problem(answer)["code"]) == (429, "behind")
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"type": "identify"}, "`type` is not track"),
        ({"type": None}, "`type` is not track"),
        ({"messageId": True}, "`messageId` must be text"),
        ({"messageId": "x" * 201}, "`messageId` must be text"),
        ({"anonymousId": "a\x07"}, "`anonymousId` holds U+0007"),
        ({"userId": 2**63}, "`userId` must be text"),
    ],
    ids=str,
)
def test_a_message_is_looked_at_whatever_is_made_of_it(house: House, more: dict[str, Any], words: str):
    unheard_of = message(event="Unheard Of")

    assert post(house, "track", unheard_of).json()["ignored"] == 1
    assert words in problem(post(house, "track", unheard_of | more))["detail"]


def test_no_clock_of_a_sender_puts_what_happened_before_1970(house: House):
    times = {"timestamp": "1970-01-01T00:00:00Z", "sentAt": "2099-01-01T00:00:00Z"}

    assert post(house, "track", message(**times)).json()["accepted"] == 1
    assert [each["at"] for each in house.inbox()["c-17"]] == ["1970-01-01T00:00:00Z"]
