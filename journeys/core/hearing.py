"""Hearing: what an event does to a customer. Facts first, then each enrollment, then who may enter."""

from __future__ import annotations

from typing import Final

from .answers import ask_deferred, ask_ruled, touch_of, withdraw, withhold
from .calendar import DAY, NEVER
from .clocks import replan, watch_hold
from .customer import OF_THEIRS, TAKEN_BACK, Customer, Enrollment, Event
from .entering import enter_on, forget_past, try_triggers, watch_segments
from .merging import join, refusal_of
from .moving import choose, end, take
from .preferences import set_preferences
from .program import (
    ASKS,
    ASKS_SEGMENTS,
    ASKS_TRIGGERS,
    CHANGES,
    COUNTED,
    END,
    ENTERS,
    MARKETING,
    NEEDS_CONSENT,
    OF_TOUCH,
    PAST_MAX,
    JourneyProgram,
    StateProgram,
)
from .settling import settle, watch
from .turning import Turning
from .why import (
    BY_ERASURE,
    BY_EVENT,
    CONSENT,
    ENDED,
    ERASED,
    EVENT,
    GOAL,
    HEARD,
    IMPORTED,
    LEFT,
    NOBODY_SENT,
    OF_MERGE,
    PREFERENCE,
    QUIET,
    TOO_LATE,
    WITHOUT_CONSENT,
)

_GOAL_FOR: Final = 400 * DAY  # a goal without limit is looked for this long after entry


def hear(turning: Turning, event: Event, at: int) -> None:
    """Takes one event, from outside or from the engine, at an instant no earlier than its own."""
    program, customer = turning.program, turning.customer
    kind = event.event
    concerns = program.concerns[kind]
    if customer.erased:
        # Nothing is kept of who asked to be forgotten, and nothing is told them.
        turning.whys.append((EVENT, at, event, ERASED))
        return
    if kind == program.merged and (refused := refusal_of(customer, event)):
        turning.whys.append((EVENT, at, event, refused))
        return
    if kind == program.erased:
        turning.whys.append((EVENT, at, event, HEARD))
        _erase(turning, event, at)
        return
    if concerns & NEEDS_CONSENT and not customer.consents & program.event_masks[kind]:
        # Without consent an event is as if it had not been: no fact, no move.
        turning.whys.append((EVENT, at, event, WITHOUT_CONSENT))
        return
    number = event.enrollment
    if concerns & OF_TOUCH and number < 0:
        # What comes back about a touch is for the enrollment that sent it last.
        last = _sent_last(customer, program.touch_of[kind])
        if last is None:
            turning.whys.append((EVENT, at, event, NOBODY_SENT))
            return
        number = last[0]
        _suppress(turning, event, last[1])
    moment = event.at
    heard = HEARD
    if event.imported:
        heard = IMPORTED
    elif moment < at and at - moment > program.late_for:
        heard = TOO_LATE
    turning.whys.append((EVENT, at, event, heard))
    turning.moment = moment
    turning.is_hearing = True
    if heard == IMPORTED:
        _answer_before(turning, concerns, at)
    for slot in program.fed[kind]:
        slot.record(customer.facts, event)
    if concerns & CHANGES:
        if concerns & COUNTED:
            _count(customer, number, kind)
        else:
            _change(turning, event, at)
    # An enrollment that this event concerned, even one it ended, does not start anew by it.
    newest = customer.counter
    if customer.enrollments:
        _tell_enrollments(turning, event, number, at, heard)
    if concerns & ENTERS and heard == HEARD:
        enter_on(turning, event, at, newest)
    turning.moment = at
    turning.is_hearing = False
    if concerns & ASKS:
        _ask_anew(turning, concerns, at, heard)
    if customer.waiting:
        # The event may have changed what a suppress rule says.
        ask_ruled(customer, at)


def _sent_last(customer: Customer, touch: int) -> tuple[int, int] | None:
    """The enrollment that sent a touch last and its channel; None of one that nobody sent.

    A provider may tell what became of a touch before it is written down that they took it.
    """
    last = customer.last_sent.get(touch)
    if last is None:
        for sending in customer.sending:
            if sending.touch.index == touch:
                last = (sending.waiting.enrollment, sending.channel)
    return last


def _ask_anew(turning: Turning, concerns: int, at: int, heard: int) -> None:
    """Segments and `if` entries are asked in the next round; what holds by history being loaded is no news."""
    customer = turning.customer
    if concerns & ASKS_SEGMENTS and turning.program.segments:
        if heard == IMPORTED:
            watch_segments(turning, at, is_news=False)
        else:
            customer.segments_at = at
    if concerns & ASKS_TRIGGERS:
        if heard == IMPORTED:
            try_triggers(turning, at, is_news=False)
        else:
            customer.triggers_at = at


