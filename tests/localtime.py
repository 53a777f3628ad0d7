"""Local time and clocks by other means than the core's: zoneinfo, datetime, and looking minute by minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from journeys.definition.model import Clock

MINUTE = 60_000_000
_EPOCH = datetime(1970, 1, 1)


def wall(zone: str, at: int) -> datetime:
    """The wall clock of an instant."""
    aware = (_EPOCH + timedelta(microseconds=at)).replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
    return aware.replace(tzinfo=None)


def instant(zone: str, local: datetime) -> int:
    """The first instant with this wall clock; in a gap, the first after it."""
    rules = ZoneInfo(zone)
    early, late = sorted(
        _stamp(local - (local.replace(tzinfo=rules, fold=fold).utcoffset() or timedelta())) for fold in (0, 1)
    )
    if wall(zone, early) == local:
        return early
    if wall(zone, late) == local:
        return late
    return next(at for at in range(early // MINUTE * MINUTE, late + MINUTE, MINUTE) if wall(zone, at) >= local)


def _stamp(local: datetime) -> int:
    return (local - _EPOCH) // timedelta(microseconds=1)


def minute_of(zone: str, at: int) -> int:
    local = wall(zone, at)
    return local.hour * 60 + local.minute


def is_quiet(zone: str, at: int, from_: int, to: int) -> bool:
    minute = minute_of(zone, at)
    return from_ <= minute < to if from_ <= to else minute >= from_ or minute < to


def first_allowed(zone: str, at: int, from_: int, to: int) -> int:
    """The first instant after a quiet one that is not: looked for minute by minute."""
    at = at // MINUTE * MINUTE + MINUTE
    while is_quiet(zone, at, from_, to):
        at += MINUTE
    return at


# ---------------------------------------------------------------- clocks


def _later(zone: str, at: int, span: Any) -> int:
    if span.unit == "exact":
        return at + int(span.amount)
    local = wall(zone, at)
    if span.unit == "days":
        return instant(zone, local + timedelta(days=span.amount))
    assert span.unit == "months"
    months = local.year * 12 + local.month - 1 + span.amount
    year, month = divmod(months, 12)
    day = local.day
    while True:
        # The last day of the month, where it has no such day.
        try:
            return instant(zone, local.replace(year=year, month=month + 1, day=day))
        except ValueError:
            day -= 1


def _snapped(zone: str, at: int, clock: Clock) -> int:
    days = clock.on_days or range(7)
    if clock.at is None:
        if not clock.on_days:
            return at
        local = wall(zone, at)
        return next(
            instant(zone, local + timedelta(days=n)) for n in range(15) if (local + timedelta(days=n)).weekday() in days
        )
    first = wall(zone, at).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    for n in range(20):
        date = first + timedelta(days=n)
        found = instant(zone, date + timedelta(minutes=clock.at))
        has_date = instant(zone, date) != instant(zone, date + timedelta(days=1))
        if date.weekday() in days and has_date and found >= at:
            return found
    raise AssertionError(clock)


def dues(clock: Clock, arrived_at: int, zone: str, until: int, most: int) -> list[int] | None:
    """When a send entry is due in an undisturbed visit, up to an instant; None for clocks that need more to know."""
    if clock.due is not None or (clock.after is not None and clock.after.unit.startswith("business")):
        return None
    at = arrived_at if clock.after is None else _later(zone, arrived_at, clock.after)
    at = _snapped(zone, at, clock)
    found: list[int] = []
    while at <= until and len(found) < most:
        found.append(at)
        if clock.every is None:
            break
        at = _snapped(zone, _later(zone, at, clock.every), clock)
    return found
