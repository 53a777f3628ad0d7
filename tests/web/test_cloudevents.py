"""CloudEvents over HTTP, as their own libraries send them: in headers, in an envelope, and as a batch."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from journeys.store.database import Database
from tests.clients.node import NEEDS_NODE, run_node
from tests.sources.shop import program
from tests.web.house import House, open_house, problem

ONE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    with open_house(database, program=program) as opened:
        yield opened


def envelope(id: str = "e-1", **more: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": id,
        "source": "https://shop.kaffa.example",
        "type": "com.kaffa.order_placed",
        "subject": "c-17",
        "time": "2026-03-10T08:58:00Z",
        "data": {"order_id": "A1", "total": 649},
        **more,
    }


def post(house: House, body: object, type: str | None = ONE, scope: str = "ingest", **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = house.key(scope) | headers | ({} if type is None else {"Content-Type": type})
    return house.client.post("/v1/cloudevents", content=content, headers=sent)


def inbox(house: House, customer: str = "c-17") -> list[dict[str, Any]]:
    return house.inbox().get(customer, [])


TAKEN = {
    "name": "order_placed",
    "source": "https://shop.kaffa.example",
    "at": "2026-03-10T08:58:00Z",
    "properties": {"order_id": "Añ1", "total": 649},
}


@pytest.mark.parametrize("to_http", [to_binary, to_structured], ids=["binary", "structured"])
def test_what_the_library_for_python_makes_is_taken(house: House, to_http: Any):
    attributes = {
        "id": "e-1",
        "source": "https://shop.kaffa.example",
        "type": "com.kaffa.order_placed",
        "specversion": "1.0",
        "subject": "c-17 ñ",
        "time": datetime(2026, 3, 10, 8, 58, tzinfo=UTC),
    }
    event = CloudEvent(attributes=attributes, data={"order_id": "Añ1", "total": 649})
    made = to_http(event, JSONFormat())

    answer = house.client.post("/v1/cloudevents", content=made.body, headers=house.key("ingest") | made.headers)

    assert answer.status_code == 202, answer.text
    (taken,) = inbox(house, "c-17 ñ")
    assert taken == {**TAKEN, "id": "e-1"}


@NEEDS_NODE
def test_what_the_library_for_node_sends_is_taken(house: House):
    key = house.key("ingest")["Authorization"].removeprefix("Bearer ")

    said = run_node("cloudevents.js", {"key": key, "url": f"{house.url}/v1/cloudevents"})

    assert [each["accepted"] for each in said] == [1, 1]
    by_id = {each["id"]: {**each, "at": "2026-03-10T08:58:00Z"} for each in inbox(house)}
    assert by_id == {id: {**TAKEN, "id": id} for id in ("e-1", "e-2")}


def test_of_a_batch_one_that_is_bad_loses_none_of_the_good(house: House):
    batch = [
        envelope(),
        envelope("e-2", specversion="0.3"),
        envelope("e-3", type=None),
        envelope("e-4", subject=None),
        envelope("e-5", data=[]),
        envelope("e-6", data={"total": "many"}),
        envelope("e-7", time="soon"),
        envelope("e-8", type="com.kaffa.machine.cleaned"),
        "nonsense",
        envelope("e-9", data=None),
    ]

    answer = post(house, batch, BATCH)

    assert answer.status_code == 202
    refused = ["refused"] * 6
    assert [each["status"] for each in answer.json()["events"]] == [
        *("accepted", *refused, "ignored", "refused", "accepted")
    ]
    assert [each["problem"]["pointer"] for each in answer.json()["events"] if "problem" in each] == [
        *("/1", "/2", "/3", "/4", "/5", "/6", "/8")
    ]
    assert answer.json()["events"][7] == {"id": "e-8", "status": "ignored"}
    assert len(inbox(house)) == 2


def test_in_headers_what_is_not_ascii_is_percent_encoded(house: House):
    headers = {
        "ce-specversion": "1.0",
        "ce-id": "e-1",
        "ce-source": "/shop",
        "ce-type": "order.placed",
        "ce-customer": "Jos%C3%A9%20%25",
        "ce-subject": "an order",
    }

    answers = [post(house, {"orderId": "A1"}, type, **headers) for type in ("application/json", "text/json+json")]

    assert [answer.json()["accepted"] for answer in answers] == [1, 0]
    (taken,) = inbox(house, "José %")
    assert (taken["properties"], taken["at"]) == ({"order_id": "A1"}, "2026-03-10T09:00:00Z")
    assert post(house, b"a,b", "text/csv", **headers).status_code == 415
    assert post(house, b"", None, **{**headers, "ce-id": "e-2"}).json()["accepted"] == 1


def test_what_comes_in_an_envelope_is_read_from_it(house: House):
    answer = post(house, envelope(), f"{ONE}; charset=utf-8", **{"ce-id": "another", "ce-type": "other"})

    assert answer.json()["accepted"] == 1
    assert [each["id"] for each in inbox(house)] == ["e-1"]


def test_data_may_come_as_base64(house: House):
    data = base64.b64encode(b'{"order_id": "A1"}').decode()
    bad = [{"data_base64": each} for each in ("%", 7, base64.b64encode(b"{").decode())]

    assert post(house, envelope(data=None, data_base64=data)).json()["accepted"] == 1
    assert [post(house, envelope(**each)).status_code for each in bad] == [400, 400, 400]
    assert inbox(house)[0]["properties"] == {"order_id": "A1"}


def test_the_engines_own_events_are_told_by_their_whole_names(house: House):
    profile = envelope("e-1", type="profile.updated", data={"first_name": "Ana"})
    erased = envelope("e-2", type="customer.erased", data=None)

    assert post(house, profile).json()["accepted"] == 1
    assert post(house, erased).status_code == 400
    assert post(house, erased, scope="admin").json()["accepted"] == 1


def test_what_is_no_cloud_event_is_refused_with_what_is_wrong(house: House):
    for body, type, status in [
        (b"", ONE, 400),
        (b"{", ONE, 400),
        (b"[]", BATCH, 400),
        (envelope(), BATCH, 400),
        ({}, ONE, 400),
        (envelope(), "text/plain", 415),
        ([envelope()] * 1_001, BATCH, 413),
        (envelope(subject="x" * 201), ONE, 400),
        (envelope(source="x" * 201), ONE, 400),
    ]:
        answer = post(house, body, type)
        assert (answer.status_code, bool(problem(answer)["detail"])) == (status, True)
    assert house.client.post("/v1/cloudevents", json=envelope()).status_code == 401
    assert house.inbox() == {}


@pytest.mark.parametrize(
    "more",
    [
        {"data": [None]},
        {"subject": None},
        {"subject": 7, "customer": "c-17"},
        {"customer": ""},
        {"customer": "c\x07"},
        {"time": "yesterday"},
        {"id": "x" * 201},
    ],
    ids=str,
)
def test_what_nobody_declared_is_looked_at_all_the_same(house: House, more: dict[str, Any]):
    assert post(house, envelope(type="com.kaffa.unheard_of")).json()["ignored"] == 1
    assert problem(post(house, envelope(type="com.kaffa.unheard_of", **more)))["status"] == 400
