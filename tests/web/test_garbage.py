"""Whatever is sent, the answer is a problem that says what is wrong and where, and never a failure of ours."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from journeys.web.bodies import BODY_MAX
from tests.web.house import House, event, open_house_on_sqlite, problem

DEEP = 10_000


NOT_JSON = {
    "nothing": (b"", "there is nothing in it"),
    "blanks": (b" \n\t ", "there is nothing in it"),
    "a NUL": (b"\x00", "invalid character"),
    "cut off": (b'{"id": "e-1", "name": "order', "it ends too early"),
    "cut off in a list": (b'[{"id": "e-1"}, ', "it ends too early"),
    "two values": (b"{} {}", "trailing characters"),
    "NaN": (b'{"properties": {"total": NaN}}', "invalid character"),
    "Infinity": (b'{"properties": {"total": -Infinity}}', "invalid"),
    "a number without bounds": (b'{"properties": {"total": 1e999}}', "out of range"),
    "a number of 5,000 digits": (b'{"properties": {"total": ' + b"9" * 5_000 + b"}}", "out of range"),
    "bad UTF-8": (b'{"id": "\xff\xfe"}', "not UTF-8 text"),
    "UTF-16": ('{"id": 1}'.encode("utf-16"), "invalid character"),
    "half of a surrogate pair": (b'{"id": "\\ud800 and on"}', "half of a surrogate pair, which is no character"),
    "half of a pair at the end": (b'{"id": "e-\\ud800"}', "half of a surrogate pair, which is no character"),
    "the other half of a pair": (b'{"id": "\\udc00"}', "half of a surrogate pair, which is no character"),
    "cut off in half of a pair": (b'{"id": "e-\\ud800', "it ends too early"),
    "a raw NUL in a text": (b'{"id": "\x00"}', "invalid character"),
    "10,000 lists within each other": (b"[" * DEEP + b"]" * DEEP, "nested more than 32 deep"),
    "10,000 objects within each other": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, "nested more than 32 deep"),
    "10,000 opened and never closed": (b'{"a":[' * DEEP, "nested more than 32 deep"),
    "40 deep": (b'{"a":' * 40 + b"1" + b"}" * 40, "nested more than 32 deep"),
    "deep behind a doubled key": (b'{"a": ' + b"[" * 5_000 + b"]" * 5_000 + b', "a": 1}', "nested more than 32 deep"),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Nothing in here gets as far as a database."""
    with open_house_on_sqlite(tmp_path_factory.mktemp("web")) as opened:
        yield opened
        assert opened.inbox() == {}


@pytest.mark.parametrize("case", NOT_JSON)
def test_what_is_not_json_is_refused_whole(house: House, case: str):
    body, words = NOT_JSON[case]

    answer = house.post(body)

    told = problem(answer)
    assert answer.status_code == 400
    assert told["type"] == "urn:problem-type:journeys:bad-json"
    assert words in told["detail"]
    assert "$" not in told["detail"], "a place is said by a pointer, or not at all"
    assert told["pointer"] == ""
    assert problem(house.put("c-17", body))["detail"] == told["detail"]


DOUBLED = {
    "a name": (b'{"id": "1", "id": "2"}', "/id"),
    "a property": (b'{"properties": {"total": 1, "x": [{"y": 1}], "total": 2}}', "/properties/total"),
    "inside a list": (b'{"a": [0, {"b": {"c": 1, "c": 1}}]}', "/a/1/b/c"),
    "with colons in texts": (b'{"at": "10:00:00", "a:b": ":", "a:b": ":"}', "/a:b"),
    "one of them escaped": (b'{"name": 1, "n\\u0061me": 2}', "/name"),
    "hidden by escaped colons": (b'{"x": "\\u003a\\u003A", "y": 1, "y": 2, "z": 1, "z": 2}', "/y"),
    "a stroke and a tilde": (b'{"a/b~c": 1, "a/b~c": 2}', "/a~1b~0c"),
    "the empty name": (b'{"": 1, "": 2}', "/"),
}


@pytest.mark.parametrize("case", DOUBLED)
def test_a_key_that_stands_twice_is_refused_with_its_place(house: House, case: str):
    body, pointer = DOUBLED[case]

    told = problem(house.post(body))

    assert told["type"] == "urn:problem-type:journeys:bad-json"
    assert told["pointer"] == pointer
    assert "stands twice in one object" in told["detail"]


