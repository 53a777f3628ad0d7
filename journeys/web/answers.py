"""Answers: the shapes of what is said to whoever asks; the OpenAPI document describes them from here."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from starlette.responses import Response

from .problems import CONTENT_TYPE, Problem, Refusal

Status = Literal["accepted", "repeated", "ignored", "refused", "machine"]


class Item(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of one event: taken, known already, of a name that nobody declared, refused, or a machine's doing.

    `because` is why a source's is ignored.
    """

    id: str | None
    status: Status
    because: str = ""
    problem: Problem | None = None


class Refused(Problem, kw_only=True, omit_defaults=True):
    """A request that is not served; `events` is what became of each, where there were several."""

    status: int
    events: list[Item] | None = None


class EventsTaken(msgspec.Struct, kw_only=True):
    """How many events became what, and each in the order sent.  What is accepted is durable."""

    accepted: int
    repeated: int
    ignored: int
    refused: int
    events: list[Item]


class SegmentTaken(msgspec.Struct, kw_only=True):
    """How many events the messages became, and what; `events` are those that are refused, and why."""

    success: bool
    accepted: int
    repeated: int
    ignored: int
    refused: int
    events: list[Item]


class SegmentRefused(Refused, kw_only=True, omit_defaults=True):
    """A problem in the words that libraries of Segment's API look for."""

    success: bool
    code: str
    message: str


class CustomerTaken(msgspec.Struct, kw_only=True):
    """How many events it became, and which attributes nobody declared: those are not kept."""

    id: str
    accepted: int
    ignored: list[str]


class Enrolled(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Where a customer stands in one journey."""

    journey: str
    enrollment: int
    entered_at: str
    stage: str
    state: str
    arrived_at: str
    key: str | int | float | bool | None = None
    ended_at: str | None = None
    end: str | None = None


class CustomerSeen(msgspec.Struct, kw_only=True):
    """A customer as of an instant: what came in later is not worked off yet; `other_ids` were merged into this one."""

    id: str
    other_ids: list[str]
    as_of: str
    timezone: str
    attributes: dict[str, Any]
    consents: dict[str, bool]
    preferences: dict[str, Any]
    segments: list[str]
    enrollments: list[Enrolled]


class TouchSeen(msgspec.Struct, kw_only=True):
    """A touch to be shown inside a product, in the slot that is its channel; `key` is the customer's own for it."""

    key: str
    touch: str
    journey: str
    slot: str
    sent_at: str
    subject: str | None
    text: str


class TouchesSeen(msgspec.Struct, kw_only=True):
    touches: list[TouchSeen]


class Ready(msgspec.Struct, kw_only=True):
    status: Literal["ok"] = "ok"


def refuse(refusal: Refusal) -> Response:
    body = Refused(**msgspec.structs.asdict(refusal.problem()), status=refusal.kind.status, events=refusal.items)
    return Response(msgspec.json.encode(body), refusal.kind.status, refusal.headers, media_type=CONTENT_TYPE)


def refuse_segment(refusal: Refusal, status: int) -> Response:
    """The same problem, with what the libraries of Segment's API look for in an answer."""
    said = msgspec.structs.asdict(refusal.problem())
    body = SegmentRefused(
        **said, status=status, events=refusal.items, success=False, code=refusal.kind.name, message=refusal.detail
    )
    return Response(msgspec.json.encode(body), status, refusal.headers, media_type=CONTENT_TYPE)


def answer(status: int, body: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
