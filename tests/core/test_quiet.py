"""Quiet hours, minute by minute around every change of the clocks.

For each minute of the days on which a zone's clocks change, a touch that is due then is never
let go in quiet hours, and its deferral ends at the first allowed minute and the customer's own
spread after it.  What is quiet is asked of zoneinfo, and the first allowed minute is looked
for one minute at a time.
"""

from __future__ import annotations

import pytest

from journeys.core.calendar import DAY, HOUR, MINUTE, parse_moment
from journeys.core.customer import PERSONALIZED, Customer
from journeys.core.intake import new_customer
from journeys.core.program import Program
from journeys.core.turn import advance
from journeys.core.why import DEFER, QUIET, SEND, TOUCH
from tests.localtime import first_allowed, is_quiet, wall
from tests.streams import Raw, program, to_events

# The day before each change, and days on which nothing changes but the calendar is special.
DAYS = {
    "Europe/Madrid": ("2026-03-28", "2026-10-24", "2028-02-28"),
    "America/New_York": ("2026-03-07", "2026-10-31", "2028-02-28"),
    "Australia/Lord_Howe": ("2026-04-03", "2026-10-02", "2028-12-30"),
    "Asia/Kolkata": ("2026-03-28", "2028-02-28"),
    "Pacific/Apia": ("2011-12-29", "2012-03-31", "2010-09-25"),
}
WINDOWS = {
    "overnight": (21 * 60, 8 * 60, 30),
    "by day": (11 * 60, 17 * 60 + 20, 0),
    "over the change": (60, 2 * 60 + 30, 0),
    "begins in the change": (2 * 60 + 15, 9 * 60, 45),
    "all but an hour": (3 * 60, 2 * 60, 0),
    "all but a minute, over midnight": (0, 23 * 60 + 59, 10),
}


DAILY = [
    *[("Europe/Madrid", window) for window in WINDOWS if window != "by day"],
    ("Australia/Lord_Howe", "over the change"),
]


@pytest.mark.parametrize(
    ("zone", "window"),
    [
        pytest.param(zone, minutes, id=f"{zone}-{window}", marks=[] if (zone, window) in DAILY else pytest.mark.long)
        for zone in DAYS
        for window, minutes in WINDOWS.items()
    ],
)
def test_a_touch_due_in_any_minute_waits_for_the_first_allowed_one(zone: str, window: tuple[int, int, int]) -> None:
    from_, to, spread = window
    compiled = program("workshop", arm=PERSONALIZED, quiet=window)
    allowed_minutes = 0

    for day in DAYS[zone]:
        start = parse_moment(f"{day}T12:00:00Z") - DAY
        customer = new_customer(compiled, "c1", {"email": "a@example.com"}, at=start, timezone=zone)
        advance(compiled, customer, to_events(compiled, [Raw("begun", start, {}, "1", 0)]), start)
        known: dict[int, int] = {}
        for at in range(start + 18 * HOUR, start + 54 * HOUR, MINUTE):
            waiting = customer.copy()
            whys = advance(compiled, waiting, to_events(compiled, [Raw("asked", at, {}, "2", 0)]), at).whys
            answers = [why for why in whys if why[0] == TOUCH and compiled.touches[why[5]].name == "alert"]

            assert len(answers) == 1
            answer, reason, until = answers[0][9], answers[0][10], answers[0][12]
            if not is_quiet(zone, at, from_, to):
                assert answer == SEND
                allowed_minutes += 1
                continue
            if at - MINUTE not in known or known[at - MINUTE] <= at:
                known[at] = first_allowed(zone, at, from_, to)
            else:
                known[at] = known[at - MINUTE]
            assert (answer, reason) == (DEFER, QUIET)
            mine = until - known[at]
            assert 0 <= mine < max(spread, 1) * MINUTE
            assert mine == (waiting.spread if waiting.spread >= 0 else 0)
            if at % HOUR == 0:
                assert _goes_at(compiled, waiting, until) == _allowed(zone, until, from_, to, mine)

    assert allowed_minutes > 0


def _goes_at(compiled: Program, customer: Customer, until: int) -> int:
    """When it is let go at last: after it waited, the whole gate is asked again."""
    taken = advance(compiled, customer, [], until + 3 * DAY)
    return int(next(why[1] for why in taken.whys if why[0] == TOUCH and why[9] == SEND))


def _allowed(zone: str, at: int, from_: int, to: int, spread: int) -> int:
    """The same instant, unless the spread or a fold led into quiet hours again."""
    while is_quiet(zone, at, from_, to):
        at = first_allowed(zone, at, from_, to) + spread
    return at


def test_the_days_that_are_tried_hold_a_change_of_the_clocks_or_a_leap_day() -> None:
    for zone, days in DAYS.items():
        for day in days:
            start = parse_moment(f"{day}T12:00:00Z") - 18 * HOUR
            passed = wall(zone, start + 60 * HOUR) - wall(zone, start)
            is_leap = any(wall(zone, start + hours * HOUR).strftime("%m-%d") == "02-29" for hours in range(60))
            changes = passed.total_seconds() != 60 * 3600
            assert changes or is_leap or zone == "Asia/Kolkata" or day == "2028-12-30"  # a year of 366 days ends
