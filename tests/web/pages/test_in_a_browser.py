"""Pages in a real browser: whoever opens one, on whatever, by hand, by keyboard or by ear, gets it said and done."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from journeys.core.calendar import SECOND
from tests.browser import DESK, NEEDS_CHROMIUM, PHONE, Window, told, window
from tests.measure.test_page import contrast
from tests.web.house import House, open_house_on_sqlite
from tests.web.pages.shown import EACH, answer_page, preferences_page, unsubscribe_page
from tests.web.test_knowing import keep

pytestmark = NEEDS_CHROMIUM


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house_on_sqlite(tmp_path_factory.mktemp("house")) as opened:
        keep(opened, events=2, touches=1)
        yield opened


# ---------------------------------------------------------------- what a customer does there

_CUSTOMERS = (f"c-{number}" for number in count(100))


@pytest.fixture
def customer() -> str:
    """One of whom the house has heard nothing."""
    return next(_CUSTOMERS)


@pytest.fixture
def chooser(house: House) -> str:
    """One of whom the house knows what it knows of Ana."""
    customer = next(_CUSTOMERS)
    keep(house, customer=customer)
    return customer


def heard(house: House, customer: str) -> list[tuple[str, Mapping[str, Any]]]:
    return [(each["name"], each.get("properties", {})) for each in house.inbox().get(customer, [])]


def title(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()


Hand = Callable[[Locator], None]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(({**PHONE, "java_script_enabled": False}, Locator.tap), id="a phone without scripts"),
        pytest.param((DESK, Locator.click), id="a desk", marks=pytest.mark.long),
    ],
)
def at_hand(request: pytest.FixtureRequest, browser: Browser) -> Iterator[tuple[Page, Hand]]:
    """What somebody holds, and how they press."""
    device, press = request.param
    with window(browser, device) as opened:
        yield opened.page, press


@pytest.fixture(scope="module")
def desk(browser: Browser) -> Iterator[Window]:
    with window(browser, DESK) as opened:
        yield opened


def test_an_answer_is_chosen_sent_and_taken_once(at_hand: tuple[Page, Hand], house: House, customer: str):
    page, press = at_hand
    page.goto(house.url + answer_page(customer, "nps-ask", "9"))
    press(page.get_by_role("radio", name="10"))
    with page.expect_navigation():
        press(page.get_by_role("button"))

    assert title(page) == "Thank you"
    assert page.get_by_text("We have your answer: 10.").is_visible()
    assert heard(house, customer) == [("nps-ask.answered", {"answer": 10})]


def test_a_consent_is_taken_back_once(at_hand: tuple[Page, Hand], house: House, customer: str):
    page, press = at_hand
    page.goto(house.url + unsubscribe_page(customer, "offers"))
    with page.expect_navigation():
        press(page.get_by_role("button"))

    assert title(page) == "You are unsubscribed"
    assert heard(house, customer) == [("consent.withdrawn", {"purpose": "offers"})]


def test_the_keyboard_alone_answers_and_takes_a_consent_back(desk: Window, house: House, customer: str):
    page = desk.page
    page.goto(house.url + answer_page(customer, "nps-ask"))
    for key in ("Tab", "Space", "ArrowRight", "ArrowRight", "ArrowLeft", "Tab"):
        page.keyboard.press(key)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(house.url + unsubscribe_page(customer, "offers"))
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    assert title(page) == "You are unsubscribed"
    assert heard(house, customer) == [("nps-ask.answered", {"answer": 1}), ("consent.withdrawn", {"purpose": "offers"})]


def test_a_customer_chooses_and_it_is_said_once(at_hand: tuple[Page, Hand], house: House, chooser: str):
    page, press = at_hand
    page.goto(house.url + preferences_page(customer=chooser))
    press(page.get_by_role("checkbox", name="We may ask you how it was."))
    press(page.get_by_role("radio", name="Once a week"))
    page.get_by_label("From").fill("20:00")
    page.get_by_label("To", exact=True).fill("08:30")
    with page.expect_navigation():
        press(page.get_by_role("button", name="Save"))

    assert title(page) == "Saved"
    assert heard(house, chooser) == [
        ("consent.given", {"purpose": "surveys"}),
        ("preferences.set", {"at_most": "1 per 7 days", "quiet_hours": "20:00-08:30"}),
    ]


def test_a_customer_sees_what_is_known_takes_it_along_and_is_forgotten(
    at_hand: tuple[Page, Hand], house: House, chooser: str
):
    page, press = at_hand
    page.goto(house.url + preferences_page(customer=chooser))
    with page.expect_navigation():
        press(page.get_by_role("link", name="What we know about you"))
    assert page.get_by_text("ana@x.example").is_visible()
    with page.expect_download() as download:
        press(page.get_by_role("link", name="Download all of it"))
    with page.expect_navigation():
        press(page.get_by_role("link", name="Back to your preferences"))
    assert title(page) == "Your preferences"
    with page.expect_navigation():
        press(page.get_by_role("link", name="Erase what you know of me"))
    press(page.get_by_role("checkbox"))
    with page.expect_navigation():
        press(page.get_by_role("button"))

    assert download.value.suggested_filename == "what-is-known.json"
    assert title(page) == "We have your word"
    assert heard(house, chooser) == [("customer.erased", {})]


def test_nothing_is_sent_before_something_is_chosen(desk: Window, house: House, customer: str):
    desk.page.goto(house.url + answer_page(customer, "nps-ask"))
    desk.page.get_by_role("button").click()

    # The browser says in its own words that one must be chosen, and goes to where that is done.
    assert desk.page.evaluate("document.activeElement.name") == "answer"
    assert heard(house, customer) == []


def test_who_goes_back_as_the_page_says_answers_anew(desk: Window, house: House, customer: str):
    desk.page.goto(house.url + answer_page(customer, "nps-ask", "9"))
    desk.press("Send")
    house.clock.now += SECOND
    desk.page.go_back()
    desk.page.get_by_role("radio", name="3").check()
    desk.press("Send")

    assert desk.page.get_by_text("We have your answer: 3.").is_visible()
    assert [said["answer"] for _, said in heard(house, customer)] == [9, 3]


# ---------------------------------------------------------------- each page in each of its states, looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A page in one of its states, open on a phone; whoever looks leaves it as it was."""

    name: str
    url: str
    window: Window

    @property
    def page(self) -> Page:
        return self.window.page


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[Window]:
    with window(browser, PHONE) as opened:
        yield opened


