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
from .customer import GENERIC, HOLDOUT, STEP, Customer, Enrollment, Sending, Waiting
from .effects import GENERIC_WORDS, SendTouch, WithdrawTouch
from .plan import planned_at
from .program import (
    BUCKETS,
    INTERNAL,
    MARKETING,
    SERVICE,
    Program,
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

_LETS_GO_TOGETHER: Final = (HOLD, RULE, QUIET)
_NO_TIMES: Final[list[int]] = []  # never added to


def ask_gate(turning: Turning, at: int) -> None:
    """Answers every touch that is due to be asked, the first in priority first."""
    customer = turning.customer
    waiting = customer.waiting
    if len(waiting) == 1:
        only = waiting[0]
        if only.ask_at <= at:
            later = _answer(turning, turning.enrollment(only.enrollment), only, at, [])
            customer.waiting = [] if later is None else [later]
        return
    due = [each for each in waiting if each.ask_at <= at]
    if len(due) > 1:
        due.sort(key=lambda each: _precedence(turning, each))
    voiced: list[Waiting] = []
    for each in due:
        later = _answer(turning, turning.enrollment(each.enrollment), each, at, voiced)
        _replace(customer, each, later)


def _replace(customer: Customer, waiting: Waiting, later: Waiting | None) -> None:
    if later is None:
        customer.waiting = [each for each in customer.waiting if each is not waiting]
    else:
        customer.waiting = [later if each is waiting else each for each in customer.waiting]


def _precedence(turning: Turning, waiting: Waiting) -> tuple[int, int, int, str, int, int]:
    enrollment, send = turning.enrollment(waiting.enrollment), waiting.send
    key = "" if enrollment.key is None else str(enrollment.key)
    return (-send.priority, waiting.due_at, enrollment.journey.index, key, enrollment.number, send.item.index)


def is_here(enrollment: Enrollment, waiting: Waiting) -> bool:
    """Whether the customer still stands where the touch was planned, in the same visit."""
    place = waiting.place
    if place < 0:
        # Sent on the way to an end.
        return True
    if enrollment.ended_at >= 0:
        return False
    if waiting.send.item.owner == STEP:
        return enrollment.state == place and enrollment.visits[place] == waiting.visit
    return enrollment.stage == place and enrollment.stage_visits[place] == waiting.visit


def touch_of(waiting: Waiting) -> TouchProgram:
    """Of a list of touches, the one whose turn it is."""
    touches = waiting.send.touches
    return touches[waiting.occurrence % len(touches)]


def _answer(
    turning: Turning, enrollment: Enrollment, waiting: Waiting, at: int, voiced: list[Waiting]
) -> Waiting | None:
    """Asks the gate of one touch, and gives back what waits on, or None where it is answered for good.

    `voiced` are the marketing touches of this asking that go, or will.
    """
    program, customer = turning.program, turning.customer
    send, touch = waiting.send, touch_of(waiting)
    if send.condition is not None and not send.condition.reads(customer, enrollment, None, at):
        if send.otherwise is None:
            withhold(turning, enrollment, waiting, touch, at, CONDITION, 0)
            return None
        touch = send.otherwise
    class_ = touch.class_
    is_left = False
    if send.outlives and not is_here(enrollment, waiting):
        # What does not outlive its place was withheld when the customer left it.
        is_left = enrollment.ended_at >= 0 and class_ not in (SERVICE, INTERNAL)
    if is_left or (send.item.due is not None and planned_at(customer, enrollment, send.item) > at):
        # Left, or the moment that it waits for was put off since it came due.
        withhold(turning, enrollment, waiting, touch, at, LEFT, 0)
        return None
    if class_ == INTERNAL:
        _let_go(turning, enrollment, waiting, touch, touch.channels[0] if touch.channels else -1, at)
        return None
    is_marketing = class_ == MARKETING
    if is_marketing and enrollment.held_at >= 0:
        return _wait(turning, enrollment, waiting, touch, at, waiting.due_at + send.valid_for + 1, HOLD, 0)
    shut = 0
    if touch.stops is not None and touch.stops.reads(customer, None, None, at):
        for rule in touch.rules:
            if rule.condition.reads(customer, None, None, at):
                if rule.waits:
                    until = _asked_again(turning, rule, waiting, at)
                    return _wait(turning, enrollment, waiting, touch, at, until, RULE, rule.index)
                if rule.channels == 0:
                    withhold(turning, enrollment, waiting, touch, at, RULE, rule.index)
                    return None
                shut |= rule.channels
    if is_marketing and not customer.consents & touch.consent:
        withhold(turning, enrollment, waiting, touch, at, CONSENT, touch.purpose)
        return None
    channel = -1
    if send.person < 0:
        channel = _channel(program, customer, touch, shut)
        if channel < 0:
            reason, detail = _unreachable(turning, touch, shut)
            withhold(turning, enrollment, waiting, touch, at, reason, detail)
            return None
    elif touch.channels:
        channel = touch.channels[0]
    if at > waiting.due_at + send.valid_for:
        withhold(turning, enrollment, waiting, touch, at, EXPIRED, 0)
        return None
    is_held_out = is_marketing and enrollment.arm == HOLDOUT
    recipient = touch.recipient - send.person
    if touch.most >= 0 and not _admits_most(customer, touch, recipient, at, is_held_out):
        withhold(turning, enrollment, waiting, touch, at, MOST, 0)
        return None
    if is_marketing:
        if voiced and _is_outranked(waiting, voiced):
            withhold(turning, enrollment, waiting, touch, at, OUTRANKED, 0)
            return None
        until, cap = _free_slot(customer, touch, channel, at, is_held_out)
        if until > at:
            later = _wait(turning, enrollment, waiting, touch, at, until, CAP, cap)
            if later is not None:
                voiced.append(waiting)
            return later
    if touch.keeps_quiet and in_window(customer.zone, at, program.quiet_from, program.quiet_to):
        until = window_end(customer.zone, at, program.quiet_from, program.quiet_to) + _spread(turning)
        later = _wait(turning, enrollment, waiting, touch, at, until, QUIET, 0)
        if later is not None and is_marketing:
            voiced.append(waiting)
        return later
    if is_marketing:
        voiced.append(waiting)
        _reserve(touch.scopes[channel], at, customer.would if is_held_out else customer.caps)
    if touch.most > 0:
        most = customer.would if is_held_out else customer.most
        most[recipient] = [*most.get(recipient, _NO_TIMES), at][-touch.most :]
    if is_held_out:
        withhold(turning, enrollment, waiting, touch, at, HELD_OUT, channel)
        return None
    _let_go(turning, enrollment, waiting, touch, channel, at)
    return None


# ---------------------------------------------------------------- what is asked


def _is_outranked(waiting: Waiting, voiced: list[Waiting]) -> bool:
    return any([_are_together(each, waiting) for each in voiced])


def _are_together(one: Waiting, other: Waiting) -> bool:
    """Of one enrollment, and due at one instant or let go together by what made them wait.

    What a late event made due at several instants was never waiting together.
    """
    return one.enrollment == other.enrollment and (
        one.due_at == other.due_at or (one.reason in _LETS_GO_TOGETHER and other.reason in _LETS_GO_TOGETHER)
    )


def _asked_again(turning: Turning, rule: RuleProgram, waiting: Waiting, at: int) -> int:
    """A rule that waits is asked again after every event, when time may change it, and when the touch expires."""
    until = waiting.due_at + waiting.send.valid_for + 1
    if rule.condition.changes is not None:
        until = min(until, rule.condition.changes(turning.customer, None, None, at))
    return until


def _channel(program: Program, customer: Customer, touch: TouchProgram, shut: int) -> int:
    """The first channel in order of preference that is not shut and has a usable address."""
    channels = touch.channels
    if touch.chooses_best and program.preferred_channel >= 0:
        channels = _best_first(program, customer, channels)
    shut |= customer.bounced | customer.complained
    for channel in channels:
        address = program.channel_addresses[channel]
        if not shut >> channel & 1 and (address < 0 or customer.fields[address]):
            return channel
    return -1


def _best_first(program: Program, customer: Customer, channels: list[int]) -> list[int]:
    preferred = customer.fields[program.preferred_channel]
    return sorted(channels, key=lambda each: program.channel_names[each] != preferred)


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


def _admits_most(customer: Customer, touch: TouchProgram, recipient: int, at: int, is_held_out: bool) -> bool:
    if touch.most == 0:
        return False
    times = customer.most.get(recipient, _NO_TIMES)
    if is_held_out and recipient in customer.would:
        times = sorted(times + customer.would[recipient])
    if len(times) < touch.most:
        return True
    return touch.most_per >= 0 and times[-touch.most] + touch.most_per <= at


def _free_slot(customer: Customer, touch: TouchProgram, channel: int, at: int, is_held_out: bool) -> tuple[int, int]:
    """The first instant at which every cap has room, as far as is known now, and the cap that says so."""
    caps = customer.caps
    until, blamed = at, 0
    for scope, bucket in touch.scopes[channel]:
        times = caps.get(bucket, _NO_TIMES)
        if is_held_out and bucket in customer.would:
            times = sorted(times + customer.would[bucket])
        if len(times) < scope.least or (scope.least and times[-scope.least] + scope.per <= at):
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
    touch: TouchProgram,
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
    number, journey, item = enrollment.number, enrollment.journey.index, waiting.send.item.index
    place = (number, journey, item, touch.index, waiting.visit, waiting.occurrence, waiting.due_at)
    turning.whys.append((TOUCH, at, *place, answer, reason, detail, until, channel, words))


def withhold(
    turning: Turning, enrollment: Enrollment, waiting: Waiting, touch: TouchProgram, at: int, reason: int, detail: int
) -> None:
    """The touch is spent: it is said why, and whoever listens hears of it."""
    _record(turning, enrollment, waiting, touch, at, WITHHOLD, reason, detail, at, -1, "")
    if touch.is_withheld_heard:
        turning.tell_of_touch(enrollment, touch, "withheld", at, REASON_WORDS[reason])


def skip_past(
    turning: Turning, enrollment: Enrollment, send: SendProgram, visit: int, occurrence: int, due_at: int, at: int
) -> None:
    """A due time that lies before the arrival, or was pushed into the past: said, and spent."""
    waiting = Waiting(enrollment.number, send, send.item.place, visit, occurrence, due_at, at)
    withhold(turning, enrollment, waiting, touch_of(waiting), at, PAST, 0)


def _wait(
    turning: Turning,
    enrollment: Enrollment,
    waiting: Waiting,
    touch: TouchProgram,
    at: int,
    until: int,
    reason: int,
    detail: int,
) -> Waiting | None:
    """Defers, or withholds where the touch would have expired by then."""
    waits_for_change = reason in (HOLD, RULE)
    expires_at = waiting.due_at + waiting.send.valid_for
    if at > expires_at or (until > expires_at and not waits_for_change):
        withhold(turning, enrollment, waiting, touch, at, reason, detail)
        return None
    if waiting.reason != reason or not waits_for_change:
        _record(turning, enrollment, waiting, touch, at, DEFER, reason, detail, until, -1, "")
    return waiting.deferred(until, reason)


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
    turning: Turning, enrollment: Enrollment, waiting: Waiting, touch: TouchProgram, channel: int, at: int
) -> None:
    customer, send = turning.customer, waiting.send
    number, journey, item, index = enrollment.number, enrollment.journey.index, send.item.index, touch.index
    visit, occurrence, due_at = waiting.visit, waiting.occurrence, waiting.due_at
    words = _words(turning, enrollment, touch)
    effect = SendTouch(
        customer.id, journey, number, item, visit, occurrence, index, channel, send.person, words, due_at, at
    )
    turning.effects.append(effect)
    if at > enrollment.answered_at:
        enrollment.answered_at = at
    answer = SEND if turning.is_accepted_at_once else ADMIT
    turning.whys.append(
        (TOUCH, at, number, journey, item, index, visit, occurrence, due_at, answer, NO_REASON, 0, at, channel, words)
    )
    if turning.is_accepted_at_once:
        accept(turning, enrollment, touch, channel, at)
    else:
        customer.sending = [*customer.sending, Sending(waiting, touch, channel, at)]


