"""On their own page customers choose; what they change there is said as events, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from journeys.content.tokens import Use, make_token
from journeys.core.calendar import MINUTE, SECOND
from journeys.core.compiling import compile_program
from journeys.core.customer import Customer
from journeys.core.intake import make_event, new_customer
from journeys.core.telling import tell_preferences
from journeys.core.turn import advance
from journeys.store.database import Database
from tests.web.house import NOW, PROGRAM, SECRET, House, open_house

TOKEN = make_token(SECRET, Use.PREFERENCES, "c-17", str(NOW))
PAGE = f"/preferences/{TOKEN}"


def ana(**chosen: Any) -> Customer:
    customer = new_customer(PROGRAM, "c-17", {"first_name": "Ana", "language": "de-AT"}, at=NOW, consents=["offers"])
    if chosen:
        event = make_event(PROGRAM, "preferences.set", NOW, chosen)
        assert event is not None
        advance(PROGRAM, customer, [event], NOW)
    return customer


class Page(HTMLParser):
    """The one form of a page, as a browser fills it in and sends it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.chosen: dict[str, list[str]] = {}
        self.offered: dict[str, list[str]] = {}
        self.links: list[str] = []
        self.language = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: str(value) for name, value in attrs}
        if tag == "html":
            self.language = found["lang"]
        if tag == "a":
            self.links.append(found["href"])
        if tag != "input":
            return
        name, value = found["name"], found["value"]
        if found["type"] in ("checkbox", "radio"):
            self.offered.setdefault(name, []).append(value)
            if "checked" in found:
                self.chosen.setdefault(name, []).append(value)
        else:
            self.chosen[name] = [value]


def opened(house: House) -> Page:
    answer = house.client.get(PAGE)
    assert answer.status_code == 200
    return Page(answer.text)


def sent(house: House, form: dict[str, list[str]], **headers: str) -> httpx.Response:
    content = urlencode(form, doseq=True)
    headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    return house.client.post(PAGE, content=content, headers=headers)


def told(house: House) -> list[tuple[str, dict[str, Any]]]:
    return [(each["name"], each["properties"]) for each in house.inbox().get("c-17", [])]


def test_the_page_shows_what_holds(house: House):
    chosen = {"at_most": "3 per 14 days", "quiet_hours": "20:00-10:30", "tone": "formal"}
    house.save(ana(without_topics=["brewing"], without_channels=["sms", "push"], **chosen))

    page = opened(house)

    assert page.chosen["purpose"] == ["offers"]
    assert page.offered["purpose"] == ["offers", "insights", "surveys", "personalization"]
    assert (page.offered["channel"], page.chosen["channel"]) == (["email", "push"], ["email"])
    assert page.chosen["topic"] == [each for each in page.offered["topic"] if each != "brewing"]
    assert page.offered["often"] == ["", "1 per 1 day", "1 per 7 days", "1 per 30 days", "3 per 14 days"]
    assert page.chosen["often"] == ["3 per 14 days"]
    assert (page.chosen["from"], page.chosen["to"]) == (["20:00"], ["10:30"])
    assert page.chosen["tone"] == ["formal"]
    assert (page.offered["language"], page.chosen["language"]) == (["en", "de"], ["de"])


def test_what_is_changed_is_said_and_nothing_else(house: House):
    house.save(ana())
    form = opened(house).chosen
    [first, *others] = form["topic"]

    answer = sent(
        house,
        {
            **form,
            "purpose": ["personalization"],
            "topic": others,
            "often": ["1 per 7 days"],
            "from": ["20:00"],
            "to": ["10:00"],
            "tone": ["formal"],
        },
    )

    assert answer.status_code == 200
    assert "Saved" in answer.text
    assert told(house) == [
        ("consent.withdrawn", {"purpose": "offers"}),
        ("consent.given", {"purpose": "personalization"}),
        (
            "preferences.set",
            {"without_topics": [first], "at_most": "1 per 7 days", "quiet_hours": "20:00-10:00", "tone": "formal"},
        ),
    ]
    assert {each["source"] for each in house.inbox()["c-17"]} == {"preferences"}


def test_who_changes_nothing_says_nothing(house: House):
    house.save(ana(at_most="1 per 7 days"))

    answer = sent(house, opened(house).chosen)

    assert "Saved" in answer.text
    assert told(house) == []