def _answer_before(turning: Turning, concerns: int, at: int) -> None:
    """What other events of this instant changed is news, and is told before history changes it in silence."""
    if concerns & ASKS_SEGMENTS and turning.customer.segments_at <= at:
        watch_segments(turning, at)
    if concerns & ASKS_TRIGGERS and turning.customer.triggers_at <= at:
        try_triggers(turning, at)


def _count(customer: Customer, number: int, kind: int) -> None:
    """What an enrollment counts for itself: how often its touches were opened, and the like."""
    for enrollment in customer.enrollments:
        if enrollment.number == number:
            enrollment.heard = {**enrollment.heard, kind: enrollment.heard.get(kind, 0) + 1}


def _change(turning: Turning, event: Event, at: int) -> None:
    program, customer = turning.program, turning.customer
    if event.event == program.profile_updated:
        _update_profile(turning, event, at)
    elif event.event == program.preferences_set:
        _update_profile(turning, event, at, is_theirs=True)
        _prefer(turning, event, at)
    elif event.event == program.merged:
        join(turning, event, at)
    else:
        purpose = program.names.purposes[event.properties[0]]
        bit = 1 << purpose
        if not _is_newest(customer, -1 - purpose, event.at):
            return
        if event.event == program.consent_given:
            customer.consents |= bit
        else:
            customer.consents &= ~bit
            for sending in customer.sending:
                touch = sending.touch
                if touch.class_ == MARKETING and touch.consent == bit:
                    withdraw(turning, turning.enrollment(sending.waiting.enrollment), sending, at, CONSENT)


def _prefer(turning: Turning, event: Event, at: int) -> None:
    # What was let go and not accepted is asked about again by whoever sends it.
    set_preferences(turning.customer, event, at)
    ask_deferred(turning.customer, at, PREFERENCE, QUIET)


def _update_profile(turning: Turning, event: Event, at: int, is_theirs: bool = False) -> None:
    """What customers say of themselves is not changed by what others say of them."""
    program, customer = turning.program, turning.customer
    if event.changes:
        fields = [*customer.fields]
        for place, value in event.changes:
            if not _is_newest(customer, place, event.at, is_theirs):
                continue
            if is_theirs and value is None:
                # Of what is taken back anyone may know better, and no older word of theirs.
                customer.told_at[place] = event.at + TAKEN_BACK
            if value != fields[place]:
                for channel, address in enumerate(program.channel_addresses):
                    if address == place:
                        # A new address has not bounced.
                        customer.bounced &= ~(1 << channel)
            fields[place] = value
        customer.fields = fields
    if event.zone is not None and _is_newest(customer, None, event.at, is_theirs) and event.zone is not customer.zone:
        customer.zone = event.zone
        for enrollment in customer.enrollments:
            if enrollment.ended_at < 0:
                replan(turning, enrollment, at, enrollment.answered_at, skips=False)
                enrollment.watch_at = at
        # Segments and `if` entries read the calendar in the customer's zone.
        if event.imported:
            watch_segments(turning, at, is_news=False)
            try_triggers(turning, at, is_news=False)
        else:
            customer.segments_at = customer.triggers_at = at


def _is_newest(customer: Customer, told: int | None, said_at: int, is_theirs: bool = False) -> bool:
    """What was said later stands, also where an older word of it arrives after that; theirs before that of others."""
    before = customer.told_at.get(told, 0)
    is_older = said_at < before % OF_THEIRS
    if is_theirs:
        if is_older and before >= OF_THEIRS:
            return False
        customer.told_at[told] = said_at + OF_THEIRS
        return True
    if is_older or before & OF_THEIRS:
        return False
    customer.told_at[told] = said_at
    return True


def _erase(turning: Turning, event: Event, at: int) -> None:
    """Forgets the person.  Their enrollments end; what had not been sent is withheld."""
    customer = turning.customer
    customer.consents = 0
    customer.fields = [None] * len(customer.fields)
    customer.facts = [None] * len(customer.facts)
    customer.told_at, customer.preferences = {}, {}
    customer.erased = True
    for enrollment in customer.enrollments:
        if enrollment.ended_at < 0:
            place = (enrollment.number, enrollment.journey.index, enrollment.state)
            turning.whys.append((ENDED, at, *place, -1, at, -1, BY_ERASURE, event))
            end(turning, enrollment, at, at, -1)
        enrollment.kept = enrollment.journey.nothing_kept
        enrollment.key = None
    for waiting in customer.waiting:
        # What outlives its place, or goes to one of us, would still be about them.
        withhold(turning, turning.enrollment(waiting.enrollment), waiting, touch_of(waiting), at, LEFT, 0)
    for sending in customer.sending:
        withdraw(turning, turning.enrollment(sending.waiting.enrollment), sending, at, LEFT)
    customer.waiting, customer.past, customer.last_sent = [], {}, {}
    customer.segments = 0
    customer.segments_at = customer.triggers_at = NEVER
    turning.queue = []