@pytest.fixture(scope="module", params=EACH)
def seen(request: pytest.FixtureRequest, phone: Window, house: House) -> Seen:
    name, path, act = request.param
    phone.open(house.url + path)
    act(phone)
    return Seen(name=name, url=house.url + path, window=phone)


def test_it_asks_nobody_else_breaks_no_rule_of_its_own_and_leaves_nothing_behind(seen: Seen):
    assert set(seen.window.asked) == {seen.url}
    assert seen.window.complaints == []
    assert seen.page.context.storage_state() == {"cookies": [], "origins": []}


# What goes beyond the edge, and every word that is broken in two.
ROOM = """() => {
  const edge = document.documentElement.clientWidth, beyond = [], broken = []
  for (const each of document.body.querySelectorAll("*"))
    if (each.getBoundingClientRect().right > edge + 0.5) beyond.push(each.outerHTML.slice(0, 120))
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), word = document.createRange()
  while (walk.nextNode())
    for (const found of walk.currentNode.data.matchAll(/\\S+/g)) {
      word.setStart(walk.currentNode, found.index)
      word.setEnd(walk.currentNode, found.index + found[0].length)
      if (new Set([...word.getClientRects()].map(rect => rect.top)).size > 1) broken.push(found[0])
    }
  const needs = document.documentElement.scrollWidth
  return {needs, beyond, broken, letters: parseFloat(getComputedStyle(document.querySelector("p")).fontSize)}
}"""
AS_IT_IS, LARGE = "", "font-size: 200%"
SPACED = "letter-spacing: .12em; word-spacing: .16em"  # as WCAG 1.4.12 has it
MORE = "style => document.documentElement.style.cssText = style"


