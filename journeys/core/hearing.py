"""Hearing: what an event does to a customer. Facts first, then each enrollment, then who may enter."""

from __future__ import annotations

from .customer import Customer, Enrollment, Event
from .entering import enter_on, forget_past
from .gate import withdraw
from .moving import choose, end, replan, settle, take, watch_hold
from .program import END
from .turning import Turning
from .why import (
    BY_ERASURE,
    BY_EVENT,
    CONSENT,
    ENDED,
    EVENT,
    GOAL,
    HEARD,
    IMPORTED,
    NOBODY_SENT,
    RULE,
    TOO_LATE,
    WITHOUT_CONSENT,
)


def hear(turning: Turning, event: Event, at: int) -> None:
    """Takes one event, from outside or from the engine, at an instant no earlier than its own."""
    program, customer = turning.program, turning.customer
    kind = event.event
    is_ours = event.enrollment >= 0
    heard = HEARD
    mask = program.event_masks[kind]
    if mask and not customer.consents & mask:
        # Without consent an event is as if it had not been: no fact, no move.
        turning.whys.append((EVENT, at, event, WITHOUT_CONSENT))
        return
    touch = program.touch_of.get(kind, -1)
    if touch >= 0 and not is_ours:
        last = customer.last_sent.get(touch)
        if last is None:
            turning.whys.append((EVENT, at, event, NOBODY_SENT))
            return
        event.enrollment = last[0]
        _suppress(turning, event, last[1])
    if at - event.at > program.late_for:
        heard = TOO_LATE
    if event.imported:
        heard = IMPORTED
    turning.whys.append((EVENT, at, event, heard))
    _note(turning, event, at)
    if customer.enrollments:
        _tell_enrollments(turning, event, at, heard)
    if heard == HEARD and not customer.erased:
        # Counted before the moves of this event: an enrollment it concerned does not start anew by it.
        enter_on(turning, event, at, turning.counter)
    _ask_again(turning, kind, at)


def _note(turning: Turning, event: Event, at: int) -> None:
    """Facts, the profile, consents."""
    program, customer = turning.program, turning.customer
    turning.counter = customer.counter
    slots = program.fed.get(event.event)
    if slots is not None:
        for slot in slots:
            slot.record(customer.facts, event)
    if event.enrollment >= 0 and event.event in program.names.counted:
        for enrollment in customer.enrollments:
            if enrollment.number == event.enrollment:
                count = enrollment.heard.get(event.event, 0)
                enrollment.heard = {**enrollment.heard, event.event: count + 1}
    if event.event in program.special:
        _change(turning, event, at)


def _change(turning: Turning, event: Event, at: int) -> None:
    program, customer = turning.program, turning.customer
    if event.event == program.profile_updated:
        _update_profile(turning, event, at)
    elif event.event == program.erased:
        _erase(turning, event, at)
    else:
        bit = 1 << program.names.purposes[event.properties[0]]
        if event.event == program.consent_given:
            customer.consents |= bit
        else:
            customer.consents &= ~bit
            for sending in customer.sending:
                touch = program.touches[sending.touch]
                if touch.class_ == 0 and touch.consent == bit:
                    withdraw(turning, turning.enrollment(sending.waiting.enrollment), sending, at, CONSENT)


def _update_profile(turning: Turning, event: Event, at: int) -> None:
    program, customer = turning.program, turning.customer
    if event.changes:
        fields = [*customer.fields]
        for place, value in event.changes:
            if value != fields[place]:
                for channel, address in enumerate(program.channel_addresses):
                    if address == place:
                        # A new address has not bounced.
                        customer.bounced &= ~(1 << channel)
            fields[place] = value
        customer.fields = fields
    if event.zone is not None and event.zone is not customer.zone:
        customer.zone = event.zone
        customer.zone_given = True
        for enrollment in customer.enrollments:
            if enrollment.ended_at < 0:
                replan(turning, enrollment, at, enrollment.answered_at, skips=False)
        customer.triggers_at = min(customer.triggers_at, at)


def _erase(turning: Turning, event: Event, at: int) -> None:
    """Forgets the person.  Their enrollments end; what had not been sent is withheld."""
    customer = turning.customer
    customer.consents = 0
    customer.fields = [None] * len(customer.fields)
    customer.facts = [None] * len(customer.facts)
    customer.erased = True
    for enrollment in customer.enrollments:
        if enrollment.ended_at < 0:
            place = (enrollment.number, enrollment.journey.index, enrollment.state)
            turning.whys.append((ENDED, at, *place, -1, at, -1, BY_ERASURE, event))
            end(turning, enrollment, at, at, -1)
        enrollment.kept = enrollment.journey.nothing_kept


def _suppress(turning: Turning, event: Event, channel: int) -> None:
    """A bounce or a complaint stops the channel that the touch went through."""
    customer, program = turning.customer, turning.program
    if channel >= 0 and event.event in program.bounces:
        customer.bounced |= 1 << channel
    elif channel >= 0 and event.event in program.complaints:
        customer.complained |= 1 << channel


