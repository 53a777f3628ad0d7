"""Business time: the brand's opening hours, walked day by day.

A day is open from the first instant of its opening time to the first instant of its closing time,
once; a holiday is closed, and so is a date that the zone skips.  Nothing here knows how hours are
written, and nothing runs for long: a week with no open hour, or an answer more than twenty years
away, is NEVER.
"""

from __future__ import annotations

from typing import Final

from journeys.definition.model import Opening

from .calendar import DAY, MINUTE, NEVER, Zone, date_of, days_for, has_date, to_instant, to_local, weekday

_DAYS_MAX: Final = 20 * 366


def hours_on(opening: Opening, date: int) -> tuple[int, int] | None:
    """The minutes from and to which this date is open, or None on a closed one."""
    hours = opening.week[weekday(date)]
    if hours is None or hours[0] >= hours[1] or date in opening.holidays:
        return None
    return hours


def add_business_minutes(z: Zone, opening: Opening, at: int, minutes: int) -> int:
    """The first instant by which it has been open for so many minutes since `at`.

    An hour that ends at closing time is over at closing time, not on the next morning.
    """
    if minutes <= 0:
        return at
    left = minutes * MINUTE
    today = date_of(z, at)
    for date in range(today, today + _DAYS_MAX):
        hours = hours_on(opening, date)
        if hours is None:
            continue
        opens_at = to_instant(z, days_for(date) + hours[0] * MINUTE)
        closes_at = to_instant(z, days_for(date) + hours[1] * MINUTE)
        begins_at = max(opens_at, at)
        if begins_at + left <= closes_at:
            return begins_at + left
        if begins_at < closes_at:
            left -= closes_at - begins_at
    return NEVER


def add_business_days(z: Zone, opening: Opening, at: int, days: int) -> int:
    """The same wall clock so many open days later; a day that is open at all counts."""
    if days <= 0:
        return at
    local = to_local(z, at)
    today = local // DAY
    left = days
    for date in range(today + 1, today + _DAYS_MAX):
        if hours_on(opening, date) is None or not has_date(z, date):
            continue
        left -= 1
        if left == 0:
            return to_instant(z, local + days_for(date - today))
    return NEVER
