"""No customer is lost: every state is reached, and none is a trap.

All of it is structural: a condition is taken as possible unless it is constant.  A journey with a
move to nowhere is passed over; mending that move comes first and may mend the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from journeys.check.constant import is_always, is_never
from journeys.check.places import State, is_known, moves
from journeys.check.rules import Fault, Folder, of_journeys
from journeys.definition.model import Journey, Move, Span


def target_of(move: Move, state: State) -> str | None:
    """Where the move leads someone who stands in the state; None if it leaves them standing there."""
    return None if is_never(move.condition) or move.to in ("again", "stay", state.name) else move.to


def _is_whole(folder: Folder, journey: Journey, known: Mapping[str, State]) -> bool:
    if not folder.is_whole(journey.file, ("enter",), ("anywhere",), ("stages",)):
        return False
    enters = any(entry.to in known and not is_never(entry.condition) for entry in journey.enter)
    return enters and all(is_known(move.to, known) for move in moves(journey))


def _walk(starts: Iterable[str], leads: Mapping[str, Iterable[str]]) -> set[str]:
    found = set(starts)
    waiting = list(found)
    while waiting:
        for target in leads.get(waiting.pop(), ()):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


def _leads(known: Mapping[str, State]) -> dict[str, list[str]]:
    leads: dict[str, list[str]] = {}
    for state in known.values():
        targets = (target_of(move, state) for move in state.moves)
        leads[state.name] = [target for target in targets if target is not None]
    return leads


def _reached(journey: Journey, known: Mapping[str, State]) -> set[str]:
    return _walk((e.to for e in journey.enter if e.to in known and not is_never(e.condition)), _leads(known))


@of_journeys()
def unreachable_state(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """Every state can be reached from an entry.

    PASS    need: {move: [{on: guide_opened, to: research}]}      # research is reached
    FAIL    need: {move: [{after: 30 days, to: end.lapsed}]}      # nothing leads to research

    Nobody would ever receive what is sent there.
    """
    known = folder.states[journey.name]
    if not _is_whole(folder, journey, known):
        return
    reached = _reached(journey, known)
    for stage in journey.stages:
        here = [state for state in known.values() if state.stage == stage.name]
        lost = [state for state in here if state.name not in reached]
        if stage.steps and len(lost) == len(here):
            yield _unreached(stage.name, stage.path)
        else:
            yield from (_unreached(state.name, state.path) for state in lost)


def _unreached(name: str, path: tuple[str | int, ...]) -> Fault:
    return Fault(
        path=path,
        at="key",
        message=f"no entry and no move leads to {name!r}",
        why="no customer would ever stand here, and nothing in it would ever be sent",
        help=f"add a move with 'to: {name}' to a state that is reached, or delete {name!r}",
    )


@of_journeys()
def trap(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """Nobody is kept for ever where the journey does not rest.

    PASS    need: {move: [{on: guide_opened, to: research}, {after: 30 days, to: end.lapsed}]}
    FAIL    need: {move: [{on: guide_opened, to: research}]}      # who never opens it stays for ever

    Every state that is reached leads, by some way, to an end or to `rest: true`, and is left by a
    clock without `if` (its own, its stage's or `anywhere`'s), or rests.  A clock with `due` does not
    count: the moment it waits for may be missing.
    """
    known = folder.states[journey.name]
    leads = _leads(known)
    sources: dict[str, list[str]] = defaultdict(list)
    for name, targets in leads.items():
        for target in targets:
            sources[target].append(name)
    saved = _walk([s.name for s in known.values() if s.rests] + [t for t in sources if t not in known], sources)
    returns = _Returns(known, leads)
    reached = _reached(journey, known)
    for state in known.values():
        readable = folder.is_whole(journey.file, ("stages", state.stage), ("anywhere",))
        if state.rests or state.name not in reached or not readable:
            continue
        if state.name not in saved:
            yield Fault(
                path=state.path,
                at="key",
                message=f"from {state.name!r} no way leads to an end or to a state that rests",
                why="a customer who comes here could never leave the journey",
                help="add a move to an end, such as {after: 30 days, to: end.lapsed}, or say 'rest: true'",
            )
        elif not any(_leaves(state, place, returns) for place in range(len(state.moves))):
            yield Fault(
                path=state.path,
                at="key",
                message=f"no clock is sure to leave {state.name!r}",
                why="a customer for whom nothing else happens would stand here for ever",
                help="add a clock without 'if', such as {after: 30 days, to: end.lapsed}, or say 'rest: true'",
            )


class _Returns:
    """Who can come back to a state once a move led to another, asked once for each target."""

    def __init__(self, known: Mapping[str, State], leads: Mapping[str, list[str]]) -> None:
        self._known = known
        self._leads = leads
        self._within = {
            name: [t for t in targets if t in known and known[t].stage == known[name].stage]
            for name, targets in leads.items()
        }
        self._met: dict[tuple[str, bool], set[str]] = {}

    def is_state(self, target: str) -> bool:
        return target in self._known

    def may_return(self, *, target: str, state: State, inside_stage: bool) -> bool:
        key = (target, inside_stage)
        if key not in self._met:
            self._met[key] = _walk([target], self._within if inside_stage else self._leads)
        return state.name in self._met[key]


def _leaves(state: State, place: int, returns: _Returns) -> bool:
    move = state.moves[place]
    target = target_of(move, state)
    if target is None or move.on or not is_always(move.condition):
        return False
    if move.clock is None:
        # Without a trigger and without a condition it leaves on arrival; another rule says so.
        return True
    if move.clock.due is not None:
        return False
    if not returns.is_state(target):
        # An end; or a name that nobody knows, of which another rule speaks.
        return state.owner(place) != "step" or not _is_restarted(state, move.clock.after)
    # A clock fires once for each visit of its owner.  One that leads to where its owner is still
    # being visited is spent, and saves nobody who comes back.
    match state.owner(place):
        case "step":
            return not _is_restarted(state, move.clock.after)
        case "stage":
            inside = target.split(".")[0] == state.stage
            return not (inside and returns.may_return(target=target, state=state, inside_stage=True))
        case _:
            return not returns.may_return(target=target, state=state, inside_stage=False)


def _is_restarted(state: State, after: Span | None) -> bool:
    """Whether an earlier `again` clock of the step always starts this one anew, so that it never comes."""
    for move in state.moves[: state.own]:
        clock = move.clock
        if move.to != "again" or clock is None or clock.due is not None or not is_always(move.condition):
            continue
        if clock.at is None and not clock.on_days and _length(clock.after) < _length(after):
            return True
    return False


_MICROSECONDS = {
    "exact": 1,
    "days": 86_400_000_000,
    "months": 30 * 86_400_000_000,
    "business hours": 3_600_000_000,
    "business days": 86_400_000_000,
}


def _length(span: Span | None) -> int:
    return 0 if span is None else span.amount * _MICROSECONDS[span.unit]


@of_journeys()
def nobody_enters(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """A journey has an entry that someone can take.

    PASS    enter: [{on: product_viewed, to: need}]
    FAIL    enter: [{if: 'false', to: need}]

    A journey nobody enters is a journey nobody notices is off.
    """
    readable = folder.is_whole(journey.file, ("enter",))
    if not readable or any(not is_never(entry.condition) for entry in journey.enter):
        return
    yield Fault(
        path=("enter",) if journey.enter else ("journey",),
        at="key",
        message="no customer can ever enter this journey" if journey.enter else "this journey has no way in",
        why="nobody would ever receive anything from it",
        help="add an entry, such as {on: product_viewed, to: need}",
    )


RULES = (unreachable_state, trap, nobody_enters)
