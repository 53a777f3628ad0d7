"""Business time, counted again minute by minute."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.calendar import DAY, HOUR, MINUTE, NEVER, parse_date, to_local, weekday, zone
from journeys.core.opening import add_business_days, add_business_minutes
from journeys.definition.model import Opening

MADRID = zone("Europe/Madrid")
OFFICE = Opening(
    week=((540, 1080),) * 5 + (None, None),
    holidays=frozenset({parse_date("2026-12-25"), parse_date("2027-01-01")}),
)
CLOSED = Opening(week=(None,) * 7, holidays=frozenset())


def stamp(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000


hours = st.none() | st.tuples(st.integers(0, 1380), st.integers(15, 600)).map(
    lambda drawn: (drawn[0], min(sum(drawn), 1440))
)
weeks = st.tuples(hours, hours, hours, hours, hours, hours, st.just((600, 840)))
around = st.integers(-6 * 24 * 60, 3 * 24 * 60)


def is_open(opening: Opening, at: int) -> bool:
    date, clock = divmod(to_local(MADRID, at), DAY)
    span = opening.week[weekday(date)]
    return span is not None and span[0] <= clock // MINUTE < span[1] and date not in opening.holidays


@given(weeks, st.sets(st.integers(20_537, 20_545)), around, st.integers(1, 900))
def test_business_minutes_are_the_open_ones(
    week: tuple[tuple[int, int] | None, ...], holidays: set[int], start: int, minutes: int
) -> None:
    opening = Opening(week=week, holidays=frozenset(holidays))
    at = stamp("2026-03-29T12:00+02:00") + start * MINUTE

    done_at = add_business_minutes(MADRID, opening, at, minutes)

    assert sum(is_open(opening, minute) for minute in range(at, done_at, MINUTE)) == minutes
    assert is_open(opening, done_at - 1)


@pytest.mark.parametrize(
    ("at", "minutes", "expected"),
    [
        pytest.param("2026-03-02T10:00+01:00", 60, "2026-03-02T11:00+01:00", id="within the day"),
        pytest.param("2026-03-02T17:00+01:00", 60, "2026-03-02T18:00+01:00", id="ends at closing time"),
        pytest.param("2026-03-02T17:00+01:00", 61, "2026-03-03T09:01+01:00", id="one minute more"),
        pytest.param("2026-03-06T17:30:20+01:00", 60, "2026-03-09T09:30:20+01:00", id="over the weekend"),
        pytest.param("2026-03-27T17:00+01:00", 120, "2026-03-30T10:00+02:00", id="over a clock change"),
        pytest.param("2026-12-24T17:30+01:00", 60, "2026-12-28T09:30+01:00", id="over a holiday"),
        pytest.param("2026-03-07T12:00+01:00", 1, "2026-03-09T09:01+01:00", id="from a closed day"),
        pytest.param("2026-03-07T12:00+01:00", 0, "2026-03-07T12:00+01:00", id="none"),
        pytest.param("2026-03-02T09:00+01:00", 45 * 60, "2026-03-06T18:00+01:00", id="a whole week"),
    ],
)
def test_business_minutes(at: str, minutes: int, expected: str) -> None:
    assert add_business_minutes(MADRID, OFFICE, stamp(at), minutes) == stamp(expected)


@pytest.mark.parametrize(
    ("at", "days", "expected"),
    [
        pytest.param("2026-03-02T20:00+01:00", 1, "2026-03-03T20:00+01:00", id="keeps the wall clock"),
        pytest.param("2026-03-06T10:00+01:00", 1, "2026-03-09T10:00+01:00", id="over the weekend"),
        pytest.param("2026-03-07T10:00+01:00", 1, "2026-03-09T10:00+01:00", id="from a closed day"),
        pytest.param("2026-12-23T10:00+01:00", 3, "2026-12-29T10:00+01:00", id="over a holiday"),
        pytest.param("2026-03-27T10:00+01:00", 1, "2026-03-30T10:00+02:00", id="over a clock change"),
        pytest.param("2026-03-07T10:00+01:00", 0, "2026-03-07T10:00+01:00", id="none"),
    ],
)
def test_business_days(at: str, days: int, expected: str) -> None:
    assert add_business_days(MADRID, OFFICE, stamp(at), days) == stamp(expected)


def test_a_shop_opens_once_in_the_night_when_the_clocks_go_back() -> None:
    night = Opening(week=((60, 180),) * 7, holidays=frozenset())
    opened_at = stamp("2026-10-25T01:00+02:00")

    assert add_business_minutes(MADRID, night, opened_at, 180) == opened_at + 3 * HOUR
    assert add_business_minutes(MADRID, night, opened_at, 181) == stamp("2026-10-26T01:01+01:00")


def test_a_day_that_apia_skipped_is_no_business_day() -> None:
    apia = zone("Pacific/Apia")

    after = add_business_days(apia, OFFICE, stamp("2011-12-29T10:00-10:00"), 1)

    assert after == stamp("2012-01-02T10:00+14:00")


@pytest.mark.parametrize(
    "opening",
    [
        pytest.param(CLOSED, id="no day"),
        pytest.param(Opening(week=((540, 540),) * 7, holidays=frozenset()), id="no minute"),
        pytest.param(Opening(week=OFFICE.week, holidays=frozenset(range(20_000, 40_000))), id="only holidays"),
    ],
)
def test_a_week_without_an_open_hour_never_comes_to_an_end(opening: Opening) -> None:
    at = stamp("2026-03-02T10:00+01:00")

    assert add_business_minutes(MADRID, opening, at, 1) == NEVER
    assert add_business_days(MADRID, opening, at, 1) == NEVER


def test_an_answer_further_than_twenty_years_away_does_not_come() -> None:
    at = stamp("2026-03-02T10:00+01:00")

    assert add_business_minutes(MADRID, OFFICE, at, 10**12) == NEVER
    assert add_business_days(MADRID, OFFICE, at, 10**12) == NEVER
