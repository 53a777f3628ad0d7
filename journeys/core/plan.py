"""The plan: when an enrollment's clocks are due.  Derived, never stored.

`derive` follows from arrivals, kept values, the zone, the time held and the definition; what
a customer carries (`plan`, `ripe`) is only its result, remembered until one of these changes.
"""

from __future__ import annotations

from journeys.definition.model import Opening

from .calendar import NEVER, add_days, add_months, date_of, midnight, next_at, next_day
from .customer import STAGE, STEP, Customer, Enrollment, Fired
from .opening import add_business_days, add_business_minutes
from .program import BUSINESS_DAYS, BUSINESS_MINUTES, DAYS, EXACT, MONTHS, ItemProgram, Program


def add_span(customer: Customer, opening: Opening, at: int, unit: int, amount: int) -> int:
    """An instant one span later, in the customer's zone where the span is a calendar one."""
    if unit == EXACT:
        return at + amount
    if unit == DAYS:
        return add_days(customer.zone, at, amount)
    if unit == MONTHS:
        return add_months(customer.zone, at, amount)
    if unit == BUSINESS_MINUTES:
        return add_business_minutes(customer.zone, opening, at, amount)
    assert unit == BUSINESS_DAYS
    return add_business_days(customer.zone, opening, at, amount)


def visit_of(enrollment: Enrollment, item: ItemProgram) -> int:
    """Which visit of the item's owner this is, counted from 1."""
    if item.owner == STEP:
        return enrollment.visits[item.place]
    if item.owner == STAGE:
        return enrollment.stage_visits[item.place]
    return 1


def anchor_of(customer: Customer, enrollment: Enrollment, item: ItemProgram) -> int:
    """The moment that a `due` names, or NEVER where it is missing; the answer reads no clock."""
    assert item.due is not None
    moment = item.due.reads(customer, enrollment, None, enrollment.arrived_at)
    return NEVER if moment is None or not 0 <= moment < NEVER else int(moment)


def planned_at(customer: Customer, enrollment: Enrollment, item: ItemProgram) -> int:
    """When a `due` is due, whether or not it has fired."""
    return _snap(customer, item, anchor_of(customer, enrollment, item))


def due_at(program: Program, customer: Customer, enrollment: Enrollment, item: ItemProgram) -> int:
    """When an item is next due; NEVER if it stands still, has fired, or waits for a value."""
    if item.move is None:
        fired = enrollment.fired.get(item.index)
        if fired is not None and fired[0] == visit_of(enrollment, item):
            return _due_again(program, customer, enrollment, item, fired)
    elif enrollment.taken and enrollment.taken.get(item.move.index) == visit_of(enrollment, item):
        return NEVER
    if item.due is not None:
        return planned_at(customer, enrollment, item)
    if item.owner == STEP:
        base, mark = enrollment.arrived_at, enrollment.mark
    elif item.owner == STAGE:
        base, mark = enrollment.stage_at, enrollment.stage_mark
    else:
        base, mark = enrollment.entered_at, 0
    if item.after <= 0:
        return _snap(customer, item, base) if item.is_snapped else base
    at = add_span(customer, program.opening, base, item.unit, item.after) + enrollment.held_for - mark
    if item.is_snapped:
        at = _snap(customer, item, at)
    return at if enrollment.held_at < 0 else _unless_held(enrollment, at)


def _due_again(program: Program, customer: Customer, enrollment: Enrollment, item: ItemProgram, fired: Fired) -> int:
    """When an entry that has fired in this visit is due once more."""
    _, occurrences, due, mark, anchor = fired
    if item.due is not None and item.repeats and anchor_of(customer, enrollment, item) != anchor:
        return planned_at(customer, enrollment, item)
    if item.every < 0 or occurrences >= item.times:
        return NEVER
    if item.at >= 0 and item.every_unit in (DAYS, MONTHS):
        # By its date: an hour that the clocks skipped once does not put off what comes after.
        date = midnight(customer.zone, date_of(customer.zone, due))
        due = add_span(customer, program.opening, date, item.every_unit, item.every)
        at = next_at(customer.zone, due, item.at, 0)
    else:
        at = add_span(customer, program.opening, due, item.every_unit, item.every)
    return _unless_held(enrollment, _snap(customer, item, at + enrollment.held_for - mark))


def _unless_held(enrollment: Enrollment, at: int) -> int:
    """A hold stops what was not yet due when it began; its own length is known only at its end."""
    return NEVER if 0 <= enrollment.held_at < at else at


def _snap(customer: Customer, item: ItemProgram, at: int) -> int:
    if at >= NEVER:
        return NEVER
    if item.at >= 0:
        return next_at(customer.zone, at, item.at, item.on_days)
    if item.on_days:
        return next_day(customer.zone, at, item.on_days)
    return at


def derive(program: Program, customer: Customer, enrollment: Enrollment) -> list[tuple[int, int]]:
    """Every clock of the state, as (due, item), the first due first."""
    plan: list[tuple[int, int]] = []
    if enrollment.ended_at >= 0:
        return plan
    for item in enrollment.journey.states[enrollment.state].items:
        at = due_at(program, customer, enrollment, item)
        if at < NEVER:
            plan.append((at, item.index))
    if enrollment.since:
        for index, (since, mark) in enrollment.since.items():
            # The lasting of a `for` is a clock too; its negative index tells it apart.
            lasted_at = since + enrollment.journey.moves[index].for_ + enrollment.held_for - mark
            if _unless_held(enrollment, lasted_at) < NEVER:
                plan.append((lasted_at, -1 - index))
    if len(plan) > 1:
        plan.sort()
    return plan
