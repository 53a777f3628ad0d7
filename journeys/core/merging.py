"""Merging: two customers turn out to be one person, and what was known of both is known of the one who stays.

Both come as they stand, so that whoever merges has taken each up to then.  The one who stays keeps what they said;
of the other is taken what was not known.  Where the two differ in what may be sent, the stricter counts: a consent
that either took back is taken back, what either was sent counts for caps, what either went through for re-entry.

The other's enrollments go on under new numbers, all shifted by as much; `others` remembers by how much, because a
touch is known for ever by who it was decided for and by its number there.  Of two in the same journey (and with the
same key) one goes on: the one that is further, and of two equally far the one that entered first.
"""

from __future__ import annotations

from typing import Any, Final

from journeys.definition.model import STAGES

from .answers import ask_ruled, withdraw
from .calendar import NEVER, Zone
from .clocks import replan, watch_hold
from .customer import OF_THEIRS, Customer, Enrollment, Event, Sending, Waiting
from .entering import bars_reentry, forget_past
from .facts import joined
from .moving import end
from .preferences import OWN, OWN_MAX, join_preferences
from .program import BUCKETS, MARKETING, Program
from .settling import settle
from .turning import Turning
from .why import BY_MERGE, CONSENT, ENDED, ERASED_BEFORE, MERGED, OF_MERGE, ONE_ALREADY

_FURTHER: Final = {name: place for place, name in enumerate(STAGES)}


def refusal_of(customer: Customer, event: Event) -> int:
    """Why a merge does nothing, or 0; what only the rows of both can tell stands in the event."""
    other = event.properties[0]
    if other == customer.id or any([other == each[0] for each in customer.others]):
        return ONE_ALREADY
    if event.absorbed is not None and event.absorbed.erased:
        return ERASED_BEFORE
    return event.refused


def join(turning: Turning, event: Event, at: int) -> None:
    """Takes in what is known of the other, which may be nothing, within the hearing of the event."""
    program, customer = turning.program, turning.customer
    other, shift = event.properties[0], customer.counter
    if event.absorbed is None:
        customer.others = (*customer.others, (other, shift, 0, at))
        turning.whys.append((MERGED, at, event, shift, [], []))
        return
    theirs = event.absorbed.copy()
    customer.counter += theirs.counter
    inner = [(id, shift + number, count, at) for id, number, count, _ in theirs.others]
    customer.others = (*customer.others, (other, shift, theirs.counter, at), *inner)
    zones = {each.number: customer.zone for each in customer.enrollments}
    zones |= {each.number + shift: theirs.zone for each in theirs.enrollments}
    given, withdrawn = _join_consents(program, customer, theirs)
    turning.whys.append((MERGED, at, event, shift, given, withdrawn))
    _join_fields(program, customer, theirs)
    for slot in program.slots:
        customer.facts[slot.index] = joined(slot, customer.facts[slot.index], theirs.facts[slot.index])
    _join_sends(program, customer, theirs, shift)
    join_preferences(customer, theirs)
    customer.segments |= theirs.segments
    # What was true of either, and was tried, is no news.
    customer.triggers = [max(one, another) for one, another in zip(customer.triggers, theirs.triggers, strict=True)]
    _join_enrollments(turning, theirs, shift, event, at)
    _take_back(turning, at)
    _settle_in(turning, zones, at)


# ---------------------------------------------------------------- what is known


def _join_consents(program: Program, customer: Customer, theirs: Customer) -> tuple[list[int], list[int]]:
    """Withdrawn goes before given, and given before never asked; the purposes that are given now, and withdrawn."""
    given, withdrawn = [], []
    for purpose in range(len(program.purpose_names)):
        bit, told = 1 << purpose, -1 - purpose
        was, is_theirs = customer.consents & bit, theirs.consents & bit
        is_withdrawn = (told in customer.told_at and not was) or (told in theirs.told_at and not is_theirs)
        if told in theirs.told_at:
            customer.told_at[told] = max(customer.told_at.get(told, 0), theirs.told_at[told])
        if is_withdrawn and was:
            customer.consents &= ~bit
            withdrawn.append(purpose)
        elif is_theirs and not was and not is_withdrawn:
            customer.consents |= bit
            given.append(purpose)
    return given, withdrawn


def _join_fields(program: Program, customer: Customer, theirs: Customer) -> None:
    fields = [*customer.fields]
    for place, value in enumerate(theirs.fields):
        is_missing = fields[place] is None and _is_later(theirs, customer, place)
        if value is not None and (is_missing or _is_more_theirs(theirs, customer, place)):
            fields[place] = value
            if place in theirs.told_at:
                customer.told_at[place] = theirs.told_at[place]
    customer.fields = fields
    if None in theirs.told_at and (None not in customer.told_at or _is_more_theirs(theirs, customer, None)):
        customer.zone, customer.told_at[None] = theirs.zone, theirs.told_at[None]
    customer.complained |= theirs.complained
    for channel, address in enumerate(program.channel_addresses):
        # What bounced was an address: another one has not.
        if address < 0 or fields[address] == theirs.fields[address]:
            customer.bounced |= theirs.bounced & 1 << channel


def _is_later(one: Customer, other: Customer, place: int) -> bool:
    """Whether one said a value after the other took theirs away, or the other never had any."""
    return place not in other.told_at or one.told_at.get(place, -1) % OF_THEIRS > other.told_at[place] % OF_THEIRS


def _is_more_theirs(one: Customer, other: Customer, place: int | None) -> bool:
    """Whether one chose a value themselves, and what is known of the other was not chosen."""
    return bool(one.told_at.get(place, 0) & OF_THEIRS & ~other.told_at.get(place, 0))


