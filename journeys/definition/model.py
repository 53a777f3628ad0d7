"""What a journey is, once its files have been read: frozen, resolved, typed.

The loader makes these values and nobody changes them.  A name in here exists, a condition
in here has a type, a span in here has a unit.  How a file spells it is `schema.py`'s
business; how a decision looks it up is `core`'s.

Times of day are minutes since midnight, exact spans are microseconds, money is in minor
units of the brand's currency, shares are parts in a million.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from journeys.definition.sources_model import Source

# A path says where in a file something stands: ("stages", "research", "move", 0, "to").
Path = tuple[str | int, ...]

STAGES = ("need", "research", "evaluation", "selection", "support", "feedback", "loyalty", "advocacy")

# What happens to a touch, as an event: `spark.sent`.  `touch.sent` is any touch's.
TOUCH_EVENTS = (
    "sent", "delivered", "opened", "clicked", "replied", "answered",
    "declined", "redeemed", "bounced", "complained", "withheld",
)  # fmt: skip
SEGMENT_EVENTS = ("entered", "left")
JOURNEY_EVENTS = ("entered", "ended", "reached")
ENGINE_EVENTS = (
    "profile.updated", "consent.given", "consent.withdrawn", "preferences.set", "customer.merged", "customer.erased",
)  # fmt: skip
# Those that carry the customer's fields, under their own names.
TELLING_FIELDS = ("profile.updated", "preferences.set")

DAY = 86_400_000_000  # an exact day, in microseconds

# ---------------------------------------------------------------- findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A mistake, said in paths; only the loader knows lines.

    `at` says whether the key or the value at `path` is meant.  `offset` and `length` narrow it
    to a part of the value's text (characters from its start), as for a name in a condition.
    """

    file: str
    path: Path
    rule: str
    message: str
    why: str
    help: str
    severity: Literal["error", "warning"] = "error"
    at: Literal["key", "value"] = "value"
    offset: int | None = None
    length: int | None = None


# ---------------------------------------------------------------- conditions

# The types of the condition language.  "list of T" holds texts, numbers or money;
# "nothing" is the type of the empty list's items.
Type = str


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal_:
    """A constant: str, int, float, bool; money as minor units; a span written as text as a `Span`."""

    value: object
    type: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """`customer.budget`, `event.total`, `journey.order`, `brand.currency`, `item.stock`, `now`.

    For `now` the scope is "now" and the name empty.
    """

    scope: Literal["customer", "event", "journey", "brand", "item", "now"]
    name: str
    type: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`+ - * /`, a comparison `== != < <= > >=`, `in`, `not in`, `and`, `or`, `not`, or `neg` (a minus sign)."""

    operator: str
    operands: tuple[Node, ...]
    type: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOf:
    items: tuple[Node, ...]
    type: Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function of the language.

    Names of events, properties, touches, scores, segments, purposes, journeys and states
    arrive as text literals (and were checked to exist).  A window is a `Literal_` whose
    value is an exact number of microseconds (type "span"), or a node of type "moment", or
    absent.  `filters` are the `prop=value` arguments.
    `midnight(date)` is inserted where a date meets a moment.
    """

    function: str
    arguments: tuple[Node, ...]
    filters: tuple[tuple[str, Node], ...]
    type: Type


Node = Literal_ | Name | Operation | ListOf | Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """An expression of a file: its text as written, its checked tree, its type.

    One that could not be understood has the type "unknown" (and its findings say why); rules
    take it as possible, and nothing runs with it.
    """

    text: str
    node: Node
    type: Type


