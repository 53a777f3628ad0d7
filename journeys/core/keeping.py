"""Keeping: a customer as bytes, and back.

What stands where in them is for `packed` to say.  `unpack` gives back who decides in the same way: nothing that
a decision may read is left out, not even the results that are only remembered (`plan`, `watch_at`), because
what is ripe, and what was announced for the next microsecond, does not follow from the rest.

When definitions are published anew, `carry_over` takes what was packed from one layout to the next.  Whoever
keeps customers finds all of it here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Any

from msgspec import MsgspecError

from journeys.errors import JourneysError

from .calendar import NEVER, zone
from .carrying import ChangedJourney, carry_over
from .clocks import replan
from .customer import Customer, Enrollment, Sending, Waiting
from .facts import MOMENTS, ROWS, Slot
from .hearing import next_due
from .layout import Layout, layout_of
from .packed import FORMAT, PackedCustomer, PackedEnrollment, PackedSending, PackedWaiting, read, write
from .plain import from_plain, to_plain
from .program import Program
from .settling import watch
from .turning import Turning

__all__ = ["ChangedJourney", "Layout", "UnreadableCustomer", "carry_over", "layout_of", "pack", "unpack"]


class UnreadableCustomer(JourneysError):
    """What was kept of a customer is not what `pack` made with these definitions."""

    def __init__(self, id: str, because: str) -> None:
        super().__init__(f"what was kept of customer {id!r} cannot be read: {because}")
        self.id = id


def pack(customer: Customer) -> bytes:
    packed = PackedCustomer(
        FORMAT,
        customer.counter,
        customer.segments_at,
        customer.triggers_at,
        customer.spread,
        customer.as_of,
        customer.wake_at,
        customer.zone.name,
        customer.erased,
        customer.consents,
        customer.bounced,
        customer.complained,
        customer.segments,
        customer.fields,
        customer.facts,
        customer.triggers,
        [_pack_enrollment(each) for each in customer.enrollments],
        [(journey, key, *past) for (journey, key), past in customer.past.items()] if customer.past else [],
        [_pack_waiting(each) for each in customer.waiting] if customer.waiting else [],
        [
            PackedSending(_pack_waiting(each.waiting), each.touch.index, each.channel, each.words, each.at)
            for each in customer.sending
        ]
        if customer.sending
        else [],
        customer.caps,
        customer.would,
        customer.most,
        customer.last_sent,
        [*customer.told_at.items()],
        None,
        customer.others,
        customer.preferences,
    )
    try:
        return write(packed)
    except OverflowError:
        return write(_widened(packed))


def _widened(packed: PackedCustomer) -> PackedCustomer:
    """The same, with the numbers that have outgrown 64 bits in their other form: hardly any customer has one."""
    packed.consents, packed.bounced = to_plain(packed.consents), to_plain(packed.bounced)
    packed.complained, packed.segments = to_plain(packed.complained), to_plain(packed.segments)
    for each in packed.enrollments:
        each.kept = [to_plain(value) for value in each.kept]
    return packed


def _pack_enrollment(enrollment: Enrollment) -> PackedEnrollment:
    return PackedEnrollment(
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
        enrollment.hold_spent,
        enrollment.key,
        enrollment.visits,
        enrollment.stage_visits,
        enrollment.kept,
        enrollment.kept_at,
        enrollment.fired,
        enrollment.taken,
        enrollment.since,
        enrollment.heard,
        enrollment.seen,
        enrollment.plan,
        enrollment.ripe,
    )


def _pack_waiting(waiting: Waiting) -> PackedWaiting:
    return (
        waiting.enrollment,
        waiting.send.item.index,
        waiting.place,
        waiting.visit,
        waiting.occurrence,
        waiting.due_at,
        waiting.ask_at,
        waiting.reason,
    )


def unpack(program: Program, id: str, value: bytes) -> Customer:
    """The customer that was packed with the same definitions, or carried over to them.  Raises UnreadableCustomer.

    What is given may be any bytes that were read from somewhere.
    """
    try:
        return _unpack(program, id, read(value))
    except (MsgspecError, TypeError, ValueError, LookupError, AttributeError, RecursionError) as error:
        raise UnreadableCustomer(id, str(error)) from None


def _unpack(program: Program, id: str, packed: PackedCustomer) -> Customer:
    if packed.format != FORMAT:
        raise ValueError(f"its format is {packed.format}, not {FORMAT}")
    if len(packed.fields) != len(program.field_names):
        raise _WrongCount(program.field_names, "fields")
    if len(packed.facts) != len(program.slots):
        raise _WrongCount(program.slots, "facts")
    if len(packed.triggers) != len(program.triggers):
        raise _WrongCount(program.triggers, "answers of entries")
    new = Customer()
    new.id = id
    new.counter = packed.counter
    new.segments_at = packed.segments_at
    new.triggers_at = packed.triggers_at
    new.spread = packed.spread
    new.as_of = packed.as_of
    new.wake_at = packed.wake_at
    new.zone = zone(packed.zone)
    new.erased = packed.erased
    new.consents = packed.consents if type(packed.consents) is int else from_plain(packed.consents)
    new.bounced = packed.bounced if type(packed.bounced) is int else from_plain(packed.bounced)
    new.complained = packed.complained if type(packed.complained) is int else from_plain(packed.complained)
    new.segments = packed.segments if type(packed.segments) is int else from_plain(packed.segments)
    new.fields = packed.fields
    new.facts = _facts(program.slots, packed.facts)
    new.triggers = packed.triggers
    new.enrollments = [_unpack_enrollment(program, each) for each in packed.enrollments]
    new.past = {}
    if packed.past:
        new.past = {(journey, key): (begun, over) for journey, key, begun, over in packed.past}
    new.waiting = []
    new.sending = []
    if packed.waiting or packed.sending:
        by_number = {each.number: each for each in new.enrollments}
        new.waiting = [_unpack_waiting(by_number, each) for each in packed.waiting]
        new.sending = [
            Sending(
                _unpack_waiting(by_number, each.waiting), program.touches[each.touch], each.channel, each.words, each.at
            )
            for each in packed.sending
        ]
    new.caps = packed.caps
    new.would = packed.would
    new.most = packed.most
    new.last_sent = packed.last_sent
    new.told_at = dict(packed.told_at)
    new.others = packed.others
    new.preferences = packed.preferences
    if packed.unasked is not None:
        _settle_in(program, new, *packed.unasked)
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


def _unpack_enrollment(program: Program, packed: PackedEnrollment) -> Enrollment:
    program_of = program.journeys[packed.journey]
    state, stage = packed.state, packed.stage
    if packed.journey < 0 or state < 0 or program_of.states[state].stage != stage:
        raise ValueError(f"nobody can stand in state {state} of journey {packed.journey}")
    if len(packed.visits) != len(program_of.states):
        raise _WrongCount(program_of.states, "visits")
    if len(packed.stage_visits) != len(program_of.stage_names):
        raise _WrongCount(program_of.stage_names, "visits of stages")
    if len(packed.kept) != len(program_of.kept_names):
        raise _WrongCount(program_of.kept_names, "kept values")
    if len(packed.kept_at) != len(program_of.kept_names):
        raise _WrongCount(program_of.kept_names, "moments of kept values")
    new = Enrollment()
    new.journey = program_of
    new.number = packed.number
    new.key = packed.key
    new.arm = packed.arm
    new.entered_at = packed.entered_at
    new.state = state
    new.stage = stage
    new.arrived_at = packed.arrived_at
    new.stage_at = packed.stage_at
    new.answered_at = packed.answered_at
    new.mark = packed.mark
    new.stage_mark = packed.stage_mark
    new.visits = packed.visits
    new.stage_visits = packed.stage_visits
    new.kept = [from_plain(value) if type(value) is dict else value for value in packed.kept]
    new.kept_at = packed.kept_at
    new.held_at = packed.held_at
    new.held_for = packed.held_for
    new.hold_spent = packed.hold_spent
    new.fired = packed.fired
    new.taken = packed.taken
    new.since = packed.since
    new.heard = packed.heard
    new.seen = packed.seen
    new.seen_at = packed.seen_at
    new.ended_at = packed.ended_at
    new.end = packed.end
    new.goal_at = packed.goal_at
    new.plan = packed.plan
    new.ripe = packed.ripe
    new.due_at = packed.plan[0][0] if packed.plan else NEVER
    new.watch_at = packed.watch_at
    return new


def _unpack_waiting(by_number: dict[int, Enrollment], packed: PackedWaiting) -> Waiting:
    number, item, place, visit, occurrence, due_at, ask_at, reason = packed
    send = by_number[number].journey.items[item].send
    if send is None or item < 0:
        raise ValueError("a touch waits where nothing is sent")
    return Waiting(number, send, place, visit, occurrence, due_at, ask_at, reason)


def _facts(slots: list[Slot], packed: list[Any]) -> list[Any]:
    """What each slot holds, in the form of its kind: moments are a list, all else is tuples."""
    # Nearly all are None.
    for place in compress(range(len(packed)), packed):
        fact, kind = packed[place], slots[place].kind
        if kind == MOMENTS:
            continue
        if kind == ROWS:
            moments, rows = fact
            packed[place] = (moments, [from_plain(row) for row in rows])
        else:
            packed[place] = from_plain(fact)
    return packed


class _WrongCount(ValueError):
    def __init__(self, wanted: Sequence[object], what: str) -> None:
        super().__init__(f"it should have {len(wanted)} {what}")
