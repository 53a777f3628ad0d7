"""The calendar against zoneinfo and datetime, which know the same by other means."""

from __future__ import annotations

import calendar as gregorian
import pickle
import struct
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from journeys.core.calendar import (
    DAY,
    HOUR,
    MINUTE,
    NEVER,
    UnknownZone,
    Zone,
    add_days,
    add_months,
    date_of,
    has_date,
    in_window,
    midnight,
    next_at,
    next_day,
    offset,
    parse_moment,
    to_instant,
    to_local,
    window_end,
    zone,
    zone_names,
)

EPOCH = datetime(1970, 1, 1)
SECOND = 1_000_000
TO = parse_moment("2100-12-31T23:59:59Z")

# The seven that the promises name, and those whose changes fall on midnight or just after it.
NAMES = [
    "Europe/Madrid",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Africa/Casablanca",
    "UTC",
    "America/Nuuk",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Havana",
]

# ---------------------------------------------------------------- what zoneinfo says


@cache
def rules(name: str) -> ZoneInfo:
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def told_offset(name: str, at: int) -> int:
    """In microseconds, of an instant in microseconds, by zoneinfo."""
    local = rules(name).fromutc((EPOCH + timedelta(microseconds=at)).replace(tzinfo=rules(name)))
    told = local.utcoffset()
    assert told is not None
    return told // timedelta(microseconds=1)


def told_local(name: str, at: int) -> int:
    return at + told_offset(name, at)


def told_instant(name: str, local: int) -> int:
    """The first instant with this wall clock, or the first after the gap: by trying both folds, then by halving."""
    wall = (EPOCH + timedelta(microseconds=local)).replace(tzinfo=rules(name))
    found = []
    for fold in (0, 1):
        told = wall.replace(fold=fold).utcoffset()
        assert told is not None
        at = local - told // timedelta(microseconds=1)
        if told_local(name, at) == local:
            found.append(at)
    if found:
        return min(found)
    low, high = local // SECOND - 2 * 86_400, local // SECOND + 2 * 86_400
    while high - low > 1:
        middle = (low + high) // 2
        if told_local(name, middle * SECOND) > local:
            high = middle
        else:
            low = middle
    return high * SECOND


