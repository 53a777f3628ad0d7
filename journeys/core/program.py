"""The program: definitions with every name turned into a small integer, once.

What a decision looks up stands here as tables: `state.on[event]` holds the moves to try, in
file order; each touch knows its class, its channels and its caps.  A program is never
changed once `compiling` has made it, and any number of customers share it.
"""

from __future__ import annotations

from typing import Any, Final

from journeys.definition.model import (
    Clock,
    Definitions,
    Earlier,
    Journey,
    Opening,
    Path,
    Span,
    Touch,
)

from .calendar import DAY, NEVER, Zone, zone
from .chance import draw_share
from .conditions import Test
from .customer import GENERIC, HOLDOUT, PERSONALIZED, Customer, begin_customer
from .facts import Slot
from .names import Names
from .why import OF_MERGE

# Where a move leads, if not to a state.
STAY: Final = -1
AGAIN: Final = -2
END: Final = -3

# How a span is counted.
EXACT: Final = 0
DAYS: Final = 1
MONTHS: Final = 2
BUSINESS_MINUTES: Final = 3
BUSINESS_DAYS: Final = 4

# Classes of purposes.
MARKETING: Final = 0
SERVICE: Final = 1
REQUESTED: Final = 2
INTERNAL: Final = 3

# What an event concerns besides the enrollments, as bits: all that `hear` need not look up for the others.
COUNTED: Final = 1
SPECIAL: Final = 2
ENTERS: Final = 4
ASKS_SEGMENTS: Final = 8
ASKS_TRIGGERS: Final = 16
OF_TOUCH: Final = 32
NEEDS_CONSENT: Final = 64
CHANGES: Final = COUNTED | SPECIAL
ASKS: Final = ASKS_SEGMENTS | ASKS_TRIGGERS

BUCKETS: Final = 1 << 20  # more than there are touches
ENDLESS: Final = 1 << 40  # more occurrences than anybody lives to see
PAST_FOR: Final = 400 * DAY  # how long ended enrollments of a keyed journey are remembered
PAST_MAX: Final = 1_000  # and how many at most

_NO_DAYS: Final = 0


class ItemProgram:
    """A clock of a journey: a clock move, or a send entry.  `order` is its place in the file."""

    __slots__ = (
        "after",
        "at",
        "due",
        "every",
        "every_unit",
        "index",
        "is_late",
        "is_snapped",
        "move",
        "on_days",
        "order",
        "owner",
        "place",
        "repeats",
        "send",
        "times",
        "unit",
    )

    def __init__(self, index: int, owner: int, place: int, clock: Clock, due: Test | None) -> None:
        self.index = index
        self.order = index
        self.owner = owner
        self.place = place
        self.move: MoveProgram | None = None
        self.send: SendProgram | None = None
        self.unit, self.after = count_span(clock.after)
        self.due = due
        self.at = -1 if clock.at is None else clock.at
        self.on_days = sum([1 << day for day in clock.on_days]) if clock.on_days else _NO_DAYS
        self.is_snapped = self.at >= 0 or self.on_days != _NO_DAYS
        self.every_unit, self.every = count_span(clock.every)
        self.times = 1
        self.is_late = False
        self.repeats = False


class SendProgram:
    """A send entry: which touches, when they may go, and to whom (-1: the customer)."""

    __slots__ = (
        "condition",
        "item",
        "otherwise",
        "outlives",
        "path",
        "person",
        "priority",
        "touches",
        "valid_for",
    )

    def __init__(
        self,
        item: ItemProgram,
        path: Path,
        touches: list[TouchProgram],
        otherwise: TouchProgram | None,
        condition: Test | None,
        valid_for: int,
        priority: int,
    ) -> None:
        self.item = item
        self.path = path
        self.touches = touches
        self.otherwise = otherwise
        self.condition = condition
        self.valid_for = valid_for
        self.priority = priority
        self.person = -1
        self.outlives = False


