"""Each caller may ask as often as is said, in any span of time, and is refused for nobody else."""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI, Request
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Route

from journeys.content.tokens import Use, make_token
from journeys.core.calendar import HOUR, SECOND
from journeys.core.compiling import compile_program
from journeys.core.program import Program
from journeys.store.database import Database
from journeys.store.keys import make_key
from journeys.web.pages.words import LANGUAGES, phrases
from journeys.web.rates import Bucket, address_of
from tests.sources.shop import program as shop
from tests.web.house import NOW, PROGRAM, SECRET, House, app_of, event, open_house, problem

SOURCES = compile_program(replace(PROGRAM.definitions, sources=shop().definitions.sources), salt="salt")
BURST = 5  # of whoever may ask once a second
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def program() -> Program:
    return SOURCES


@pytest.fixture
def strict(database: Database) -> Iterator[House]:
    """Once a second, whoever it is; 127.0.0.1 is a proxy that is believed."""
    with open_house(
        database,
        program=program,
        environment={"DESK_LOGIN": "desk:open-sesame"},
        sender_rate=1,
        visitor_rate=1,
        proxies=["127.0.0.1"],
    ) as opened:
        yield opened


def too_often(house: House) -> dict[str, int]:
    figures = house.client.get("/metrics").text
    return {
        by: int(float(n)) for by, n in re.findall(r'^journeys_http_too_often_total{by="(\w+)"} (\S+)$', figures, re.M)
    }


# ---------------------------------------------------------------- the bucket

# Those of which an instant is a whole number of microseconds.
RATES = st.sampled_from([1, 2, 5, 8, 10, 1_000])
STEPS = st.lists(st.one_of(st.just(0), st.integers(0, 300_000), st.integers(0, 20 * SECOND)), max_size=200)


@given(RATES, STEPS)
def test_nobody_gets_more_than_the_burst_and_what_came_since_in_any_span_nor_less(rate: int, steps: list[int]):
    bucket, burst = Bucket(rate), 5 * rate
    taken: list[int] = []
    for now in itertools.accumulate(steps, initial=NOW):
        # Of every span that ends now, whether one more would be too many in it.
        spans = [rate * (now - at) < (count + 1 - burst) * SECOND for count, at in enumerate(reversed(taken), 1)]

        wait = bucket.wait("ana", now)

        assert bucket.take("ana", now) == wait
        assert (wait > 0) == any(spans)
        if wait == 0:
            taken.append(now)
        else:
            assert bucket.wait("ana", now + wait - 1) == 1, "who waits for so long may"
            assert bucket.wait("ana", now + wait) == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, SECOND)), max_size=100))
def test_nobody_is_refused_for_what_others_ask(asked: list[tuple[str, int]]):
    together, alone = Bucket(1), {each: Bucket(1) for each in "abc"}
    now = NOW
    for caller, step in asked:
        now += step

        assert together.take(caller, now) == alone[caller].take(caller, now)


def test_a_rate_that_does_not_divide_a_second_gives_nobody_more():
    bucket = Bucket(3)

    assert sum([bucket.take("ana", NOW) == 0 for _ in range(20)]) == 15
    assert bucket.wait("ana", NOW) == 333_334


def test_a_clock_that_is_set_back_keeps_nobody_out():
    bucket = Bucket(1)
    while bucket.take("ana", NOW) == 0:
        pass

    assert bucket.take("ana", NOW - HOUR) == 0


def test_a_flood_of_callers_takes_no_more_room_and_whoever_asked_last_is_known():
    bucket = Bucket(1, callers_max=100)
    for stranger in range(10_000):
        bucket.take("ana", NOW)
        bucket.take(stranger, NOW)

    assert len(bucket._full_at) == 100
    assert bucket.wait("ana", NOW) > 0


# ---------------------------------------------------------------- each door

