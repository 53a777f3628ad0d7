"""The ledger: what a trace tells, set against the definitions, and by other means than the core's.

It walks the whys of one customer in order and writes down, for each answer of the gate, what
was true at that instant: zone, consents, addresses, tickets, states, visits.  It reads the
author's definitions (`model.py`), never what the core made of them, except to put names to
its indexes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from journeys.core.customer import GENERIC, HOLDOUT, Customer
from journeys.core.program import Program
from journeys.core.why import (
    ENDED,
    ENTERED,
    EVENT,
    HELD,
    HELD_OUT,
    MOVED,
    NOBODY_SENT,
    RELEASED,
    SEND,
    TOUCH,
    WITHHOLD,
    WITHOUT_CONSENT,
    Why,
)
from journeys.definition.model import Cap, SendEntry

DAY = 86_400_000_000


# ---------------------------------------------------------------- what the trace tells


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of the gate, and what was true then."""

    at: int
    enrollment: int
    journey: str
    item: int
    touch: str
    class_: str
    purpose: str
    visit: int
    occurrence: int
    due_at: int
    expires_at: int
    answer: int
    reason: int
    detail: int
    until: int
    channel: str
    words: str
    arm: int
    zone: str
    consents: frozenset[str]
    fields: dict[str, Any]
    suppressed: frozenset[str]
    tickets: int
    is_vip: bool
    is_held: bool
    has_ended: bool
    is_erased: bool
    stands_in: tuple[str, str]
    states: dict[str, list[str]]
    visits: dict[tuple[int, str], int]
    asked_at: int
    asking: int  # answers of one asking of the gate have the same number
    waited_for: int  # why it had been deferred before, or 0

    @property
    def key(self) -> tuple[int, int, int, int]:
        return (self.enrollment, self.item, self.visit, self.occurrence)

    @property
    def would_go(self) -> bool:
        return self.answer == SEND or (self.answer == WITHHOLD and self.reason == HELD_OUT)


@dataclass(slots=True, kw_only=True)
class Visit:
    """A stay in a state or a stage: arrived at (its own time), left at (the instant), or still there."""

    enrollment: int
    place: str
    number: int
    arrived_at: int
    zone: str
    left_at: int | None = None
    is_disturbed: bool = False  # a hold or a new zone moved the clocks meanwhile


