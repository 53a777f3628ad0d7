"""What an expression may read where it stands, and what can be wrong with it.

A `Scope` is all that the reading of a condition knows of the world.  It is made by whoever
knows where the condition stands: the same words may read `event.` in a move on an event and
not in a clock's `if`.  A `Fault` speaks in characters of the condition's text; only the
loader knows files and lines.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from journeys.definition.model import Event, Field, Type
from journeys.errors import Severity

# `journey.…` knows these without any `keep`.
ALWAYS_KEPT: Mapping[str, Type] = {
    "key": "text",
    "entered_at": "moment",
    "stage": "text",
    "state": "text",
    "arrived_at": "moment",
    "visits": "number",
}
# `event.…` knows these of every event.
ALWAYS_HEARD: Mapping[str, Type] = {"name": "text", "at": "moment"}
BRAND_NAMES: Mapping[str, Type] = {"name": "text", "timezone": "text", "locale": "text", "currency": "text"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """`events` are those the expression is evaluated on: none makes `event.…` an error.

    `kept` need not hold what is always there.  `journeys` gives each journey's states, its stages
    with steps included; where it lists no `end.REASON` of a journey, any is taken.  `item` is None
    outside of `recommend`.  `decimals` is how many digits the currency's minor unit has.
    """

    fields: Mapping[str, Field]
    heard: Mapping[str, Event]
    events: tuple[str, ...] = ()
    kept: Mapping[str, Type] | None = None
    in_journey: bool = False
    touches: Collection[str] = ()
    scores: Collection[str] = ()
    segments: Collection[str] = ()
    purposes: Collection[str] = ()
    journeys: Mapping[str, Collection[str]] = field(default_factory=dict)
    item: Mapping[str, Type] | None = None
    decimals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One mistake in one expression: `offset` and `length` count characters of its text."""

    rule: str
    message: str
    why: str
    help: str
    offset: int
    length: int
    severity: Severity = "error"
