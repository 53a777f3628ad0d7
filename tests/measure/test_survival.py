"""Survival is the product limit of Kaplan and Meier."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.measure.intervals import MILLION
from journeys.measure.survival import MARKS, still_there, survive

DAY = 24 * 60
Lengths = list[int]


def in_days(*days: int) -> Counter[int]:
    return Counter([day * DAY for day in days])


def by_hand(ended: Lengths, going_on: Lengths, at: int) -> Fraction:
    """One stay at a time, and in fractions."""
    share = Fraction(1)
    for length in sorted({length for length in ended if length <= at}):
        there = sum(each >= length for each in [*ended, *going_on])
        share *= 1 - Fraction(ended.count(length), there)
    return share


# Remissions under 6-mercaptopurine: E. J. Freireich et al., "The effect of 6-mercaptopurine on the duration of
# steroid-induced remissions in acute leukemia", Blood 21 (1963); the example of the textbooks.
ENDED = in_days(6, 6, 6, 7, 10, 13, 16, 22, 23)
GOING_ON = in_days(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)


def test_survival_is_that_of_the_textbooks() -> None:
    told = {at // DAY: share / MILLION for at, share in survive(ENDED, GOING_ON)}

    expected = {5: 1, 6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448, 35: 0.448}
    assert {day: told[day] for day in expected} == pytest.approx(expected, abs=0.0005)


@given(st.lists(st.integers(0, 90 * DAY)), st.lists(st.integers(0, 90 * DAY)))
def test_at_every_point_survival_is_what_a_count_by_hand_gives(ended: Lengths, going_on: Lengths) -> None:
    told = survive(Counter(ended), Counter(going_on))

    for at, share in told:
        assert abs(share - by_hand(ended, going_on, at) * MILLION) <= Fraction(1, 2) + Fraction(1, 1000)


@given(st.lists(st.integers(0, 90 * DAY), min_size=1))
def test_when_nobody_is_still_there_survival_is_the_share_of_longer_stays(ended: Lengths) -> None:
    for at, share in survive(Counter(ended), {}):
        assert share == pytest.approx(sum(length > at for length in ended) / len(ended) * MILLION, abs=0.51)


@given(st.lists(st.integers(0, 3_650 * DAY), min_size=1), st.lists(st.integers(0, 3_650 * DAY)))
def test_points_begin_at_once_end_with_the_longest_stay_and_are_few(ended: Lengths, going_on: Lengths) -> None:
    told = survive(Counter(ended), Counter(going_on))

    longest = max([*ended, *going_on])
    ats = [at for at, _ in told]
    assert (ats[0], ats[-1]) == (0, longest)
    assert ats == sorted(set(ats))
    assert len(ats) <= 60 + len(MARKS) + 1
    assert set(ats) >= {mark for mark in MARKS if mark <= longest}
    assert [share for _, share in told] == sorted([share for _, share in told], reverse=True)


def test_how_many_are_still_there_is_known_as_long_as_somebody_was_watched() -> None:
    everybody_left = survive(in_days(1, 2, 10, 20), {})
    somebody_stays = survive(in_days(1, 2, 10), in_days(20))

    told = [[still_there(survival, days * DAY) for days in (7, 30)] for survival in (everybody_left, somebody_stays)]

    assert told == [[500_000, 0], [500_000, None]]
    assert still_there((), 7 * DAY) is None


def test_of_no_stays_there_is_no_survival() -> None:
    assert survive({}, {}) == ()
