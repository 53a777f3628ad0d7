"""A link ends what it names at one click, and nothing but a click ends it."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx
import pytest
from sqlalchemy import update

from journeys.content.tokens import Use, make_token
from journeys.core.calendar import MINUTE
from journeys.core.intake import new_customer
from journeys.store.database import Database
from journeys.store.tables import CustomerRow
from tests.web.house import NOW, PROGRAM, SECRET, House, event, open_house

TOKEN = make_token(SECRET, Use.UNSUBSCRIBE, "c-17", "offers")
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def withdrawn(house: House, id: str = "c-17") -> list[str]:
    return [each["properties"]["purpose"] for each in house.inbox().get(id, []) if each["name"] == "consent.withdrawn"]


def test_one_click_of_a_mail_program_takes_the_consent_back(house: House):
    """As RFC 8058 has it: no key, no cookie, no redirect."""
    answer = httpx.post(f"{house.url}/unsubscribe/{TOKEN}", data=ONE_CLICK, follow_redirects=False)

    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert "You are unsubscribed" in answer.text
    assert house.inbox()["c-17"][0]["source"] == "unsubscribe"
    assert withdrawn(house) == ["offers"]
    assert house.woken == [house.clock()]


@pytest.mark.parametrize("site", [{"Sec-Fetch-Site": "cross-site"}, {}], ids=["new browser", "old browser"])
def test_one_click_counts_from_wherever_it_comes(house: House, site: dict[str, str]):
    """A mail that a browser shows is another site, and its button must end what it says it ends."""
    headers = {"Origin": "https://mail.example", **site}

    assert house.client.post(f"/unsubscribe/{TOKEN}", data=ONE_CLICK, headers=headers).status_code == 200
    assert withdrawn(house) == ["offers"]


@pytest.mark.parametrize("form", ["multipart", "nothing", "something else"])
def test_whatever_the_click_carries_it_counts(house: House, form: str):
    address = f"/unsubscribe/{TOKEN}"
    if form == "multipart":
        answer = house.client.post(address, files={"List-Unsubscribe": (None, "One-Click")})
    elif form == "nothing":
        answer = house.client.post(address)
    else:
        answer = house.client.post(address, content=b"\xff\x00" * 5_000, headers={"Content-Type": "image/png"})

    assert answer.status_code == 200
    assert withdrawn(house) == ["offers"]


def test_a_click_that_is_repeated_is_one_withdrawal(house: House):
    for _ in range(3):
        assert house.client.post(f"/unsubscribe/{TOKEN}", data=ONE_CLICK).status_code == 200

    assert withdrawn(house) == ["offers"]


def test_who_agrees_anew_may_withdraw_by_the_old_link(house: House):
    house.client.post(f"/unsubscribe/{TOKEN}", data=ONE_CLICK)
    house.clock.now += MINUTE
    house.client.post(f"/unsubscribe/{TOKEN}", data=ONE_CLICK)

    assert withdrawn(house) == ["offers", "offers"]


def test_looking_at_the_page_changes_nothing(house: House):
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
        house.client.request(method, f"/unsubscribe/{TOKEN}")

    assert house.inbox() == {}
    assert house.woken == []


class Form(HTMLParser):
    """The one form of a page, as a browser would send it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.form: dict[str, str | None] = {}
        self.fields: dict[str, str] = {}
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "form":
            self.form = dict(attrs)
        if tag == "input":
            found = dict(attrs)
            self.fields[str(found["name"])] = str(found["value"])

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_says_what_ends_and_its_button_ends_it(house: House):
    page = house.client.get(f"/unsubscribe/{TOKEN}")
    form = Form(page.text)
    answer = house.client.request(str(form.form["method"]), page.url, data=form.fields)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Unsubscribe from Kaffa?" in form.texts
    assert any(text.startswith("We may send you offers and advice") for text in form.texts)
    assert form.fields == ONE_CLICK
    assert "c-17" not in page.text
    assert answer.status_code == 200
    assert withdrawn(house) == ["offers"]


LANGUAGES = {
    "en": ("You agreed to this:", "This no longer holds:"),
    "de": ("Sie haben zugestimmt:", "Das gilt nicht mehr:"),
    "es": ("Usted aceptó lo siguiente:", "Esto ya no es válido:"),
    "fr": ("Vous aviez accepté ceci :", "Ceci n’est plus valable :"),
    "it": ("Ha accettato quanto segue:", "Questo non vale più:"),
    "nl": ("U bent hiermee akkoord gegaan:", "Dit geldt niet meer:"),
}


def shown(house: House, language: str = "en") -> Form:
    return Form(house.client.get(f"/unsubscribe/{TOKEN}", headers={"Accept-Language": language}).text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_has_unsubscribed_is_told_so_and_asked_no_more(house: House, language: str):
    agreed, ended = LANGUAGES[language]
    house.save(new_customer(PROGRAM, "c-17", {}, at=NOW, consents=["offers"]))
    before = shown(house, language)
    house.client.post(f"/unsubscribe/{TOKEN}", data=ONE_CLICK)
    # No worker has heard of it yet.
    after = shown(house, language)

    assert agreed in before.texts and before.form == {"method": "post"}
    assert ended in after.texts and agreed not in after.texts
    assert after.form == {}


def test_who_agreed_anew_is_asked_anew(house: House):
    house.save(new_customer(PROGRAM, "c-17", {}, at=NOW))
    assert shown(house).form == {}

    house.post(event("e-2", name="consent.given", properties={"purpose": "offers"}))

    assert shown(house).form == {"method": "post"}


def test_who_cannot_be_looked_up_may_still_unsubscribe(house: House):
    """The button that ends it is kept from nobody because of a failure of ours."""
    house.save(new_customer(PROGRAM, "c-17", {}, at=NOW))
    with house.database.writing() as connection:
        connection.execute(update(CustomerRow).values(value=b"of another form"))

    assert shown(house).form == {"method": "post"}


def test_the_page_allows_no_script_no_frame_and_no_other_place(house: House):
    headers = house.client.get(f"/unsubscribe/{TOKEN}").headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers.get_list("content-security-policy") == [policy]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "token",
    [
        "x",
        TOKEN[:-4],
        f"{TOKEN}AAAA",
        "%00",
        "%FF",
        "a" * 10_000,
        make_token(b"other", Use.UNSUBSCRIBE, "c-17", "offers"),
    ],
)
def test_a_link_that_is_not_ours_ends_nothing(house: House, token: str):
    for method in ("GET", "POST"):
        answer = house.client.request(method, f"/unsubscribe/{token}")

        assert answer.status_code == 404
        assert "This link does not work" in answer.text
    assert house.inbox() == {}


def test_a_purpose_that_is_gone_has_ended_already(house: House):
    token = make_token(SECRET, Use.UNSUBSCRIBE, "c-17", "newsletter of 2019")

    page = house.client.get(f"/unsubscribe/{token}")

    assert (page.status_code, Form(page.text).form) == (200, {})
    assert house.client.post(f"/unsubscribe/{token}").status_code == 200
    assert house.inbox() == {}


def test_a_withdrawal_is_taken_however_far_behind_we_are(database: Database):
    with open_house(database, inbox_max=0) as house:
        assert house.post({}).status_code == 429
        assert house.client.post(f"/unsubscribe/{TOKEN}", data=ONE_CLICK).status_code == 200
        assert withdrawn(house) == ["offers"]