def test_it_has_room_on_the_smallest_phone_and_in_letters_twice_as_large(seen: Seen):
    found = {}
    for width in (320, 375):
        seen.page.set_viewport_size({"width": width, "height": 667})
        for style in (SPACED, LARGE, AS_IT_IS):
            seen.page.evaluate(MORE, style)
            found[style, width] = seen.page.evaluate(ROOM)

    assert found[LARGE, 375]["letters"] == 2 * found[AS_IT_IS, 375]["letters"]
    for (style, width), room in found.items():
        assert (room["needs"], room["beyond"]) == (width, []), (style, width)
        # On the smallest of phones a long word has no room in such letters.
        assert room["broken"] == [] or (style, width) == (LARGE, 320), (style, width)


PRESSED = '[...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")]'
# What is pressed is as large as itself or its label.
SIZES = f"""{PRESSED}.map(each => {{
  const rects = [each, ...(each.labels ?? [])].map(part => part.getBoundingClientRect())
  return [each.outerHTML.slice(0, 120), Math.max(...rects.map(rect => Math.min(rect.width, rect.height)))]
}})"""


def test_a_finger_finds_what_is_to_be_pressed(seen: Seen):
    assert [each for each in seen.page.evaluate(SIZES) if each[1] < 44] == []


# Each piece of text and the edge of each thing to press: how much it must stand out, its colour, and what it lies on.
INKS = f"""() => {{
  const isClear = colour => /, 0\\)$/.test(colour)
  const paper = each => {{
    for (; each; each = each.parentElement) {{
      const colour = getComputedStyle(each).backgroundColor
      if (!isClear(colour)) return colour
    }}
    return "rgb(255, 255, 255)"
  }}
  const inks = []
  for (const each of document.body.querySelectorAll("*"))
    if ([...each.childNodes].some(node => node.nodeType == Node.TEXT_NODE && node.data.trim()))
      inks.push([each.textContent, 4.5, getComputedStyle(each).color, paper(each)])
  for (const each of {PRESSED}) {{
    const drawn = getComputedStyle(each).opacity == 0 ? each.nextElementSibling : each, style = getComputedStyle(drawn)
    if (drawn.type && drawn.tagName != "BUTTON" && style.appearance != "none") continue // the browser draws it
    const edge = isClear(style.borderTopColor) ? style.backgroundColor : style.borderTopColor
    inks.push(["the edge of " + drawn.textContent, 3, edge, paper(drawn.parentElement)])
  }}
  return inks
}}"""


def in_hex(colour: str) -> str:
    assert colour.startswith("rgb("), colour  # what one sees through would lie on more than one paper
    return "#" + "".join(f"{int(part):02x}" for part in colour[4:-1].split(", "))


def test_words_and_edges_stand_out_by_day_and_by_night(seen: Seen):
    inks = {}
    for scheme in ("dark", "light"):
        seen.page.emulate_media(color_scheme=scheme)
        inks[scheme] = seen.page.evaluate(INKS)

    assert inks["dark"] != inks["light"]
    for scheme, found in inks.items():
        assert [each for each in found if contrast(in_hex(each[2]), in_hex(each[3])) < each[1]] == [], scheme


# Of a group of radio buttons the keyboard gets to one, and the arrows lead to the others.
STOPS = f'new Set({PRESSED}.map(each => each.type == "radio" ? each.name : each)).size'


def test_the_keyboard_gets_to_everything_and_one_sees_where_it_is(seen: Seen):
    pictures, reached = [seen.page.screenshot(scale="css")], []
    for _ in range(seen.page.evaluate(STOPS)):
        seen.page.keyboard.press("Tab")
        pictures.append(seen.page.screenshot(scale="css"))
        reached.append(seen.page.evaluate("document.activeElement.tagName"))

    assert "BODY" not in reached
    assert len(set(pictures)) == len(pictures)


