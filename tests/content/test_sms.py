"""A text message is counted as it will be billed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.content.sms import parts_of


@pytest.mark.parametrize(
    ("text", "count", "length", "room"),
    [
        pytest.param("", 1, 0, 160, id="nothing"),
        pytest.param("a" * 160, 1, 160, 160, id="just one"),
        pytest.param("a" * 161, 2, 161, 306, id="one character more is a second part"),
        pytest.param("a" * 306, 2, 306, 306, id="two full parts"),
        pytest.param("a" * 307, 3, 307, 459, id="and one more"),
        pytest.param("€" * 80, 1, 160, 160, id="the euro counts twice"),
        pytest.param("a" * 152 + "€" + "b" * 10, 2, 164, 306, id="and moves to the next part whole"),
        pytest.param("a" * 152 + "€" + "b" * 151 + "c", 3, 306, 459, id="so that two parts may not suffice"),
        pytest.param("ñÑäöüßàé£¥¿¡Ω", 1, 13, 160, id="letters of the plain alphabet"),
        pytest.param("ç" * 70, 1, 70, 70, id="a letter outside of it"),
        pytest.param("ç" * 71, 2, 71, 134, id="makes parts of 67"),
        pytest.param("☕" * 70, 1, 70, 70, id="a sign of one unit"),
        pytest.param("👋" * 35, 1, 70, 70, id="a sign of two units"),
        pytest.param("👋" * 67, 3, 134, 201, id="which is never cut in two"),
    ],
)
def test_parts_are_counted_as_they_are_billed(text: str, count: int, length: int, room: int) -> None:
    parts = parts_of(text)

    assert (parts.count, parts.length, parts.room) == (count, length, room)


def test_each_character_that_makes_it_dear_is_named_once() -> None:
    assert parts_of("70° – or 80° – “hot”").costly == ("°", "–", "“", "”")
    assert parts_of("plain {text} for 3 €").costly == ()


@given(st.text(max_size=400))
def test_a_longer_text_never_takes_fewer_parts_and_always_fits(text: str) -> None:
    parts = parts_of(text)

    assert parts.length <= parts.room
    assert parts.count <= parts_of(text + "x").count
    assert bool(parts.costly) == (parts.room % 67 == 0 or parts.room == 70)
