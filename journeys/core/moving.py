"""Moving: taking moves, arriving, and what becomes due by it.

A triggered move is chosen by `choose`; then whatever holds without a trigger is taken until
none does, each state at most once an instant.
"""

from __future__ import annotations

from .calendar import NEVER
from .conditions import Test
from .customer import STAGE, STEP, Enrollment, Event, Fired, Waiting
from .gate import leave, skip_past
from .plan import anchor_of, derive, due_at, visit_of
from .program import AGAIN, END, STAY, ItemProgram, MoveProgram
from .turning import Turning
from .why import BY_CLOCK, BY_CONDITION, ENDED, HELD, HOLD, MOVED, RELEASED, RULE


def choose(
    turning: Turning, enrollment: Enrollment, moves: list[MoveProgram], event: Event | None, at: int
) -> MoveProgram | None:
    """The first move of an event whose condition holds; one to the state one stands in is passed over."""
    customer = turning.customer
    if turning.chooser is not None:
        allowed = [
            move.to != enrollment.state
            and (move.condition is None or bool(move.condition.reads(customer, enrollment, event, at)))
            for move in moves
        ]
        place = turning.chooser.choose(enrollment, moves, allowed)
        return None if place < 0 else moves[place]
    for move in moves:
        if move.to == enrollment.state:
            continue
        condition = move.condition
        if condition is None or condition.reads(customer, enrollment, event, at):
            return move
    return None


def take(
    turning: Turning,
    enrollment: Enrollment,
    move: MoveProgram,
    at: int,
    moment: int,
    cause: int,
    event: Event | None,
) -> None:
    """Takes a move.  The arrival is the moment itself, or the last transition or gate answer if that is later."""
    arrival = moment if moment > enrollment.answered_at else enrollment.answered_at
    if move.item >= 0:
        item = enrollment.journey.items[move.item]
        enrollment.taken[move.index] = visit_of(enrollment, item)
    if move.keep:
        keep(turning, enrollment, move.keep, event, moment)
    number, journey, origin = enrollment.number, enrollment.journey.index, enrollment.state
    if move.to == STAY:
        turning.whys.append((MOVED, at, number, journey, origin, STAY, arrival, move.index, cause, event))
        if move.keep or move.item >= 0:
            replan(turning, enrollment, at, -1)
            if enrollment.journey.hold is not None:
                watch_hold(turning, enrollment, at)
    elif move.to == END:
        turning.whys.append((ENDED, at, number, journey, origin, move.reason, arrival, move.index, cause, event))
        end(turning, enrollment, at, arrival, move.reason)
    else:
        to = origin if move.to == AGAIN else move.to
        turning.whys.append((MOVED, at, number, journey, origin, to, arrival, move.index, cause, event))
        arrive(turning, enrollment, to, at, arrival)
    if move.sends:
        _send_with_move(turning, enrollment, move, at, arrival)


def keep(turning: Turning, enrollment: Enrollment, kept: list[tuple[int, Test]], event: Event | None, at: int) -> None:
    """Remembers values; an older event never overwrites a newer one's."""
    moment = at if event is None else event.at
    values, moments = [*enrollment.kept], [*enrollment.kept_at]
    for place, test in kept:
        if moment >= moments[place]:
            values[place] = test.reads(turning.customer, enrollment, event, at)
            moments[place] = moment
    enrollment.kept, enrollment.kept_at = values, moments


def _send_with_move(turning: Turning, enrollment: Enrollment, move: MoveProgram, at: int, arrival: int) -> None:
    """A move's own touches belong to where it leads; each time the move is taken is an occurrence."""
    for item in move.sends:
        assert item.send is not None
        fired = enrollment.fired.get(item.index)
        occurrence = 0 if fired is None else fired.occurrences
        enrollment.fired[item.index] = Fired(1, occurrence + 1, arrival, 0, NEVER)
        place, visit = -1, 1
        if enrollment.ended_at < 0:
            place, visit = enrollment.state, enrollment.visits[enrollment.state]
        waiting = Waiting(enrollment.number, item.send, place, visit, occurrence, arrival, at)
        turning.customer.waiting = [*turning.customer.waiting, waiting]
        turning.signals += 1


