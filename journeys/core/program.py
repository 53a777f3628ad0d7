"""The program: definitions with every name turned into a small integer, once.

What a decision looks up stands here as tables: `state.on[event]` holds the moves to try, in
file order; each touch knows its class, its channels and its caps.  A program is never
changed after `compile_program`, and any number of customers share it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from journeys.definition.model import (
    Clock,
    Condition,
    Definitions,
    Entry,
    Journey,
    Keep,
    Move,
    Opening,
    Path,
    SendEntry,
    Span,
    Stage,
    Step,
    Touch,
)

from .calendar import DAY, NEVER, Zone, zone
from .chance import draw_share
from .conditions import Names, Test, compile_any, compile_condition
from .customer import GENERIC, HOLDOUT, JOURNEY, PERSONALIZED, STAGE, STEP, Customer
from .facts import Slot

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
_CLASSES: Final = {"marketing": MARKETING, "service": SERVICE, "requested": REQUESTED, "internal": INTERNAL, "data": -1}

# What an event concerns besides the enrollments, as bits: all that `hear` need not look up for the others.
FEEDS: Final = 1
COUNTED: Final = 2
SPECIAL: Final = 4
ENTERS: Final = 8
ASKS_SEGMENTS: Final = 16
ASKS_TRIGGERS: Final = 32
OF_TOUCH: Final = 64
NEEDS_CONSENT: Final = 128

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
        "is_marketing",
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
        self.is_marketing = False


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
    """A journey as tables.  `index` is its rank: by priority, then name."""

    __slots__ = (
        "arm_generic",
        "arm_holdout",
        "definition",
        "ended_event",
        "entered_event",
        "entries",
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
    )

    def __init__(self, definition: Journey, index: int) -> None:
        self.definition = definition
        self.name = definition.name
        self.index = index
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
        "complaints",
        "concerns",
        "consent_given",
        "consent_withdrawn",
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
        "minor",
        "names",
        "opening",
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
        self.fed: dict[int, list[Slot]] = names.fed
        self.journeys: list[JourneyProgram] = []
        self.touches: list[TouchProgram] = []
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
        self.event_masks = [names.consent_mask(event.purpose) for event in definitions.heard.values()]
        self.profile_updated = names.events["profile.updated"]
        self.consent_given = names.events["consent.given"]
        self.consent_withdrawn = names.events["consent.withdrawn"]
        self.erased = names.events["customer.erased"]
        # Within one instant these go before every other event.
        self.first_heard = frozenset([self.consent_given, self.consent_withdrawn, self.erased])
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
        customer = Customer(
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


def compile_program(definitions: Definitions, *, salt: str, journeys: Sequence[str] | None = None) -> Program:
    """Compiles a folder; `journeys` limits which of its journeys customers may enter (None: all)."""
    names = Names(definitions)
    program = Program(definitions, names, salt)
    _compile_brand(program)
    for name in names.journeys:
        program.journeys.append(_JourneyCompiler(program, definitions.journeys[name]).compile())
    active = set(names.journeys if journeys is None else journeys)
    for journey in program.journeys:
        if journey.name in active:
            _open_entries(program, journey)
    _compile_watches(program)
    return program


def _compile_brand(program: Program) -> None:
    definitions, names = program.definitions, program.names
    brand = definitions.brand
    topics = {
        name: index for index, name in enumerate(sorted({t.topic for t in definitions.touches.values() if t.topic}))
    }
    for index, rule in enumerate(brand.suppress):
        test = compile_condition(rule.condition, names)
        program.rules.append(RuleProgram(index, test, _mask(rule.channels, names.channels), rule.wait))
    scopes = _compile_caps(program)
    data = [purpose.name for purpose in brand.purposes.values() if purpose.class_ == "data"]
    bounces, complaints = [], []
    for index, (name, touch) in enumerate(definitions.touches.items()):
        compiled = TouchProgram(touch, index)
        class_ = brand.purposes[touch.purpose].class_
        compiled.class_ = _CLASSES[class_]
        compiled.keeps_quiet = compiled.class_ in (MARKETING, REQUESTED) and brand.quiet is not None
        compiled.purpose = names.purposes[touch.purpose]
        compiled.consent = 1 << compiled.purpose
        compiled.personal = _mask(_purposes_read(definitions, touch) or data, names.purposes)
        compiled.channels = [names.channels[channel] for channel in touch.channels]
        compiled.topic = -1 if touch.topic is None else topics[touch.topic]
        if touch.most is not None:
            compiled.most, compiled.most_per = touch.most.count, -1 if touch.most.per is None else touch.most.per
        under = [scope for scope, cap in scopes if _falls_under(touch, class_, cap)]
        for channel in {*compiled.channels, -1}:
            compiled.scopes[channel] = [
                (scope, bucket_of(scope, compiled, channel))
                for scope in under
                if not scope.channels or (channel >= 0 and scope.channels >> channel & 1)
            ]
        # A rule that names no purposes speaks of marketing; a service needs to be named.
        rules = [
            rule
            for rule in program.rules
            if touch.purpose in (purposes := brand.suppress[rule.index].purposes)
            or (not purposes and class_ == "marketing")
        ]
        compiled.rules = rules
        # Nearly always none holds, which one look tells.
        compiled.stops = compile_any([brand.suppress[rule.index].condition for rule in rules], names)
        prefix = name + "."
        compiled.events = {event[len(prefix) :]: i for event, i in names.events.items() if event.startswith(prefix)}
        for event in compiled.events.values():
            program.touch_of[event] = index
        bounces.append(compiled.events["bounced"])
        complaints.append(compiled.events["complained"])
        program.touches.append(compiled)
    program.bounces, program.complaints = frozenset(bounces), frozenset(complaints)


def _purposes_read(definitions: Definitions, touch: Touch) -> list[str]:
    """The data purposes of the fields that the personalized words mention.

    A word of the template is enough: naming a field one does not print errs on the safe side.
    """
    brand = definitions.brand
    sources: list[str] = []
    for words in touch.words.values():
        sources += [words.subject or "", words.body, *words.short.values()]
    text = "\n".join(sources)
    found = []
    for field in brand.fields.values():
        if field.purpose is not None and not field.address and brand.purposes[field.purpose].class_ == "data":
            if f"customer.{field.name}" in text:
                found.append(field.purpose)
    return found


def _compile_caps(program: Program) -> list[tuple[ScopeProgram, Any]]:
    """Lines of one scope together: those with a condition first, since they replace the other where they hold."""
    names = program.names
    scopes: dict[Any, tuple[ScopeProgram, Any]] = {}
    for index, cap in enumerate(program.definitions.brand.caps):
        key: tuple[Any, ...] = (cap.each, cap.per, cap.class_, cap.purposes, cap.channels, cap.topics)
        if cap.condition is None and key in scopes and any(line[0] is None for line in scopes[key][0].lines):
            key = (*key, index)
        if key not in scopes:
            scopes[key] = (ScopeProgram(len(scopes), cap.each, cap.per, _mask(cap.channels, names.channels)), cap)
        test = None if cap.condition is None else compile_condition(cap.condition, names)
        scope = scopes[key][0]
        scope.lines.append((test, cap.most, index))
        scope.lines.sort(key=lambda line: (line[0] is None, line[2]))
        scope.longest = max(scope.longest, cap.most)
        scope.least = min(scope.least, cap.most)
    return list(scopes.values())


def bucket_of(scope: ScopeProgram, touch: TouchProgram, channel: int) -> int:
    """Where sends are counted together: scope * BUCKETS + channel, topic or touch."""
    part = {"channel": channel, "topic": touch.topic, "touch": touch.index}.get(scope.each or "", -1)
    return scope.index * BUCKETS + part + 1


def _falls_under(touch: Touch, class_: str, cap: Any) -> bool:
    """Only marketing is capped: the other classes ignore caps and use none up."""
    return (
        class_ == "marketing"
        and cap.class_ in (None, class_)
        and (not cap.purposes or touch.purpose in cap.purposes)
        and (not cap.topics or touch.topic in cap.topics)
        and (cap.each != "topic" or touch.topic is not None)
    )


def _mask(chosen: Sequence[str], indexes: dict[str, int]) -> int:
    return sum([1 << indexes[name] for name in set(chosen)])


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


class _JourneyCompiler:
    """Compiles one journey: states in file order, then the moves and clocks of each owner."""

    def __init__(self, program: Program, journey: Journey) -> None:
        self.program = program
        self.names = program.names
        self.source = journey
        self.journey = JourneyProgram(journey, program.names.journeys[journey.name])
        self.order = 0

    def compile(self) -> JourneyProgram:
        journey, source, names = self.journey, self.source, self.names
        for index, stage in enumerate(source.stages):
            for name in [f"{stage.name}.{step.name}" for step in stage.steps] or [stage.name]:
                journey.state_names.append(name)
                journey.states.append(StateProgram(len(journey.states), index))
        journey.no_visits = [0] * len(journey.states)
        if source.key is not None:
            for event, places in names.places.items():
                if source.key in places and event in self.program.definitions.brand.events:
                    journey.key_places[names.events[event]] = places[source.key]
        for index, stage in enumerate(source.stages):
            self._stage(index, stage)
        states = journey.states
        self._owner(source.anywhere, (), JOURNEY, 0, states)
        if source.hold is not None:
            journey.hold = self._test(source.hold.condition, None)
            journey.hold_at_most = -1 if source.hold.at_most is None else source.hold.at_most
        for state in states:
            self._finish(state)
        self._goal()
        journey.entered_event = names.events[f"{source.name}.entered"]
        journey.ended_event = names.events[f"{source.name}.ended"]
        journey.reached_event = names.events[f"{source.name}.reached"]
        return journey

    def _stage(self, index: int, stage: Stage) -> None:
        states = [state for state in self.journey.states if state.stage == index]
        for state, step in zip(states, stage.steps, strict=False):
            self._owner(step.move, step.send, STEP, state.index, [state])
        # A stage without steps is its own only step: arriving again restarts its clocks.
        owner, place = (STAGE, index) if stage.steps else (STEP, states[0].index)
        self._owner(stage.move, stage.send, owner, place, states)

    def _owner(
        self,
        moves: Sequence[Move],
        sends: Sequence[SendEntry],
        owner: int,
        place: int,
        states: list[StateProgram],
    ) -> None:
        for move in moves:
            self._move(move, owner, place, states)
        for send in sends:
            item = self._send(send, owner, place)
            for state in states:
                state.items.append(item)

    def _move(self, move: Move, owner: int, place: int, states: list[StateProgram]) -> None:
        self.order += 1
        sends = [self._send(send, STEP, -1) for send in move.send]
        if move.on:
            for name in self._events(move.on):
                compiled = self._compiled_move(move, owner, place, name, sends)
                for state in states:
                    state.on.setdefault(self.names.events[name], []).append(compiled)
            return
        compiled = self._compiled_move(move, owner, place, None, sends)
        if move.clock is None:
            for state in states:
                state.whenever.append(compiled)
            return
        item = self._item(move.clock, owner, place)
        item.move = compiled
        compiled.item = item.index
        for state in states:
            state.items.append(item)

    def _compiled_move(
        self, move: Move, owner: int, place: int, event: str | None, sends: list[ItemProgram]
    ) -> MoveProgram:
        to, reason = self._destination(move.to)
        compiled = MoveProgram(len(self.journey.moves), self.order, owner, place, move.path, to, reason)
        compiled.condition = None if move.condition is None else self._test(move.condition, event)
        compiled.keep = self._keep(move.keep, event)
        compiled.sends = sends
        compiled.for_ = -1 if move.for_ is None else move.for_
        compiled.any_key = move.any_key
        self.journey.moves.append(compiled)
        return compiled

    def _destination(self, to: str) -> tuple[int, int]:
        if to == "stay":
            return STAY, -1
        if to == "again":
            return AGAIN, -1
        if to.startswith("end."):
            reason = to[len("end.") :]
            if reason not in self.journey.reasons:
                self.journey.reasons.append(reason)
            return END, self.journey.reasons.index(reason)
        return self.journey.state_names.index(to), -1

    def _events(self, on: Sequence[str]) -> list[str]:
        """`touch.opened` is any of the touches this journey may send."""
        events: list[str] = []
        for name in on:
            if name.startswith("touch."):
                part = name.removeprefix("touch.")
                events += [f"{touch}.{part}" for touch in sorted(_touches_sent(self.source))]
            else:
                events.append(name)
        return list(dict.fromkeys(events))

    def _keep(self, keep: Sequence[Keep], event: str | None) -> list[tuple[int, Test]]:
        return [(self.journey.kept_names.index(each.name), self._test(each.value, event)) for each in keep]

    def _test(self, condition: Condition, event: str | None) -> Test:
        test = compile_condition(condition, self.names, journey=self.source.name, event=event)
        for other in test.journeys:
            readers = self.program.readers.setdefault(other, [])
            if self.journey.index not in readers:
                readers.append(self.journey.index)
        return test

    def _item(self, clock: Clock, owner: int, place: int) -> ItemProgram:
        due = None if clock.due is None else self._test(clock.due, None)
        item = ItemProgram(len(self.journey.items), owner, place, clock, due)
        self.journey.items.append(item)
        return item

    def _send(self, send: SendEntry, owner: int, place: int) -> ItemProgram:
        known, indexes = self.program.touches, self.names.touches
        touches = [known[indexes[name]] for name in send.touches]
        otherwise = None if send.otherwise is None else known[indexes[send.otherwise]]
        condition = None if send.condition is None else self._test(send.condition, None)
        priority = self.source.priority if send.priority is None else send.priority
        item = self._item(send.clock, owner, place)
        item.is_late = send.late
        item.repeats = send.repeat_on_change
        if send.clock.every is not None:
            limit = len(touches) if len(touches) > 1 else ENDLESS
            item.times = min(limit, ENDLESS if send.clock.times is None else send.clock.times)
        program = item.send = SendProgram(item, send.path, touches, otherwise, condition, send.valid_for, priority)
        program.outlives = send.outlives
        program.is_marketing = touches[0].class_ == MARKETING
        if send.to is not None:
            program.person = list(self.program.definitions.brand.people).index(send.to)
        return item

    def _finish(self, state: StateProgram) -> None:
        for moves in state.on.values():
            moves.sort(key=lambda move: move.order)
        asks: set[int] = set()
        anchors: set[int] = set()
        for move in state.whenever:
            self._watch(move, state, asks)
        for item in state.items:
            if item.move is not None:
                self._watch(item.move, state, asks)
            if item.due is not None:
                state.has_due = True
                anchors |= item.due.events
        state.asks, state.anchors = frozenset(asks), frozenset(anchors)
        held = frozenset() if self.journey.hold is None else self.journey.hold.events
        state.concerns = frozenset(state.on) | state.asks | state.anchors | held

    def _watch(self, move: MoveProgram, state: StateProgram, asks: set[int]) -> None:
        if move.condition is not None:
            asks |= move.condition.events
            state.is_timed = state.is_timed or move.condition.changes is not None

    def _goal(self) -> None:
        source = self.source.goal
        if source is None:
            return
        goal = self.journey.goal = GoalProgram(-1 if source.within is None else source.within)
        for name in self._events(source.on):
            event = self.names.events[name]
            goal.tests[event] = None if source.condition is None else self._test(source.condition, name)
            goal.values[event] = None if source.value is None else self._test(source.value, name)
        self.journey.goal_events = frozenset(goal.tests)


def _touches_sent(journey: Journey) -> set[str]:
    touches: set[str] = set()
    owners: list[Stage | Step] = []
    for stage in journey.stages:
        owners += [stage, *stage.steps]
    sends = [send for owner in owners for send in owner.send]
    moves = [move for owner in owners for move in owner.move] + list(journey.anywhere)
    for send in sends + [send for move in moves for send in move.send]:
        touches.update(send.touches)
        if send.otherwise is not None:
            touches.add(send.otherwise)
    return touches


def _open_entries(program: Program, journey: JourneyProgram) -> None:
    compiler = _JourneyCompiler(program, journey.definition)
    compiler.journey = journey
    for index, entry in enumerate(journey.definition.enter):
        for name in compiler._events(entry.on) if entry.on else [None]:
            compiled = _compiled_entry(compiler, journey, entry, index, name)
            if name is None:
                program.triggers.append(compiled)
            else:
                program.enter_on.setdefault(program.names.events[name], []).append(compiled)


def _compiled_entry(
    compiler: _JourneyCompiler, journey: JourneyProgram, entry: Entry, index: int, event: str | None
) -> EntryProgram:
    compiled = EntryProgram(index, journey, compiler._destination(entry.to)[0], entry.path)
    compiled.condition = None if entry.condition is None else compiler._test(entry.condition, event)
    compiled.keep = compiler._keep(entry.keep, event)
    compiled.at = -1 if entry.at is None else entry.at
    return compiled


def _compile_watches(program: Program) -> None:
    """Segments are followed only where somebody hears them; so it is with each engine event."""
    names = program.names
    heard: set[int] = set()
    for journey in program.journeys:
        for state in journey.states:
            heard |= set(state.on)
        if journey.goal is not None:
            heard |= set(journey.goal.tests)
    heard |= set(program.enter_on)
    for bit, (name, condition) in enumerate(program.definitions.brand.segments.items()):
        entered, left = names.events[f"{name}.entered"], names.events[f"{name}.left"]
        if entered in heard or left in heard:
            program.segments.append((1 << bit, compile_condition(condition, names), entered, left))
    asks: set[int] = set()
    watched: set[int] = set()
    for _, test, _, _ in program.segments:
        asks |= test.events
        watched |= test.journeys
    program.segment_asks = frozenset(asks)
    asks = set()
    for trigger in program.triggers:
        if trigger.condition is not None:
            asks |= trigger.condition.events
            watched |= trigger.condition.journeys
    program.watched = frozenset(watched)
    program.trigger_asks = frozenset(asks)
    heard |= set(names.fed) | names.counted
    for event in range(len(names.events)):
        program.is_heard[event] = event in heard
        program.concerns[event] = (
            (FEEDS if event in names.fed else 0)
            | (COUNTED if event in names.counted else 0)
            | (SPECIAL if event in program.special else 0)
            | (ENTERS if event in program.enter_on else 0)
            | (ASKS_SEGMENTS if event in program.segment_asks else 0)
            | (ASKS_TRIGGERS if event in program.trigger_asks else 0)
            | (OF_TOUCH if event in program.touch_of else 0)
            | (NEEDS_CONSENT if program.event_masks[event] else 0)
        )
    for touch in program.touches:
        touch.is_sent_heard = program.is_heard[touch.events["sent"]]
        touch.is_withheld_heard = program.is_heard[touch.events["withheld"]]