BAD_EVENTS = {
    "a number": (17, "", "an event is an object"),
    "a text": ("order_placed", "", "an event is an object"),
    "null": (None, "", "an event is an object"),
    "true": (True, "", "an event is an object"),
    "an empty object": ({}, "/customer", "`customer` must be text"),
    "no id": ({**event(), "id": ""}, "/id", "needs an `id`"),
    "an id of null": ({**event(), "id": None}, "/id", "needs an `id`"),
    "an id of true": ({**event(), "id": True}, "/id", "`id` must be text"),
    "an id of a list": ({**event(), "id": []}, "/id", "`id` must be text"),
    "a very long id": (event("x" * 201), "/id", "at most 200 characters"),
    "an endless id": (event("x" * 1_000_000), "/id", "at most 200 characters"),
    "a number too long for an id": ({**event(), "id": 10**40}, "/id", "`id` must be text"),
    "a NUL in the id": (event("a\x00b"), "/id", "`id` holds a NUL"),
    "a NUL in the customer": (event("e-1", "a\x00b"), "/customer", "`customer` holds a NUL, which nobody sees"),
    "a line break in the customer": (event("e-1", "a\nb"), "/customer", "`customer` holds U+000A"),
    "an escape in the customer": (event("e-1", "a\x1b[2J"), "/customer", "`customer` holds U+001B"),
    "a mark of direction": (event("e-1", "a\u202eb"), "/customer", "`customer` holds U+202E, which nobody sees"),
    "a joiner of words": (event("e-1", "a\u2060b"), "/customer", "`customer` holds U+2060, which nobody sees"),
    "a blank for a customer": (event("e-1", " "), "/customer", "`customer` must not begin or end with a blank"),
    "a blank before the customer": (event("e-1", "\xa0ana"), "/customer", "must not begin or end with a blank"),
    "a blank after the customer": (event("e-1", "ana "), "/customer", "must not begin or end with a blank"),
    "a very long customer": (event("e-1", "x" * 201), "/customer", "1 to 200 characters"),
    "an empty customer": (event("e-1", ""), "/customer", "1 to 200 characters"),
    "a customer of a number": ({**event(), "customer": 17}, "/customer", "`customer` must be text"),
    "a NUL in the source": (event(source="a\x00b"), "/source", "`source` holds a NUL"),
    "a source of an object": (event(source={}), "/source", "`source` must be text"),
    "a name of a number": (event(name=17), "/name", "needs a `name`"),
    "a name of a list": (event(name=[]), "/name", "needs a `name`"),
    "no time": ({**event(), "at": None}, "/at", "needs `at`"),
    "a time of a number": ({**event(), "at": 1_773_133_200}, "/at", "needs `at`"),
    "a time without a zone": (event(at="2026-03-10T08:00:00"), "/at", "has no zone"),
    "a time that is none": (event(at="yesterday"), "/at", "is not a moment"),
    "a time before 1970": (event(at="1969-12-31T23:59:59Z"), "/at", "is before 1970"),
    "a time after 2100": (event(at="2101-01-01T00:00:00Z"), "/at", "is after 2100"),
    "properties of a list": (event(properties=[]), "/properties", "must be an object"),
    "properties of a text": (event(properties="x"), "/properties", "must be an object"),
    "an import of 1": ({**event(), "import": 1}, "/import", "true or false"),
    "a property of a wrong type": (event(properties={"total": "much"}), "/properties/total", "must be a number"),
    "an endless property": (event(properties={"order_id": "x" * 4_001}), "/properties/order_id", "longer than 4000"),
    "a NUL in a property": (event(properties={"order_id": "a\x00"}), "/properties/order_id", "NUL"),
    "a NUL in a list": (event(properties={"skus": ["a", "\x00"]}), "/properties/skus", "NUL"),
    "a number out of bounds": (event(properties={"total": 1e15}), "/properties/total", "out of bounds"),
    "1,001 items": (event(properties={"skus": ["a"] * 1_001}), "/properties/skus", "at most 1000 items"),
    "a purpose of a list": (event(name="consent.given", properties={"purpose": []}), "/properties/purpose", "text"),
    "an address that is none": (
        event(name="profile.updated", properties={"email": "ana"}), "/properties/email", "e-mail address"
    ),
    "a touch that was sent": (event(name="spark.sent", properties={}), "/name", "told by the engine itself"),
    "a touch that was withheld": (event(name="spark.withheld", properties={}), "/name", "told by the engine itself"),
    "any touch's opening": (event(name="touch.opened", properties={}), "/name", "told by the engine itself"),
    "a segment entered": (event(name="vip.entered", properties={}), "/name", "told by the engine itself"),
    "a journey ended": (event(name="espresso.ended", properties={}), "/name", "told by the engine itself"),
    "the source of what went": (event(source="journeys.outbox"), "/source", "what the engine itself tells"),
    "an erasure without admin": (event(name="customer.erased", properties={}), "/name", "the scope `admin`"),
}  # fmt: skip

