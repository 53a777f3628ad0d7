"""Extracts: what could be read of anything is refused when the file is read, or works."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.definition.extract import (
    FUNCTIONS,
    LENGTH_MAX,
    BadExtract,
    Extract,
    OtherCurrency,
    begins_with,
    read_extract,
)
from journeys.definition.sources import presets
from journeys.definition.sources_schema import PRESETS
from journeys.errors import InputError

SENT = {"body": {"a": [{"b": 1}, {"b": 2}], "n": None, "t": "x"}, "headers": {"x_id": "7"}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("body.a[].b", [1, 2]),
        ("body.a[?b > `1`].b | [0]", 2),
        ("headers.x_id", "7"),
        ("not_null(body.n, body.t)", "x"),
        ("join(':', [body.t, headers.x_id])", "x:7"),
        ("body.missing.deeper", None),
        ("from_minor(`64900`, 'eur')", 649.0),
        ("max_by(body.a, &b).b", 2),
        ("'a text'", "a text"),
    ],
)
def test_an_extract_finds_what_stands_there(text: str, value: object) -> None:
    assert read_extract(text).of(SENT, currency="EUR") == value


@pytest.mark.parametrize(("amount", "currency"), [(64_900, "EUR"), (649, "JPY"), (649_000, "KWD"), (649, "jpy")])
def test_an_amount_has_as_many_digits_after_the_point_as_its_currency(amount: int, currency: str) -> None:
    found = read_extract(f"from_minor(`{amount}`, '{currency}')").of(SENT, currency=currency.upper())

    assert found == 649.0


@pytest.mark.parametrize("currency", ["JPY", "usd", "XYZ", "", "€", "E" * 900])
def test_an_amount_in_another_currency_than_the_brands_is_none_of_ours(currency: str) -> None:
    with pytest.raises(OtherCurrency, match=r"^its amount is in '.{0,60}', and the brand's are in EUR$"):
        read_extract(f"from_minor(`1000`, '{currency}')").of(SENT, currency="EUR")


@pytest.mark.parametrize("text", ["length(body.n)", "from_minor(body.t, 'EUR')", "sum(body.a)", "join(',', body.a)"])
def test_what_cannot_be_worked_out_of_a_body_is_told_with_the_extract(text: str) -> None:
    with pytest.raises(InputError, match=r"^`.*`: In function "):
        read_extract(text).of(SENT, currency="EUR")


def test_a_number_without_end_is_told_with_the_extract() -> None:
    with pytest.raises(InputError, match=r"^`ceil\(.*cannot be worked out of this"):
        read_extract("ceil(to_number(body.t))").of({"body": {"t": "1e999"}}, currency="EUR")


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("", 0),
        ("body.", 4),
        ("body..a", 5),
        ("body.a b", 7),
        ("body.event-id", 10),
        ("body.a == `1", 10),
        ("event.id", 0),
        ("[body.a, bdy.b]", 9),
        ("join(',', nope(body))", 10),
        ("length()", 0),
        ("merge()", 0),
        ("(" * 5_000, 0),
        ("(" * 100, 99),
        ("body." + "a" * LENGTH_MAX, 0),
    ],
)
def test_what_is_no_extract_is_refused_at_its_place(text: str, offset: int) -> None:
    with pytest.raises(BadExtract) as refused:
        read_extract(text)

    assert (refused.value.offset, bool(str(refused.value)), bool(refused.value.help)) == (offset, True, True)


def test_only_what_is_read_from_the_whole_is_what_it_begins_with() -> None:
    assert begins_with(read_extract("body.item"), "body")
    assert not begins_with(read_extract("body.item"), "item")
    assert not begins_with(read_extract("body.a[?item == 'x'].{item: item}"), "item")
    assert not begins_with(read_extract("sort_by(body.a, &item)"), "item")
    assert begins_with(read_extract("body.a || item.b"), "item")
    assert begins_with(read_extract("{x: item.b}"), "item")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abn"), inner, max_size=4),
    max_leaves=12,
)
PIECES = [
    "body",
    ".",
    "a",
    "b",
    "[]",
    "[0]",
    "[?a > b]",
    "(",
    ")",
    ",",
    "==",
    " || ",
    "`1`",
    "'x'",
    "&",
    "|",
    "*",
    "-",
    *FUNCTIONS,
]


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=10), body=ANYTHING)
def test_no_text_and_no_body_is_our_failure(pieces: list[str], body: object) -> None:
    try:
        read_extract("".join(pieces)).of({"body": body, "headers": {}}, currency="EUR")
    except (BadExtract, InputError) as refused:
        assert str(refused)


@given(
    body=ANYTHING,
    function=st.sampled_from(FUNCTIONS),
    places=st.lists(st.sampled_from(["body.a", "body", "`2`", "&a"])),
)
def test_no_function_fails_in_a_way_of_its_own(body: object, function: str, places: list[str]) -> None:
    try:
        read_extract(f"{function}({', '.join(places)})").of({"body": body}, currency="EUR")
    except (BadExtract, InputError) as refused:
        assert str(refused)


def test_every_preset_can_be_read() -> None:
    assert tuple(sorted(presets())) == tuple(sorted(PRESETS))
    assert all(isinstance(preset["id"], Extract) for preset in presets().values())
