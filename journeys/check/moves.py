"""Moves and entries say what their author means.

Each line of a journey is looked at by itself here: whether it can be taken, and whether its parts
fit together.
"""

from __future__ import annotations

from collections.abc import Iterator

from journeys.check.constant import is_always, is_never
from journeys.check.places import State, is_end, moves, touches_of
from journeys.check.reads import is_touch_event
from journeys.check.rules import Fault, Folder, of_journeys
from journeys.definition.model import Journey, Move, Path
from journeys.definition.nearest import nearest, shown


@of_journeys()
def move_without_trigger(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """A move waits for something: an event, a clock, or a condition.

    PASS    {after: 30 days, to: end.lapsed}
    FAIL    {to: end.lapsed}      # taken on arrival, so nobody is ever here
    """
    for move in moves(journey):
        if move.on or move.clock is not None or not is_always(move.condition):
            continue
        if not folder.is_whole(journey.file, move.path):
            continue
        if move.for_ is not None:
            what, help = "only 'for', which says how long a condition has held", "write 'after' instead of 'for'"
        elif move.condition is not None:
            what, help = f"a condition that always holds: {shown(move.condition.text)}", "give it 'on' or 'after'"
        else:
            what, help = "neither 'on', nor 'after', nor 'if'", "say when: 'on: EVENT', 'after: 30 days', or 'if'"
        yield Fault(
            path=move.path,
            message=f"this move has {what}",
            why="every customer would be moved on at the instant of arrival, before anything here is sent",
            help=help,
        )


@of_journeys(severity="warning")
def impossible_move(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """A move's condition can hold.

    PASS    {on: order_placed, if: 'event.total > 100', to: loyalty}
    FAIL    {on: order_placed, if: '1 > 2', to: loyalty}
    """
    for path, condition in [(m.path, m.condition) for m in moves(journey)] + [
        (e.path, e.condition) for e in journey.enter
    ]:
        if is_never(condition):
            yield Fault(
                path=(*path, "if"),
                message="this can never hold",
                why="no customer would ever go this way",
                help="mend the condition, or delete the line",
            )


@of_journeys(severity="warning")
def shadowed_move(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """The move before leaves something for this one.

    PASS    move: [{on: spark.answered, if: 'event.answer >= 9', to: advocacy}, {on: spark.answered, to: loyalty}]
    FAIL    move: [{on: spark.answered, to: loyalty}, {on: spark.answered, if: 'event.answer >= 9', to: advocacy}]

    The first whose trigger and condition hold is taken.
    """
    free: set[Path] = set()
    shadows: dict[Path, Move] = {}
    for state in folder.states[journey.name].values():
        takers: dict[str, list[Move]] = {}
        for move in state.moves:
            first = [_shadow(move, event, takers) for event in move.on]
            if not first or None in first:
                free.add(move.path)
            elif first[0] is not None:
                shadows.setdefault(move.path, first[0])
            _take(move, state, takers)
    for path, earlier in shadows.items():
        if path not in free:
            yield Fault(
                path=path,
                message=f"the move to {shown(earlier.to)} before it takes the same event first",
                why="no customer would ever go this way",
                help="put the one with the narrower condition first",
            )


def _take(move: Move, state: State, takers: dict[str, list[Move]]) -> None:
    # One to the state where the customer stands is passed over and takes nothing.
    if move.to != state.name:
        for event in move.on:
            takers.setdefault(event, []).append(move)


def _shadow(move: Move, event: str, takers: dict[str, list[Move]]) -> Move | None:
    earlier_ones = list(takers.get(event, ()))
    if is_touch_event(event) and not event.startswith("touch."):
        earlier_ones += takers.get(f"touch.{event.rsplit('.', 1)[1]}", ())
    for earlier in earlier_ones:
        hears_all = earlier.any_key or not move.any_key
        same = (
            earlier.condition is not None
            and move.condition is not None
            and earlier.condition.text == move.condition.text
        )
        if hears_all and (same or is_always(earlier.condition)):
            return earlier
    return None


@of_journeys(severity="warning")
def move_to_itself(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """To arrive anew where one stands is `again`.

    PASS    need: {move: [{on: product_viewed, to: again}]}
    FAIL    need: {move: [{on: product_viewed, to: need}]}      # passed over
    """
    for state in folder.states[journey.name].values():
        for move in state.moves[: state.own]:
            if move.to == state.name:
                yield Fault(
                    path=(*move.path, "to"),
                    message=f"this move leads to {shown(move.to)}, where the customer already stands",
                    why="such a move is passed over, and nothing would happen",
                    help="write 'to: again' to arrive anew and restart the clocks, or 'to: stay' to only keep or send",
                )


@of_journeys()
def for_with_trigger(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """`for` asks how long a condition has held, and an event or a clock is one instant.

    PASS    {if: 'customer.open_tickets == 0', for: 24 hours, to: loyalty}
    FAIL    {on: order_placed, for: 24 hours, to: loyalty}
    """
    for move in moves(journey):
        if move.for_ is not None and (move.on or move.clock is not None):
            yield Fault(
                path=(*move.path, "for"),
                at="key",
                message=f"'for' does not go with {'an event' if move.on else 'a clock'}",
                why="it would be passed over, and the customer moved without the wait",
                help="remove 'for', or remove the trigger and say with 'if' what must have held",
            )


@of_journeys()
def enters_nowhere(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """An entry leads to a state.

    PASS    enter: [{on: product_viewed, to: need}]
    FAIL    enter: [{on: product_viewed, to: again}]
    """
    for entry in journey.enter:
        if entry.to in ("again", "stay") or is_end(entry.to):
            yield Fault(
                path=(*entry.path, "to"),
                message=f"an entry cannot lead to {shown(entry.to)}",
                why="who enters stands nowhere yet, and would stand nowhere then",
                help=nearest(entry.to, [stage.name for stage in journey.stages]),
            )


@of_journeys()
def entry_always_true(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """An entry by condition is taken when the condition becomes true.

    PASS    {if: 'in_segment("vip")', to: need}
    FAIL    {if: 'true', to: need}
    """
    for entry in journey.enter:
        if not entry.on and entry.condition is not None and is_always(entry.condition):
            yield Fault(
                path=(*entry.path, "if"),
                message="this always holds, so it never becomes true",
                why="nobody would enter, or else everybody at once",
                help="say whom it concerns, or enter on an event",
            )


@of_journeys()
def entry_without_key(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """In a journey with a key, what enters carries the key.

    PASS    key: event.cart_id      enter: [{on: cart_updated, to: need}]     # cart_updated has a cart_id
    FAIL    key: event.cart_id      enter: [{on: guide_opened, to: need}]     # which cart?
    """
    heard = folder.definitions.heard
    if journey.key is None or not any(journey.key in event.properties for event in heard.values()):
        return
    for entry in journey.enter:
        lacking = [(place, name) for place, name in enumerate(entry.on) if _lacks(folder, name, journey.key)]
        for place, name in lacking:
            yield Fault(
                path=(*entry.path, "on", place),
                message=f"{shown(name)} does not carry {journey.key!r}, the key of this journey",
                why="an event without the key enters nobody",
                help=f"enter by an event that has the property {journey.key!r}, or declare it for this one",
            )
        if not entry.on and folder.is_whole(journey.file, entry.path):
            yield Fault(
                path=entry.path,
                message=f"no event, so no {journey.key!r}, which is the key of this journey",
                why="an enrollment without a key cannot be told from the others, so nobody would enter",
                help="enter by an event that carries the key",
            )


def _lacks(folder: Folder, event: str, key: str) -> bool:
    known = folder.definitions.heard.get(event)
    return known is not None and key not in known.properties


@of_journeys(severity="warning")
def entry_by_touch(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """A touch's events are heard by the enrollment that sent it, and by no entry.

    PASS    enter: [{on: order_delivered, to: feedback}]
    FAIL    enter: [{on: how-was-it.answered, to: feedback}]
    """
    for entry in journey.enter:
        for place, name in enumerate(entry.on):
            if is_touch_event(name) and name in folder.definitions.heard and name not in folder.brand.events:
                if name.rsplit(".", 1)[0] in folder.definitions.touches:
                    yield Fault(
                        path=(*entry.path, "on", place),
                        message=f"{shown(name)} is heard only by the enrollment that sent the touch",
                        why="nobody would enter by it",
                        help="put the move into the journey that sends it, or enter by that journey's 'ended'",
                    )


@of_journeys()
def any_key_without_key(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """`key: any` belongs to a journey that has a key.

    PASS    key: event.cart_id …  {on: order_placed, key: any, to: end.ordered}
    FAIL    {on: order_placed, key: any, to: end.ordered}      # in a journey without 'key'
    """
    for move in moves(journey):
        if move.any_key and journey.key is None and folder.is_whole(journey.file, ("key",)):
            yield Fault(
                path=(*move.path, "key"),
                at="key",
                message="'key: any' in a journey that has no key",
                why="it would change nothing, and a reader would think it does",
                help="remove it, or give the journey a 'key'",
            )


@of_journeys()
def marketing_after_end(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """On the way to an end only service and internal touches go out.

    PASS    {on: plan_chosen, to: end.converted, send: [plan-thanks]}      # purpose: orders
    FAIL    {on: plan_chosen, to: end.converted, send: [three-offers]}     # purpose: offers

    Whoever has left a journey is not advertised to by it any more.
    """
    for move in moves(journey):
        for entry in move.send if is_end(move.to) else ():
            for touch, path in touches_of(entry):
                class_ = folder.class_of(touch)
                if class_ is not None and class_ not in ("service", "internal"):
                    yield Fault(
                        path=path,
                        message=f"{shown(touch)} is a {class_} touch, and this move ends the journey",
                        why="the customer would be advertised to by a journey that is over",
                        help="send it from a state before the end, or give the touch a purpose of class service",
                    )


@of_journeys()
def endless_hold(folder: Folder, journey: Journey) -> Iterator[Fault]:
    """A hold lets go.

    PASS    hold: {while: 'customer.open_tickets > 0', at_most: 30 days}
    FAIL    hold: {while: 'true'}
    """
    hold = journey.hold
    if hold is not None and is_always(hold.condition):
        yield Fault(
            path=(*hold.path, "while"),
            message="this hold is on for everybody, always",
            why="clocks would stand still and marketing touches would wait for everybody",
            help="say what must be the case, as in 'customer.open_tickets > 0'",
        )


RULES = (
    move_without_trigger,
    impossible_move,
    shadowed_move,
    move_to_itself,
    for_with_trigger,
    enters_nowhere,
    entry_always_true,
    entry_without_key,
    entry_by_touch,
    any_key_without_key,
    marketing_after_end,
    endless_hold,
)
