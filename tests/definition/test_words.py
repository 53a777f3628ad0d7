"""What a definition says, said again in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.definition.model import DAY, Clock, Condition, Entry, Literal_, Move, SendEntry, Span
from journeys.definition.spans import read_exact, read_span, read_time_of_day
from journeys.definition.words import (
    say_clock,
    say_condition,
    say_entry,
    say_exact,
    say_move,
    say_span,
    say_time_of_day,
    say_touches,
)

HOUR = 3_600_000_000


def condition(text: str) -> Condition:
    return Condition(text=text, node=Literal_(value=True, type="boolean"), type="boolean")


@given(count=st.integers(1, 99), unit=st.sampled_from(["minute", "hour", "day", "week", "year"]))
def test_an_exact_length_reads_back_as_it_was_said(count, unit):
    length = read_exact(f"{count} {unit}s")

    assert read_exact(say_exact(length)) == length


@given(
    count=st.integers(1, 99),
    unit=st.sampled_from(["minute", "hour", "day", "week", "month", "year", "business hour", "business day"]),
)
def test_a_calendar_span_reads_back_as_it_was_said(count, unit):
    span = read_span(f"{count} {unit}s")

    assert read_span(say_span(span)) == span


@given(minutes=st.integers(0, 1439))
def test_a_time_of_day_reads_back_as_it_was_said(minutes):
    assert read_time_of_day(say_time_of_day(minutes)) == minutes


@pytest.mark.parametrize(
    ("length", "words"),
    [
        pytest.param(0, "0 seconds", id="nothing"),
        pytest.param(1_500_000, "1.5 seconds", id="parts of a second"),
        pytest.param(61_000_000, "61 seconds", id="seconds"),
        pytest.param(DAY, "1 day", id="24 hours are a day where days are exact"),
        pytest.param(DAY + HOUR, "25 hours", id="hours"),
    ],
)
def test_an_exact_length_is_said_in_the_largest_unit_it_fills(length, words):
    assert say_exact(length) == words


def test_24_hours_are_not_called_a_day_where_days_follow_the_calendar():
    assert say_span(Span(unit="exact", amount=DAY)) == "24 hours"


@pytest.mark.parametrize(
    ("clock", "words"),
    [
        pytest.param(Clock(), "on arrival", id="on arrival"),
        pytest.param(Clock(at=1080), "at 18:00", id="at a time of day"),
        pytest.param(Clock(after=Span(unit="days", amount=30)), "after 30 days", id="after"),
        pytest.param(
            Clock(due=condition("journey.ends_at - days(3)"), at=1080),
            "due journey.ends_at - days(3) at 18:00",
            id="due",
        ),
        pytest.param(
            Clock(every=Span(unit="days", amount=7), at=1080, on_days=frozenset({3, 1, 2})),
            "every 7 days at 18:00 on tue, wed, thu",
            id="every",
        ),
        pytest.param(
            Clock(after=Span(unit="business days", amount=1), every=Span(unit="months", amount=12), times=3),
            "after 1 business day then every 1 year 3 times",
            id="after, then every",
        ),
    ],
)
def test_a_clock_is_said_as_an_author_would(clock, words):
    assert say_clock(clock) == words


@pytest.mark.parametrize(
    ("move", "words"),
    [
        pytest.param(
            Move(to="x", path=(), on=("order_placed",), condition=condition("event.total >= 5")),
            "on order_placed, if event.total >= 5",
            id="by an event",
        ),
        pytest.param(
            Move(to="x", path=(), on=("a", "b", "c"), any_key=True), "on a, b or c for any key", id="by several"
        ),
        pytest.param(
            Move(
                to="x", path=(), clock=Clock(after=Span(unit="exact", amount=HOUR // 2)), condition=condition("a >= 9")
            ),
            "after 30 minutes, if a >= 9",
            id="by a clock",
        ),
        pytest.param(
            Move(to="x", path=(), condition=condition('score("intent") >= 40'), for_=DAY),
            'whenever score("intent") >= 40 for 1 day',
            id="whenever it holds",
        ),
    ],
)
def test_a_move_is_said_as_an_author_would(move, words):
    assert say_move(move) == words


def test_an_entry_is_said_as_an_author_would():
    by_event = Entry(to="need", path=(), on=("viewed",), condition=condition("a"))
    by_condition = Entry(to="need", path=(), condition=condition('in_segment("vip")'), at=600)

    assert say_entry(by_event) == "on viewed, if a"
    assert say_entry(by_condition) == 'when in_segment("vip") at 10:00'


def test_a_send_entry_names_its_touches_its_recipient_and_its_else():
    assert say_touches(SendEntry(touches=("a",), path=(), to="rep", otherwise="b")) == "a to rep, else b"
    assert say_touches(SendEntry(touches=("a", "b"), path=())) == "a, then b"


def test_a_condition_over_several_lines_is_said_on_one():
    assert say_condition(condition("a and\n   b\n")) == "a and b"
