"""The machine: a journey as one nested state machine of `transitions`, the only place that knows the library.

From the same `Journey` that `program.py` makes tables of, this builds stages that hold steps
and an `end` that holds its reasons.  It refuses what is malformed when it is built, it takes
every move itself when asked to (`Reference`), and it draws.  It never runs on the hot path:
a step costs a hundred times the table's.

Conditions reach the machine as functions.  Given a string it would import and call it, and
a journey file could then run any code on this host.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, Final

from transitions.extensions.diagrams import HierarchicalGraphMachine, NestedGraphTransition
from transitions.extensions.diagrams_graphviz import NestedGraph as GraphvizGraph
from transitions.extensions.diagrams_mermaid import NestedGraph as MermaidGraph
from transitions.extensions.nesting import HierarchicalMachine, NestedState, NestedTransition

from journeys.definition.model import Journey, Move, Path, Stage, Step

from .customer import Enrollment
from .diagram import (
    DOT_LOOK,
    DOT_PAGE,
    DOT_WIDTH,
    MERMAID_LOOK,
    MERMAID_PAGE,
    MERMAID_WIDTH,
    dot_text,
    entry_label,
    mermaid_id,
    mermaid_text,
    mermaid_title,
    move_label,
    shared_label,
)
from .program import AGAIN, END, STAY, JourneyProgram, MoveProgram, Program

# Triggers are no names of events alone: the library reserves some, as `state`.
_ON: Final = "on "
_SETTLE: Final = "settle"  # one trigger for all clock moves and all untriggered ones: they are tried together
_FIRST: Final = re.compile(r"^(\t+graph \[.*) rank=(?:source|min)\b")


class _Place(NestedState):
    """A stage, a step, `end`, or a reason to end."""

    separator = "."

    def __init__(self, *given: Any, label: str = "", **options: Any) -> None:
        super().__init__(*given, **options)
        self.label = label


class _Way(NestedTransition):
    """A move.  `again` is reflexive where the token stands: of a composite stage it would lead to the first step."""

    def __init__(self, *given: Any, move: Move, **options: Any) -> None:
        super().__init__(*given, **options)
        self.move = move

    def _change_state(self, event_data: Any) -> None:
        if self.move.to != "again":
            super()._change_state(event_data)
            return
        stands = event_data.model.state
        NestedTransition(stands, stands)._change_state(event_data)


class JourneyMachine(HierarchicalMachine):
    """A journey's machine.  Fire it with `trigger_event(token, trigger, allowed=paths)`; a token only has a `state`.

    It has no models of its own, so that any number of tokens share it; `taken` on a token is
    the path of the move that brought it where it is.
    """

    state_cls = _Place
    transition_cls = _Way


def build(journey: Journey) -> JourneyMachine:
    """The machine of a journey.  Raises ValueError, in words, for what it could not take a customer through."""
    for complaint in _complaints(journey):
        raise ValueError(f"{journey.name}: {complaint}")
    machine = JourneyMachine(
        model=None,
        states=_places(journey),
        initial=None,
        send_event=True,
        auto_transitions=False,
        # A move of other keys only, or none at all, is not an error: nothing is taken.
        ignore_invalid_triggers=True,
        after_state_change=_note,
    )
    for source, move in _sources(journey):
        _add(machine, journey, move, source)
    for move in journey.anywhere:
        # Last for every stage, after its own.
        _add(machine, journey, move, [stage.name for stage in journey.stages])
    return machine


def _guard(path: Path) -> Callable[[Any], bool]:
    """A condition, as the machine asks it: the answer came with the trigger."""
    return lambda event_data: path in event_data.kwargs["allowed"]


def _note(event_data: Any) -> None:
    event_data.model.taken = event_data.transition.move.path


def _places(journey: Journey) -> list[dict[str, Any]]:
    places: list[dict[str, Any]] = []
    for stage in journey.stages:
        place: dict[str, Any] = {"name": stage.name, "label": stage.name}
        if stage.steps:
            place["initial"] = stage.steps[0].name
            place["children"] = [{"name": step.name, "label": step.name} for step in stage.steps]
        places.append(place)
    reasons = [{"name": reason, "label": reason, "final": True} for reason in _reasons(journey)]
    return [*places, {"name": "end", "label": "end", "children": reasons}] if reasons else places


def _reasons(journey: Journey) -> list[str]:
    ends = [move.to.removeprefix("end.") for move in _moves(journey) if move.to.startswith("end.")]
    return list(dict.fromkeys(ends))


def _moves(journey: Journey) -> list[Move]:
    return [move for _, move in _sources(journey)] + list(journey.anywhere)


def _sources(journey: Journey) -> Iterator[tuple[str, Move]]:
    """The moves of steps and stages in file order, each with the state it is tried in."""
    for stage in journey.stages:
        for step in stage.steps:
            for move in step.move:
                yield f"{stage.name}.{step.name}", move
        for move in stage.move:
            yield stage.name, move


def _add(machine: HierarchicalMachine, journey: Journey, move: Move, sources: str | list[str]) -> None:
    """A move, once for each of its triggers."""
    # Of a transition without destination the library keeps the state: that is what `stay` means.
    to = None if move.to == "stay" else "=" if move.to == "again" else move.to
    for trigger in [_ON + event for event in _events(journey, move.on)] if move.on else [_SETTLE]:
        machine.add_transition(trigger, sources, to, conditions=_guard(move.path), move=move)


def _events(journey: Journey, on: Iterable[str]) -> list[str]:
    """`touch.opened` is heard of every touch that the journey may send."""
    owners: list[Stage | Step | Move] = [*journey.stages, *_moves(journey)]
    owners += [step for stage in journey.stages for step in stage.steps]
    entries = [entry for owner in owners for entry in owner.send]
    touches = {touch for entry in entries for touch in (*entry.touches, entry.otherwise) if touch is not None}
    events: dict[str, None] = {}
    for name in on:
        of_touch = name.removeprefix("touch.")
        events.update(dict.fromkeys([name] if of_touch == name else [f"{each}.{of_touch}" for each in sorted(touches)]))
    return list(events)


def _complaints(journey: Journey) -> Iterator[str]:
    """What the library would accept, and fail on only when a customer comes by."""
    stages = [stage.name for stage in journey.stages]
    if not stages:
        yield "it has no stage, and nobody could stand anywhere"
    if "end" in stages:
        yield "'end' is no stage: it is where a journey ends"
    states: list[str] = []
    for stage in journey.stages:
        states += [f"{stage.name}.{step.name}" for step in stage.steps] or [stage.name]
    for name in (*stages, *[state for state in states if state not in stages]):
        if [*stages, *states].count(name) > (2 if name in stages and name in states else 1):
            yield f"'{name}' is there twice"
    names = [*stages, *[step.name for stage in journey.stages for step in stage.steps], *_reasons(journey)]
    for name in names:
        if not name or "." in name:
            yield f"'{name}' cannot be the name of a state: a dot stands between a stage and its step"
    for entry in journey.enter:
        if entry.to not in states:
            yield f"{_said(entry.path)} leads to {_unknown(entry.to, stages)}"
    for move in _moves(journey):
        if move.to not in states and move.to not in ("stay", "again") and not move.to.startswith("end."):
            yield f"{_said(move.path)} leads to {_unknown(move.to, stages)}"
        if move.on and move.clock is not None:
            yield f"{_said(move.path)} has both an event and a clock"


def _unknown(to: str, stages: list[str]) -> str:
    if to in stages:
        return f"'{to}', which has steps: one of them must be named"
    return f"'{to}', which is not a state of this journey"


def _said(path: Path) -> str:
    return ".".join([str(part) for part in path]) or "a move"


# ---------------------------------------------------------------- the reference engine


class _Token:
    """Where one enrollment stands while the machine decides."""

    __slots__ = ("state", "taken")

    def __init__(self, state: str) -> None:
        self.state = state
        self.taken: Path | None = None


class Reference:
    """A `Chooser` in which the machine itself takes every move, in place of the table.

    A token stands where the enrollment stands, the trigger is fired, and which transition is
    taken follows from the machine's own order: a child's before its parent's, the first whose
    condition holds.  Where it then stands must be where the table says that this move leads.
    """

    def __init__(self, program: Program) -> None:
        self._event_names = program.event_names
        self._machines: dict[JourneyProgram, tuple[JourneyMachine, dict[int, str]]] = {}

    def choose(self, enrollment: Enrollment, moves: Sequence[MoveProgram], allowed: Sequence[bool]) -> int:
        """The place in `moves` of the one the machine took, or -1.  Raises AssertionError if it went elsewhere."""
        if not moves:
            return -1
        journey = enrollment.journey
        machine, triggers = self._machine(journey)
        state = journey.state_names[enrollment.state]
        token = _Token(state)
        paths = {move.path for move, holds in zip(moves, allowed, strict=True) if holds}
        machine.trigger_event(token, triggers[moves[0].index], allowed=paths)
        for place, move in enumerate(moves):
            if move.path == token.taken:
                self._compare(journey, state, move, token.state)
                return place
        if token.taken is not None or token.state != state:
            raise AssertionError(
                f"{journey.name}: in '{state}' the machine took {token.taken}, which was not asked about"
            )
        return -1

    def _compare(self, journey: JourneyProgram, state: str, move: MoveProgram, stands: str) -> None:
        if move.to in (STAY, AGAIN):
            to = state
        elif move.to == END:
            to = f"end.{journey.reasons[move.reason]}"
        else:
            to = journey.state_names[move.to]
        if stands != to:
            raise AssertionError(
                f"{journey.name}: {_said(move.path)} leads from '{state}' to '{to}' by the table, "
                f"and to '{stands}' by the machine"
            )

    def _machine(self, journey: JourneyProgram) -> tuple[JourneyMachine, dict[int, str]]:
        known = self._machines.get(journey)
        if known is None:
            triggers = dict.fromkeys([move.index for move in journey.moves], _SETTLE)
            for state in journey.states:
                for event, moves in state.on.items():
                    triggers.update(dict.fromkeys([move.index for move in moves], _ON + self._event_names[event]))
            known = self._machines[journey] = (build(journey.definition), triggers)
        return known


# ---------------------------------------------------------------- diagrams

_START: Final = "[*]"  # Mermaid's own name for it
_ANYWHERE: Final = "anywhere"
_ANY_STEP: Final = "_any"  # the name of a step begins with a letter


def mermaid(journey: Journey) -> str:
    """A state diagram for Mermaid, as Markdown pages show it.  Raises ValueError as `build` does."""
    return _draw(journey, _MermaidDrawing, mermaid_title(journey.title))


def dot(journey: Journey) -> str:
    """The same for Graphviz, whose programs are not needed to write it."""
    return _draw(journey, _GraphvizDrawing, dot_text([journey.title]))


class _Shared:
    """Of a graph: the moves from one place to another share an arrow."""

    def _get_elements(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        states, transitions = super()._get_elements()  # type: ignore[misc]
        arrows: dict[tuple[str, str], list[list[str]]] = {}
        for each in transitions:
            labels = arrows.setdefault((each["source"], each["dest"]), [])
            if "label" in each:
                labels.append(each["label"].splitlines())
        return states, [
            {"source": source, "dest": to, "trigger": "\n".join(shared_label(labels))}
            for (source, to), labels in arrows.items()
        ]


class _MermaidGraph(_Shared, MermaidGraph):
    """The library's Mermaid, with names and words that Mermaid reads as such."""

    def _get_elements(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        states, transitions = super()._get_elements()
        for each in transitions:
            each["source"], each["dest"] = mermaid_id(each["source"]), mermaid_id(each["dest"])
        for state in states:
            for place in (state, *state.get("children", ())):
                place["name"] = mermaid_id(place["name"])
                if "initial" in place:
                    place["initial"] = mermaid_id(place["initial"])
        return states, transitions

    def _transition_label(self, tran: dict[str, Any]) -> str:
        return mermaid_text(tran["trigger"].splitlines())

    def _convert_state_attributes(self, state: dict[str, Any]) -> str:
        return mermaid_text([state["label"]])


class _GraphvizGraph(_Shared, GraphvizGraph):
    """The library's Graphviz text, with a dot to begin at, a double border to end in, and labels on their arrows."""

    def _add_nodes(self, states: list[dict[str, Any]], container: Any) -> None:
        super()._add_nodes(states, container)
        # The library puts each stage first.  Several cannot be, and `newrank` would put them all side by side.
        container.body[:] = [_FIRST.sub(r"\1", line) for line in container.body]
        container.node(_START, label="", shape="circle", style="filled", fillcolor="black", width="0.2")
        for state in states:
            if state["name"] == "end":
                container.node("end", style="invis")
                for reason in state["children"]:
                    container.node(f"end.{reason['name']}", peripheries="2")

    def _create_edge_attr(self, src: str, dst: str, transition: dict[str, Any]) -> dict[str, Any]:
        attributes: dict[str, Any] = super()._create_edge_attr(src, dst, transition)
        label = attributes.pop(attributes["label_pos"])
        return {**attributes, "label": label, "label_pos": "label"}

    def _transition_label(self, tran: dict[str, Any]) -> str:
        return dot_text(tran["trigger"].splitlines())

    def _convert_state_attributes(self, state: dict[str, Any]) -> str:
        return dot_text([state["label"]])


class _Drawing(HierarchicalGraphMachine):
    """The machine as it is drawn: with a way in, and one place for moves that are tried in many."""

    state_cls = _Place
    transition_cls = NestedGraphTransition
    width: ClassVar[int]


class _MermaidDrawing(_Drawing):
    width = MERMAID_WIDTH
    machine_attributes = MERMAID_PAGE
    style_attributes = MERMAID_LOOK

    def _init_graphviz_engine(self, graph_engine: str) -> type:
        return _MermaidGraph


class _GraphvizDrawing(_Drawing):
    width = DOT_WIDTH
    machine_attributes = DOT_PAGE
    style_attributes = DOT_LOOK

    def _init_graphviz_engine(self, graph_engine: str) -> type:
        return _GraphvizGraph


def _draw(journey: Journey, drawing: type[_Drawing], title: str) -> str:
    for complaint in _complaints(journey):
        raise ValueError(f"{journey.name}: {complaint}")
    places = _places(journey)
    for place, stage in zip(places, journey.stages, strict=False):
        if any([_stays_inside(stage, move) for move in stage.move]):
            place["children"] = [*place["children"], {"name": _ANY_STEP, "label": "any step"}]
    if journey.anywhere:
        places.append({"name": _ANYWHERE, "label": _ANYWHERE})
    machine = drawing(model=None, states=places, initial=None, auto_transitions=False)
    for entry in journey.enter:
        machine.add_transition("enter", _START, entry.to, label="\n".join(entry_label(entry, drawing.width)))
    stages = {stage.name: stage for stage in journey.stages}
    for owner, move in [*_sources(journey), *[(_ANYWHERE, move) for move in journey.anywhere]]:
        inside = owner in stages and _stays_inside(stages[owner], move)
        source = f"{owner}.{_ANY_STEP}" if inside else owner
        to = source if move.to in ("stay", "again") else move.to
        machine.add_transition("move", source, to, label="\n".join(move_label(move, drawing.width)))
    graph: Any = machine.graph_cls(machine)
    for stage in journey.stages:
        graph.set_node_style(f"{stage.name}.{_ANY_STEP}", "pseudo")
    graph.set_node_style(_ANYWHERE, "pseudo")
    text: str = graph.get_graph(title=title).source
    return "".join([line.rstrip() + "\n" for line in text.splitlines()])


def _stays_inside(stage: Stage, move: Move) -> bool:
    """An arrow from a stage to its own step would begin and end in the same box."""
    return bool(stage.steps) and (move.to in ("stay", "again") or move.to.startswith(f"{stage.name}."))
