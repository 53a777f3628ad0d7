"""The turn: one customer, the signals at hand, up to one instant.

`turn` reads no clock, opens no connection and performs no effect.  It returns where the
customer now stands and what should happen in the world.  The runtime and the simulation
are two shells around it, and that is why a journey which simulates well runs the same way
in production.

Instants are taken in order.  Within one: erasure and consent; events; the gate; clock
moves; entries; the gate again for what they made due.  What the gate and the moves have to
tell (`spark.sent`, `cart.ended`) is heard in the next round of the same instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .answers import accept_sending, accept_withdrawn, withdraw
from .calendar import NEVER
from .clocks import collect
from .customer import Customer, Event
from .effects import Effect, SendTouch, TouchKey
from .entering import try_triggers, watch_segments
from .gate import ask_anew, ask_gate
from .hearing import hear, let_go, next_due
from .merging import number_of
from .program import Program
from .settling import settle
from .turning import Chooser, Turning
from .why import OFFER, Why

_NO_EVENTS: Final[list[Event]] = []
ROUNDS_MAX: Final = 16  # rounds in one instant; the check refuses circles, so that this only bounds the unforeseen


class Turn:
    """What a turn answers.  `wake_at` is when the customer is next due by time alone."""

    __slots__ = ("customer", "effects", "signals", "wake_at", "whys")

    def __init__(self, customer: Customer, effects: list[Effect], whys: list[Why], signals: int) -> None:
        self.customer = customer
        self.effects = effects
        self.whys = whys
        self.signals = signals
        self.wake_at = customer.wake_at


def turn(
    program: Program,
    customer: Customer,
    signals: Sequence[Event],
    until: int,
    *,
    is_accepted_at_once: bool = True,
    chooser: Chooser | None = None,
) -> Turn:
    """Takes a customer up to an instant and leaves the one it was given untouched.

    The order of the signals does not matter; one later than `until` is not taken.
    `is_accepted_at_once` is virtual sending; without it a touch waits for `accept_touch`.
    `chooser` lets another engine take every move.
    """
    return advance(program, customer.copy(), signals, until, is_accepted_at_once=is_accepted_at_once, chooser=chooser)


def advance(
    program: Program,
    customer: Customer,
    signals: Sequence[Event],
    until: int,
    *,
    is_accepted_at_once: bool = True,
    chooser: Chooser | None = None,
) -> Turn:
    """The same in place, for the only owner of a customer."""
    turning = Turning(program, customer, is_accepted_at_once, chooser)
    events = in_order(signals)
    place, count = 0, len(events)
    while place < count:
        # A late event is taken when it arrives; it rewrites nothing that happened.
        at = events[place].at
        if at < customer.as_of:
            at = customer.as_of
        absorbed = events[place].absorbed
        if absorbed is not None and absorbed.as_of > at:
            # Whoever is merged comes as they are: their time is not turned back.
            at = absorbed.as_of
        if at > until:
            break
        while customer.wake_at < at:
            take_instant(turning, customer.wake_at, _NO_EVENTS)
        first = place
        place += 1
        while place < count and events[place].at <= at and not _is_ahead(events[place], at):
            place += 1
        take_instant(turning, at, events[first:place])
    while customer.wake_at <= until:
        take_instant(turning, customer.wake_at, _NO_EVENTS)
    turning.signals += place
    if until > customer.as_of and until < NEVER:
        customer.as_of = until
    return Turn(customer, turning.effects, turning.whys, turning.signals)


def _is_ahead(event: Event, at: int) -> bool:
    """Whether it merges a customer who is further than that."""
    return event.absorbed is not None and event.absorbed.as_of > at


def _place_of(event: Event) -> tuple[int, str, str, int, str]:
    # What was sent without an id is told apart by what it says.
    return (event.at, event.source, event.id, event.event, repr(event.properties))


def in_order(signals: Sequence[Event]) -> list[Event]:
    """By time, then source and id: the order in which they arrived means nothing."""
    before = -1
    for event in signals:
        if event.at <= before:
            return sorted(signals, key=_place_of)
        before = event.at
    return [*signals]


def ask_again(
    program: Program,
    customer: Customer,
    at: int,
    *,
    keys: frozenset[TouchKey] | None = None,
    is_accepted_at_once: bool = True,
    chooser: Chooser | None = None,
) -> Turn:
    """In place: what was let go and not accepted goes through the gate once more, after what is due before `at`.

    `keys` tells which touches are asked about, None all.  One that may not go any more is withheld or waits.
    """
    turning = _taken_up_to(program, customer, at, is_accepted_at_once, chooser)
    ask_anew(turning, customer.as_of, keys)
    return _settled(turning)


def accept_touch(program: Program, customer: Customer, sent: SendTouch, at: int) -> Turn:
    """In place: a provider took a touch that was let go, at an instant; first comes what is due before it.

    One that was taken back meanwhile went all the same: it is told as sent, and caps count it.
    """
    turning = _taken_up_to(program, customer, at, False, None)
    _accept(turning, sent, customer.as_of)
    return _settled(turning)


def _accept(turning: Turning, sent: SendTouch, at: int) -> None:
    """It is known by whom it was decided for, who may have been merged since."""
    customer = turning.customer
    number = number_of(customer, sent.customer, sent.enrollment)
    key = (number, sent.item, sent.visit, sent.occurrence)
    under_way = [each for each in customer.sending if each.waiting.key == key]
    if under_way:
        accept_sending(turning, under_way[0], at)
    elif not customer.erased:
        accept_withdrawn(turning, sent, number, at)


def withhold_spent(program: Program, customer: Customer, keys: frozenset[TouchKey]) -> Turn:
    """In place: touches that were let go and not accepted are withheld, for their offer is given up to its limit.

    How often is known to who sends, for all customers.  It is said in the instant in which the customer stands.
    """
    turning = _taken_up_to(program, customer, customer.as_of, False, None)
    for sending in customer.sending:
        if sending.waiting.key in keys:
            withdraw(turning, turning.enrollment(sending.waiting.enrollment), sending, customer.as_of, OFFER)
    return _settled(turning)


def _taken_up_to(
    program: Program, customer: Customer, at: int, is_accepted_at_once: bool, chooser: Chooser | None
) -> Turning:
    """A turn that stands at an instant, or where the customer already is."""
    turning = Turning(program, customer, is_accepted_at_once, chooser)
    while customer.wake_at < at:
        take_instant(turning, customer.wake_at, _NO_EVENTS)
    turning.moment = customer.as_of = max(at, customer.as_of)
    return turning


def _settled(turning: Turning) -> Turn:
    """The rest of the instant in which something came from outside that is no event."""
    customer = turning.customer
    customer.wake_at = customer.as_of
    take_instant(turning, customer.as_of, _NO_EVENTS)
    return Turn(customer, turning.effects, turning.whys, turning.signals)


def take_instant(turning: Turning, at: int, events: list[Event]) -> None:
    """One instant of a turn, for whoever decides in between what happens next: what simulated customers do.

    `at` is after every instant that was taken, and not after `customer.wake_at`; none of the events is later.
    """
    customer = turning.customer
    customer.as_of = turning.moment = at
    if turning.collected:
        turning.collected.clear()
    wake_at = customer.wake_at
    if events:
        if len(events) > 1:
            _order(turning.program, events)
        for event in events:
            if event.accepted is None:
                hear(turning, event, at)
            else:
                _accept(turning, event.accepted, at)
        wake_at = next_due(customer)
    rounds = 0
    while wake_at <= at or turning.queue:
        rounds += 1
        if rounds > ROUNDS_MAX:
            # Time goes forward, whatever was overlooked.
            turning.queue, wake_at = [], max(wake_at, at + 1)
            break
        _pass_instant(turning, at)
        if turning.queue:
            heard, turning.queue = turning.queue, []
            for event in heard:
                hear(turning, event, at)
        wake_at = next_due(customer)
    customer.wake_at = wake_at
    if turning.has_ended:
        let_go(turning, at)


def _order(program: Program, events: list[Event]) -> None:
    """Within one instant: erasure and consent first, then as for any others."""
    events.sort(key=lambda event: (event.event not in program.first_heard, event.at, event.source, event.id))


def _pass_instant(turning: Turning, at: int) -> None:
    """What time brings: the gate, clock moves, entries.  What these make due is asked of the gate in the next round."""
    customer = turning.customer
    for enrollment in customer.enrollments:
        if enrollment.due_at <= at or enrollment.watch_at <= at:
            collect(turning, enrollment, at)
    if customer.waiting:
        ask_gate(turning, at)
    for enrollment in customer.enrollments:
        if enrollment.watch_at <= at:
            settle(turning, enrollment, at)
    if customer.segments_at <= at:
        watch_segments(turning, at)
    if customer.triggers_at <= at:
        try_triggers(turning, at)
