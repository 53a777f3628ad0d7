"""Describing: the OpenAPI document, from the shapes that are answered and from those that are read.

Bodies are read by hand, so that each mistake is told with its place; what they may hold is written here once more,
for whoever writes a client.  Tests send the examples of this document, and break each of its rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi
from msgspec import Meta

from journeys.core.intake import NAME_MAX

from .answers import (
    CustomerSeen,
    CustomerTaken,
    EventsTaken,
    Ready,
    Refused,
    SegmentRefused,
    SegmentTaken,
    TouchesSeen,
)
from .bodies import BODY_MAX, JSON_TYPES, LINES_TYPES
from .problems import (
    BAD_CUSTOMER,
    BAD_EVENT,
    BAD_JSON,
    BAD_SIGNATURE,
    BEHIND,
    CHANGED,
    CONTENT_TYPE,
    NO_EVENT_TAKEN,
    NO_KEY,
    TOO_LARGE,
    TOO_OFTEN,
    TOO_SLOW,
    UNAVAILABLE,
    UNKNOWN_CUSTOMER,
    UNKNOWN_SOURCE,
    WRONG_MEDIA,
    WRONG_SCOPE,
    Kind,
)

_NAMED: Final = "What nobody sees (control characters, a blank at either end) is refused"
Name = Annotated[str, Meta(min_length=1, max_length=NAME_MAX)]
CustomerName = Annotated[Name, Meta(description=_NAMED)]
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class Event(msgspec.Struct, kw_only=True):
    """A business fact.  The same (customer, source, id) is taken once; properties that nobody declared are not kept."""

    id: Annotated[Name | int, Meta(description="What the sender knows it by")]
    name: Annotated[str, Meta(description="As declared in brand.yaml; of another name it is ignored")]
    customer: CustomerName
    at: (
        Annotated[
            Moment,
            Meta(description="When it happened, with its zone; at most five minutes in the future. Unless said, now"),
        ]
        | msgspec.UnsetType
    ) = msgspec.UNSET
    properties: dict[str, Any] | None = None
    source: Annotated[str, Meta(max_length=NAME_MAX)] | int = ""
    import_: Annotated[bool, Meta(description="History being loaded: it informs and starts nothing")] = msgspec.field(
        name="import", default=False
    )


class CloudEvent(msgspec.Struct, kw_only=True):
    """An event in the envelope of CloudEvents 1.0; it may hold more."""

    specversion: Literal["1.0"]
    id: Name
    source: Name
    type: Annotated[Name, Meta(description="As declared in brand.yaml, and what comes before it is left out")]
    subject: Annotated[Name, Meta(description="The customer; an extension `customer` goes before it")] | None = None
    time: Annotated[str | None, Meta(extra_json_schema={"format": "date-time"})] = None
    data: dict[str, Any] | None = None


class Message(msgspec.Struct, kw_only=True):
    """A message of Segment's API; it may hold more.  It needs `userId` or `anonymousId`."""

    type: Literal["track", "identify", "page", "screen", "group", "alias"] | None = None
    messageId: str | None = None
    userId: str | int | None = None
    anonymousId: str | int | None = None
    previousId: str | int | None = None
    groupId: str | int | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    timestamp: Annotated[str | None, Meta(extra_json_schema={"format": "date-time"})] = None


class Batch(msgspec.Struct, kw_only=True):
    """Messages, and when they were sent by the sender's own clock."""

    batch: list[Message]
    sentAt: str | None = None


class Preferences(msgspec.Struct, kw_only=True):
    """What a customer chose for themselves, which others do not change; fields may stand beside.  null: no more."""

    without_channels: Annotated[list[str] | None, Meta(description="What marketing stays away from")] = None
    without_topics: Annotated[list[str] | None, Meta(description="What marketing does not speak of")] = None
    at_most: Annotated[str | None, Meta(description="How often marketing comes, as 1 per 7 days")] = None
    quiet_hours: Annotated[str | None, Meta(description="In place of the brand's, as 21:00-08:00")] = None


