"""The gate: the one place that answers send, defer until, or withhold because.

It is asked over all of a customer's due touches together, in order of priority; each answer
is recorded with its why.  Where language.md lists what is asked, `_answer` asks in that
order, the holdout last: so that a held-out customer is counted exactly when a touch would
have gone.
"""

from __future__ import annotations

from typing import Final

from .calendar import NEVER, in_window, window_end
from .chance import draw
from .customer import GENERIC, HOLDOUT, JOURNEY, STAGE, STEP, Customer, Enrollment, Sending, Waiting
from .effects import GENERIC_WORDS, SendTouch, WithdrawTouch
from .program import (
    BUCKETS,
    INTERNAL,
    MARKETING,
    REQUESTED,
    SERVICE,
    ItemProgram,
    RuleProgram,
    ScopeProgram,
    SendProgram,
    TouchProgram,
)
from .turning import Turning
from .why import (
    ADDRESS,
    ADMIT,
    CAP,
    CONDITION,
    CONSENT,
    DEFER,
    EXPIRED,
    HELD_OUT,
    HOLD,
    LEFT,
    MOST,
    NO_REASON,
    OUTRANKED,
    PAST,
    QUIET,
    REASON_WORDS,
    RULE,
    SEND,
    SUPPRESSED,
    TOUCH,
    WITHHOLD,
)

AFTER_END: Final = 3  # an owner besides step, stage and journey: sent on the way to an end

_NO_TIMES: Final[list[int]] = []  # never added to


def ask_gate(turning: Turning, at: int) -> None:
    """Answers every touch that is due to be asked, the first in priority first."""
    waiting = turning.customer.waiting
    if len(waiting) == 1:
        if waiting[0].ask_at <= at:
            _answer(turning, waiting[0], at, None)
        return
    due = [each for each in waiting if each.ask_at <= at]
    if len(due) > 1:
        due.sort(key=lambda each: _precedence(turning, each))
    voiced: set[int] = set()
    for each in due:
        _answer(turning, each, at, voiced)


def _precedence(turning: Turning, waiting: Waiting) -> tuple[int, int, int, str, int, int]:
    enrollment = turning.enrollment(waiting.enrollment)
    item = enrollment.journey.items[waiting.item]
    assert item.send is not None
    key = "" if enrollment.key is None else str(enrollment.key)
    return (-item.send.priority, waiting.due_at, enrollment.journey.index, key, enrollment.number, waiting.item)


def is_here(enrollment: Enrollment, waiting: Waiting) -> bool:
    """Whether the customer still stands where the touch was planned, in the same visit."""
    if waiting.owner == AFTER_END:
        return True
    if enrollment.ended_at >= 0:
        return False
    if waiting.owner == STEP:
        return enrollment.state == waiting.place and enrollment.visits[waiting.place] == waiting.visit
    if waiting.owner == STAGE:
        return enrollment.stage == waiting.place and enrollment.stage_visits[waiting.place] == waiting.visit
    return waiting.owner == JOURNEY


def touch_of(send: SendProgram, waiting: Waiting) -> int:
    """Of a list of touches, the one whose turn it is."""
    return send.touches[waiting.occurrence % len(send.touches)]


