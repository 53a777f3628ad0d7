"""The shapes of a population: who is simulated, what they do, and what touches do to them.

As the rest of the model: frozen, typed, in names.  `simulate` makes tables of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from journeys.definition.model import Path

FOLLOWS_MAX: Final = 200  # more than anybody would draw as arrows, and each may lead to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """The same value each time, raw: as an event file would hold it."""

    value: object


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """One of several raw values; `shares` in parts per million add up to a million."""

    values: tuple[object, ...]
    shares: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SomeOf:
    """A list: each raw value is in it or not, by its own share in parts per million."""

    values: tuple[object, ...]
    shares: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A number, or money in main units, rounded to whole `step`s.

    `uniform` lies between `least` and `most`; `normal` has the mean `middle` and the standard
    deviation `width`; of `lognormal` `middle` is the median, and two thirds lie between the
    median divided by `width` and multiplied by it.  What falls below `least` or above `most` is
    drawn to it.
    """

    shape: Literal["uniform", "normal", "lognormal"]
    middle: float = 0.0
    width: float = 0.0
    least: float | None = None
    most: float | None = None
    step: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewId:
    """A text (or address) that no other customer and no other event has."""

    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Same:
    """The value that a property of this name last had in what the customer did."""

    property: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """How long something takes, in microseconds.

    From `least` to `most`, evenly (one length, where they are equal); or, where `median` is given,
    two thirds between the median divided by `width` and multiplied by it.
    """

    least: int = 0
    most: int = 0
    median: int | None = None
    width: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """How a value is drawn.  A `Delay` is a moment (or date) that long from when it is drawn.

    `known` in parts per million: else it is missing.
    """

    how: Constant | OneOf | SomeOf | Spread | NewId | Same | Delay
    known: int = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A kind of customer.  `share`, `consents` and `zones` in parts per million; shares add up to a million.

    `pace` is how much more often everything happens, `heeds` how much more touches move them.
    What the population says of everybody is already in here.
    """

    name: str
    path: Path
    share: int = 1_000_000
    pace: float = 1.0
    heeds: float = 1.0
    fields: Mapping[str, Draw] = field(default_factory=dict)
    consents: Mapping[str, int] = field(default_factory=dict)
    zones: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """What comes of an event, for a share (parts per million) of its times.

    It carries over the properties that have the same name, unless `with_` says otherwise.
    """

    event: str
    path: Path
    after: Delay
    share: int = 1_000_000
    with_: Mapping[str, Draw] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What an event carries, and what follows from it."""

    with_: Mapping[str, Draw] = field(default_factory=dict)
    then: tuple[Follow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often something happens: `count` times in `per` microseconds.  `with_` goes before the event's own."""

    event: str
    path: Path
    count: float
    per: int
    with_: Mapping[str, Draw] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a customer does with a touch: `part` is "opened", "answered", ...; `share` in parts per million.

    Of those it was sent to; `clicked` of those who opened it, where `opened` is said.
    """

    part: str
    path: Path
    share: int
    after: Delay
    with_: Mapping[str, Draw] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a touch does to a customer.

    `lift` is, by event, what it adds to the usual rate, as a multiple of it: 2 makes it three times as often.
    """

    replies: tuple[Reply, ...] = ()
    lift: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fatigue:
    """Of more than `count` marketing touches in `per` microseconds each one more loses the share `each` of its effect.

    Beyond all of it the effect is negative.  `stops` is the chance, for each such touch, that the
    customer withdraws the consent to its purpose.  Shares in parts per million.
    """

    count: int
    per: int
    each: int
    stops: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """The customers to simulate with a journey: who they are, what they do, what touches do to them.

    `start` and `arrive` in microseconds: customers turn up evenly over `arrive`.  `awake` is when
    things happen, in minutes of the customer's day, from and to.  `rates` are keyed by where the customer stands:
    "before", a stage, a state, "end" or "end.REASON"; the nearer one holds.  `generic` is the share
    (parts per million) of a response that generic words get, `fades` the half-life of a lift.
    """

    journey: str
    file: str
    start: int
    arrive: int
    awake: tuple[int, int] | None
    personas: tuple[Persona, ...]
    events: Mapping[str, Happening]
    rates: Mapping[str, tuple[Rate, ...]]
    any_touch: Response
    touches: Mapping[str, Response]
    generic: int
    fades: int
    fatigue: Fatigue | None
