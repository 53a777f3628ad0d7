"""A lost key is found, in whatever body; and no body without one is refused."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from journeys.web.bodies import read_items, read_json, read_lines
from journeys.web.problems import Refusal, pointer

# Few names and many colons, so that keys stand twice and texts look like keys.
NAMES = st.text('ab:"\\u\u003a{', max_size=3)
LEAVES = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-9, 9) | NAMES


class Pairs(list[tuple[str, Any]]):
    """An object whose keys may stand twice."""


def written(value: Any, *, escaped: bool) -> str:
    """As JSON; with every colon of a text as an escape, if that is asked for."""
    if isinstance(value, Pairs):
        return "{" + ", ".join(f"{written(k, escaped=escaped)} : {written(v, escaped=escaped)}" for k, v in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(each, escaped=escaped) for each in value) + "]"
    text = json.dumps(value)
    return text.replace(":", "\\u003a") if escaped and isinstance(value, str) else text


def plain(value: Any) -> Any:
    if isinstance(value, Pairs):
        return {key: plain(each) for key, each in value}
    return [plain(each) for each in value] if isinstance(value, list) else value


def is_doubled(value: Any) -> bool:
    if isinstance(value, Pairs):
        keys = [key for key, _ in value]
        return len(set(keys)) < len(keys) or any(is_doubled(each) for _, each in value)
    return isinstance(value, list) and any(is_doubled(each) for each in value)


VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(NAMES, inner), max_size=4).map(Pairs),
    max_leaves=12,
)


@given(value=VALUES, escaped=st.booleans())
@settings(deadline=None)
def test_a_body_is_read_whole_or_refused(value: Any, escaped: bool):
    body = written(value, escaped=escaped).encode()

    try:
        read = read_json(body)
    except Refusal as refusal:
        assert is_doubled(value)
        assert "stands twice" in refusal.detail
    else:
        assert not is_doubled(value)
        assert read == plain(value)


@given(values=st.lists(VALUES, max_size=5), escaped=st.booleans())
@settings(deadline=None)
def test_each_item_is_read_or_refused_by_itself(values: list[Any], escaped: bool):
    listed, is_list = read_items(written(values, escaped=escaped).encode())
    lined = read_lines("\n".join(written(each, escaped=escaped) for each in values).encode())

    assert is_list
    for read in (listed, lined):
        assert [isinstance(each, Refusal) for each in read] == [is_doubled(each) for each in values]
        assert [each for each in read if not isinstance(each, Refusal)] == [
            plain(each) for each in values if not is_doubled(each)
        ]


def test_a_pointer_escapes_what_it_must():
    assert pointer(()) == ""
    assert pointer(("a/b", 0, "~1", "")) == "/a~1b/0/~01/"
