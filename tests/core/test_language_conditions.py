"""What conditions say: language.md, "Conditions"."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from walk import HOUR, Walk, journey

YES_NO = "need: {rest: true, move: [{on: moved_on, if: 'CONDITION', to: research}]}\nresearch: {rest: true}"
BRAND = """\
segments: {big: 'customer.size > 3'}
scores: {heat: {half_life: 7 days, add: {looked: 8}}}
"""


def holds(folder: Path, condition: str, *, customer: dict[str, Any] | None = None, start: str | None = None) -> bool:
    """Whether it holds for a customer with a short history, at noon of 5 March."""
    text = journey(
        YES_NO.replace("CONDITION", condition),
        enter="[{on: began, to: need, keep: {until: event.until, note: event.note}}]",
    )
    walk = Walk(folder, text, brand=BRAND, customer=customer, **({} if start is None else {"start": start}))
    walk.on("began", until="2026-03-05T18:00:00Z")
    walk.on("looked", sku="a", n=2, skus=["x", "y"])
    walk.wait(days=1)
    walk.on("looked", sku="b", n=3)
    walk.on("ordered", total=12.5)
    walk.wait(days=2, hours=2)
    walk.on("looked", sku="a", skus=["z"])
    walk.on("moved_on", n=4)
    return walk.state == "research"


KNOWN = {
    "size": 4,
    "mood": "Fine",
    "budget": 600,
    "interests": ["coffee", "tea"],
    "born": "1992-03-05",
    "is_member": True,
    "first_name": "Ana",
}

TRUE = [
    # comparisons, arithmetic, lists
    "customer.size + 2 * 3 == 10 and customer.size - 1 == 3 and customer.size / 8 == 0.5 and -customer.size == -4",
    "(customer.size + 2) * 3 == 18",
    "customer.size >= 4 and customer.size <= 4 and not (customer.size < 4) and not (customer.size > 4)",
    "customer.size != 5 and customer.is_member and customer.is_member == true and not (customer.is_member == false)",
    'customer.mood in ["Fine", "Bad"] and "milk" not in customer.interests and "tea" in customer.interests',
    'customer.interests + ["milk"] == ["coffee", "tea", "milk"] and customer.interests - ["tea"] == ["coffee"]',
    'customer.interests - ["tea", "coffee"] == []',
    "customer.budget >= 600 and customer.budget < 600.01 and customer.budget * 0.5 == 300",
    'event.name == "moved_on" and event.n == 4 and event.at == now',
    'brand.currency == "EUR" and brand.timezone == "Europe/Madrid"',
    # looking back, the event at hand included
    'count("looked") == 3 and count("moved_on") == 1 and count("looked", "2 days") == 1',
    'count("looked", sku="a") == 2 and count("looked", "3 days", sku="a") == 1 and count("looked", n=event.n - 1) == 1',
    'count("looked", journey.entered_at) == 3 and count("looked", journey.entered_at + hours(1)) == 2',
    'sum("looked.n") == 5 and sum("looked.n", sku="b") == 3 and sum("ordered.total") == 12.5',
    'sum("looked.n", "1 day") == 0',
    'values("looked.sku") == ["a", "b", "a"] '
    'and values("looked.skus", "3 days") == ["z"] and len(values("looked.skus")) == 3',
    'last("looked") == now and last("looked.sku") == "a" and last("ordered.total") == 12.5',
    'last("looked.n", sku="b") == 3',
    'days_since("ordered") == 2 and days_since("looked") == 0 and days_since("began") == 3',
    'usual_gap("looked") > 1.5 and usual_gap("looked") < 1.6',
    'score("heat") > 8 and score("heat") < 24',
    'in_segment("big") and consented("offers") and in_state("j", "need") and not in_state("j", "research")',
    # lists and values
    'covers(customer.interests, ["tea"]) and not covers(["tea"], customer.interests)',
    'overlaps(customer.interests, ["tea", "milk"]) and not overlaps(customer.interests, ["milk"])',
    'first(customer.interests, 1) == ["coffee"] and first(customer.interests, 9) == customer.interests',
    'len(customer.interests) == 2 and len(customer.mood) == 4 and lower(customer.mood) == "fine"',
    "has(customer.size) and default(customer.size, 9) == 4",
    "min(customer.size, 2, 9) == 2 and max(customer.size, 9, 1) == 9 and round(2.4) == 2 and round(2.345, 1) == 2.3",
    # time
    "journey.until - hours(7) == now and journey.until - hours(6) > now and journey.until - minutes(425) < now",
    "journey.until + days(1) - days(1) == journey.until and journey.until + weeks(1) == journey.until + days(7)",
    "journey.until - months(1) < now - days(27) and now - journey.entered_at == hours(74)",
    "yearly(customer.born) + days(0) <= now and yearly(customer.born) + days(1) > now",
]


@pytest.mark.parametrize("condition", TRUE)
def test_a_condition_says_what_it_reads_as(tmp_path: Path, condition: str) -> None:
    assert holds(tmp_path / "yes", condition, customer=KNOWN)
    assert not holds(tmp_path / "no", f"not ({condition})", customer=KNOWN)


MISSING = {
    "customer.size == 1": False,
    "customer.size == customer.size": False,
    "customer.size != 1": True,
    "customer.size != customer.size": True,
    "customer.size < 1 or customer.size >= 1": False,
    'customer.mood in ["a"]': False,
    'customer.mood not in ["a"]': True,
    '"a" in customer.interests': False,
    '"a" not in customer.interests': True,
    "customer.interests == []": False,
    "customer.is_member": False,
    "not customer.is_member": True,
    "customer.is_member == false": False,
    "has(customer.size)": False,
    "default(customer.size, 3) == 3": True,
    "customer.size + 1 == 1 or customer.size + 1 != 1 and customer.size * 0 == 0": False,
    "has(1 / (customer.plain - 7)) or 1 / (customer.plain - 7) != 0 and has(customer.size)": False,
    "1 / customer.tickets > 0": False,
    "-customer.size < 0": False,
    "min(customer.size, 3) == 3 or max(customer.size, 3) == 3": False,
    "len(customer.mood) == 0 or lower(customer.mood) == customer.mood": False,
    'covers(customer.interests, ["a"]) or overlaps(customer.interests, ["a"])': False,
    "first(customer.interests, 1) == []": False,
    "customer.plain == 7": True,
    "customer.budget > 0": False,
    'days_since("left_us") > 0 or days_since("left_us") <= 0': False,
    'last("left_us") < now': False,
    'usual_gap("ordered") > 0 or usual_gap("ordered") <= 0': False,
    'count("left_us") == 0 and sum("looked.n", sku="q") == 0 and values("looked.sku", sku="q") == []': True,
    'count("looked", at_shop=journey.note) == 0': True,
    'count("looked", customer.ends_at) >= 0': False,
    "customer.ends_at < now or customer.ends_at + days(1) > now": False,
    "yearly(customer.born) + days(0) <= now or yearly(customer.born) + days(0) > now": False,
    'event.n == 4 and event.cart == "a"': False,
    "customer.tickets == 0": True,
}


@pytest.mark.parametrize(("condition", "expected"), MISSING.items())
def test_what_is_missing_makes_no_comparison_hold_but_a_denial(tmp_path: Path, condition: str, expected: bool) -> None:
    assert holds(tmp_path / "yes", condition) == expected
    assert holds(tmp_path / "no", f"not ({condition})") != expected


@pytest.mark.parametrize(
    ("born", "start", "expected"),
    [
        pytest.param("1992-02-29", "2026-02-25T10:00:00Z", True, id="29 February is the 28th in a common year"),
        pytest.param("1992-02-29", "2028-02-25T10:00:00Z", False, id="and the 29th in a leap year, not the 28th"),
        pytest.param("1992-02-29", "2028-02-26T10:00:00Z", True, id="the 29th in a leap year"),
        pytest.param("1992-02-28", "2026-02-26T10:00:00Z", False, id="after the day it is the next year's"),
    ],
)
def test_yearly_is_todays_or_the_next_anniversary(tmp_path: Path, born: str, start: str, expected: bool) -> None:
    # Three days and two hours after the start.
    condition = "yearly(customer.born) + days(0) <= now and yearly(customer.born) + days(1) > now"

    assert holds(tmp_path, condition, customer={"born": born}, start=start) == expected


def test_a_windows_edge_is_outside(tmp_path: Path) -> None:
    walk = Walk(tmp_path, journey(YES_NO.replace("CONDITION", 'count("looked", "1 day") >= 1')))
    walk.on("began")
    walk.on("looked")
    walk.wait(days=1)

    walk.on("moved_on")

    assert walk.state == "need"


def test_a_day_in_a_window_has_24_hours(tmp_path: Path) -> None:
    for hours, state in ((23.9, "research"), (24, "need")):
        walk = Walk(
            tmp_path / state,
            journey(YES_NO.replace("CONDITION", 'count("looked", "1 day") >= 1 and days_since("looked") == 0')),
            start="2026-10-24T10:00:00+02:00",
        )
        walk.on("began")
        walk.on("looked")
        walk.wait(hours=hours)

        walk.on("moved_on")

        assert walk.state == state


def test_days_weeks_and_months_are_calendar_spans_from_a_moment(tmp_path: Path) -> None:
    for condition in (
        "event.until + days(1) == customer.ends_at",
        "customer.ends_at - days(1) == event.until",
    ):
        walk = Walk(
            tmp_path / str(len(condition)),
            journey(YES_NO.replace("CONDITION", condition)),
            start="2026-03-20T10:00:00Z",
            customer={"ends_at": "2026-03-29T08:00:00Z"},
        )
        walk.on("began")

        # 10:00 on both days, and 23 hours between them.
        walk.on("moved_on", until="2026-03-28T09:00:00Z")

        assert walk.state == "research"


def test_usual_gap_is_the_median_of_the_days_between_and_missing_below_three(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path,
        journey(YES_NO.replace("CONDITION", 'usual_gap("looked") == 4')),
    )
    walk.on("began")
    for days in (0, 4):
        walk.wait(days=days)
        walk.on("looked")
    walk.on("moved_on")
    assert walk.state == "need"

    for days in (1, 30):
        walk.wait(days=days)
        walk.on("looked")
    walk.on("moved_on")

    assert walk.state == "research"


def test_a_late_event_takes_its_place_in_the_past(tmp_path: Path) -> None:
    walk = Walk(
        tmp_path, journey(YES_NO.replace("CONDITION", 'last("looked.n") == 1 and values("looked.n") == [2, 1]'))
    )
    walk.on("began")
    walk.wait(hours=5)
    walk.on("looked", n=1)
    walk.on("looked", n=2, happened=HOUR)

    walk.on("moved_on")

    assert walk.state == "research"