class Customer(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is said of a customer.  What is not named stays as it is; null takes an attribute away."""

    attributes: dict[str, Any] | None = None
    timezone: Annotated[str | None, Meta(description="The name of a zone, as Europe/Madrid")] = None
    consents: Annotated[dict[str, bool] | None, Meta(description="By purpose: given, or withdrawn")] = None
    preferences: Preferences | None = None


EVENT_EXAMPLE: Final = {
    "id": "e-1",
    "name": "order_placed",
    "customer": "c-17",
    "at": "2026-03-01T10:40:00Z",
    "properties": {"order_id": "A1", "total": 649},
}
CLOUD_EVENT_EXAMPLE: Final = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "https://shop.kaffa.example",
    "type": "com.kaffa.order_placed",
    "subject": "c-17",
    "time": "2026-03-01T10:40:00Z",
    "data": {"order_id": "A1", "total": 649},
}
MESSAGE_EXAMPLE: Final = {
    "type": "track",
    "messageId": "m-1",
    "userId": "c-17",
    "event": "Order Placed",
    "properties": {"order_id": "A1", "total": 649},
    "timestamp": "2026-03-01T10:40:00Z",
}
CUSTOMER_EXAMPLE: Final = {
    "attributes": {"first_name": "Ana", "email": "ana@example.com"},
    "timezone": "Europe/Madrid",
    "consents": {"offers": True},
    "preferences": {"at_most": "1 per 7 days", "quiet_hours": "20:00-10:00"},
}

_TYPES: Final = (
    Event, CloudEvent, Message, Batch, Customer, EventsTaken, CustomerTaken, SegmentTaken, SegmentRefused, CustomerSeen,
    TouchesSeen, Ready, Refused,
)  # fmt: skip
_REF: Final = "#/components/schemas/{name}"
_SECURITY: Final = {
    "key": {"type": "http", "scheme": "bearer", "description": "A key of `journeys key new`, as `jrn_…`"},
    "name": {"type": "http", "scheme": "basic", "description": "The same key as the user name, without a password"},
}
_GUARDED: Final = (NO_KEY, WRONG_SCOPE, TOO_OFTEN, UNAVAILABLE)
_READ: Final = (BAD_JSON, TOO_SLOW, TOO_LARGE, WRONG_MEDIA, BEHIND)
_ID: Final = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": _NAMED,
    "schema": {"type": "string", "minLength": 1, "maxLength": NAME_MAX},
}
_SOURCE: Final = {"name": "source", "in": "path", "required": True, "schema": {"type": "string"}}
_SLOT: Final = {
    "name": "slot",
    "in": "query",
    "description": "The channel to show; without it, all that are shown inside a product",
    "schema": {"type": "string"},
}


def _json(type_: type, example: object | None = None) -> dict[str, Any]:
    return {"schema": {"$ref": _REF.format(name=type_.__name__)}} | ({} if example is None else {"example": example})


def operation(
    id: str,
    summary: str,
    *,
    scope: str | None = None,
    by_name: bool = False,
    answers: dict[int, dict[str, Any]],
    problems: Sequence[Kind] = (),
    problem: type[Refused] = Refused,
    parameters: Sequence[dict[str, Any]] = (),
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What FastAPI is told of a route."""
    if scope is not None:
        problems = (*problems, *_GUARDED)
    by_status: dict[int, list[str]] = {}
    for kind in problems:
        by_status.setdefault(kind.status, []).append(kind.title)
    refused = {
        status: {"description": "; or: ".join(titles), "content": {CONTENT_TYPE: _json(problem)}}
        for status, titles in by_status.items()
    }
    extra: dict[str, Any] = {"parameters": list(parameters)} if parameters else {}
    if body is not None:
        extra["requestBody"] = {"required": True, "content": body}
    if scope is not None:
        extra["security"] = [{"name": []}] if by_name else [{"key": []}]
        extra["description"] = f"It takes a key with the scope `{scope}`."
    return {
        "operation_id": id,
        "summary": summary,
        "response_class": Response,
        "response_model": None,
        "responses": {**answers, **dict(sorted(refused.items()))},
        "openapi_extra": extra,
    }


def answered(description: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": content}


_LINES_EXAMPLE: Final = "\n".join([msgspec.json.encode({**EVENT_EXAMPLE, "id": id}).decode() for id in ("e-1", "e-2")])

OPERATIONS: Final[dict[str, dict[str, Any]]] = {
    "post_events": operation(
        "post_events",
        f"Hand in one event, a list, or JSON Lines: at most 1,000 and {BODY_MAX:,} bytes at once",
        scope="ingest",
        answers={
            202: answered(
                "Each event's own answer; what is accepted is durable", {"application/json": _json(EventsTaken)}
            )
        },
        problems=(BAD_EVENT, NO_EVENT_TAKEN, *_READ),
        body={
            **{
                name: {
                    "schema": {
                        "oneOf": [
                            {"$ref": _REF.format(name="Event")},
                            {
                                "type": "array",
                                "items": {"$ref": _REF.format(name="Event")},
                                "minItems": 1,
                                "maxItems": 1_000,
                            },
                        ]
                    },
                    "examples": {"one": {"value": EVENT_EXAMPLE}, "a list": {"value": [EVENT_EXAMPLE]}},
                }
                for name in JSON_TYPES
            },
            **{
                name: {
                    "schema": {"type": "string", "description": "An event a line"},
                    "examples": {"lines": {"value": _LINES_EXAMPLE}},
                }
                for name in LINES_TYPES
            },
        },
    ),
    **{
        f"post_{name}": operation(
            f"post_{name}",
            f"Segment's HTTP API: {words}",
            scope="ingest",
            by_name=True,
            answers={200: answered("What is taken is durable", {"application/json": _json(SegmentTaken)})},
            problems=(BAD_EVENT, NO_EVENT_TAKEN, BAD_JSON, TOO_SLOW, BEHIND),
            problem=SegmentRefused,
            body={"application/json": _json(type_, example)},
        )
        for name, words, type_, example in [
            ("batch", "messages, packed by gzip or not", Batch, {"batch": [MESSAGE_EXAMPLE]}),
            ("import", "the same as batch", Batch, {"batch": [MESSAGE_EXAMPLE]}),
            ("track", "an event", Message, MESSAGE_EXAMPLE),
            ("identify", "attributes", Message, {"messageId": "m-2", "userId": "c-17", "traits": {"firstName": "Ana"}}),
            ("page", "the event page_viewed", Message, {"messageId": "m-3", "userId": "c-17", "name": "Home"}),
            ("screen", "the event screen_viewed", Message, {"messageId": "m-4", "userId": "c-17", "name": "Home"}),
            ("group", "attributes of the company", Message, {"messageId": "m-5", "userId": "c-17", "groupId": "g-1"}),
            ("alias", "two names of one person", Message, {"userId": "c-17", "previousId": "anon-1"}),
        ]
    },
    "post_cloudevents": operation(
        "post_cloudevents",
        "CloudEvents: in headers (binary), in an envelope (structured), or a batch",
        scope="ingest",
        answers={202: answered("Each event's own answer", {"application/json": _json(EventsTaken)})},
        problems=(BAD_EVENT, NO_EVENT_TAKEN, *_READ),
        body={
            "application/cloudevents+json": _json(CloudEvent, CLOUD_EVENT_EXAMPLE),
            "application/cloudevents-batch+json": {
                "schema": {"type": "array", "items": {"$ref": _REF.format(name="CloudEvent")}},
                "examples": {"a list": {"value": [CLOUD_EVENT_EXAMPLE]}},
            },
        },
    ),
    "post_hook": operation(
        "post_hook",
        "A webhook of a source in sources.yaml, signed as it says there",
        answers={202: answered("What became of it", {"application/json": _json(EventsTaken)})},
        problems=(
            BAD_EVENT,
            NO_EVENT_TAKEN,
            BAD_JSON,
            BAD_SIGNATURE,
            UNKNOWN_SOURCE,
            TOO_SLOW,
            TOO_LARGE,
            BEHIND,
            TOO_OFTEN,
            UNAVAILABLE,
        ),
        parameters=[_SOURCE],
        body={"application/json": {"schema": {}}},
    ),
    "put_customer": operation(
        "put_customer",
        "Say what is known of a customer, and what they allowed",
        scope="ingest",
        answers={202: answered("It is durable, and part of the next turn", {"application/json": _json(CustomerTaken)})},
        problems=(BAD_CUSTOMER, *_READ),
        parameters=[_ID],
        body={name: _json(Customer, CUSTOMER_EXAMPLE) for name in JSON_TYPES},
    ),
    "get_customer": operation(
        "get_customer",
        "Where a customer stands, as of the last turn",
        scope="read",
        answers={
            200: answered(
                "The customer; sensitive attributes only for `admin`", {"application/json": _json(CustomerSeen)}
            )
        },
        problems=(BAD_CUSTOMER, UNKNOWN_CUSTOMER, CHANGED),
        parameters=[_ID],
    ),
    "get_touches": operation(
        "get_touches",
        "The touches that a product shows to a customer, the last first",
        scope="read",
        answers={200: answered("The touches", {"application/json": _json(TouchesSeen)})},
        problems=(BAD_CUSTOMER, UNKNOWN_CUSTOMER, CHANGED),
        parameters=[_ID, _SLOT],
    ),
    "get_health": operation(
        "get_health", "Whether the process runs", answers={200: answered("It does", {"application/json": _json(Ready)})}
    ),
    "get_ready": operation(
        "get_ready",
        "Whether its database answers",
        answers={200: answered("It does, and no part of the process has failed", {"application/json": _json(Ready)})},
        problems=(UNAVAILABLE,),
    ),
    "get_metrics": operation(
        "get_metrics",
        "Figures, as Prometheus reads them",
        answers={200: answered("The figures", {"text/plain": {"schema": {"type": "string"}}})},
    ),
}


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        _, schemas = msgspec.json.schema_components(_TYPES, ref_template=_REF)
        made["components"] = {"schemas": schemas, "securitySchemes": _SECURITY}
        app.openapi_schema = made
    return app.openapi_schema
