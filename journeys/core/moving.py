"""Moving: taking moves, arriving, and what becomes due by it.

A triggered move is chosen by `choose`; then whatever holds without a trigger is taken until
none does, each state at most once an instant.
"""

from __future__ import annotations

from .answers import ask_ruled, leave
from .calendar import NEVER
from .clocks import replan, watch_hold
from .conditions import Test
from .customer import STAGE, STEP, Customer, Enrollment, Event, Waiting
from .plan import visit_of
from .program import AGAIN, END, STAY, MoveProgram
from .turning import Chooser, Turning
from .why import ENDED, MOVED


def choose(
    turning: Turning, enrollment: Enrollment, moves: list[MoveProgram], event: Event | None, at: int
) -> MoveProgram | None:
    """The first move of an event whose condition holds; one to the state one stands in is passed over."""
    if turning.chooser is not None:
        return _choose_by(turning.chooser, turning.customer, enrollment, moves, event, at)
    for move in moves:
        if move.to == enrollment.state:
            continue
        condition = move.condition
        if condition is None or condition.reads(turning.customer, enrollment, event, at):
            return move
    return None


def _choose_by(
    chooser: Chooser,
    customer: Customer,
    enrollment: Enrollment,
    moves: list[MoveProgram],
    event: Event | None,
    at: int,
) -> MoveProgram | None:
    allowed = [
        move.to != enrollment.state
        and (move.condition is None or bool(move.condition.reads(customer, enrollment, event, at)))
        for move in moves
    ]
    place = chooser.choose(enrollment, moves, allowed)
    return None if place < 0 else moves[place]


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
        occurrence = 0 if fired is None else fired[1]
        enrollment.fired[item.index] = (1, occurrence + 1, arrival, 0, NEVER)
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
        enrollment.since = _since_kept(enrollment, state.stage)
    customer = turning.customer
    if customer.waiting or customer.sending:
        leave(turning, enrollment, at)
    replan(turning, enrollment, at, arrival)
    if enrollment.journey.hold is not None:
        watch_hold(turning, enrollment, at)
    tell_readers(turning, enrollment, at)


def _since_kept(enrollment: Enrollment, stage: int) -> dict[int, tuple[int, int]]:
    """Of the conditions of `for` moves that hold, those that are asked in the new state too."""
    moves = enrollment.journey.moves
    return {
        index: since
        for index, since in enrollment.since.items()
        if moves[index].owner != STEP and (moves[index].owner != STAGE or moves[index].place == stage)
    }


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
    key = (enrollment.journey.family, enrollment.key)
    customer.past[key] = (enrollment.entered_at, arrival)
    if customer.waiting or customer.sending:
        leave(turning, enrollment, at)
    word = enrollment.journey.say_end(reason)
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
    if customer.waiting:
        # A suppress rule may read the state as well.
        ask_ruled(customer, at + 1)
    if index in program.watched:
        customer.triggers_at = min(customer.triggers_at, at + 1)
        customer.segments_at = min(customer.segments_at, at + 1)
