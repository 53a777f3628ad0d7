"""Segment: messages of its HTTP API, as its libraries and RudderStack's send them, become raw events.

- `track` is the declared event of that name; `page` and `screen` are `page_viewed` and `screen_viewed`, where they are
  declared.
- `identify` is `profile.updated`, by the traits that are declared as fields.  One that its field cannot hold is told,
  and the others are kept: whoever sends thirty would lose them all.  Traits of a `group` are of a company and not of
  the customer: its `name` is the field `group_name`.
- Whoever is named by `userId` and `anonymousId` in one message is one person, and so is whom an `alias` joins.

The time is Segment's own rule: when it happened by the sender's clock, moved by how far that clock was from ours when
it was sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from journeys.core.calendar import format_moment, parse_moment
from journeys.core.intake import NAME_MAX, read_field, read_identifier, read_zone, unfit
from journeys.core.program import Program
from journeys.errors import InputError

from .naming import Names, names_of

SOURCE: Final = "segment"
TYPES: Final = ("track", "identify", "page", "screen", "group", "alias")
_PROFILE: Final = "profile.updated"
_VIEWED: Final = {"page": "page_viewed", "screen": "screen_viewed"}

_LONG: Final = NAME_MAX - len("merge:")

_encode = msgspec.json.Encoder(order="sorted").encode

Raw = dict[str, Any]


def read_message(
    program: Program, message: Any, *, sent_at: Any, now: int, kind: str | None = None
) -> list[Raw | InputError]:
    """The raw events of one message, none where nothing that it says is declared, and what is left out of them.

    `sent_at` is what its batch says, and `kind` what the address says, None for that of a batch.  Raises
    InputError for a message that makes no sense.
    """
    if type(message) is not dict:
        raise InputError("a message is an object: {…}")
    said = message.get("type", kind)
    if kind is not None and said != kind:
        raise InputError(f"`type` is not {kind}, as the address says")
    if said not in TYPES:
        raise InputError(f"`type` is none of {', '.join(TYPES)}")
    kind = str(said)
    at = _moment(message, sent_at, now)
    customer, anonymous = _person(message, "userId"), _person(message, "anonymousId")
    id = _id(message, "messageId") or _made_id(message)
    if kind == "alias":
        previous = _person(message, "previousId")
        if customer is None or previous is None:
            raise InputError("an alias needs `userId` and `previousId`")
        return [*_merged(customer, previous, at)]
    who = customer or anonymous
    if who is None:
        raise InputError("a message needs a `userId` or an `anonymousId`")
    read: list[Raw | InputError] = []
    if customer is not None and anonymous is not None:
        read += _merged(customer, anonymous, at)
    name, properties = _said(names_of(program), kind, message)
    if name == _PROFILE and (left_out := _unfit(program, properties)):
        read.append(InputError(f"left out: {'; '.join(left_out.values())}"))
        properties = {each: value for each, value in properties.items() if each not in left_out}
    if name is not None and (properties or name != _PROFILE):
        read.append({"id": id, "source": SOURCE, "name": name, "customer": who, "at": at, "properties": properties})
    return read


def _merged(customer: str, previous: str, at: str) -> Iterator[Raw]:
    if customer != previous:
        # By its id it is taken once, however many messages name both.
        id = f"merge:{previous}" if len(previous) <= _LONG else f"merge:{hashlib.sha256(previous.encode()).hexdigest()}"
        yield {
            "id": id,
            "source": SOURCE,
            "name": "customer.merged",
            "customer": customer,
            "at": at,
            "properties": {"from": previous},
        }


def _said(names: Names, kind: str, message: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
    """The name of the event, None where it is not declared, and its properties that are."""
    if kind == "identify":
        traits = {**_object(_object(message, "context"), "traits"), **_object(message, "traits")}
        return _PROFILE, names.attributes(traits)
    if kind == "group":
        traits = {**_object(message, "traits"), "id": message.get("groupId")}
        return _PROFILE, names.attributes(traits, prefix="group")
    properties = _object(message, "properties")
    if kind == "track":
        said = message.get("event")
        if not isinstance(said, str) or not said:
            raise InputError("a track needs an `event`, as text")
    else:
        said = _VIEWED[kind]
        # `name` is an event's own; a page's is told beside what else the page says of itself.
        named = {kind: message.get("name"), "category": message.get("category")}
        properties = {**{key: value for key, value in named.items() if value is not None}, **properties}
    name = names.event(said)
    return name, {} if name is None else names.properties(name, properties)


def _unfit(program: Program, attributes: Mapping[str, Any]) -> dict[str, str]:
    """Why a field cannot hold its value, by the field."""
    unfit: dict[str, str] = {}
    for name, value in attributes.items():
        try:
            _ = read_zone(value) if name == "timezone" else read_field(program, name, value)
        except InputError as error:
            unfit[name] = str(error)
    return unfit


def _object(message: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = message.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError(f"`{key}` must be an object")
    return value


def _id(message: Mapping[str, Any], key: str) -> str | None:
    value = message.get(key)
    if value is None or value == "":
        return None
    return read_identifier(value, key)


def _person(message: Mapping[str, Any], key: str) -> str | None:
    id = _id(message, key)
    if id is not None and (problem := unfit(id)) is not None:
        raise InputError(f"`{key}` {problem}")
    return id


def _made_id(message: Mapping[str, Any]) -> str:
    """For senders who give none: what says the same is the same."""
    return hashlib.blake2b(_encode({**message, "sentAt": None}), digest_size=16).hexdigest()


def _moment(message: Mapping[str, Any], sent_at: Any, now: int) -> str:
    """When it happened, by our clock; never later than now, since it has been told, nor before 1970."""
    name = "originalTimestamp" if message.get("originalTimestamp") else "timestamp"
    happened = _parsed(name, message.get(name))
    sent = _parsed("sentAt", message.get("sentAt") or sent_at)
    if happened is None:
        return format_moment(now)
    at = happened if sent is None else now - (sent - happened)
    return format_moment(max(0, min(at, now)))


def _parsed(name: str, value: Any) -> int | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InputError(f"`{name}` must be text, as in 2026-03-01T10:40:00Z")
    try:
        return parse_moment(value)
    except ValueError as error:
        raise InputError(f"`{name}`: {error}") from None
