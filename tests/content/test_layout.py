"""A mail is more than its words: what an inbox shows, what one can press, who it is from and where it stops."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from shop import BRAND, touch, values

from journeys.content.footer import Footer, footer_of
from journeys.content.message import Message, compose, sources
from journeys.definition.model import Purpose, Touch

STOP = "https://links.example/stop?x=1&y=2"
CHOOSE = "https://links.example/preferences"


def mail(body: str, *, footer: Footer | None = None, ask_url: str | None = None, **more: object) -> Message:
    return compose(touch(body, **more), channel="email", words="a", values=values(ask_url=ask_url), footer=footer)


def buttons(message: Message) -> list[tuple[str, str]]:
    """The words and the address of each button."""
    found = re.findall(r'<a href="([^"]*)"[^>]* class="button"[^>]*>(.*?)</a>', message.html or "")
    return [(words, unescape(address)) for address, words in found]


# ---------------------------------------------------------------- what an inbox shows


def test_an_inbox_shows_the_line_that_was_written_for_it():
    message = mail("Hi there", short={"preheader": "For {{ customer.first_name }}\nalone"})

    assert message.preheader == "For Ana alone"
    assert re.search(r'<div style="display:none[^"]*">For Ana alone&#847;', message.html or "")


def test_without_one_it_shows_how_the_words_begin_and_no_addresses():
    message = mail("Hi {{ customer.first_name }},\n\n[see](https://a.example) *this*.\n\nMore.")

    assert message.preheader == "Hi Ana, see this."
    assert "see (https://a.example) this." in message.text


def test_nothing_else_is_shown_after_it():
    hidden = re.search(r'<div style="display:none[^"]*">(.*?)</div>', mail("x").html or "")

    assert hidden is not None
    shown = unescape(hidden[1])
    assert shown[0] == "x"
    assert len(shown) > 300
    assert set(shown[1:]) == {"\u034f", "\u200c", "\u00a0"}


def test_a_long_beginning_is_cut():
    assert len(mail("word " * 60).preheader or "") <= 110


# ---------------------------------------------------------------- what one can press


def test_a_link_that_is_a_paragraph_of_its_own_is_a_button():
    message = mail("Hi\n\n[To the **shop**](https://a.example/?a=1&b=2)\n\nBye")

    assert buttons(message) == [("To the <strong>shop</strong>", "https://a.example/?a=1&b=2")]
    assert "To the shop (https://a.example/?a=1&b=2)" in message.text


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("See [this](https://a.example).", id="among words"),
        pytest.param("- [this](https://a.example)", id="in a list"),
        pytest.param("> [this](https://a.example)", id="in a quote"),
        pytest.param("# [this](https://a.example)", id="a title"),
        pytest.param("<https://a.example>", id="a bare address"),
        pytest.param("[a](https://a.example) [b](https://b.example)", id="two of them"),
        pytest.param("[![x](https://a.example/i.png)](https://a.example)", id="a picture"),
        pytest.param("[this](javascript:x)", id="one that may not be followed"),
    ],
)
def test_any_other_link_is_none(body):
    assert buttons(mail(body)) == []


def test_the_page_for_the_answer_becomes_a_button_for_each():
    message = mail("Well?\n\n[One **click**]({{ ask_url }})", ask=(0, 1, 10), ask_url="https://a.example/q?k=s#top")

    assert buttons(message) == [(answer, f"https://a.example/q?k=s&answer={answer}#top") for answer in ("0", "1", "10")]
    assert "One <strong>click</strong><br />" in (message.html or "")
    assert message.text == "Well?\n\nOne click (https://a.example/q?k=s#top)"


def test_an_answer_in_words_is_encoded_and_escaped():
    message = mail(
        "[Why?]({{ ask_url }})", ask=("too dear & far", "<b>", "\ue0000\ue001"), ask_url="https://a.example/q"
    )

    assert buttons(message) == [
        ("too dear &amp; far", "https://a.example/q?answer=too%20dear%20%26%20far"),
        ("&lt;b&gt;", "https://a.example/q?answer=%3Cb%3E"),
        ("", "https://a.example/q?answer=%EE%80%800%EE%80%81"),
    ]


def test_in_a_sentence_the_page_for_the_answer_is_a_link():
    assert buttons(mail("Tell us [why]({{ ask_url }}).", ask=("a", "b"), ask_url="https://a.example/q")) == []


# ---------------------------------------------------------------- who, why, and where it stops


def of_purpose(name: str) -> Touch:
    return replace(touch("x"), purpose=name)


BRANDED = replace(
    BRAND,
    purposes={
        **BRAND.purposes,
        "offers": Purpose(name="offers", class_="marketing", words="We may send you offers."),
        "alerts": Purpose(name="alerts", class_="requested"),
    },
)


def test_marketing_ends_with_what_was_agreed_to_and_where_it_stops():
    footer = footer_of(BRANDED, of_purpose("offers"), stop_url=STOP, preferences_url=CHOOSE)

    message = mail("x", footer=footer)

    end = f"Kaffa, hello@kaffa.example\nWe may send you offers.\nUnsubscribe: {STOP}\nPreferences: {CHOOSE}"
    assert message.text == f"x\n\n-- \n{end}"
    assert f'href="{CHOOSE}"' in (message.html or "")
    assert 'href="https://links.example/stop?x=1&amp;y=2"' in (message.html or "")


@pytest.mark.parametrize("purpose", ["orders", "alerts"])
def test_what_was_ordered_or_asked_for_says_who_and_does_not_stop(purpose):
    footer = footer_of(BRANDED, of_purpose(purpose), stop_url=STOP, preferences_url=CHOOSE)

    assert footer == Footer(lines=("Kaffa, hello@kaffa.example",))


@pytest.mark.parametrize(("locale", "word"), [("es", "Darse de baja"), ("de_AT", "Abmelden"), ("eo", "Unsubscribe")])
def test_the_word_that_stops_it_is_in_the_brands_language(locale, word):
    footer = footer_of(replace(BRANDED, locale=locale), of_purpose("offers"), stop_url=STOP, preferences_url=None)

    assert footer.links == ((word, STOP),)


def test_without_a_place_to_stop_none_is_promised():
    assert footer_of(BRANDED, of_purpose("offers"), stop_url=None, preferences_url=None).links == ()


# ---------------------------------------------------------------- which texts it is made of


def test_a_channel_is_made_of_the_texts_it_shows():
    spark = touch("body", subject="subject", short={"push": "push", "preheader": "preheader"})

    assert sources(spark, channel="email", words="a") == ("subject", "preheader", "body")
    assert sources(spark, channel="push", words="a") == ("subject", "push")
    assert sources(spark, channel="sms", words="a") == ("subject", "body")