def test_what_is_taken_back_is_taken_back(house: House):
    house.save(ana(at_most="1 per 7 days", quiet_hours="20:00-10:00", without_channels=["email", "push"]))
    page = opened(house)

    sent(house, {**page.chosen, "often": [""], "from": [""], "to": [""], "channel": page.offered["channel"]})

    assert told(house) == [("preferences.set", {"without_channels": [], "at_most": None, "quiet_hours": None})]


def test_what_was_said_elsewhere_of_what_is_not_offered_stays(house: House):
    house.save(ana(without_channels=["sms"]))

    sent(house, {**opened(house).chosen, "channel": ["email"]})

    assert told(house) == [("preferences.set", {"without_channels": ["push", "sms"]})]


def test_a_worker_reads_what_was_said_as_it_was_meant(house: House):
    house.save(ana())
    page = opened(house)

    sent(house, {**page.chosen, "channel": [], "topic": [], "language": ["en"]})

    [(name, properties)] = told(house)
    assert name == "preferences.set"
    chosen = ana(**properties)
    assert chosen.fields[PROGRAM.names.fields["language"]] == "en"
    assert tell_preferences(chosen) == {
        "without_channels": sorted(page.offered["channel"]),
        "without_topics": page.offered["topic"],
    }


def test_who_changes_their_mind_twice_within_a_minute_has_said_so_twice(house: House):
    house.save(ana())
    for purposes in ([], ["offers"], []):
        sent(house, {**opened(house).chosen, "purpose": purposes})
        house.clock.now += SECOND

    assert [name for name, _ in told(house)] == ["consent.withdrawn", "consent.given", "consent.withdrawn"]
    assert "purpose" not in opened(house).chosen


def test_a_form_that_was_opened_before_another_takes_nothing_of_it_back(house: House):
    house.save(ana())
    first, second = opened(house).chosen, opened(house).chosen

    for form, topic in ((first, "beans"), (second, "brewing")):
        sent(house, {**form, "topic": [each for each in form["topic"] if each != topic]})
        house.clock.now += SECOND

    assert [properties for _, properties in told(house)] == [
        {"without_topics": ["beans"]},
        {"without_topics": ["beans", "brewing"]},
    ]
    assert {"beans", "brewing"}.isdisjoint(opened(house).chosen["topic"])


def test_what_is_no_longer_offered_is_not_taken_away(house: House):
    """As after a publication that came between the page and the button."""
    house.save(ana())
    form = opened(house).chosen

    answer = sent(house, {**form, "language": ["sv"], "tone": []})

    assert "Saved" in answer.text
    assert told(house) == []


def test_a_button_that_is_hit_twice_says_it_once_and_a_minute_later_again(house: House):
    house.save(ana())
    form = {**opened(house).chosen, "often": ["1 per 7 days"]}

    for _ in range(2):
        assert sent(house, form).status_code == 200
    once = len(told(house))
    house.clock.now += MINUTE
    sent(house, form)

    assert (once, len(told(house))) == (1, 2)


def test_with_one_time_missing_it_is_asked_again_with_all_that_was_filled_in(house: House):
    house.save(ana())
    form = {**opened(house).chosen, "from": ["20:00"], "to": [""], "often": ["1 per 30 days"], "purpose": []}

    answer = sent(house, form)
    page = Page(answer.text)

    assert answer.status_code == 400
    assert "Please say both" in answer.text
    assert told(house) == []
    assert (page.chosen["from"], page.chosen["often"]) == (["20:00"], ["1 per 30 days"])
    sent(house, {**page.chosen, "to": ["08:00"]})
    assert told(house) == [
        ("consent.withdrawn", {"purpose": "offers"}),
        ("preferences.set", {"at_most": "1 per 30 days", "quiet_hours": "20:00-08:00"}),
    ]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"purpose": ["insights"]},
        {"seen": ["no JSON"], "purpose": ["insights"]},
        {"seen": ['{"purpose": 1}']},
        {"seen": ['["purpose"]']},
    ],
)
def test_what_is_no_form_of_ours_is_asked_again(house: House, form: dict[str, list[str]]):
    house.save(ana())

    answer = sent(house, form)

    assert answer.status_code == 400
    assert "not saved yet" in answer.text
    assert Page(answer.text).chosen["purpose"] == ["offers"]
    assert told(house) == []