# ---------------------------------------------------------------- time


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A length of time.  `exact` counts microseconds; the others count what they say.

    "2 weeks" is 14 days.  Where the language wants exact time (`for`, windows, caps) the
    loader has turned days into microseconds already.
    """

    unit: Literal["exact", "days", "months", "business hours", "business days"]
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """When something is due.  Without `after` and `due`: at the arrival.

    `at` is a local time of day in minutes, `on_days` weekdays (Monday is 0) or empty.
    `every` and `times` are for send entries only.
    """

    after: Span | None = None
    due: Condition | None = None
    at: int | None = None
    every: Span | None = None
    on_days: frozenset[int] = frozenset()
    times: int | None = None


# ---------------------------------------------------------------- a journey


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    name: str
    value: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class SendEntry:
    """One line of a `send` list.  `touches` holds several only with `clock.every`."""

    touches: tuple[str, ...]
    path: Path
    clock: Clock = Clock()
    condition: Condition | None = None
    otherwise: str | None = None  # the `else` touch
    valid_for: int = 3 * DAY
    priority: int | None = None
    to: str | None = None  # a name of `people`
    late: bool = False
    outlives: bool = False
    repeat_on_change: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What may lead where.  `on` and `clock` are never both there; neither means whenever it holds.

    `to` is a state ("need", "selection.paid": a stage with steps was resolved to its first
    step), "end.REASON", "again" or "stay".  `for_` is in microseconds.
    """

    to: str
    path: Path
    on: tuple[str, ...] = ()
    clock: Clock | None = None
    condition: Condition | None = None
    for_: int | None = None
    keep: tuple[Keep, ...] = ()
    send: tuple[SendEntry, ...] = ()
    any_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of `enter`: by an event, or (`on` empty) when its condition becomes true."""

    to: str
    path: Path
    on: tuple[str, ...] = ()
    condition: Condition | None = None
    at: int | None = None
    keep: tuple[Keep, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reenter:
    """`after` is in microseconds, and 0 for never and always."""

    kind: Literal["never", "always", "after end", "after entry"] = "never"
    after: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """`within` counts microseconds from entry; None is without limit."""

    on: tuple[str, ...]
    path: Path
    within: int | None = None
    value: Condition | None = None
    condition: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    condition: Condition
    at_most: int | None
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Arms:
    """Shares in parts per million; what is left is personalized."""

    holdout: int = 0
    generic: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    name: str
    path: Path
    rest: bool = False
    send: tuple[SendEntry, ...] = ()
    move: tuple[Move, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    name: str
    path: Path
    rest: bool = False
    send: tuple[SendEntry, ...] = ()
    move: tuple[Move, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """`key` is the event property that tells enrollments apart (`cart_id`), or None.

    `kept` are the names that some `keep` fills, with their types.
    """

    name: str
    file: str
    title: str
    owner: str
    audience: Literal["b2c", "b2b"]
    enter: tuple[Entry, ...]
    stages: tuple[Stage, ...]
    key: str | None = None
    reenter: Reenter = Reenter()
    priority: int = 0
    goal: Goal | None = None
    arms: Arms = Arms()
    hold: Hold | None = None
    anywhere: tuple[Move, ...] = ()
    kept: Mapping[str, Type] = field(default_factory=dict)


# ---------------------------------------------------------------- touches


@dataclass(frozen=True, slots=True, kw_only=True)
class Most:
    """At most `count` in `per` microseconds; None is ever."""

    count: int
    per: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommend:
    items: int
    by: str
    condition: Condition | None
    least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """`percent` or `amount` (minor units); `cost` in minor units; `expires` in microseconds."""

    percent: float | None = None
    amount: int | None = None
    code: str | None = None
    expires: int | None = None
    limit: int | None = None
    cost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One wording: Liquid sources.  `short` are the one-line words of other channels (`push`, `sms`)."""

    subject: str | None
    body: str
    short: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """`words` holds variant "a" (the words above) and any other; `generic` is None when the file has none.

    `ask` lists the answers a signed page takes, and is empty without `ask`.  `translations` are the same touch in
    other words, by language ("de", "pt_BR"), each with its `language`; that of the brand has none.
    """

    name: str
    file: str
    purpose: str
    channels: tuple[str, ...]
    words: Mapping[str, Words]
    generic: Words | None
    language: str | None = None
    translations: Mapping[str, Touch] = field(default_factory=dict)
    choose_best: bool = False
    topic: str | None = None
    most: Most | None = None
    recommend: Recommend | None = None
    offer: Offer | None = None
    ask: tuple[int | str, ...] = ()


# ---------------------------------------------------------------- the brand


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    name: str
    class_: Literal["marketing", "service", "requested", "internal", "data"]
    words: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """A number the engine keeps: how many are up and not yet down, told apart by a property."""

    up: tuple[str, ...]
    down: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    name: str
    type: Type
    kind: str | None = None
    purpose: str | None = None
    keep: int | None = None
    sensitive: bool = False
    address: bool = False
    default: object = None
    counts: Counts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`properties` keeps file order: a property's place is its index in the core."""

    name: str
    properties: Mapping[str, Type]
    kind: str | None = None
    purpose: str | None = None
    keep: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone else than the customer: a fixed e-mail, a field of the customer with a fallback, or a webhook."""

    name: str
    email: str | None = None
    field: str | None = None
    otherwise: str | None = None
    webhook: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The HTTP request that a touch becomes.  Its texts hold `{{ address }}` and `${SMS_URL}`, as `request.py` says.

    One at most of `json` (any value of JSON), `form` and `body` (a text).  `secret` signs a webhook.
    """

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    json: object = None
    form: Mapping[str, str] | None = None
    body: str | None = None
    secret: str | None = None


