"""A touch as it will look: what a terminal and a page show is the message that is sent, for whom it is said to be."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from journeys.check.folder import open_definitions
from journeys.cli.preview import Asked, Preview, make_preview
from journeys.cli.preview_page import document
from journeys.content.footer import footer_of
from journeys.content.layout import seen_by
from journeys.content.message import compose
from journeys.definition.load import Reading
from tests.browser import DESK, NEEDS_CHROMIUM, browser, window
from tests.cli.conftest import HERE, run, run_at_terminal
from tests.streams import definitions, reading

__all__ = ["browser"]

Compare = Callable[[str, str], None]

LEAVES = HERE / "leaves"
FOLDER = LEAVES / "definitions"


def made(touch: str, *, folder: Path = FOLDER, reading: Reading | None = None, **more: str | None) -> Preview:
    asked = {"customer": None, "words": None, "variant": None, "channel": None, "journey": None, "html": None, **more}
    return make_preview(
        reading or open_definitions(folder), Asked(touch=touch, folder=folder, **asked), both_words=False
    )  # type: ignore[arg-type]


# ---------------------------------------------------------------- what is printed

PRINTED = {
    "preview-brew": ("brew",),
    "preview-brew-b": ("brew", "--variant", "b", "--channel", "email"),
    "preview-brew-sms": ("brew", "--channel", "sms", "--words", "generic"),
    "preview-brew-ben": ("brew", "--customer", "ben.yaml"),
    "preview-thanks": ("thanks", "--customer", "mia.json"),
    "preview-ring-them": ("ring-them",),
}


@pytest.mark.parametrize("name", PRINTED)
def test_a_pipe_gets_the_words_as_each_channel_shows_them(name: str, same_as_kept: Compare) -> None:
    done = run("preview", *PRINTED[name], cwd=LEAVES)

    assert (done.code, done.err) == (0, "")
    assert max(map(len, done.out.splitlines())) <= 80
    same_as_kept(name, done.out)


def test_a_terminal_gets_the_same_lines_as_wide_as_it_is(same_as_kept: Compare) -> None:
    printed = run_at_terminal("preview", "brew", "--channel", "push", columns=110, cwd=LEAVES)

    same_as_kept("terminal-110-preview", re.sub(r"\x1b\[[012]?m", "", printed))


def test_help_shows_examples() -> None:
    printed = run("preview", "--help").out

    assert re.search(r"Examples:\n  +journeys preview spark", printed)
    assert "TOUCH  Its name, or its file." in printed
    assert max(map(len, printed.splitlines())) <= 80


# ---------------------------------------------------------------- for whom


@pytest.mark.parametrize("touch", ["brew", "thanks", "ring-them"])
def test_for_the_example_every_placeholder_shows_something(touch: str) -> None:
    assert [each.lacking for each in made(touch).messages if each.lacking] == []


def test_the_example_says_what_the_scenarios_of_the_journey_say() -> None:
    reads = made("brew").messages[0].reads

    assert reads == {"customer.first_name": "Zoé", "journey.tea": "sencha"}
    assert "(its scenarios, else made up by type)" in run("preview", "brew", cwd=LEAVES).out


def test_the_journey_is_the_one_that_keeps_what_the_words_ask_for_unless_another_is_named() -> None:
    own, other = made("brew"), made("brew", journey="order")

    assert (own.journey, own.others, own.state) == ("tasting", ("order",), "need")
    assert (other.journey, other.state, other.messages[0].lacking) == ("order", "loyalty", ["journey.tea"])


def test_only_items_that_suit_the_customer_and_the_journey_are_shown() -> None:
    rows = made("brew").values["recommended"]

    # The budget is 30, the matcha costs 39 and the gyokuro is sold out.
    assert [row["title"] for row in rows] == ["Sencha, first flush", "Cup & saucer"]  # type: ignore[attr-defined]
    assert len(made("brew", journey="order").values["recommended"]) == 3  # type: ignore[arg-type]


def test_what_a_customer_lacks_and_did_not_consent_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "eva.yaml").write_text("{first_name: Eva, email: eva@example.com}")

    asked = ("brew", "--words", "personalized", "--customer", str(tmp_path / "eva.yaml"))
    printed = run("preview", *asked, cwd=LEAVES).out

    assert "Without consent to offers it is not sent at all.\n" in printed
    assert "Without consent to personalization the generic words are sent.\n" in printed
    assert "Without phone it is not sent by sms.\n" in printed
    assert "Without email" not in printed
    assert "ask for customer.first_name, journey.tea, which this customer lacks." in " ".join(printed.split())
    assert "Eva" not in printed


def test_without_consent_to_personalise_the_generic_words_are_shown() -> None:
    ben, example = made("brew", customer=LEAVES / "ben.yaml"), made("brew")  # type: ignore[arg-type]

    assert (ben.would_send, ben.wordings) == ("generic", ("generic",))
    assert (example.would_send, example.wordings) == ("a", ("a",))


def test_what_goes_to_us_goes_whatever_the_customer_agreed_to(tmp_path: Path) -> None:
    (tmp_path / "eva.yaml").write_text("{}")

    assert made("ring-them", customer=tmp_path / "eva.yaml").remarks == ()  # type: ignore[arg-type]


# ---------------------------------------------------------------- as a page


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "brew.html"
    done = run("preview", "brew", "--html", str(path), cwd=LEAVES)
    assert (done.code, done.out) == (0, f"wrote {path}: brew, personalized words and generic words\n")
    return path.read_text()


def frames(page: str) -> dict[str, list[str]]:
    """The documents in the frames, by title."""
    found: dict[str, list[str]] = {}
    for title, source in re.findall(r'<iframe [^>]*title="([^"]*)"[^>]*srcdoc="([^"]*)"', page):
        found.setdefault(title, []).append(unescape(source))
    return found


def test_the_page_holds_the_mails_as_they_are_sent_by_day_and_by_night(page: str) -> None:
    preview = made("brew")
    footer = footer_of(
        preview.definitions.brand,
        preview.touch,
        stop_url="https://links.example/stop",
        preferences_url="https://links.example/preferences",
    )
    sent = {
        words: compose(preview.touch, channel="email", words=words, values=preview.values, footer=footer).html or ""
        for words in ("a", "generic")
    }

    assert frames(page) == {
        f"The e-mail in {title} words, on a {screen}, {scheme}": [seen_by(sent[words], scheme)]
        for words, title in (("a", "personalized"), ("generic", "generic"))
        for screen in ("phone", "desktop")
        for scheme in ("light", "dark")
    }


def test_night_is_what_the_mail_itself_says_of_the_dark() -> None:
    sent = made("brew").messages[0].message.html or ""

    assert "@media all {" in seen_by(sent, "dark")
    assert "@media not all {" in seen_by(sent, "light")
    assert (
        seen_by(sent, "dark")
        .replace("@media all", "@media (prefers-color-scheme: dark)")
        .replace("color-scheme: dark;", "color-scheme: light dark;")
        == sent
    )


def test_the_page_needs_no_network_and_no_script(page: str) -> None:
    outside = re.sub(r'srcdoc="[^"]*"', "", page)

    assert "default-src 'none'; style-src 'unsafe-inline'" in outside
    assert not re.search(r"<script|\son\w+=|\ssrc=|href=|url\(|@import", outside)
    assert page.count('sandbox=""') == page.count("<iframe") == 8


def test_the_page_shows_inbox_cards_and_texts_of_both_words(page: str) -> None:
    for words in ("Zoé, the water for sencha was probably too hot", "The water was probably too hot"):
        assert f'<div class="one">{words}</div>' in page
    assert '<div class="four">Seventy degrees, not ninety</div>' in page
    assert '<div class="bubble">Leaf: 70°, not 90°.' in page
    assert "59 of 70 characters, 1 part; with ° – in it" in page


def test_the_page_shows_the_words_that_were_asked_for_alone(tmp_path: Path) -> None:
    path = tmp_path / "brew.html"

    run("preview", "brew", "--words", "generic", "--channel", "email", "--html", str(path), cwd=LEAVES)

    assert len(frames(path.read_text())) == 4
    assert "personalized words" not in path.read_text().replace("get the personalized words", "")


def test_a_hostile_name_is_text_on_the_page(tmp_path: Path) -> None:
    (tmp_path / "eva.yaml").write_text(
        'first_name: "</iframe><script>x</script>\\" onload=\\"y"\nconsent: [offers, personalization]'
    )
    path = tmp_path / "page.html"

    run("preview", "brew", "--customer", str(tmp_path / "eva.yaml"), "--html", str(path), cwd=LEAVES)

    page = path.read_text()
    assert "<script" not in page
    assert "&lt;/iframe&gt;&lt;script&gt;x&lt;/script&gt;" in page
    assert page.count("<iframe") == page.count("</iframe>") == 8


# ---------------------------------------------------------------- garbage

GARBAGE = {
    "a touch that is none": (("brw",), "there is no touch 'brw': did you mean 'brew'?"),
    "a touch's file for its name": (("definitions/touches/brews.md",), "did you mean 'brew'?"),
    "a channel that it has not": (("thanks", "--channel", "sms"), "'thanks' is not sent by 'sms': known: 'email'"),
    "a variant that it has not": (("brew", "--variant", "c"), "'brew' has no variant 'c': known: 'a', 'b'"),
    "a variant of the generic words": (("brew", "--variant", "b", "--words", "generic"), "have no variants"),
    "words that are none": (("brew", "--words", "loud"), "'loud' is not one of 'personalized', 'generic'"),
    "generic words that are not written": (("ring-them", "--words", "generic"), "'ring-them' has no generic words"),
    "a journey that is none": (("brew", "--journey", "tastin"), "no journey 'tastin': did you mean 'tasting'?"),
    "a journey that does not send it": (
        ("thanks", "--journey", "tasting"),
        "'tasting' does not send 'thanks': that does order",
    ),
    "a customer who is not there": (("brew", "--customer", "nobody.yaml"), "there is no file nobody.yaml"),
    "a folder for a customer": (("brew", "--customer", "definitions"), "definitions is a folder"),
    "a page onto a folder": (("brew", "--html", "definitions"), "definitions is a folder, and a file is wanted"),
    "a page in no folder": (("brew", "--html", "nowhere/x.html"), "there is no folder nowhere"),
    "a page over the touch": (("brew", "--html", "definitions/touches/brew.md"), "brew.md is read here"),
    "a page over the customer": (("brew", "--customer", "ben.yaml", "--html", "ben.yaml"), "ben.yaml is read here"),
}


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_gets_one_clear_line_and_a_2(garbage: str) -> None:
    arguments, words = GARBAGE[garbage]

    done = run("preview", *arguments, cwd=LEAVES)

    assert (done.code, done.out) == (2, "")
    assert re.fullmatch(r"journeys: [^\n]*\n", done.err)
    assert words in done.err


PROBLEMS = {
    "a list": ("- first_name: Ana", "1:1: error[wrong-type]"),
    "no YAML": ("first_name: [", "error[yaml]"),
    "a field that is none": ("frist_name: Ana", "1:1: error[unknown-field]"),
    "a kept value that is none": ("journey: {te: oolong}", "1:11: error[unknown-name]"),
    "a name for what is kept": ("journey: tasting", "1:10: error[wrong-type]"),
    "a text for an amount": ("budget: much", "1:9: error[wrong-type]"),
    "an address that is none": ("email: nobody", "1:8: error[wrong-type]"),
    "a moment that is none": ("journey: {entered_at: yesterday}", "1:23: error[wrong-type]"),
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_mistakes_in_a_customers_file_are_told_where_they_stand(problem: str, tmp_path: Path) -> None:
    path = tmp_path / "eva.yaml"
    path.write_text(PROBLEMS[problem][0])

    done = run("preview", "brew", "--customer", str(path), cwd=LEAVES)

    assert (done.code, done.out) == (2, "")
    assert PROBLEMS[problem][1] in done.err
    assert done.err.endswith("journeys: 1 error to mend first\n")
    if problem != "no YAML":
        assert "the preview would show something else than this says" in done.err


def test_a_touch_that_no_journey_sends_is_shown_for_no_journey(tmp_path: Path) -> None:
    (tmp_path / "touches").mkdir()
    for name in ("brand.yaml", "catalog.csv", "touches/thanks.md"):
        (tmp_path / name).write_text((FOLDER / name).read_text())
    text = (tmp_path / "touches/thanks.md").read_text().replace("journey.total | money", "brand.name")
    (tmp_path / "touches/thanks.md").write_text(text)

    done = run("preview", "thanks", "--definitions", str(tmp_path))

    assert done.code == 0
    assert "orders (service), by email, which no journey sends\n" in done.out
    assert "made up by type), on 2026-01-12 10:00" in done.out


def test_a_touch_is_named_by_its_file_too() -> None:
    named, filed = run("preview", "brew", cwd=LEAVES), run("preview", "definitions/touches/brew.md", cwd=LEAVES)

    assert (filed.code, filed.out) == (0, named.out)


def test_a_file_of_another_folder_is_no_touch_of_this_one(tmp_path: Path) -> None:
    other = tmp_path / "brew.md"
    other.write_bytes((FOLDER / "touches" / "brew.md").read_bytes())

    done = run("preview", str(other), cwd=LEAVES)

    assert done.code == 2
    assert "did you mean 'brew'?" in done.err


# ---------------------------------------------------------------- in a browser

MAILS = """() => [...document.querySelectorAll("iframe")].map(frame => {
  const mail = frame.contentDocument.documentElement
  return [frame.title, mail.scrollHeight - mail.clientHeight, mail.scrollWidth - mail.clientWidth]
})"""
FRAMES = re.compile(r'<iframe class="screen \w+ light".*?></iframe>', re.DOTALL)
CUT = """() => {
  const figures = [...document.querySelectorAll("figure")]
  return [figures.filter(each => each.scrollWidth > each.clientWidth + 1).length, figures.length]
}"""


@NEEDS_CHROMIUM
@pytest.mark.parametrize("each", [5, pytest.param(1, marks=pytest.mark.long)])
def test_a_mail_is_seen_whole_down_to_its_last_link(browser: Browser, each: int) -> None:
    touches = [name for name, touch in definitions("shipped").touches.items() if "email" in touch.channels][::each]
    pages = [document(made(touch, reading=reading("shipped"))) for touch in touches]
    # What looks must be let in: the page's own frames open to nobody.
    frames = [frame.replace(' sandbox=""', "") for page in pages for frame in FRAMES.findall(page)]

    with window(browser, DESK) as opened:
        opened.page.set_content("<!doctype html>" + "".join(frames))
        seen = opened.page.evaluate(MAILS)

    assert len(seen) == 2 * len(touches)
    assert [each for each in seen if each[1] > 0 or each[2] > 0] == []


@NEEDS_CHROMIUM
def test_on_a_phone_no_mail_is_cut_off_at_the_side(browser: Browser) -> None:
    for width in (320, 400):
        with window(browser, {"viewport": {"width": width, "height": 800}}) as opened:
            opened.page.set_content(document(made("brew")))
            cut, shown = opened.page.evaluate(CUT)

        assert (cut, shown > 0) == (0, True), width
