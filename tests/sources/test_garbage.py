"""Whatever others send, it becomes raw events, or is refused in words: never a failure of ours."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from journeys.errors import InputError
from journeys.sources.cloudevents import read_envelope
from journeys.sources.hooks import read_hook
from journeys.sources.segment import TYPES, read_message
from journeys.web.events import to_row
from journeys.web.problems import Refusal
from tests.sources.shop import SOURCES, program
from tests.web.house import NOW

TIMES = [
    "1970-01-01T00:00:00Z",
    "2099-12-31T23:59:59Z",
    "2026-03-10T09:00:00+01:00",
    "yesterday",
    0,
    -1,
    1e300,
    1_773_133_200,
]
WORDS = [
    "c-17",
    "order_placed",
    "profile.updated",
    "customer.erased",
    "spark",
    "open",
    "Click",
    "x" * 250,
    "\x00",
    "",
    "é",
]
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
) | st.sampled_from([*TIMES, *WORDS])
KEYS = sorted(
    {
        "a",
        "body",
        "id",
        "type",
        "event",
        "timestamp",
        "userId",
        "anonymousId",
        "previousId",
        "traits",
        "properties",
        "context",
    }
    | {"messageId", "groupId", "name", "sentAt", "originalTimestamp", "order_id", "total", "email", "skus", "timezone"}
    | {"specversion", "source", "subject", "customer", "time", "data", "RecordType", "MessageID", "Metadata", "touch"}
    | {
        "things",
        "kind",
        "who",
        "when",
        "more",
        "sg_event_id",
        "useragent",
        "url",
        "created",
        "object",
        "metadata",
        "line_items",
    }
)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8),
    max_leaves=30,
)
OBJECTS = st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=12)


def judge(raw: Any) -> None:
    """As the web part does; what is taken can be written."""
    try:
        row = to_row(program(), raw, now=NOW)
    except Refusal as refusal:
        assert refusal.detail
    else:
        assert row is None or json.loads(row.body)


@given(message=OBJECTS, kind=st.sampled_from(TYPES), sent_at=SCALARS)
def test_no_message_of_segments_is_our_failure(message: dict[str, Any], kind: str, sent_at: Any) -> None:
    try:
        read = read_message(program(), {**message, "type": kind}, sent_at=sent_at, now=NOW)
    except InputError as refused:
        assert str(refused)
    else:
        for each in read:
            if isinstance(each, InputError):
                assert str(each)
            else:
                judge(each)


@given(envelope=OBJECTS)
def test_no_cloud_event_is_our_failure(envelope: dict[str, Any]) -> None:
    said = {"specversion": "1.0", "id": "1", "source": "s", "type": "order_placed", "subject": "c-17"}
    for each in (envelope, {**said, **envelope}, {**envelope, **said}):
        try:
            raw = read_envelope(program(), each)
        except InputError as refused:
            assert str(refused)
        else:
            if raw is not None:
                judge(raw)


HEADERS = {"x_shopify_topic": "orders/create", "x_shopify_webhook_id": "1", "webhook_id": "1"}


# Made where it is asked for, not where this is collected.
NAMES = st.deferred(lambda: st.sampled_from(sorted(program().definitions.sources)))


@given(source=NAMES, body=OBJECTS | ANYTHING)
def test_no_webhook_is_our_failure(source: str, body: Any) -> None:
    try:
        heard = read_hook(program(), program().definitions.sources[source], HEADERS, body)
    except InputError as refused:
        assert str(refused)
        return
    for each in heard:
        if isinstance(each.raw, InputError):
            assert str(each.raw)
        elif each.raw is not None:
            judge(each.raw)


def test_there_is_a_source_of_each_kind() -> None:
    assert len(program().definitions.sources) == SOURCES.count("secret:") == 8
