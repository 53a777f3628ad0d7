"""Words are Liquid, bounded; what is wrong with them has a place and is said in the author's words."""

from __future__ import annotations

import pytest
from shop import values

from journeys.content.lexing import SOURCE_MAX
from journeys.content.template import OUTPUT_MAX, WordsError, names_read, parse, render, render_fully


def said(source: str, **more: object) -> str:
    return render(parse(source), values(**more))


def refused(source: str) -> WordsError:
    with pytest.raises(WordsError) as caught:
        render(parse(source), values())
    return caught.value


@pytest.mark.parametrize(
    ("source", "printed"),
    [
        pytest.param("{{ journey.total }}", "€649.00", id="money prints as money"),
        pytest.param("{{ journey.total | money }}", "€649.00", id="the money filter changes no money"),
        pytest.param("{{ journey.total | times: 2 }}", "€1,298.00", id="money stays money"),
        pytest.param("{{ 12.5 | money }}", "€12.50", id="a number is in the main unit"),
        pytest.param("{% if journey.total > 600 %}much{% endif %}", "much", id="money compares in the main unit"),
        pytest.param("{{ 7 | divided_by: 2 }} {{ 7 | divided_by: 2.0 }}", "3 3.5", id="division as in Liquid"),
        pytest.param("{{ 2.345 | round: 2 }} {{ 2.6 | round }}", "2.34 3", id="rounding"),
        pytest.param("{{ customer.first_name | upcase | append: '!' }}", "ANA!", id="filters in a row"),
        pytest.param("{{ customer.website | default: 'none' }}", "none", id="a default fills a gap"),
        pytest.param("{{ customer.website | upcase }}.", ".", id="a gap prints nothing"),
        pytest.param("{{ customer.website }}{{ journey.nothing }}.", ".", id="what is not there prints nothing"),
        pytest.param("{% if customer.budget > 5000 %}a{% else %}b{% endif %}", "b", id="a choice"),
        pytest.param("{% if customer.website > 3 %}a{% else %}b{% endif %}", "b", id="nothing is not more than 3"),
        pytest.param("{% for i in (1..3) %}{{ i }}{% endfor %}", "123", id="a range"),
        pytest.param("{% for r in recommended limit: 1 %}{{ r.title }}{% endfor %}", "A grinder", id="a loop"),
        pytest.param("{% raw %}{{ x }}{% endraw %}", "{{ x }}", id="raw"),
        pytest.param("{{ true }} {{ 3 }} {{ 0.5 }}", "true 3 0.5", id="plain values"),
        pytest.param("{{ 'b,a' | split: ',' | join: '+' }}", "b+a", id="split and join"),
        pytest.param("{{ 'a long sentence' | truncate: 7 }}", "a long…", id="truncate"),
    ],
)
def test_words_print_their_values(source, printed):
    assert said(source) == printed


def test_moments_are_shown_in_the_customers_zone_and_the_brands_language():
    spanish = values(offer={"expires_at": 1_767_222_000_000_000}, zone="America/New_York")
    template = parse('{{ offer.expires_at }} · {{ offer.expires_at | date: "%-d of %B, %H:%M" }}')

    assert render(template, spanish) == "December 31, 2025 · 31 of December, 18:00"


def test_a_date_is_the_same_day_in_every_zone():
    assert said("{{ customer.birthday }}", customer={"birthday": 20_454}, zone="Pacific/Apia") == "January 1, 2026"


def test_lists_are_read_aloud():
    assert (
        said("{{ customer.interests }}", customer={"interests": ["tea", "milk", "coffee"]}) == "tea, milk, and coffee"
    )


def test_a_name_of_blanks_counts_as_missing():
    assert said("Hi {{ customer.first_name | default: 'there' }}", customer={"first_name": "  "}) == "Hi there"