def _suppress(turning: Turning, event: Event, channel: int) -> None:
    """A bounce or a complaint stops the channel that the touch went through."""
    customer, program = turning.customer, turning.program
    if channel >= 0 and event.event in program.bounces:
        customer.bounced |= 1 << channel
    elif channel >= 0 and event.event in program.complaints:
        customer.complained |= 1 << channel


def _tell_enrollments(turning: Turning, event: Event, number: int, at: int, heard: int) -> None:
    kind = event.event
    for enrollment in turning.customer.enrollments:
        journey = enrollment.journey
        if number >= 0 and enrollment.number != number:
            # A touch's events are heard only by the enrollment that sent it.
            continue
        is_other_key = journey.is_keyed and _has_other_key(journey, enrollment, event)
        is_looked_for = enrollment.goal_at < 0 and enrollment.end != OF_MERGE
        if kind in journey.goal_events and is_looked_for and heard == HEARD and not is_other_key:
            _reach_goal(turning, enrollment, event, at)
        if enrollment.ended_at >= 0:
            continue
        if heard != HEARD:
            if heard == IMPORTED and enrollment.entered_at < event.at and not is_other_key:
                _end_by_history(turning, enrollment, event, at)
            _inform(turning, enrollment, kind, at, heard)
            continue
        state = journey.states[enrollment.state]
        if kind in state.concerns:
            _tell(turning, enrollment, state, event, at, is_other_key)


def _has_other_key(journey: JourneyProgram, enrollment: Enrollment, event: Event) -> bool:
    place = journey.key_places.get(event.event, -1)
    key = event.properties[place] if place >= 0 else None
    return key is not None and key != enrollment.key


def _tell(
    turning: Turning, enrollment: Enrollment, state: StateProgram, event: Event, at: int, is_other_key: bool
) -> None:
    kind = event.event
    hold = enrollment.journey.hold
    if hold is not None and kind in hold.events:
        watch_hold(turning, enrollment, at)
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


def _inform(turning: Turning, enrollment: Enrollment, kind: int, at: int, heard: int) -> None:
    """What is too late triggers nothing, but what is now known may let an untriggered move hold.

    History being loaded starts nothing: then only the instant at which time changes an answer is worked out anew.
    """
    if enrollment.ended_at >= 0:
        return
    hold = enrollment.journey.hold
    if hold is not None and kind in hold.events:
        watch_hold(turning, enrollment, at)
    state = enrollment.journey.states[enrollment.state]
    if state.has_due and kind in state.anchors:
        # A clock follows from what is known, however late it became known; so does a hold.
        replan(turning, enrollment, at, -1)
    if kind in state.asks:
        if heard == TOO_LATE:
            settle(turning, enrollment, at)
        else:
            watch(turning, enrollment, at)


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
    if goal is None or event.at < enrollment.entered_at:
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


def next_due(customer: Customer) -> int:
    """When something is next to be asked by time alone."""
    due_at = customer.segments_at if customer.segments_at < customer.triggers_at else customer.triggers_at
    if customer.waiting:
        due_at = min(due_at, min([waiting.ask_at for waiting in customer.waiting]))
    for enrollment in customer.enrollments:
        if enrollment.due_at < due_at:
            due_at = enrollment.due_at
        if enrollment.watch_at < due_at:
            due_at = enrollment.watch_at
    return due_at


def let_go(turning: Turning, at: int) -> None:
    """Lets go of enrollments that nothing can happen to any more."""
    customer = turning.customer
    ended = [each for each in customer.enrollments if each.ended_at >= 0]
    spent = [each for each in ended if _is_spent(customer, each, at, turning.program.late_for)]
    too_many = len(ended) - len(spent) - PAST_MAX
    if too_many > 0:
        # However many carts come and go, so many wait for their goal and no more: those that ended first give way.
        busy = {each.enrollment for each in customer.waiting} | {each.waiting.enrollment for each in customer.sending}
        busy |= {each.number for each in spent}
        idle = sorted([each for each in ended if each.number not in busy], key=lambda each: each.ended_at)
        spent += idle[:too_many]
    turning.has_ended = len(spent) < len(ended)
    if spent:
        customer.enrollments = [each for each in customer.enrollments if each not in spent]
        forget_past(turning, at)


def _is_spent(customer: Customer, enrollment: Enrollment, at: int, late_for: int) -> bool:
    goal = enrollment.journey.goal
    if goal is not None and enrollment.goal_at < 0 and enrollment.end != OF_MERGE:
        within = goal.within if goal.within >= 0 else _GOAL_FOR
        if at <= enrollment.entered_at + within + late_for:
            return False
    for waiting in customer.waiting:
        if waiting.enrollment == enrollment.number:
            return False
    return all(sending.waiting.enrollment != enrollment.number for sending in customer.sending)