def arrive(turning: Turning, enrollment: Enrollment, to: int, at: int, arrival: int) -> None:
    """Stands the customer in a state: a new visit, whose clocks count from the arrival."""
    state = enrollment.journey.states[to]
    if enrollment.seen_at != at:
        enrollment.seen_at = at
        enrollment.seen = (enrollment.state,)
    # Arriving anew where one stands is told apart from coming back, so that it too happens once an instant.
    enrollment.seen = (*enrollment.seen, AGAIN if to == enrollment.state else to)
    enrollment.state = to
    enrollment.arrived_at = arrival
    enrollment.answered_at = arrival
    enrollment.mark = enrollment.held_until(arrival)
    visits = [*enrollment.visits]
    visits[to] += 1
    enrollment.visits = visits
    if state.stage != enrollment.stage:
        enrollment.stage = state.stage
        enrollment.stage_at = arrival
        enrollment.stage_mark = enrollment.mark
        visits = [*enrollment.stage_visits]
        visits[state.stage] += 1
        enrollment.stage_visits = visits
    if enrollment.since:
        moves = enrollment.journey.moves
        enrollment.since = {
            index: since
            for index, since in enrollment.since.items()
            if moves[index].owner != STEP and (moves[index].owner != STAGE or moves[index].place == state.stage)
        }
    customer = turning.customer
    if customer.waiting or customer.sending:
        leave(turning, enrollment, at)
    replan(turning, enrollment, at, arrival)
    if enrollment.journey.hold is not None:
        watch_hold(turning, enrollment, at)
    tell_readers(turning, enrollment, at)


def end(turning: Turning, enrollment: Enrollment, at: int, arrival: int, reason: int) -> None:
    """Ends an enrollment; it is remembered for re-entry, and lingers while its goal can still be reached."""
    customer = turning.customer
    turning.has_ended = True
    enrollment.ended_at = arrival
    enrollment.answered_at = arrival
    enrollment.end = reason
    enrollment.plan, enrollment.ripe, enrollment.since = [], [], {}
    enrollment.due_at = enrollment.watch_at = NEVER
    enrollment.held_at = -1
    key = (enrollment.journey.index, enrollment.key)
    customer.past[key] = (enrollment.entered_at, arrival, reason)
    if customer.waiting or customer.sending:
        leave(turning, enrollment, at)
    word = enrollment.journey.reasons[reason] if reason >= 0 else "erased"
    turning.tell(enrollment.journey.ended_event, [word], at, -1)
    tell_readers(turning, enrollment, at)


def tell_readers(turning: Turning, enrollment: Enrollment, at: int) -> None:
    """Whoever reads this journey's state is tried again one microsecond later."""
    program, customer = turning.program, turning.customer
    index = enrollment.journey.index
    readers = program.readers.get(index)
    if readers is not None:
        for other in customer.enrollments:
            if other.journey.index in readers and other.ended_at < 0 and other.watch_at > at + 1:
                other.watch_at = at + 1
    for waiting in customer.waiting:
        if waiting.reason == RULE and waiting.ask_at > at + 1:
            # A suppress rule may read the state as well.
            customer.waiting = [
                each.deferred(at + 1, RULE) if each.reason == RULE and each.ask_at > at + 1 else each
                for each in customer.waiting
            ]
            break
    if index in program.watched:
        customer.triggers_at = min(customer.triggers_at, at + 1)
        customer.segments_at = min(customer.segments_at, at + 1)


# ---------------------------------------------------------------- clocks


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
        items = enrollment.journey.items
        plan = sorted([(max(due, at), i) if i >= 0 and items[i].send is not None else (due, i) for due, i in plan])
    # What came due stays due: a clock move that waits for its `if` is not to come due again.
    if enrollment.ripe:
        enrollment.ripe = [each for each in plan if each in enrollment.ripe]
        if enrollment.ripe:
            plan = [each for each in plan if each not in enrollment.ripe]
    enrollment.plan = plan
    enrollment.due_at = plan[0][0] if plan else NEVER