class MoveProgram:
    """A move, for one of its triggers: the conditions and kept values are compiled on that event."""

    __slots__ = (
        "any_key",
        "condition",
        "for_",
        "index",
        "item",
        "keep",
        "order",
        "owner",
        "path",
        "place",
        "reason",
        "sends",
        "to",
    )

    def __init__(self, index: int, order: int, owner: int, place: int, path: Path, to: int, reason: int) -> None:
        self.index = index
        self.order = order
        self.owner = owner
        self.place = place
        self.path = path
        self.to = to
        self.reason = reason
        self.condition: Test | None = None
        self.keep: list[tuple[int, Test]] = []
        self.sends: list[ItemProgram] = []
        self.item = -1
        self.for_ = -1
        self.any_key = False


class EntryProgram:
    """A way in.  `index` is its place among the journey's entries."""

    __slots__ = ("at", "condition", "index", "journey", "keep", "path", "to")

    def __init__(self, index: int, journey: JourneyProgram, to: int, path: Path) -> None:
        self.index = index
        self.journey = journey
        self.to = to
        self.path = path
        self.condition: Test | None = None
        self.keep: list[tuple[int, Test]] = []
        self.at = -1


class StateProgram:
    """What is tried in a state: by event, whenever it holds, and by clock; all in file order.

    `asks` are the events that may change an untriggered move's answer, `anchors` those that
    may move a `due`; `concerns` are all that an enrollment here needs to be told of.
    `is_timed` says that time alone may change something here.
    """

    __slots__ = ("anchors", "asks", "concerns", "has_due", "index", "is_timed", "items", "on", "stage", "whenever")

    def __init__(self, index: int, stage: int) -> None:
        self.index = index
        self.stage = stage
        self.on: dict[int, list[MoveProgram]] = {}
        self.whenever: list[MoveProgram] = []
        self.items: list[ItemProgram] = []
        self.asks: frozenset[int] = frozenset()
        self.anchors: frozenset[int] = frozenset()
        self.concerns: frozenset[int] = frozenset()
        self.has_due = False
        self.is_timed = False


class GoalProgram:
    __slots__ = ("tests", "values", "within")

    def __init__(self, within: int) -> None:
        self.within = within
        self.tests: dict[int, Test | None] = {}
        self.values: dict[int, Test | None] = {}


class JourneyProgram:
    """A version of a journey as tables.  `index` is its rank: by priority, then name, the earlier versions first.

    `family` is the same for all versions of a journey; `earlier` is None for the one that customers enter.
    """

    __slots__ = (
        "arm_generic",
        "arm_holdout",
        "definition",
        "earlier",
        "ended_event",
        "entered_event",
        "entries",
        "family",
        "goal",
        "goal_events",
        "hold",
        "hold_at_most",
        "index",
        "is_keyed",
        "items",
        "kept_names",
        "key_places",
        "moves",
        "name",
        "never_kept",
        "no_stage_visits",
        "no_visits",
        "nothing_kept",
        "reached_event",
        "reasons",
        "reenter",
        "reenter_after",
        "stage_names",
        "state_names",
        "states",
        "version",
    )

    def __init__(self, definition: Journey, index: int, family: int, version: int, earlier: Earlier | None) -> None:
        self.definition = definition
        self.name = definition.name
        self.index = index
        self.family = family
        self.version = version
        self.earlier = earlier
        self.states: list[StateProgram] = []
        self.state_names: list[str] = []
        self.stage_names = [stage.name for stage in definition.stages]
        self.reasons: list[str] = []
        self.kept_names = list(definition.kept)
        self.nothing_kept: list[Any] = [None] * len(definition.kept)
        self.never_kept: list[int] = [-1] * len(definition.kept)
        self.no_visits: list[int] = []
        self.no_stage_visits: list[int] = [0] * len(definition.stages)
        self.items: list[ItemProgram] = []
        self.moves: list[MoveProgram] = []
        self.entries: list[EntryProgram] = []
        self.goal: GoalProgram | None = None
        self.goal_events: frozenset[int] = frozenset()
        self.hold: Test | None = None
        self.hold_at_most = -1
        self.is_keyed = definition.key is not None
        self.key_places: dict[int, int] = {}
        self.arm_holdout = definition.arms.holdout
        self.arm_generic = definition.arms.generic
        self.reenter = definition.reenter.kind
        self.reenter_after = definition.reenter.after
        self.entered_event = -1
        self.ended_event = -1
        self.reached_event = -1

    def say_end(self, reason: int) -> str:
        """The reason of an end: the journey's own, or below 0 one that comes from outside it."""
        if reason >= 0:
            return self.reasons[reason]
        return "merged" if reason == OF_MERGE else "erased"


