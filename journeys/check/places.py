"""Where a customer can stand in a journey, and what can be met there.

A walk over the model for rules that ask "everywhere": states with the moves that apply in them,
every send, every condition with its path.  It judges nothing.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from journeys.definition.model import (
    Condition,
    Definitions,
    Journey,
    Move,
    Node,
    Path,
    SendEntry,
    Stage,
    Touch,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A place to stand: `moves` in the order they are tried, `own` of them the step's (or the plain stage's).

    `sends` are the step's own (or the plain stage's), `stage_sends` those of a stage with steps.
    """

    name: str
    stage: str
    path: Path
    rests: bool
    moves: tuple[Move, ...]
    own: int
    from_stage: int
    sends: tuple[SendEntry, ...]
    stage_sends: tuple[SendEntry, ...]

    def owner(self, place: int) -> str:
        """Whose the move at this place is: "step", "stage" or "anywhere"."""
        if place < self.own:
            return "step"
        return "stage" if place < self.own + self.from_stage else "anywhere"


def states(journey: Journey) -> dict[str, State]:
    """Every state by its name, in file order."""
    found: dict[str, State] = {}
    for stage in journey.stages:
        for state in _of_stage(journey, stage):
            found[state.name] = state
    return found


def _of_stage(journey: Journey, stage: Stage) -> Iterator[State]:
    if not stage.steps:
        yield State(
            name=stage.name,
            stage=stage.name,
            path=stage.path,
            rests=stage.rest,
            moves=(*stage.move, *journey.anywhere),
            own=len(stage.move),
            from_stage=0,
            sends=stage.send,
            stage_sends=(),
        )
    for step in stage.steps:
        yield State(
            name=f"{stage.name}.{step.name}",
            stage=stage.name,
            path=step.path,
            rests=step.rest or stage.rest,
            moves=(*step.move, *stage.move, *journey.anywhere),
            own=len(step.move),
            from_stage=len(stage.move),
            sends=step.send,
            stage_sends=stage.send,
        )


def is_known(target: str, known: Container[str]) -> bool:
    """Whether a move may name it: a state, `again`, `stay`, or an end with a reason."""
    return target in known or target in ("again", "stay") or is_end(target)


def is_end(target: str) -> bool:
    """Whether a move to it leaves the journey."""
    return target.startswith("end.") and len(target) > len("end.")


def moves(journey: Journey) -> Iterator[Move]:
    """Every move, in file order: `anywhere`'s and those of steps and stages."""
    yield from journey.anywhere
    for stage in journey.stages:
        for step in stage.steps:
            yield from step.move
        yield from stage.move


def sends(journey: Journey) -> Iterator[SendEntry]:
    """Every send entry: of moves, steps and stages."""
    for move in moves(journey):
        yield from move.send
    for stage in journey.stages:
        for step in stage.steps:
            yield from step.send
        yield from stage.send


def touches_of(entry: SendEntry) -> Iterator[tuple[str, Path]]:
    """The touches an entry may send, each with the path that names it."""
    for place, touch in enumerate(entry.touches):
        yield touch, (*entry.path, "touch", place)
    if entry.otherwise is not None:
        yield entry.otherwise, (*entry.path, "else")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A condition where it stands."""

    file: str
    path: Path
    condition: Condition

    @property
    def node(self) -> Node:
        return self.condition.node


def conditions(definitions: Definitions) -> Iterator[Place]:
    """Every condition of the folder, whatever it is for."""
    brand = definitions.brand
    for name, segment in brand.segments.items():
        yield Place(file=brand.file, path=("segments", name), condition=segment)
    for cap in brand.caps:
        if cap.condition is not None:
            yield Place(file=brand.file, path=(*cap.path, "if"), condition=cap.condition)
    for rule in brand.suppress:
        yield Place(file=brand.file, path=(*rule.path, "if"), condition=rule.condition)
    for journey in definitions.journeys.values():
        yield from conditions_of(journey)
    for touch in definitions.touches.values():
        yield from _of_touch(touch)


def conditions_of(journey: Journey) -> Iterator[Place]:
    """Every condition of one journey."""
    for path, condition in _of_journey(journey):
        if condition is not None:
            yield Place(file=journey.file, path=path, condition=condition)


def _of_journey(journey: Journey) -> Iterator[tuple[Path, Condition | None]]:
    for entry in journey.enter:
        yield (*entry.path, "if"), entry.condition
        for keep in entry.keep:
            yield (*entry.path, "keep", keep.name), keep.value
    if journey.goal is not None:
        yield (*journey.goal.path, "if"), journey.goal.condition
        yield (*journey.goal.path, "value"), journey.goal.value
    if journey.hold is not None:
        yield (*journey.hold.path, "while"), journey.hold.condition
    for move in moves(journey):
        yield (*move.path, "if"), move.condition
        yield (*move.path, "due"), move.clock.due if move.clock is not None else None
        for keep in move.keep:
            yield (*move.path, "keep", keep.name), keep.value
    for send in sends(journey):
        yield (*send.path, "if"), send.condition
        yield (*send.path, "due"), send.clock.due


def _of_touch(touch: Touch) -> Iterator[Place]:
    if touch.recommend is not None and touch.recommend.condition is not None:
        yield Place(file=touch.file, path=("recommend", "if"), condition=touch.recommend.condition)