def _answer(turning: Turning, waiting: Waiting, at: int, voiced: set[int] | None) -> None:
    """Asks the gate of one touch.  `voiced` are the enrollments that have spoken in this asking, if several wait."""
    program, customer = turning.program, turning.customer
    enrollment = turning.enrollment(waiting.enrollment)
    item = enrollment.journey.items[waiting.item]
    send = item.send
    assert send is not None
    index = touch_of(send, waiting)
    if send.condition is not None and not send.condition.reads(customer, enrollment, None, at):
        if send.otherwise < 0:
            withhold(turning, enrollment, waiting, index, at, CONDITION, 0)
            return
        index = send.otherwise
    touch = program.touches[index]
    class_ = touch.class_
    if not is_here(enrollment, waiting) and not (
        send.outlives and (enrollment.ended_at < 0 or class_ in (SERVICE, INTERNAL))
    ):
        withhold(turning, enrollment, waiting, index, at, LEFT, 0)
        return
    if class_ == INTERNAL:
        _let_go(turning, enrollment, item, waiting, touch, touch.channels[0] if touch.channels else -1, at)
        return
    if class_ == MARKETING and enrollment.held_at >= 0:
        _wait(turning, enrollment, waiting, index, at, waiting.expires_at + 1, HOLD, 0)
        return
    shut = 0
    for rule in touch.rules:
        if rule.condition.reads(customer, None, None, at):
            if rule.waits:
                until = _asked_again(turning, rule, waiting, at)
                _wait(turning, enrollment, waiting, index, at, until, RULE, rule.index)
                return
            if rule.channels == 0:
                withhold(turning, enrollment, waiting, index, at, RULE, rule.index)
                return
            shut |= rule.channels
    if class_ == MARKETING and not customer.consents & touch.consent:
        withhold(turning, enrollment, waiting, index, at, CONSENT, touch.purpose)
        return
    channel = -1
    if send.person < 0:
        channel = _channel(turning, touch, shut)
        if channel < 0:
            reason, detail = _unreachable(turning, touch, shut)
            withhold(turning, enrollment, waiting, index, at, reason, detail)
            return
    elif touch.channels:
        channel = touch.channels[0]
    if at > waiting.expires_at:
        withhold(turning, enrollment, waiting, index, at, waiting.reason or EXPIRED, 0)
        return
    if touch.most >= 0 and not _admits_most(customer, touch, send, at, enrollment.arm == HOLDOUT):
        withhold(turning, enrollment, waiting, index, at, MOST, 0)
        return
    if class_ == MARKETING:
        if voiced is not None:
            if enrollment.number in voiced:
                withhold(turning, enrollment, waiting, index, at, OUTRANKED, 0)
                return
            voiced.add(enrollment.number)
        until, cap = _free_slot(turning, touch, channel, at, enrollment.arm == HOLDOUT)
        if until > at:
            _wait(turning, enrollment, waiting, index, at, until, CAP, cap)
            return
    if class_ in (MARKETING, REQUESTED) and program.quiet_from >= 0:
        if in_window(customer.zone, at, program.quiet_from, program.quiet_to):
            until = window_end(customer.zone, at, program.quiet_from, program.quiet_to) + _spread(turning)
            _wait(turning, enrollment, waiting, index, at, until, QUIET, 0)
            return
    if class_ == MARKETING and enrollment.arm == HOLDOUT:
        _reserve(touch.scopes[channel], at, customer.would)
        if touch.most > 0:
            _reserve_most(touch, send, at, customer.would)
        withhold(turning, enrollment, waiting, index, at, HELD_OUT, channel)
        return
    if class_ == MARKETING:
        _reserve(touch.scopes[channel], at, customer.caps)
    if touch.most > 0:
        _reserve_most(touch, send, at, customer.most)
    _let_go(turning, enrollment, item, waiting, touch, channel, at)


# ---------------------------------------------------------------- what is asked


def _asked_again(turning: Turning, rule: RuleProgram, waiting: Waiting, at: int) -> int:
    """A rule that waits is asked again after every event, when time may change it, and when the touch expires."""
    until = waiting.expires_at + 1
    if rule.condition.changes is not None:
        until = min(until, rule.condition.changes(turning.customer, None, None, at))
    return until


def _channel(turning: Turning, touch: TouchProgram, shut: int) -> int:
    """The first channel in order of preference that is not shut and has a usable address."""
    program, customer = turning.program, turning.customer
    channels = touch.channels
    if touch.chooses_best and program.preferred_channel >= 0:
        preferred = customer.fields[program.preferred_channel]
        channels = sorted(channels, key=lambda each: program.channel_names[each] != preferred)
    shut |= customer.bounced | customer.complained
    for channel in channels:
        address = program.channel_addresses[channel]
        if not shut >> channel & 1 and (address < 0 or customer.fields[address]):
            return channel
    return -1


def _unreachable(turning: Turning, touch: TouchProgram, shut: int) -> tuple[int, int]:
    """Why no channel was left: a rule shut it, the address is suppressed, or there is none."""
    program, customer = turning.program, turning.customer
    with_address = 0
    for channel in touch.channels:
        address = program.channel_addresses[channel]
        if address < 0 or customer.fields[address]:
            with_address |= 1 << channel
    if not with_address:
        return ADDRESS, 0
    if with_address & ~(customer.bounced | customer.complained):
        for rule in touch.rules:
            if rule.channels & with_address and rule.condition.reads(customer, None, None, customer.as_of):
                return RULE, rule.index
    return SUPPRESSED, 0


def _recipient(touch: TouchProgram, send: SendProgram) -> int:
    """`most` counts for the recipient: the customer, or one of `people`.  Negative, to be told from a cap's bucket."""
    return -1 - touch.index * BUCKETS - send.person - 1