class TouchProgram:
    """A touch, as far as a decision needs it: not its words.

    `personal` is the mask of consents that its personalized words need; `scopes` are the cap
    scopes it may fall under, by channel, each with its bucket; `rules` the suppress rules and
    `stops` whether any of them holds; `recipient` where its own `most` is counted for the
    customer, negative to be told from a cap's bucket (for one of `people` that many below);
    `events` its events by part.
    """

    __slots__ = (
        "channels",
        "chooses_best",
        "class_",
        "consent",
        "events",
        "has_generic",
        "index",
        "is_sent_heard",
        "is_withheld_heard",
        "keeps_quiet",
        "most",
        "most_per",
        "name",
        "personal",
        "purpose",
        "recipient",
        "rules",
        "scopes",
        "stops",
        "topic",
        "variants",
    )

    def __init__(self, touch: Touch, index: int) -> None:
        self.name = touch.name
        self.index = index
        self.class_ = MARKETING
        self.purpose = -1
        self.consent = 0
        self.personal = 0
        self.channels: list[int] = []
        self.chooses_best = touch.choose_best
        self.topic = -1
        self.most = -1
        self.most_per = -1
        self.variants = list(touch.words)
        self.has_generic = touch.generic is not None
        self.scopes: dict[int, list[tuple[ScopeProgram, int]]] = {}
        self.is_sent_heard = False
        self.is_withheld_heard = False
        self.keeps_quiet = False
        self.recipient = -2 - index * BUCKETS
        self.rules: list[RuleProgram] = []
        self.stops: Test | None = None
        self.events: dict[str, int] = {}


class ScopeProgram:
    """Caps that count the same touches: a line in force always, and lines that replace it where they hold.

    `longest` and `least` are the highest and the lowest `most` of its lines.
    """

    __slots__ = ("channels", "each", "index", "least", "lines", "longest", "per")

    def __init__(self, index: int, each: str | None, per: int, channels: int) -> None:
        self.index = index
        self.each = each
        self.per = per
        self.channels = channels
        self.lines: list[tuple[Test | None, int, int]] = []  # (condition, most, index of the cap); conditions first
        self.longest = 0
        self.least = 1 << 40


class RuleProgram:
    """A suppress rule.  `channels` is a mask, 0 for all of them."""

    __slots__ = ("channels", "condition", "index", "waits")

    def __init__(self, index: int, condition: Test, channels: int, waits: bool) -> None:
        self.index = index
        self.condition = condition
        self.channels = channels
        self.waits = waits


