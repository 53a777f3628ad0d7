"""`journeys sources test`: what a sample becomes, and where the file says what is wrong with it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from .conftest import HERE, Ran, run

SOURCES = """\
sources:
  shop:
    preset: shopify
    secret: "${SHOPIFY_SECRET}"
    customer: body.customer.id
    events:
      orders/create:
        - name: order_placed
          properties: {order_id: body.id, total: body.total_price, items: length(body.line_items)}
        - {name: profile.updated, when: body.customer.email, properties: {email: body.customer.email}}
"""
HEADERS = ("--header", "X-Shopify-Topic: orders/create", "--header", "x-shopify-webhook-id: w-1")
WHEN = ("--header", "X-Shopify-Triggered-At: 2026-03-01T10:40:00Z")
ORDER = {"id": 5, "total_price": "649.00", "line_items": [1, 2], "customer": {"id": 17}}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    definitions = tmp_path / "definitions"
    shutil.copytree(HERE / "definitions", definitions)
    brand = (
        (definitions / "brand.yaml")
        .read_text(encoding="utf-8")
        .replace("total: money}", "total: money, items: number}")
    )
    (definitions / "brand.yaml").write_text(brand, encoding="utf-8")
    (definitions / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    return tmp_path


def sample(place: Path, body: object, *arguments: str) -> Ran:
    text = body if isinstance(body, str) else json.dumps(body)
    (place / "sample.json").write_text(text, encoding="utf-8")
    return run("sources", "test", "sample.json", *(arguments or (*HEADERS, *WHEN)), cwd=place)


def at(piece: str) -> str:
    """Where a piece of the file stands."""
    before = SOURCES[: SOURCES.index(piece)]
    return f"definitions/sources.yaml:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def test_a_sample_is_shown_as_the_events_that_it_becomes(place: Path):
    done = sample(place, {**ORDER, "customer": {"id": 17, "email": "ana@example.com"}})

    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "order_placed of '17', at 2026-03-01T10:40:00Z, id w-1:order_placed\n"
        '  order_id: "5"\n'
        "  total: 649.0\n"
        "  items: 2\n"
        "profile.updated of '17', at 2026-03-01T10:40:00Z, id w-1:profile.updated\n"
        '  email: "ana@example.com"\n'
        "shop: 2 events: 2 accepted\n"
    )


def test_what_would_be_refused_is_told_where_the_file_says_it(place: Path):
    bad = {**ORDER, "total_price": "many", "customer": {"id": 17, "email": "nowhere"}}

    done = sample(place, bad)

    assert done.code == 2
    assert f"{at('body.total_price')}: error[sample]: `order_placed.total` must be a number" in done.out
    assert f"{at('body.customer.email}')}: error[sample]: `customer.email` must be an e-mail address" in done.out
    assert done.out.endswith("shop: 2 events: 2 refused\n")
    assert f"{at('length(')}: error" in sample(place, {**ORDER, "line_items": None}).out
    assert f"{at('body.customer.id')}: error" in sample(place, {**ORDER, "customer": {"id": True}}).out


@pytest.mark.parametrize(
    ("body", "arguments", "because"),
    [
        (ORDER, ("--source", "shop"), "nothing stands at `headers.x_shopify_topic`, which would name it"),
        (ORDER, ("--header", "X-Shopify-Topic: app/uninstalled"), "nothing is said of 'app/uninstalled'"),
        ({**ORDER, "customer": None}, (), "it names no customer"),
    ],
    ids=["no name", "a name that the file does not have", "no customer"],
)
def test_what_is_passed_over_is_told_with_its_reason(
    place: Path, body: object, arguments: tuple[str, ...], because: str
):
    done = sample(place, body, *arguments)

    assert (done.code, f"ignored: {because}\n" in done.out) == (0, True), done.out


def test_programs_are_told_the_same_in_json(place: Path):
    done = sample(place, {**ORDER, "total_price": "many"}, *HEADERS, *WHEN, "--json")

    assert done.code == 2
    (refused,) = json.loads(done.out)["events"]
    assert refused == {
        "status": "refused",
        "because": "`order_placed.total` must be a number",
        "file": "definitions/sources.yaml",
        "line": 9,
        "column": int(at("body.total_price").rpartition(":")[2]),
    }


@pytest.mark.parametrize(
    ("body", "arguments", "words"),
    [
        ('{"id": 5,\n x}', (), "sample.json:2:2: "),
        ("", (), "sample.json:1:1: there is nothing in it"),
        ('{"a": 1, "a": 2}', (), "sample.json: the key 'a' stands twice in one object"),
        ("[" * 200_000, (), "nested more than 32 deep"),
        (ORDER, ("--source", "shp"), "there is no source 'shp': did you mean 'shop'?"),
        (ORDER, ("--header", "topic"), "'topic' is no header"),
        (ORDER, ("--definitions", str(HERE / "definitions")), "there is no sources.yaml in"),
    ],
    ids=["no JSON", "nothing", "a doubled key", "too deep", "another source", "no header", "a folder without sources"],
)
def test_a_bad_call_is_told_what_is_wrong(place: Path, body: object, arguments: tuple[str, ...], words: str):
    done = sample(place, body, *(arguments or HEADERS))

    assert (done.code, done.out) == (2, "")
    assert words in done.err


def test_a_sample_that_is_not_there_is_told(place: Path):
    done = run("sources", "test", "nowhere.json", cwd=place)

    assert (done.code, done.err) == (2, "journeys: 'nowhere.json' cannot be read: no such file or directory\n")