def _admits_most(customer: Customer, touch: TouchProgram, send: SendProgram, at: int, is_held_out: bool) -> bool:
    if touch.most == 0:
        return False
    bucket = _recipient(touch, send)
    times = customer.most.get(bucket, _NO_TIMES)
    if is_held_out and bucket in customer.would:
        times = sorted(times + customer.would[bucket])
    if len(times) < touch.most:
        return True
    return touch.most_per >= 0 and times[-touch.most] + touch.most_per <= at


def _free_slot(turning: Turning, touch: TouchProgram, channel: int, at: int, is_held_out: bool) -> tuple[int, int]:
    """The first instant at which every cap has room, as far as is known now, and the cap that says so."""
    customer = turning.customer
    until, blamed = at, 0
    for scope, bucket in touch.scopes[channel]:
        times = customer.caps.get(bucket, _NO_TIMES)
        if is_held_out and bucket in customer.would:
            times = sorted(times + customer.would[bucket])
        if len(times) < scope.least:
            # Whichever line is in force, there is room.
            continue
        for condition, most, cap in scope.lines:
            if condition is None or condition.reads(customer, None, None, at):
                if most == 0:
                    return NEVER, cap
                if len(times) >= most and times[-most] + scope.per > until:
                    until, blamed = times[-most] + scope.per, cap
                break
    return until, blamed


def _reserve(scopes: list[tuple[ScopeProgram, int]], at: int, used: dict[int, list[int]]) -> None:
    """Writes the send down wherever a cap counts it; no bucket holds more than its highest `most`."""
    for scope, bucket in scopes:
        if scope.longest:
            used[bucket] = [*used.get(bucket, _NO_TIMES)[1 - scope.longest :], at] if scope.longest > 1 else [at]


def _reserve_most(touch: TouchProgram, send: SendProgram, at: int, used: dict[int, list[int]]) -> None:
    bucket = _recipient(touch, send)
    used[bucket] = [*used.get(bucket, _NO_TIMES), at][-touch.most :]


def _free(turning: Turning, touch: TouchProgram, channel: int, at: int) -> None:
    """Gives a slot back that a withdrawn touch had reserved."""
    customer = turning.customer
    for _, bucket in touch.scopes[channel]:
        if at in customer.caps.get(bucket, _NO_TIMES):
            times = [*customer.caps[bucket]]
            times.remove(at)
            customer.caps[bucket] = times
    for bucket, sent in list(customer.most.items()):
        if (-1 - bucket) // BUCKETS == touch.index and at in sent:
            customer.most[bucket] = [each for each in sent if each != at]


def _spread(turning: Turning) -> int:
    """Each customer's own minute after the quiet hours, in microseconds."""
    customer, program = turning.customer, turning.program
    if customer.spread < 0:
        minutes = program.quiet_spread // 60_000_000
        customer.spread = draw(program.salt, "spread", customer.id) % minutes * 60_000_000 if minutes else 0
    return customer.spread


# ---------------------------------------------------------------- the answers


def _record(
    turning: Turning,
    enrollment: Enrollment,
    waiting: Waiting,
    touch: int,
    at: int,
    answer: int,
    reason: int,
    detail: int,
    until: int,
    channel: int,
    words: str,
) -> None:
    if at > enrollment.answered_at:
        enrollment.answered_at = at
    turning.whys.append(
        (
            TOUCH,
            at,
            enrollment.number,
            enrollment.journey.index,
            waiting.item,
            touch,
            waiting.visit,
            waiting.occurrence,
            waiting.due_at,
            answer,
            reason,
            detail,
            until,
            channel,
            words,
        )
    )


def withhold(
    turning: Turning, enrollment: Enrollment, waiting: Waiting, touch: int, at: int, reason: int, detail: int
) -> None:
    """The touch is spent: it is said why, and whoever listens hears of it."""
    customer = turning.customer
    customer.waiting = [each for each in customer.waiting if each is not waiting]
    _record(turning, enrollment, waiting, touch, at, WITHHOLD, reason, detail, at, -1, "")
    if turning.program.touches[touch].is_withheld_heard:
        turning.tell_of_touch(enrollment, touch, "withheld", at, REASON_WORDS[reason])


def skip_past(
    turning: Turning, enrollment: Enrollment, item: ItemProgram, visit: int, occurrence: int, due_at: int, at: int
) -> None:
    """A due time that lies before the arrival, or was pushed into the past: said, and spent."""
    assert item.send is not None
    waiting = Waiting(enrollment.number, item.index, item.owner, item.place, visit, occurrence, due_at, at, at, PAST)
    withhold(turning, enrollment, waiting, touch_of(item.send, waiting), at, PAST, 0)