def test_a_sensitive_field_is_not_even_among_the_values():
    assert "health_note" not in values(customer={"health_note": "x"})["customer"]  # type: ignore[operator]
    assert said("{{ customer.health_note }}.", customer={"health_note": "secret"}) == "."


def test_the_names_that_words_read_are_told_with_their_places():
    template = parse(
        "Hi {{ customer.first_name }}\n{% for item in recommended %}{{ item.title }}{% endfor %}"
        "{% assign best = recommended.first %}{{ best.url }}{% if journey['category'] == brand.name %}{% endif %}"
        "{% assign own = 3 %}{{ own }}{{ forloop.index }}"
    )

    assert names_read(template) == {
        "customer.first_name": [(1, 7)],
        "recommended": [(2, 16)],
        "recommended[].title": [(2, 33)],
        "recommended.first": [(2, 75)],
        "recommended.first.url": [(2, 98)],
        "journey.category": [(2, 115)],
        "brand.name": [(2, 138)],
        "forloop.index": [(2, 194)],
    }


@pytest.mark.parametrize(
    ("source", "line", "column", "tells"),
    [
        pytest.param("a\n  {{ name", 2, 3, "never closed", id="an open output"),
        pytest.param("a\n{% if x %}", 2, 4, "'if' is never closed", id="an open choice"),
        pytest.param("{% if x %}{% for y in z %}{% endif %}", 1, 30, "'for' is open", id="tags crossed"),
        pytest.param("{% endfor %}", 1, 4, "closes nothing", id="a close without an opening"),
        pytest.param("{% else %}", 1, 4, "belongs to nothing", id="an else without a choice"),
        pytest.param("{% break %}", 1, 4, "no loop", id="a break without a loop"),
        pytest.param("{% fro x in y %}", 1, 4, "no tag 'fro'", id="a tag misspelled"),
        pytest.param("{{ x | upcas }}", 1, 8, "no filter 'upcas'", id="a filter misspelled"),
        pytest.param("{% if false %}{{ x | upcas }}{% endif %}", 1, 22, "no filter", id="in a branch nobody takes"),
        pytest.param("{{ x | truncate: 1, 2, 3 }}", 1, 8, "0 to 2 arguments", id="too many arguments"),
        pytest.param("{{ x | escape }}", 1, 8, "none is needed", id="escaping by hand"),
        pytest.param("{{ x | }}", 1, 4, "expected a filter's name", id="half a filter"),
        pytest.param("{{ x ~ y }}", 1, 6, "unexpected '~'", id="a stray character"),
        pytest.param("{{ 'x' | times: 2 }}", 1, 10, "not a number", id="text times two"),
        pytest.param("{{ 1 | divided_by: 0 }}", 1, 8, "divides by zero", id="a division by zero"),
        pytest.param("{{ customer }}", 1, 4, "which one", id="a whole scope printed"),
        pytest.param("{{ 'x' | date: '%1000000d' }}", 1, 10, "moments and dates", id="no date"),
        pytest.param("a\0b", 1, 2, "NUL", id="a NUL"),
        pytest.param("a\ue000", 1, 2, "U+E000", id="a token forged in the source"),
    ],
)
def test_a_mistake_has_its_place_and_says_what_is_wrong(source, line, column, tells):
    error = refused(source)

    assert (error.line, error.column) == (line, column)
    assert tells in error.message or tells in error.help


@pytest.mark.parametrize("tag", ["include 'a'", "render 'a'", "layout 'a'", "extends 'a'", "import 'a' as b"])
def test_words_cannot_take_in_another_file(tag):
    assert "another file" in refused("{% " + tag + " %}").message


@pytest.mark.parametrize("tag", ["cycle 'a'", "tablerow x in y", "increment x", "liquid", "ifchanged", "doc"])
def test_only_the_tags_that_words_need_exist(tag):
    refused("{% " + tag + " %}{% end" + tag.split()[0] + " %}")


