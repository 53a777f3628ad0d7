"""Intervals are those of the papers they are named after."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.measure.intervals import MILLION, Share, difference_of, paired_difference, share_of

Z = 1.959963984540054
WHOLES = st.integers(1, 3_000_000)


def in_parts(*shares: float) -> list[int]:
    return [round(share * MILLION) for share in shares]


# R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998),
# table I, method 3.
@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
    ids=["81 of 263", "15 of 148", "none of 20", "1 of 29"],
)
def test_a_share_has_the_published_score_interval(part: int, whole: int, low: float, high: float) -> None:
    share = share_of(part, whole)

    assert share is not None
    assert share.parts == round(Fraction(part, whole) * MILLION)
    assert [share.low, share.high] == pytest.approx(in_parts(low, high), abs=51)


# The same, "Interval estimation for the difference between independent proportions", table II, method 10.
@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
    ids=str,
)
def test_a_difference_has_the_published_hybrid_interval(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    by = difference_of(*one, *other)

    assert by is not None
    assert by.parts == round((Fraction(*one) - Fraction(*other)) * MILLION)
    assert [by.low, by.high] == pytest.approx(in_parts(low, high), abs=51)


@given(WHOLES, st.data())
def test_the_ends_of_an_interval_are_the_shares_from_which_the_counted_one_is_z_deviations_away(
    whole: int, data: st.DataObject
) -> None:
    part = data.draw(st.integers(0, whole))

    share = share_of(part, whole)

    assert share is not None
    assert 0 <= share.low <= share.parts <= share.high <= MILLION
    for end in (share.low, share.high):
        if 0 < end < MILLION:
            true = end / MILLION
            # Half a part is what rounding may have moved the end by.
            slack = 1e-6 * (1 + Z * abs(1 - 2 * true) / (2 * sqrt(true * (1 - true) * whole)))
            assert abs(part / whole - true) == pytest.approx(Z * sqrt(true * (1 - true) / whole), abs=slack)


@given(WHOLES, WHOLES, st.data())
def test_the_difference_the_other_way_round_is_the_same_with_its_sign_changed(
    whole: int, other: int, data: st.DataObject
) -> None:
    part, other_part = data.draw(st.integers(0, whole)), data.draw(st.integers(0, other))

    by, back = difference_of(part, whole, other_part, other), difference_of(other_part, other, part, whole)

    assert by is not None and back is not None
    assert back == Share(parts=-by.parts, low=-by.high, high=-by.low)
    assert -MILLION <= by.low <= by.parts <= by.high <= MILLION


# `ci.prop.ps(.05, 12, 4, 26, 6)` of D. G. Bonett's own R package statpsych gives 0.2548067 to 0.6251933, about the
# adjusted 22 / 50; told is the counted 22 / 48.  Of the others by hand: √(0.2 / 10) · z, and where all joined
# (n + 1) / (n + 2) - 1 / (n + 2) ± z √((1 - (8 / 10)²) / 10).
@pytest.mark.parametrize(
    ("won", "lost", "of", "parts", "low", "high"),
    [
        (26, 4, 48, 22 / 48, 0.2548067, 0.6251933),
        (4, 26, 48, -22 / 48, -0.6251933, -0.2548067),
        (0, 0, 8, 0.0, -0.2771808, 0.2771808),
        (8, 0, 8, 1.0, 0.4281229, 1.0),
        (0, 8, 8, -1.0, -1.0, -0.4281229),
    ],
    ids=["26 won and 4 lost of 48", "4 won and 26 lost of 48", "none of 8", "8 won of 8", "8 lost of 8"],
)
def test_a_difference_in_pairs_has_the_published_adjusted_interval(
    won: int, lost: int, of: int, parts: float, low: float, high: float
) -> None:
    by = paired_difference(won=won, lost=lost, of=of)

    assert by == Share(parts=round(parts * MILLION), low=round(low * MILLION), high=round(high * MILLION))


@pytest.mark.parametrize(
    ("joins", "leaves", "of"),
    [(0.10, 0.07, 300), (0.30, 0.30, 200), (0.02, 0.01, 1_000), (0.05, 0.20, 100)],
    ids=["a little more", "as many", "few of many", "fewer"],
)
def test_a_difference_in_pairs_lies_in_its_interval_95_times_of_100(joins: float, leaves: float, of: int) -> None:
    stream, times, held = Random(20_260_112), 2_000, 0

    for _ in range(times):
        fates = stream.choices(("won", "lost", "neither"), (joins, leaves, 1 - joins - leaves), k=of)
        by = paired_difference(won=fates.count("won"), lost=fates.count("lost"), of=of)
        held += by.low <= round((joins - leaves) * MILLION) <= by.high

    # Three standard deviations of such a share of 2,000.
    assert held / times == pytest.approx(0.95, abs=0.015)


@given(st.integers(1, 3_000_000), st.data())
def test_a_difference_in_pairs_the_other_way_round_is_the_same_with_its_sign_changed(
    of: int, data: st.DataObject
) -> None:
    won = data.draw(st.integers(0, of))
    lost = data.draw(st.integers(0, of - won))

    by, back = paired_difference(won=won, lost=lost, of=of), paired_difference(won=lost, lost=won, of=of)

    assert back == Share(parts=-by.parts, low=-by.high, high=-by.low)
    assert -MILLION <= by.low <= by.high <= MILLION
    # Where more joined than left, none of them is said to have left.
    assert not by.is_told_from_zero or (by.parts > 0) == (by.low > 0)


def test_a_difference_is_told_from_zero_only_when_its_interval_leaves_it_out() -> None:
    told = {
        name: by.is_told_from_zero
        for name, by in {
            "more": Share(parts=3, low=1, high=5),
            "less": Share(parts=-3, low=-5, high=-1),
            "either": Share(parts=3, low=-1, high=5),
            "just": Share(parts=3, low=0, high=5),
        }.items()
    }

    assert told == {"more": True, "less": True, "either": False, "just": False}


def test_of_nothing_there_is_no_share_and_no_difference() -> None:
    assert share_of(0, 0) is None
    assert difference_of(0, 0, 1, 2) is None
    assert difference_of(1, 2, 0, 0) is None
