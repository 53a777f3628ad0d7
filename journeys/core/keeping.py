"""Keeping: a customer as plain values, and back.

What comes of `pack` is lists, numbers, texts and dicts by number, as any binary form can carry them.
Names are indexes there as they are in the customer, so that it is small and quick.  `unpack` gives back
who decides in the same way: nothing that a decision may read is left out, not even the results that are
only remembered (`plan`, `watch_at`), because what is ripe, and what was announced for the next
microsecond, does not follow from the rest.

What an index means is for the layout to say; when definitions are published anew, `carry_over` takes what was
packed from one layout to the next.  Whoever keeps customers finds all of it here.
"""

from __future__ import annotations

from typing import Any, Final

from journeys.errors import JourneysError

from .calendar import NEVER, zone
from .carrying import ChangedJourney, carry_over
from .clocks import replan
from .customer import Customer, Enrollment, Sending, Waiting
from .facts import MOMENTS, ROWS, Slot
from .hearing import next_due
from .layout import Layout, layout_of
from .plain import from_plain, to_plain
from .program import Program
from .settling import watch
from .turning import Turning

__all__ = ["ChangedJourney", "Layout", "UnreadableCustomer", "carry_over", "layout_of", "pack", "unpack"]

FORMAT: Final = 1  # of what `pack` makes; another one is not read as if it were this


class UnreadableCustomer(JourneysError):
    """What was kept of a customer is not what `pack` made with these definitions."""

    def __init__(self, id: str, because: str) -> None:
        super().__init__(f"what was kept of customer {id!r} cannot be read: {because}")
        self.id = id


def pack(customer: Customer) -> list[Any]:
    """A customer as plain values, which no later change of the customer reaches."""
    return [
        FORMAT,
        [
            customer.counter,
            customer.segments_at,
            customer.triggers_at,
            customer.spread,
            customer.as_of,
            customer.wake_at,
        ],
        customer.zone.name,
        customer.erased,
        to_plain(customer.consents),
        to_plain(customer.bounced),
        to_plain(customer.complained),
        to_plain(customer.segments),
        customer.fields[:],
        customer.facts[:],
        customer.triggers[:],
        [_pack_enrollment(each) for each in customer.enrollments],
        [[journey, key, *past] for (journey, key), past in customer.past.items()],
        [_pack_waiting(each) for each in customer.waiting],
        [
            [_pack_waiting(each.waiting), each.touch.index, each.channel, each.words, each.at]
            for each in customer.sending
        ],
        customer.caps.copy(),
        customer.would.copy(),
        customer.most.copy(),
        customer.last_sent.copy(),
        [[what, at] for what, at in customer.told_at.items()],
        None,  # where it was carried over: the segments and `if` entries that were not asked yet
    ]


def _pack_enrollment(enrollment: Enrollment) -> list[Any]:
    return [
        [
            enrollment.journey.index,
            enrollment.number,
            enrollment.arm,
            enrollment.entered_at,
            enrollment.state,
            enrollment.stage,
            enrollment.arrived_at,
            enrollment.stage_at,
            enrollment.answered_at,
            enrollment.mark,
            enrollment.stage_mark,
            enrollment.held_at,
            enrollment.held_for,
            enrollment.seen_at,
            enrollment.ended_at,
            enrollment.end,
            enrollment.goal_at,
            enrollment.watch_at,
        ],
        enrollment.key,
        enrollment.hold_spent,
        enrollment.visits,
        enrollment.stage_visits,
        [to_plain(value) for value in enrollment.kept],
        enrollment.kept_at,
        enrollment.fired.copy(),
        enrollment.taken.copy(),
        enrollment.since,
        enrollment.heard,
        enrollment.seen,
        enrollment.plan,
        enrollment.ripe,
    ]


def _pack_waiting(waiting: Waiting) -> list[int]:
    return [
        waiting.enrollment,
        waiting.send.item.index,
        waiting.place,
        waiting.visit,
        waiting.occurrence,
        waiting.due_at,
        waiting.ask_at,
        waiting.reason,
    ]


def unpack(program: Program, id: str, packed: Any) -> Customer:
    """The customer that was packed with the same definitions, or carried over to them.  Raises UnreadableCustomer.

    What is given may be anything that was read from somewhere.
    """
    try:
        return _unpack(program, id, packed)
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError) as error:
        raise UnreadableCustomer(id, str(error)) from None


