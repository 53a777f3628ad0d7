"""Shapes: what bodies may hold, as the OpenAPI document says it.

Bodies are read by hand, so that each mistake is told with its place; what they may hold is written here once more,
for whoever writes a client.  It says no less than is refused as 400, and no more: what fits here, and not what is
published or the time, is a 409.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from journeys.core.intake import CHOSEN_MAX, ID_MAX, NAME_MAX
from journeys.definition.visible import UNSEEN

_HOUR: Final = "([01][0-9]|2[0-3]):[0-5][0-9]"
_LENGTH: Final = (
    "([1-9][0-9]{0,2} (minute|hour)s?|([1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-6]) days?"
    "|([1-9]|[1-4][0-9]|5[0-2]) weeks?|1 year)"
)
REF: Final = "#/components/schemas/{name}"


def ref(name: str) -> dict[str, Any]:
    return {"$ref": REF.format(name=name)}


# What stands in several places is said once, by its name.
NAMED: Final[dict[str, dict[str, Any]]] = {
    "CustomerName": {
        "type": "string",
        "minLength": 1,
        "maxLength": NAME_MAX,
        "pattern": rf"^[^\s{UNSEEN}]([^{UNSEEN}]*[^\s{UNSEEN}])?$",
        "description": "What nobody sees (control characters, a blank at either end) is refused",
    },
    "Short": {"type": "string", "maxLength": NAME_MAX, "pattern": r"^[^\u0000]*$"},
    "Number": {"type": "integer", "format": "int64", "minimum": -ID_MAX, "maximum": ID_MAX - 1},
    "Person": {"anyOf": [ref("CustomerName"), ref("Number")]},
    "Moment": {
        "type": "string",
        "format": "date-time",
        "pattern": "^(19[7-9]|20[0-9])",
        "examples": ["2026-03-01T10:40:00Z"],
    },
}


def _needs(name: str, shape: str) -> dict[str, Any]:
    return {"required": [name], "properties": {name: ref(shape)}}


_SOMEONE: Final = {"anyOf": [_needs("userId", "Person"), _needs("anonymousId", "Person")]}
# What is needed one of.
NEEDED: Final[dict[str, dict[str, Any]]] = {
    "CloudEvent": {"anyOf": [_needs("customer", "CustomerName"), _needs("subject", "CustomerName")]},
    **dict.fromkeys(("Track", "Identify", "Page", "Screen", "Group"), _SOMEONE),
}


def _as(schema: dict[str, Any], **more: Any) -> Meta:
    return Meta(extra_json_schema={**schema, **more})


def _or_null(name: str) -> dict[str, Any]:
    return {"anyOf": [ref(name), {"type": "null"}]}


CustomerName = Annotated[Any, _as(ref("CustomerName"))]
Moment = Annotated[Any, _as(_or_null("Moment"))]
Name = Annotated[Any, _as(ref("Short"), minLength=1)]
Person = Annotated[Any, _as(ref("Person"))]
NoneOrPerson = Annotated[Any, _as({"anyOf": [ref("Person"), {"enum": ["", None]}]})]
Names = Annotated[list[Annotated[Any, _as(ref("Short"))]], Meta(max_length=CHOSEN_MAX)]


class Event(msgspec.Struct, kw_only=True):
    """A business fact.  The same (customer, source, id) is taken once; properties that nobody declared are not kept."""

    id: Annotated[
        Any,
        _as({"anyOf": [{**ref("Short"), "minLength": 1}, ref("Number")]}, description="What the sender knows it by"),
    ]
    name: Annotated[str, Meta(description="As declared in brand.yaml; of another name it is ignored")]
    customer: CustomerName
    at: Annotated[
        Any,
        _as(
            ref("Moment"),
            description="When it happened, with its zone; at most five minutes in the future. Unless said, now",
        ),
    ] = msgspec.UNSET
    properties: dict[str, Any] | None = None
    source: Annotated[Any, _as({"anyOf": [ref("Short"), ref("Number")]})] = ""
    import_: Annotated[bool, Meta(description="History being loaded: it informs and starts nothing")] = msgspec.field(
        name="import", default=False
    )


class CloudEvent(msgspec.Struct, kw_only=True):
    """An event in the envelope of CloudEvents 1.0; it may hold more."""

    specversion: Literal["1.0"]
    id: Name
    source: Name
    type: Annotated[
        str, Meta(min_length=1, description="As declared in brand.yaml, and what comes before it is left out")
    ]
    subject: Annotated[str | None, Meta(description="The customer, where the extension `customer` is not there")] = None
    customer: Annotated[Any, _as(_or_null("CustomerName"))] = None
    time: Moment = None
    data: dict[str, Any] | None = None


class Message(msgspec.Struct, kw_only=True):
    """What every message of Segment's API may say; it may hold more."""

    messageId: Annotated[Any, _as({"anyOf": [ref("Short"), ref("Number"), {"type": "null"}]})] = None
    userId: NoneOrPerson = None
    anonymousId: NoneOrPerson = None
    timestamp: Moment = None


