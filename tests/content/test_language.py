"""Who reads German gets German words, German dates and a greeting that fits; who reads another language the brand's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shop import BRAND, CATALOG, touch, values

from journeys.content.footer import footer_of
from journeys.content.language import in_language, speaking
from journeys.content.message import compose
from journeys.content.proof import faults
from journeys.definition.model import Field, Words

SALUTATION = "{{ customer.first_name | salutation: customer.last_name, customer.title, customer.tone }}"


def spoken(body: str, *, file: str = "touches/spark.de.md", language: str = "de"):
    return replace(touch(body, subject="Besserer Kaffee"), file=file, language=language)


TOUCH = touch("Better coffee.", channels=("email",))
GERMAN = spoken("Für {{ journey.total }} besserer Kaffee.")
BRAZILIAN = spoken("Café melhor.", language="pt_BR")
ALL = replace(TOUCH, translations={"de": GERMAN, "pt_BR": BRAZILIAN})


@pytest.mark.parametrize(
    "language, chosen",
    [
        ("de", GERMAN), ("DE", GERMAN), ("de-AT", GERMAN), ("de_CH", GERMAN), (" de ", GERMAN), ("pt_BR", BRAZILIAN),
        ("pt-br", BRAZILIAN), ("pt", ALL), ("pt_PT", ALL), ("en", ALL), ("fr", ALL), ("", ALL), (None, ALL),
        ("d" * 999, ALL), (7, ALL), ("de\n", GERMAN),
    ],
)  # fmt: skip
def test_the_words_are_those_of_the_customers_language_or_the_brands(language: object, chosen: object):
    assert in_language(BRAND, ALL, language) is chosen


@pytest.mark.parametrize(
    "locale, language, chosen",
    [
        ("de_AT", "de-AT", "brand"), ("de-at", "de_AT", "brand"), ("de_AT", "de", "de"), ("de_AT", "de-CH", "de"),
        ("de_AT", "pt-BR", "pt_BR"), ("de", "de-AT", "brand"), ("pt", "pt-BR", "pt_BR"), ("pt", "pt-PT", "brand"),
    ],
)  # fmt: skip
def test_the_brands_own_words_are_nearest_to_whoever_reads_its_language(locale: str, language: str, chosen: str):
    brand = replace(BRAND, locale=locale)

    assert in_language(brand, ALL, language) is ALL.translations.get(chosen, ALL)


@given(st.text(max_size=30))
def test_whatever_a_field_holds_some_words_are_said(language: str):
    assert in_language(BRAND, ALL, language) in (ALL, GERMAN, BRAZILIAN)


def test_money_and_dates_follow_the_words():
    brand = speaking(BRAND, GERMAN)
    message = compose(GERMAN, channel="email", words="a", values=values(brand=brand))
    ours = compose(TOUCH, channel="email", words="a", values=values(brand=speaking(BRAND, TOUCH)))

    assert "Für 649,00\xa0€ besserer Kaffee." in message.text
    assert '<html lang="de"' in str(message.html)
    assert '<html lang="en"' in str(ours.html)


def test_so_do_the_words_that_unsubscribe_and_choose():
    footer = footer_of(BRAND, GERMAN, stop_url="https://kaffa.example/u", preferences_url="https://kaffa.example/p")

    assert footer.links == (("Abmelden", "https://kaffa.example/u"), ("Einstellungen", "https://kaffa.example/p"))


@pytest.mark.parametrize(
    "language, known, begins",
    [
        ("en", {"first_name": "Ana"}, "Hi Ana"),
        ("en", {"first_name": "Ana", "last_name": "Ortega", "tone": "formal"}, "Dear Ana Ortega"),
        ("en", {"first_name": "Ana", "last_name": "Ortega", "title": "Ms", "tone": "formal"}, "Dear Ms Ortega"),
        ("en", {"first_name": "Ana", "last_name": "Ortega", "title": "Ms", "tone": "first name"}, "Hi Ana"),
        ("en", {"first_name": "Ana", "tone": "formal"}, "Hello"),
        ("en", {"last_name": "Ortega"}, "Hello"),
        ("en", {}, "Hello"),
        ("de", {"last_name": "Ortega", "title": "Frau Dr.", "tone": "Formal"}, "Guten Tag Frau Dr. Ortega"),
        ("de", {"first_name": "Ana"}, "Hallo Ana"),
        ("de_AT", {}, "Guten Tag"),
        ("es", {"last_name": "Ortega", "title": "Sra.", "tone": "formal"}, "Buenos días, Sra. Ortega"),
        ("xx", {"first_name": "Ana"}, "Hi Ana"),
    ],
)  # fmt: skip
def test_a_greeting_follows_the_wish_and_what_is_known(language: str, known: dict[str, str], begins: str):
    names = ("first_name", "last_name", "title", "tone")
    brand = replace(BRAND, locale=language, fields={name: Field(name=name, type="text") for name in names})
    words = touch(f"{SALUTATION},\n\nhello.")

    message = compose(words, channel="email", words="a", values=values(brand=brand, customer=known))

    assert message.text.startswith(f"{begins},")


@pytest.mark.parametrize("body", [f"{SALUTATION},\n\nhello.", "{{ customer.first_name | salutation }},\n\nhello."])
def test_a_greeting_needs_nothing_to_be_known(body: str):
    names = ("first_name", "last_name", "title", "tone")
    brand = replace(BRAND, fields={name: Field(name=name, type="text") for name in names})

    assert faults(touch(body), brand=brand, catalog=CATALOG, kept={}) == ()


@pytest.mark.parametrize(
    "missing, begins",
    [
        ("", "Dear Ms Ortega"), ("first_name", "Dear Ms Ortega"), ("last_name", "Hello"), ("title", "Dear Ana Ortega"),
        ("tone", "Hi Ana"), ("first_name last_name title tone", "Hello"),
    ],
)  # fmt: skip
def test_with_less_known_a_greeting_is_what_is_left_of_it(missing: str, begins: str):
    everything = {"first_name": "Ana", "last_name": "Ortega", "title": "Ms", "tone": "formal"}
    brand = replace(BRAND, locale="en", fields={name: Field(name=name, type="text") for name in everything})
    known = {name: value for name, value in everything.items() if name not in missing.split()}

    message = compose(
        touch(f"{SALUTATION}, hello."), channel="email", words="a", values=values(brand=brand, customer=known)
    )

    assert message.text.startswith(f"{begins}, hello.")


def test_a_greeting_is_one_line_whatever_a_name_holds():
    message = compose(
        touch("x", subject="{{ customer.first_name | salutation }}"),
        channel="email",
        words="a",
        values=values(customer={"first_name": "Ana\r\nBcc: eve@example.com <b>"}),
    )

    assert message.subject == "Hi Ana Bcc: eve@example.com <b>"


def test_generic_words_are_translated_as_well():
    generic = Words(subject="Besserer Kaffee", body="So fangen die meisten an.", short={})
    message = compose(replace(GERMAN, generic=generic), channel="email", words="generic", values=values())

    assert message.text.startswith("So fangen die meisten an.")
