"""Every mistake in a touch's words is found before a customer reads them."""

from __future__ import annotations

import pytest
from shop import BRAND, CATALOG, KEPT, touch

from journeys.content.proof import WordsFault, faults, fields_read
from journeys.definition.model import Touch, Words


def found(spark: Touch) -> list[WordsFault]:
    return list(faults(spark, brand=BRAND, catalog=CATALOG, kept=KEPT))


def rules(body: str, **more: object) -> list[str]:
    return [fault.rule for fault in found(touch(body, **more))]


def test_good_words_have_no_faults():
    assert found(touch()) == []


@pytest.mark.parametrize(
    ("body", "rule", "underlined", "help_"),
    [
        pytest.param("{{ customer.frist_name }}", "unknown-name", "customer.frist_name", "'first_name'", id="a field"),
        pytest.param("{{ first_name }}", "unknown-name", "first_name", "'customer.first_name'", id="a scope forgotten"),
        pytest.param("{{ journey.categry }}", "unknown-name", "journey.categry", "'category'", id="a kept name"),
        pytest.param("{{ brand.sender }}", "unknown-name", "brand.sender", "known: 'name'", id="of the brand"),
        pytest.param("{{ offer.cod }}", "unknown-name", "offer.cod", "'code'", id="of the offer"),
        pytest.param("{{ now }}", "unknown-name", "now", "known:", id="the clock"),
        pytest.param("{{ ask_url }}", "unknown-name", "ask_url", "known:", id="a page without ask"),
        pytest.param(
            "{% for i in recommended %}{{ i.titel }}{% endfor %}", "unknown-name", "i.titel", "'title'", id="a column"
        ),
        pytest.param("{{ recommended.title }}", "unknown-name", "recommended.title", "{% for", id="a list as a row"),
        pytest.param("{{ customer.first_name.last }}", "unknown-name", "customer.first_name.last", "", id="deeper"),
        pytest.param("{{ customer.__class__ }}", "unknown-name", "customer.__class__", "", id="inside of Python"),
        pytest.param("{% assign c = customer %}x", "unknown-name", "customer", "customer.first_name", id="a scope"),
        pytest.param(
            "{{ customer[journey.key] | default: 1 }}", "unknown-name", "customer[journey.key]", "", id="computed"
        ),
        pytest.param(
            "{% if customer.health_note %}a{% endif %}b", "sensitive-field", "customer.health_note", "", id="sensitive"
        ),
        pytest.param(
            "{{ customer['health_note'] }}", "sensitive-field", "customer['health_note']", "", id="in brackets"
        ),
        pytest.param("Hi {{ customer.first_name }}", "unfilled-value", "customer.first_name", "default:", id="bare"),
        pytest.param(
            "{{ customer.first_name | upcase }}", "unfilled-value", "customer.first_name", "default", id="upcased"
        ),
        pytest.param(
            "{{ customer.first_name | append: '!' }}", "unfilled-value", "customer.first_name", "", id="appended"
        ),
        pytest.param("{% assign n = customer.first_name %}{{ n }}", "unfilled-value", "n", "", id="renamed"),
        pytest.param("{% if customer.first_name %}x{% endif %}", "blank-words", "{", "else", id="nothing said"),
        pytest.param("x{{ journey.category | money }}", "words-fail", "money", "default", id="text as money"),
        pytest.param("{{ recommended }}", "words-fail", "recommended", "", id="a list of rows printed"),
        pytest.param("{{ customer.budget | date }}x", "words-fail", "date", "", id="fails only when filled"),
        pytest.param(
            "[x](www.kaffa.example)", "unsafe-link", "www.kaffa.example", "https://", id="a link without scheme"
        ),
        pytest.param("{% include 'x' %}", "words-syntax", "include", "write", id="another file"),
        pytest.param("{% for i in (1..9000000000) %}{% endfor %}", "words-syntax", "(", "(1..5)", id="without end"),
        pytest.param("{{ x", "words-syntax", "{{", "}}", id="never closed"),
    ],
)
def test_a_fault_is_named_placed_and_helped(body, rule, underlined, help_):
    fault = next(fault for fault in found(touch(body)) if fault.rule == rule)

    assert fault.part == ("body",)
    assert body[fault.at.offset : fault.at.offset + fault.at.length] == underlined
    assert help_ in fault.help
    assert fault.message and fault.why


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("Hi {{ customer.first_name | default: 'there' | upcase }}", id="a default"),
        pytest.param("{% if customer.first_name %}Hi {{ customer.first_name }}{% else %}Hi{% endif %}", id="a choice"),
        pytest.param(
            "{% unless customer.first_name %}Hi{% else %}{{ customer.first_name }}{% endunless %}", id="unless"
        ),
        pytest.param("{% if customer.budget > 50 %}big{% else %}small{% endif %}", id="a comparison with nothing"),
        pytest.param("a{% for i in customer.interests %}{{ i }}{% endfor %}", id="a list that may be missing"),
        pytest.param(
            "{% assign best = recommended.first %}{{ best.title }} {{ recommended[1].url }}", id="a row renamed"
        ),
        pytest.param("{{ recommended.size }} {{ journey.category.size }} {{ journey.visits }}", id="sizes"),
        pytest.param("[x]({{ journey.category }}) y", id="an address that only customers have"),
        pytest.param("{{ offer.amount }}{{ offer.expires_at | date: '%d %B' }}{{ offer.code }}", id="an offer"),
    ],
)
def test_guarded_words_are_fine(body):
    assert rules(body) == []


def test_generic_words_may_not_read_what_is_known_for_personalization_only():
    generic = Words(
        subject="Hello",
        body="{{ customer.first_name | default: 'x' }} {{ customer.website | default: 'y' }}",
        short={"push": "{{ customer.budget | default: 1 }}"},
    )

    assert [(fault.rule, fault.part) for fault in found(touch(generic=generic))] == [
        ("personal-generic", ("generic", "body")),
        ("personal-generic", ("generic", "push")),
    ]


def test_every_part_of_a_touch_is_proved_and_what_a_variant_shares_only_once():
    bad = "{{ nobody }}"
    spark = touch(
        bad,
        subject=bad,
        short={"push": bad},
        variants={"b": Words(subject=bad + "!", body=bad, short={"push": bad, "sms": bad})},
        generic=Words(subject=bad, body=bad, short={}),
    )

    assert [fault.part for fault in found(spark)] == [
        ("subject",),
        ("body",),
        ("push",),
        ("variants", "b", "subject"),
        ("variants", "b", "sms"),
        ("generic", "subject"),
        ("generic", "body"),
    ]


def test_a_mail_needs_a_subject_and_every_channel_a_text():
    nothing = Words(subject=None, body="", short={"push": "now"})

    by_mail = found(touch("x", subject=" ", generic=nothing))
    by_push = found(touch("", subject=None, short={"push": "now"}, generic=nothing, channels=("push",)))

    assert [(fault.rule, fault.part) for fault in by_mail] == [
        ("no-subject", ("subject",)),
        ("no-subject", ("generic", "subject")),
        ("blank-words", ("generic", "body")),
    ]
    assert by_push == []


def test_the_fields_that_words_read_are_told_for_each_wording():
    spark = touch(
        "{% if customer.budget > 5 %}a{% endif %}",
        subject="{{ customer.first_name }}",
        short={"push": "{{ customer.website }}"},
        variants={"b": Words(subject="two", body="", short={})},
    )

    assert fields_read(spark, "a") == {"budget", "first_name", "website"}
    assert fields_read(spark, "b") == {"budget", "website"}
    assert fields_read(spark, "generic") == frozenset()
