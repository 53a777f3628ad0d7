"""Describing: the OpenAPI document, from the shapes that are answered and from those that are read.

Bodies are read by hand, so that each mistake is told with its place; what they may hold is written here once more,
for whoever writes a client.  Tests send the examples of this document, and break each of its rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi

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
    NO_EVENT_FITS,
    NO_EVENT_TAKEN,
    NO_KEY,
    TOO_EARLY,
    TOO_LARGE,
    TOO_OFTEN,
    TOO_SLOW,
    UNAVAILABLE,
    UNKNOWN_CUSTOMER,
    UNKNOWN_NAME,
    UNKNOWN_SOURCE,
    WRONG_MEDIA,
    WRONG_SCOPE,
    Kind,
)
from .shapes import (
    MESSAGES,
    NAMED,
    NEEDED,
    REF,
    Alias,
    Batch,
    CloudEvent,
    Customer,
    Event,
    Group,
    Identify,
    Page,
    Screen,
    Track,
    ref,
)

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
    Event, CloudEvent, *MESSAGES, Batch, Customer, EventsTaken, CustomerTaken, SegmentTaken, SegmentRefused,
    CustomerSeen, TouchesSeen, Ready, Refused,
)  # fmt: skip
_SECURITY: Final = {
    "key": {"type": "http", "scheme": "bearer", "description": "A key of `journeys key new`, as `jrn_…`"},
    "name": {"type": "http", "scheme": "basic", "description": "The same key as the user name, without a password"},
}
_GUARDED: Final = (NO_KEY, WRONG_SCOPE, TOO_OFTEN, UNAVAILABLE)
_EVENT: Final = (BAD_EVENT, NO_EVENT_TAKEN, UNKNOWN_NAME, TOO_EARLY, NO_EVENT_FITS)
_READ: Final = (BAD_JSON, TOO_SLOW, TOO_LARGE, WRONG_MEDIA, BEHIND)
_ID: Final = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": ref("CustomerName"),
}
_SOURCE: Final = {"name": "source", "in": "path", "required": True, "schema": {"type": "string"}}
_SLOT: Final = {
    "name": "slot",
    "in": "query",
    "description": "The channel to show; without it, all that are shown inside a product",
    "schema": {"type": "string"},
}


def _json(type_: type, example: object | None = None) -> dict[str, Any]:
    return {"schema": ref(type_.__name__)} | ({} if example is None else {"example": example})


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
        problems=(*_EVENT, *_READ),
        body={
            **{
                name: {
                    "schema": {
                        "oneOf": [
                            ref("Event"),
                            {"type": "array", "items": ref("Event"), "minItems": 1, "description": "At most 1,000"},
                        ]
                    },
                    "examples": {"one": {"value": EVENT_EXAMPLE}, "a list": {"value": [EVENT_EXAMPLE]}},
                }
                for name in JSON_TYPES
            },
            **{
                name: {
                    "schema": {"type": "string", "description": f"An event a line, as\n\n{_LINES_EXAMPLE}"},
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
            ("track", "an event", Track, MESSAGE_EXAMPLE),
            (
                "identify",
                "attributes",
                Identify,
                {"messageId": "m-2", "userId": "c-17", "traits": {"firstName": "Ana"}},
            ),
            ("page", "the event page_viewed", Page, {"messageId": "m-3", "userId": "c-17", "name": "Home"}),
            ("screen", "the event screen_viewed", Screen, {"messageId": "m-4", "userId": "c-17", "name": "Home"}),
            ("group", "attributes of the company", Group, {"messageId": "m-5", "userId": "c-17", "groupId": "g-1"}),
            ("alias", "two names of one person", Alias, {"userId": "c-17", "previousId": "anon-1"}),
        ]
    },
    "post_cloudevents": operation(
        "post_cloudevents",
        "CloudEvents: in headers (binary), in an envelope (structured), or a batch",
        scope="ingest",
        answers={202: answered("Each event's own answer", {"application/json": _json(EventsTaken)})},
        problems=(*_EVENT, *_READ),
        body={
            "application/cloudevents+json": _json(CloudEvent, CLOUD_EVENT_EXAMPLE),
            "application/cloudevents-batch+json": {
                "schema": {"type": "array", "items": ref("CloudEvent"), "minItems": 1, "description": "At most 1,000"},
                "examples": {"a list": {"value": [CLOUD_EVENT_EXAMPLE]}},
            },
        },
    ),
    "post_hook": operation(
        "post_hook",
        "A webhook of a source in sources.yaml, signed as it says there",
        answers={202: answered("What became of it", {"application/json": _json(EventsTaken)})},
        problems=(
            *_EVENT,
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
        answers={
            202: answered(
                "It is durable, and part of the next turn, which keeps nothing of one who was erased",
                {"application/json": _json(CustomerTaken)},
            )
        },
        problems=(BAD_CUSTOMER, UNKNOWN_NAME, *_READ),
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
        _, schemas = msgspec.json.schema_components(_TYPES, ref_template=REF)
        needing = {name: {**schemas[name], **needed} for name, needed in NEEDED.items()}
        made["components"] = {"schemas": {**schemas, **needing, **NAMED}, "securitySchemes": _SECURITY}
        app.openapi_schema = made
    return app.openapi_schema