def told_dates(name: str, around: int, days: range) -> list[int]:
    """The dates that exist: those of some half hour."""
    first, last = around + days.start * DAY, around + days.stop * DAY
    return sorted({told_local(name, at) // DAY for at in range(first - DAY, last + DAY, 30 * MINUTE)})


def listed_changes(name: str) -> list[tuple[int, int]]:
    """The changes of offset that the zone's file lists since 1970: (instant, offset after), in seconds."""
    text = files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()

    def header(start: int) -> tuple[int, ...]:
        return struct.unpack(">6l", text[start + 20 : start + 44])

    is_utc, is_std, leaps, times, types, letters = header(0)
    start = 44 + times * 5 + types * 6 + letters + leaps * 8 + is_std + is_utc
    times, types = header(start)[3:5]
    start += 44
    instants = struct.unpack(f">{times}q", text[start : start + 8 * times])
    which = text[start + 8 * times : start + 9 * times]
    kinds = [
        struct.unpack(">lbb", text[at : at + 6]) for at in range(start + 9 * times, start + 9 * times + 6 * types, 6)
    ]
    changes, before = [], kinds[0][0]
    for instant, kind in zip(instants, which, strict=True):
        after = kinds[kind][0]
        if after != before and 0 < instant < TO // SECOND:
            changes.append((instant, after))
        before = after
    return changes


# ---------------------------------------------------------------- where to look


def stamp(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * SECOND


def wall(text: str) -> int:
    return stamp(text + "+00:00")


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


@st.composite
def moments(draw: st.DrawFn, names: list[str] = NAMES) -> tuple[str, int]:
    """A zone's name and an instant, mostly within two days of one of its clock changes."""
    name = draw(st.sampled_from(names))
    changes = listed_changes(name)
    if not changes or draw(st.integers(0, 3)) == 0:
        return name, draw(st.integers(3 * DAY, TO - 800 * DAY))
    near = draw(st.sampled_from(changes))[0] * SECOND
    coarse = st.integers(-96, 96).map(lambda halves: halves * 30 * MINUTE)
    return name, near + draw(coarse) + draw(st.sampled_from([0, 0, -1, 1, SECOND, 7 * MINUTE + 3]))


minutes_of_day = st.one_of(st.integers(0, 24 * 60 - 1), st.integers(0, 47).map(lambda halves: 30 * halves))
masks = st.integers(0, 127)

# ---------------------------------------------------------------- zones


@pytest.mark.parametrize("name", NAMES)
def test_every_clock_change_that_a_zone_lists_is_in_its_table(name: str) -> None:
    z = zone(name)

    table = dict(zip(z.transitions, z.offsets[1:], strict=True))

    assert {at * SECOND: after * SECOND for at, after in listed_changes(name)}.items() <= table.items()


@given(moments())
def test_an_offset_is_what_zoneinfo_says(moment: tuple[str, int]) -> None:
    name, at = moment

    assert offset(zone(name), at) == told_offset(name, at)
    assert to_local(zone(name), at) == told_local(name, at)
    assert date_of(zone(name), at) == told_local(name, at) // DAY


@given(st.lists(moments(["Europe/Madrid"]), max_size=8))
def test_an_answer_does_not_depend_on_what_was_asked_before(asked: list[tuple[str, int]]) -> None:
    z = zone("Europe/Madrid")
    fresh = [to_local(Zone("", z.transitions, z.offsets), at) for _, at in asked]

    assert [to_local(z, at) for _, at in asked] == fresh


@pytest.mark.long
def test_every_zone_of_tzdata_is_what_zoneinfo_says_on_every_other_day() -> None:
    # Many names are links to the same rules.
    names = {files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes(): name for name in zone_names()}
    for name in names.values():
        z, known = zone(name), rules(name)
        table = dict(zip(z.transitions, z.offsets[1:], strict=True))
        for changed_at, after in listed_changes(name):
            assert table.get(changed_at * SECOND) == after * SECOND, (name, changed_at)
        # No stretch is so short that the probes which make the table could step over it.
        assert all(later - earlier > 4 * DAY for earlier, later in pairwise(z.transitions)), name
        for days in range(0, TO // DAY, 2):
            at = EPOCH.replace(tzinfo=known) + timedelta(days=days)
            assert (known.fromutc(at) - at) // timedelta(microseconds=1) == offset(z, days * DAY), (name, days)


@pytest.mark.parametrize(
    "name",
    [
        *("", "Europe", "europe/madrid", "Europe/Madird", "../../etc/passwd", "/etc/localtime", "posix/Europe/Madrid"),
        *("a\0b", "zone.tab", "x" * 100_000, "Europe/Madrid\n", "\ud800"),
    ],
    ids=lambda name: ascii(name[:20]),
)
def test_a_name_that_tzdata_does_not_list_is_no_zone_whatever_file_it_points_to(name: str) -> None:
    with pytest.raises(UnknownZone, match="is not a time zone") as caught:
        zone(name)

    assert caught.value.name == name
    assert len(str(caught.value)) < 300


def test_a_zone_is_made_once_and_is_the_same_one_after_it_was_sent_to_another_process() -> None:
    madrid = zone("Europe/Madrid")

    assert zone("Europe/Madrid") is madrid
    assert pickle.loads(pickle.dumps(madrid)) is madrid


# ---------------------------------------------------------------- wall clocks


@given(moments())
def test_a_wall_clock_is_its_first_instant_or_the_first_after_the_gap(moment: tuple[str, int]) -> None:
    name, local = moment

    assert to_instant(zone(name), local) == told_instant(name, local)


@given(moments())
def test_an_instant_comes_back_from_its_wall_clock_unless_it_was_the_second_of_two(moment: tuple[str, int]) -> None:
    name, at = moment
    z = zone(name)

    back = to_instant(z, to_local(z, at))

    assert back <= at
    assert to_local(z, back) == to_local(z, at)
    assert not any(to_local(z, back - earlier) == to_local(z, at) for earlier in (30 * MINUTE, HOUR, 24 * HOUR))


@pytest.mark.parametrize(
    ("name", "local", "expected"),
    [
        pytest.param("Europe/Madrid", "2026-03-29T02:30", "2026-03-29T03:00+02:00", id="a gap ends"),
        pytest.param("Europe/Madrid", "2026-10-25T02:30", "2026-10-25T02:30+02:00", id="the first of two"),
        pytest.param("Europe/Madrid", "2026-10-25T03:00", "2026-10-25T03:00+01:00", id="after both"),
        pytest.param("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-04T02:30+11:00", id="a gap of half an hour"),
        pytest.param("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-05T01:45+11:00", id="a fold of half an hour"),
        pytest.param("Pacific/Apia", "2011-12-30T12:00", "2011-12-31T00:00+14:00", id="a day that never was"),
        pytest.param("America/St_Johns", "2010-11-07T00:00", "2010-11-07T00:00-02:30", id="midnight comes twice"),
    ],
)
def test_a_wall_clock_at_a_clock_change(name: str, local: str, expected: str) -> None:
    assert to_instant(zone(name), wall(local)) == stamp(expected)


@given(moments())
def test_a_date_begins_at_its_first_instant(moment: tuple[str, int]) -> None:
    name, at = moment
    z = zone(name)
    today = date_of(z, at)

    began_at = midnight(z, today)

    assert began_at <= at
    assert told_local(name, began_at) // DAY == today
    assert told_local(name, began_at - 1) // DAY < today


def test_apia_has_no_thirtieth_of_december_2011() -> None:
    apia = zone("Pacific/Apia")

    dates = [text for text in ("2011-12-29", "2011-12-30", "2011-12-31") if has_date(apia, day(text))]

    assert dates == ["2011-12-29", "2011-12-31"]


# ---------------------------------------------------------------- calendar steps


@given(moments(), st.integers(-400, 400))
def test_days_later_is_the_same_wall_clock(moment: tuple[str, int], days: int) -> None:
    name, at = moment
    assume(at + days * DAY > DAY)

    expected = told_instant(name, told_local(name, at) + days * DAY) if days else at

    assert add_days(zone(name), at, days) == expected


@given(moments(), st.integers(-24, 24))
def test_months_later_is_the_same_day_or_the_last_of_the_month(moment: tuple[str, int], months: int) -> None:
    name, at = moment
    local = EPOCH + timedelta(microseconds=told_local(name, at))
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    assume(year > 1970)
    last = gregorian.monthrange(year, month + 1)[1]
    there = local.replace(year=year, month=month + 1, day=min(local.day, last))

    expected = told_instant(name, (there - EPOCH) // timedelta(microseconds=1)) if months else at

    assert add_months(zone(name), at, months) == expected


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        pytest.param("2026-01-31T18:00+01:00", 1, "2026-02-28T18:00+01:00", id="a short month"),
        pytest.param("2028-01-31T18:00+01:00", 1, "2028-02-29T18:00+01:00", id="a leap year"),
        pytest.param("2026-03-31T18:00+02:00", -1, "2026-02-28T18:00+01:00", id="backwards"),
        pytest.param("2026-11-30T18:00+01:00", 3, "2027-02-28T18:00+01:00", id="over new year"),
        pytest.param("2026-02-28T18:00+01:00", 2, "2026-04-28T18:00+02:00", id="over a clock change"),
    ],
)
def test_a_month_later(start: str, months: int, expected: str) -> None:
    assert add_months(zone("Europe/Madrid"), stamp(start), months) == stamp(expected)


def test_the_second_half_past_two_stays_where_it_is_when_nothing_is_added() -> None:
    madrid = zone("Europe/Madrid")
    second = stamp("2026-10-25T02:30+01:00")

    assert add_days(madrid, second, 0) == add_months(madrid, second, 0) == second


@given(moments(), minutes_of_day, masks)
def test_the_next_time_of_day_is_the_first_of_all_dates_times(
    moment: tuple[str, int], minute: int, on_days: int
) -> None:
    name, at = moment
    times = [
        told_instant(name, date * DAY + minute * MINUTE)
        for date in told_dates(name, at, range(-2, 16))
        if on_days == 0 or on_days >> (date + 3) % 7 & 1
    ]

    assert next_at(zone(name), at, minute, on_days) == min(time for time in times if time >= at)


@given(moments(), minutes_of_day)
def test_a_time_of_day_comes_once_on_each_date(moment: tuple[str, int], minute: int) -> None:
    name, at = moment
    z = zone(name)

    times = [next_at(z, at, minute, 0)]
    for _ in range(4):
        times.append(next_at(z, times[-1] + 1, minute, 0))

    # In a gap the wall clock is later than `minute`, by less than a day.
    dates = [(to_local(z, time) - minute * MINUTE) // DAY for time in times]
    assert len(set(dates)) == len(dates)
    assert max(later - earlier for earlier, later in pairwise(times)) <= 26 * HOUR  # St John's, 1988


MONDAY, SATURDAY, FRIDAY = 1, 1 << 5, 1 << 4


@pytest.mark.parametrize(
    ("name", "at", "minute", "on_days", "expected"),
    [
        pytest.param("Europe/Madrid", "2026-03-02T18:00+01:00", 1080, 0, "2026-03-02T18:00+01:00", id="now counts"),
        pytest.param("Europe/Madrid", "2026-03-02T18:00:01+01:00", 1080, 0, "2026-03-03T18:00+01:00", id="just passed"),
        pytest.param("Europe/Madrid", "2026-03-02T18:01+01:00", 1080, MONDAY, "2026-03-09T18:00+01:00", id="a week"),
        pytest.param("Europe/Madrid", "2026-03-29T01:59+01:00", 150, 0, "2026-03-29T03:00+02:00", id="gap"),
        pytest.param("Europe/Madrid", "2026-03-29T03:00+02:00", 150, 0, "2026-03-29T03:00+02:00", id="after the gap"),
        pytest.param("Europe/Madrid", "2026-10-25T02:31+02:00", 150, 0, "2026-10-26T02:30+01:00", id="once in a fold"),
        pytest.param(
            "America/Nuuk", "2026-03-28T22:00-02:00", 1410, SATURDAY, "2026-03-29T00:00-01:00", id="to Sunday"
        ),
        pytest.param(
            "America/Nuuk", "2026-03-29T00:00-01:00", 1410, SATURDAY, "2026-03-29T00:00-01:00", id="is Sunday"
        ),
        pytest.param("Pacific/Apia", "2011-12-29T10:01-10:00", 600, 0, "2011-12-31T10:00+14:00", id="no such day"),
        pytest.param("Pacific/Apia", "2011-12-29T10:01-10:00", 600, FRIDAY, "2012-01-06T10:00+14:00", id="no Friday"),
    ],
)
def test_the_next_time_of_day(name: str, at: str, minute: int, on_days: int, expected: str) -> None:
    assert next_at(zone(name), stamp(at), minute, on_days) == stamp(expected)


@given(moments(), masks)
def test_the_next_allowed_day_keeps_the_wall_clock(moment: tuple[str, int], on_days: int) -> None:
    name, at = moment
    local = told_local(name, at)
    dates = [d for d in told_dates(name, at, range(16)) if on_days >> (d + 3) % 7 & 1 and d >= local // DAY]

    if on_days == 0 or dates[0] == local // DAY:
        expected = at
    else:
        expected = told_instant(name, local + (dates[0] - local // DAY) * DAY)

    assert next_day(zone(name), at, on_days) == expected


def test_a_friday_that_apia_skipped_is_not_the_next_friday() -> None:
    thursday = stamp("2011-12-29T10:00-10:00")

    assert next_day(zone("Pacific/Apia"), thursday, FRIDAY) == stamp("2012-01-06T10:00+14:00")


# ---------------------------------------------------------------- windows


def told_in_window(name: str, at: int, from_minute: int, to_minute: int) -> bool:
    minute = told_local(name, at) % DAY // MINUTE
    if from_minute <= to_minute:
        return from_minute <= minute < to_minute
    return not to_minute <= minute < from_minute


@given(moments(), minutes_of_day, minutes_of_day)
def test_a_window_holds_by_the_wall_clock(moment: tuple[str, int], from_minute: int, to_minute: int) -> None:
    name, at = moment

    held = in_window(zone(name), at, from_minute, to_minute)

    assert held == told_in_window(name, at, from_minute, to_minute)
    assert not in_window(zone(name), at, from_minute, from_minute)


@given(moments(), minutes_of_day, minutes_of_day)
def test_a_window_ends_at_the_first_instant_outside_it(
    moment: tuple[str, int], from_minute: int, to_minute: int
) -> None:
    name, at = moment
    assume(told_in_window(name, at, from_minute, to_minute))

    end = window_end(zone(name), at, from_minute, to_minute)

    assert end > at
    assert not told_in_window(name, end, from_minute, to_minute)
    assert told_in_window(name, end - 1, from_minute, to_minute)
    first = at // MINUTE * MINUTE + MINUTE
    assert all(told_in_window(name, time, from_minute, to_minute) for time in range(first, end, 5 * MINUTE))


@pytest.mark.parametrize(
    ("at", "window", "expected"),
    [
        pytest.param("2026-03-28T23:00+01:00", (1260, 480), "2026-03-29T08:00+02:00", id="a night of one hour less"),
        pytest.param("2026-10-24T23:00+02:00", (1260, 480), "2026-10-25T08:00+01:00", id="a night of one hour more"),
        pytest.param("2026-03-29T01:00+01:00", (60, 150), "2026-03-29T03:00+02:00", id="its end is in the gap"),
        pytest.param("2026-10-25T02:00+02:00", (60, 150), "2026-10-25T02:30+02:00", id="its end comes twice"),
        pytest.param("2026-10-25T02:00+01:00", (60, 150), "2026-10-25T02:30+01:00", id="within it once more"),
        pytest.param(
            "2026-10-25T02:59+02:00", (150, 180), "2026-10-25T02:00+01:00", id="the clock leaves it backwards"
        ),
        pytest.param(
            "2026-03-29T01:00+01:00", (170, 130), "2026-03-30T02:10+02:00", id="the gap jumps over the outside"
        ),
        pytest.param("2026-03-02T12:00+01:00", (600, 1440), "2026-03-03T00:00+01:00", id="until midnight"),
    ],
)
def test_a_window_at_a_clock_change(at: str, window: tuple[int, int], expected: str) -> None:
    assert window_end(zone("Europe/Madrid"), stamp(at), *window) == stamp(expected)


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_come_does_not_come_any_earlier_when_it_is_moved_on(name: str) -> None:
    z = zone(name)

    later = [add_days(z, NEVER, 1), add_months(z, NEVER, 1), next_at(z, NEVER, 600, 5), next_day(z, NEVER, 5)]

    assert min(*later, window_end(z, NEVER, 0, 1439), window_end(z, NEVER, 1439, 1438)) >= NEVER


def test_a_window_of_the_whole_day_does_not_end() -> None:
    assert window_end(zone("Europe/Madrid"), stamp("2026-03-02T12:00+01:00"), 0, 1440) == NEVER
