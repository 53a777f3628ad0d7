"""Naming: others' names and values, in the brand's names and types."""

from __future__ import annotations

import pytest

from journeys.sources.machines import Clicks, is_machine
from journeys.sources.naming import names_of
from tests.sources.shop import program

NAMES = names_of(program())


@pytest.mark.parametrize(
    "said", ["order_placed", "Order Placed", "orderPlaced", "ORDER-PLACED", "order.placed", " order  placed!"]
)
def test_an_event_is_found_by_its_letters_whatever_their_case(said: str) -> None:
    assert NAMES.event(said) == "order_placed"


@pytest.mark.parametrize("said", ["", "placed", "order_placed_2", "profile.updated", "spark.sent", "订单"])
def test_what_nobody_declared_is_not_found(said: str) -> None:
    assert NAMES.event(said) is None


def test_what_is_written_as_it_is_declared_goes_before_what_sounds_like_it() -> None:
    assert NAMES.properties("order_placed", {"Order ID": "b", "order_id": "a"}) == {"order_id": "a"}
    assert NAMES.properties("order_placed", {"order_id": "a", "orderId": "b"}) == {"order_id": "a"}


@pytest.mark.parametrize(
    ("name", "value", "fitted"),
    [
        ("order_id", 17, "17"),
        ("order_id", 2**60, 2**60),
        ("order_id", True, True),
        ("order_id", 1.5, 1.5),
        ("total", "649.00", 649.0),
        ("total", "649", 649),
        ("total", "1,5", "1,5"),
        ("total", "007", "007"),
        ("total", "1e5", "1e5"),
        ("skus", [1, "b"], ["1", "b"]),
        ("skus", "a", "a"),
    ],
)
def test_a_value_is_fitted_where_that_loses_nothing(name: str, value: object, fitted: object) -> None:
    found = NAMES.properties("order_placed", {name: value})[name]

    assert (found, type(found)) == (fitted, type(fitted))


@pytest.mark.parametrize(
    ("agent", "is_one"),
    [
        ("Mozilla/5.0", True),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", True),
        ("Barracuda Sentinel (EE)", True),
        ("python-requests/2.32", True),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)", False),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", False),
        ("Robotnik's Browser", False),
        ("Mozilla/5.0 (Linux; Android 9; CUBOT X19 Build/PPR1) AppleWebKit/537.36 Chrome/130.0 Mobile Safari", False),
        ("Mozilla/5.0 (Linux; Android 13; CUBOT) Gecko Firefox/140.0", False),
        ("Mozilla/5.0 (compatible; Focubot/1.0)", True),
        ("", False),
        (None, False),
    ],
)
def test_a_machine_is_known_by_how_it_calls_itself(agent: str | None, is_one: bool) -> None:
    assert is_machine(agent) == is_one


def test_three_links_within_five_seconds_are_one_machines_and_no_more() -> None:
    clicks, second = Clicks(), 1_000_000
    for at, link in [(0, "a"), (10, "a"), (13, "b"), (15, "c"), (18, "d"), (30, "a"), (33, "b"), (36, "c")]:
        clicks.add("spark", link, at * second, 0)
    clicks.add("other", "c", 14 * second, 0)

    scans = [at for at in (0, 10, 13, 15, 18, 30, 33, 36) if clicks.is_scan("spark", at * second)]

    assert scans == [10, 13, 15, 18]
    assert not clicks.is_scan("other", 14 * second)


def test_clicks_are_forgotten_after_a_minute() -> None:
    clicks, minute = Clicks(), 60_000_000
    for place, link in enumerate("ab"):
        clicks.add("spark", link, 0, place)
    clicks.add("other", "a", 0, 3 * minute)
    clicks.add("spark", "c", 0, 3 * minute)

    assert not clicks.is_scan("spark", 0)