@pytest.mark.parametrize(
    "garbage",
    [
        {"from": ["25:00"], "to": ["08:00"]},
        {"from": ["<b>"], "to": ["x" * 5_000]},
        {"often": ["1 per 1000000 days"]},
        {"often": ["0 per 7 days"]},
        {"often": ["\x00"]},
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_of_it_is_said(house: House, garbage: dict[str, list[str]]):
    house.save(ana())

    answer = sent(house, {**opened(house).chosen, "purpose": [], **garbage})

    assert answer.status_code == 400
    assert "not saved yet" in answer.text
    assert "<b>" not in answer.text
    assert told(house) == []


def test_what_nobody_offers_cannot_be_chosen(house: House):
    house.save(ana())
    form = opened(house).chosen

    sent(
        house,
        {**form, "purpose": ["offers", "orders", "nothing"], "channel": [*form["channel"], "tin-can"], "x": ["y"]},
    )

    assert told(house) == []


@pytest.mark.parametrize(
    "other", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}]
)
def test_what_another_site_sends_is_asked_again(house: House, other: dict[str, str]):
    house.save(ana())

    answer = sent(house, {**opened(house).chosen, "purpose": []}, **other)

    assert "not saved yet" in answer.text
    assert Page(answer.text).chosen["purpose"] == ["offers"]
    assert told(house) == []


def test_a_topic_that_is_written_in_words_is_shown_and_told_as_it_is_written(database: Database):
    definitions = PROGRAM.definitions
    spark = replace(definitions.touches["spark"], topic="Kaffee-Zubehör & mehr")
    program = compile_program(replace(definitions, touches={**definitions.touches, "spark": spark}), salt="salt")

    with open_house(database, program=lambda: program) as house:
        house.save(ana())
        page = opened(house)
        kept = [each for each in page.offered["topic"] if each != spark.topic]
        sent(house, {**page.chosen, "topic": kept})

        shown = house.client.get(PAGE).text
        assert "<span>Kaffee-Zubehör &amp; mehr</span>" in shown
        assert "<span>Brewing</span>" in shown
        assert told(house) == [("preferences.set", {"without_topics": [spark.topic]})]


def test_looking_at_the_page_changes_nothing(house: House):
    house.save(ana())
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
        house.client.request(method, PAGE)

    assert told(house) == []


def test_the_page_names_nobody_and_leads_to_what_is_known(house: House):
    house.save(ana())
    answer = house.client.get(PAGE)

    assert "c-17" not in answer.text
    assert [str(answer.url.join(link)) for link in Page(answer.text).links] == [
        f"{house.url}{PAGE}/known",
        f"{house.url}{PAGE}/erase",
    ]


@pytest.mark.parametrize(
    ("wished", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("sv,fr;q=0.8,en;q=0.9", "en"),
        ("sv;q=1, nl-BE;q=0.2", "nl"),
        ("it;q=0, es;q=0.1", "es"),
        ("sv, *;q=0.5", "en"),
        (";;;,,q=,de;q=x,\u00e9".encode().decode("latin-1"), "en"),
        ("", "en"),
    ],
)
def test_the_page_speaks_the_language_that_the_reader_asks_for(house: House, wished: str, language: str):
    house.save(ana())

    for path in (PAGE, f"{PAGE}/erase", f"{PAGE}/known", "/answer/x", "/unsubscribe/x"):
        answer = house.client.get(path, headers={"Accept-Language": wished.encode("latin-1")})
        assert Page(answer.text).language == language


@pytest.mark.parametrize(
    "token",
    [
        "x",
        TOKEN[:-4],
        make_token(b"other", Use.PREFERENCES, "c-17", str(NOW)),
        make_token(SECRET, Use.UNSUBSCRIBE, "c-17", "offers"),
    ],
)
@pytest.mark.parametrize("page", ["", "/known", "/download", "/erase"])
def test_a_link_that_is_not_ours_opens_nothing(house: House, token: str, page: str):
    house.save(ana())

    for method in ("GET", "POST") if page in ("", "/erase") else ("GET",):
        answer = house.client.request(method, f"/preferences/{token}{page}")

        assert answer.status_code == 404
        assert "This link does not work" in answer.text
    assert house.inbox() == {}


def test_of_whom_nothing_is_known_nothing_is_asked(house: House):
    answer = house.client.get(PAGE)

    assert answer.status_code == 200
    assert "Nothing is known about you here" in answer.text
    assert Page(answer.text).offered == {}
    assert "Nothing is known about you here" in sent(house, {"seen": ['{"purpose": ["offers"]}']}).text
    assert told(house) == []


def test_a_limit_in_hours_is_told_in_the_readers_language(house: House):
    house.save(ana(at_most="3 per 12 hours"))

    assert "3 / 12 Stunden" in house.client.get(PAGE, headers={"Accept-Language": "de"}).text
