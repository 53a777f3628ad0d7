"""Lengths of time and times of day, as an author writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.definition.model import DAY, Span
from journeys.definition.spans import read_exact, read_span, read_time_of_day

HOUR = DAY // 24
MINUTE = HOUR // 60

SPANS = {
    "90 minutes": Span(unit="exact", amount=90 * MINUTE),
    "2 hours": Span(unit="exact", amount=2 * HOUR),
    "1 day": Span(unit="days", amount=1),
    "30 days": Span(unit="days", amount=30),
    "1 week": Span(unit="days", amount=7),
    "3 months": Span(unit="months", amount=3),
    "2 years": Span(unit="months", amount=24),
    "4 business hours": Span(unit="business hours", amount=4),
    "1 business day": Span(unit="business days", amount=1),
}


@pytest.mark.parametrize("text", SPANS)
def test_a_span_keeps_the_calendar(text: str) -> None:
    assert read_span(text) == SPANS[text]


EXACT = {"90 minutes": 90 * MINUTE, "24 hours": DAY, "1 day": DAY, "2 weeks": 14 * DAY, "1 year": 365 * DAY}


@pytest.mark.parametrize("text", EXACT)
def test_an_exact_span_counts_days_of_24_hours(text: str) -> None:
    assert read_exact(text) == EXACT[text]


REFUSED = {
    "no unit": "7",
    "no number": "days",
    "half a day": "1.5 days",
    "a minus": "-1 days",
    "nothing": "0 days",
    "no space": "7days",
    "an unknown unit": "3 fortnights",
    "a word": "soon",
    "empty": "",
    "another script's digits": "٣ days",
    "more than a hundred years": "36526 days",
    "more than anyone counts": "9" * 5_000 + " days",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_length_of_time_is_refused_in_short_words(text: str) -> None:
    for read in (read_span, read_exact):
        with pytest.raises(ValueError, match=r"length of time|no time at all|hundred years") as refusal:
            read(text)
        assert len(str(refusal.value)) < 300


@pytest.mark.parametrize(("text", "word"), [("3 months", "90 days"), ("2 business days", "opening hours")])
def test_what_has_no_exact_length_is_refused_where_one_is_needed(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        read_exact(text)


def test_a_time_of_day_is_minutes_since_midnight() -> None:
    assert [read_time_of_day(text) for text in ("00:00", "9:05", "18:00", "23:59")] == [0, 545, 1080, 1439]


@pytest.mark.parametrize("text", ["24:00", "18:60", "18", "18:0", "6pm", "", "18:00:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="'00:00' to '23:59'"):
        read_time_of_day(text)


@given(st.text(max_size=50))
def test_no_text_breaks_the_reading_of_time(text: str) -> None:
    for read in (read_span, read_exact, read_time_of_day):
        try:
            read(text)
        except ValueError as error:
            assert str(error)
