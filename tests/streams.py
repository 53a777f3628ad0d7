"""Random customers and events for the shipped journeys, as hypothesis strategies.

Properties are drawn from few values, so that carts meet their orders and tickets their
closing; times cluster, so that several things happen at once.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from journeys.core.calendar import DAY, HOUR, MINUTE, parse_moment
from journeys.core.customer import Customer, Event
from journeys.core.intake import make_event, new_customer
from journeys.core.program import Program, compile_program
from journeys.definition.load import read_folder
from journeys.definition.model import Definitions

DEFINITIONS = Path(__file__).parents[1] / "definitions"
ZONES = ("Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia")

# Days on which the clocks change in one of the zones, a leap day, and a day that Apia never had.
STARTS = tuple(
    parse_moment(text)
    for text in (
        "2026-03-07T10:00:00Z",
        "2026-03-28T10:00:00Z",
        "2026-04-03T10:00:00Z",
        "2026-10-02T10:00:00Z",
        "2026-10-24T10:00:00Z",
        "2026-10-31T10:00:00Z",
        "2028-02-27T10:00:00Z",
        "2011-12-28T10:00:00Z",
    )
)


@cache
def shipped() -> Definitions:
    definitions = read_folder(DEFINITIONS).definitions
    assert definitions is not None
    return definitions


@cache
def program(salt: str = "test", journeys: tuple[str, ...] | None = None) -> Program:
    return compile_program(shipped(), salt=salt, journeys=journeys)


def _values(kind: str, name: str) -> st.SearchStrategy[Any]:
    match kind:
        case "money":
            return st.sampled_from([5, 24.5, 120, 649])
        case "number":
            return st.sampled_from([0, 1, 3, 6, 8, 9, 10])
        case "moment":
            return st.sampled_from(["2026-03-20T09:00:00Z", "2026-04-10T23:30:00Z", "2026-11-02T06:30:00Z"])
    if kind.startswith("list of"):
        return st.lists(st.sampled_from(["coffee", "milk", "grinder"]), max_size=3, unique=True)
    if name == "category":
        return st.sampled_from(["espresso", "grinder"])
    if name == "purpose":
        return st.sampled_from(["offers", "personalization", "surveys"])
    return st.sampled_from(["a", "b"])


def _names(definitions: Definitions) -> list[str]:
    """Declared events, what may come back about a touch, and consents."""
    names = list(definitions.brand.events)
    names += [f"{touch}.{part}" for touch in definitions.touches for part in ("opened", "answered", "declined")]
    return [*names, *["consent.given", "consent.withdrawn", "profile.updated"] * 2, *["order_placed"] * 3]


@st.composite
def raw_events(draw: st.DrawFn, start: int, *, events_max: int = 25) -> list[tuple[str, int, dict[str, Any], str]]:
    """(name, at, properties, id), in any order."""
    definitions = shipped()
    number = draw(st.integers(0, events_max))
    found = []
    for index in range(number):
        name = draw(st.sampled_from(_names(definitions)))
        days = draw(st.integers(0, 45))
        at = start + days * DAY + draw(st.sampled_from([0, 0, HOUR, 11 * HOUR, 13 * HOUR + 7 * MINUTE, 20 * HOUR]))
        kinds = definitions.heard[name].properties
        properties = {key: draw(_values(kind, key)) for key, kind in kinds.items()}
        if name == "profile.updated":
            properties = {"first_name": "Bo", "timezone": draw(st.sampled_from(ZONES))}
        if name.endswith(".answered") and definitions.heard[name].properties.get("answer") == "text":
            properties = {"answer": draw(st.sampled_from(["freshness", "moved away", "price"]))}
        found.append((name, at, properties, f"e{index}"))
    return found


def to_events(compiled: Program, raw: list[tuple[str, int, dict[str, Any], str]]) -> list[Event]:
    events = []
    for name, at, properties, id in raw:
        event = make_event(compiled, name, at, properties, id=id)
        assert event is not None
        events.append(event)
    return events


@st.composite
def customers(draw: st.DrawFn, compiled: Program, start: int) -> Customer:
    fields: dict[str, Any] = {"first_name": "Ana", "budget": draw(st.sampled_from([100, 600]))}
    for name, value in (("email", "a@example.com"), ("phone", "+34600"), ("device", "token")):
        if draw(st.integers(0, 3)):
            fields[name] = value
    if draw(st.booleans()):
        fields["interests"] = ["coffee"]
    purposes = ["offers", "surveys", "personalization"]
    consents = [purpose for purpose in purposes if draw(st.integers(0, 4))]
    name = f"c{draw(st.integers(0, 200))}"
    zone = draw(st.sampled_from(ZONES))
    return new_customer(compiled, name, fields, at=start, consents=consents, timezone=zone)
