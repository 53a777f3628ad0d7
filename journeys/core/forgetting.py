"""Forgetting: what `keep` in brand.yaml says is known for so long, and no longer.

A field's value is forgotten when it was told longer ago than the field is kept; what conditions remember of an
event, when it happened longer ago than the event is kept.  It is a signal like any other: it comes at an
instant, and whatever follows from not knowing any more is decided in the same turn.

What became of an event stays: where the customer stands, what an enrollment kept of it, its key, how many are open.
A score is one number of many events; it goes when nothing was added for as long as they are kept.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any, Final

from .answers import ask_ruled
from .calendar import NEVER
from .clocks import replan, watch_hold
from .customer import OF_THEIRS, Customer, Event
from .facts import LAST, MOMENTS, NOTHING_OPEN, ROWS, SCORE, Slot
from .hearing import next_due
from .program import Program
from .settling import settle
from .turn import Turn, take_instant
from .turning import Turning
from .why import FORGOTTEN

_NO_EVENTS: Final[list[Event]] = []


class Forgetting:
    """What a program's customers forget.  Made once for a program, and never changed."""

    __slots__ = ("_fields", "_slots", "program")

    def __init__(self, program: Program) -> None:
        self.program = program
        brand = program.definitions.brand
        self._fields: list[tuple[int, int]] = []
        for place, field in enumerate(brand.fields.values()):
            if field.keep is not None:
                self._fields.append((place, field.keep))
        fed_by: dict[int, list[int]] = {}
        for event, slots in enumerate(program.fed):
            for slot in slots:
                fed_by.setdefault(slot.index, []).append(event)
        keeps = [NEVER if event.keep is None else event.keep for event in program.definitions.heard.values()]
        self._slots: list[tuple[Slot, int, list[int]]] = []
        for index, events in sorted(fed_by.items()):
            # Fed by several, it is kept as long as the one that is kept longest.
            longest = max([keeps[event] for event in events])
            if longest < NEVER:
                self._slots.append((program.slots[index], longest, sorted(events)))

    @property
    def is_any(self) -> bool:
        """Whether anything is ever forgotten."""
        return bool(self._fields or self._slots)

    def is_due(self, customer: Customer, at: int) -> bool:
        """Whether a customer knows something that is to be forgotten at an instant."""
        for place, keep in self._fields:
            if _is_past(customer, place, at - keep):
                return True
        facts = customer.facts
        for slot, keep, _ in self._slots:
            fact = facts[slot.index]
            if fact is not None and _without(slot.kind, fact, at - keep) is not fact:
                return True
        return False

    def forget(self, customer: Customer, at: int) -> Turn:
        """In place: a turn up to an instant, in which what is beyond its keep is forgotten after what is due before."""
        turning = Turning(self.program, customer, False, None)
        while customer.wake_at < at:
            take_instant(turning, customer.wake_at, _NO_EVENTS)
        turning.moment = customer.as_of = max(at, customer.as_of)
        self._forget(turning, customer.as_of)
        customer.wake_at = customer.as_of
        take_instant(turning, customer.as_of, _NO_EVENTS)
        return Turn(customer, turning.effects, turning.whys, turning.signals)

    def drop(self, customer: Customer, at: int) -> Turn:
        """In place: what is beyond its keep at an instant is gone, and the customer stays where they are in time.

        For one who cannot be decided for.  What follows is decided when they go on and come to that instant; what
        happened before it is heard before it.
        """
        turning = Turning(self.program, customer, False, None)
        turning.moment = as_of = customer.as_of
        # By a clock that was set back they are further than it is, and time goes on from there.
        at = max(at, as_of)
        if self._lose(turning, at):
            for enrollment in customer.enrollments:
                if enrollment.ended_at < 0:
                    if enrollment.journey.states[enrollment.state].has_due:
                        replan(turning, enrollment, as_of, -1)
                    enrollment.watch_at = min(enrollment.watch_at, at)
            customer.segments_at = min(customer.segments_at, at)
            customer.triggers_at = min(customer.triggers_at, at)
            if customer.waiting:
                ask_ruled(customer, at)
            customer.wake_at = next_due(customer)
        return Turn(customer, turning.effects, turning.whys, turning.signals)

    def _lose(self, turning: Turning, at: int) -> bool:
        """Whether anything was forgotten."""
        customer = turning.customer
        gone = self._forget_fields(customer, at)
        unheard = self._forget_facts(customer, at)
        if gone or unheard:
            turning.whys.append((FORGOTTEN, at, gone, unheard))
        return bool(gone or unheard)

    def _forget(self, turning: Turning, at: int) -> None:
        if not self._lose(turning, at):
            return
        customer = turning.customer
        # As while an event is heard: the gate comes before the clocks of this instant.
        turning.is_hearing = True
        for enrollment in customer.enrollments:
            if enrollment.ended_at < 0:
                if enrollment.journey.hold is not None:
                    watch_hold(turning, enrollment, at)
                if enrollment.journey.states[enrollment.state].has_due:
                    replan(turning, enrollment, at, -1)
                settle(turning, enrollment, at)
        turning.is_hearing = False
        customer.segments_at = customer.triggers_at = at
        if customer.waiting:
            ask_ruled(customer, at)

    def _forget_fields(self, customer: Customer, at: int) -> list[int]:
        gone = [place for place, keep in self._fields if _is_past(customer, place, at - keep)]
        if gone:
            fields = [*customer.fields]
            for place in gone:
                fields[place] = None
                customer.told_at[place] %= OF_THEIRS
            customer.fields = fields
            for channel, address in enumerate(self.program.channel_addresses):
                if address in gone:
                    # What bounced was the address.
                    customer.bounced &= ~(1 << channel)
        return gone

    def _forget_facts(self, customer: Customer, at: int) -> list[int]:
        """The events of which something was forgotten."""
        unheard: set[int] = set()
        facts = customer.facts
        for slot, keep, events in self._slots:
            fact = facts[slot.index]
            if fact is not None:
                left = _without(slot.kind, fact, at - keep)
                if left is not fact:
                    facts[slot.index] = left
                    unheard.update(events)
        return sorted(unheard)


def _is_past(customer: Customer, place: int, until: int) -> bool:
    return customer.fields[place] is not None and customer.told_at.get(place, until + 1) % OF_THEIRS <= until


def _without(kind: int, fact: Any, until: int) -> Any:
    """A fact without what happened up to an instant: the same where nothing did, None where nothing is left."""
    if kind == MOMENTS:
        if fact[0] > until:
            return fact
        return fact[bisect_right(fact, until) :] or None
    if kind == ROWS:
        moments, rows = fact
        if moments[0] > until:
            return fact
        start = bisect_right(moments, until)
        return (moments[start:], rows[start:]) if start < len(moments) else None
    if kind == LAST:
        return fact if fact[0] > until else None
    if kind == SCORE:
        return fact if fact[1] > until else None
    # What is up stays until it comes down.
    opened, closed = fact
    left = tuple([each for each in closed if each[1] > until])
    if len(left) == len(closed):
        return fact
    return (opened, left) if (opened, left) != NOTHING_OPEN else None
