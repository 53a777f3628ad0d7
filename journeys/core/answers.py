"""Answers: what becomes of a touch once the gate has spoken, or its place was left.

Every answer is recorded with its why; who listens for `sent` and `withheld` hears of it.
"""

from __future__ import annotations

from .caps import free, reserve, reserve_most
from .chance import draw
from .customer import GENERIC, STEP, Customer, Enrollment, Sending, Waiting
from .effects import GENERIC_WORDS, SendTouch, WithdrawTouch
from .program import (
    INTERNAL,
    MARKETING,
    SERVICE,
    TouchProgram,
)
from .turning import Turning
from .why import (
    ADMIT,
    DEFER,
    HOLD,
    LEFT,
    NO_REASON,
    REASON_WORDS,
    RULE,
    SEND,
    TOUCH,
    WITHHOLD,
)


def replace(customer: Customer, waiting: Waiting, later: Waiting | None) -> None:
    if later is None:
        customer.waiting = [each for each in customer.waiting if each is not waiting]
    else:
        customer.waiting = [later if each is waiting else each for each in customer.waiting]


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
    number, journey, item, index = enrollment.number, enrollment.journey.index, waiting.send.item.index, touch.index
    visit, occurrence, due = waiting.visit, waiting.occurrence, waiting.due_at
    turning.whys.append(
        (TOUCH, at, number, journey, item, index, visit, occurrence, due, answer, reason, detail, until, channel, words)
    )


def withhold(
    turning: Turning, enrollment: Enrollment, waiting: Waiting, touch: TouchProgram, at: int, reason: int, detail: int
) -> None:
    """The touch is spent: it is said why, and whoever listens hears of it."""
    _record(turning, enrollment, waiting, touch, at, WITHHOLD, reason, detail, at, -1, "")
    if touch.is_withheld_heard:
        turning.tell_of_touch(enrollment, touch, "withheld", at, REASON_WORDS[reason])


def ask_ruled(customer: Customer, at: int) -> None:
    """What a suppress rule makes wait is asked again at an instant, where it would be later."""
    ask_deferred(customer, at, RULE)


def ask_deferred(customer: Customer, at: int, *reasons: int) -> None:
    """What waits for one of these reasons is asked again at an instant, where it would be later."""
    for waiting in customer.waiting:
        if waiting.reason in reasons and waiting.ask_at > at:
            replace(customer, waiting, waiting.deferred(at, waiting.reason))


def wait(
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
    """The arm and the consent choose between personalized and generic; chance among variants.

    What goes to us may have no generic words: what was not consented to is missing in the others.
    """
    if touch.has_generic and (enrollment.arm == GENERIC or touch.personal & ~turning.customer.consents):
        return GENERIC_WORDS
    if len(touch.variants) == 1:
        return touch.variants[0]
    name = f"{enrollment.journey.name}#{enrollment.number}"
    place = draw(turning.program.salt, "variant", turning.customer.id, name, touch.name)
    return touch.variants[place % len(touch.variants)]


def let_go(
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
        customer.sending = [*customer.sending, Sending(waiting, touch, channel, words, at)]


def accept_sending(turning: Turning, sending: Sending, at: int) -> None:
    """A provider took what was let go before: it is no longer to be taken back."""
    customer, waiting, touch = turning.customer, sending.waiting, sending.touch
    customer.sending = [each for each in customer.sending if each is not sending]
    enrollment = turning.enrollment(waiting.enrollment)
    _record(turning, enrollment, waiting, touch, at, SEND, NO_REASON, 0, at, sending.channel, sending.words)
    accept(turning, enrollment, touch, sending.channel, at)


def accept_withdrawn(turning: Turning, sent: SendTouch, number: int, at: int) -> None:
    """A provider took what an enrollment had taken back: it was under way already.  Its slots are used after all."""
    customer, program = turning.customer, turning.program
    touch = program.touches[sent.touch]
    if touch.class_ == MARKETING:
        reserve(customer, touch, sent.channel, at, customer.caps)
    if touch.most > 0:
        reserve_most(touch, touch.recipient - sent.person, at, customer.most)
    place = (number, sent.journey, sent.item, sent.touch, sent.visit, sent.occurrence, sent.due_at)
    turning.whys.append((TOUCH, at, *place, SEND, NO_REASON, 0, at, sent.channel, sent.words))
    customer.last_sent[touch.index] = (number, sent.channel)
    if touch.is_sent_heard:
        word = program.channel_names[sent.channel] if sent.channel >= 0 else ""
        turning.tell(touch.events["sent"], [word], at, number)


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


def withdraw(turning: Turning, enrollment: Enrollment, sending: Sending, at: int, reason: int) -> None:
    """Takes back a touch that nobody has accepted yet, and its cap slot."""
    customer, waiting = turning.customer, sending.waiting
    customer.sending = [each for each in customer.sending if each is not sending]
    free(customer, sending)
    turning.effects.append(
        WithdrawTouch(customer.id, waiting.enrollment, waiting.send.item.index, waiting.visit, waiting.occurrence)
    )
    withhold(turning, enrollment, waiting, sending.touch, at, reason, 0)