class Track(Message, kw_only=True):
    """An event."""

    type: Literal["track"] | msgspec.UnsetType = msgspec.UNSET
    event: Annotated[str, Meta(min_length=1)]
    properties: dict[str, Any] | None = None


class Identify(Message, kw_only=True):
    """Attributes of the customer."""

    type: Literal["identify"] | msgspec.UnsetType = msgspec.UNSET
    traits: dict[str, Any] | None = None


class Page(Message, kw_only=True):
    """The event page_viewed, with its `name` and `category`."""

    type: Literal["page"] | msgspec.UnsetType = msgspec.UNSET
    properties: dict[str, Any] | None = None


class Screen(Message, kw_only=True):
    """The event screen_viewed, with its `name` and `category`."""

    type: Literal["screen"] | msgspec.UnsetType = msgspec.UNSET
    properties: dict[str, Any] | None = None


class Group(Message, kw_only=True):
    """Attributes of the company, with its `groupId`."""

    type: Literal["group"] | msgspec.UnsetType = msgspec.UNSET
    traits: dict[str, Any] | None = None


class Alias(Message, kw_only=True):
    """Two names of one person."""

    type: Literal["alias"] | msgspec.UnsetType = msgspec.UNSET
    userId: Person
    previousId: Person


MESSAGES: Final = (Track, Identify, Page, Screen, Group, Alias)
_ANY_MESSAGE: Final = {"required": ["type"], "anyOf": [ref(each.__name__) for each in MESSAGES]}


class Batch(msgspec.Struct, kw_only=True):
    """Messages, and when they were sent by the sender's own clock."""

    batch: Annotated[list[Any], _as({"items": _ANY_MESSAGE}, description="At most 1,000")]
    sentAt: Moment = None


class Preferences(msgspec.Struct, kw_only=True):
    """What a customer chose for themselves, which others do not change; fields may stand beside.  null: no more."""

    without_channels: Annotated[Names | None, Meta(description="What marketing stays away from")] = None
    without_topics: Annotated[Names | None, Meta(description="What marketing does not speak of")] = None
    at_most: Annotated[
        Annotated[str, Meta(pattern=f"^([1-9][0-9]?|100) per {_LENGTH}$")] | None,
        Meta(description="How often marketing comes, as 1 per 7 days"),
    ] = None
    quiet_hours: Annotated[
        Annotated[str, Meta(pattern=f"^{_HOUR}-{_HOUR}$")] | None,
        Meta(description="In place of the brand's, as 21:00-08:00"),
    ] = None


class Customer(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is said of a customer.  What is not named stays as it is; null takes an attribute away."""

    attributes: dict[str, Any] | None = None
    timezone: Annotated[Any, _as(_or_null("Short"), description="The name of a zone, as Europe/Madrid")] = None
    consents: Annotated[dict[str, bool] | None, Meta(description="By purpose: given, or withdrawn")] = None
    preferences: Preferences | None = None
