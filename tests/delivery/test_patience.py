"""Patience with providers: how long to wait, how fast to go, when to leave one alone."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.delivery.breaker import Breaker
from journeys.delivery.rate import Rate
from journeys.delivery.retrying import Retrying

SECOND = 1_000_000
HOUR = 3600 * SECOND
NOW = 1_800_000_000 * SECOND


@given(attempt=st.integers(1, 31), seed=st.integers(), asked=st.none() | st.integers(-HOUR, 100 * HOUR))
def test_a_wait_lies_within_its_bound_and_after_what_was_asked(attempt: int, seed: int, asked: int | None) -> None:
    again = Retrying().next_at(attempt, NOW, asked, Random(seed))

    assert again is not None
    least = min(max(asked or 0, 0), 24 * HOUR)
    assert least <= again - NOW <= least + min(2 * HOUR, 10 * SECOND * 2 ** (attempt - 1))


def test_waits_are_drawn_over_the_whole_bound() -> None:
    random = Random(1)
    waits = [(Retrying().next_at(4, NOW, None, random) or 0) - NOW for _ in range(1_000)]

    assert min(waits) < 2 * SECOND
    assert max(waits) > 78 * SECOND


def test_after_the_last_attempt_there_is_none() -> None:
    retrying = Retrying(attempts_max=3)

    assert [retrying.next_at(attempt, NOW, None, Random(1)) is None for attempt in (1, 2, 3, 4)] == [
        False,
        False,
        True,
        True,
    ]


def test_the_last_attempt_comes_after_about_a_day() -> None:
    random, now = Random(7), 0
    for attempt in range(1, 32):
        now = Retrying().next_at(attempt, now, None, random) or 0

    assert 15 * HOUR < now < 30 * HOUR


def test_a_burst_of_a_second_goes_at_once_and_then_one_after_the_other() -> None:
    rate = Rate(50)

    assert rate.take(NOW, 1_000) == 50
    assert rate.take(NOW, 1) == 0
    assert rate.take(NOW + SECOND // 50 - 1, 1) == 0
    assert rate.take(NOW + SECOND // 50, 5) == 1
    assert rate.take(NOW + 10 * SECOND, 1_000) == 50


def test_less_than_one_a_second_is_one_at_a_time() -> None:
    rate = Rate(10 / 3600)  # 10 per hour

    assert [rate.take(NOW), rate.take(NOW)] == [1, 0]
    assert rate.take(NOW + 360 * SECOND - 1) == 0
    assert rate.take(NOW + 360 * SECOND) == 1


def test_what_was_not_used_is_given_back() -> None:
    rate = Rate(10)
    rate.take(NOW, 10)
    rate.give_back(4)

    assert rate.take(NOW, 10) == 4


def test_a_clock_that_is_set_back_does_not_close_a_channel_for_as_long() -> None:
    rate = Rate(1)
    rate.take(NOW)

    assert rate.take(NOW - HOUR) == 0
    assert rate.take(NOW - HOUR + SECOND) == 1


@given(
    per_second=st.floats(0.001, 1_000_000),
    steps=st.lists(st.tuples(st.integers(0, 5 * SECOND), st.integers(0, 100)), max_size=30),
)
def test_no_more_goes_than_the_rate_allows(per_second: float, steps: list[tuple[int, int]]) -> None:
    rate, now, taken = Rate(per_second), NOW, 0
    for wait, wanted in steps:
        now += wait
        taken += rate.take(now, wanted)

    # Whole microseconds are a part in a million of a second, and of the fastest rates a part of their step.
    each = max(1, round(SECOND / per_second))
    assert taken <= max(1, SECOND // each) + (now - NOW) // each


def breaker() -> Breaker:
    return Breaker(failures_max=3, pause_first=5 * SECOND, pause_most=60 * SECOND)


def opened(one: Breaker) -> Breaker:
    for _ in range(3):
        assert one.admits(NOW)
        one.failed(NOW)
    return one


def test_it_is_told_when_it_opens_and_when_it_closes() -> None:
    one = breaker()

    assert [one.failed(NOW), one.failed(NOW), one.failed(NOW), one.failed(NOW)] == [0, 0, 5 * SECOND, 0]
    assert one.admits(NOW + 5 * SECOND)
    assert one.failed(NOW + 5 * SECOND) == 10 * SECOND
    assert one.succeeded()
    assert not one.succeeded()
    assert one.failed(NOW, 30 * SECOND) == 30 * SECOND


def test_failures_in_a_row_open_it_and_a_success_between_them_does_not() -> None:
    one = breaker()
    for _ in range(5):
        one.failed(NOW)
        one.failed(NOW)
        one.succeeded()
    assert one.room(NOW, 8) == 8

    opened(one)

    assert one.room(NOW, 8) == 0
    assert not one.admits(NOW)
    assert one.open_until(NOW) == NOW + 5 * SECOND


def test_after_its_pause_one_trial_goes_and_closes_it() -> None:
    one, later = opened(breaker()), NOW + 5 * SECOND
    assert not one.admits(later - 1)
    assert [one.room(later - 1, 8), one.room(later, 8), one.room(later, 0)] == [0, 1, 0]

    assert [one.admits(later), one.admits(later), one.admits(later)] == [True, False, False]
    one.succeeded()

    assert one.admits(later)
    one.failed(later)
    assert one.room(later, 8) == 8


def test_a_trial_that_fails_opens_it_for_twice_as_long_to_a_bound() -> None:
    one, now, pauses = opened(breaker()), NOW, []
    for _ in range(6):
        now = one.open_until(now)
        assert one.admits(now)
        one.failed(now)
        pauses.append((one.open_until(now) - now) // SECOND)

    assert pauses == [10, 20, 40, 60, 60, 60]


def test_what_was_under_way_when_it_opened_does_not_make_the_pause_longer() -> None:
    one = opened(breaker())
    for _ in range(20):
        one.failed(NOW)

    assert one.open_until(NOW) == NOW + 5 * SECOND


def test_a_trial_whose_outcome_is_never_told_is_followed_by_another() -> None:
    one, later = opened(breaker()), NOW + 5 * SECOND
    assert one.admits(later)

    assert not one.admits(later + 5 * SECOND - 1)
    assert one.admits(later + 5 * SECOND)


def test_a_provider_that_asks_to_be_left_alone_is_at_once() -> None:
    one = breaker()
    one.failed(NOW, 30 * SECOND)

    assert one.open_until(NOW) == NOW + 30 * SECOND
    one.failed(NOW, HOUR)
    assert one.open_until(NOW) == NOW + 60 * SECOND
    assert one.admits(NOW + 60 * SECOND)


@pytest.mark.parametrize("back", [1, HOUR, 1_000 * HOUR])
def test_a_clock_that_is_set_back_does_not_keep_it_open_for_as_long(back: int) -> None:
    one = opened(breaker())

    assert one.open_until(NOW - back) == NOW - back + 5 * SECOND
    assert one.admits(NOW - back + 5 * SECOND)