KEYED = ("key", "address")
LINKED = ("link", "address")
NEVER = (None, None)
# For each door by what those are counted who show what it asks for, and those who do not.
DOORS = {
    "POST /v1/events": KEYED,
    "POST /v1/cloudevents": KEYED,
    **{
        f"POST /v1/{each}": KEYED
        for each in ("batch", "import", "track", "identify", "page", "screen", "group", "alias")
    },
    "PUT /v1/customers/{id}": KEYED,
    "GET /v1/customers/{id}": KEYED,
    "GET /v1/customers/{id}/touches": KEYED,
    "POST /v1/hooks/{source}": ("source", "address"),
    "GET /unsubscribe/{token}": LINKED,
    "POST /unsubscribe/{token}": (None, "address"),
    "GET /answer/{token}": LINKED,
    "POST /answer/{token}": LINKED,
    "GET /preferences/{token}": LINKED,
    "POST /preferences/{token}": LINKED,
    "GET /preferences/{token}/known": LINKED,
    "GET /preferences/{token}/download": LINKED,
    "GET /preferences/{token}/erase": LINKED,
    "POST /preferences/{token}/erase": LINKED,
    "GET /click/{token}": ("link, and leads on", "address"),
    "GET /open/{token}": ("link, and is shown", None),
    "GET /healthz": NEVER,
    "GET /readyz": NEVER,
    "GET /metrics": NEVER,
    "GET /openapi.json": NEVER,
}


def doors_of(app: FastAPI) -> list[str]:
    routes = [each for each in app.routes if isinstance(each, Route)]
    return [f"{method} {each.path}" for each in routes for method in (each.methods or set()) - {"HEAD"}]


def counted_by(house: House, door: str, *, shows: bool, number: int) -> str | None:
    """By what those are counted who ask at this door again and again, each time as the same."""
    method, path = door.split()
    headers = {"User-Agent": PERSON, "X-Forwarded-For": f"9.9.9.{number}"}
    customer = f"c-{number}"
    use = Use(path.split("/")[1]) if "{token}" in path else None
    names = {Use.UNSUBSCRIBE: ["offers"], Use.PREFERENCES: ["2026-03-09T09:00:00Z"]}.get(
        use or Use.OPEN, ["spark", "0" * 32, *(["https://kaffa.example"] if use is Use.CLICK else [])]
    )
    path = path.replace("{token}", make_token(SECRET if shows else b"other", use or Use.OPEN, customer, *names))
    path = path.replace("{id}", customer).replace("{source}", "desk")
    if "hooks" in path:
        login = base64.b64encode(b"desk:open-sesame" if shows else b"desk:guessed").decode()
        headers["Authorization"] = f"Basic {login}"
    elif path.startswith("/v1") and shows:
        with house.database.writing() as connection:
            headers["Authorization"] = f"Bearer {make_key(connection, 'one', ['admin'], NOW)}"
    before = too_often(house)

    answers = [house.client.request(method, path, headers=headers, content=b"") for _ in range(BURST + 1)]

    refused = [each.status_code == 429 for each in answers]
    assert not any(refused[:BURST]), answers
    by = [each for each, count in too_often(house).items() if count != before.get(each, 0)]
    if not by:
        assert not refused[BURST]
        return None
    if not refused[BURST]:
        answers_on = {302: "leads on", 200: "is shown"}
        return f"{by[0]}, and {answers_on[answers[BURST].status_code]}"
    assert answers[BURST].headers["retry-after"] == "1"
    if use is None:
        assert problem(answers[BURST])["type"] == "urn:problem-type:journeys:too-often"
    else:
        assert "Please try again in a minute" in answers[BURST].text
    return by[0]


def test_every_door_counts_those_who_ask_by_who_they_are(strict: House):
    """One that is new is listed, with those it counts, or it is seen here."""
    numbers = itertools.count()
    found = {
        door: tuple(counted_by(strict, door, shows=shows, number=next(numbers)) for shows in (True, False))
        for door in doors_of(app_of(strict.database))
    }

    assert found == DOORS


# ---------------------------------------------------------------- senders


