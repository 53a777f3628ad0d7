"""When things are due, counted again with zoneinfo and datetime, over clock changes and leap days."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from journeys.core.calendar import DAY, HOUR, parse_moment
from journeys.core.customer import PERSONALIZED
from journeys.core.intake import new_customer
from journeys.core.turn import advance
from journeys.core.why import (
    BY_CLOCK,
    BY_EVENT,
    DEFER,
    ENDED,
    ENTERED,
    HELD,
    MOVED,
    PAST,
    RELEASED,
    SEND,
    TOUCH,
    WITHHOLD,
)
from journeys.definition.model import Journey, Move, Stage, Step
from tests.ledger import Answer, Ledger, Visit, entries
from tests.localtime import dues, instant, wall
from tests.streams import SPAN, STARTS, ZONES, Raw, customers, deliveries, program, relaxed, streams, to_events

both = pytest.mark.parametrize("folder", ["shipped", "workshop"])


@both
@relaxed(120)
@given(st.data())
def test_each_touch_is_due_when_its_clock_says_and_none_is_forgotten(folder: str, data: st.DataObject) -> None:
    """For every visit that no hold and no new zone disturbed: exactly the due times that the file speaks of."""
    compiled = program(folder)
    start = data.draw(st.sampled_from(STARTS))
    customer = data.draw(customers(compiled, start))
    until = start + SPAN
    raw = [each for each in data.draw(streams(folder, start)) if each.at <= until]
    before = customer.copy()
    taken = advance(compiled, customer, to_events(compiled, raw), until)
    ledger = Ledger(compiled, before, taken.whys)
    answers: dict[tuple[int, int, int], dict[int, Answer]] = defaultdict(dict)
    for each in ledger.answers:
        answers[each.enrollment, each.item, each.visit].setdefault(each.occurrence, each)
    journeys = {why[2]: compiled.journeys[why[3]].name for why in taken.whys if why[0] in (MOVED, ENDED, ENTERED)}

    for visit in ledger.visits:
        if visit.is_disturbed:
            continue
        for (journey, item), entry in entries(compiled).items():
            path = entry.path
            if journey != journeys[visit.enrollment] or "move" in path or path[0] != "stages":
                continue
            if visit.place != (f"{path[1]}.{path[3]}" if path[2] == "steps" else path[1]):
                continue
            most = len(entry.touches) if len(entry.touches) > 1 else entry.clock.times or 10_000
            end = min(until, visit.left_at or until)
            expected = dues(entry.clock, visit.arrived_at, visit.zone, end, most)
            if expected is None:
                continue
            given_ = answers[visit.enrollment, item, visit.number]
            assert list(given_) == list(range(len(given_)))
            found = [answer.due_at for answer in given_.values()]
            assert found == expected[: len(found)]
            # What falls on the very instant of leaving may or may not have been asked about before.
            assert len(found) >= len([due for due in expected if due < _left_at(visit, until)])
            touches = entry.touches
            for occurrence, answer in given_.items():
                assert answer.touch in (touches[occurrence % len(touches)], entry.otherwise)


def _left_at(visit: Visit, until: int) -> int:
    return until + 1 if visit.left_at is None else visit.left_at


@both
@relaxed(60)
@given(st.data())
def test_clock_moves_come_when_they_are_due(folder: str, data: st.DataObject) -> None:
    """A visit without a hold ends by the clock of a move no later than the file says."""
    compiled = program(folder)
    start = data.draw(st.sampled_from(STARTS))
    customer = data.draw(customers(compiled, start))
    raw = [each for each in data.draw(streams(folder, start)) if each.at <= start + SPAN]
    before = customer.copy()
    taken = advance(compiled, customer, to_events(compiled, raw), start + SPAN)
    ledger = Ledger(compiled, before, taken.whys)
    seen = 0

    for why in taken.whys:
        if why[0] not in (MOVED, ENDED) or why[8] != BY_CLOCK:
            continue
        journey = compiled.journeys[why[3]]
        move = next(each for each in _moves(journey.definition) if each.path == journey.moves[why[7]].path)
        if move.clock is None or move.condition is not None or move.path[0] != "stages":
            continue
        state = journey.state_names[why[4]]
        place = state.partition(".")[0] if move.path[2] == "move" else state
        visits = [each for each in ledger.visits if each.enrollment == why[2] and each.place == place]
        visits = [each for each in visits if each.left_at == why[1] and not each.is_disturbed]
        expected = dues(move.clock, visits[0].arrived_at, visits[0].zone, start + SPAN, 1) if len(visits) == 1 else None
        if expected is not None:
            seen += 1
            assert [why[1]] == expected
            assert why[6] == why[1]
    event(f"{min(seen, 5)} clock moves")


def _moves(journey: Journey) -> list[Move]:
    owners: list[Stage | Step] = [*journey.stages, *[step for stage in journey.stages for step in stage.steps]]
    return [move for owner in owners for move in owner.move] + list(journey.anywhere)


@both
@relaxed(80)
@given(st.data())
def test_an_arrival_is_the_events_own_time_or_the_last_answer_if_that_is_later(
    folder: str, data: st.DataObject
) -> None:
    """Also of what reaches us late; nobody arrives where they stand but by `again`; a clock leads on once a visit."""
    compiled = program(folder)
    start = data.draw(st.sampled_from(STARTS))
    customer = data.draw(customers(compiled, start))
    raw = data.draw(streams(folder, start, is_punctual=False))
    last: dict[int, int] = {}
    visits: dict[tuple[int, int], int] = defaultdict(int)
    taken: set[tuple[int, ...]] = set()

    for at, batch in [*deliveries(raw), (start + 2 * SPAN, [])]:
        for why in advance(compiled, customer, to_events(compiled, batch), at).whys:
            if why[0] == ENTERED:
                last[why[2]] = why[5]
                visits[why[2], why[4]] += 1
            elif why[0] == TOUCH:
                last[why[2]] = max(last[why[2]], why[1])
            elif why[0] in (MOVED, ENDED) and why[7] >= 0:
                _, when, number, journey, origin, to, arrival, index, cause, event, *_ = why
                if cause == BY_EVENT:
                    assert arrival == max(event.at, last[number])
                assert last[number] <= arrival <= max(when, last[number])
                move = compiled.journeys[journey].moves[index]
                if why[0] == MOVED and to == origin:
                    definition = next(e for e in _moves(compiled.journeys[journey].definition) if e.path == move.path)
                    assert definition.to == "again"
                if cause == BY_CLOCK and move.owner == 0:
                    key = (number, index, visits[number, origin])
                    assert key not in taken
                    taken.add(key)
                if why[0] == ENDED or to >= 0:
                    last[number] = arrival
                    visits[number, to] += 1


# ---------------------------------------------------------------- leap days, said one by one


def _due(zone: str, arrived: str, touch: str, days: int, *, until: str | None = None) -> list[str]:
    """The local due times of a touch for someone who began at a local time and did nothing more."""
    compiled = program("workshop", arm=PERSONALIZED, quiet=(0, 0, 0))
    at = instant(zone, datetime.fromisoformat(arrived))
    customer = new_customer(compiled, "c1", {"email": "a@example.com", "phone": "1"}, at=at, timezone=zone)
    properties = {} if until is None else {"until": until}
    taken = advance(compiled, customer, to_events(compiled, [Raw("begun", at, properties, "1", 0)]), at + days * DAY)
    names = [each.name for each in compiled.touches]
    dues_ = [why[8] for why in taken.whys if why[0] == TOUCH and names[why[5]] == touch and why[9] != DEFER]
    return [f"{wall(zone, due):%Y-%m-%d %H:%M}" for due in dues_]


@pytest.mark.parametrize(
    ("zone", "arrived", "expected"),
    [
        pytest.param("Europe/Madrid", "2028-01-31 10:00", "2028-02-29 10:00", id="a leap day ends the month"),
        pytest.param("Europe/Madrid", "2027-01-31 10:00", "2027-02-28 10:00", id="no leap day does"),
        pytest.param("Europe/Madrid", "2028-01-29 10:00", "2028-02-29 10:00", id="a month to a leap day"),
        pytest.param("Pacific/Apia", "2028-02-29 23:30", "2028-03-29 23:30", id="a month from a leap day"),
        pytest.param("America/New_York", "2026-02-08 02:30", "2026-03-08 03:00", id="a month into a gap"),
        pytest.param("America/New_York", "2026-10-01 01:30", "2026-11-01 01:30", id="a month into a fold"),
        pytest.param("Pacific/Apia", "2011-11-30 10:00", "2011-12-31 00:00", id="a month to the day Apia skipped"),
    ],
)
def test_a_month_is_a_calendar_month(zone: str, arrived: str, expected: str) -> None:
    # The end of the bench lies in the past, so that they go on to research at once, and stand there for six weeks.
    ended = f"{wall('UTC', instant(zone, datetime.fromisoformat(arrived))):%Y-%m-%dT%H:%M:%S}Z"

    assert _due(zone, arrived, "monthly", 40, until=ended)[:1] == [expected]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("start", ["2028-02-26 09:00", "2027-02-26 09:00", "2026-03-26 09:00", "2026-10-29 23:00"])
def test_each_day_is_a_day_of_the_customer(zone: str, start: str) -> None:
    """`every: 1 day, at: 07:30` comes at half past seven, on six days in a row."""
    first = datetime.fromisoformat(start)
    found = _due(zone, start, "daily", 12)

    day = first + timedelta(days=1) if (first.hour, first.minute) > (7, 30) else first
    assert found[:6] == [f"{day + timedelta(days=n):%Y-%m-%d} 07:30" for n in range(6)]


def test_the_day_that_apia_never_had_has_no_touch() -> None:
    found = _due("Pacific/Apia", "2011-12-27 09:00", "daily", 8)

    assert found[:4] == ["2011-12-28 07:30", "2011-12-29 07:30", "2011-12-31 07:30", "2012-01-01 07:30"]


# ---------------------------------------------------------------- anchors that move


def test_a_touch_anchored_to_a_moment_moves_with_it_and_comes_again_for_a_new_one() -> None:
    compiled = program("workshop", arm=PERSONALIZED)
    at = parse_moment("2026-03-02T09:00:00Z")
    customer = new_customer(compiled, "c1", {"email": "a@example.com"}, at=at)
    raw = [
        Raw("begun", at, {"until": "2026-03-20T12:00:00Z"}, "1", 0),
        Raw("noted", at + 3 * DAY, {"until": "2026-03-25T12:00:00Z"}, "2", 0),
        Raw("noted", at + 22 * DAY, {"until": "2026-04-10T12:00:00Z"}, "3", 0),
    ]

    taken = advance(compiled, customer, to_events(compiled, raw), at + 60 * DAY)

    names = [each.name for each in compiled.touches]
    told = [
        (names[why[5]], f"{wall('Europe/Madrid', why[1]):%m-%d %H:%M}", why[7], why[9])
        for why in taken.whys
        if why[0] == TOUCH and names[why[5]] in ("before-end", "at-end")
    ]
    assert told[:3] == [
        ("before-end", "03-24 09:00", 0, SEND),
        ("before-end", "04-09 09:00", 1, SEND),
        ("at-end", "04-10 14:00", 0, SEND),
    ]


def test_an_older_word_that_arrives_later_moves_nothing() -> None:
    compiled = program("workshop", arm=PERSONALIZED)
    at = parse_moment("2026-03-02T09:00:00Z")
    customer = new_customer(compiled, "c1", {"email": "a@example.com"}, at=at)
    raw = [
        Raw("begun", at, {"until": "2026-03-20T12:00:00Z"}, "1", 0),
        Raw("noted", at + 2 * DAY, {"until": "2026-03-25T12:00:00Z"}, "2", 0),
        Raw("noted", at + 2 * DAY - HOUR, {"until": "2026-03-15T12:00:00Z"}, "3", 2 * HOUR),
    ]

    whys = []
    for arrives_at, batch in [*deliveries(raw), (at + 60 * DAY, [])]:
        whys += advance(compiled, customer, to_events(compiled, batch), arrives_at).whys

    names = [each.name for each in compiled.touches]
    sent = [why[1] for why in whys if why[0] == TOUCH and names[why[5]] == "at-end" and why[9] == SEND]
    assert sent[0] == parse_moment("2026-03-25T12:00:00Z")


def test_what_a_change_pushes_into_the_past_is_passed_over_unless_it_may_be_late() -> None:
    compiled = program("workshop", arm=PERSONALIZED)
    at = parse_moment("2026-03-02T09:00:00Z")
    customer = new_customer(compiled, "c1", {"email": "a@example.com"}, at=at)
    raw = [
        Raw("begun", at, {"until": "2026-03-20T12:00:00Z"}, "1", 0),
        Raw("noted", at + 3 * DAY, {"until": "2026-03-06T12:00:00Z"}, "2", 0),
    ]

    whys = advance(compiled, customer, to_events(compiled, raw), at + 10 * DAY).whys

    names = [each.name for each in compiled.touches]
    told: dict[str, tuple[int, int, int]] = {}
    for why in whys:
        if why[0] == TOUCH:
            told.setdefault(names[why[5]], (why[1], why[9], why[10]))
    assert told["before-end"] == (at + 3 * DAY, WITHHOLD, PAST)
    assert told["at-end"] == (parse_moment("2026-03-06T12:00:00Z"), SEND, 0)


# ---------------------------------------------------------------- holds and conditions that last


def _moves_of(raw: list[Raw], days: int, **fields: object) -> list[tuple[str, str]]:
    """Where someone in the workshop went and when, in UTC."""
    compiled = program("workshop", arm=PERSONALIZED)
    at = raw[0].at
    customer = new_customer(compiled, "c1", {"email": "a@example.com", **fields}, at=at, timezone="UTC")
    told = []
    for why in advance(compiled, customer, to_events(compiled, raw), at + days * DAY).whys:
        if why[0] in (MOVED, ENTERED) and why[4 if why[0] == ENTERED else 5] >= 0:
            names = compiled.journeys[why[3]].state_names
            told.append((names[why[4 if why[0] == ENTERED else 5]], f"{wall('UTC', why[1]):%m-%d %H:%M}"))
    return told


BEGUN = parse_moment("2026-03-02T09:00:00Z")


def test_what_must_last_is_counted_from_when_it_began_to_hold() -> None:
    raw = [
        Raw("begun", BEGUN, {}, "1", 0),
        Raw("stepped", BEGUN + DAY, {}, "2", 0),
        Raw("stepped", BEGUN + DAY + 2 * HOUR, {}, "3", 0),
    ]

    assert _moves_of(raw, 4) == [("need.first", "03-02 09:00"), ("need.second", "03-03 23:00")]


def test_what_must_last_begins_anew_after_a_break() -> None:
    raw = [
        Raw("begun", BEGUN, {}, "1", 0),
        Raw("stepped", BEGUN + DAY, {}, "2", 0),
        # The second comes an hour before the first is two days old: it holds for an hour only.
        Raw("stepped", BEGUN + 3 * DAY - HOUR, {}, "3", 0),
        Raw("stepped", BEGUN + 4 * DAY, {}, "4", 0),
    ]

    assert _moves_of(raw, 5)[1:] == [("need.second", "03-06 21:00")]


def test_a_clock_that_is_due_waits_for_its_condition_and_its_arrival_is_when_that_came_true() -> None:
    raw = [
        Raw("begun", BEGUN, {}, "1", 0),
        Raw("profile.updated", BEGUN + 7 * DAY, {"timezone": "Asia/Kolkata", "first_name": "Bo"}, "2", 0),
        Raw("profile.updated", BEGUN + 8 * DAY, {"timezone": "Pacific/Apia", "level": 2}, "3", 0),
    ]
    compiled = program("workshop", arm=PERSONALIZED)
    customer = new_customer(compiled, "c1", {"email": "a@example.com"}, at=BEGUN)

    whys = advance(compiled, customer, to_events(compiled, raw), BEGUN + 9 * DAY).whys

    moved = [(why[1], why[6]) for why in whys if why[0] == MOVED]
    assert moved == [(BEGUN + 8 * DAY, BEGUN + 8 * DAY)]


def test_a_hold_shifts_what_was_not_yet_due_by_its_own_length() -> None:
    raw = [
        Raw("begun", BEGUN, {}, "1", 0),
        Raw("ticket_created", BEGUN + DAY, {"ticket_id": "t"}, "2", 0),
        Raw("ticket_closed", BEGUN + 2 * DAY + HOUR, {"ticket_id": "t"}, "3", 0),
    ]

    # Five days, and twenty-five hours held.
    assert _moves_of(raw, 9, level=2)[1:] == [("need.second", "03-08 10:00")]


def test_a_hold_lets_go_after_its_longest_and_holds_again_only_for_a_new_reason() -> None:
    compiled = program("workshop", arm=PERSONALIZED)
    customer = new_customer(compiled, "c1", {"email": "a@example.com"}, at=BEGUN)
    raw = [
        Raw("begun", BEGUN, {}, "1", 0),
        Raw("ticket_created", BEGUN + DAY, {"ticket_id": "t"}, "2", 0),
        # One more while the first is still open is no new reason.
        Raw("ticket_created", BEGUN + 4 * DAY, {"ticket_id": "v"}, "3", 0),
        Raw("ticket_closed", BEGUN + 5 * DAY, {"ticket_id": "t"}, "4", 0),
        Raw("ticket_closed", BEGUN + 5 * DAY, {"ticket_id": "v"}, "4v", 0),
        Raw("ticket_created", BEGUN + 6 * DAY, {"ticket_id": "u"}, "5", 0),
    ]

    whys = advance(compiled, customer, to_events(compiled, raw), BEGUN + 20 * DAY).whys

    told = [(why[0], (why[1] - BEGUN) // DAY) for why in whys if why[0] in (HELD, RELEASED)]
    assert told == [(HELD, 1), (RELEASED, 3), (HELD, 6), (RELEASED, 8)]


def test_what_each_day_brings_is_shifted_by_a_hold_and_no_day_comes_twice() -> None:
    compiled = program("workshop", arm=PERSONALIZED)
    customer = new_customer(compiled, "c1", {"email": "a@example.com"}, at=BEGUN, timezone="UTC")
    raw = [
        Raw("begun", BEGUN, {}, "1", 0),
        Raw("ticket_created", BEGUN + 2 * DAY, {"ticket_id": "t"}, "2", 0),
        Raw("ticket_closed", BEGUN + 3 * DAY + 12 * HOUR, {"ticket_id": "t"}, "3", 0),
    ]

    whys = advance(compiled, customer, to_events(compiled, raw), BEGUN + 12 * DAY).whys

    daily = [why for why in whys if why[0] == TOUCH and compiled.touches[why[5]].name == "daily" and why[9] != DEFER]
    days = [f"{wall('UTC', why[8]):%d %H:%M}" for why in daily]
    # The third was due on the fifth at 07:30, a day after the second; thirty-six hours held make it the seventh.
    assert days == ["03 07:30", "04 07:30", "07 07:30", "08 07:30", "09 07:30", "10 07:30"]
    assert [why[7] for why in daily] == list(range(6))
