"""Over HTTP, to a real server that answers as providers do on their worst days."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from journeys.definition.model import Request
from journeys.definition.request import PLACEHOLDERS
from journeys.delivery.http import HttpProvider
from journeys.delivery.parcel import Accepted
from journeys.delivery.private import PRIVATE_HOSTS
from journeys.errors import ConfigurationError, DeliveryError, Permanent, Transient

from .parts import AT, KEY, POURED_MAX, Answer, WebServer, free_port, parcel, sms

SECOND = 1_000_000
SECRET = "s3cr3t-t0ken-value"
_MADE: list[HttpProvider] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while _MADE:
        _MADE.pop().close()


def made(request: Request, environment: dict[str, str], **more: Any) -> HttpProvider:
    environment = {PRIVATE_HOSTS: "127.0.0.1 localhost", **environment}
    _MADE.append(HttpProvider(request, environment=environment, **{"clock": lambda: AT, **more}))
    return _MADE[-1]


def provider(
    server: WebServer | str,
    *,
    path: str = "/send",
    timeout_s: float = 10.0,
    clock: Callable[[], int] = lambda: AT,
    **request: object,
) -> HttpProvider:
    url = server if isinstance(server, str) else server.url
    asked = Request(url="${SMS_URL}" + path, **{"json": {"to": "{{ address }}"}, **request})  # type: ignore[arg-type]
    environment = {"SMS_URL": url, "SMS_TOKEN": SECRET}
    return made(asked, environment, clock=clock, timeout_s=timeout_s)


def test_a_touch_becomes_the_request_that_the_brand_describes() -> None:
    with WebServer(Answer(201, body=b'{"sid": "SM1"}')) as server:
        accepted = provider(
            server,
            method="PUT",
            headers={"Authorization": "Bearer ${SMS_TOKEN}"},
            json={"to": ["{{ address }}"], "text": "{{text}}!", "from": "{{ sender_name }}", "ttl": 60, "x": None},
        ).send(sms("Hi"))

    (seen,) = server.seen
    assert accepted == Accepted(receipt="SM1")
    assert (seen.method, seen.path) == ("PUT", "/send")
    assert json.loads(seen.body) == {"to": ["+34600000001"], "text": "Hi!", "from": "Kaffa", "ttl": 60, "x": None}
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["authorization"] == f"Bearer {SECRET}"
    assert seen.headers["idempotency-key"] == KEY


def test_every_placeholder_is_filled_with_what_it_names() -> None:
    with WebServer() as server:
        provider(server, json={name: f"{{{{ {name} }}}}" for name in PLACEHOLDERS}).send(parcel())

    assert json.loads(server.seen[0].body) == {
        "address": "ana@example.com",
        "subject": "Something new",
        "text": "Grüße, Ana.",
        "html": parcel().message.html,
        "customer": "customer-7",
        "touch": "spark",
        "channel": "email",
        "key": KEY,
        "at": "2027-01-15T08:00:00Z",
        "sender_name": "Kaffa",
        "sender_email": "hello@kaffa.example",
    }


HOSTILE = 'a", "to": "+1", {{ key }} ${SMS_TOKEN} </x> & %0a = 日本 \u2028 \\ \n'


def test_what_a_value_holds_stays_a_value_in_json() -> None:
    with WebServer() as server:
        provider(server, json={"to": "{{ address }}", "text": "{{ text }}"}).send(sms(HOSTILE))

    assert json.loads(server.seen[0].body) == {"to": "+34600000001", "text": HOSTILE}


def test_what_a_value_holds_stays_a_value_in_a_form() -> None:
    with WebServer() as server:
        provider(server, json=None, form={"to": "{{ address }}", "text": "{{ text }}"}).send(sms(HOSTILE))

    (seen,) = server.seen
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(seen.body.decode(), strict_parsing=True) == {"to": ["+34600000001"], "text": [HOSTILE]}


def test_what_a_value_holds_stays_a_value_in_an_address() -> None:
    with WebServer() as server:
        provider(server, path="/to/{{ address }}/send?text={{ text }}", method="GET", json=None).send(
            sms("a&b=c#d/../é", to="../x?y")
        )

    assert server.seen[0].path == "/to/..%2Fx%3Fy/send?text=a%26b%3Dc%23d%2F..%2F%C3%A9"


@pytest.mark.parametrize("address", [".", ".."])
def test_a_value_leads_to_no_other_folder_of_an_address(address: str) -> None:
    with WebServer() as server, pytest.raises(Permanent, match="only dots"):
        provider(server, path="/to/{{ address }}").send(sms(to=address))

    assert server.seen == []


def test_a_value_begins_no_header() -> None:
    with WebServer() as server, pytest.raises(Permanent, match="header 'x-to'"):
        provider(server, headers={"X-To": "{{ address }}"}).send(sms(to="a\r\nx-admin: yes"))

    assert server.seen == []


def test_a_plain_text_goes_as_it_is() -> None:
    with WebServer() as server:
        provider(server, json=None, body="{{ subject }}{{ text }}").send(sms("Grüße"))

    assert server.seen[0].headers["content-type"] == "text/plain; charset=utf-8"
    assert server.seen[0].body == "Grüße".encode()


@pytest.mark.parametrize("kind", ["json", "form", "body"])
def test_half_a_character_breaks_no_request(kind: str) -> None:
    content = {"json": None, kind: "{{ text }}" if kind == "body" else {"t": "{{ text }}"}}
    with WebServer() as server:
        provider(server, path="/{{ text }}", **content).send(sms("a\ud800"))

    assert server.seen[0].path == "/a%3F"


def test_every_attempt_is_the_same_request() -> None:
    with WebServer(Answer(503)) as server:
        one = provider(server)
        with pytest.raises(Transient):
            one.send(sms())
        one.send(sms())

    first, second = server.seen
    assert first == second


def test_the_brand_may_name_the_idempotency_key_itself() -> None:
    with WebServer() as server:
        provider(server, headers={"Idempotency-Key": "k-{{ key }}", "content-type": "application/vnd.api+json"}).send(
            sms()
        )

    assert server.seen[0].headers["idempotency-key"] == f"k-{KEY}"
    assert server.seen[0].headers["content-type"] == "application/vnd.api+json"


def outcome(answer: Answer, *, clock: Callable[[], int] = lambda: AT) -> DeliveryError | Accepted:
    with WebServer(answer) as server:
        try:
            return provider(server, clock=clock).send(sms())
        except DeliveryError as error:
            return error


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_success_is_accepted(status: int) -> None:
    assert outcome(Answer(status)) == Accepted(receipt=None)


@pytest.mark.parametrize("status", [408, 425, 429, 503])
def test_come_later_was_surely_not_accepted(status: int) -> None:
    error = outcome(Answer(status))

    assert isinstance(error, Transient)
    assert not error.is_unsure
    assert str(error) == f"the provider answered {status}"


@pytest.mark.parametrize("status", [500, 502, 504, 599])
def test_a_failure_within_leaves_open_whether_it_was_accepted(status: int) -> None:
    error = outcome(Answer(status))

    assert isinstance(error, Transient)
    assert error.is_unsure


@pytest.mark.parametrize("status", [400, 404, 410, 413, 422])
def test_a_refusal_is_for_good(status: int) -> None:
    assert isinstance(outcome(Answer(status)), Permanent)


@pytest.mark.parametrize("status", [401, 402, 403, 405, 407])
def test_a_refusal_of_ourselves_gives_up_no_touch(status: int) -> None:
    error = outcome(Answer(status, body=b"the key has expired"))

    assert isinstance(error, Transient)
    assert not error.is_unsure
    assert str(error) == f"the provider answered {status}, which is about our access to it"
    assert error.said == "the key has expired"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with WebServer() as elsewhere:
        error = outcome(Answer(status, {"location": elsewhere.url}))

    assert isinstance(error, Permanent)
    assert "leads elsewhere" in str(error)
    assert elsewhere.seen == []


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        pytest.param("120", 120 * SECOND, id="seconds"),
        pytest.param("0", 0, id="at once"),
        pytest.param("Fri, 15 Jan 2027 08:02:00 GMT", 120 * SECOND, id="a date"),
        pytest.param("Friday, 15-Jan-27 08:02:00 GMT", 120 * SECOND, id="an old form of a date"),
        pytest.param("Fri, 15 Jan 2027 07:00:00 GMT", 0, id="a date that is over"),
        pytest.param("Fri, 15 Jan 2027 08:02:00", 120 * SECOND, id="a date without a zone"),
        pytest.param("soon", None, id="a word"),
        pytest.param("-5", None, id="less than nothing"),
        pytest.param("9" * 5000, None, id="a number without end"),
        pytest.param("Fri, 99 Jan 2027 08:02:00 GMT", None, id="no day"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_retry_after_is_understood(said: str, asked: int | None) -> None:
    error = outcome(Answer(429, {"retry-after": said}))

    assert isinstance(error, Transient)
    assert error.retry_after == asked


def test_retry_after_counts_from_the_clock_that_was_handed_over() -> None:
    error = outcome(Answer(429, {"retry-after": "Fri, 15 Jan 2027 08:02:00 GMT"}), clock=lambda: AT + 100 * SECOND)

    assert isinstance(error, Transient)
    assert error.retry_after == 20 * SECOND


def test_a_provider_that_hangs_is_left_and_nobody_knows() -> None:
    with WebServer(Answer(does="hang")) as server, pytest.raises(Transient, match=r"no answer for 0\.2 s") as caught:
        provider(server, timeout_s=0.2).send(sms())

    assert caught.value.is_unsure


def test_a_provider_that_drops_the_connection_leaves_nobody_knowing() -> None:
    with WebServer(Answer(does="drop")) as server, pytest.raises(Transient, match="connection broke") as caught:
        provider(server).send(sms())

    assert caught.value.is_unsure


def test_a_provider_that_is_not_there_has_surely_not_accepted() -> None:
    with pytest.raises(Transient, match="cannot be reached") as caught:
        provider(f"http://127.0.0.1:{free_port()}").send(sms())

    assert not caught.value.is_unsure


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    with WebServer(Answer(400, does="flood")) as server:
        one = provider(server)
        with pytest.raises(Permanent):
            one.send(sms())
        one.send(sms())

    assert server.poured < POURED_MAX
    assert len(server.seen) == 2


def test_what_is_accepted_stays_so_when_the_rest_of_the_answer_never_comes() -> None:
    with WebServer(Answer(202, body=b'{"id": "1', does="stop")) as server:
        accepted = provider(server, timeout_s=0.2).send(sms())

    assert accepted == Accepted(receipt=None)


@pytest.mark.parametrize(
    ("body", "receipt"),
    [
        pytest.param(b'{"id": 12}', "12", id="a number"),
        pytest.param(b'{"messageId": "m-1", "other": 1}', "m-1", id="another usual name"),
        pytest.param(b'{"id": {"x": 1}, "sid": "s"}', "s", id="something that is none, and one"),
        pytest.param(b"[1, 2]", None, id="a list"),
        pytest.param(b"OK", None, id="no json"),
        pytest.param(b"[" * 60_000, None, id="nested without end"),
        pytest.param(b'{"id": "' + b"x" * 1000 + b'"}', "x" * 200, id="a long one"),
        pytest.param(b"\xff\xfe", None, id="no text"),
        pytest.param(b"", None, id="nothing"),
    ],
)
def test_the_receipt_is_taken_where_providers_put_it(body: bytes, receipt: str | None) -> None:
    assert outcome(Answer(body=body)) == Accepted(receipt=receipt)


def test_what_a_provider_says_is_kept_without_what_we_had_told_it() -> None:
    body = b'{"error":\n "no number: +34600000001 (customer-7), token s3cr3t-t0ken-value\\u0000"}' + b"x" * 500
    with WebServer(Answer(400, body=body)) as server, pytest.raises(Permanent) as caught:
        provider(server, headers={"authorization": "Bearer ${SMS_TOKEN}"}).send(sms())

    said = caught.value.said
    assert said is not None
    assert said.startswith('{"error": "no number: … (…), token …')
    assert len(said) == 300
    assert "number" not in str(caught.value)


def test_no_secret_is_in_a_log_an_error_or_a_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with WebServer(Answer(500)) as server:
        request = Request(url="${SMS_URL}?auth=${SMS_TOKEN}", headers={"x-key": "${SMS_TOKEN}"}, json="{{ address }}")
        one = made(request, {"SMS_URL": server.url, "SMS_TOKEN": SECRET})
        with pytest.raises(Transient) as caught:
            one.send(sms())

    shown = f"{caught.value} {caught.value!r} {one!r} {one.where} {sms()!r} {caplog.text}"
    assert SECRET in server.seen[0].path
    assert SECRET not in shown
    assert "+34600000001" not in shown
    assert one.where == server.url


HUSH = {"SMS_URL": "https://x.example", "SMS_TOKEN": "hush"}


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        pytest.param({}, "SMS_URL is not set", id="none"),
        pytest.param({"SMS_URL": "https://x.example"}, "SMS_TOKEN is not set", id="one is missing"),
        pytest.param({**HUSH, "SMS_TOKEN": " "}, "SMS_TOKEN is not set", id="one is empty"),
        pytest.param({**HUSH, "SMS_TOKEN": "hush\n"}, "SMS_TOKEN holds a line break", id="two lines"),
        pytest.param({**HUSH, "SMS_URL": "hush.example/x"}, "SMS_URL holds no address", id="no scheme"),
        pytest.param({**HUSH, "SMS_URL": "ftp://hush.example"}, "SMS_URL holds no address", id="not the web"),
        pytest.param({**HUSH, "SMS_URL": "https://hush["}, "SMS_URL holds an address", id="garbage"),
        pytest.param({**HUSH, "SMS_URL": "https://hush:99999999"}, "SMS_URL holds an address", id="no port"),
    ],
)
def test_what_the_environment_lacks_is_named_and_what_it_holds_is_not(environment: dict[str, str], named: str) -> None:
    request = Request(url="${SMS_URL}", json={"deep": [{"in": "${SMS_TOKEN}"}]})

    with pytest.raises(ConfigurationError, match=named) as caught:
        made(request, environment)

    assert "hush" not in str(caught.value)


def test_a_variable_without_a_path_lets_no_value_choose_the_host() -> None:
    with pytest.raises(ConfigurationError, match="placeholder in its host"):
        made(Request(url="${SMS_URL}{{ address }}"), {"SMS_URL": "https://sms.example"})


def test_what_the_environment_holds_is_filled_with_nothing() -> None:
    with WebServer() as server:
        environment = {"SMS_URL": server.url, "ODD": "{{ address }} ${SMS_URL}"}
        made(Request(url="${SMS_URL}", json={"x": "${ODD}"}), environment).send(sms())

    assert json.loads(server.seen[0].body) == {"x": "{{ address }} ${SMS_URL}"}


def test_a_connection_is_kept_and_several_threads_may_send() -> None:
    with WebServer() as server, ThreadPoolExecutor(4) as threads:
        one = provider(server)
        outcomes = list(threads.map(lambda _: one.send(sms()), range(40)))
        one.close()

    assert outcomes == [Accepted()] * 40
    assert len(server.seen) == 40


def test_a_date_of_the_standard_library_is_understood() -> None:
    later = datetime(2027, 1, 15, 8, tzinfo=UTC) + timedelta(seconds=90)
    error = outcome(Answer(503, {"retry-after": format_datetime(later, usegmt=True)}))

    assert isinstance(error, Transient)
    assert error.retry_after == 90 * SECOND
