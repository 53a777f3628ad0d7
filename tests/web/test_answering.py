"""A question is answered by the button of its page, and by nothing else."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from journeys.content.tokens import Use, make_token
from journeys.core.calendar import SECOND
from journeys.core.compiling import compile_program
from journeys.store.database import Database
from tests.web.house import PROGRAM, SECRET, House, open_house

KEY = "0" * 32
PAGE = f"/answer/{make_token(SECRET, Use.ANSWER, 'c-17', 'nps-ask', KEY)}"


def answers(house: House, id: str = "c-17") -> list[tuple[str, object]]:
    return [(each["name"], each["properties"]["answer"]) for each in house.inbox().get(id, [])]


class Page(HTMLParser):
    """What a browser, or a screen reader, finds in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.language: str | None = None
        self.radios: dict[str, bool] = {}
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "html":
            self.language = said["lang"]
        if tag == "input":
            assert (said["type"], said["name"]) == ("radio", "answer")
            self.radios[str(said["value"])] = "checked" in said

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def test_the_page_shows_every_answer_and_the_one_that_was_clicked(house: House):
    page = Page(house.client.get(PAGE, params={"answer": "9"}).text)

    assert list(page.radios) == [str(each) for each in range(11)]
    assert [value for value, is_checked in page.radios.items() if is_checked] == ["9"]
    assert {*page.radios, "Choose one", "Send"} <= set(page.texts)
    assert page.language == "en"


@pytest.mark.parametrize("chosen", ["11", "", "yes", "9 ", "<b>", "\x00"])
def test_an_answer_that_is_none_is_not_chosen(house: House, chosen: str):
    answer = house.client.get(PAGE, params={"answer": chosen})

    assert answer.status_code == 200
    assert not any(Page(answer.text).radios.values())


def test_looking_at_it_answers_nothing(house: House):
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
        house.client.request(method, PAGE, params={"answer": "9"})

    assert house.inbox() == {}


def test_its_button_answers(house: House):
    answer = house.client.post(PAGE, data={"answer": "9"})

    assert answer.status_code == 200
    assert "Thank you" in answer.text
    assert answers(house) == [("nps-ask.answered", 9)]
    assert house.woken == [house.clock()]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "whatever comes"])
def test_a_form_of_another_page_answers_nothing_and_is_asked_once_more(house: House, site: str):
    answer = house.client.post(PAGE, data={"answer": "9"}, headers={"Sec-Fetch-Site": site})

    assert answer.status_code == 200
    assert [value for value, is_checked in Page(answer.text).radios.items() if is_checked] == ["9"]
    assert house.inbox() == {}
    for own in ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, {"Sec-Fetch-Site": "none"}, {"Origin": "null"}):
        house.clock.now += SECOND
        assert "Thank you" in house.client.post(PAGE, data={"answer": "9"}, headers=own).text
    assert len(answers(house)) == 3


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://post.kaffa.example",
        "https://post.kaffa.example:8443",
        "https://[",
        "evil",
        "",
        "null/",
    ],
)
def test_an_old_browser_tells_another_page_by_its_origin(house: House, origin: str):
    answer = house.client.post(PAGE, data={"answer": "9"}, headers={"Origin": origin})

    assert "Thank you" not in answer.text
    assert house.inbox() == {}


@pytest.mark.parametrize("site", [{}, {"Sec-Fetch-Site": "same-origin"}], ids=["old browser", "new browser"])
@pytest.mark.parametrize("origin", ["https://post.kaffa.example", "HTTPS://Post.Kaffa.example:443", "its own", "null"])
def test_our_own_origin_is_where_customers_reach_us_and_the_host_that_is_asked(
    house: House, origin: str, site: dict[str, str]
):
    own = house.url.rstrip("/") if origin == "its own" else origin

    assert "Thank you" in house.client.post(PAGE, data={"answer": "9"}, headers={"Origin": own, **site}).text
    assert len(answers(house)) == 1


def test_a_button_that_is_hit_twice_within_a_second_answers_once(house: House):
    for _ in range(2):
        assert house.client.post(PAGE, data={"answer": "9"}).status_code == 200

    assert answers(house) == [("nps-ask.answered", 9)]


def test_who_changes_their_mind_and_changes_it_back_has_said_all_three(house: House):
    for said in ("9", "3", "9"):
        house.client.post(PAGE, data={"answer": said})
        house.clock.now += SECOND

    assert answers(house) == [("nps-ask.answered", 9), ("nps-ask.answered", 3), ("nps-ask.answered", 9)]


@pytest.mark.parametrize(
    "body",
    [b"", b"answer=", b"answer=11", b"answer=9.0", b"\xff\x00", b"answer=%FF", b"other=9", b"&" * 100, b"a=b&" * 50],
)
def test_what_is_no_answer_is_asked_again(house: House, body: bytes):
    answer = house.client.post(PAGE, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"})

    assert answer.status_code == 200
    assert len(Page(answer.text).radios) == 11
    assert house.inbox() == {}


def test_more_than_any_form_holds_is_not_read(house: House):
    answer = house.client.post(PAGE, content=b"answer=9" + b"&" * 60_000)

    assert answer.status_code == 413
    assert "This did not work just now" in answer.text
    assert house.inbox() == {}


@pytest.mark.parametrize(
    "link",
    [
        "/answer/x",
        f"{PAGE[:-4]}",
        f"/answer/{make_token(SECRET, Use.UNSUBSCRIBE, 'c-17', 'nps-ask')}",
        f"/answer/{make_token(b'other', Use.ANSWER, 'c-17', 'nps-ask', KEY)}",
    ],
)
def test_a_link_that_is_not_ours_takes_no_answer(house: House, link: str):
    for method in ("GET", "POST"):
        answer = house.client.request(method, link, data={"answer": "9"} if method == "POST" else None)

        assert answer.status_code == 404
        assert "This link does not work" in answer.text
    assert house.inbox() == {}


@pytest.mark.parametrize("touch", ["spark", "a touch of last year"])
def test_a_question_that_nobody_asks_any_more_is_closed(house: House, touch: str):
    link = f"/answer/{make_token(SECRET, Use.ANSWER, 'c-17', touch, KEY)}"

    for answer in (house.client.get(link), house.client.post(link, data={"answer": "9"})):
        assert "This question is closed" in answer.text
    assert house.inbox() == {}


def test_an_answer_is_taken_however_far_behind_we_are(database: Database):
    with open_house(database, inbox_max=0) as house:
        assert house.client.post(PAGE, data={"answer": "9"}).status_code == 200
        assert answers(house) == [("nps-ask.answered", 9)]


@pytest.mark.parametrize(
    "locale, language, button",
    [
        ("de_AT", "de", "Senden"),
        ("es", "es", "Enviar"),
        ("fr", "fr", "Envoyer"),
        ("it", "it", "Invia"),
        ("nl", "nl", "Versturen"),
        ("ja", "en", "Send"),
    ],
)
def test_the_page_speaks_the_brands_language(database: Database, locale: str, language: str, button: str):
    definitions = PROGRAM.definitions
    program = compile_program(replace(definitions, brand=replace(definitions.brand, locale=locale)), salt="salt")
    with open_house(database, program=lambda: program) as house:
        page = Page(house.client.get(PAGE).text)

    assert page.language == language
    assert button in page.texts
