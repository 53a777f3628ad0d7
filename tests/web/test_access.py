"""Every door has its key, and nothing is told about a key that does not fit."""

from __future__ import annotations

import asyncio
import re
from typing import Any, get_args

import httpx
import pytest
from starlette.routing import Route

from journeys.store.keys import list_keys, make_key, revoke_key
from journeys.web.access import Scope
from tests.web.house import House, app_of, problem

GUARDED = [
    ("POST", "/v1/events", "ingest"),
    ("PUT", "/v1/customers/c-17", "ingest"),
    ("GET", "/v1/customers/c-17", "read"),
    ("HEAD", "/v1/customers/c-17", "read"),
    ("GET", "/v1/customers/c-17/touches", "read"),
]
# What watches, what describes, and what a mail links to: whatever else there is asks for a key.
OPEN = [
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/unsubscribe/{token}",
    "/answer/{token}",
    "/preferences/{token}",
    "/preferences/{token}/known",
    "/preferences/{token}/download",
    "/preferences/{token}/erase",
    "/click/{token}",
    "/open/{token}",
]
# Its sender signs, in a way of the sender's own: tests/web/test_hooks.py.
SIGNED = "/v1/hooks/{source}"

doors = pytest.mark.parametrize(("method", "path", "scope"), GUARDED, ids=lambda each: each)

NO_KEYS: dict[str, dict[str, str]] = {
    "no header": {},
    "an empty one": {"Authorization": ""},
    "only the scheme": {"Authorization": "Bearer"},
    "another scheme": {"Authorization": "Basic am91cm5leXM6eA=="},
    "a key that never was": {"Authorization": "Bearer jrn_0123456789ab_0123456789abcdefghij"},
    "a word": {"Authorization": "Bearer hello"},
    "no secret": {"Authorization": "Bearer jrn_"},
    "underscores": {"Authorization": "Bearer jrn_______"},
    "an endless one": {"Authorization": f"Bearer jrn_{'x' * 5_000}"},
    "two keys": {"Authorization": "Bearer jrn_a_b jrn_a_b"},
    "a quote": {"Authorization": "Bearer jrn_' OR 1=1 --_x"},
}


def ask(house: House, method: str, path: str, headers: dict[str, str]) -> Any:
    return house.client.request(method, path, headers=headers, content=b"{}" if method in ("POST", "PUT") else None)


@pytest.mark.parametrize("case", NO_KEYS)
def test_without_a_key_no_door_opens(house: House, case: str):
    for method, path, _ in GUARDED:
        answer = ask(house, method, path, NO_KEYS[case])

        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith('Bearer realm="journeys"')
        if method != "HEAD":
            assert problem(answer)["type"] == "urn:problem-type:journeys:no-key"


@doors
def test_a_key_opens_what_its_scope_says(house: House, method: str, path: str, scope: str):
    other = {"ingest": "read", "read": "ingest"}[scope]

    refused = ask(house, method, path, house.key(other))

    assert refused.status_code == 403
    assert f'scope="{scope}"' in refused.headers["www-authenticate"]
    if method != "HEAD":
        told = f"a key with the scope `{scope}` is needed; this one has `{other}`"
        assert problem(refused)["detail"] == told
    assert ask(house, method, path, house.key()).status_code == 403
    for good in ((scope,), ("admin",), ("ingest", "read")):
        assert ask(house, method, path, house.key(*good)).status_code in (202, 400, 404)


@pytest.mark.parametrize("path", OPEN)
def test_what_watches_and_what_a_mail_links_to_needs_no_key(house: House, path: str):
    is_page = "{token}" in path and not path.startswith("/open/")  # a picture is shown, whoever asks
    assert house.client.get(path).status_code == (404 if is_page else 200)


def doors_of(house: House) -> list[tuple[str, str]]:
    """Every method of every path that the application has, but for those that are open."""
    routes = [
        each for each in app_of(house.database).routes if isinstance(each, Route) and each.path not in (*OPEN, SIGNED)
    ]
    return [(method, re.sub(r"{\w+}", "x", each.path)) for each in routes for method in each.methods or ()]


def test_whatever_is_not_listed_as_open_asks_for_a_key_before_it_looks_at_anything(house: House):
    """A door that is new is tried as well: it has a key, or it is listed."""
    with house.database.writing() as connection:
        revoked = make_key(connection, "revoked", get_args(Scope), house.clock())
        revoke_key(connection, list_keys(connection)[0].id, house.clock())
    wrong = [*NO_KEYS.values(), {"Authorization": f"Bearer {revoked}"}]
    doors = doors_of(house)

    for method, path in doors:
        told = [house.client.request(method, path, headers=each, content=b"\x00") for each in wrong]
        unfit = house.client.request(method, path, headers=house.key(), content=b"\x00")

        assert {each.status_code for each in told} == {401}, (method, path)
        assert len({each.content for each in told}) == (1 if method == "HEAD" else 2), "no key, and one that is none"
        assert told[-1].content == told[list(NO_KEYS).index("a word")].content
        assert unfit.status_code == 403, (method, path)
        (needed,) = re.findall(r'scope="(\w+)"', unfit.headers["www-authenticate"])
        for scope in get_args(Scope):
            opened = house.client.request(method, path, headers=house.key(scope), content=b"\x00")
            assert (opened.status_code != 403) == (scope in (needed, "admin")), (method, path, scope)
    assert len(doors) >= len(GUARDED) - 1, "what asks for a key was found at all"


def test_a_revoked_key_is_refused_seconds_later(house: House):
    headers = house.key("read")
    assert house.client.get("/v1/customers/c-17", headers=headers).status_code == 404
    with house.database.writing() as connection:
        assert revoke_key(connection, list_keys(connection)[0].id, house.clock())

    house.clock.now += 4_999_999
    remembered = house.client.get("/v1/customers/c-17", headers=headers)
    house.clock.now += 1
    looked_up = house.client.get("/v1/customers/c-17", headers=headers)

    assert (remembered.status_code, looked_up.status_code) == (404, 401)


def test_a_clock_that_is_set_back_keeps_no_key_alive(house: House):
    headers = house.key("read")
    assert house.client.get("/v1/customers/c-17", headers=headers).status_code == 404
    with house.database.writing() as connection:
        revoke_key(connection, list_keys(connection)[0].id, house.clock())

    house.clock.now -= 3_600_000_000

    assert house.client.get("/v1/customers/c-17", headers=headers).status_code == 401


def test_the_scheme_may_be_written_in_any_case(house: House):
    key = house.key("read")["Authorization"].removeprefix("Bearer ")

    assert house.client.get("/v1/customers/x", headers={"Authorization": f"bearer  {key}"}).status_code == 404


@pytest.mark.parametrize(
    "path", ["/unsubscribe/x", "/answer/x", "/preferences/x", f"/answer/{'A' * 100}", "/v1/customers/c-17"]
)
def test_a_link_that_is_none_and_a_word_that_is_no_key_cost_no_look_at_the_database(path: str):
    """Here there is none to look at."""

    async def asked() -> set[int]:
        transport = httpx.ASGITransport(app_of(None))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            headers = {"Authorization": "Bearer hello"}
            methods = ("GET", "PUT") if "/v1" in path else ("GET", "POST")
            return {(await client.request(each, path, headers=headers, content=b"a=9")).status_code for each in methods}

    assert asyncio.run(asked()) == {401 if "/v1" in path else 404}
