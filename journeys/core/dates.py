"""Dates and moments as numbers and as text, where no zone is needed.

A moment is an `int` of microseconds since 1970-01-01 UTC, a date a count of days since then.
Both are worked out in integers: nothing here makes a datetime, reads a clock or knows a zone.
The moments taken are those of the zones' tables, 1970 to 2100; a date may be of any year.
"""

from __future__ import annotations

import re
from typing import Final

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
# An instant that does not come.  mypyc keeps an int below 1 << 62 in a register.
NEVER: Final = 1 << 61
END: Final = 47_847 * DAY  # 2101-01-01, the first moment that is not taken any more

_BEFORE_MONTH: Final = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365)
_EPOCH: Final = 719_162  # days from 0001-01-01 to 1970-01-01


def days_for(days: int) -> int:
    """So many days, in microseconds."""
    # The long way round `days * DAY`: in the compiled build a factor beyond 1 << 30 goes through the interpreter,
    # which looks for Ctrl-C there, and mypyc takes that interruption for a lack of memory and aborts.
    return days * (24 * 60) * MINUTE


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _days_in(year: int, month: int) -> int:
    return 29 if month == 2 and _is_leap(year) else _BEFORE_MONTH[month] - _BEFORE_MONTH[month - 1]


def _date(year: int, month: int, day: int) -> int:
    past = year - 1
    days = past * 365 + past // 4 - past // 100 + past // 400 + _BEFORE_MONTH[month - 1] + day - 1 - _EPOCH
    return days + 1 if month > 2 and _is_leap(year) else days


def _parts(date: int) -> tuple[int, int, int]:
    # Howard Hinnant's civil_from_days: years that begin in March put the leap day at their end,
    # and 400 of them have 146,097 days.
    days = date + _EPOCH + 306
    era = days // 146_097
    days -= era * 146_097
    year = (days - days // 1_460 + days // 36_524 - days // 146_096) // 365
    days -= year * 365 + year // 4 - year // 100
    month = (5 * days + 2) // 153
    day = days - (153 * month + 2) // 5 + 1
    year += era * 400
    return (year, month + 3, day) if month < 10 else (year + 1, month - 9, day)


def months_later(date: int, months: int) -> int:
    """The same day of another month, or that month's last."""
    year, month, day = _parts(date)
    since = year * 12 + month - 1 + months
    year = since // 12
    month = since % 12 + 1
    return _date(year, month, min(day, _days_in(year, month)))


def weekday(date: int) -> int:
    """Monday is 0."""
    return (date + 3) % 7


def years_date(date: int, years: int) -> int:
    """The same date so many years later, or earlier; 29 February falls on the 28th in common years."""
    return months_later(date, 12 * years)


def anniversary(date: int, today: int) -> int:
    """Today's or the next anniversary; the date itself while that is still to come."""
    if today <= date:
        return date
    years = _parts(today)[0] - _parts(date)[0]
    found = months_later(date, 12 * years)
    return found if found >= today else months_later(date, 12 * (years + 1))


# ---------------------------------------------------------------- as text

_MOMENT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?"
    r"(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)?)?",
    re.ASCII,
)
_DATE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)

# A moment in its plain form is read, and any is written, by three look-ups.  The dates are those
# that were met, at most each day of the zones' tables.
_minutes_of: Final = {f"T{m // 60:02}:{m % 60:02}:": m * MINUTE for m in range(24 * 60)}
_seconds_of: Final = {f"{s:02}Z": s * SECOND for s in range(60)}
_minute_texts: Final = list(_minutes_of)
_second_texts: Final = [f"{s:02}" for s in range(60)]
_midnight_of: dict[str, int] = {}
_date_texts: dict[int, str] = {}


def parse_moment(text: str) -> int:
    """A moment as RFC 3339 and ISO 8601 write it, with its zone, from 1970 to 2100; else ValueError.

    What is finer than a microsecond is cut off.
    """
    try:
        return _midnight_of[text[:10]] + _minutes_of[text[10:17]] + _seconds_of[text[17:]]
    except KeyError:
        return _read_moment(text)


def _read_moment(text: str) -> int:
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError(f"{quote(text)} is not a moment: write it like 2026-03-01T10:40:00Z")
    date, hours, minutes, seconds, fraction, utc, sign, off_hours, off_minutes = match.groups()
    start = _midnight_of.get(date, -1)
    if start < 0:
        start = days_for(parse_date(date))
    if hours is None:
        raise ValueError(f"{quote(text)} has no time of day: write it like {date}T10:40:00Z")
    if utc is None and sign is None:
        raise ValueError(f"{quote(text)} has no zone: add Z for UTC, or an offset such as +01:00")
    hour, minute, second = int(hours), int(minutes), int(seconds or 0)
    if hour > 23 or minute > 59 or second > 60:
        raise ValueError(f"{quote(text)} has a time of day that does not exist")
    at = start + (hour * 60 + minute) * MINUTE + second * SECOND + int((fraction or "0")[:6].ljust(6, "0"))
    if sign is not None:
        off_hour, off_minute = int(off_hours), int(off_minutes or 0)
        if off_hour > 23 or off_minute > 59:
            raise ValueError(f"{quote(text)} has an offset from UTC that does not exist")
        east = (off_hour * 60 + off_minute) * MINUTE
        at += -east if sign == "+" else east
    # RFC 3339 writes a leap second as :60, and only at the end of a UTC day; it is read as the
    # second after it.
    if second == 60 and at % DAY >= SECOND:
        raise ValueError(f"{quote(text)} has a time of day that does not exist")
    if at < 0:
        raise ValueError(f"{quote(text)} is before 1970")
    if at >= END:
        raise ValueError(f"{quote(text)} is after 2100")
    if 0 <= start < END:
        _midnight_of[date] = start
    return at


def parse_date(text: str) -> int:
    """A date written YYYY-MM-DD, of any year (people were born before 1970); else ValueError."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{quote(text)} is not a date: write it like 2026-03-01")
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= _days_in(year, month):
        raise ValueError(f"{text} is not a day of the calendar")
    return _date(year, month, day)


def format_date(date: int) -> str:
    found = _date_texts.get(date)
    if found is None:
        year, month, day = _parts(date)
        found = f"{year:04}-{month:02}-{day:02}"
        if 0 <= date < END // DAY:
            _date_texts[date] = found
    return found


def format_moment(at: int) -> str:
    """`2026-03-01T10:40:00Z`, with six more digits only where there are microseconds."""
    date = at // DAY
    clock = at % DAY
    text = _date_texts.get(date) or format_date(date)
    second = clock % MINUTE
    if second % SECOND:
        return f"{text}{_minute_texts[clock // MINUTE]}{_second_texts[second // SECOND]}.{second % SECOND:06}Z"
    return f"{text}{_minute_texts[clock // MINUTE]}{_second_texts[second // SECOND]}Z"


def quote(text: str) -> str:
    """For a message: it comes from a file or an event, and may be anything of any length."""
    return repr(text if len(text) <= 40 else text[:40] + "…")
