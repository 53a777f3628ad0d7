"""Lengths of time as an author writes them: `30 days`, `4 business hours`, `18:00`.

Two readings of the same words.  `read_span` keeps the calendar: a day is from one time of day
to the same on the next, a month is a month.  `read_exact` wants microseconds: a day is 24
hours, a year 365 days, and what has no fixed length is refused.  Every mistake is a
`ValueError` whose text can be shown to the author as it is.
"""

from __future__ import annotations

import re

from journeys.definition.model import DAY, Span
from journeys.definition.nearest import shown

_MINUTE = 60_000_000
_HOUR = 60 * _MINUTE
_DAYS_MAX = 36_525  # a hundred years

# What one of each is, and how many make a hundred years.
_CALENDAR: dict[str, tuple[Span, int]] = {
    "minute": (Span(unit="exact", amount=_MINUTE), _DAYS_MAX * 1_440),
    "hour": (Span(unit="exact", amount=_HOUR), _DAYS_MAX * 24),
    "day": (Span(unit="days", amount=1), _DAYS_MAX),
    "week": (Span(unit="days", amount=7), _DAYS_MAX // 7),
    "month": (Span(unit="months", amount=1), 1_200),
    "year": (Span(unit="months", amount=12), 100),
    "business hour": (Span(unit="business hours", amount=1), _DAYS_MAX * 24),
    "business day": (Span(unit="business days", amount=1), _DAYS_MAX),
}
_EXACT = {"minute": _MINUTE, "hour": _HOUR, "day": DAY, "week": 7 * DAY, "year": 365 * DAY}

_CALENDAR_WORDS = (
    "'90 minutes', '2 hours', '30 days', '1 week', '3 months', '1 year', '4 business hours' or '2 business days'"
)
_EXACT_WORDS = "'90 minutes', '2 hours', '30 days', '1 week' or '1 year' (365 days)"

_SPAN = re.compile(r"([0-9]+) +((?:business +)?[a-z]+?)s?")
_TIME_OF_DAY = re.compile(r"([0-9]{1,2}):([0-9]{2})")


def read_span(text: str) -> Span:
    """A span by the calendar.  Raises `ValueError` with words for the author."""
    count, unit = _count_and_unit(text, allowed=_CALENDAR_WORDS)
    one, _ = _CALENDAR[unit]
    return Span(unit=one.unit, amount=count * one.amount)


def read_exact(text: str) -> int:
    """A span in microseconds.  Raises `ValueError` with words for the author."""
    count, unit = _count_and_unit(text, allowed=_EXACT_WORDS)
    if unit == "month":
        raise ValueError(
            f"{shown(text)} has no exact length, and here one is needed: write days, as in '{30 * count} days'"
        )
    if unit not in _EXACT:
        raise ValueError(
            f"{shown(text)} depends on opening hours, and here an exact length is needed: write {_EXACT_WORDS}"
        )
    return count * _EXACT[unit]


def read_time_of_day(text: str) -> int:
    """Minutes since midnight.  Raises `ValueError` with words for the author."""
    found = _TIME_OF_DAY.fullmatch(text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError(f"{shown(text)} is not a time of day: write one from '00:00' to '23:59'")
    return int(found[1]) * 60 + int(found[2])


def _count_and_unit(text: str, *, allowed: str) -> tuple[int, str]:
    found = _SPAN.fullmatch(text.strip(" "))
    unit = " ".join(found[2].split()) if found else ""
    if found is None or unit not in _CALENDAR:
        raise ValueError(f"{shown(text)} is not a length of time: write a whole number and a unit, as in {allowed}")

    # Its length first: thousands of digits are slow to read and no length anyone means.
    digits = found[1].lstrip("0")
    if not digits:
        raise ValueError(f"{shown(text)} is no time at all: write at least 1")
    if len(digits) > 9 or int(digits) > _CALENDAR[unit][1]:
        raise ValueError(f"{shown(text)} is longer than a hundred years")
    return int(digits), unit
