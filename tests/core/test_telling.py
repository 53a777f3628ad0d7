"""What the core holds is told as it was handed in."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.core.calendar import format_date, format_moment
from journeys.core.dates import END
from journeys.core.intake import read_value
from journeys.core.telling import tell_value
from tests.streams import program

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
AMOUNTS = st.decimals(min_value=-(10**12), max_value=10**12, places=2, allow_nan=False).map(float)
OF_KIND: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "phone": TEXTS,
    "url": st.sampled_from(["https://kaffa.example", "HTTP://kaffa.example:80/a?b=c#d", "https://café.example/ñ"]),
    "email": st.just("ana@example.com"),
    "boolean": st.booleans(),
    "number": st.integers(-(10**14), 10**14) | st.floats(-1e14, 1e14),
    "money": AMOUNTS,
    "moment": st.integers(0, END - 1).map(format_moment),
    "date": st.integers(-200_000, 200_000).map(format_date),
}
LISTS = {f"list of {kind}": st.lists(values, max_size=4) for kind, values in OF_KIND.items()}


@given(data=st.data())
@settings(deadline=None)
def test_what_is_read_is_told_the_same(data: st.DataObject):
    kind, values = data.draw(st.sampled_from(sorted((OF_KIND | LISTS).items(), key=lambda pair: pair[0])))
    value = data.draw(values)
    compiled = program("shipped")

    told = tell_value(compiled, kind, read_value(compiled, kind, value, "x"))

    assert told == value


def test_whole_money_is_told_as_a_whole_number():
    compiled = program("shipped")

    assert repr(tell_value(compiled, "money", 64_900)) == "649"
    assert repr(tell_value(compiled, "money", -64_950)) == "-649.5"
    assert tell_value(compiled, "money", None) is None