def _unpack(program: Program, id: str, packed: list[Any]) -> Customer:
    if packed[0] != FORMAT:
        raise ValueError(f"its format is {packed[0]!r}, not {FORMAT}")
    (
        _,
        numbers,
        zone_name,
        erased,
        consents,
        bounced,
        complained,
        segments,
        fields,
        facts,
        triggers,
        enrollments,
        past,
        waiting,
        sending,
        caps,
        would,
        most,
        last_sent,
        told_at,
        unasked,
    ) = packed
    _check(fields, len(program.field_names), "fields")
    _check(facts, len(program.slots), "facts")
    _check(triggers, len(program.triggers), "answers of entries")
    _check_whole([*numbers, *triggers])
    new = Customer()
    new.id = id
    new.counter, new.segments_at, new.triggers_at, new.spread, new.as_of, new.wake_at = numbers
    new.zone = zone(zone_name)
    new.erased = bool(erased)
    new.consents = from_plain(consents)
    new.bounced = from_plain(bounced)
    new.complained = from_plain(complained)
    new.segments = from_plain(segments)
    _check_whole([new.consents, new.bounced, new.complained, new.segments])
    new.fields = [from_plain(value) if type(value) is list else value for value in fields]
    new.facts = _facts(program.slots, facts)
    new.triggers = triggers
    new.enrollments = [_unpack_enrollment(program, each) for each in enrollments]
    new.past = {}
    for journey, key, begun, over, end in past:
        new.past[journey, from_plain(key)] = (begun, over, end)
    new.waiting = []
    new.sending = []
    if waiting or sending:
        by_number = {each.number: each for each in new.enrollments}
        new.waiting = [_unpack_waiting(by_number, each) for each in waiting]
        new.sending = [
            Sending(_unpack_waiting(by_number, what), program.touches[touch], channel, words, at)
            for what, touch, channel, words, at in sending
        ]
    new.caps = {**caps}
    new.would = {**would}
    new.most = {**most}
    new.last_sent = {touch: (number, channel) for touch, (number, channel) in last_sent.items()}
    new.told_at = dict(told_at)
    if unasked is not None:
        _settle_in(program, new, *unasked)
    return new


def _settle_in(program: Program, customer: Customer, segments: list[int], triggers: list[int]) -> None:
    """Among new definitions: clocks are planned anew, and what is asked for the first time is no news."""
    at = customer.as_of
    turning = Turning(program, customer, False, None)
    for enrollment in customer.enrollments:
        if enrollment.ended_at < 0:
            replan(turning, enrollment, at, enrollment.answered_at, skips=False)
            watch(turning, enrollment, at)
    # What was already known is asked no sooner than it would have been, and not in this instant again.
    if program.segments and not customer.erased:
        for bit, test, _, _ in program.segments:
            if bit.bit_length() - 1 in segments and test.reads(customer, None, None, at):
                customer.segments |= bit
        customer.segments_at = min(customer.segments_at, at + 1)
    if program.triggers and not customer.erased:
        for place in triggers:
            condition = program.triggers[place].condition
            if condition is not None and condition.reads(customer, None, None, at):
                customer.triggers[place] = NEVER
        customer.triggers_at = min(customer.triggers_at, at + 1)
    customer.wake_at = next_due(customer)


def _unpack_enrollment(program: Program, packed: list[Any]) -> Enrollment:
    numbers, key, hold_spent, visits, stage_visits, kept, kept_at, fired, taken, since, heard, seen, plan, ripe = packed
    _check_whole(numbers)
    new = Enrollment()
    (
        journey,
        new.number,
        new.arm,
        new.entered_at,
        new.state,
        new.stage,
        new.arrived_at,
        new.stage_at,
        new.answered_at,
        new.mark,
        new.stage_mark,
        new.held_at,
        new.held_for,
        new.seen_at,
        new.ended_at,
        new.end,
        new.goal_at,
        new.watch_at,
    ) = numbers
    program_of = program.journeys[journey]
    if journey < 0 or new.state < 0 or program_of.states[new.state].stage != new.stage:
        raise ValueError(f"nobody can stand in state {new.state} of journey {journey}")
    _check(visits, len(program_of.states), "visits")
    _check(stage_visits, len(program_of.stage_names), "visits of stages")
    _check(kept, len(program_of.kept_names), "kept values")
    _check(kept_at, len(program_of.kept_names), "moments of kept values")
    new.journey = program_of
    new.key = from_plain(key)
    new.hold_spent = bool(hold_spent)
    new.visits = visits
    new.stage_visits = stage_visits
    new.kept = [from_plain(value) for value in kept]
    new.kept_at = kept_at
    new.fired = {}
    for item, (visit, occurrences, due, mark, anchor) in fired.items():
        new.fired[item] = (visit, occurrences, due, mark, anchor)
    new.taken = {**taken}
    new.since = {move: (at, mark) for move, (at, mark) in since.items()}
    new.heard = {**heard}
    new.seen = tuple(seen)
    new.plan = [(at, item) for at, item in plan]
    new.ripe = [(at, item) for at, item in ripe]
    new.due_at = new.plan[0][0] if new.plan else NEVER
    return new


def _unpack_waiting(by_number: dict[int, Enrollment], packed: list[int]) -> Waiting:
    number, item, place, visit, occurrence, due_at, ask_at, reason = packed
    send = by_number[number].journey.items[item].send
    if send is None or item < 0:
        raise ValueError("a touch waits where nothing is sent")
    return Waiting(number, send, place, visit, occurrence, due_at, ask_at, reason)


def _facts(slots: list[Slot], packed: list[Any]) -> list[Any]:
    """What each slot holds, in the form of its kind: moments are a list, all else is tuples."""
    facts: list[Any] = [None] * len(slots)
    for place, fact in enumerate(packed):
        if fact is None:
            continue
        kind = slots[place].kind
        if kind == MOMENTS:
            facts[place] = [*fact]
        elif kind == ROWS:
            moments, rows = fact
            facts[place] = ([*moments], [from_plain(row) for row in rows])
        else:
            facts[place] = from_plain(fact)
    return facts


def _check(values: Any, count: int, what: str) -> None:
    if type(values) is not list or len(values) != count:
        raise ValueError(f"it should have {count} {what}")


def _check_whole(numbers: list[Any]) -> None:
    for each in numbers:
        if type(each) is not int:
            raise TypeError(f"{each!r} stands where a whole number belongs")