class Ledger:
    """Everything that happened to one customer.  `customer` is as it was before."""

    def __init__(self, program: Program, customer: Customer, whys: list[Why]) -> None:
        self.program = program
        self.definitions = program.definitions
        self.answers: list[Answer] = []
        self.visits: list[Visit] = []
        self.arms: dict[int, int] = {}
        self._zone = customer.zone.name
        self._consents = {name for bit, name in enumerate(program.purpose_names) if customer.consents >> bit & 1}
        self._fields = dict(zip(program.field_names, customer.fields, strict=True))
        self._suppressed: set[str] = set()
        self._tickets: list[str] = []
        self._closed: list[tuple[str, int]] = []
        self._orders: list[tuple[int, int]] = []
        self._erased = False
        self._asked_at = -1
        self._told_at: dict[str, int] = {}
        self._journeys: dict[int, str] = {}
        self._states: dict[int, str] = {}
        self._counts: dict[tuple[int, str], int] = {}
        self._open: dict[tuple[int, str], Visit] = {}
        self._held: set[int] = set()
        self._last_channel: dict[str, str] = {}
        self._asking = 0
        self._waited: dict[tuple[int, int, int, int], int] = {}
        for why in whys:
            self._read(why)

    def _read(self, why: Why) -> None:
        kind = why[0]
        if kind != TOUCH:
            self._asking += 1
        if kind == EVENT:
            if why[3] not in (WITHOUT_CONSENT, NOBODY_SENT):
                self._hear(why[2])
        elif kind == ENTERED:
            name = self.program.journeys[why[3]].name
            self._journeys[why[2]] = name
            self.arms[why[2]] = why[8]
            self._arrive(why[2], self.program.journeys[why[3]].state_names[why[4]], why[5], why[1])
        elif kind == MOVED:
            if why[5] >= 0:
                self._arrive(why[2], self.program.journeys[why[3]].state_names[why[5]], why[6], why[1])
        elif kind == ENDED:
            self._leave(why[2], "", why[1])
            self._held.discard(why[2])
            self._states.pop(why[2])
        elif kind in (HELD, RELEASED):
            (self._held.add if kind == HELD else self._held.discard)(why[2])
            self._disturb(why[2])
        elif kind == TOUCH:
            self._answer(why)

    def _hear(self, event: Any) -> None:
        name = self.program.event_names[event.event]
        told = dict(zip([key for key, _ in self.program.properties[event.event]], event.properties, strict=True))
        if name == "profile.updated":
            for place, value in event.changes:
                field = self.program.field_names[place]
                if not self._is_newest(field, event.at):
                    continue
                if value != self._fields[field]:
                    for channel in self.definitions.brand.channels.values():
                        if channel.address == field:
                            # A new address has neither bounced nor complained, so far as bounces go.
                            self._suppressed.discard(f"{channel.name} bounced")
                self._fields[field] = value
            if event.zone is not None and self._is_newest("the zone", event.at) and event.zone.name != self._zone:
                self._zone = event.zone.name
                for number in self._states:
                    self._disturb(number)
        elif name in ("consent.given", "consent.withdrawn"):
            if self._is_newest(f"consent to {told['purpose']}", event.at):
                (self._consents.add if name == "consent.given" else self._consents.discard)(told["purpose"])
        elif name == "customer.erased":
            self._erased = True
            self._consents.clear()
            self._fields = dict.fromkeys(self._fields)
            self._tickets, self._closed, self._orders, self._told_at = [], [], [], {}
        elif name == "ticket_created" and told["ticket_id"] is not None:
            # One whose closing was heard of before its opening is closed.
            is_over = any(what == told["ticket_id"] and event.at <= at for what, at in self._closed)
            if told["ticket_id"] not in self._tickets and not is_over:
                self._tickets.append(told["ticket_id"])
        elif name == "ticket_closed" and told["ticket_id"] is not None:
            if told["ticket_id"] in self._tickets:
                self._tickets.remove(told["ticket_id"])
            else:
                self._closed.append((told["ticket_id"], event.at))
        elif name in ("order_placed", "bought") and told["total"] is not None:
            self._orders.append((event.at, told["total"]))
        elif name == "asked":
            self._asked_at = max(self._asked_at, event.at)
        touch, _, part = name.partition(".")
        if part in ("bounced", "complained") and self._last_channel.get(touch):
            self._suppressed.add(f"{self._last_channel[touch]} {part}")

    def _is_newest(self, what: str, at: int) -> bool:
        """An older word that arrives later changes nothing."""
        if at < self._told_at.get(what, 0):
            return False
        self._told_at[what] = at
        return True

    def _arrive(self, number: int, state: str, arrived_at: int, at: int) -> None:
        stage = state.partition(".")[0]
        before = self._states.get(number, "")
        self._leave(number, stage, at)
        self._states[number] = state
        places = [state] if before.partition(".")[0] == stage and stage != state else [state, stage]
        for place in dict.fromkeys(places):
            count = self._counts[number, place] = self._counts.get((number, place), 0) + 1
            visit = Visit(enrollment=number, place=place, number=count, arrived_at=arrived_at, zone=self._zone)
            visit.is_disturbed = number in self._held
            self._open[number, place] = visit
            self.visits.append(visit)

    def _leave(self, number: int, stage: str, at: int) -> None:
        """Leaves the state, and the stage too unless the next state is in it."""
        state = self._states.get(number, "")
        for place in {state, state.partition(".")[0]} - ({stage} - {state}):
            if (number, place) in self._open:
                self._open.pop((number, place)).left_at = at

    def _disturb(self, number: int) -> None:
        for (other, _), visit in self._open.items():
            visit.is_disturbed |= other == number

    def _is_vip(self, at: int) -> bool:
        if self.definitions.brand.name == "Kaffa":
            return sum(total for when, total in self._orders if when > at - 365 * DAY) >= 100_000
        return sum(total for when, total in self._orders if when > at - 20 * DAY) >= 10_000

    def _answer(self, why: Why) -> None:
        _, at, number, journey, item, touch, visit, occurrence, due, answer, reason, detail, until, channel, words = (
            why[:15]
        )
        name = self.program.touches[touch].name
        purpose = self.definitions.touches[name].purpose
        send = self.program.journeys[journey].items[item].send
        assert send is not None
        states: dict[str, list[str]] = {}
        for each, state in self._states.items():
            states.setdefault(self._journeys[each], []).append(state)
        told = Answer(
            at=at,
            enrollment=number,
            journey=self._journeys[number],
            item=item,
            touch=name,
            class_=self.definitions.brand.purposes[purpose].class_,
            purpose=purpose,
            visit=visit,
            occurrence=occurrence,
            due_at=due,
            expires_at=due + send.valid_for,
            answer=answer,
            reason=reason,
            detail=detail,
            until=until,
            channel=self.program.channel_names[channel] if channel >= 0 else "",
            words=words,
            arm=self.arms[number],
            zone=self._zone,
            consents=frozenset(self._consents),
            fields=dict(self._fields),
            suppressed=frozenset(self._suppressed),
            tickets=len(self._tickets),
            is_vip=self._is_vip(at),
            is_held=number in self._held,
            has_ended=number not in self._states,
            is_erased=self._erased,
            stands_in=(self._journeys[number], self._states.get(number, "")),
            states=states,
            visits=dict(self._counts),
            asked_at=self._asked_at,
            asking=self._asking,
            waited_for=self._waited.get((number, item, visit, occurrence), 0),
        )
        self.answers.append(told)
        self._waited[told.key] = reason
        if answer == SEND:
            self._last_channel[name] = told.channel

    # ------------------------------------------------------------ what the definitions say of it

    @property
    def sends(self) -> list[Answer]:
        return [each for each in self.answers if each.answer == SEND]

    def marketing(self) -> Iterator[Answer]:
        return (each for each in self.answers if each.class_ == "marketing")

    def entry(self, answer: Answer) -> SendEntry:
        """The author's send entry behind an answer."""
        return entries(self.program)[answer.journey, answer.item]

    def is_of_a_move(self, answer: Answer) -> bool:
        journey = next(each for each in self.program.journeys if each.name == answer.journey)
        send = journey.items[answer.item].send
        assert send is not None
        return "move" in send.path or "anywhere" in send.path

    def counted(self, before: Answer) -> list[Answer]:
        """The sends that use up a slot for this answer; a held-out one's own would-be ones as well."""
        kept = [each for each in self.marketing() if each.at <= before.at and each is not before and each.would_go]
        place = {id(each): index for index, each in enumerate(self.answers)}
        kept = [each for each in kept if place[id(each)] < place[id(before)]]
        return [each for each in kept if each.answer == SEND or before.arm == HOLDOUT]

    def lines_in_force(self, answer: Answer) -> list[Cap]:
        """Of cap lines of one scope, the one whose condition holds replaces the others."""
        scopes: dict[Any, Cap] = {}
        for cap in self.definitions.brand.caps:
            scope = (cap.each, cap.per, cap.class_, cap.purposes, cap.channels, cap.topics)
            assert cap.condition is None or "vip" in cap.condition.text
            if (cap.condition is None and scope not in scopes) or (cap.condition is not None and answer.is_vip):
                scopes[scope] = cap
        return list(scopes.values())

    def falls_under(self, cap: Cap, answer: Answer, channel: str) -> bool:
        topic = self.definitions.touches[answer.touch].topic
        return (
            (not cap.purposes or answer.purpose in cap.purposes)
            and (not cap.topics or topic in cap.topics)
            and (not cap.channels or channel in cap.channels)
            and (cap.each != "topic" or topic is not None)
        )

    def is_counted_with(self, cap: Cap, one: Answer, channel: str, other: Answer) -> bool:
        """Whether two touches that fall under a cap use up the same slots of it."""
        if not self.falls_under(cap, other, channel_of(other, self.program)):
            return False
        if cap.each == "channel":
            return channel_of(other, self.program) == channel
        if cap.each == "topic":
            topics = self.definitions.touches
            return topics[one.touch].topic == topics[other.touch].topic
        return cap.each != "touch" or one.touch == other.touch

    def room_at(self, answer: Answer, channel: str, at: int) -> bool:
        """Whether every cap admits this touch at an instant, by what is known when it is asked."""
        others = self.counted(answer)
        for cap in self.lines_in_force(answer):
            if self.falls_under(cap, answer, channel):
                used = [each for each in others if self.is_counted_with(cap, answer, channel, each)]
                if sum(at - cap.per < each.at <= at for each in used) >= cap.most:
                    return False
        return True

    def usable_channels(self, answer: Answer) -> list[str]:
        """The channels it may go through, the preferred first."""
        brand = self.definitions.brand
        found = []
        for name in self.definitions.touches[answer.touch].channels:
            address = brand.channels[name].address
            bare = None if address is None else answer.fields[address.removeprefix("customer.")]
            is_suppressed = f"{name} bounced" in answer.suppressed or f"{name} complained" in answer.suppressed
            if bare and not is_suppressed and name not in self.shut_channels(answer):
                found.append(name)
        return found

    def shut_channels(self, answer: Answer) -> set[str]:
        if self.definitions.brand.name == "Kaffa":
            asleep = "loyalty.asleep" in answer.states.get("grocery", [])
            return {"email"} if answer.purpose == "offers" and asleep else set()
        return {"email"} if answer.class_ == "marketing" and answer.fields["level"] == 3 else set()

    def must_wait(self, answer: Answer) -> bool:
        """Whether a suppress rule of the brand that waits holds, for a marketing touch."""
        if answer.class_ != "marketing":
            return False
        if self.definitions.brand.name == "Kaffa":
            troubled = (
                "support" in answer.states.get("espresso", [])
                or "support" in answer.states.get("nps", [])
                or "support.helping" in answer.states.get("grocery", [])
            )
            suite = {"support.at-risk", "feedback.leaving", "selection.contract"}
            is_left_alone = not suite.isdisjoint(answer.states.get("workspace-suite", []))
            return (
                answer.tickets > 2
                or (answer.purpose == "offers" and troubled)
                or (answer.purpose in ("offers", "insights") and is_left_alone)
            )
        is_asked_today = answer.asked_at >= 0 and (answer.at - answer.asked_at) // DAY < 1
        return answer.tickets > 1 or (answer.purpose == "surveys" and is_asked_today)

    def must_not_go(self, answer: Answer) -> bool:
        """Whether a suppress rule that does not wait holds, on all channels or on all that have an address."""
        kaffa = self.definitions.brand.name == "Kaffa"
        if not kaffa and answer.purpose in ("surveys", "alerts") and answer.fields["level"] == 4:
            return True
        return bool(self.shut_channels(answer)) and not self.usable_channels(answer)

    def must_be_generic(self, answer: Answer) -> bool:
        data = {each.name for each in self.definitions.brand.purposes.values() if each.class_ == "data"}
        return answer.arm == GENERIC or not data <= answer.consents


def channel_of(answer: Answer, program: Program) -> str:
    """Where it went; of a held-out touch, where it would have gone."""
    return answer.channel or program.channel_names[answer.detail]


@cache
def entries(program: Program) -> dict[tuple[str, int], SendEntry]:
    """Each item of a program that sends, with the author's entry: found by its path."""
    found = {}
    for journey in program.journeys:
        source = journey.definition
        owners: list[Any] = [*source.stages, *[step for stage in source.stages for step in stage.steps]]
        owners += [move for owner in [*owners] for move in owner.move] + list(source.anywhere)
        by_path = {entry.path: entry for owner in owners for entry in owner.send}
        for item in journey.items:
            if item.send is not None:
                found[journey.name, item.index] = by_path[item.send.path]
    return found
