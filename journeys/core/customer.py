"""A customer as a value: everything that a decision may read, and nothing else.

Plain slotted objects, because a turn copies them once and then changes only its copy.
A copy has dicts of its own, and shares everything inside them: lists are never changed in
place, whoever changes one puts a new one in its stead.

`Enrollment` and `Customer` have no `__init__`: a copy is made by writing every attribute once,
in a way that Python runs fast and mypyc compiles.

Instants are microseconds UTC; names are indexes into the `Program`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .calendar import NEVER, Zone
from .effects import SendTouch

if TYPE_CHECKING:
    from .program import JourneyProgram, SendProgram, TouchProgram

PERSONALIZED: Final = 0
GENERIC: Final = 1
HOLDOUT: Final = 2

# Who owns a clock: the step one stands in, its stage, or the enrollment as a whole.
STEP: Final = 0
STAGE: Final = 1
JOURNEY: Final = 2


# Marks the instant of a word that customers said of themselves, which only a later one of theirs goes before; and that
# of one that they took back, which any later word goes before.  The instant is what is left of it by OF_THEIRS.
OF_THEIRS: Final = 1 << 60
TAKEN_BACK: Final = 1 << 61


class Event:
    """A business fact, or what happened to a touch, as the core reads it.

    `properties` stand in the order of the event's declaration, None where missing.
    `changes` are a profile's new field values by field index; `enrollment` is the number of
    the only enrollment that hears it, or -1.  `absorbed` is, of a merge, the customer as they came to it, where
    anything is known of them, and `refused` why nothing may be merged, or 0.  `chosen` are the preferences that
    it sets, by part, None for one that it takes away.  Of a touch that a provider took `accepted` is what was let
    go, and the event is none of the program's (-1).
    """

    __slots__ = (
        "absorbed",
        "accepted",
        "at",
        "changes",
        "chosen",
        "enrollment",
        "event",
        "id",
        "imported",
        "properties",
        "refused",
        "source",
        "zone",
    )

    def __init__(
        self,
        at: int,
        event: int,
        properties: list[Any],
        source: str = "",
        id: str = "",
        imported: bool = False,
        enrollment: int = -1,
    ) -> None:
        self.at = at
        self.event = event
        self.properties = properties
        self.source = source
        self.id = id
        self.imported = imported
        self.enrollment = enrollment
        self.changes: list[tuple[int, Any]] | None = None
        self.chosen: dict[str, tuple[Any, ...] | None] | None = None
        self.zone: Zone | None = None
        self.absorbed: Customer | None = None
        self.accepted: SendTouch | None = None
        self.refused = 0


# How often a send entry fired in a visit, and what its next due time is counted from:
# (visit, occurrences, due, the time held in all by then, the moment that its `due` named).
Fired = tuple[int, int, int, int, int]


class Enrollment:
    """One customer's passage through one version of one journey.

    `mark` and `stage_mark` are the time held in all when the step and the stage were
    reached: what was held since is the difference.  `plan`, `ripe`, `due_at` and `watch_at`
    are derived and could be forgotten at any time.
    """

    __slots__ = (
        "answered_at",
        "arm",
        "arrived_at",
        "due_at",
        "end",
        "ended_at",
        "entered_at",
        "fired",
        "goal_at",
        "heard",
        "held_at",
        "held_for",
        "hold_spent",
        "journey",
        "kept",
        "kept_at",
        "key",
        "mark",
        "number",
        "plan",
        "ripe",
        "seen",
        "seen_at",
        "since",
        "stage",
        "stage_at",
        "stage_mark",
        "stage_visits",
        "state",
        "taken",
        "visits",
        "watch_at",
    )

    journey: JourneyProgram
    number: int
    key: Any
    arm: int
    entered_at: int
    state: int
    stage: int
    arrived_at: int
    stage_at: int
    answered_at: int
    mark: int
    stage_mark: int
    visits: list[int]
    stage_visits: list[int]
    kept: list[Any]
    kept_at: list[int]
    held_at: int
    held_for: int
    hold_spent: bool
    fired: dict[int, Fired]
    taken: dict[int, int]
    since: dict[int, tuple[int, int]]
    heard: dict[int, int]
    seen: tuple[int, ...]
    seen_at: int
    ended_at: int
    end: int
    goal_at: int
    plan: list[tuple[int, int]]
    ripe: list[tuple[int, int]]
    due_at: int
    watch_at: int

    def copy(self) -> Enrollment:
        new = Enrollment()
        new.journey = self.journey
        new.number = self.number
        new.key = self.key
        new.arm = self.arm
        new.entered_at = self.entered_at
        new.state = self.state
        new.stage = self.stage
        new.arrived_at = self.arrived_at
        new.stage_at = self.stage_at
        new.answered_at = self.answered_at
        new.mark = self.mark
        new.stage_mark = self.stage_mark
        new.visits = self.visits
        new.stage_visits = self.stage_visits
        new.kept = self.kept
        new.kept_at = self.kept_at
        new.held_at = self.held_at
        new.held_for = self.held_for
        new.hold_spent = self.hold_spent
        new.fired = self.fired.copy()
        new.taken = self.taken.copy() if self.taken else {}
        new.since = self.since
        new.heard = self.heard
        new.seen = self.seen
        new.seen_at = self.seen_at
        new.ended_at = self.ended_at
        new.end = self.end
        new.goal_at = self.goal_at
        new.plan = self.plan
        new.ripe = self.ripe
        new.due_at = self.due_at
        new.watch_at = self.watch_at
        return new

    def held_until(self, at: int) -> int:
        """How long the enrollment was held in all, up to an instant."""
        if self.held_at < 0 or at <= self.held_at:
            return self.held_for
        return self.held_for + at - self.held_at


def new_enrollment(journey: JourneyProgram, number: int, key: Any, at: int, arm: int) -> Enrollment:
    """An enrollment that begins at an instant, and stands nowhere yet."""
    new = Enrollment()
    new.journey = journey
    new.number = number
    new.key = key
    new.arm = arm
    new.entered_at = at
    new.state = -1
    new.stage = -1
    new.arrived_at = at
    new.stage_at = at
    new.answered_at = at
    new.mark = 0
    new.stage_mark = 0
    new.visits = journey.no_visits
    new.stage_visits = journey.no_stage_visits
    new.kept = journey.nothing_kept
    new.kept_at = journey.never_kept
    new.held_at = -1
    new.held_for = 0
    new.hold_spent = False
    new.fired = {}
    new.taken = {}
    new.since = {}
    new.heard = {}
    new.seen = ()
    new.seen_at = -1
    new.ended_at = -1
    new.end = -1
    new.goal_at = -1
    new.plan = []
    new.ripe = []
    new.due_at = NEVER
    new.watch_at = NEVER
    return new


# Another id of a customer: what was added to the numbers of its enrollments, how many numbers there are, and when.
Other = tuple[str, int, int, int]


# What a customer chose, and when: (instant, value), the value None where the choice was taken back.
Choice = tuple[int, tuple[Any, ...] | None]


class Waiting:
    """A touch that is due and not yet answered for good.

    `place` is the step or stage whose visit it belongs to, below 0 where it was sent on the
    way to an end.  `ask_at` is when the gate is asked (again); `reason` why it was deferred,
    or 0.  Never changed once made: a deferral makes a new one.
    """

    __slots__ = ("ask_at", "due_at", "enrollment", "occurrence", "place", "reason", "send", "visit")

    def __init__(
        self,
        enrollment: int,
        send: SendProgram,
        place: int,
        visit: int,
        occurrence: int,
        due_at: int,
        ask_at: int,
        reason: int = 0,
    ) -> None:
        self.enrollment = enrollment
        self.send = send
        self.place = place
        self.visit = visit
        self.occurrence = occurrence
        self.due_at = due_at
        self.ask_at = ask_at
        self.reason = reason

    @property
    def key(self) -> tuple[int, int, int, int]:
        """What its sending is told apart by."""
        return (self.enrollment, self.send.item.index, self.visit, self.occurrence)

    def deferred(self, until: int, reason: int) -> Waiting:
        return Waiting(self.enrollment, self.send, self.place, self.visit, self.occurrence, self.due_at, until, reason)


class Sending:
    """A touch that was let go, in words that were chosen then, and that no provider has accepted yet."""

    __slots__ = ("at", "channel", "touch", "waiting", "words")

    def __init__(self, waiting: Waiting, touch: TouchProgram, channel: int, words: str, at: int) -> None:
        self.waiting = waiting
        self.touch = touch
        self.channel = channel
        self.words = words
        self.at = at


class Customer:
    """One person (or account), as of an instant.

    `as_of` is how far the customer was taken; `wake_at` when something is due by time alone.
    `past` remembers ended enrollments: (journey, key) -> (entered, ended).
    `caps` holds the instants of sends by cap bucket, `would` those of a held-out customer.
    `others` are the ids that were merged into this one, the first first; `preferences` what they chose, by part.
    """

    __slots__ = (
        "as_of",
        "bounced",
        "caps",
        "complained",
        "consents",
        "counter",
        "enrollments",
        "erased",
        "facts",
        "fields",
        "id",
        "last_sent",
        "most",
        "others",
        "past",
        "preferences",
        "segments",
        "segments_at",
        "sending",
        "spread",
        "told_at",
        "triggers",
        "triggers_at",
        "waiting",
        "wake_at",
        "would",
        "zone",
    )

    id: str
    zone: Zone
    fields: list[Any]
    facts: list[Any]
    consents: int
    bounced: int
    complained: int
    erased: bool
    enrollments: list[Enrollment]
    counter: int
    past: dict[tuple[int, Any], tuple[int, int]]
    waiting: list[Waiting]
    sending: list[Sending]
    caps: dict[int, list[int]]
    would: dict[int, list[int]]
    most: dict[int, list[int]]
    last_sent: dict[int, tuple[int, int]]
    segments: int
    segments_at: int
    triggers: list[int]
    triggers_at: int
    spread: int
    told_at: dict[int | None, int]
    others: tuple[Other, ...]
    preferences: dict[str, Choice]
    as_of: int
    wake_at: int

    def copy(self) -> Customer:
        new = Customer()
        new.id = self.id
        new.zone = self.zone
        new.fields = self.fields
        new.facts = self.facts[:]
        new.consents = self.consents
        new.bounced = self.bounced
        new.complained = self.complained
        new.erased = self.erased
        new.enrollments = [e.copy() for e in self.enrollments]
        new.counter = self.counter
        new.past = self.past.copy() if self.past else {}
        new.waiting = self.waiting
        new.sending = self.sending
        new.caps = self.caps.copy()
        new.would = self.would.copy() if self.would else {}
        new.most = self.most.copy()
        new.last_sent = self.last_sent.copy()
        new.segments = self.segments
        new.segments_at = self.segments_at
        new.triggers = self.triggers
        new.triggers_at = self.triggers_at
        new.spread = self.spread
        new.told_at = self.told_at.copy() if self.told_at else {}
        new.others = self.others
        new.preferences = self.preferences
        new.as_of = self.as_of
        new.wake_at = self.wake_at
        return new


def begin_customer(id: str, zone: Zone, fields: list[Any], facts: list[Any], triggers: list[int]) -> Customer:
    """A customer nothing has happened to yet."""
    new = Customer()
    new.id = id
    new.zone = zone
    new.fields = fields
    new.facts = facts
    new.consents = 0
    new.bounced = 0
    new.complained = 0
    new.erased = False
    new.enrollments = []
    new.counter = 0
    new.past = {}
    new.waiting = []
    new.sending = []
    new.caps = {}
    new.would = {}
    new.most = {}
    new.last_sent = {}
    new.segments = 0
    new.segments_at = NEVER
    # One number for each `if` entry: -1 its condition was false, NEVER it was true and
    # was tried, else the instant at which it is to be tried.
    new.triggers = triggers
    new.triggers_at = 0
    new.spread = -1
    # When the newest word on a field (its index), a consent (below 0) or the zone (None) was given; see `OF_THEIRS`.
    new.told_at = {}
    new.others = ()
    new.preferences = {}
    new.as_of = 0
    new.wake_at = 0
    return new