def _wait(
    turning: Turning,
    enrollment: Enrollment,
    waiting: Waiting,
    touch: int,
    at: int,
    until: int,
    reason: int,
    detail: int,
) -> None:
    """Defers, or withholds where the touch would have expired by then."""
    waits_for_change = reason in (HOLD, RULE)
    if at > waiting.expires_at or (until > waiting.expires_at and not waits_for_change):
        withhold(turning, enrollment, waiting, touch, at, reason, detail)
        return
    later = waiting.deferred(until, reason)
    customer = turning.customer
    customer.waiting = [later if each is waiting else each for each in customer.waiting]
    if waiting.reason != reason or not waits_for_change:
        _record(turning, enrollment, waiting, touch, at, DEFER, reason, detail, until, -1, "")


def _words(turning: Turning, enrollment: Enrollment, touch: TouchProgram) -> str:
    """The arm and the consent choose between personalized and generic; chance among variants."""
    if enrollment.arm == GENERIC or touch.personal & ~turning.customer.consents:
        return GENERIC_WORDS
    if len(touch.variants) == 1:
        return touch.variants[0]
    name = f"{enrollment.journey.name}#{enrollment.number}"
    place = draw(turning.program.salt, "variant", turning.customer.id, name, touch.name)
    return touch.variants[place % len(touch.variants)]


def _let_go(
    turning: Turning,
    enrollment: Enrollment,
    item: ItemProgram,
    waiting: Waiting,
    touch: TouchProgram,
    channel: int,
    at: int,
) -> None:
    customer = turning.customer
    customer.waiting = [each for each in customer.waiting if each is not waiting]
    words = _words(turning, enrollment, touch)
    assert item.send is not None
    turning.effects.append(
        SendTouch(
            customer.id,
            enrollment.journey.index,
            enrollment.number,
            item.index,
            waiting.visit,
            waiting.occurrence,
            touch.index,
            channel,
            item.send.person,
            words,
            waiting.due_at,
            at,
        )
    )
    answer = SEND if turning.is_accepted_at_once else ADMIT
    _record(turning, enrollment, waiting, touch.index, at, answer, NO_REASON, 0, at, channel, words)
    if turning.is_accepted_at_once:
        accept(turning, enrollment, touch.index, channel, at)
    else:
        customer.sending = [*customer.sending, Sending(waiting, touch.index, channel, at)]


def accept(turning: Turning, enrollment: Enrollment, touch: int, channel: int, at: int) -> None:
    """A provider took the touch: it is sent."""
    turning.customer.last_sent[touch] = (enrollment.number, channel)
    program = turning.program
    if program.touches[touch].is_sent_heard:
        word = program.channel_names[channel] if channel >= 0 else ""
        turning.tell_of_touch(enrollment, touch, "sent", at, word)


def leave(turning: Turning, enrollment: Enrollment, at: int) -> None:
    """What was due where the customer no longer stands is withheld, and withdrawn if it was already let go."""
    customer = turning.customer
    for waiting in customer.waiting:
        if waiting.enrollment == enrollment.number and not is_here(enrollment, waiting):
            send = enrollment.journey.items[waiting.item].send
            assert send is not None
            if not send.outlives:
                withhold(turning, enrollment, waiting, touch_of(send, waiting), at, LEFT, 0)
    for sending in customer.sending:
        waiting = sending.waiting
        if waiting.enrollment == enrollment.number and not is_here(enrollment, waiting):
            send = enrollment.journey.items[waiting.item].send
            assert send is not None
            if not send.outlives:
                withdraw(turning, enrollment, sending, at, LEFT)


def ask_anew(turning: Turning, at: int) -> None:
    """Asks again about what was let go and never accepted, before it is tried: a slow queue is no excuse."""
    customer = turning.customer
    for sending in customer.sending:
        _free(turning, turning.program.touches[sending.touch], sending.channel, sending.at)
        customer.waiting = [*customer.waiting, sending.waiting.deferred(at, NO_REASON)]
    customer.sending = []
    ask_gate(turning, at)


def withdraw(turning: Turning, enrollment: Enrollment, sending: Sending, at: int, reason: int) -> None:
    """Takes back a touch that nobody has accepted yet, and its cap slot."""
    customer, waiting = turning.customer, sending.waiting
    customer.sending = [each for each in customer.sending if each is not sending]
    _free(turning, turning.program.touches[sending.touch], sending.channel, sending.at)
    turning.effects.append(
        WithdrawTouch(customer.id, waiting.enrollment, waiting.item, waiting.visit, waiting.occurrence)
    )
    withhold(turning, enrollment, waiting, sending.touch, at, reason, 0)
