"""The calendar: the one module that knows zones, and what a wall clock means in them.

Time is an `int` of microseconds since 1970-01-01 UTC.  A wall clock is the same number read as if
it were UTC, a date is a count of days since 1970-01-01.  The idea: between two clock changes a
zone is one constant offset, so a zone is a short table of such stretches, and nearly every
question falls into the stretch of the question before.  The table is made once, from zoneinfo;
after that no datetime is made here, no clock is read, and nothing depends on the host: the rules
are the tzdata package's, so that a trace is the same on every machine.

Two rules decide what a wall clock means.  One that a clock change skips is the first instant
after the gap; one that comes twice is the first of the two.  Before 1970 the zone's first offset
holds, after 2100 its last.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

from journeys.definition.zones import zone_names

from .dates import (
    DAY,
    END,
    HOUR,
    MINUTE,
    NEVER,
    SECOND,
    anniversary,
    days_for,
    format_date,
    format_moment,
    months_later,
    parse_date,
    parse_moment,
    quote,
    weekday,
    years_date,
)

# Whoever asks the calendar finds all of it here; `dates.py` is the part that needs no zone.
__all__ = [
    "DAY", "HOUR", "MINUTE", "NEVER", "SECOND", "UnknownZone", "Zone", "add_days", "add_months", "anniversary",
    "date_of", "days_for", "format_date", "format_local", "format_moment", "has_date", "in_window", "midnight",
    "next_at", "next_day", "offset", "parse_date", "parse_moment", "to_instant", "to_local", "weekday", "window_end",
    "years_date", "zone", "zone_names",
]  # fmt: skip

# The shortest stretch in tzdata since 1970 is a little under seven days (Brazil 2000, Gaza in
# years to come), so a probe every four days cannot step over one.  A test measures it again.
_PROBE_EVERY: Final = timedelta(days=4)
_PROBE_FROM: Final = datetime(1970, 1, 1)
_PROBE_TO: Final = _PROBE_FROM + timedelta(days=END // DAY)

_FAR: Final = (1 << 62) - 1  # further than NEVER, so that it lies within the last stretch


class UnknownZone(ValueError):
    """No zone of tzdata has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{quote(name)} is not a time zone: write it like Europe/Madrid")
        self.name = name


# ---------------------------------------------------------------- zones


class Stretch:
    """One offset: for the instants in [start, end), and for the wall clocks in [first, last).

    `first` is where the wall clock of the stretch before ended.  In a fold it lies inside this
    stretch, so that the first of the two is found; in a gap before it, so that the gap is ours.
    """

    __slots__ = ("end", "first", "last", "offset", "start")

    def __init__(self, start: int, end: int, first: int, last: int, offset: int) -> None:
        self.start = start
        self.end = end
        self.first = first
        self.last = last
        self.offset = offset


class Zone:
    """A zone's table.  Made by `zone`; `current` is the stretch that was asked for last.

    `current` is replaced as a whole and a stretch never changes, so threads may share a zone.
    """

    __slots__ = ("current", "ends", "name", "offsets", "stretches", "transitions")

    def __init__(self, name: str, transitions: list[int], offsets: list[int]) -> None:
        self.name = name
        self.transitions = transitions
        self.offsets = offsets
        self.ends = [at + before for at, before in zip(transitions, offsets, strict=False)]
        starts = [-_FAR, *transitions, _FAR]
        walls = [-_FAR, *self.ends, _FAR]
        self.stretches = [
            Stretch(starts[i], starts[i + 1], walls[i], walls[i + 1], offset) for i, offset in enumerate(offsets)
        ]
        self.current: Stretch = self.stretches[-1]

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return zone, (self.name,)

    def __repr__(self) -> str:
        return f"zone({self.name!r})"


_zones: dict[str, Zone] = {}


def zone(name: str) -> Zone:
    """The zone of this name, made once.  Raises `UnknownZone`."""
    found = _zones.get(name)
    if found is None:
        # Only a listed name becomes a path: a name may come from anyone's event.
        if name not in zone_names():
            raise UnknownZone(name)
        transitions, offsets = _probe(name)
        found = _zones.setdefault(name, Zone(name, transitions, offsets))
    return found