# These may be taken another time.
UNFIT_EVENTS = {
    "a time six minutes ahead": (event(at="2026-03-10T09:06:00Z"), "/at", "five minutes in the future"),
    "a purpose nobody has": (
        event(name="consent.given", properties={"purpose": "x"}), "/properties/purpose", "must be one of offers"
    ),
    "a zone that is none": (
        event(name="profile.updated", properties={"timezone": "Mars"}), "/properties/timezone", "not a time zone"
    ),
    "a zone that is a path": (
        event(name="profile.updated", properties={"timezone": "../etc/passwd"}), "/properties/timezone", "not a time"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_EVENTS | UNFIT_EVENTS)
def test_a_bad_event_is_refused_with_its_place_alone_and_in_company(house: House, case: str):
    is_unfit = case in UNFIT_EVENTS
    body, pointer, words = UNFIT_EVENTS[case] if is_unfit else BAD_EVENTS[case]

    alone = problem(house.post(body))
    listed = problem(house.post([body, body]))

    assert alone["status"] == listed["status"] == (409 if is_unfit else 400)
    assert is_unfit or alone["type"] == "urn:problem-type:journeys:bad-event"
    assert words in alone["detail"]
    assert alone["pointer"] == pointer
    assert listed["type"] == f"urn:problem-type:journeys:no-event-{'fits' if is_unfit else 'taken'}"
    assert [item["status"] for item in listed["events"]] == ["refused", "refused"]
    assert listed["events"][1]["problem"] == {
        "type": alone["type"], "title": alone["title"], "detail": alone["detail"], "pointer": f"/1{pointer}"
    }  # fmt: skip


BAD_CUSTOMERS = {
    "a list": ([], "", "a customer is an object"),
    "a text": ("Ana", "", "a customer is an object"),
    "a name of ours misspelt": ({"attribute": {}}, "/attribute", "is none of attributes, timezone, consents"),
    "attributes of false": ({"attributes": False}, "/attributes", "must be an object"),
    "attributes of a list": ({"attributes": ["x"]}, "/attributes", "must be an object"),
    "a wrong type": ({"attributes": {"first_name": 7}}, "/attributes/first_name", "must be text"),
    "an address that is none": ({"attributes": {"email": "ana"}}, "/attributes/email", "must be an e-mail address"),
    "a NUL": ({"attributes": {"first_name": "\x00"}}, "/attributes/first_name", "NUL"),
    "a zone among them": ({"attributes": {"timezone": "UTC"}}, "/attributes/timezone", "stands beside"),
    "a zone of a number": ({"timezone": 1}, "/timezone", "must be the name of a zone"),
    "consents of a list": ({"consents": ["offers"]}, "/consents", "each true or false"),
    "a consent of a text": ({"consents": {"offers": "yes"}}, "/consents/offers", "true or false"),
    "a consent of 1": ({"consents": {"offers": 1}}, "/consents/offers", "true or false"),
}
UNKNOWN = {
    "a zone that is none": ({"timezone": "Mars"}, "/timezone", "not a time zone"),
    "a purpose nobody has": ({"consents": {"a/b": True}}, "/consents/a~1b", "must be one of offers"),
}


@pytest.mark.parametrize("case", BAD_CUSTOMERS | UNKNOWN)
def test_what_cannot_be_said_of_a_customer_is_refused_whole(house: House, case: str):
    kind, status = ("unknown-name", 409) if case in UNKNOWN else ("bad-customer", 400)
    body, pointer, words = (BAD_CUSTOMERS | UNKNOWN)[case]
    whole = body if type(body) is not dict else {"consents": {"surveys": True}, **body} if pointer else body

    answer = house.put("c-17", whole)

    assert answer.status_code == status
    assert problem(answer)["type"] == f"urn:problem-type:journeys:{kind}"
    assert problem(answer)["pointer"] == pointer
    assert words in problem(answer)["detail"]


def test_an_empty_list_and_empty_lines_hold_no_event(house: House):
    assert problem(house.post(b"[]"))["detail"] == "there is no event in it"
    assert problem(house.post(b"\n \n\r\n", type="application/x-ndjson"))["detail"] == "there is no event in it"


def test_more_than_a_thousand_events_are_too_many(house: House):
    answer = house.post([1] * 1_001)

    assert answer.status_code == 413
    assert "1,001 events: send at most 1,000" in problem(answer)["detail"]


MEDIA = {
    "a form, as curl sends it": ("application/x-www-form-urlencoded", "send it with `Content-Type: application/json`"),
    "a text": ("text/plain", "send it with"),
    "an empty one": ("", "send it with"),
    "another alphabet": ("application/json; charset=latin-1", "send it in UTF-8"),
    "UTF-16": ("application/json;charset=UTF-16", "send it in UTF-8"),
}


@pytest.mark.parametrize("case", MEDIA)
def test_a_body_of_another_type_is_refused(house: House, case: str):
    type, words = MEDIA[case]

    answer = house.post(event(), type=type)

    assert answer.status_code == 415
    assert words in problem(answer)["detail"]


def test_a_compressed_body_is_refused(house: House):
    headers = house.key("ingest") | {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    answer = house.client.post("/v1/events", content=b"\x1f\x8b", headers=headers)

    assert answer.status_code == 415
    assert "without a Content-Encoding" in problem(answer)["detail"]


def test_a_body_that_says_it_is_too_long_is_not_read(house: House):
    """The client says how long it will be, waits for word, and never sends a byte of it."""
    key = house.key("ingest")["Authorization"]
    host, port = house.url.removeprefix("http://").split(":")
    head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\nContent-Length: {BODY_MAX + 1}\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(head.encode())

        first = connection.makefile("rb").readline()

    assert first.startswith(b"HTTP/1.1 413 ")


def test_a_body_without_end_is_read_no_further_than_it_may_be(house: House):
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 1_000_000
            yield b" " * 1_000_000

    try:
        answer = house.client.post("/v1/events", content=endless(), headers=house.key("ingest"))
    except httpx.TransportError:
        # The server has answered and closed, while we were still sending.
        pass
    else:
        assert answer.status_code == 413
        assert "longer than 5,000,000 bytes" in problem(answer)["detail"]

    assert read < 50_000_000


def test_paths_and_methods_that_are_not_there_are_problems_too(house: House):
    nowhere = house.client.get("/v2/events")
    wrong = house.client.delete("/v1/customers/c-17", headers=house.key("admin"))
    strange = house.client.request("PURGE", "/v1/events")

    assert (nowhere.status_code, problem(nowhere)["title"]) == (404, "Not Found")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, OPTIONS, PUT")
    assert problem(wrong)["detail"] == "here one may GET, HEAD, OPTIONS, PUT"
    assert (strange.status_code, strange.headers["allow"]) == (405, "OPTIONS, POST")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/customers/",
        "/v1/customers",
        "/v1/events/",
        "//v1/events",
        "/v1/customers/%",
        "/%00",
        "/ü",
    ],
)
def test_no_path_fails_or_redirects(house: House, path: str):
    for method in ("GET", "POST", "PUT", "HEAD", "OPTIONS"):
        answer = house.client.request(method, path, headers=house.key("admin"), content=b"")

        assert 400 <= answer.status_code < 500 or answer.status_code == 204, (method, path)
        assert "location" not in answer.headers


def test_an_id_in_the_path_is_bounded_and_text(house: House):
    for path, words in {
        "x" * 201: "1 to 200 characters",
        "%FF%FE": "not UTF-8",
        "a%00b": "holds a NUL",
        "a%E2%80%AEb": "holds U+202E",
        "%20": "must not begin or end with a blank",
        "ana%20": "must not begin or end with a blank",
    }.items():
        answer = house.put(path, {"timezone": "Europe/Madrid"})

        assert answer.status_code == 400
        assert words in problem(answer)["detail"]
        assert house.get(f"/v1/customers/{path}").status_code == 400
        assert house.get(f"/v1/customers/{path}/touches").status_code == 400
