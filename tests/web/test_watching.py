"""What watches is told the truth; too much waiting is refused; and no log or figure names anyone."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from journeys.content.tokens import Use, make_token
from journeys.core.program import Program
from journeys.store.database import Database
from tests.web.house import SECRET, House, event, open_house, problem


def figure(house: House, name: str) -> float | None:
    found = re.search(rf"^{re.escape(name)} (\S+)$", house.client.get("/metrics").text, re.MULTILINE)
    return None if found is None else float(found[1])


def break_inbox(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE inbox RENAME TO elsewhere"))


def mend_inbox(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO inbox"))


def test_figures_count_what_was_done(house: House):
    house.post([event("e-1"), event("e-1"), event("e-2", name="rained"), 7])
    house.post(event("e-3", at="2026-03-10T08:30:00Z"))

    assert figure(house, 'journeys_events_received_total{status="accepted"}') == 2
    assert figure(house, 'journeys_events_received_total{status="repeated"}') == 1
    assert figure(house, 'journeys_events_received_total{status="ignored"}') == 1
    assert figure(house, 'journeys_events_received_total{status="refused"}') == 1
    assert figure(house, "journeys_inbox_pending") == 2
    house.clock.now += 60_000_000
    assert figure(house, "journeys_inbox_oldest_seconds") == 60
    counted = 'journeys_http_request_seconds_count{method="POST",route="/v1/events",status="202"}'
    assert figure(house, counted) == 2


def test_strange_paths_and_methods_make_no_figures_of_their_own(house: House):
    for number, method in enumerate(("PURGE", "LOCK", "MKCOL", "NOTIFY", "TRACE")):
        house.client.request(method, f"/coffee/{number}")

    assert figure(house, 'journeys_http_request_seconds_count{method="other",route="none",status="404"}') == 5


def test_too_much_waiting_is_refused_until_it_is_worked_off(database: Database):
    with open_house(database, inbox_max=3) as house:
        assert house.post([event("e-1"), event("e-2")]).status_code == 202
        assert house.post([event("e-3"), event("e-4")]).status_code == 202

        behind = house.post(event("e-5"))
        profile = house.put("c-17", {"timezone": "UTC"})
        with database.writing() as connection:
            connection.execute(text("DELETE FROM inbox"))
        house.clock.now += 999_999
        remembered = house.post(event("e-5"))
        house.clock.now += 1
        looked_up = house.post(event("e-5"))

    assert (behind.status_code, behind.headers["retry-after"]) == (429, "5")
    assert problem(behind)["detail"] == "4 events wait, and no more than 3 may: send it later"
    assert profile.status_code == 429
    assert (remembered.status_code, looked_up.status_code) == (429, 202)


def test_a_database_that_fails_is_a_503_and_its_return_is_noticed(house: House, capfd: pytest.CaptureFixture[str]):
    keys = house.key("ingest"), house.key("read")
    assert house.post(event("e-1")).status_code == 202
    assert house.get("/v1/customers/nobody").status_code == 404
    break_inbox(house.database)

    failed = house.post(event("secret-id", "ana@example.com"))
    token = make_token(SECRET, Use.UNSUBSCRIBE, "ana@example.com", "offers")
    page = house.client.post(f"/unsubscribe/{token}")
    mend_inbox(house.database)

    assert keys and failed.status_code == 503
    assert failed.headers["retry-after"] == "1"
    assert problem(failed)["type"] == "urn:problem-type:journeys:unavailable"
    assert problem(failed)["detail"] == "the database did not take it: send it again"
    assert page.status_code == 503
    assert "You are not unsubscribed yet" in page.text
    assert house.post(event("e-2")).status_code == 202
    logged = "".join(capfd.readouterr())
    assert "inbox_unwritable" in logged
    assert "secret-id" not in logged
    assert "ana@example.com" not in logged


def test_health_is_of_the_process_and_readiness_of_the_database(house: House):
    assert house.client.get("/healthz").json() == {"status": "ok"}
    assert house.client.get("/readyz").json() == {"status": "ok"}
    assert house.client.head("/healthz").content == b""
    assert house.client.head("/healthz").status_code == 200


def test_no_log_names_anyone(house: House, capfd: pytest.CaptureFixture[str]):
    personal = ["ana-secret-17", "ana@secret.example", "e-secret-1", "Europe-secret", "order-secret"]
    house.post(event("e-secret-1", "ana-secret-17", properties={"order_id": "order-secret"}))
    house.post(event("e-secret-1", "ana-secret-17", at="order-secret"))
    house.post(b'{"ana@secret.example": ')
    house.put("ana-secret-17", {"attributes": {"email": "ana@secret.example"}})
    house.put("ana-secret-17", {"timezone": "Europe-secret"})
    house.get("/v1/customers/ana-secret-17")
    house.get("/ana-secret-17")
    house.client.post(f"/unsubscribe/{make_token(SECRET, Use.UNSUBSCRIBE, 'ana-secret-17', 'offers')}")

    logged = "".join(capfd.readouterr())
    figures = house.client.get("/metrics").text

    for each in personal:
        assert each not in logged
        assert each not in figures


def test_a_failure_of_ours_shows_and_logs_no_value(database: Database, capfd: pytest.CaptureFixture[str]):
    address = "@".join(["ana", "secret.example"])

    def fail() -> Program:
        raise RuntimeError(address)

    with open_house(database, program=fail) as house:
        answer = house.post(event("e-1", address))
        counted = 'journeys_http_request_seconds_count{method="POST",route="/v1/events",status="500"}'
        assert figure(house, counted) == 1

    assert answer.status_code == 500
    assert problem(answer)["type"] == "urn:problem-type:journeys:failed"
    assert "RuntimeError" not in answer.text
    logged = "".join(capfd.readouterr())
    assert "request_failed" in logged
    assert "RuntimeError" in logged
    assert address not in logged


def test_every_answer_carries_what_a_browser_must_be_told(house: House):
    for path in ("/healthz", "/nowhere", "/v1/customers/x", "/unsubscribe/x", "/openapi.json", "/metrics"):
        headers = house.client.get(path).headers

        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "server" not in headers
        assert "set-cookie" not in headers


def test_options_and_head_are_answered(house: House):
    options = house.client.options("/v1/customers/c-17")
    head = house.client.head(f"/unsubscribe/{make_token(SECRET, Use.UNSUBSCRIBE, 'c', 'offers')}")

    assert (options.status_code, options.headers["allow"], options.content) == (204, "GET, HEAD, OPTIONS, PUT", b"")
    assert "access-control-allow-origin" not in options.headers
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 1_000