def _skip(turning: Turning, enrollment: Enrollment, item: ItemProgram, due: int, at: int) -> None:
    visit = visit_of(enrollment, item)
    occurrence = _fire(turning, enrollment, item, visit, due)
    assert item.send is not None
    skip_past(turning, enrollment, item.send, visit, occurrence, due, at)


def _fire(turning: Turning, enrollment: Enrollment, item: ItemProgram, visit: int, due: int) -> int:
    """Notes that an occurrence came due, and returns which one it was, from 0."""
    fired = enrollment.fired.get(item.index)
    occurrence = fired.occurrences if fired is not None and fired.visit == visit else 0
    anchor = NEVER if item.due is None else anchor_of(turning.customer, enrollment, item)
    mark = enrollment.held_for if enrollment.held_at < 0 else enrollment.held_until(due)
    enrollment.fired[item.index] = Fired(visit, occurrence + 1, due, mark, anchor)
    return occurrence


def collect(turning: Turning, enrollment: Enrollment, at: int) -> None:
    """What is due by now: touches wait for the gate, moves are ripe.  Before that, a hold that ends by time alone."""
    if enrollment.watch_at <= at and enrollment.journey.hold is not None and enrollment.ended_at < 0:
        watch_hold(turning, enrollment, at)
    while enrollment.due_at <= at:
        (due, index), *plan = enrollment.plan
        turning.signals += 1
        # A negative index is a `for` that has lasted: it is no item.
        item = None if index < 0 else enrollment.journey.items[index]
        if item is None or item.send is None:
            # A clock move, or such a `for`: it is tried in this instant.
            turning.collected.add((enrollment.number, index))
            enrollment.watch_at = at
            enrollment.ripe = [*enrollment.ripe, (due, index)]
        else:
            visit = visit_of(enrollment, item)
            occurrence = _fire(turning, enrollment, item, visit, due)
            waiting = Waiting(enrollment.number, item.send, item.place, visit, occurrence, due, at)
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
    customer = turning.customer
    if customer.waiting:
        customer.waiting = [
            each.deferred(at, HOLD) if each.enrollment == enrollment.number and each.reason == HOLD else each
            for each in customer.waiting
        ]


# ---------------------------------------------------------------- whatever holds


def settle(turning: Turning, enrollment: Enrollment, at: int) -> None:
    """Takes untriggered and ripe moves, in file order, until none holds."""
    while enrollment.ended_at < 0:
        # What the last move made due at once is ripe as well.
        # While an event is heard nothing is: the gate comes before the clocks of its instant.
        if enrollment.due_at <= at and not turning.is_hearing:
            collect(turning, enrollment, at)
        if not enrollment.ripe and not enrollment.journey.states[enrollment.state].whenever:
            break
        move, moment = _choose_settling(turning, enrollment, at)
        if move is None:
            break
        take(turning, enrollment, move, at, moment, BY_CLOCK if move.item >= 0 else BY_CONDITION, None)
    watch(turning, enrollment, at)


def _choose_settling(turning: Turning, enrollment: Enrollment, at: int) -> tuple[MoveProgram | None, int]:
    journey = enrollment.journey
    state = journey.states[enrollment.state]
    candidates: list[tuple[MoveProgram, int]] = [
        (journey.items[index].move, due)  # type: ignore[misc]
        for due, index in enrollment.ripe
        if index >= 0
    ]
    for move in state.whenever:
        if move.for_ < 0:
            candidates.append((move, turning.moment))
        elif (lasted_at := _lasted(turning, enrollment, move, at)) >= 0:
            candidates.append((move, lasted_at))
    if not candidates:
        return None, at
    if len(candidates) > 1:
        candidates.sort(key=lambda each: each[0].order)
    seen = enrollment.seen if enrollment.seen_at == at else (enrollment.state,)
    moves, allowed = [], []
    for move, _ in candidates:
        is_open = move.to == END or (move.to != enrollment.state and move.to not in seen)
        if move.to == STAY:
            # Staying is no arrival; it too is done once an instant.
            is_open = -10 - move.index not in seen
        moves.append(move)
        condition = move.condition
        holds = is_open and (condition is None or bool(condition.reads(turning.customer, enrollment, None, at)))
        if holds and turning.chooser is None:
            return _settled(turning, enrollment, candidates, len(moves) - 1, seen, at)
        allowed.append(holds)
    if turning.chooser is None:
        return None, at
    place = turning.chooser.choose(enrollment, moves, allowed)
    return (None, at) if place < 0 else _settled(turning, enrollment, candidates, place, seen, at)