def test_no_clock_and_no_inside_of_python_can_be_read():
    source = "{{ now }}{{ today }}{{ 'now' | size }}{{ customer.__class__ }}{{ recommended.__len__ }}{{ brand.keys }}"

    assert said(source) == "3"


def test_a_date_pattern_cannot_pad_to_any_width():
    template = parse("{{ offer.expires_at | date: '%1000000000d' }}")

    with pytest.raises(WordsError, match="not a part of a date"):
        render(template, values(offer={"expires_at": 1}))


HOSTILE = {
    "open outputs": "{{ " * 9_000,
    "blanks in outputs": ("{{" + " " * 900 + "}}") * 30,
    "open raws": "{% raw %}" * 3_000,
    "open comments": "{% comment %}" * 2_000,
    "choices in choices": "{% if a %}" * 2_500,
    "brackets in brackets": "{{ " + "a[" * 300 + "]" * 300 + " }}",
    "more than there may be": "a" * (SOURCE_MAX + 1),
    "a range without end": "{% for i in (1..1000000000) %}x{% endfor %}",
    "a range without end, backwards": "{% for i in (1..1000000000) reversed %}x{% endfor %}",
    "a range hidden in a name": "{% assign n = 1000000000 %}{% for i in (1..n) %}x{% endfor %}",
    "a range filtered": "{{ (1..1000000000) | join }}",
    "loops in loops": "{% for i in (1..100) %}" * 8 + "x" + "{% endfor %}" * 8,
    "blank loops in loops": "{% for i in (1..100) %}" * 8 + "{% endfor %}" * 8,
    "one case many times": ("{% case 1 %}{% when " + ",".join("1" * 300) + " %}") * 5 + "x" + "{% endcase %}" * 5,
    "a text that doubles": "{% assign x = 'aaaaaaaa' %}" + "{% assign x = x | append: x %}" * 40,
    "a text replaced by itself": "{% assign x = 'aaaaaaaa' %}" + "{% assign x = x | replace: 'a', x %}" * 40,
    "a joint of joints": "{% assign x = '" + "a," * 400 + "' %}{{ x | split: ',' | join: x }}",
    "a list of characters": "{% assign x = '" + "a " * 450 + "' %}{{ x | append: x | append: x | split }}",
    "a number that squares": "{% assign x = 9 %}" + "{% assign x = x | times: x %}" * 40,
    "a number from text": "{{ '1e999999999' | times: 2 }}",
    "much printed": "{% for i in (1..100) %}" + "x" * 9_000 + "{% endfor %}",
    "much kept": "".join("{% assign x" + str(i) + " = '" + "a" * 900 + "' %}" for i in range(30)) * 1
    + "{% for i in (1..100) %}{{ x1 }}{{ x2 }}{{ x3 }}{% endfor %}",
    "a long limit": "{% for i in (1..3) limit: " + "9" * 500 + ". %}a{% endfor %}",
    "filters on filters": "{% assign x = '"
    + "a" * 900
    + "' %}{% for i in (1..4) %}{% assign x = x | append: x %}{% endfor %}{% for i in (1..100) %}{% assign y = x "
    + "| upcase" * 100
    + " %}{% endfor %}",
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_hostile_words_are_refused(source):
    refused(source)


def test_held_values_count_towards_the_length_as_well():
    template = parse("{% for i in (1..100) %}{{ customer.first_name }}{% endfor %}")

    with pytest.raises(WordsError, match="longer than"):
        render_fully(template, values(customer={"first_name": "a" * (OUTPUT_MAX // 99)}))


def test_a_tag_alone_on_its_line_leaves_no_line_behind():
    loop = "{% if brand.name %}\ntwo\n  {% for i in (1..2) %}\n- {{ i }}\n  {% endfor %}\n{% endif %}\n"
    source = "one\n" + loop + "three {% if x %}\n{% endif %}!"

    assert said(source) == "one\ntwo\n- 1\n- 2\nthree !"