def accept(turning: Turning, enrollment: Enrollment, touch: TouchProgram, channel: int, at: int) -> None:
    """A provider took the touch: it is sent."""
    turning.customer.last_sent[touch.index] = (enrollment.number, channel)
    if touch.is_sent_heard:
        word = turning.program.channel_names[channel] if channel >= 0 else ""
        turning.tell_of_touch(enrollment, touch, "sent", at, word)


def leave(turning: Turning, enrollment: Enrollment, at: int) -> None:
    """What was due where the customer no longer stands is withheld, and withdrawn if it was already let go."""
    customer = turning.customer
    for waiting in customer.waiting:
        if waiting.enrollment == enrollment.number and not is_here(enrollment, waiting):
            if not waiting.send.outlives:
                customer.waiting = [each for each in customer.waiting if each is not waiting]
                withhold(turning, enrollment, waiting, touch_of(waiting), at, LEFT, 0)
    for sending in customer.sending:
        waiting = sending.waiting
        if waiting.enrollment == enrollment.number and not is_here(enrollment, waiting):
            # After an end only what is service or internal may still go.
            may_stay = enrollment.ended_at < 0 or sending.touch.class_ in (SERVICE, INTERNAL)
            if not (waiting.send.outlives and may_stay):
                withdraw(turning, enrollment, sending, at, LEFT)


def ask_anew(turning: Turning, at: int) -> None:
    """Asks again about what was let go and never accepted, before it is tried: a slow queue is no excuse."""
    customer = turning.customer
    for sending in customer.sending:
        _free(turning, sending.touch, sending.channel, sending.at)
        customer.waiting = [*customer.waiting, sending.waiting.deferred(at, NO_REASON)]
    customer.sending = []
    ask_gate(turning, at)


def withdraw(turning: Turning, enrollment: Enrollment, sending: Sending, at: int, reason: int) -> None:
    """Takes back a touch that nobody has accepted yet, and its cap slot."""
    customer, waiting = turning.customer, sending.waiting
    customer.sending = [each for each in customer.sending if each is not sending]
    _free(turning, sending.touch, sending.channel, sending.at)
    turning.effects.append(
        WithdrawTouch(customer.id, waiting.enrollment, waiting.send.item.index, waiting.visit, waiting.occurrence)
    )
    withhold(turning, enrollment, waiting, sending.touch, at, reason, 0)