# ---------------------------------------------------------------- what was sent, and will be


def _join_sends(program: Program, customer: Customer, theirs: Customer, shift: int) -> None:
    longest = {
        bucket: scope.longest for touch in program.touches for under in touch.scopes.values() for scope, bucket in under
    }
    longest[OWN] = OWN_MAX
    for used, added in ((customer.caps, theirs.caps), (customer.most, theirs.most), (customer.would, theirs.would)):
        for bucket, times in added.items():
            # Below 0 a touch counts for itself, and no bucket holds more than is ever asked for.
            most = longest.get(bucket, 1) if bucket >= 0 else program.touches[(-bucket - 1) // BUCKETS].most
            used[bucket] = sorted([*used.get(bucket, ()), *times])[-most:]
    for index, (number, channel) in theirs.last_sent.items():
        customer.last_sent.setdefault(index, (number + shift, channel))
    customer.waiting = [*customer.waiting, *[_shifted(each, shift) for each in theirs.waiting]]
    customer.sending = [
        *customer.sending,
        *[
            Sending(_shifted(each.waiting, shift), each.touch, each.channel, each.words, each.at)
            for each in theirs.sending
        ],
    ]


def _shifted(waiting: Waiting, shift: int) -> Waiting:
    return Waiting(
        waiting.enrollment + shift,
        waiting.send,
        waiting.place,
        waiting.visit,
        waiting.occurrence,
        waiting.due_at,
        waiting.ask_at,
        waiting.reason,
    )


def _take_back(turning: Turning, at: int) -> None:
    """What was let go with a consent that does not hold any more."""
    customer = turning.customer
    for sending in customer.sending:
        if sending.touch.class_ == MARKETING and not sending.touch.consent & customer.consents:
            withdraw(turning, turning.enrollment(sending.waiting.enrollment), sending, at, CONSENT)


# ---------------------------------------------------------------- where they stand


def _join_enrollments(turning: Turning, theirs: Customer, shift: int, event: Event, at: int) -> None:
    customer = turning.customer
    mine = customer.enrollments
    # Of those that are over some may be let go.
    turning.has_ended = True
    for enrollment in theirs.enrollments:
        enrollment.number += shift
    customer.enrollments = sorted([*mine, *theirs.enrollments], key=lambda each: (each.journey.index, each.number))
    before = dict(customer.past)
    for enrollment in theirs.enrollments:
        if enrollment.ended_at >= 0:
            continue
        key = (enrollment.journey.family, enrollment.key)
        other = next((each for each in mine if each.ended_at < 0 and (each.journey.family, each.key) == key), None)
        if other is not None:
            _end(turning, other if _goes_before(enrollment, other) else enrollment, event, at)
        elif bars_reentry(enrollment.journey, before.get(key), enrollment.key, enrollment.entered_at):
            # They had been here already.
            _end(turning, enrollment, event, at)
    for key, (entered_at, ended_at) in theirs.past.items():
        past = customer.past.get(key, (entered_at, ended_at))
        customer.past[key] = (max(past[0], entered_at), max(past[1], ended_at))
    forget_past(turning, at)


def _goes_before(one: Enrollment, other: Enrollment) -> bool:
    """Whether it is further, or as far and was entered before; else the other goes on."""
    return (_far(one), -one.entered_at) > (_far(other), -other.entered_at)


def _far(enrollment: Enrollment) -> int:
    return _FURTHER[enrollment.journey.stage_names[enrollment.stage]]


def _end(turning: Turning, enrollment: Enrollment, event: Event, at: int) -> None:
    place: tuple[Any, ...] = (enrollment.number, enrollment.journey.index, enrollment.state)
    turning.whys.append((ENDED, at, *place, OF_MERGE, at, -1, BY_MERGE, event))
    end(turning, enrollment, at, at, OF_MERGE)


def _settle_in(turning: Turning, zones: dict[int, Zone], at: int) -> None:
    """What follows from knowing more, and perhaps from another zone: as after any word about the customer."""
    customer = turning.customer
    for enrollment in customer.enrollments:
        if enrollment.ended_at < 0:
            if zones[enrollment.number] is not customer.zone:
                replan(turning, enrollment, at, enrollment.answered_at, skips=False)
            elif enrollment.journey.states[enrollment.state].has_due:
                replan(turning, enrollment, at, -1)
            if enrollment.journey.hold is not None:
                watch_hold(turning, enrollment, at)
            settle(turning, enrollment, at)
            # A clock of either may be due by now.
            enrollment.watch_at = min(enrollment.watch_at, at)
    customer.segments_at = min(customer.segments_at, at if turning.program.segments else NEVER)
    customer.triggers_at = min(customer.triggers_at, at if turning.program.triggers else NEVER)
    if customer.waiting:
        ask_ruled(customer, at)


# ---------------------------------------------------------------- touches by whom they were decided for


def origin_of(customer: Customer, number: int) -> tuple[str, int]:
    """The id and the number that an enrollment's touches are known by: it began under them."""
    if not customer.others:
        return customer.id, number
    # An id that came with another one lies within it, and further on.
    for id, shift, count, _ in sorted(customer.others, key=lambda other: -other[1]):
        if shift < number <= shift + count:
            return id, number - shift
    return customer.id, number


def number_of(customer: Customer, id: str, number: int) -> int:
    """The other way round: the number that an enrollment of one of the customer's ids has here."""
    for other, shift, _, _ in customer.others:
        if other == id:
            return number + shift
    return number
