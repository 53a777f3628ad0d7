"""brand.yaml to a `Brand`: purposes, fields, events, channels, and the limits on touching anyone.

In two steps, since its conditions may name touches and journeys of other files: the brand
without conditions first, and when all names are known, its segments, caps and suppressions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from journeys.definition.condition import read_placed
from journeys.definition.currency import decimals_of
from journeys.definition.model import (
    Brand,
    Cap,
    Channel,
    Counts,
    Event,
    Field,
    Opening,
    Path,
    Person,
    Purpose,
    Quiet,
    Request,
    Score,
    Suppress,
)
from journeys.definition.scalars import read_days
from journeys.definition.scope import ALWAYS_HEARD, Scope
from journeys.definition.shapes import Fields
from journeys.definition.values import typed_value
from journeys.definition.written import MappingNode, Notes, plain_value

_LATE_FOR = 24 * 3_600_000_000
# A scenario and an event file give these beside the fields.
_BESIDE_FIELDS = ("timezone", "consent")
# `touch.sent` is any touch's; `profile.updated`, `consent.given`, `preferences.set` and `customer.merged` are the
# engine's own.
NOT_FOR_NAMES = ("touch", "profile", "consent", "preferences", "customer")


def build_brand(fields: Fields, notes: Notes) -> Brand:
    """The brand without what conditions decide.  What could not be read has a harmless stand-in."""
    currency = fields.get("currency", "EUR")
    decimals = decimals_of(currency)
    quiet: Fields | None = fields.get("quiet")
    sender: Fields | dict[str, str] = fields.get("sender", {})
    return Brand(
        name=fields.get("brand", ""),
        file=notes.file,
        timezone=fields.get("timezone", "UTC"),
        locale=fields.get("locale", "en"),
        currency=currency,
        decimals=decimals,
        purposes={
            name: Purpose(name=name, class_=one["class"], words=one.get("words"), version=one.get("version", 1))
            for name, one in fields.get("purposes", {}).items()
            if "class" in one
        },
        fields={
            name: _field(name, one, decimals, notes) for name, one in fields.get("fields", {}).items() if "type" in one
        },
        events={name: _event(name, one, notes) for name, one in fields.get("events", {}).items()},
        people={name: _person(name, one, notes) for name, one in fields.get("people", {}).items()},
        channels={name: _channel(name, one) for name, one in fields.get("channels", {}).items() if "via" in one},
        caps=(),
        quiet=_quiet(quiet) if quiet is not None else None,
        opening=_opening(fields),
        holdout=fields.get("holdout", 0),
        suppress=(),
        segments={},
        scores={
            name: Score(
                name=name, half_life=one.get("half_life"), add=one.get("add", {}), becomes=one.get("becomes", {})
            )
            for name, one in fields.get("scores", {}).items()
        },
        late_events=fields.get("late_events", _LATE_FOR),
        sender=dict(sender),
    )


def decide_brand(brand: Brand, fields: Fields, scope: Scope, notes: Notes) -> Brand:
    """The brand with its conditions, which read customers and nothing of a journey."""
    segments = {
        name: read_placed(text, ("segments", name), scope, notes) for name, text in fields.get("segments", {}).items()
    }
    caps = []
    for one in fields.get("caps", ()):
        condition = read_placed(one.get("if"), (*one.path, "if"), scope, notes)
        if "most" in one and "per" in one:
            caps.append(
                Cap(
                    most=one["most"],
                    per=one["per"],
                    path=one.path,
                    each=one.get("each"),
                    class_=one.get("class"),
                    purposes=one.get("purposes", ()),
                    channels=one.get("channels", ()),
                    topics=one.get("topics", ()),
                    condition=condition,
                )
            )
    suppress = []
    for one in fields.get("suppress", ()):
        condition = read_placed(one.get("if"), (*one.path, "if"), scope, notes)
        if condition is not None and "because" in one:
            suppress.append(
                Suppress(
                    condition=condition,
                    because=one["because"],
                    path=one.path,
                    purposes=one.get("purposes", ()),
                    channels=one.get("channels", ()),
                    wait=one.get("wait", False),
                )
            )
    return replace(
        brand,
        segments={name: condition for name, condition in segments.items() if condition is not None},
        caps=tuple(caps),
        suppress=tuple(suppress),
    )


def _field(name: str, fields: Fields, decimals: int, notes: Notes) -> Field:
    if name in _BESIDE_FIELDS:
        _reserve(name, fields.path, "every customer has it beside the fields", notes)
    counts: Fields | None = fields.get("counts")
    is_counted = counts is not None and {"up", "down", "by"} <= counts.keys()
    default = fields.get("default")
    return Field(
        name=name,
        type=fields["type"],
        kind=fields.get("kind"),
        purpose=fields.get("purpose"),
        keep=fields.get("keep"),
        sensitive=fields.get("sensitive", False),
        address=fields.get("address", False),
        default=None
        if default is None
        else typed_value(default, fields["type"], (*fields.path, "default"), decimals, notes),
        counts=Counts(up=counts["up"], down=counts["down"], by=counts["by"]) if counts and is_counted else None,
    )


def _event(name: str, fields: Fields, notes: Notes) -> Event:
    if name in NOT_FOR_NAMES:
        _reserve(name, fields.path, f"what begins with '{name}.' is heard from the engine", notes)
    properties = fields.get("properties", {})
    for reserved in ALWAYS_HEARD:
        if reserved in properties:
            path = (*fields.path, "properties", reserved)
            _reserve(reserved, path, f"'event.{reserved}' is there for every event", notes)
    return Event(
        name=name,
        properties={key: type_ for key, type_ in properties.items() if key not in ALWAYS_HEARD},
        kind=fields.get("kind"),
        purpose=fields.get("purpose"),
        keep=fields.get("keep"),
    )


def _person(name: str, fields: Fields, notes: Notes) -> Person:
    # One that is written and could not be read is told already.
    written = fields.node.entries if isinstance(fields.node, MappingNode) else fields
    ways = [key for key in ("email", "field", "webhook") if key in written]
    if len(ways) != 1:
        notes.say(
            fields.path,
            "person-address",
            f"'{name}' is reached {'in no way' if not ways else 'in several ways: ' + ', '.join(ways)}",
            why="a touch for them would go nowhere, or somewhere else than meant",
            help="give one of 'email', 'field' and 'webhook'",
            is_key=True,
        )
    return Person(
        name=name,
        email=fields.get("email"),
        field=fields.get("field"),
        otherwise=fields.get("else"),
        webhook=fields.get("webhook"),
    )


def _channel(name: str, fields: Fields) -> Channel:
    request: Fields | None = fields.get("request")
    return Channel(
        name=name,
        via=fields["via"],
        address=fields.get("address"),
        cost=int(fields.get("cost", Decimal(0)) * 1_000_000),
        rate=fields.get("rate"),
        at_most_once=fields.get("at_most_once", False),
        track=tuple(dict.fromkeys(fields.get("track", ()))),
        request=None if request is None else _request(request),
    )


def _request(fields: Fields) -> Request | None:
    if "url" not in fields:
        return None
    json = fields.get("json")
    return Request(
        url=fields["url"],
        method=fields.get("method", "POST"),
        headers=fields.get("headers", {}),
        json=None if json is None else plain_value(json),
        form=fields.get("form"),
        body=fields.get("body"),
        secret=fields.get("secret"),
    )


def _quiet(fields: Fields) -> Quiet | None:
    if "from" not in fields or "to" not in fields:
        return None
    return Quiet(from_=fields["from"], to=fields["to"], spread=fields.get("spread", 0))


def _opening(fields: Fields) -> Opening:
    week: list[tuple[int, int] | None] = [None] * 7
    hours: Mapping[str, tuple[int, int]] = fields.get("hours", {})
    for days, opens in hours.items():
        for day in read_days(days):
            week[day] = opens
    return Opening(week=tuple(week), holidays=frozenset(fields.get("holidays", ())))


def _reserve(name: str, path: Path, reason: str, notes: Notes) -> None:
    notes.say(
        path,
        "reserved-name",
        f"'{name}' is taken: {reason}",
        why="nobody could say which of the two is meant",
        help="choose another name",
        is_key=True,
    )
