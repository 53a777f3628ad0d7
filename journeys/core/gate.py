"""The gate: the one place that answers send, defer until, or withhold because.

It is asked over all of a customer's due touches together, in order of priority; each answer
is recorded with its why.  Where language.md lists what is asked, `_answer` asks in that
order, the holdout last: so that a held-out customer is counted exactly when a touch would
have gone.
"""

from __future__ import annotations

from typing import Final

from .answers import is_here, let_go, replace, touch_of, wait, withhold
from .calendar import in_window, window_end
from .caps import BY_CHOICE, admits_most, free, free_slot, reserve, reserve_most
from .chance import draw
from .customer import HOLDOUT, Customer, Enrollment, Waiting
from .effects import TouchKey
from .plan import planned_at
from .preferences import QUIET_HOURS, chosen, is_unwanted, quiet_hours, shut_channels
from .program import (
    INTERNAL,
    MARKETING,
    SERVICE,
    Program,
    RuleProgram,
    TouchProgram,
)
from .turning import Turning
from .why import (
    ADDRESS,
    BY_CHANNEL,
    BY_LIMIT,
    BY_TOPIC,
    CAP,
    CONDITION,
    CONSENT,
    EXPIRED,
    HELD_OUT,
    HOLD,
    LEFT,
    MOST,
    NO_REASON,
    OUTRANKED,
    PREFERENCE,
    QUIET,
    RULE,
    SUPPRESSED,
)

_LETS_GO_TOGETHER: Final = (HOLD, RULE, QUIET)


def ask_gate(turning: Turning, at: int) -> None:
    """Answers every touch that is due to be asked, the first in priority first.  Some touch waits."""
    customer = turning.customer
    waiting = customer.waiting
    if len(waiting) > 1:
        _ask_in_turn(turning, at)
    elif waiting[0].ask_at <= at:
        only, enrollment = waiting[0], customer.enrollments[0]
        if enrollment.number != only.enrollment:
            enrollment = turning.enrollment(only.enrollment)
        later = _answer(turning, enrollment, only, at, [])
        customer.waiting = [] if later is None else [later]


def _ask_in_turn(turning: Turning, at: int) -> None:
    customer = turning.customer
    due = [each for each in customer.waiting if each.ask_at <= at]
    if len(due) > 1:
        due.sort(key=lambda each: _precedence(turning, each))
    voiced: list[Waiting] = []
    for each in due:
        later = _answer(turning, turning.enrollment(each.enrollment), each, at, voiced)
        replace(customer, each, later)


def _precedence(turning: Turning, waiting: Waiting) -> tuple[int, int, int, str, int, int]:
    enrollment, send = turning.enrollment(waiting.enrollment), waiting.send
    key = "" if enrollment.key is None else str(enrollment.key)
    return (-send.priority, waiting.due_at, enrollment.journey.index, key, enrollment.number, send.item.index)


def _answer(
    turning: Turning, enrollment: Enrollment, waiting: Waiting, at: int, voiced: list[Waiting]
) -> Waiting | None:
    """Asks the gate of one touch, and gives back what waits on, or None where it is answered for good.

    `voiced` are the marketing touches of this asking that go, or will.
    """
    program, customer = turning.program, turning.customer
    send = waiting.send
    touch = send.touches[0] if len(send.touches) == 1 else touch_of(waiting)
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
        let_go(turning, enrollment, waiting, touch, touch.channels[0] if touch.channels else -1, at)
        return None
    is_marketing = class_ == MARKETING
    if is_marketing and enrollment.held_at >= 0:
        return wait(turning, enrollment, waiting, touch, at, waiting.due_at + send.valid_for + 1, HOLD, 0)
    shut = 0
    if touch.stops is not None and touch.stops.reads(customer, None, None, at):
        for rule in touch.rules:
            if rule.condition.reads(customer, None, None, at):
                if rule.waits:
                    until = _asked_again(turning, rule, waiting, at)
                    return wait(turning, enrollment, waiting, touch, at, until, RULE, rule.index)
                if rule.channels == 0:
                    withhold(turning, enrollment, waiting, touch, at, RULE, rule.index)
                    return None
                shut |= rule.channels
    if is_marketing and not customer.consents & touch.consent:
        withhold(turning, enrollment, waiting, touch, at, CONSENT, touch.purpose)
        return None
    if is_marketing and customer.preferences:
        if is_unwanted(program, customer, touch):
            withhold(turning, enrollment, waiting, touch, at, PREFERENCE, BY_TOPIC)
            return None
        shut |= shut_channels(program, customer)
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
    if touch.most >= 0 and not admits_most(customer, touch, recipient, at, is_held_out):
        withhold(turning, enrollment, waiting, touch, at, MOST, 0)
        return None
    if is_marketing:
        if voiced and _is_outranked(waiting, voiced):
            withhold(turning, enrollment, waiting, touch, at, OUTRANKED, 0)
            return None
        until, cap = free_slot(customer, touch, channel, at, is_held_out)
        if until > at:
            reason, detail = (PREFERENCE, BY_LIMIT) if cap == BY_CHOICE else (CAP, cap)
            later = wait(turning, enrollment, waiting, touch, at, until, reason, detail)
            if later is not None:
                voiced.append(waiting)
            return later
    if touch.keeps_quiet or customer.preferences:
        from_, to = quiet_hours(program, customer, touch)
        if in_window(customer.zone, at, from_, to):
            until = window_end(customer.zone, at, from_, to)
            if not chosen(customer, QUIET_HOURS):
                until += _spread(turning)
            later = wait(turning, enrollment, waiting, touch, at, until, QUIET, 0)
            if later is not None and is_marketing:
                voiced.append(waiting)
            return later
    if is_marketing:
        voiced.append(waiting)
        reserve(customer, touch, channel, at, customer.would if is_held_out else customer.caps)
    if touch.most > 0:
        reserve_most(touch, recipient, at, customer.would if is_held_out else customer.most)
    if is_held_out:
        withhold(turning, enrollment, waiting, touch, at, HELD_OUT, channel)
        return None
    let_go(turning, enrollment, waiting, touch, channel, at)
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
        return PREFERENCE, BY_CHANNEL
    return SUPPRESSED, 0


def _spread(turning: Turning) -> int:
    """Each customer's own minute after the quiet hours, in microseconds."""
    customer, program = turning.customer, turning.program
    if customer.spread < 0:
        minutes = program.quiet_spread // 60_000_000
        customer.spread = draw(program.salt, "spread", customer.id) % minutes * 60_000_000 if minutes else 0
    return customer.spread


# ---------------------------------------------------------------- once more


def ask_anew(turning: Turning, at: int, keys: frozenset[TouchKey] | None) -> None:
    """Asks again about what was let go and never accepted, before it is tried: a slow queue is no excuse.

    `keys` tells of which touches; None of all.
    """
    customer = turning.customer
    asked = [each for each in customer.sending if keys is None or each.waiting.key in keys]
    customer.sending = [each for each in customer.sending if each not in asked]
    for sending in asked:
        free(customer, sending)
        customer.waiting = [*customer.waiting, sending.waiting.deferred(at, NO_REASON)]
    if customer.waiting:
        ask_gate(turning, at)
