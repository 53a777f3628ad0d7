"""Entering: enrollments begin by an event, or when a condition becomes true.

Segments are followed here too: both are conditions on the customer whose change is news.
"""

from __future__ import annotations

from typing import Any

from .calendar import NEVER, next_at
from .customer import Event, new_enrollment
from .moving import arrive, keep
from .program import PAST_FOR, PAST_MAX, EntryProgram, JourneyProgram
from .settling import settle
from .turning import Turning
from .why import ENTERED


def enter_on(turning: Turning, event: Event, at: int, before: int) -> None:
    """Tries the journeys that an event may start.  `before` is the newest enrollment that has already heard it.

    An event that concerned an enrollment of a journey does not also start one of it, even if it ended it.
    """
    customer = turning.customer
    entered = -1
    for entry in turning.program.enter_on[event.event]:
        journey = entry.journey
        if journey.index == entered:
            continue
        key: Any = None
        if journey.is_keyed:
            place = journey.key_places.get(event.event, -1)
            key = event.properties[place] if place >= 0 else None
            if key is None:
                continue
        is_known = False
        for each in customer.enrollments:
            if each.journey.family == journey.family and each.key == key and each.number <= before:
                is_known = is_known or each.ended_at < 0 or each.ended_at >= event.at or each.answered_at == at
        if is_known or bars_reentry(journey, customer.past.get((journey.family, key)), key, event.at):
            continue
        if entry.condition is not None and not entry.condition.reads(customer, None, event, at):
            continue
        _enter(turning, entry, key, at, event.at, event)
        entered = journey.index


def bars_reentry(journey: JourneyProgram, past: tuple[int, int] | None, key: Any, moment: int) -> bool:
    """Whether who was in a journey before, from and up to an instant, may not enter it at a moment."""
    if past is None:
        return False
    entered_at, ended_at = past
    if moment < ended_at:
        # It had gone on when this happened.
        return True
    if journey.reenter == "always" or (key is not None and ended_at < moment - PAST_FOR):
        return False
    if journey.reenter == "never":
        return True
    return moment < (ended_at if journey.reenter == "after end" else entered_at) + journey.reenter_after


def _enter(turning: Turning, entry: EntryProgram, key: Any, at: int, moment: int, event: Event | None) -> None:
    program, customer, journey = turning.program, turning.customer, entry.journey
    live = 0
    if key is not None:
        for each in customer.enrollments:
            live += each.journey.family == journey.family and each.ended_at < 0
        if live >= PAST_MAX:
            return
    customer.counter += 1
    enrollment = new_enrollment(journey, customer.counter, key, moment, program.arm_of(customer.id, journey))
    enrollments = [*customer.enrollments, enrollment]
    if len(enrollments) > 1:
        enrollments.sort(key=lambda each: (each.journey.index, each.number))
    customer.enrollments = enrollments
    if entry.keep:
        keep(turning, enrollment, entry.keep, event, moment)
    turning.whys.append(
        (
            ENTERED,
            at,
            enrollment.number,
            journey.index,
            entry.to,
            moment,
            entry.index,
            key,
            enrollment.arm,
            event,
            customer.zone.name,
        )
    )
    enrollment.seen_at = at
    arrive(turning, enrollment, entry.to, at, moment)
    turning.tell(journey.entered_event, [], at, -1)
    settle(turning, enrollment, at)


def forget_past(turning: Turning, at: int) -> None:
    """Ended enrollments of keyed journeys are remembered for 400 days, and 1,000 of them at most."""
    customer = turning.customer
    if len(customer.past) <= len(turning.program.journeys):
        return
    keyed = [(ended_at, key) for key, (_, ended_at) in customer.past.items() if key[1] is not None]
    keyed.sort(key=lambda each: each[0])
    spent = {key for ended_at, key in keyed[:-PAST_MAX]}
    spent |= {key for ended_at, key in keyed if ended_at < at - PAST_FOR}
    if spent:
        customer.past = {key: past for key, past in customer.past.items() if key not in spent}


def try_triggers(turning: Turning, at: int, *, is_news: bool = True) -> None:
    """`if` entries: when one becomes true it is tried, at its local time of day where it names one.

    One that holds by history being loaded is not tried: that starts nothing.
    """
    program, customer = turning.program, turning.customer
    soonest = NEVER
    for place, entry in enumerate(program.triggers):
        test = entry.condition
        assert test is not None
        holds = bool(test.reads(customer, None, None, at))
        last = customer.triggers[place]
        if not holds:
            answer = -1
        elif last == -1 and not is_news:
            answer = NEVER
        elif last == -1:
            answer = at if entry.at < 0 else next_at(customer.zone, at, entry.at, 0)
        else:
            answer = last
        if holds and answer <= at:
            answer = NEVER
            _try_trigger(turning, entry, at)
        if answer != last:
            triggers = [*customer.triggers]
            triggers[place] = answer
            customer.triggers = triggers
        if answer > at:
            soonest = min(soonest, answer)
        if test.changes is not None:
            soonest = min(soonest, test.changes(customer, None, None, at))
    customer.triggers_at = soonest


def _try_trigger(turning: Turning, entry: EntryProgram, at: int) -> None:
    customer, family = turning.customer, entry.journey.family
    for each in customer.enrollments:
        if each.journey.family == family and each.ended_at < 0:
            return
    if not bars_reentry(entry.journey, customer.past.get((family, None)), None, at):
        _enter(turning, entry, None, at, at, None)


def watch_segments(turning: Turning, at: int, *, is_news: bool = True) -> None:
    """Tells who entered or left a segment that somebody listens to; of history being loaded nobody is told."""
    program, customer = turning.program, turning.customer
    soonest = NEVER
    for bit, test, entered, left in program.segments:
        holds = bool(test.reads(customer, None, None, at))
        if holds != bool(customer.segments & bit):
            customer.segments ^= bit
            if is_news:
                turning.tell(entered if holds else left, [], at, -1)
        if test.changes is not None:
            soonest = min(soonest, test.changes(customer, None, None, at))
    customer.segments_at = soonest