class Program:
    """All that a turn looks up."""

    __slots__ = (
        "arm",
        "bounces",
        "brand_holdout",
        "brand_zone",
        "channel_addresses",
        "channel_names",
        "choices",
        "complaints",
        "concerns",
        "consent_given",
        "consent_withdrawn",
        "data_purposes",
        "definitions",
        "enter_on",
        "erased",
        "event_masks",
        "event_names",
        "fed",
        "field_names",
        "first_heard",
        "is_heard",
        "journeys",
        "late_for",
        "merged",
        "minor",
        "names",
        "opening",
        "preferences_set",
        "preferred_channel",
        "profile_updated",
        "properties",
        "purpose_names",
        "quiet_from",
        "quiet_spread",
        "quiet_to",
        "readers",
        "rules",
        "salt",
        "segment_asks",
        "segments",
        "slots",
        "special",
        "touch_of",
        "touches",
        "trigger_asks",
        "triggers",
        "watched",
    )

    def __init__(self, definitions: Definitions, names: Names, salt: str) -> None:
        brand = definitions.brand
        self.definitions = definitions
        self.names = names
        self.salt = salt
        self.arm: int | None = None  # the arm of everyone, where a scenario names it
        self.brand_zone: Zone = zone(brand.timezone)
        self.opening: Opening = brand.opening
        self.event_names = list(names.events)
        # By event: its properties with their types, in order.
        self.properties = [list(event.properties.items()) for event in definitions.heard.values()]
        self.minor: int = 10**brand.decimals  # minor units in one of the currency
        self.field_names = list(names.fields)
        self.purpose_names = list(names.purposes)
        self.channel_names = list(names.channels)
        self.slots: list[Slot] = names.slots
        self.fed: list[list[Slot]] = [[] for _ in names.events]
        self.journeys: list[JourneyProgram] = []
        self.touches: list[TouchProgram] = []
        # By touch and journey (-1: none): which items of the catalog may be recommended, where a condition says.
        self.choices: dict[tuple[int, int], Test] = {}
        self.rules: list[RuleProgram] = []
        self.enter_on: dict[int, list[EntryProgram]] = {}
        self.triggers: list[EntryProgram] = []
        self.trigger_asks: frozenset[int] = frozenset()
        self.segments: list[tuple[int, Test, int, int]] = []  # (bit, condition, entered event, left event)
        self.segment_asks: frozenset[int] = frozenset()
        self.readers: dict[int, list[int]] = {}  # journey -> the journeys that read its state
        self.watched: frozenset[int] = frozenset()  # the journeys whose states segments and `if` entries read
        self.late_for = brand.late_events
        self.brand_holdout = brand.holdout
        self.quiet_from = -1
        self.quiet_to = -1
        self.quiet_spread = 0
        if brand.quiet is not None:
            self.quiet_from, self.quiet_to, self.quiet_spread = brand.quiet.from_, brand.quiet.to, brand.quiet.spread
        self.data_purposes = 0  # the mask of consents to all that we may know and use
        self.event_masks = [names.consent_mask(event.purpose) for event in definitions.heard.values()]
        self.profile_updated = names.events["profile.updated"]
        self.consent_given = names.events["consent.given"]
        self.consent_withdrawn = names.events["consent.withdrawn"]
        self.erased = names.events["customer.erased"]
        self.merged = names.events["customer.merged"]
        self.preferences_set = names.events["preferences.set"]
        # Within one instant these go before every other event.
        self.first_heard = frozenset(
            [self.consent_given, self.consent_withdrawn, self.preferences_set, self.erased, self.merged]
        )
        self.special = self.first_heard | {self.profile_updated}
        self.channel_addresses = [
            -1 if channel.address is None else names.fields[channel.address] for channel in brand.channels.values()
        ]
        self.preferred_channel = names.fields.get("preferred_channel", -1)
        self.touch_of: dict[int, int] = {}
        self.bounces: frozenset[int] = frozenset()
        self.complaints: frozenset[int] = frozenset()
        self.is_heard: list[bool] = [False] * len(names.events)
        self.concerns: list[int] = [0] * len(names.events)

    def new_customer(self, id: str, at: int) -> Customer:
        """A customer nothing is known of yet, who begins at an instant."""
        customer = begin_customer(
            id, self.brand_zone, [None] * len(self.field_names), [None] * len(self.slots), [-1] * len(self.triggers)
        )
        customer.as_of = at
        customer.segments_at = at if self.segments else NEVER
        customer.triggers_at = at if self.triggers else NEVER
        customer.wake_at = min(customer.segments_at, customer.triggers_at)
        return customer

    def arm_of(self, customer: str, journey: JourneyProgram) -> int:
        """The arm follows from the customer and the journey's name alone, so that it stays through every entry."""
        if self.arm is not None:
            return self.arm
        if self.brand_holdout and draw_share(self.salt, "holdout", customer) < self.brand_holdout:
            return HOLDOUT
        share = draw_share(self.salt, "arm", customer, journey.name)
        if share < journey.arm_holdout:
            return HOLDOUT
        return GENERIC if share < journey.arm_holdout + journey.arm_generic else PERSONALIZED


def count_span(span: Span | None) -> tuple[int, int]:
    """A span as (unit, amount); amount -1 for none."""
    if span is None:
        return EXACT, -1
    match span.unit:
        case "exact":
            return EXACT, span.amount
        case "days":
            return DAYS, span.amount
        case "months":
            return MONTHS, span.amount
        case "business hours":
            return BUSINESS_MINUTES, span.amount * 60
        case "business days":
            return BUSINESS_DAYS, span.amount