TOLD = Path(__file__).parent / "told"


def hear(page: Page, name: str, language: str) -> None:
    """Compares what is told with what was reviewed; whatever that is, some things must be in it."""
    tree = told(page)
    lines = [line.strip() for line in tree.splitlines()]
    assert lines[0] == f"language {language}"
    assert lines[1].startswith('RootWebArea "')
    assert lines.count("main") == 1
    assert [line.endswith(" level 1") for line in lines if line.startswith("heading ")].count(True) == 1
    assert {"group", "radio", "checkbox", "textbox", "combobox", "button", "link"}.isdisjoint(lines), "has no name"

    file = TOLD / f"{name}.{language}.txt"
    if os.environ.get("RENEW"):
        file.write_text(tree, encoding="utf-8")
    assert tree == file.read_text(encoding="utf-8"), "RENEW=1 renews it, if this is meant"


def test_a_screen_reader_tells_the_whole_of_it(seen: Seen):
    hear(seen.page, seen.name, "en")


AXE = os.environ.get("AXE")
NEEDS_AXE = pytest.mark.skipif(AXE is None, reason="AXE names no axe.min.js, which `npm install axe-core` brings")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
BY_SCHEME = ["color-contrast", "link-in-text-block"]


@NEEDS_AXE
def test_axe_finds_nothing_that_keeps_anybody_out(seen: Seen):
    assert AXE is not None
    seen.page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    found = {}
    for scheme, rules in (("dark", BY_SCHEME), ("light", WCAG)):
        seen.page.emulate_media(color_scheme=scheme)
        found[scheme] = seen.page.evaluate("rules => axe.run({runOnly: rules})", rules)

    for scheme, each in found.items():
        assert each["passes"]
        assert [(one["id"], one["nodes"]) for one in each["violations"]] == [], scheme


# ---------------------------------------------------------------- in another language, and in other colours


SAMPLE = ("answer-chosen-asked", "unsubscribe-taken", "preferences-refused")


@pytest.fixture(scope="module")
def german_phone(browser: Browser) -> Iterator[Window]:
    with window(browser, PHONE, locale="de") as opened:
        yield opened


@pytest.mark.parametrize(
    "shown",
    [each if each.id in SAMPLE else pytest.param(*each.values, id=each.id, marks=pytest.mark.long) for each in EACH],
)
def test_a_screen_reader_tells_it_in_german(
    shown: tuple[str, str, Callable[[Window], object]], german_phone: Window, house: House
):
    name, path, act = shown
    german_phone.open(house.url + path)
    act(german_phone)

    hear(german_phone.page, name, "de")


def test_nothing_is_kept_of_a_page_that_is_gone():
    assert sorted(path.name for path in TOLD.iterdir()) == sorted(
        f"{each.id}.{language}.txt" for each in EACH for language in ("de", "en")
    )


def test_the_chosen_answer_is_seen_in_colours_that_the_reader_forces(desk: Window, house: House):
    desk.page.emulate_media(forced_colors="active")
    desk.open(house.url + answer_page("c-1", "nps-ask", "9"))
    # What is painted below the words, which are bold: that is told by no style that a page can be asked for.
    desk.page.evaluate("for (const each of document.querySelectorAll('.answers span')) each.textContent = '\\u00a0'")
    inside = []
    for label in desk.page.locator(".answers label").all():
        box = label.bounding_box()
        assert box is not None
        clip = {"x": box["x"] + 12, "y": box["y"] + 12, "width": 20, "height": 20}
        inside.append(desk.page.screenshot(clip=clip))
    desk.page.emulate_media(forced_colors="none")

    assert [inside.count(each) for each in inside] == [10] * 9 + [1, 10]


def test_a_page_that_broke_its_own_rule_would_be_complained_of(desk: Window, house: House):
    desk.open(house.url + "/answer/x")
    desk.page.evaluate("document.body.setAttribute('style', 'color: red')")

    [complaint] = desk.complaints
    assert "violates the following Content Security Policy" in complaint