def test_a_key_that_asks_too_often_is_told_for_how_long_to_wait(strict: House):
    said = [strict.post(event(f"e-{number}")) for number in range(BURST + 1)]
    strict.clock.now += SECOND - 1
    early = strict.post(event("e-6"))
    strict.clock.now += 1

    assert [each.status_code for each in said] == [202] * BURST + [429]
    assert problem(said[-1])["detail"] == "this is beyond 1 a second with one key: send it again later"
    assert (early.status_code, early.headers["retry-after"]) == (429, "1")
    assert strict.post(event("e-6")).status_code == 202
    assert strict.get("/v1/customers/c-17").status_code == 404, "another key is another caller"


def test_zero_is_as_often_as_anyone_likes(database: Database):
    with open_house(database, sender_rate=0, visitor_rate=0, proxies=["127.0.0.1"]) as house:
        asked = [house.get("/v1/customers/c-17").status_code for _ in range(100)]
        wrong = [ask_wrongly(house, "9.9.9.9") for _ in range(100)]

    assert (set(asked), set(wrong)) == ({404}, {401})


def test_what_others_send_in_the_name_of_a_source_is_not_counted_as_its_own(strict: House):
    def hook(password: bytes, address: str) -> int:
        login = base64.b64encode(b"desk:" + password).decode()
        headers = {"Authorization": f"Basic {login}", "X-Forwarded-For": address}
        return strict.client.post("/v1/hooks/desk", content=b"{}", headers=headers).status_code

    guessed = [hook(b"guessed", "9.9.9.9") for _ in range(20)]

    assert guessed == [401] * BURST + [429] * 15
    assert hook(b"open-sesame", "9.9.9.9") == 429, "who guesses is not told when they are right"
    assert hook(b"open-sesame", "8.8.8.8") == 202


# ---------------------------------------------------------------- those who show nothing


def ask_wrongly(house: House, address: str, key: str = "jrn_0123456789ab_x") -> int:
    headers = {"Authorization": f"Bearer {key}", "X-Forwarded-For": address}
    return house.client.get("/v1/customers/c-17", headers=headers).status_code


def fail(house: House, address: str) -> None:
    assert [ask_wrongly(house, address) for _ in range(BURST + 1)] == [401] * BURST + [429]


def test_who_guesses_keys_is_refused_before_the_database_is_asked(strict: House):
    fail(strict, "9.9.9.9")
    key = strict.key("read")["Authorization"].removeprefix("Bearer ")

    assert ask_wrongly(strict, "9.9.9.9", key) == 429, "who guesses is not told when they are right"
    assert ask_wrongly(strict, "8.8.8.8", key) == 404
    strict.clock.now += BURST * SECOND
    fail(strict, "9.9.9.9")
    assert ask_wrongly(strict, "9.9.9.9", key) == 404, "who was let in once waits for nobody who guesses beside them"
    strict.clock.now += SECOND
    assert ask_wrongly(strict, "9.9.9.9") == 401


def test_those_who_have_keys_are_never_counted_by_address(strict: House):
    for number in range(4 * BURST):
        with strict.database.writing() as connection:
            key = make_key(connection, f"{number}", ["read"], NOW)

        assert ask_wrongly(strict, "9.9.9.9", key) == 404
    assert too_often(strict) == {}


def test_one_home_has_one_half_of_an_address_of_the_newer_internet(strict: House):
    fail(strict, "2a00:1450:4001:80b::1")

    assert ask_wrongly(strict, "2a00:1450:4001:80b:ffff::2") == 429
    assert ask_wrongly(strict, "2a00:1450:4001:80c::1") == 401


def test_only_a_proxy_that_is_named_is_believed_for_whom_it_calls(database: Database):
    with open_house(database, visitor_rate=1, proxies=["127.0.0.1", "10.0.0.0/8"]) as house:
        # What is left of who called the proxy may be made up.
        assert [ask_wrongly(house, f"9.9.9.{number}, 8.8.8.8, 10.1.2.3") for number in range(BURST + 1)][-1] == 429
    with open_house(database, visitor_rate=1) as house:
        assert {ask_wrongly(house, "9.9.9.9") for _ in range(4 * BURST)} == {401}