def _probe(name: str) -> tuple[list[int], list[int]]:
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        rules = ZoneInfo.from_file(file, key=name)
    second = timedelta(seconds=1)
    seen_at = _PROBE_FROM.replace(tzinfo=rules)
    began_at = seen_at
    end = _PROBE_TO.replace(tzinfo=rules)
    # A difference of two datetimes of one zone is that of their wall clocks: here, the offset.
    seen = rules.fromutc(seen_at) - seen_at
    transitions: list[int] = []
    offsets = [seen // second * SECOND]
    while seen_at < end:
        probe_at = seen_at + _PROBE_EVERY
        probe = rules.fromutc(probe_at) - probe_at
        if probe != seen:
            before, after = 0, (probe_at - seen_at) // second
            while after - before > 1:
                middle = (before + after) // 2
                middle_at = seen_at + timedelta(seconds=middle)
                if rules.fromutc(middle_at) - middle_at == seen:
                    before = middle
                else:
                    after = middle
            transitions.append((seen_at - began_at) // timedelta(microseconds=1) + after * SECOND)
            offsets.append(probe // second * SECOND)
            seen = probe
        seen_at = probe_at
    return transitions, offsets


def _stretch_at(z: Zone, at: int) -> Stretch:
    z.current = found = z.stretches[bisect_right(z.transitions, at)]
    return found


def _stretch_of_wall(z: Zone, local: int) -> Stretch:
    # Sorted, because no stretch is shorter than its change of offset.
    z.current = found = z.stretches[bisect_right(z.ends, local)]
    return found


# ---------------------------------------------------------------- instants and wall clocks


def offset(z: Zone, at: int) -> int:
    s = z.current
    if not s.start <= at < s.end:
        s = _stretch_at(z, at)
    return s.offset


def to_local(z: Zone, at: int) -> int:
    s = z.current
    if not s.start <= at < s.end:
        s = _stretch_at(z, at)
    return at + s.offset


def to_instant(z: Zone, local: int) -> int:
    """The first instant with this wall clock; in a gap, the first instant after it."""
    s = z.current
    if not s.first <= local < s.last:
        s = _stretch_of_wall(z, local)
    at = local - s.offset
    if at < s.start:
        return s.start
    return at


def date_of(z: Zone, at: int) -> int:
    return to_local(z, at) // DAY


def midnight(z: Zone, date: int) -> int:
    """The first instant of this local date, which is not 00:00 where a gap begins the day."""
    return to_instant(z, days_for(date))


def has_date(z: Zone, date: int) -> bool:
    """Apia went to bed on 29 December 2011 and woke up on the 31st."""
    return to_instant(z, days_for(date)) != to_instant(z, days_for(date + 1))


def format_local(z: Zone, at: int) -> str:
    """`2026-03-01 11:40`: the wall clock, for people."""
    local = to_local(z, at)
    minute = local % DAY // MINUTE
    return f"{format_date(local // DAY)} {minute // 60:02}:{minute % 60:02}"


# ---------------------------------------------------------------- calendar steps


def add_days(z: Zone, at: int, days: int) -> int:
    """The same wall clock so many days later, or earlier."""
    # The second 02:30 of a fold would come back as the first.
    if days == 0:
        return at
    s = z.current
    later = at + days_for(days)
    if days > 0 and at >= s.start and later < s.end:
        # One stretch, and past what the change before it repeats, which is a day at most.
        return later
    return to_instant(z, to_local(z, at) + days_for(days))


def add_months(z: Zone, at: int, months: int) -> int:
    """The same wall clock on the same day of another month, or on that month's last day."""
    if months == 0:
        return at
    local = to_local(z, at)
    date = local // DAY
    return to_instant(z, local + days_for(months_later(date, months) - date))


def next_at(z: Zone, at: int, minute: int, on_days: int) -> int:
    """The first instant from `at` on when it is `minute` of an allowed day.

    `on_days` is a mask of weekdays, Monday the lowest bit; 0 allows all.  Each date has the time
    once: the first of the two in a fold, the first instant after a gap.  A date that the zone
    skips altogether has none.
    """
    s = z.current
    if not s.start <= at < s.end:
        s = _stretch_at(z, at)
    date = (at + s.offset) // DAY
    # Where a gap ends a day (Nuuk, 23:00 to 24:00) that day's 23:30 is the next one's first instant.
    if at == s.start:
        date -= 1
    # An allowed day comes within a week, or two where the zone skips one.
    last = date + 15
    while date <= last:
        if on_days == 0 or on_days >> (date + 3) % 7 & 1:
            local = days_for(date) + minute * MINUTE
            if not s.first <= local < s.last:
                s = _stretch_of_wall(z, local)
            found = local - s.offset
            if found < s.start:
                found = s.start if has_date(z, date) else -_FAR
            if found >= at:
                return found
        date += 1
    return NEVER


def next_day(z: Zone, at: int, on_days: int) -> int:
    """`at` on an allowed day, else the same wall clock on the first allowed day after it."""
    local = to_local(z, at)
    date = local // DAY
    if on_days == 0 or on_days >> (date + 3) % 7 & 1:
        return at
    for days in range(1, 15):
        if on_days >> (date + days + 3) % 7 & 1 and has_date(z, date + days):
            return to_instant(z, local + days_for(days))
    return NEVER


# ---------------------------------------------------------------- windows


def in_window(z: Zone, at: int, from_minute: int, to_minute: int) -> bool:
    """Whether the wall clock is in [from, to), overnight where from is later; from == to is never."""
    s = z.current
    if not s.start <= at < s.end:
        s = _stretch_at(z, at)
    clock = (at + s.offset) % DAY
    if from_minute <= to_minute:
        return from_minute * MINUTE <= clock < to_minute * MINUTE
    return clock >= from_minute * MINUTE or clock < to_minute * MINUTE


def window_end(z: Zone, at: int, from_minute: int, to_minute: int) -> int:
    """The first instant after `at`, which is in the window, that is not."""
    if from_minute == 0 and to_minute == 24 * 60:
        return NEVER
    while True:
        s = z.current
        if not s.start <= at < s.end:
            s = _stretch_at(z, at)
        left_for = (to_minute * MINUTE - at - s.offset) % DAY
        if at + left_for < s.end:
            return at + left_for
        # The clocks change first: they may jump out of the window, or back into it.
        at = s.end
        if not in_window(z, at, from_minute, to_minute):
            return at
