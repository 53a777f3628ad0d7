"""Compiling one journey: states in file order, then the moves and clocks of each owner."""

from __future__ import annotations

from collections.abc import Sequence

from journeys.definition.model import (
    Clock,
    Condition,
    Journey,
    Keep,
    Move,
    SendEntry,
    Stage,
    Step,
)

from .conditions import Test, compile_condition
from .customer import JOURNEY, STAGE, STEP
from .program import (
    AGAIN,
    END,
    ENDLESS,
    STAY,
    GoalProgram,
    ItemProgram,
    JourneyProgram,
    MoveProgram,
    Program,
    SendProgram,
    StateProgram,
)


class JourneyCompiler:
    """Compiles one journey: states in file order, then the moves and clocks of each owner."""

    def __init__(self, program: Program, journey: JourneyProgram) -> None:
        self.program = program
        self.names = program.names
        self.source = journey.definition
        self.journey = journey
        self.order = 0

    def compile(self) -> JourneyProgram:
        journey, source, names = self.journey, self.source, self.names
        for index, stage in enumerate(source.stages):
            for name in [f"{stage.name}.{step.name}" for step in stage.steps] or [stage.name]:
                journey.state_names.append(name)
                journey.states.append(StateProgram(len(journey.states), index))
        journey.no_visits = [0] * len(journey.states)
        if source.key is not None:
            for event, places in names.places.items():
                if source.key in places and event in self.program.definitions.brand.events:
                    journey.key_places[names.events[event]] = places[source.key]
        for index, stage in enumerate(source.stages):
            self._stage(index, stage)
        states = journey.states
        self._owner(source.anywhere, (), JOURNEY, 0, states)
        if source.hold is not None:
            journey.hold = self.test_of(source.hold.condition, None)
            journey.hold_at_most = -1 if source.hold.at_most is None else source.hold.at_most
        for state in states:
            self._finish(state)
        self._goal()
        journey.entered_event = names.events[f"{source.name}.entered"]
        journey.ended_event = names.events[f"{source.name}.ended"]
        journey.reached_event = names.events[f"{source.name}.reached"]
        return journey

    def _stage(self, index: int, stage: Stage) -> None:
        states = [state for state in self.journey.states if state.stage == index]
        for state, step in zip(states, stage.steps, strict=False):
            self._owner(step.move, step.send, STEP, state.index, [state])
        # A stage without steps is its own only step: arriving again restarts its clocks.
        owner, place = (STAGE, index) if stage.steps else (STEP, states[0].index)
        self._owner(stage.move, stage.send, owner, place, states)

    def _owner(
        self,
        moves: Sequence[Move],
        sends: Sequence[SendEntry],
        owner: int,
        place: int,
        states: list[StateProgram],
    ) -> None:
        for move in moves:
            self._move(move, owner, place, states)
        for send in sends:
            item = self._send(send, owner, place)
            for state in states:
                state.items.append(item)

    def _move(self, move: Move, owner: int, place: int, states: list[StateProgram]) -> None:
        self.order += 1
        sends = [self._send(send, STEP, -1) for send in move.send]
        if move.on:
            for name in self.events_of(move.on):
                compiled = self._compiled_move(move, owner, place, name, sends)
                for state in states:
                    state.on.setdefault(self.names.events[name], []).append(compiled)
            return
        compiled = self._compiled_move(move, owner, place, None, sends)
        if move.clock is None:
            for state in states:
                state.whenever.append(compiled)
            return
        item = self._item(move.clock, owner, place)
        item.move = compiled
        compiled.item = item.index
        for state in states:
            state.items.append(item)

    def _compiled_move(
        self, move: Move, owner: int, place: int, event: str | None, sends: list[ItemProgram]
    ) -> MoveProgram:
        to, reason = self.destination_of(move.to)
        compiled = MoveProgram(len(self.journey.moves), self.order, owner, place, move.path, to, reason)
        compiled.condition = None if move.condition is None else self.test_of(move.condition, event)
        compiled.keep = self.keep_of(move.keep, event)
        compiled.sends = sends
        compiled.for_ = -1 if move.for_ is None else move.for_
        compiled.any_key = move.any_key
        self.journey.moves.append(compiled)
        return compiled

    def destination_of(self, to: str) -> tuple[int, int]:
        if to == "stay":
            return STAY, -1
        if to == "again":
            return AGAIN, -1
        if to.startswith("end."):
            reason = to[len("end.") :]
            if reason not in self.journey.reasons:
                self.journey.reasons.append(reason)
            return END, self.journey.reasons.index(reason)
        return self.journey.state_names.index(to), -1

    def events_of(self, on: Sequence[str]) -> list[str]:
        """`touch.opened` is any of the touches this journey may send."""
        events: list[str] = []
        for name in on:
            if name.startswith("touch."):
                part = name.removeprefix("touch.")
                events += [f"{touch}.{part}" for touch in sorted(_touches_sent(self.source))]
            else:
                events.append(name)
        return list(dict.fromkeys(events))

    def keep_of(self, keep: Sequence[Keep], event: str | None) -> list[tuple[int, Test]]:
        return [(self.journey.kept_names.index(each.name), self.test_of(each.value, event)) for each in keep]

    def test_of(self, condition: Condition, event: str | None) -> Test:
        test = compile_condition(condition, self.names, journey=self.source, event=event)
        for other in test.journeys:
            readers = self.program.readers.setdefault(other, [])
            if self.journey.index not in readers:
                readers.append(self.journey.index)
        return test

    def _item(self, clock: Clock, owner: int, place: int) -> ItemProgram:
        due = None if clock.due is None else self.test_of(clock.due, None)
        item = ItemProgram(len(self.journey.items), owner, place, clock, due)
        self.journey.items.append(item)
        return item

    def _send(self, send: SendEntry, owner: int, place: int) -> ItemProgram:
        known, indexes = self.program.touches, self.names.touches
        touches = [known[indexes[name]] for name in send.touches]
        otherwise = None if send.otherwise is None else known[indexes[send.otherwise]]
        condition = None if send.condition is None else self.test_of(send.condition, None)
        priority = self.source.priority if send.priority is None else send.priority
        item = self._item(send.clock, owner, place)
        item.is_late = send.late
        item.repeats = send.repeat_on_change
        if send.clock.every is not None:
            limit = len(touches) if len(touches) > 1 else ENDLESS
            item.times = min(limit, ENDLESS if send.clock.times is None else send.clock.times)
        program = item.send = SendProgram(item, send.path, touches, otherwise, condition, send.valid_for, priority)
        program.outlives = send.outlives
        if send.to is not None:
            program.person = list(self.program.definitions.brand.people).index(send.to)
        return item

    def _finish(self, state: StateProgram) -> None:
        for moves in state.on.values():
            moves.sort(key=lambda move: move.order)
        asks: set[int] = set()
        anchors: set[int] = set()
        for move in state.whenever:
            self._watch(move, state, asks)
        for item in state.items:
            if item.move is not None:
                self._watch(item.move, state, asks)
            if item.due is not None:
                state.has_due = True
                anchors |= item.due.events
        state.asks, state.anchors = frozenset(asks), frozenset(anchors)
        held = frozenset() if self.journey.hold is None else self.journey.hold.events
        state.concerns = frozenset(state.on) | state.asks | state.anchors | held

    def _watch(self, move: MoveProgram, state: StateProgram, asks: set[int]) -> None:
        if move.condition is not None:
            asks |= move.condition.events
            state.is_timed = state.is_timed or move.condition.changes is not None

    def _goal(self) -> None:
        source = self.source.goal
        if source is None:
            return
        goal = self.journey.goal = GoalProgram(-1 if source.within is None else source.within)
        for name in self.events_of(source.on):
            event = self.names.events[name]
            goal.tests[event] = None if source.condition is None else self.test_of(source.condition, name)
            goal.values[event] = None if source.value is None else self.test_of(source.value, name)
        self.journey.goal_events = frozenset(goal.tests)


def _touches_sent(journey: Journey) -> set[str]:
    touches: set[str] = set()
    owners: list[Stage | Step] = []
    for stage in journey.stages:
        owners += [stage, *stage.steps]
    sends = [send for owner in owners for send in owner.send]
    moves = [move for owner in owners for move in owner.move] + list(journey.anywhere)
    for send in sends + [send for move in moves for send in move.send]:
        touches.update(send.touches)
        if send.otherwise is not None:
            touches.add(send.otherwise)
    return touches