@pytest.mark.parametrize(
    "said", ["", "unknown", "127.0.0.1", "10.0.0.9", "fe80::1", "192.168.0.1, 10.0.0.9", "9.9.9.9.9"]
)
def test_an_address_that_is_nobodys_alone_is_not_counted(strict: House, said: str):
    assert {ask_wrongly(strict, said) for _ in range(4 * BURST)} == {401}


@pytest.mark.parametrize(
    ("one", "other"),
    [("9.9.9.9", "::ffff:9.9.9.9"), ("2a00:1::1", "2a00:1:0:0:8000::"), ("2a00:1::1", "2A00:0001::2")],
)
def test_however_it_is_written_it_is_the_same_address(one: str, other: str):
    def of(host: str) -> int | None:
        return address_of(Request({"type": "http", "client": (host, 1)}))

    assert of(one) == of(other) is not None


# ---------------------------------------------------------------- customers


def test_a_withdrawal_is_taken_however_often_it_comes_and_whatever_else_was_asked(strict: House):
    """Those who send it for their readers are few, and have few addresses."""
    path = f"/unsubscribe/{make_token(SECRET, Use.UNSUBSCRIBE, 'c-17', 'offers')}"
    shown = [strict.client.get(path).status_code for _ in range(BURST + 1)]
    fail(strict, "9.9.9.9")

    taken = [strict.client.post(path, headers={"X-Forwarded-For": "9.9.9.9"}).status_code for _ in range(4 * BURST)]

    assert shown == [200] * BURST + [429]
    assert set(taken) == {200}
    assert [each["name"] for each in strict.inbox()["c-17"]] == ["consent.withdrawn"]


def test_a_thousand_readers_behind_one_address_are_a_thousand(strict: House):
    headers = {"X-Forwarded-For": "9.9.9.9", "User-Agent": PERSON}
    for number in range(4 * BURST):
        opened = make_token(SECRET, Use.OPEN, f"c-{number}", "spark", "0" * 32)
        page = make_token(SECRET, Use.UNSUBSCRIBE, f"c-{number}", "offers")

        assert strict.client.get(f"/open/{opened}", headers=headers).status_code == 200
        assert strict.client.get(f"/unsubscribe/{page}", headers=headers).status_code == 200
    assert len(strict.inbox()) == 4 * BURST
    assert too_often(strict) == {}


def test_a_link_that_is_followed_too_often_leads_on_and_is_not_told(strict: House):
    def follow(number: int) -> httpx.Response:
        token = make_token(SECRET, Use.OPEN, "c-17", "spark", f"{number:032}")
        return strict.client.get(f"/open/{token}", headers={"User-Agent": PERSON})

    assert {follow(number).status_code for number in range(4 * BURST)} == {200}
    assert len(strict.inbox()["c-17"]) == BURST
    assert too_often(strict) == {"link": 3 * BURST}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_page_says_in_the_readers_language_to_come_again(strict: House, language: str):
    path = f"/unsubscribe/{make_token(SECRET, Use.UNSUBSCRIBE, 'c-17', 'offers')}"

    *_, last = [strict.client.get(path, headers={"Accept-Language": language}) for _ in range(BURST + 1)]

    assert last.status_code == 429
    assert f'lang="{language}"' in last.text
    assert phrases(language).try_again.replace("'", "&#x27;") in last.text


def test_neither_a_log_nor_a_figure_names_whoever_asks_too_often(strict: House, capfd: pytest.CaptureFixture[str]):
    fail(strict, "9.9.9.9")
    strict.post(event())
    for _ in range(BURST + 1):
        strict.client.get(f"/unsubscribe/{make_token(SECRET, Use.UNSUBSCRIBE, 'ana-secret-17', 'offers')}")

    told = "".join(capfd.readouterr()) + strict.client.get("/metrics").text

    assert too_often(strict) == {"address": 1, "link": 1}
    for each in ("9.9.9.9", "ana-secret-17", strict.key("ingest")["Authorization"].split("_")[1]):
        assert each not in told
