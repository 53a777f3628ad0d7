"""What can follow from what within one instant, as a graph, and its circles.

Four kinds of things follow from each other without any time passing: standing somewhere (moves
that need no trigger are tried), taking a move (arrivals, touches at once, changes others read),
hearing an engine event while standing somewhere, and an event that anyone may hear.  Conditions
are taken as possible unless constant.  A customer in a circle of these would never come to rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from journeys.check.constant import is_never
from journeys.check.places import State, is_end, states
from journeys.check.reads import events_read, is_within, states_read
from journeys.definition.model import Clock, Condition, Definitions, Entry, Journey, Move, Path, SendEntry


@dataclass(frozen=True, slots=True)
class Stands:
    journey: str
    state: str


@dataclass(frozen=True, slots=True)
class Takes:
    """The move at `place` of those that apply in the state."""

    journey: str
    state: str
    place: int


@dataclass(frozen=True, slots=True)
class Hears:
    journey: str
    state: str
    event: str


@dataclass(frozen=True, slots=True)
class Happens:
    """An event that every journey may hear: a journey's or a segment's."""

    event: str


@dataclass(frozen=True, slots=True)
class Enters:
    journey: str
    place: int


Node = Stands | Takes | Hears | Happens | Enters


class Instants:
    """The graph; what follows from a node is worked out when it is asked for."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._journeys = definitions.journeys
        self._states = {name: states(journey) for name, journey in definitions.journeys.items()}
        self._on: dict[str, list[Node]] = defaultdict(list)  # by event: who may hear it, wherever they stand
        self._reads_event: dict[str, list[Node]] = defaultdict(list)
        self._reads_state: dict[str, list[tuple[frozenset[str], Node]]] = defaultdict(list)
        self._at_once: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._on_here: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for journey in definitions.journeys.values():
            self._note(journey)
        for name, segment in definitions.brand.segments.items():
            for event in (f"{name}.entered", f"{name}.left"):
                self._note_reader(segment, Happens(event))

    def _note(self, journey: Journey) -> None:
        for place, entry in enumerate(journey.enter):
            if not is_never(entry.condition) and entry.to in self._states[journey.name]:
                self._note_entry(journey, place, entry)
        for state in self._states[journey.name].values():
            for place, move in enumerate(state.moves):
                if self._is_possible(journey, state, move):
                    self._note_move(journey, state, place, move)

    def _note_entry(self, journey: Journey, place: int, entry: Entry) -> None:
        node = Enters(journey.name, place)
        for event in entry.on:
            self._on[event].append(node)
        if not entry.on and entry.at is None and entry.condition is not None:
            self._note_reader(entry.condition, node)

    def _note_move(self, journey: Journey, state: State, place: int, move: Move) -> None:
        node = Takes(journey.name, state.name, place)
        for event in move.on:
            self._on[event].append(node)
            self._on_here[journey.name, state.name][event].append(place)
        if is_immediate(move):
            self._at_once[journey.name, state.name].append(place)
            if move.condition is not None:
                self._note_reader(move.condition, node)

    def _note_reader(self, condition: Condition, node: Node) -> None:
        for event in events_read(self._definitions, condition):
            self._reads_event[event].append(node)
        for journey, asked in states_read(self._definitions, condition):
            self._reads_state[journey].append((asked, node))

    def _is_possible(self, journey: Journey, state: State, move: Move) -> bool:
        leads = move.to in ("again", "stay") or is_end(move.to) or move.to in self._states[journey.name]
        return leads and move.to != state.name and not is_never(move.condition)

    @property
    def roots(self) -> Iterator[Node]:
        """Every move and entry that can be taken, in file order."""
        for journey in self._journeys.values():
            for place in range(len(journey.enter)):
                yield Enters(journey.name, place)
            for state in self._states[journey.name].values():
                for place, move in enumerate(state.moves):
                    if self._is_possible(journey, state, move):
                        yield Takes(journey.name, state.name, place)

    def place(self, node: Node) -> tuple[str, Path] | None:
        """The journey and the path of a move or an entry; None for what has no line of its own."""
        match node:
            case Takes(journey, state, place):
                return journey, self._states[journey][state].moves[place].path
            case Enters(journey, place):
                return journey, self._journeys[journey].enter[place].path
            case _:
                return None

    def after(self, node: Node) -> Iterator[Node]:
        """What may follow at once."""
        match node:
            case Stands(journey, state):
                for place in self._at_once.get((journey, state), ()):
                    yield Takes(journey, state, place)
            case Takes(journey, state, _):
                yield from self._after_move(node, self._states[journey][state])
            case Hears():
                yield from self._after_hearing(node)
            case Happens(event):
                yield from self._on.get(event, ())
                yield from self._after_event(event, self._journeys)
            case Enters(journey, place):
                entry = self._journeys[journey].enter[place]
                if entry.to in self._states[journey]:
                    yield Happens(f"{journey}.entered")
                    yield from self._arrives(self._journeys[journey], None, self._states[journey][entry.to], ())

    def _after_move(self, node: Takes, state: State) -> Iterator[Node]:
        journey = self._journeys[node.journey]
        move = state.moves[node.place]
        if is_end(move.to):
            yield Happens(f"{journey.name}.ended")
            yield from self._changes(journey.name, state.name, None)
        elif move.to == "stay":
            yield Stands(journey.name, state.name)
            for event in _events_at_once(move.send):
                yield Hears(journey.name, state.name, event)
        else:
            target = state if move.to == "again" else self._states[journey.name][move.to]
            yield from self._arrives(journey, state, target, move.send)

    def _arrives(
        self, journey: Journey, source: State | None, target: State, sends: tuple[SendEntry, ...]
    ) -> Iterator[Node]:
        is_new_stage = source is None or source.stage != target.stage
        all_sends = (*sends, *target.sends, *(target.stage_sends if is_new_stage else ()))
        yield Stands(journey.name, target.name)
        for event in _events_at_once(all_sends):
            yield Hears(journey.name, target.name, event)
        yield from self._changes(journey.name, source.name if source is not None else None, target.name)

    def _changes(self, journey: str, source: str | None, target: str | None) -> Iterator[Node]:
        for asked, reader in self._reads_state.get(journey, ()):
            before = source is not None and is_within(source, asked)
            if before != (target is not None and is_within(target, asked)):
                yield reader

    def _after_hearing(self, node: Hears) -> Iterator[Node]:
        here = self._on_here.get((node.journey, node.state), {})
        any_touch = f"touch.{node.event.rsplit('.', 1)[1]}"
        for place in (*here.get(node.event, ()), *here.get(any_touch, ())):
            yield Takes(node.journey, node.state, place)
        # Who has moved on in the same instant hears it where they stand now.
        for place in self._at_once.get((node.journey, node.state), ()):
            target = self._states[node.journey][node.state].moves[place].to
            if target in self._states[node.journey]:
                yield Hears(node.journey, target, node.event)
        yield from self._after_event(node.event, (node.journey,))

    def _after_event(self, event: str, journeys: Iterable[str]) -> Iterator[Node]:
        yield from self._reads_event.get(event, ())
        for name in journeys:
            goal = self._journeys[name].goal
            if goal is not None and event in goal.on:
                yield Happens(f"{name}.reached")


def is_immediate(move: Move) -> bool:
    """Whether it needs neither an event nor time: it is taken whenever it holds."""
    return not move.on and move.clock is None and move.for_ is None


def _is_on_arrival(clock: Clock) -> bool:
    waits = clock.after is not None and clock.after.amount > 0
    return not waits and clock.due is None and clock.at is None and not clock.on_days


def _events_at_once(entries: Iterable[SendEntry]) -> Iterator[str]:
    for entry in entries:
        if _is_on_arrival(entry.clock) and not is_never(entry.condition):
            for touch in (*entry.touches[:1], *((entry.otherwise,) if entry.otherwise else ())):
                yield f"{touch}.sent"
                yield f"{touch}.withheld"