def _tell_enrollments(turning: Turning, event: Event, at: int, heard: int) -> None:
    kind = event.event
    turning.moment = event.at
    for enrollment in turning.customer.enrollments:
        journey = enrollment.journey
        if event.enrollment >= 0 and enrollment.number != event.enrollment:
            # A touch's events are heard only by the enrollment that sent it.
            continue
        is_other_key = False
        if journey.is_keyed:
            place = journey.key_places.get(kind, -1)
            key = event.properties[place] if place >= 0 else None
            is_other_key = key is not None and key != enrollment.key
        if journey.goal is not None and enrollment.goal_at < 0 and not is_other_key and heard == HEARD:
            _reach_goal(turning, enrollment, event, at)
        if enrollment.ended_at >= 0:
            continue
        if heard != HEARD:
            if heard == IMPORTED and enrollment.entered_at < event.at and not is_other_key:
                _end_by_history(turning, enrollment, event, at)
            continue
        _tell(turning, enrollment, event, at, is_other_key)
    turning.moment = at


def _tell(turning: Turning, enrollment: Enrollment, event: Event, at: int, is_other_key: bool) -> None:
    kind = event.event
    hold = enrollment.journey.hold
    if hold is not None and kind in hold.events:
        watch_hold(turning, enrollment, at)
    state = enrollment.journey.states[enrollment.state]
    if state.has_due and kind in state.anchors:
        replan(turning, enrollment, at, -1)
    moves = state.on.get(kind)
    move = None
    if moves is not None:
        if is_other_key:
            moves = [each for each in moves if each.any_key]
        move = choose(turning, enrollment, moves, event, at)
        if move is not None:
            take(turning, enrollment, move, at, event.at, BY_EVENT, event)
    if move is not None or kind in state.asks:
        settle(turning, enrollment, at)


def _end_by_history(turning: Turning, enrollment: Enrollment, event: Event, at: int) -> None:
    """History being loaded ends what was entered before it, and does nothing else."""
    moves = enrollment.journey.states[enrollment.state].on.get(event.event)
    if moves is not None:
        move = choose(turning, enrollment, moves, event, at)
        if move is not None and move.to == END:
            take(turning, enrollment, move, at, event.at, BY_EVENT, event)


def _reach_goal(turning: Turning, enrollment: Enrollment, event: Event, at: int) -> None:
    journey = enrollment.journey
    goal = journey.goal
    if goal is None or event.event not in goal.tests or event.at < enrollment.entered_at:
        return
    if goal.within >= 0 and event.at > enrollment.entered_at + goal.within:
        return
    test, value = goal.tests[event.event], goal.values[event.event]
    if test is not None and not test.reads(turning.customer, enrollment, event, at):
        return
    enrollment.goal_at = event.at
    worth = None if value is None else value.reads(turning.customer, enrollment, event, at)
    turning.whys.append((GOAL, at, enrollment.number, journey.index, worth))
    turning.tell(journey.reached_event, [], at, -1)


def _ask_again(turning: Turning, kind: int, at: int) -> None:
    """What waits for a change of the customer is asked again after an event that may have brought it."""
    program, customer = turning.program, turning.customer
    if kind in program.segment_asks:
        customer.segments_at = at
    if kind in program.trigger_asks:
        customer.triggers_at = at
    for waiting in customer.waiting:
        if waiting.reason == RULE and waiting.ask_at > at:
            customer.waiting = [
                each.deferred(at, RULE) if each.reason == RULE and each.ask_at > at else each
                for each in customer.waiting
            ]
            break


def sweep(turning: Turning, at: int) -> None:
    """Lets go of enrollments that nothing can happen to any more, and says when to wake."""
    customer = turning.customer
    wake_at = min(customer.segments_at, customer.triggers_at)
    has_spent = False
    for waiting in customer.waiting:
        if waiting.ask_at < wake_at:
            wake_at = waiting.ask_at
    for enrollment in customer.enrollments:
        if enrollment.ended_at < 0:
            wake_at = min(wake_at, enrollment.due_at, enrollment.watch_at)
        elif _is_spent(customer, enrollment, at):
            has_spent = True
    if has_spent:
        customer.enrollments = [
            each for each in customer.enrollments if each.ended_at < 0 or not _is_spent(customer, each, at)
        ]
        forget_past(turning, at)
    # Time only goes forward, whatever was overlooked.
    customer.wake_at = wake_at if wake_at > at else at + 1


def _is_spent(customer: Customer, enrollment: Enrollment, at: int) -> bool:
    goal = enrollment.journey.goal
    if goal is not None and enrollment.goal_at < 0:
        within = goal.within if goal.within >= 0 else _GOAL_FOR
        if at <= enrollment.entered_at + within:
            return False
    for waiting in customer.waiting:
        if waiting.enrollment == enrollment.number:
            return False
    for sending in customer.sending:
        if sending.waiting.enrollment == enrollment.number:
            return False
    return True


_GOAL_FOR = 400 * 86_400_000_000  # a goal without limit is looked for this long after entry
