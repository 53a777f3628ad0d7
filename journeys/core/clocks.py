"""Clocks: what comes due of an enrollment's plan, and the holds that stop it."""

from __future__ import annotations

from .answers import touch_of, withhold
from .calendar import NEVER
from .customer import STAGE, STEP, Customer, Enrollment, Waiting
from .plan import anchor_of, derive, due_at, visit_of
from .program import ItemProgram, SendProgram
from .turning import Turning
from .why import HELD, HOLD, PAST, RELEASED


def replan(turning: Turning, enrollment: Enrollment, at: int, arrival: int, *, skips: bool = True) -> None:
    """Derives the plan anew, after whatever may have moved a clock.

    A `due` before the arrival, or pushed into the past by a change, is skipped; a change of
    zone (`skips` false) never makes a clock late: what is then overdue is due now.
    """
    program, customer = turning.program, turning.customer
    state = enrollment.journey.states[enrollment.state]
    before = enrollment.plan
    if state.has_due and skips:
        known = {*before, *enrollment.ripe}
        for item in state.items:
            if item.due is None or item.send is None or item.is_late:
                continue
            due = due_at(program, customer, enrollment, item)
            is_new = item.owner == STEP and enrollment.arrived_at == arrival
            is_new = is_new or (item.owner == STAGE and enrollment.stage_at == arrival)
            if due < (arrival if is_new else turning.moment) and (due, item.index) not in known:
                _skip(turning, enrollment, item, due, at)
    plan = derive(program, customer, enrollment)
    if not skips:
        plan = _never_late(enrollment, plan, at)
    if enrollment.ripe:
        plan = _without_ripe(enrollment, plan)
    enrollment.plan = plan
    enrollment.due_at = plan[0][0] if plan else NEVER


def _never_late(enrollment: Enrollment, plan: list[tuple[int, int]], at: int) -> list[tuple[int, int]]:
    items = enrollment.journey.items
    return sorted([(max(due, at), i) if i >= 0 and items[i].send is not None else (due, i) for due, i in plan])


def _without_ripe(enrollment: Enrollment, plan: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What came due stays due: a clock move that waits for its `if` is not to come due again."""
    ripe = enrollment.ripe = [each for each in plan if each in enrollment.ripe]
    return [each for each in plan if each not in ripe]


def _skip(turning: Turning, enrollment: Enrollment, item: ItemProgram, due: int, at: int) -> None:
    """A due time that lies before the arrival, or was pushed into the past: said, and spent."""
    assert item.send is not None
    waiting = _fire(turning, enrollment, item, item.send, due, at)
    withhold(turning, enrollment, waiting, touch_of(waiting), at, PAST, 0)


def _fire(turning: Turning, enrollment: Enrollment, item: ItemProgram, send: SendProgram, due: int, at: int) -> Waiting:
    """Notes that an occurrence came due, counted from 0 in its visit, and asks the gate for it."""
    visit = visit_of(enrollment, item)
    fired = enrollment.fired.get(item.index)
    occurrence = fired[1] if fired is not None and fired[0] == visit else 0
    anchor = NEVER if item.due is None else anchor_of(turning.customer, enrollment, item)
    mark = enrollment.held_for if enrollment.held_at < 0 else enrollment.held_until(due)
    enrollment.fired[item.index] = (visit, occurrence + 1, due, mark, anchor)
    return Waiting(enrollment.number, send, item.place, visit, occurrence, due, at)


def collect(turning: Turning, enrollment: Enrollment, at: int) -> None:
    """What is due by now: touches wait for the gate, moves are ripe.  Before that, a hold that ends by time alone."""
    if enrollment.watch_at <= at and enrollment.journey.hold is not None and enrollment.ended_at < 0:
        watch_hold(turning, enrollment, at)
    while enrollment.due_at <= at:
        due, index = enrollment.plan[0]
        plan = enrollment.plan[1:]
        turning.signals += 1
        # A negative index is a `for` that has lasted: it is no item.
        item = None if index < 0 else enrollment.journey.items[index]
        if item is None or item.send is None:
            # A clock move, or such a `for`: it is tried in this instant.
            turning.collected.add((enrollment.number, index))
            enrollment.watch_at = at
            enrollment.ripe = [*enrollment.ripe, (due, index)]
        else:
            waiting = _fire(turning, enrollment, item, item.send, due, at)
            customer = turning.customer
            customer.waiting = [*customer.waiting, waiting] if customer.waiting else [waiting]
            if item.every >= 0:
                following = due_at(turning.program, customer, enrollment, item)
                if following < NEVER:
                    plan = sorted([*plan, (following, index)])
        enrollment.plan = plan
        enrollment.due_at = plan[0][0] if plan else NEVER


def watch_hold(turning: Turning, enrollment: Enrollment, at: int) -> None:
    """Starts or ends a hold.

    After `at_most` it lets go, and does not hold again until its condition has been false.
    """
    journey = enrollment.journey
    assert journey.hold is not None
    holds = bool(journey.hold.reads(turning.customer, enrollment, None, at))
    if not holds:
        enrollment.hold_spent = False
    if enrollment.held_at < 0:
        if holds and not enrollment.hold_spent:
            enrollment.held_at = at
            turning.whys.append((HELD, at, enrollment.number, journey.index))
            replan(turning, enrollment, at, enrollment.answered_at)
            enrollment.watch_at = at
        return
    is_spent = journey.hold_at_most >= 0 and at >= enrollment.held_at + journey.hold_at_most
    if holds and not is_spent:
        return
    enrollment.held_for += at - enrollment.held_at
    enrollment.held_at = -1
    enrollment.hold_spent = holds
    turning.whys.append((RELEASED, at, enrollment.number, journey.index, holds))
    replan(turning, enrollment, at, enrollment.answered_at)
    enrollment.watch_at = at
    if turning.customer.waiting:
        _ask_held(turning.customer, enrollment.number, at)


def _ask_held(customer: Customer, number: int, at: int) -> None:
    customer.waiting = [
        each.deferred(at, HOLD) if each.enrollment == number and each.reason == HOLD else each
        for each in customer.waiting
    ]
