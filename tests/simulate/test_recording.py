"""Recordings: the same events in any format, and every bad line by its number."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.calendar import parse_moment
from journeys.core.compiling import compile_program
from journeys.core.intake import unfit
from journeys.errors import InputError
from journeys.simulate.lines import LINE_MAX
from journeys.simulate.recording import (
    BAD_MAX,
    OTHER_NAMES,
    UNDECLARED_MAX,
    Known,
    Recording,
    read_customers,
    read_recording,
)
from tests.streams import program, relaxed

PROGRAM = program("shipped", journeys=("grocery",))

Raw = dict[str, Any]


def order(id: object = "o1", **changes: Any) -> Raw:
    event = {"id": id, "name": "order_placed", "customer": "ana", "at": "2026-03-01T10:40:00Z"}
    return {**event, "properties": {"order_id": "A1", "total": 20}, **changes}


def without(raw: Raw, key: str) -> Raw:
    return {name: value for name, value in raw.items() if name != key}


def jsonl(*objects: object) -> bytes:
    return b"".join([each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n" for each in objects])


def read(content: bytes, folder: Path, name: str = "events.jsonl") -> Recording:
    path = folder / name
    path.write_bytes(content)
    return read_recording(PROGRAM, path, lambda done, total: None)


def read_known(content: bytes, folder: Path, name: str = "customers.jsonl") -> tuple[dict[str, Known], Recording]:
    recording = Recording()
    path = folder / name
    path.write_bytes(content)
    return read_customers(PROGRAM, path, recording), recording


def said(recording: Recording) -> list[tuple[int, str]]:
    return [(bad.line, bad.message) for bad in recording.bad]


def told(recording: Recording) -> dict[str, list[tuple[object, ...]]]:
    """Events as plain values."""
    return {
        customer: [(each.at, each.event, each.properties, each.source, each.id, each.imported) for each in events]
        for customer, events in recording.events.items()
    }


# ---------------------------------------------------------------- formats


def as_csv(rows: list[dict[str, str]], columns: list[str]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="; "), min_size=1, max_size=9)
ORDERS = st.fixed_dictionaries(
    {
        "id": TEXTS,
        "customer": TEXTS.filter(lambda id: unfit(id) is None),
        "at": st.sampled_from(["2026-03-01T10:40:00Z", "2017-02-03T09:00:01.5+05:30"]),
    },
    optional={
        "source": TEXTS,
        "import": st.booleans(),
        "properties": st.fixed_dictionaries(
            {},
            optional={
                "order_id": TEXTS,
                "items": st.integers(-(10**14), 10**14),
                "total": st.decimals(0, 10**6, places=2).map(float),
                "categories": st.lists(WORDS, min_size=1, max_size=3),
            },
        ),
    },
)


@relaxed()
@given(events=st.lists(ORDERS, max_size=6))
def test_the_same_events_are_the_same_in_each_format(
    events: list[Raw], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("formats")
    events = [{**event, "name": "order_placed"} for event in events]
    plain = jsonl(*events)
    rows = []
    for event in events:
        row = {key: value for key, value in event.items() if key not in ("properties", "import")}
        if "import" in event:
            row["import"] = json.dumps(event["import"])
        for key, value in event.get("properties", {}).items():
            row[key] = ";".join(value) if isinstance(value, list) else str(value)
        rows.append(row)
    columns = ["at", "customer", "source", "import", "id", "name", "order_id", "items", "total", "categories"]

    first = read(plain, folder)

    assert said(first) == []
    for name, content in (("e.jsonl.gz", gzip.compress(plain)), ("e.csv", as_csv(rows, columns))):
        other = read(content, folder, name)
        assert said(other) == []
        assert (told(other), other.count, other.repeated) == (told(first), first.count, first.repeated)
        assert (other.first_at, other.last_at) == (first.first_at, first.last_at)


def test_customers_are_the_same_in_each_format(tmp_path: Path) -> None:
    attributes = {"first_name": "Ána", "budget": 600, "interests": ["tea", "coffee"], "email": "ana@example.com"}
    ana = {"customer": "ana", "attributes": attributes, "consents": ["offers", "orders"], "timezone": "Europe/Madrid"}
    plain = jsonl(ana, {"customer": "ben"})
    text = "budget,customer,consents,first_name,interests,email,timezone,unknown\n"
    text += "600,ana,offers;orders,Ána,tea;coffee,ana@example.com,Europe/Madrid,\n,ben,,,,,,x\n"

    known, recording = read_known(plain, tmp_path)

    assert said(recording) == []
    assert known["ben"] == Known(attributes={}, consents=None, timezone=None)
    assert read_known(gzip.compress(plain), tmp_path, "c.jsonl.gz")[0] == known
    assert read_known(text.encode(), tmp_path, "c.csv")[0] == known


def test_a_column_that_is_a_field_of_ours_makes_no_event_of_a_customer(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("customer,name,at\nana,Ana,2026-03-01T10:40:00Z\n")
    brand = PROGRAM.definitions.brand
    text = brand.fields["first_name"]
    fields = {**brand.fields, "name": replace(text, name="name"), "at": replace(text, name="at")}
    theirs = compile_program(replace(PROGRAM.definitions, brand=replace(brand, fields=fields)), salt="salt")
    recording = Recording()

    known = read_customers(theirs, tmp_path / "c.csv", recording)

    assert said(recording) == []
    assert known["ana"].attributes == {"name": "Ana", "at": "2026-03-01T10:40:00Z"}


def test_a_byte_order_mark_windows_line_ends_empty_lines_and_a_missing_last_one_do_no_harm(tmp_path: Path) -> None:
    plain = read(jsonl(order(1), order(2)), tmp_path)
    odd = b"\xef\xbb\xbf" + b"\r\n \r\n".join([json.dumps(order(id)).encode() for id in (1, 2)])

    assert told(read(odd, tmp_path)) == told(plain)

    table = (
        b"id,name,customer,at\r\n1,order_placed,ana,2026-03-01T10:40:00Z\r\n\r\n2,order_placed,ana,2026-03-01T10:40:00Z"
    )
    found = read(b"\xef\xbb\xbf" + table, tmp_path, "e.csv")
    assert (said(found), found.count) == ([], 2)


def test_the_progress_ends_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("id,name,customer,at\n" + "1,order_placed,ana,2026-03-01T10:40:00Z\n" * 5_000)
    seen: list[tuple[int, int]] = []

    read_recording(PROGRAM, path, lambda done, total: seen.append((done, total)))

    assert len(seen) >= 3
    assert seen == sorted(seen)
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)


# ---------------------------------------------------------------- bad lines

LONG = "x" * 5_000
BAD = {
    "not JSON": (b"nonsense\n", "not a line of JSON: invalid character"),
    "cut short": (b'{"id": "x", \n', "not a line of JSON"),
    "two objects": (b"{}{}\n", "not a line of JSON: trailing characters"),
    "a number": (b"17\n", "not a JSON object"),
    "a list": (b"[{}]\n", "not a JSON object"),
    "null": (b"null\n", "not a JSON object"),
    "a NUL": (b'{"id": "\x00"}\n', "not a line of JSON: invalid character"),
    "NULs alone": (b"\x00\x00\x00\n", "not a line of JSON"),
    "Latin-1": ('{"id": "é"}\n'.encode("latin-1"), "not a line of JSON: not UTF-8 text"),
    "UTF-16": ('{"id": 1}'.encode("utf-16") + b"\n", "not a line of JSON"),
    "half a surrogate": (b'{"id": "\\ud800x"}\n', "not a line of JSON: a text in it holds half of a surrogate pair"),
    "half a line": (b'{"id":\n', "not a line of JSON: it ends too early"),
    "not a number": (b'{"id": NaN}\n', "not a line of JSON: invalid character"),
    "infinite": (b'{"id": 1e999}\n', "not a line of JSON: Number out of range"),
    "a number of 5,000 digits": (b'{"id": 1' + b"0" * 5_000 + b"}\n", "not a line of JSON: Integer value out of range"),
    "deep lists": (b"[" * 500_000 + b"\n", "nested too deeply"),
    "deep objects": (b'{"a":' * 100_000 + b"\n", "nested too deeply"),
    "too long": (b'{"id": "' + b"x" * LINE_MAX + b'"}\n', "longer than 1,000,000 bytes"),
    "far too long": (b" " * (3 * LINE_MAX) + b"\n", "longer than 1,000,000 bytes"),
    "no id": (without(order(), "id"), "an event needs an `id`"),
    "an empty id": (order(""), "an event needs an `id`"),
    "null for an id": (order(None), "an event needs an `id`"),
    "a list for an id": (order([]), "`id` must be text of at most 200 characters"),
    "true for an id": (order(True), "`id` must be text of at most 200 characters"),
    "a huge id": (order(10**40), "`id` must be text of at most 200 characters"),
    "a long id": (order("x" * 201), "`id` must be text of at most 200 characters"),
    "a NUL in an id": (order("\x00"), "`id` holds a NUL character"),
    "a source that is none": (order(source={}), "`source` must be text of at most 200 characters"),
    "no name": (without(order(), "name"), "an event needs a `name`, as text"),
    "a number for a name": (order(name=3), "an event needs a `name`, as text"),
    "no customer": (without(order(), "customer"), "`customer` must be text of 1 to 200 characters"),
    "an empty customer": (order(customer=""), "`customer` must be text of 1 to 200 characters"),
    "a number for a customer": (order(customer=17), "`customer` must be text of 1 to 200 characters"),
    "a NUL in a customer": (order(customer="a\x00"), "`customer` holds a NUL, which nobody sees"),
    "a mark of direction in a customer": (order(customer="a\u2066b"), "`customer` holds U+2066, which nobody sees"),
    "a blank for a customer": (order(customer=" "), "`customer` must not begin or end with a blank"),
    "no time": (without(order(), "at"), "'order_placed' needs `at`"),
    "a number for a time": (order(at=1772361600), "'order_placed' needs `at`"),
    "no zone": (order(at="2026-03-01T10:40:00"), "has no zone: add Z for UTC"),
    "no time of day": (order(at="2026-03-01"), "has no time of day"),
    "a day that is none": (order(at="2026-02-29T10:40:00Z"), "is not a day of the calendar"),
    "before 1970": (order(at="1969-12-31T23:59:59Z"), "is before 1970"),
    "after 2100": (order(at="2150-01-01T00:00:00Z"), "is after 2100"),
    "a long time": (order(at="2026-03-01T" + "1" * 100_000), "is not a moment"),
    "properties that are none": (order(properties=[1]), "`properties` must be an object"),
    "an import that is none": (order(**{"import": "yes"}), "`import` is true or false"),
    "a text for money": (order(properties={"total": "20"}), "`order_placed.total` must be a number"),
    "true for money": (order(properties={"total": True}), "`order_placed.total` must be a number"),
    "money out of bounds": (order(properties={"total": 1e300}), "`order_placed.total` is out of bounds"),
    "a whole number out of bounds": (order(properties={"items": 10**400}), "`order_placed.items` is out of bounds"),
    "a number for a text": (order(properties={"order_id": 1}), "`order_placed.order_id` must be text"),
    "a long text": (order(properties={"order_id": LONG}), "`order_placed.order_id` is longer than 4000 characters"),
    "a NUL in a text": (order(properties={"order_id": "\x00"}), "`order_placed.order_id` holds a NUL"),
    "a text for a list": (order(properties={"skus": "a"}), "`order_placed.skus` must be a list of at most 1000"),
    "a long list": (order(properties={"skus": ["a"] * 1_001}), "`order_placed.skus` must be a list of at most 1000"),
    "a number in a list": (order(properties={"skus": ["a", 1]}), "`order_placed.skus` must be text"),
    "a purpose that is none": (
        order(name="consent.given", properties={"purpose": "everything"}),
        "consent.given: `purpose` must be one of offers",
    ),
    "a zone that is none": (
        order(name="profile.updated", properties={"timezone": "../../etc/passwd"}),
        "'../../etc/passwd' is not a time zone",
    ),
    "an address that is none": (
        order(name="profile.updated", properties={"email": "ana"}),
        "`customer.email` must be an e-mail address",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_line_is_named_by_its_number_and_costs_no_other(case: str, tmp_path: Path) -> None:
    line, words = BAD[case]

    recording = read(jsonl(order(1), order(2), line, order(3)), tmp_path)

    ((number, message),) = said(recording)
    assert (number, recording.bad_count) == (3, 1)
    assert words in message
    assert len(message) < 400
    assert message.isprintable()
    assert [event.id for event in recording.events["ana"]] == ["1", "2", "3"]


def test_a_name_that_would_move_the_cursor_is_shown_as_it_is_written(tmp_path: Path) -> None:
    recording = read(jsonl(order(name="\x1b[2J\n", at="?"), order(name="\x1b[2J\n")), tmp_path)

    assert said(recording)[0][1].startswith(r"'\x1b[2J\n': `at` '?'")
    assert recording.undeclared == {r"\x1b[2J\n": 1}


def test_bad_lines_beyond_a_number_are_only_counted(tmp_path: Path) -> None:
    recording = read(b"x\n" * (BAD_MAX + 5) + jsonl(order()), tmp_path)

    assert (len(recording.bad), recording.bad_count, recording.count) == (BAD_MAX, BAD_MAX + 5, 1)


def test_the_same_id_is_taken_once_for_a_customer_and_a_source(tmp_path: Path) -> None:
    again = order("o1", at="2026-03-09T10:40:00Z")
    other = [order("o1", customer="ben"), order("o1", source="shop"), order("o2")]

    recording = read(jsonl(order("o1"), again, order("o1"), *other), tmp_path)

    assert (recording.count, recording.repeated) == (6, 2)
    assert [(event.source, event.id) for event in recording.events["ana"]] == [("", "o1"), ("shop", "o1"), ("", "o2")]
    assert recording.events["ana"][0].at == parse_moment("2026-03-01T10:40:00Z")


def test_an_event_that_nobody_declared_is_counted_and_its_customer_and_its_time_too(tmp_path: Path) -> None:
    late = order(2, name="page_seen", customer="ben", at="2026-04-01T00:00:00Z")

    recording = read(jsonl(order(1), late, late), tmp_path)

    assert recording.undeclared == {"page_seen": 1}
    assert (recording.count, recording.repeated) == (3, 1)
    assert {customer: len(events) for customer, events in recording.events.items()} == {"ana": 1, "ben": 0}
    assert recording.last_at == parse_moment("2026-04-01T00:00:00Z")


def test_names_that_nobody_declared_are_bounded(tmp_path: Path) -> None:
    names = [f"name-{number}" for number in range(UNDECLARED_MAX + 7)]

    recording = read(jsonl(*[order(name, name=name) for name in names]), tmp_path)

    assert len(recording.undeclared) == UNDECLARED_MAX + 1
    assert recording.undeclared[OTHER_NAMES] == 7


# ---------------------------------------------------------------- compressed


@pytest.mark.parametrize("cut", [1, 10, 200, 2_000])
def test_a_gzip_cut_short_gives_what_stands_before_and_says_so(cut: int, tmp_path: Path) -> None:
    lines = [json.dumps(order(f"{number * 7919}")).encode() + b"\n" for number in range(2_000)]

    recording = read(gzip.compress(b"".join(lines))[:-cut], tmp_path, "e.jsonl.gz")

    ((number, message),) = said(recording)
    assert "the compressed file cannot be read past here" in message
    assert number == recording.count + 1
    assert [event.id for event in recording.events["ana"]] == [f"{n * 7919}" for n in range(recording.count)]


@pytest.mark.parametrize("content", [b"plain text", b"\x1f\x8b", b"\x1f\x8b\x08\x00garbage", bytes(range(256))])
def test_gzip_garbage_is_told_once(content: bytes, tmp_path: Path) -> None:
    recording = read(content, tmp_path, "e.jsonl.gz")

    assert [line for line, _ in said(recording)] == [1]


def test_a_damaged_gzip_is_told(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(jsonl(*[order(number) for number in range(3_000)])))
    packed[len(packed) // 2] ^= 0xFF

    recording = read(bytes(packed), tmp_path, "e.jsonl.gz")

    assert recording.bad_count >= 1
    assert "the compressed file cannot be read past here" in recording.bad[-1].message


@pytest.mark.parametrize("is_cut", [False, pytest.param(True, marks=pytest.mark.long)], ids=["whole", "cut short"])
def test_a_line_that_unpacks_to_100_megabytes_is_read_in_bounded_memory(is_cut: bool, tmp_path: Path) -> None:
    bomb = gzip.compress(b"[" * 100_000_000 + b"\n" + jsonl(order()), 6)
    tracemalloc.start()

    recording = read(bomb[:-20] if is_cut else bomb, tmp_path, "e.jsonl.gz")

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12_000_000
    assert (recording.count, said(recording)[0][0]) == (0 if is_cut else 1, 1)


# ---------------------------------------------------------------- CSV

HEADER = "id,name,customer,at,total,order_id,skus,import\n"
GOOD = "1,order_placed,ana,2026-03-01T10:40:00Z,20,A1,a;b,\n"
BAD_ROWS = {
    "too few cells": ("2,order_placed,ana\n", 3, "it has 3 cells, and the first line has 8"),
    "too many cells": (GOOD.strip() + ",\n", 3, "it has 9 cells, and the first line has 8"),
    "a quote in the middle": ('2,"order"placed,ana,,,,,\n', 3, "not a row of CSV"),
    "not UTF-8": ("2,order_placed,\udcff,2026-03-01T10:40:00Z,,,,\n", 3, "not a row of CSV: not UTF-8 text"),
    "an empty customer": ("2,order_placed,,2026-03-01T10:40:00Z,,,,\n", 3, "`customer` must be text"),
    "a text for money": ("2,order_placed,ana,2026-03-01T10:40:00Z,lots,,,\n", 3, "`order_placed.total` must be a"),
    "no number for money": ("2,order_placed,ana,2026-03-01T10:40:00Z,nan,,,\n", 3, "`order_placed.total` must be a"),
    "an underscore in money": ("2,order_placed,ana,2026-03-01T10:40:00Z,1_0,,,\n", 3, "`order_placed.total` must be"),
    "a word for import": ("2,order_placed,ana,2026-03-01T10:40:00Z,,,,yes\n", 3, "`import` is true or false"),
    "a NUL": ("2,order_placed,ana,2026-03-01T10:40:00Z,,\0,,\n", 3, "`order_placed.order_id` holds a NUL"),
    "a bad row of two lines": ('2,order_placed,ana,?,,"A\n1",,\n', 3, "'?' is not a moment"),
    "too long": ("x" * (LINE_MAX + 1) + "\n", 3, "longer than 1,000,000 bytes"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_bad_row_is_named_by_its_first_line_and_costs_no_other(case: str, tmp_path: Path) -> None:
    row, line, words = BAD_ROWS[case]
    content = (HEADER + GOOD + row + GOOD.replace("1", "3", 1)).encode("utf-8", "surrogateescape")

    recording = read(content, tmp_path, "e.csv")

    ((number, message),) = said(recording)
    assert number == line
    assert words in message
    assert [event.id for event in recording.events["ana"]] == ["1", "3"]


def test_a_row_may_go_over_several_lines(tmp_path: Path) -> None:
    recording = read((HEADER + '1,order_placed,ana,2026-03-01T10:40:00Z,,"A\n1",,\n').encode(), tmp_path, "e.csv")

    assert said(recording) == []
    assert recording.events["ana"][0].properties[0] == "A\n1"


def test_a_quote_that_stays_open_is_told_with_what_it_swallowed(tmp_path: Path) -> None:
    recording = read((HEADER + GOOD + '2,"order_placed,ana\n' + GOOD * 3).encode(), tmp_path, "e.csv")

    ((line, message),) = said(recording)
    assert line == 3
    assert message.endswith("(up to line 6: a quote may be open)")


def test_an_open_quote_in_a_large_file_swallows_no_more_than_a_cell_may_hold(tmp_path: Path) -> None:
    rows = "".join([GOOD.replace("1", str(number), 1) for number in range(40_000)])

    recording = read((HEADER + '2,"order_placed,ana\n' + rows).encode(), tmp_path, "e.csv")

    assert said(recording)[0][0] == 2
    assert recording.count > 15_000


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("id,name,at", "no `customer` here"),
        ("id;name;customer;at", "no `id` here"),
        ("id,name,customer,at,total,total", "the column `total` stands there twice"),
        ('id,"name', "the first line must name the columns"),
    ],
)
def test_a_first_line_that_does_not_name_the_columns_is_told_at_once(header: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"e\.csv:1: ") as told_:
        read((header + "\n" + GOOD).encode(), tmp_path, "e.csv")

    assert words in str(told_.value)


# ---------------------------------------------------------------- customers

BAD_CUSTOMERS = {
    "twice": ({"customer": "ana"}, "this customer stands in an earlier line"),
    "no name": ({"attributes": {}}, "`customer` must be text"),
    "attributes that are a list": ({"customer": "b", "attributes": []}, "`attributes` must be an object"),
    "a field of another type": ({"customer": "b", "attributes": {"budget": "much"}}, "`customer.budget` must be a"),
    "an address that is none": ({"customer": "b", "attributes": {"email": "b"}}, "must be an e-mail address"),
    "a zone that is none": ({"customer": "b", "timezone": "Mars/Olympus"}, "'Mars/Olympus' is not a time zone"),
    "an empty zone": ({"customer": "b", "timezone": ""}, "is not a time zone"),
    "a number for a zone": ({"customer": "b", "timezone": 1}, "`timezone` must be the name of a zone"),
    "a purpose that is none": ({"customer": "b", "consents": ["offfers"]}, "there is no purpose 'offfers'"),
    "a text for consents": ({"customer": "b", "consents": "offers"}, "`consents` must be a list of purposes"),
    "an object for consents": ({"customer": "b", "consents": {}}, "`consents` must be a list of purposes"),
    "a number among consents": ({"customer": "b", "consents": [1]}, "`consents` must be a list of purposes"),
    "consent by another name": ({"customer": "b", "consent": ["offers"]}, "is called `consents` here"),
}


@pytest.mark.parametrize("case", BAD_CUSTOMERS)
def test_a_bad_customer_is_named_by_line(case: str, tmp_path: Path) -> None:
    line, words = BAD_CUSTOMERS[case]

    known, recording = read_known(jsonl({"customer": "ana"}, line, {"customer": "cleo"}), tmp_path)

    ((number, message),) = said(recording)
    assert number == 2
    assert words in message
    assert list(known) == ["ana", "cleo"]


# ---------------------------------------------------------------- anything at all

VALID = jsonl(order(1), order(2, properties={"skus": ["ä", "b"], "total": 1.5}), order(3, source="shop"))
VALID_CSV = (HEADER + GOOD + GOOD.replace("1", '"4"', 1)).encode()


@st.composite
def mutations(draw: st.DrawFn) -> tuple[str, bytes]:
    name, content = draw(
        st.sampled_from([("e.jsonl", VALID), ("e.csv", VALID_CSV), ("e.jsonl.gz", gzip.compress(VALID, mtime=0))])
    )
    mutable = bytearray(content)
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(mutable)))
        match draw(st.sampled_from(["change", "insert", "delete", "repeat"])):
            case "change" if place < len(mutable):
                mutable[place] = draw(st.integers(0, 255))
            case "insert":
                mutable[place:place] = draw(
                    st.sampled_from(
                        [b'"', b"\n", b"\r", b"\x00", b"\xff", b"[", b"{", b"1e999", b"NaN", b",", b"-", b"9" * 400]
                    )
                )
            case "delete":
                del mutable[place : place + draw(st.integers(1, 30))]
            case _:
                mutable[place:place] = mutable[: draw(st.integers(0, 200))]
    return name, bytes(mutable)


@relaxed(80)
@given(file=mutations())
def test_a_changed_file_is_read_or_complained_of(
    file: tuple[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    name, content = file
    try:
        recording = read(content, tmp_path_factory.mktemp("changed"), name)
    except InputError:
        return

    assert recording.bad_count == len(recording.bad)
    assert sum(map(len, recording.events.values())) <= recording.count
    assert all(bad.line >= 1 and bad.message.isprintable() for bad in recording.bad)


@relaxed(100)
@given(content=st.binary(max_size=600), name=st.sampled_from(["e.jsonl", "e.csv", "e.jsonl.gz"]))
def test_any_bytes_are_read_or_complained_of(
    content: bytes, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    for reads in (read, read_known):
        try:
            reads(content, folder, name)
        except InputError as error:
            assert str(error)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@relaxed(80)
@given(
    changes=st.dictionaries(st.sampled_from([*order(), "source", "import"]), JSON_VALUES, max_size=3),
    properties=st.dictionaries(st.sampled_from(["total", "skus", "purpose", "timezone", "email"]), JSON_VALUES),
    name=st.sampled_from(
        ["order_placed", "consent.given", "profile.updated", "how-was-it.answered", "customer.erased"]
    ),
)
def test_an_object_of_any_values_is_taken_or_complained_of(
    changes: Raw, properties: Raw, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    raw = {**order(), "name": name, "properties": properties, **changes}

    recording = read(jsonl(raw), tmp_path_factory.mktemp("values"))

    assert recording.count + recording.bad_count == 1
