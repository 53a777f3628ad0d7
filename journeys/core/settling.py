"""Settling: untriggered moves, and clock moves that came due, taken until none holds.

Each state is reached at most once an instant.
"""

from __future__ import annotations

from .calendar import NEVER
from .clocks import collect
from .customer import Enrollment
from .moving import take
from .plan import derive
from .program import END, STAY, MoveProgram
from .turning import Turning
from .why import BY_CLOCK, BY_CONDITION


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