def _settled(
    turning: Turning,
    enrollment: Enrollment,
    candidates: list[tuple[MoveProgram, int]],
    place: int,
    seen: tuple[int, ...],
    at: int,
) -> tuple[MoveProgram, int]:
    move, moment = candidates[place]
    if move.to == STAY:
        enrollment.seen_at = at
        enrollment.seen = (*seen, -10 - move.index)
    if move.item >= 0:
        ripe = [each for each in enrollment.ripe if each[1] != move.item]
        enrollment.ripe = ripe
        # Due and at once possible: it is taken at its due time.  One that waited for its `if` is taken when that holds.
        if (enrollment.number, move.item) not in turning.collected:
            moment = max(moment, turning.moment)
    return move, moment


def _lasted(turning: Turning, enrollment: Enrollment, move: MoveProgram, at: int) -> int:
    """Since when a `for` move's condition holds; the instant at which it has lasted, or -1."""
    assert move.condition is not None
    holds = bool(move.condition.reads(turning.customer, enrollment, None, at))
    known = enrollment.since.get(move.index)
    marker = -1 - move.index
    if not holds:
        if known is not None:
            enrollment.since = {index: since for index, since in enrollment.since.items() if index != move.index}
            enrollment.ripe = [each for each in enrollment.ripe if each[1] != marker]
            enrollment.plan = [each for each in enrollment.plan if each[1] != marker]
            enrollment.due_at = enrollment.plan[0][0] if enrollment.plan else NEVER
        return -1
    if known is None:
        since = max(turning.moment, enrollment.arrived_at)
        enrollment.since = {**enrollment.since, move.index: (since, enrollment.held_until(since))}
        plan = derive(turning.program, turning.customer, enrollment)
        enrollment.plan = [each for each in plan if each not in enrollment.ripe]
        enrollment.due_at = enrollment.plan[0][0] if enrollment.plan else NEVER
        if enrollment.due_at <= at and not turning.is_hearing:
            collect(turning, enrollment, at)
    for due, index in enrollment.ripe:
        if index == marker:
            return due
    return -1


def watch(turning: Turning, enrollment: Enrollment, at: int) -> None:
    """When time alone may next change an answer that this enrollment waits for."""
    # What another journey's move announced for the next microsecond is still to come.
    soonest = at + 1 if enrollment.watch_at == at + 1 else NEVER
    if enrollment.ended_at < 0:
        customer, journey = turning.customer, enrollment.journey
        state = journey.states[enrollment.state]
        if state.is_timed:
            for move in state.whenever:
                if move.condition is not None and move.condition.changes is not None:
                    soonest = min(soonest, move.condition.changes(customer, enrollment, None, at))
            for _, index in enrollment.ripe:
                ripe = journey.items[index].move if index >= 0 else None
                if ripe is not None and ripe.condition is not None and ripe.condition.changes is not None:
                    soonest = min(soonest, ripe.condition.changes(customer, enrollment, None, at))
        if journey.hold is not None:
            if journey.hold.changes is not None:
                soonest = min(soonest, journey.hold.changes(customer, enrollment, None, at))
            if enrollment.held_at >= 0 and journey.hold_at_most >= 0:
                soonest = min(soonest, enrollment.held_at + journey.hold_at_most)
    enrollment.watch_at = soonest