Via = Literal["smtp", "http", "webhook", "in-app", "file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """`address` names a field.  `cost` is in millionths of the currency's main unit; `rate` touches a second.

    `track` says what customers do with a message is told of: "opens", "clicks".
    """

    name: str
    via: Via
    address: str | None
    cost: int = 0
    rate: float | None = None
    at_most_once: bool = False
    track: tuple[str, ...] = ()
    request: Request | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    most: int
    per: int
    path: Path
    each: Literal["channel", "topic", "touch"] | None = None
    class_: str | None = None
    purposes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    condition: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """From and to in minutes of the customer's day (from > to goes overnight); `spread` in microseconds."""

    from_: int
    to: int
    spread: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppress:
    condition: Condition
    because: str
    path: Path
    purposes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    wait: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """`half_life` in microseconds; `add` and `becomes` by event."""

    name: str
    half_life: int | None
    add: Mapping[str, float]
    becomes: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The brand's opening hours: for each weekday (Monday is 0) from and to in minutes, or None."""

    week: tuple[tuple[int, int] | None, ...]
    holidays: frozenset[int]  # days since 1970-01-01


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """`holdout` in parts per million.  `decimals` is how many digits the currency's minor unit has."""

    name: str
    file: str
    timezone: str
    locale: str
    currency: str
    decimals: int
    purposes: Mapping[str, Purpose]
    fields: Mapping[str, Field]
    events: Mapping[str, Event]
    people: Mapping[str, Person]
    channels: Mapping[str, Channel]
    caps: tuple[Cap, ...]
    quiet: Quiet | None
    opening: Opening
    holdout: int
    suppress: tuple[Suppress, ...]
    segments: Mapping[str, Condition]
    scores: Mapping[str, Score]
    late_events: int
    sender: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """What can be recommended: columns with their types, and rows in file order."""

    columns: Mapping[str, Type]
    rows: tuple[Mapping[str, object], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A version of a journey that nobody enters any more, for those who stand in it.

    `fingerprint` is that of what it meant when it was published, the way in included.
    """

    version: int
    fingerprint: str
    journey: Journey


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """A whole folder, read and checked.

    `heard` holds every event one may name: those declared, and the engine's own (`spark.answered`,
    `vip.entered`, `win-back.ended`, `consent.given`) with the properties they carry.  `earlier` is
    what a folder does not say: versions of journeys, of this folder or gone from it, that go on.
    """

    heard: Mapping[str, Event]
    brand: Brand
    journeys: Mapping[str, Journey]
    touches: Mapping[str, Touch]
    catalog: Catalog
    earlier: tuple[Earlier, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict)

    @property
    def topics(self) -> list[str]:
        """What touches are about, by name."""
        return sorted({touch.topic for touch in self.touches.values() if touch.topic is not None})


# ---------------------------------------------------------------- scenarios


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A customer of a scenario, as raw values: fields, and `timezone`, `consent`, `arm` apart."""

    name: str
    fields: Mapping[str, object]
    timezone: str | None
    consent: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioStep:
    """One step: exactly one of the verbs, with the file's line to report at.

    `event`: a raw event (name, properties, and `happened` microseconds ago, maybe `import_`,
    `source`, `id`); `wait`: a span; `at`: a moment; `sending`: "paused" or "resumed";
    `expect`: what must hold, as written.
    """

    verb: Literal["event", "wait", "at", "sending", "expect"]
    customer: str | None
    path: Path
    line: int
    event: Mapping[str, object] | None = None
    wait: Span | None = None
    at: int | None = None
    sending: Literal["paused", "resumed"] | None = None
    expect: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`start` is a moment.  `journey` is the one whose file stands beside."""

    name: str
    file: str
    line: int
    journey: str
    customers: tuple[Given, ...]
    start: int
    arm: str | None
    steps: tuple[ScenarioStep, ...]
