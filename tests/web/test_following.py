"""A link of a mail leads where it says; that somebody followed it is told, that a program did is not."""

from __future__ import annotations

import re

import httpx
import pytest

from journeys.content.tokens import Use, make_token
from journeys.core.calendar import MINUTE, SECOND
from tests.web.house import SECRET, House

KEY = "0" * 32
SHOP = "https://kaffa.example/grinder?a=1&b=ü#top"
PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
PICTURE = f"/open/{make_token(SECRET, Use.OPEN, 'c-17', 'spark', KEY)}"


def link(url: str = SHOP, *, touch: str = "spark", key: str = KEY) -> str:
    return f"/click/{make_token(SECRET, Use.CLICK, 'c-17', touch, key, url)}"


def follow(house: House, path: str, *, agent: dict[str, str] = PERSON, method: str = "GET") -> httpx.Response:
    return house.client.request(method, path, headers=agent, follow_redirects=False)


def heard(house: House) -> list[str]:
    """What a worker will hear of, once its time has come."""
    return [each["name"] for each in house.inbox().get("c-17", [])]


def counted(house: House) -> dict[str, float]:
    """How many events were handed in, by what became of them."""
    figures = house.client.get("/metrics").text
    return {status: float(count) for status, count in re.findall(r'_received_total{status="(\w+)"} (\S+)', figures)}


def test_a_link_leads_where_it_says_and_a_click_is_told(house: House):
    answer = follow(house, link())

    assert answer.status_code == 302
    assert answer.headers["location"] == SHOP
    assert heard(house) == ["spark.clicked"]


def test_a_picture_that_is_shown_tells_that_the_mail_was_opened(house: House):
    answer = follow(house, PICTURE)

    assert answer.headers["content-type"] == "image/gif"
    assert answer.content.startswith(b"GIF89a")
    assert answer.headers.get_list("cross-origin-resource-policy") == ["cross-origin"]
    assert heard(house) == ["spark.opened"]


def test_at_about_the_same_time_it_is_one_and_later_another(house: House):
    for _ in range(3):
        follow(house, link())
        follow(house, PICTURE)
    house.clock.now += MINUTE
    follow(house, link())
    follow(house, PICTURE)

    assert sorted(heard(house)) == ["spark.clicked", "spark.clicked", "spark.opened", "spark.opened"]


@pytest.mark.parametrize(
    "agent",
    ["Googlebot/2.1", "Mozilla/5.0", "YahooMailProxy; bot", "Barracuda Sentinel (EE)", "curl/8.0", "HeadlessChrome"],
)
def test_a_program_that_says_so_tells_nothing_and_gets_there(house: House, agent: str):
    said = {"User-Agent": agent}

    assert follow(house, link(), agent=said).headers["location"] == SHOP
    assert follow(house, PICTURE, agent=said).status_code == 200
    assert heard(house) == []
    assert counted(house) == {"machine": 2}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Sec-Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch;prerender"),
        ("Purpose", "prefetch"),
        ("X-Purpose", "Preview"),
    ],
)
def test_a_browser_that_looks_ahead_tells_nothing_and_gets_there(house: House, name: str, said: str):
    ahead = {**PERSON, name: said}

    assert follow(house, link(), agent=ahead).headers["location"] == SHOP
    assert follow(house, PICTURE, agent=ahead).status_code == 200
    assert heard(house) == []
    assert counted(house) == {"machine": 2}


def test_who_does_not_say_what_they_are_is_no_person(house: House):
    house.client.headers.pop("user-agent")

    assert follow(house, link(), agent={}).headers["location"] == SHOP
    assert heard(house) == []


def test_a_person_who_clicks_after_a_scan_is_heard(house: House):
    for number in range(3):
        follow(house, link(f"{SHOP}{number}"))
    house.clock.now += 30 * SECOND
    follow(house, link(f"{SHOP}1"))

    assert heard(house) == ["spark.clicked"]


def test_who_only_asks_what_there_would_be_tells_nothing(house: House):
    assert follow(house, link(), method="HEAD").headers["location"] == SHOP
    assert heard(house) == []


def test_three_links_of_a_touch_within_five_seconds_are_a_machines(house: House):
    for number in range(5):
        follow(house, link(f"{SHOP}{number}"))
        house.clock.now += SECOND

    assert heard(house) == []
    assert counted(house) == {"accepted": 2, "machine": 3}  # the third showed what they are


def test_three_links_in_more_time_are_a_persons(house: House):
    for number in range(4):
        follow(house, link(f"{SHOP}{number}"))
        house.clock.now += 3 * SECOND

    assert heard(house) == ["spark.clicked"] * 4


def test_links_of_two_touches_and_two_mails_are_told_apart(house: House):
    for number, each in enumerate(
        [link(), link(f"{SHOP}2"), link(touch="first-order-offer", key="2" * 32), link(key="1" * 32)]
    ):
        follow(house, each)
        assert len(heard(house)) == number + 1


@pytest.mark.parametrize(
    "path",
    [
        "/click/x",
        f"/click/{make_token(b'other', Use.CLICK, 'c-17', 'spark', KEY, 'https://evil.example')}",
        f"/click/{make_token(SECRET, Use.OPEN, 'c-17', 'spark', KEY)}",
        link()[:-3],
    ],
)
def test_nobody_makes_a_link_of_ours_lead_elsewhere(house: House, path: str):
    answer = follow(house, path)

    assert answer.status_code == 404
    assert "location" not in answer.headers
    assert heard(house) == []


def test_a_link_of_a_touch_that_is_gone_still_leads_there(house: House):
    answer = follow(house, link(touch="a touch of last year"))

    assert answer.headers["location"] == SHOP
    assert heard(house) == []
