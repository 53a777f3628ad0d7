"""Dates and the text of moments, against datetime, which knows the same by other means."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.core.calendar import format_local, zone
from journeys.core.dates import (
    anniversary,
    format_date,
    format_moment,
    parse_date,
    parse_moment,
    weekday,
    years_date,
)

EPOCH = datetime(1970, 1, 1)
SECOND = 1_000_000
TO = parse_moment("2100-12-31T23:59:59Z")

# ---------------------------------------------------------------- dates

dates = st.dates(date(1800, 1, 1), date(2300, 1, 1))


def number(date_: date) -> int:
    return date_.toordinal() - date(1970, 1, 1).toordinal()


def in_year(date_: date, year: int) -> date:
    try:
        return date_.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


@given(dates)
def test_a_date_is_read_and_written_as_datetime_does(some: date) -> None:
    assert parse_date(some.isoformat()) == number(some)
    assert format_date(number(some)) == some.isoformat()
    assert weekday(number(some)) == some.weekday()


def test_every_day_from_1890_to_2110_is_read_and_written_as_datetime_does() -> None:
    for day_ in range(date(1890, 1, 1).toordinal(), date(2110, 1, 1).toordinal()):
        some = date.fromordinal(day_)
        assert format_date(number(some)) == some.isoformat()
        assert parse_date(some.isoformat()) == number(some)


@given(dates, st.integers(-100, 100))
def test_years_later_is_the_same_date_or_28_february(some: date, years: int) -> None:
    assert years_date(number(some), years) == number(in_year(some, some.year + years))


@given(dates | st.sampled_from([date(2020, 2, 29), date(2000, 2, 29)]), dates)
def test_an_anniversary_is_todays_or_the_next(some: date, today: date) -> None:
    every = [number(in_year(some, year)) for year in range(some.year, max(some.year, today.year) + 2)]

    assert anniversary(number(some), number(today)) == min(each for each in every if each >= number(today))


@pytest.mark.parametrize(
    ("born", "today", "expected"),
    [
        pytest.param("1990-05-04", "2026-05-04", "2026-05-04", id="today"),
        pytest.param("1990-05-04", "2026-05-05", "2027-05-04", id="yesterday"),
        pytest.param("2000-02-29", "2026-02-01", "2026-02-28", id="29 February in a common year"),
        pytest.param("2000-02-29", "2028-02-28", "2028-02-29", id="29 February in a leap year"),
        pytest.param("2000-02-29", "2027-03-01", "2028-02-29", id="29 February just passed"),
        pytest.param("1990-01-01", "2026-12-31", "2027-01-01", id="over new year"),
        pytest.param("2027-06-01", "2026-03-01", "2027-06-01", id="a date to come"),
    ],
)
def test_an_anniversary(born: str, today: str, expected: str) -> None:
    assert anniversary(parse_date(born), parse_date(today)) == parse_date(expected)


# ---------------------------------------------------------------- as text


@given(st.integers(0, TO))
def test_a_moment_comes_back_from_its_text(at: int) -> None:
    assert parse_moment(format_moment(at)) == at
    assert parse_moment(format_moment(at)) == at  # by the look-ups, now that the date was met


@given(st.integers(0, TO))
def test_a_moment_is_written_as_datetime_does(at: int) -> None:
    assert format_moment(at) == (EPOCH + timedelta(microseconds=at)).isoformat() + "Z"


@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 12, 30)), st.integers(-23 * 60, 23 * 60))
def test_a_moment_with_an_offset_is_read_as_datetime_does(local: datetime, minutes: int) -> None:
    sign, ahead = ("-", -minutes) if minutes < 0 else ("+", minutes)
    text = f"{local.isoformat()}{sign}{ahead // 60:02}:{ahead % 60:02}"

    expected = (datetime.fromisoformat(text) - EPOCH.replace(tzinfo=UTC)) // timedelta(microseconds=1)

    assert parse_moment(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("2026-03-01T10:40:00Z", "2026-03-01t10:40:00z", "2026-03-01 10:40:00Z", "2026-03-01T10:40Z"),
        *("2026-03-01T11:40:00+01:00", "2026-03-01T11:40:00+0100", "2026-03-01T11:40+01", "2026-03-01T09:40:00-01:00"),
        *("2026-03-01T10:40:00-00:00", "2026-03-01T10:40:00.000Z", "2026-03-01T10:40:00,0000009Z"),
    ],
)
def test_the_usual_ways_to_write_a_moment_are_read(text: str) -> None:
    assert parse_moment(text) == 1_772_361_600 * SECOND


def test_a_leap_second_is_the_second_after_it() -> None:
    assert parse_moment("2016-12-31T23:59:60Z") == parse_moment("2017-01-01T00:00:00Z")
    assert parse_moment("2017-01-01T00:59:60.5+01:00") == parse_moment("2017-01-01T00:00:00.5Z")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "'' is not a moment: write it like", id="empty"),
        pytest.param("tomorrow", "'tomorrow' is not a moment", id="a word"),
        pytest.param("1772361600", "is not a moment", id="a number"),
        pytest.param("20260301T104000Z", "is not a moment", id="without dashes"),
        pytest.param("2026-3-1T10:40:00Z", "is not a moment", id="single digits"),
        pytest.param("2026-03-01T10:40:00Z\n", "is not a moment", id="a line break"),
        pytest.param(" 2026-03-01T10:40:00Z", "is not a moment", id="a space"),
        pytest.param("2026-03-01T10:40:00ZZ", "is not a moment", id="more after it"),
        pytest.param("2026-03-01X10:40:00Z", "is not a moment", id="another letter"),
        pytest.param("٢٠٢٦-٠٣-٠١T١٠:٤٠:٠٠Z", "is not a moment", id="other digits"),
        pytest.param("\0" * 100_000, "is not a moment", id="long and binary"),
        pytest.param("2026-03-01", "'2026-03-01' has no time of day", id="a date"),
        pytest.param("2026-03-01T10:40:00", "'2026-03-01T10:40:00' has no zone: add Z", id="no zone"),
        pytest.param("2026-02-29T10:40:00Z", "2026-02-29 is not a day of the calendar", id="no leap year"),
        pytest.param("2026-13-01T10:40:00Z", "2026-13-01 is not a day of the calendar", id="month 13"),
        pytest.param("0000-01-01T10:40:00Z", "0000-01-01 is not a day of the calendar", id="year 0"),
        pytest.param("2026-03-01T24:00:00Z", "a time of day that does not exist", id="hour 24"),
        pytest.param("2026-03-01T10:60:00Z", "a time of day that does not exist", id="minute 60"),
        pytest.param("2026-03-01T10:40:61Z", "a time of day that does not exist", id="second 61"),
        pytest.param("2026-03-01T10:40:60Z", "a time of day that does not exist", id="second 60 in the day"),
        pytest.param("2026-03-01T10:40:00+24:00", "an offset from UTC that does not exist", id="offset of 24 hours"),
        pytest.param("2026-03-01T10:40:00+01:60", "an offset from UTC that does not exist", id="offset of 60 minutes"),
        pytest.param("1969-12-31T23:59:59Z", "is before 1970", id="before 1970"),
        pytest.param("1970-01-01T00:30:00+01:00", "is before 1970", id="before 1970 in UTC"),
        pytest.param("2101-01-01T00:00:00Z", "is after 2100", id="after 2100"),
        pytest.param("9999-12-31T23:59:59Z", "is after 2100", id="year 9999"),
    ],
)
def test_what_is_no_moment_is_refused_in_words(text: str, says: str) -> None:
    parse_moment("2026-03-01T10:40:00Z")

    with pytest.raises(ValueError) as caught:
        parse_moment(text)

    assert says in str(caught.value)
    assert len(str(caught.value)) < 300


@given(st.text(max_size=30) | st.text("0123456789-:TZ+. ", max_size=26))
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    try:
        at = parse_moment(text)
    except ValueError:
        return

    assert 0 <= at < TO + SECOND


@pytest.mark.parametrize(
    "text", ["", "2026-3-1", "2026-02-30", "1900-02-29", "2026-00-10", "20260301", "2026-03-01T10:40:00Z", "0000-01-01"]
)
def test_what_is_no_date_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="is not a da"):
        parse_date(text)


def test_people_read_the_wall_clock() -> None:
    assert format_local(zone("Europe/Madrid"), parse_moment("2026-03-01T10:40:59Z")) == "2026-03-01 11:40"
    assert format_local(zone("America/New_York"), parse_moment("2026-03-01T03:05:00Z")) == "2026-02-28 22:05"
